//! What others see of somebody beside the name: the user and the host of IRC's `nick!user@host`, the real name, and whether
//! a program speaks there.

use std::fmt;
use std::sync::{Arc, LazyLock};

/// What others see of somebody beside the name, in one piece of memory that all their entries share: as it is written down,
/// `user@host`, a word of flags and the real name, with a space between.
#[derive(Clone, PartialEq, Eq)]
pub struct Guise(Arc<str>);

/// The user of somebody whose client has named none.
pub const NO_USER: &str = "~";
/// The host of somebody of whom none was recorded.
pub const NO_HOST: &str = "unknown";
const NO_FLAGS: &str = "-";
const BOT: &str = "bot";

static UNKNOWN: LazyLock<Guise> = LazyLock::new(|| Guise::new(NO_USER, NO_HOST, false, ""));

impl Guise {
    /// This user at this host, a program or not, with this real name. What cannot stand in the middle of a line is taken
    /// out.
    #[must_use]
    pub fn new(user: &str, host: &str, bot: bool, real_name: &str) -> Self {
        let word = |text: &str, or: &str| {
            let kept: String = text.chars().filter(|c| !is_separator(*c)).collect();
            if kept.is_empty() || kept.starts_with(':') { or.to_owned() } else { kept }
        };
        let real: String = real_name.chars().filter(|c| !c.is_control()).collect();
        let flags = if bot { BOT } else { NO_FLAGS };
        Self(format!("{}@{} {flags} {}", word(user, NO_USER), word(host, NO_HOST), real.trim()).into())
    }

    /// That of somebody of whom nothing was recorded.
    #[must_use]
    pub fn unknown() -> Self {
        UNKNOWN.clone()
    }

    /// One that was written down. What cannot be read is unknown.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        let mut words = text.splitn(3, ' ');
        let (seen, flags, real) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
        match seen.split_once('@') {
            Some((user, host)) => Self::new(user, host, flags == BOT, real),
            None => Self::unknown(),
        }
    }

    /// As it is written down.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `user@host`.
    #[must_use]
    pub fn seen(&self) -> &str {
        self.0.split(' ').next().unwrap_or("")
    }

    /// What the client says of its user.
    #[must_use]
    pub fn user(&self) -> &str {
        self.seen().split_once('@').map_or(NO_USER, |(user, _)| user)
    }

    /// Where they come from: what stands for their address or their account.
    #[must_use]
    pub fn host(&self) -> &str {
        self.seen().split_once('@').map_or(NO_HOST, |(_, host)| host)
    }

    /// Whether it is a program that has said so.
    #[must_use]
    pub fn is_bot(&self) -> bool {
        self.0.split(' ').nth(1) == Some(BOT)
    }

    /// What they call themselves at length. May be empty.
    #[must_use]
    pub fn real_name(&self) -> &str {
        self.0.splitn(3, ' ').nth(2).unwrap_or("")
    }
}

impl fmt::Debug for Guise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// What ends a word, or the user, or the nick before it.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '@' | '!')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guise_is_what_was_written_down() {
        let check = |guise: &Guise, expect: (&str, &str, bool, &str)| {
            assert_eq!((guise.user(), guise.host(), guise.is_bot(), guise.real_name()), expect);
            assert_eq!(Guise::recorded(guise.as_str()), *guise);
        };
        check(&Guise::new("minsu", "ab.cd", false, "김 민수"), ("minsu", "ab.cd", false, "김 민수"));
        check(&Guise::new("b o!t@x", "h", true, " a\r\nb "), ("botx", "h", true, "ab"));
        check(&Guise::new("", ":", false, ""), (NO_USER, NO_HOST, false, ""));
        check(&Guise::unknown(), (NO_USER, NO_HOST, false, ""));
        assert_eq!(Guise::recorded("nonsense"), Guise::unknown());
    }
}
