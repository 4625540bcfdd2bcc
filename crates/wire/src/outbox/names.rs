//! Logs that are called otherwise than when their entries came: a client that lags is shown each entry under the name of
//! then, as everybody else was, and reads it from the ledger under the name of today.

use std::sync::Arc;

use hall::{Entry, LogId, Renamed, Seq};

use super::{Cursor, Outbox};

/// Names that a log had of which a client that lags is shown what came under them; beyond that it is shown under later ones.
const NAMES: usize = 8;

impl Outbox {
    /// A room is called otherwise, and so are its logs: the client goes on in them where it is. What it has left of another room
    /// that was called so, and has not been shown all of, is [apart](Renamed::log_apart).
    pub fn rename(&mut self, renamed: &Renamed) {
        for cursor in &mut self.cursors {
            let now = renamed.log(&cursor.log).or_else(|| renamed.log_apart(&cursor.log));
            let Some(now) = now else { continue };
            // Everybody else is told of it in the name as it was written, not as this client may have asked for it.
            let old = renamed.log_before(&now).unwrap_or_else(|| cursor.log.clone());
            cursor.log = now;
            cursor.was_called(renamed.seq, old);
        }
    }

    /// The client was given a cursor into a log of a renamed room from before it was renamed.
    pub fn called(&mut self, renamed: &Renamed) {
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.until == Seq(u64::MAX)) {
            if let Some(old) = renamed.log_before(&cursor.log) {
                cursor.was_called(renamed.seq, old);
            }
        }
    }
}

impl Cursor {
    /// Up to this entry the log had that name.
    fn was_called(&mut self, until: Seq, name: LogId) {
        if self.at >= until {
            return;
        }
        let was = self.was.get_or_insert_default();
        if was.len() == NAMES {
            was.remove(0);
        }
        was.push((until, name));
    }

    /// What the log was called when this entry came.
    pub(super) fn log_at(&self, seq: Seq) -> &LogId {
        self.was_at(seq).unwrap_or(&self.log)
    }

    /// The same, if that was another name than it has today.
    fn was_at(&self, seq: Seq) -> Option<&LogId> {
        self.was.as_ref()?.iter().find(|(until, _)| seq <= *until).map(|(_, log)| log)
    }
}

/// Has an entry that was read from the ledger name its logs as they were called when it came.
pub(super) fn called_then(entry: &mut Arc<Entry>, cursors: &[Cursor]) {
    let was = |log: &LogId| cursors.iter().filter(|c| c.log == *log).find_map(|c| c.was_at(entry.seq));
    if entry.logs.iter().any(|log| was(log).is_some()) {
        let logs = entry.logs.iter().map(|log| was(log).unwrap_or(log).clone()).collect();
        *entry = Arc::new(Entry { logs, ..(**entry).clone() });
    }
}
