//! A room is called otherwise: its log, with all that leads to it, keeps its number in the file and has another name; what is
//! kept of the room, and what accounts remember of it, stands under that name. It is part of the commit of the entry that
//! says so; an import, which brings entries under the names that their logs have by then, does nothing of it.

use hall::{LogId, Renamed, Subject, fields_of_room};
use rusqlite::params;

use super::failed;
use super::kept::key_of;
use super::record::log_key;
use super::write::Writing;
use crate::Error;

impl Writing<'_> {
    /// A room is called otherwise from now on.
    pub(super) fn rename(&mut self, renamed: &Renamed) -> Result<(), Error> {
        let from = &renamed.from;
        for old in [LogId::Room(from.clone()), LogId::Operators(from.clone())] {
            let Some(new) = renamed.log(&old) else { continue };
            // Nobody is in another room of that name, and nothing holds it: whatever was said there is nobody's to read who
            // comes in now, and stays on the ledger.
            if let Some(apart) = renamed.log_apart(&new) {
                self.relabel(&new, &apart)?;
                let unset = "DELETE FROM topics WHERE log = (SELECT id FROM logs WHERE key = ?)";
                self.prepare(unset)?.execute([log_key(&apart).0]).map_err(failed)?;
            }
            self.relabel(&old, &new)?;
        }
        self.rekey(renamed)
    }

    /// Gives a log another name, if there is one of that name.
    fn relabel(&mut self, old: &LogId, new: &LogId) -> Result<(), Error> {
        let ((old_key, _), (key, name)) = (log_key(old), log_key(new));
        let mut update = self.prepare("UPDATE logs SET key = ?2, name = ?3 WHERE key = ?1")?;
        update.execute(params![old_key, key, name]).map_err(failed)?;
        // Either is looked up again when it is needed.
        for log in [old, new] {
            self.written.known.remove(log);
            self.written.renamed.push(log.clone());
        }
        Ok(())
    }

    /// What is kept of the room, and what accounts remember of it, is under its new name.
    fn rekey(&mut self, renamed: &Renamed) -> Result<(), Error> {
        let Renamed { from, to, .. } = renamed;
        let (old, new) = (key_of(&Subject::Room(from.clone())), key_of(&Subject::Room(to.clone())));
        if old != new {
            let mut forget = self.prepare("DELETE FROM kept WHERE subject = ?")?;
            self.written.wiping |= forget.execute([&new]).map_err(failed)? > 0;
            let mut update = self.prepare("UPDATE kept SET subject = ?2 WHERE subject = ?1")?;
            self.written.outdated |= update.execute([&old, &new]).map_err(failed)? > 0;
        }
        for ((old, _), (new, value)) in fields_of_room(from).into_iter().zip(fields_of_room(to)) {
            // Only accounts remember something of rooms; fields are found by an index of their own.
            if old != new {
                let mut forget = self.prepare("DELETE FROM kept WHERE field = ? AND subject GLOB 'account:*'")?;
                forget.execute([&new]).map_err(failed)?;
            }
            let sql = "UPDATE kept SET field = ?2, value = coalesce(?3, value)
                       WHERE field = ?1 AND subject GLOB 'account:*'";
            self.prepare(sql)?.execute(params![old, new, value]).map_err(failed)?;
        }
        Ok(())
    }
}
