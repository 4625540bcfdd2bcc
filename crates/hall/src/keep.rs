//! What is remembered beside the log: accounts, the rules of rooms, who is barred.
//!
//! It is told field by field with the entry that changes it, so that two who change different things at one time take
//! nothing from each other; the ledger keeps the fields in the same commit, and a hall begins with all of them.

use crate::{PersonId, RoomName, Secret};

/// What a field is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A room.
    Room(RoomName),
    /// An account, by its person.
    Account(PersonId),
    /// The hall as a whole.
    Hall,
}

/// A field that changes. Values are kept from everybody who is not asked to keep them: passwords are among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// The field has this value from now on.
    Set(Subject, String, Secret),
    /// The field has none.
    Unset(Subject, String),
    /// Nothing is known of it any more.
    Forget(Subject),
    /// Whatever is known of the first room is known of the second one from now on: its log, its fields, and what accounts
    /// remember of it. What was known of another room of that name is not known any more; its log is kept
    /// [apart](RoomName::apart).
    Rename(RoomName, RoomName),
}

/// What an account remembers of a room, field by field: what the field is called and, where it is the room's name, its value.
#[must_use]
pub fn fields_of_room(room: &RoomName) -> [(String, Option<String>); 2] {
    [(format!("{READ}:{}", room.key()), None), (format!("{STAYS}:{}", room.key()), Some(room.as_str().to_owned()))]
}

/// Up to where an account has read something.
pub(crate) const READ: &str = "read";
/// Where an account is although nobody is connected.
pub(crate) const STAYS: &str = "stays";

impl Keep {
    /// A field with this value, or with none.
    pub(crate) fn field(subject: Subject, field: impl Into<String>, value: Option<String>) -> Self {
        match value {
            Some(value) => Self::Set(subject, field.into(), Secret::new(value)),
            None => Self::Unset(subject, field.into()),
        }
    }
}
