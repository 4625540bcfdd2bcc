//! Names: what people and rooms are called, checked once at the edge and then trusted.
//!
//! A name is kept as it was written (in NFC, so that Hangul typed on a Mac is the Hangul of everybody else) and
//! compared by a folded key (see [`fold`]). It never holds white space, a control or invisible character, or one of
//! the signs with which a dialect begins a line or separates names, so that no name can be mistaken for anything but
//! a name. What it looks like, its skeletons say (see [`skeleton`]).

mod fold;
mod skeleton;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

pub(crate) use fold::fold;
use fold::{narrow, reads_one_way};

/// Signs that no name may hold: separators, masks and prefixes of the dialects.
const SIGNS_REFUSED: &[char] =
    &[':', ',', '*', '?', '!', '@', '"', '\'', '`', '<', '>', '(', ')', '{', '}', '\\', '/', '='];
/// Signs that a nick may not begin with: room names, status prefixes, frames around system lines.
const NICK_FIRST_REFUSED: &[char] = &['#', '&', '+', '%', '~', '$', '[', ']', '-', '.', ';', '|', '^'];

/// Names that nobody may wear: those of the house's own helper.
pub const SERVICES: [&str; 3] = ["maru", "NickServ", "ChanServ"];

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it.
    #[error("the name is empty")]
    Empty,
    /// It has more characters than the limit, which is given.
    #[error("the name has more than {0} characters")]
    TooLong(usize),
    /// It holds this character, which no such name may hold there.
    #[error("the name holds {0:?}")]
    Refused(char),
    /// A room's name does not begin with `#`.
    #[error("a room's name begins with #")]
    NoHash,
    /// It has letters that are read from right to left, and would be shown in an order that misleads (RFC 5893,
    /// section 2).
    #[error("the name mixes directions of writing")]
    MixedDirections,
}

/// How much of a name is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// All of it: somebody wants to be called so, or names what is there.
    Full,
    /// What was asked of a name from the beginning: it has been recorded, whatever would be asked of it today.
    Recorded,
}

/// A checked name, in one piece of memory: as written and, behind a NUL unless it is the same, folded for comparison.
#[derive(Clone)]
struct Name(Arc<str>);

impl Name {
    fn check(raw: &str, chars_max: usize, first_refused: &[char], check: Check) -> Result<Self, NameError> {
        // No character's NFC is more than three times as many; a name far too long is not normalised for nothing.
        if raw.chars().nth(chars_max.saturating_mul(4)).is_some() {
            return Err(NameError::TooLong(chars_max));
        }
        let shown: String = raw.nfc().collect();
        let Some(first) = shown.chars().next() else { return Err(NameError::Empty) };
        // A full-width sign is the narrow one when names are compared, and so it is here.
        let like = |c| if check == Check::Full { narrow(c) } else { c };
        if first_refused.contains(&like(first)) {
            return Err(NameError::Refused(first));
        }
        if let Some(c) = shown.chars().find(|&c| is_refused(c) || is_refused(like(c))) {
            return Err(NameError::Refused(c));
        }
        if shown.chars().nth(chars_max).is_some() {
            return Err(NameError::TooLong(chars_max));
        }
        if check == Check::Full && !reads_one_way(shown.strip_prefix('#').unwrap_or(&shown)) {
            return Err(NameError::MixedDirections);
        }
        let folded = fold(&shown);
        Ok(Self(if shown == folded { shown.into() } else { format!("{shown}\0{folded}").into() }))
    }

    fn shown(&self) -> &str {
        self.0.split_once('\0').map_or(&*self.0, |(shown, _)| shown)
    }

    fn key(&self) -> &str {
        self.0.split_once('\0').map_or(&*self.0, |(_, key)| key)
    }
}

/// Whether a character may stand in no name: white space, controls, what is invisible or turns the text around, signs.
fn is_refused(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c) || SIGNS_REFUSED.contains(&c)
}

/// Characters that show nothing or that change the direction of others (Unicode's format characters and fillers).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFD}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    ) || matches!(c as u32 & 0xFFFE, 0xFFFE)
}

/// What a person is called. Equal when the folded forms are equal.
#[derive(Clone)]
pub struct Nick(Name);

/// What a room is called, `#` included. Equal when the folded forms are equal.
#[derive(Clone)]
pub struct RoomName(Name);

impl Nick {
    /// Checks what somebody wants to be called.
    ///
    /// # Errors
    /// When it is empty, has more than `chars_max` characters, holds one that no nick may hold, or mixes directions.
    pub fn new(raw: &str, chars_max: usize) -> Result<Self, NameError> {
        Name::check(raw, chars_max, NICK_FIRST_REFUSED, Check::Full).map(Self)
    }

    /// A nick that was recorded once: it stays one, although its directions and its full-width signs would be refused
    /// today.
    ///
    /// # Errors
    /// When it is empty, has more than `chars_max` characters or holds one that no nick ever could hold.
    pub fn recorded(raw: &str, chars_max: usize) -> Result<Self, NameError> {
        Name::check(raw, chars_max, NICK_FIRST_REFUSED, Check::Recorded).map(Self)
    }

    /// This nick with a number behind it, shortened so that it still fits into `chars_max`.
    ///
    /// # Errors
    /// When `chars_max` has no room for that, and when the nick has Arabic-Indic digits, beside which others
    /// would be shown in an order that misleads.
    pub fn numbered(&self, number: u32, chars_max: usize) -> Result<Self, NameError> {
        let number = number.to_string();
        let stem: String = self.as_str().chars().take(chars_max.saturating_sub(number.len())).collect();
        Self::new(&(stem + &number), chars_max)
    }
}

impl RoomName {
    /// Checks a room's name, which begins with `#`.
    ///
    /// # Errors
    /// When it is only `#`, has more than `chars_max` characters, holds one that no room name may hold, or
    /// mixes directions.
    pub fn new(raw: &str, chars_max: usize) -> Result<Self, NameError> {
        Self::check(raw, chars_max, Check::Full)
    }

    /// A room's name that was recorded once: it stays one, although its directions and its full-width signs would be
    /// refused today.
    ///
    /// # Errors
    /// When it is only `#`, has more than `chars_max` characters or holds one that no room name ever could hold.
    pub fn recorded(raw: &str, chars_max: usize) -> Result<Self, NameError> {
        Self::check(raw, chars_max, Check::Recorded)
    }

    /// What the log of a room of this name is called that nobody is in and nothing holds, when the entry of this number gives
    /// the name to another room: a name that was recorded, and that nobody can come into or ask for.
    #[must_use]
    pub fn apart(&self, seq: u64) -> Self {
        // Full-width signs count as narrow ones in a name that is asked for, and these are refused.
        Self::recorded(&format!("{self}\u{FF08}{seq}\u{FF09}"), usize::MAX).unwrap_or_else(|_| self.clone())
    }

    fn check(raw: &str, chars_max: usize, check: Check) -> Result<Self, NameError> {
        match raw.strip_prefix('#') {
            None => Err(NameError::NoHash),
            Some("") => Err(NameError::Empty),
            Some(_) => Name::check(raw, chars_max, &[], check).map(Self),
        }
    }
}

macro_rules! name_like {
    ($($t:ident),*) => {$(
        impl $t {
            /// The name as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str { self.0.shown() }
            /// The folded form, by which names are compared.
            #[must_use]
            pub fn key(&self) -> &str { self.0.key() }
            /// What the name looks like, to be kept and compared with the [`skeletons`](Self::skeletons) of others
            /// (UTS #39, section 4). Equal names have equal ones.
            #[must_use]
            pub fn skeleton(&self) -> String { skeleton::first(self.key()) }
            /// All that the name may be taken for: its [`skeleton`](Self::skeleton) and, where its letters look like
            /// one Latin letter when they are small and like another when they are capital, a second one. At most
            /// two.
            #[must_use]
            pub fn skeletons(&self) -> Vec<String> { skeleton::all(self.key()) }
            /// Whether the two can be mistaken for each other. Equal names can.
            #[must_use]
            pub fn looks_like(&self, other: &Self) -> bool {
                let ours = self.skeletons();
                other.skeletons().iter().any(|skeleton| ours.contains(skeleton))
            }
        }
        impl PartialEq for $t {
            fn eq(&self, other: &Self) -> bool { self.key() == other.key() }
        }
        impl Eq for $t {}
        impl PartialOrd for $t {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> { Some(self.cmp(other)) }
        }
        impl Ord for $t {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering { self.key().cmp(other.key()) }
        }
        impl Hash for $t {
            fn hash<H: Hasher>(&self, state: &mut H) { self.key().hash(state) }
        }
        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl fmt::Debug for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", self.as_str()) }
        }
    )*};
}
name_like!(Nick, RoomName);

#[cfg(test)]
mod tests;
