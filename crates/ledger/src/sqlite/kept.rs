//! What is remembered beside the log, in the store: a row for each field of a subject.
//!
//! It is written in the commit of the entry that changes it, and read whole when a hall begins. Retention does not touch it.
//! Its values are secrets: none of them is in an error, and what had one is to be wiped from the files.

use hall::{Keep, LogId, RoomName, Secret, Subject};
use rusqlite::{Connection, params};

use super::failed;
use super::write::Writing;
use crate::Error;

/// What stands before a room's folded name, and before the number of an account's person.
const ROOM: &str = "room";
const ACCOUNT: &str = "account";
/// What the hall as a whole is called.
const HALL: &str = "hall";

/// What a subject is called in the file. How a room's name was written stands in `logs`.
pub(super) fn key_of(subject: &Subject) -> String {
    match subject {
        Subject::Room(room) => format!("{ROOM}:{}", room.key()),
        Subject::Account(person) => format!("{ACCOUNT}:{}", person.0),
        Subject::Hall => HALL.to_owned(),
    }
}

/// The subject that is called so; the name is that of the room's log.
fn subject_of(key: &str, name: Option<&str>) -> Option<Subject> {
    let subject = match key.split_once(':') {
        Some((ROOM, _)) => Subject::Room(RoomName::recorded(name?, usize::MAX).ok()?),
        Some((ACCOUNT, person)) => Subject::Account(hall::PersonId(person.parse().ok()?)),
        None if key == HALL => Subject::Hall,
        _ => return None,
    };
    Some(subject).filter(|subject| key_of(subject) == key)
}

impl Writing<'_> {
    /// Remembers and forgets.
    pub(super) fn keep(&mut self, keep: &Keep) -> Result<(), Error> {
        match keep {
            Keep::Set(subject, field, value) => {
                if let Subject::Room(room) = subject {
                    self.log(&LogId::Room(room.clone()))?;
                }
                let key = key_of(subject);
                let replaced = self
                    .prepare("UPDATE kept SET value = ?3 WHERE subject = ?1 AND field = ?2 AND value <> ?3")?
                    .execute(params![key, field, value.expose()])
                    .map_err(failed)?;
                if replaced > 0 {
                    self.written.outdated = true;
                } else {
                    // When it is there, it has this value.
                    self.prepare("INSERT INTO kept (subject, field, value) VALUES (?,?,?) ON CONFLICT DO NOTHING")?
                        .execute(params![key, field, value.expose()])
                        .map_err(failed)?;
                }
            }
            Keep::Unset(subject, field) => {
                let mut unset = self.prepare("DELETE FROM kept WHERE subject = ? AND field = ?")?;
                self.written.outdated |= unset.execute([&key_of(subject), field]).map_err(failed)? > 0;
            }
            Keep::Forget(subject) => {
                let mut forget = self.prepare("DELETE FROM kept WHERE subject = ?")?;
                self.written.wiping |= forget.execute([key_of(subject)]).map_err(failed)? > 0;
            }
            Keep::Rename(..) => {}
        }
        Ok(())
    }
}

/// Everything that is kept, in the order of subjects and fields.
pub(super) fn all(conn: &Connection) -> Result<Vec<(Subject, String, Secret)>, Error> {
    let mut kept = Vec::new();
    each(conn, |key, name, field, value| {
        kept.push((subject_of(key, name).ok_or_else(|| unknown(key))?, field.to_owned(), Secret::new(value)));
        Ok(())
    })?;
    kept.sort_by(|(a, x, _), (b, y, _)| (a, x).cmp(&(b, y)));
    Ok(kept)
}

/// Tells of each subject that is none.
pub(crate) fn look_through_kept(conn: &Connection, mut found: impl FnMut(String)) -> Result<(), Error> {
    let mut last = String::new();
    each(conn, |key, name, _, _| {
        if last != key && subject_of(key, name).is_none() {
            found(key.to_owned());
        }
        key.clone_into(&mut last);
        Ok(())
    })
}

fn unknown(key: &str) -> Error {
    Error::Corrupt(format!("something is kept of {key:?}"))
}

fn each(
    conn: &Connection,
    mut take: impl FnMut(&str, Option<&str>, &str, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    // The name behind `room:` is the key of the room's log.
    let sql = "SELECT subject, logs.name, field, value FROM kept LEFT JOIN logs ON logs.key = substr(subject, 6)
               ORDER BY subject, field";
    let mut find = conn.prepare_cached(sql).map_err(failed)?;
    let mut rows = find.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let text = |column: usize| row.get_ref(column).map_err(failed)?.as_str().map_err(|error| failed(error.into()));
        let name = row.get_ref(1).map_err(failed)?.as_str_or_null().map_err(|error| failed(error.into()))?;
        take(text(0)?, name, text(2)?, text(3)?)?;
    }
    Ok(())
}
