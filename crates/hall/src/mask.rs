//! Masks: whom a list of a room means. `nick!user@host` with `*` and `?`, where the host is a cloak or a network; or the
//! name of an account.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::Nick;
use crate::name::fold;

/// Characters in a mask at most.
const MASK_CHARS: usize = 120;
/// What stands before an account's name. IRC's extended bans write `$a:`.
const ACCOUNT: &str = "account:";
const ACCOUNT_IRC: &str = "$a:";

/// Whom is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mask {
    /// Those who have proved to be the owner of an account whose name fits.
    Account(Glob),
    /// Those who look so.
    Seen {
        /// What they are called.
        nick: Glob,
        /// What their client says of them. Plain lines say nothing, for which `~` stands.
        user: Glob,
        /// Where they come from.
        host: Host,
    },
}

/// Where somebody comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A cloak that fits.
    Cloak(Glob),
    /// An address in this network.
    Network(IpNet),
}

/// A text with `*` for any characters and `?` for one, folded as names are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob(Box<str>);

/// Why a text is no mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    /// There is nothing in it.
    #[error("the mask is empty")]
    Empty,
    /// It has more characters than this.
    #[error("the mask has more than {0} characters")]
    TooLong(usize),
    /// It holds this character, which nothing that it could fit holds.
    #[error("the mask holds {0:?}")]
    Refused(char),
}

/// What can be seen of somebody by those who keep a room in order, and the address, which they do not see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looks<'a> {
    pub(crate) nick: &'a Nick,
    pub(crate) account: Option<&'a Nick>,
    pub(crate) user: &'a str,
    /// What others see for a host.
    pub(crate) host: &'a str,
    pub(crate) address: IpAddr,
    pub(crate) cloak: &'a str,
}

impl Mask {
    /// Those of this account.
    #[must_use]
    pub fn account(name: &Nick) -> Self {
        Self::Account(Glob::new(name.as_str()))
    }

    /// Those with this cloak.
    #[must_use]
    pub fn cloak(cloak: &str) -> Self {
        Self::Seen { nick: Glob::any(), user: Glob::any(), host: Host::Cloak(Glob::new(cloak)) }
    }

    /// Whether somebody is meant.
    pub(crate) fn fits(&self, looks: &Looks<'_>) -> bool {
        match self {
            Self::Account(name) => looks.account.is_some_and(|account| name.fits(account.key())),
            Self::Seen { nick, user, host } => {
                let from = match host {
                    Host::Cloak(cloak) => cloak.fits(looks.cloak) || cloak.fits(looks.host),
                    Host::Network(network) => network.contains(&looks.address.to_canonical()),
                };
                from && user.fits(&fold(looks.user)) && nick.fits(looks.nick.key())
            }
        }
    }
}

/// The network that an address or a network stands for: a bare IPv6 address is its /64, which is what one site is given.
#[must_use]
pub fn network(text: &str) -> Option<IpNet> {
    if let Ok(network) = text.parse::<IpNet>() {
        return Some(network.trunc());
    }
    let address = text.parse::<IpAddr>().ok()?.to_canonical();
    let bits = if address.is_ipv4() { 32 } else { 64 };
    IpNet::new(address, bits).ok().map(|network| network.trunc())
}

impl FromStr for Mask {
    type Err = MaskError;

    fn from_str(text: &str) -> Result<Self, MaskError> {
        let mask = Self::understood(text)?;
        // What is written down is read again: it must not have become too long.
        if mask.to_string().chars().nth(MASK_CHARS).is_some() {
            return Err(MaskError::TooLong(MASK_CHARS));
        }
        Ok(mask)
    }
}

impl Mask {
    fn understood(text: &str) -> Result<Self, MaskError> {
        if text.is_empty() {
            return Err(MaskError::Empty);
        }
        if text.chars().nth(MASK_CHARS).is_some() {
            return Err(MaskError::TooLong(MASK_CHARS));
        }
        if let Some(c) = text.chars().find(|c| c.is_whitespace() || c.is_control() || *c == ',') {
            return Err(MaskError::Refused(c));
        }
        for start in [ACCOUNT, ACCOUNT_IRC] {
            if let Some(name) = text.strip_prefix(start) {
                return if name.is_empty() { Err(MaskError::Empty) } else { Ok(Self::Account(Glob::new(name))) };
            }
        }
        let or_any = |part: &str| if part.is_empty() { Glob::any() } else { Glob::new(part) };
        if let Some(network) = network(text) {
            return Ok(Self::Seen { nick: Glob::any(), user: Glob::any(), host: Host::Network(network) });
        }
        let (who, host) = match text.rsplit_once('@') {
            Some((who, host)) => (who, host),
            None => (text, ""),
        };
        let (nick, user) = match who.split_once('!') {
            Some((nick, user)) => (nick, user),
            // `user@host` alone names no nick, and `nick` alone no user.
            None if text.contains('@') => ("", who),
            None => (who, ""),
        };
        let host = network(host).map_or_else(|| Host::Cloak(or_any(host)), Host::Network);
        Ok(Self::Seen { nick: or_any(nick), user: or_any(user), host })
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => write!(f, "{ACCOUNT}{}", name.0),
            Self::Seen { nick, user, host: Host::Cloak(host) } => write!(f, "{}!{}@{}", nick.0, user.0, host.0),
            Self::Seen { nick, user, host: Host::Network(host) } => write!(f, "{}!{}@{host}", nick.0, user.0),
        }
    }
}

impl Glob {
    /// This pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut folded = fold(text);
        // A run of stars fits what one of them does.
        while folded.contains("**") {
            folded = folded.replace("**", "*");
        }
        Self(folded.into())
    }

    fn any() -> Self {
        Self("*".into())
    }

    /// Whether a text fits, folded first.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.fits(&fold(text))
    }

    /// Whether it is meant for the whole of `nick!user@host`.
    pub(crate) fn is_of_whole(&self) -> bool {
        self.0.contains(['!', '@'])
    }

    /// Whether a folded text fits. The work is bounded by the product of both lengths.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let (mut pattern, mut rest) = (&*self.0, text);
        // Where the last star stood, and what it had not yet taken.
        let mut star: Option<(&str, &str)> = None;
        loop {
            let (mut signs, mut chars) = (pattern.chars(), rest.chars());
            match (signs.next(), chars.next()) {
                (Some('*'), _) => {
                    star = Some((signs.as_str(), rest));
                    pattern = signs.as_str();
                }
                (None, None) => return true,
                (Some(sign), Some(c)) if sign == '?' || sign == c => {
                    (pattern, rest) = (signs.as_str(), chars.as_str());
                }
                _ => {
                    let Some((after, left)) = star else { return false };
                    let mut left = left.chars();
                    if left.next().is_none() {
                        return false;
                    }
                    star = Some((after, left.as_str()));
                    (pattern, rest) = (after, left.as_str());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let check = |glob: &str, text: &str, fits| assert_eq!(Glob::new(glob).fits(text), fits, "{glob} {text}");
        check("*", "", true);
        check("a*c", "abbc", true);
        check("a*c", "abbd", false);
        check("?수", "민수", true);
        check("?수", "김민수", false);
        check("*수*", "민수2", true);
        check("*a*b*", "xxaxxbxx", true);
        check("ABC", "abc", true);
        check("a**b", "ab", true);
        check(&"a*".repeat(30), &"a".repeat(60), true);
        check(&("a*".repeat(30) + "b"), &"a".repeat(60), false);
    }

    #[test]
    fn masks_are_written_as_people_write_them() {
        let check = |text: &str, expect: &str| {
            let mask: Mask = text.parse().unwrap();
            assert_eq!(mask.to_string(), expect);
            assert_eq!(expect.parse(), Ok(mask), "{expect}");
        };
        check("Troll*", "troll*!*@*");
        check("*@10.1.2.3", "*!*@10.1.2.3/32");
        check("10.1.2.3/8", "*!*@10.0.0.0/8");
        check("2001:db8::1", "*!*@2001:db8::/64");
        check("a!b@c", "a!b@c");
        check("account:민수", "account:민수");
        check("$a:*", "account:*");
        assert_eq!("".parse::<Mask>(), Err(MaskError::Empty));
        assert_eq!("a b".parse::<Mask>(), Err(MaskError::Refused(' ')));
        assert_eq!("a".repeat(121).parse::<Mask>(), Err(MaskError::TooLong(120)));
        assert_eq!(("a".repeat(118) + "*").parse::<Mask>(), Err(MaskError::TooLong(120)), "as it is written down");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_down_is_that_mask(text in "[a-zA-Z가-힣ｱ＊*?!@:/.$0-9]{1,130}") {
            if let Ok(mask) = text.parse::<Mask>() {
                proptest::prop_assert_eq!(mask.to_string().parse(), Ok(mask));
            }
        }
    }

    #[test]
    fn a_mask_fits_whom_it_means() {
        let (minsu, account) = (Nick::new("Minsu", 30).unwrap(), Nick::new("민수", 30).unwrap());
        let address = "::ffff:10.1.2.3".parse().unwrap();
        let (user, host) = ("minsu", "xy.account");
        let looks = Looks { nick: &minsu, account: Some(&account), user, host, address, cloak: "ab.cd" };
        let fits = |text: &str| text.parse::<Mask>().unwrap().fits(&looks);
        assert!(
            fits("min*") && fits("account:민수") && fits("10.1.0.0/16") && fits("*!*@*.cd") && fits("minsu!*@10.1.2.3")
        );
        assert!(!fits("민수") && !fits("account:minsu") && !fits("10.2.0.0/16") && !fits("other!*@10.1.2.3"));
    }
}
