//! Names: what people and rooms are called, checked once at the edge and then trusted.
//!
//! A name is kept as it was written (in NFC, so that Hangul typed on a Mac is the Hangul of everybody else) and compared
//! by a folded key. It never holds white space, a control or invisible character, or one of the signs with which a
//! dialect begins a line or separates names, so that no name can be mistaken for anything but a name.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

/// Signs that no name may hold: separators, masks and prefixes of the dialects.
const SIGNS_REFUSED: &[char] =
    &[':', ',', '*', '?', '!', '@', '"', '\'', '`', '<', '>', '(', ')', '{', '}', '\\', '/', '='];
/// Signs that a nick may not begin with: room names, status prefixes, frames around system lines.
const NICK_FIRST_REFUSED: &[char] = &['#', '&', '+', '%', '~', '$', '[', ']', '-', '.', ';', '|', '^'];

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
}

/// A checked name, in one piece of memory: as written and, behind a NUL unless it is the same, folded for comparison.
#[derive(Clone)]
struct Name(Arc<str>);

impl Name {
    fn check(raw: &str, chars_max: usize, first_refused: &[char]) -> Result<Self, NameError> {
        // No character's NFC is more than three times as many; a name far too long is not normalised for nothing.
        if raw.chars().nth(chars_max.saturating_mul(4)).is_some() {
            return Err(NameError::TooLong(chars_max));
        }
        let shown: String = raw.nfc().collect();
        let Some(first) = shown.chars().next() else { return Err(NameError::Empty) };
        if first_refused.contains(&first) {
            return Err(NameError::Refused(first));
        }
        if let Some(c) = shown.chars().find(|&c| is_refused(c)) {
            return Err(NameError::Refused(c));
        }
        if shown.chars().nth(chars_max).is_some() {
            return Err(NameError::TooLong(chars_max));
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

/// The form by which names are compared: the mappings of PRECIS `UsernameCaseMapped` (RFC 8265, section 3.3): full-width and
/// half-width characters become those that they are a form of, letters become small ones, and the whole is composed (NFC).
/// The profile's class of letters is not asked for: it would refuse emoji and much else that people are called here, and
/// what a name may hold is checked above.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = one_fold(text);
    // Composing may leave something that is mapped once more; it comes to rest at once in practice.
    for _ in 0..FOLDS_MOST {
        let again = one_fold(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

/// Folds after which every text that there is has come to rest.
const FOLDS_MOST: usize = 4;

fn one_fold(text: &str) -> String {
    let narrow = |c: char| {
        // The wide form of a sign that no name may hold is no such sign.
        let form = matches!(c, '\u{FF01}'..='\u{FFEF}') && !std::iter::once(c).nfkc().any(is_refused);
        let (as_it_is, mapped) = if form { (None, Some(std::iter::once(c).nfkc())) } else { (Some(c), None) };
        as_it_is.into_iter().chain(mapped.into_iter().flatten())
    };
    text.chars().flat_map(narrow).flat_map(char::to_lowercase).nfc().collect()
}

/// What a text looks like, however it is spelt: the skeleton of UTS #39, section 4, of its small letters.
fn looks(text: &str) -> String {
    let skeleton: String = unicode_security::skeleton(text).collect();
    fold(&skeleton)
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
    /// When it is empty, has more than `chars_max` characters or holds one that no nick may hold.
    pub fn new(raw: &str, chars_max: usize) -> Result<Self, NameError> {
        Name::check(raw, chars_max, NICK_FIRST_REFUSED).map(Self)
    }

    /// This nick with a number behind it, shortened so that it still fits into `chars_max`.
    ///
    /// # Errors
    /// Never in practice: a nick stays one when a number is put behind it, unless `chars_max` has no room for that.
    pub fn numbered(&self, number: u32, chars_max: usize) -> Result<Self, NameError> {
        let number = number.to_string();
        let stem: String = self.as_str().chars().take(chars_max.saturating_sub(number.len())).collect();
        Self::new(&(stem + &number), chars_max)
    }
}

impl Nick {
    /// What it looks like, however it is spelt (UTS #39): as it was written, and in small letters, since a large I looks like
    /// a small l and a small i does not. Two nicks look alike when they have one of these in common.
    #[must_use]
    pub fn skeletons(&self) -> [String; 2] {
        [looks(self.as_str()), looks(self.key())]
    }
}

impl RoomName {
    /// Checks a room's name, which begins with `#`.
    ///
    /// # Errors
    /// When it is only `#`, has more than `chars_max` characters or holds one that no room name may hold.
    pub fn new(raw: &str, chars_max: usize) -> Result<Self, NameError> {
        match raw.strip_prefix('#') {
            None => Err(NameError::NoHash),
            Some("") => Err(NameError::Empty),
            Some(_) => Name::check(raw, chars_max, &[]).map(Self),
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nick(raw: &str) -> Result<String, NameError> {
        Nick::new(raw, 8).map(|n| n.to_string())
    }

    #[test]
    fn nicks_are_checked_at_the_edge() {
        for good in ["민수", "minsu", "a-b", "_x_", "김철수2", "Ζωή", "👩"] {
            assert_eq!(nick(good), Ok(good.to_owned()));
        }
        assert_eq!(nick(""), Err(NameError::Empty));
        assert_eq!(nick("123456789"), Err(NameError::TooLong(8)));
        assert_eq!(nick(&"a".repeat(1_000_000)), Err(NameError::TooLong(8)));
        for (bad, c) in [
            ("a b", ' '),
            ("a\u{200B}", '\u{200B}'),
            ("#a", '#'),
            ("*", '*'),
            ("a\u{1b}[", '\u{1b}'),
            ("\u{202E}a", '\u{202E}'),
            ("[a", '['),
        ] {
            assert_eq!(nick(bad), Err(NameError::Refused(c)), "{bad:?}");
        }
    }

    #[test]
    fn names_are_equal_however_they_were_typed() {
        let same = |a: &str, b: &str| assert_eq!(Nick::new(a, 30), Nick::new(b, 30), "{a} {b}");
        same("Minsu", "mINSU");
        same("\u{1112}\u{1161}\u{11ab}", "한");
        same("Ä", "a\u{308}");
        same("ＭＩＮＳＵ", "minsu");
        same("ﾏﾙ", "マル");
        assert_eq!(Nick::new("a＊", 30).unwrap().key(), "a＊", "no sign of a mask");
    }

    #[test]
    fn names_that_look_alike_are_found_to() {
        let alike = |a: &str, b: &str| {
            let (a, b) = (Nick::new(a, 30).unwrap().skeletons(), Nick::new(b, 30).unwrap().skeletons());
            a.iter().any(|a| b.contains(a))
        };
        for (a, b) in [
            ("paypal", "p\u{0430}ypal"),
            ("minsu", "m\u{0456}nsu"),
            ("paypal", "PayPaI"),
            ("paypal", "paypa1"),
            ("Ζωη", "Zωη"),
            ("ｍｉｎｓｕ", "minsu"),
            ("zoo", "z\u{03BF}\u{043E}"),
        ] {
            assert!(alike(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("민수", "민서"),
            ("이수", "이슈"),
            ("김철수", "김철슈"),
            ("하나", "허나"),
            ("minsu", "minseo"),
            ("지수", "지우"),
            ("bob", "rob"),
        ] {
            assert!(!alike(a, b), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,12}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn a_number_behind_a_nick_still_fits() {
        let long = Nick::new("가나다라마바사아", 8).unwrap();
        assert_eq!(long.numbered(12, 8).unwrap().as_str(), "가나다라마바12");
    }

    #[test]
    fn a_room_begins_with_a_hash() {
        assert_eq!(RoomName::new("lobby", 50), Err(NameError::NoHash));
        assert_eq!(RoomName::new("#", 50), Err(NameError::Empty));
        assert!(RoomName::new("#a b", 50).is_err());
        assert_eq!(RoomName::new("#수다", 50).unwrap().as_str(), "#수다");
    }
}
