//! How what has no text of its own is written as words: in the store and in exports alike.
//!
//! What is nothing in particular has no words at all: most entries of such events take no room for them.

use hall::{Event, Guise, Nick, RoomName, Standing, Text};

/// What stands for no account. No nick can hold it.
const NO_ACCOUNT: &str = "*";

/// A text; none if it is empty.
pub(crate) fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// What somebody is in a room into which they come; none if that is nothing in particular.
pub(crate) fn of_standing(standing: Standing) -> Option<&'static str> {
    (standing != Standing::None).then(|| standing.word())
}

/// What these words say that somebody is.
pub(crate) fn standing(word: Option<&str>) -> Option<Standing> {
    let Some(word) = word else { return Some(Standing::None) };
    Standing::of_word(word).filter(|standing| *standing != Standing::None)
}

/// Who somebody is known as and seen as: the account first, since a real name may hold spaces.
pub(crate) fn of_guise(guise: &Guise, account: Option<&Nick>) -> String {
    format!("{} {}", account.map_or(NO_ACCOUNT, Nick::as_str), guise.as_str())
}

/// What these words say of somebody: how they are seen, and the account, if there is one.
pub(crate) fn guise(words: &str) -> Option<(&str, Option<&str>)> {
    let (account, guise) = words.split_once(' ')?;
    Some((guise, Some(account).filter(|account| *account != NO_ACCOUNT)))
}

/// The message that somebody takes back, and why.
pub(crate) fn of_redaction(target: u64, reason: &str) -> String {
    if reason.is_empty() { target.to_string() } else { format!("{target} {reason}") }
}

/// What these words say of a redaction. Those of an older program are a number and nothing more.
pub(crate) fn redaction(words: &str) -> Option<(u64, &str)> {
    let (target, reason) = words.split_once(' ').unwrap_or((words, ""));
    Some((target.parse().ok()?, reason))
}

/// What a room was called, what it is called, and why.
pub(crate) fn of_rename(from: &RoomName, to: &RoomName, reason: &Text) -> String {
    format!("{from} {to} {}", reason.as_str())
}

/// What these words say of a rename.
pub(crate) fn rename(words: &str) -> Option<Event> {
    let mut words = words.splitn(3, ' ');
    let mut room = || RoomName::recorded(words.next()?, usize::MAX).ok();
    let (from, to) = (room()?, room()?);
    Some(Event::Rename { from, to, reason: Text::new(words.next()?) })
}
