//! What is noted about people and rooms for their clients: values by keys (IRCv3 metadata).

use std::collections::BTreeMap;
use std::fmt;

use crate::{Author, PersonId, RoomName, Text};

/// The name of something that is noted: `a-z`, `0-9`, `_`, `.`, `/` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(Box<str>);

impl Key {
    /// A key of at most so many bytes.
    #[must_use]
    pub fn new(raw: &str, most_bytes: usize) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'/' | b'-');
        let is_key = !raw.is_empty() && raw.len() <= most_bytes && raw.bytes().all(fits);
        is_key.then(|| Self(raw.into()))
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All that is noted about a person or a room. No value is empty.
pub(crate) type Metadata = BTreeMap<Key, Text>;

/// What is noted from now on: each key has this value, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notes(Box<[(Key, Option<Text>)]>);

impl Notes {
    /// One key.
    #[must_use]
    pub fn one(key: Key, value: Option<Text>) -> Self {
        Self([(key, value.filter(|value| !value.as_str().is_empty()))].into())
    }

    /// None of these keys has a value any more.
    #[must_use]
    pub fn without(keys: impl IntoIterator<Item = Key>) -> Self {
        Self(keys.into_iter().map(|key| (key, None)).collect())
    }

    /// The keys, and what they are.
    pub fn iter(&self) -> impl Iterator<Item = &(Key, Option<Text>)> {
        self.0.iter()
    }

    /// As they are recorded: a line for each, the key and behind a space its value, or the key alone.
    #[must_use]
    pub fn recorded(words: &str) -> Option<Self> {
        let one = |line: &str| {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            Some((Key::new(key, usize::MAX)?, Some(Text::new(value)).filter(|value| !value.as_str().is_empty())))
        };
        Some(Self(words.split('\n').map(one).collect::<Option<_>>()?))
    }

    pub(crate) fn text_bytes(&self) -> usize {
        let bytes = |(key, value): &(Key, Option<Text>)| key.0.len() + value.as_ref().map_or(0, |v| v.as_str().len());
        self.0.iter().map(bytes).sum()
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { "\n" } else { "" })?;
            match value {
                Some(value) => write!(f, "{key} {}", value.as_str())?,
                None => write!(f, "{key}")?,
            }
        }
        Ok(())
    }
}

/// Takes over what is noted.
pub(crate) fn note(metadata: &mut Metadata, key: &Key, value: Option<&Text>) {
    match value {
        Some(value) => metadata.insert(key.clone(), value.clone()),
        None => metadata.remove(key),
    };
}

/// What a field is called in which a value is kept.
pub(crate) const FIELD: &str = "metadata";

/// Takes over a value that is kept beside the log. What is no key is passed over.
pub(crate) fn fold(metadata: &mut Metadata, key: &str, value: Option<&str>) {
    if let Some(key) = Key::new(key, usize::MAX) {
        note(metadata, &key, value.map(Text::new).as_ref());
    }
}

/// What a session asks for about what is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noting {
    /// These keys.
    Get(Vec<Key>),
    /// All of them.
    List,
    /// This key has this value from now on, or none.
    Set(Key, Option<Text>),
    /// No key has any.
    Clear,
    /// What the session wants to know of somebody, or of a room and all who are in it: behind this person.
    Sync(Option<PersonId>),
    /// The same, if it is not too much to be told without having been asked for.
    SyncSoon,
    /// What it wants to know of all rooms and people whom it sees, behind this person.
    SyncAll(Option<PersonId>),
    /// It wants to know of these keys too, as many as it may.
    Subscribe(Vec<Key>),
    /// It does not want to know of these any more; of none, if they are not named.
    Unsubscribe(Option<Vec<Key>>),
    /// Of which keys does it want to know?
    Subscriptions,
}

/// What a session is answered, or told, about what is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// What is noted about one target: each key that was asked for, with its value or without.
    Values(String, Vec<(Key, Option<Text>)>),
    /// What the session wants to know.
    Known {
        /// Of whom, or of which room; of all that it sees, if none is named.
        of: Option<String>,
        /// The targets, the keys and their values.
        values: Vec<(String, Key, Text)>,
        /// Whether it is the first part.
        begins: bool,
        /// Behind whom there is more.
        more: Option<PersonId>,
    },
    /// It was changed as asked.
    Changed {
        /// About whom, or about which room.
        of: String,
        /// What is noted now.
        notes: Notes,
        /// Whether that is otherwise than before.
        anew: bool,
    },
    /// Somebody else has changed it.
    Told {
        /// Who.
        by: Box<Author>,
        /// About whom, or about which room.
        of: String,
        /// The key.
        key: Key,
        /// Its value.
        value: Option<Text>,
    },
    /// It is too much to be told without having been asked for.
    Later(Option<String>),
    /// The session is told of these keys from now on; of those behind this one it is not, as it may be told of no more
    /// than so many.
    Subscribed(Vec<Key>, Option<(Key, usize)>),
    /// It is not told of these any more.
    Unsubscribed(Vec<Key>),
    /// It is told of these.
    Subscriptions(Vec<Key>),
}

/// Why something cannot be noted, or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoNote {
    /// There is nobody of that name, or no such room.
    Target(String),
    /// The session may not note that about this target, or nothing at all.
    Denied(String, Option<Key>),
    /// The value is longer than it may be.
    Value(Key),
    /// So much is noted about this target that it may not be more.
    Full(String, usize),
    /// So much has been noted lately that it may be more only after so many seconds.
    TooOften(u64),
}

/// About whom, or which room, something is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    Room(RoomName),
    Person(PersonId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_few_letters() {
        let key = |raw| Key::new(raw, 20).map(|key| key.as_str().to_owned());
        assert_eq!(key("example.com/nick-color_2").as_deref(), None, "too long");
        assert_eq!(key("soju.im/pinned").as_deref(), Some("soju.im/pinned"));
        for raw in ["", "Display-Name", "$url", ":a", "a b", "키"] {
            assert_eq!(key(raw), None, "{raw:?}");
        }
    }

    #[test]
    fn notes_are_read_as_they_were_recorded() {
        let key = |raw| Key::new(raw, 20).unwrap();
        let notes = [
            Notes::one(key("url"), Some(Text::new("https://example.com/  a "))),
            Notes::one(key("url"), Some(Text::new(""))),
            Notes::without([key("a"), key("b")]),
        ];
        for notes in notes {
            assert_eq!(Notes::recorded(&notes.to_string()), Some(notes));
        }
        assert_eq!(Notes::recorded(""), None);
        assert_eq!(Notes::recorded("a x\nB y"), None);
    }
}
