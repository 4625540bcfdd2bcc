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
            let old = std::mem::replace(&mut cursor.log, now);
            if cursor.at < renamed.seq {
                let was = cursor.was.get_or_insert_default();
                if was.len() == NAMES {
                    was.remove(0);
                }
                was.push((renamed.seq, old));
            }
        }
    }
}

impl Cursor {
    /// What the log was called when this entry came.
    pub(super) fn log_at(&self, seq: Seq) -> &LogId {
        let was = self.was.iter().flat_map(|was| was.iter());
        was.into_iter().find(|(until, _)| seq <= *until).map_or(&self.log, |(_, log)| log)
    }
}

/// Has an entry that was read from the ledger name its logs as they were called when it came.
pub(super) fn called_then(entry: &mut Arc<Entry>, cursors: &[Cursor]) {
    let was =
        |log: &LogId| cursors.iter().find(|c| c.log == *log && c.was.is_some()).map(|c| c.log_at(entry.seq).clone());
    if entry.logs.iter().any(|log| was(log).is_some()) {
        let logs = entry.logs.iter().map(|log| was(log).unwrap_or_else(|| log.clone())).collect();
        *entry = Arc::new(Entry { logs, ..(**entry).clone() });
    }
}
