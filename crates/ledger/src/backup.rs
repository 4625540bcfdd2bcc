//! A copy of a store that is in use, by SQLite's online backup: whole, and as it was at one moment.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::sqlite::{Access, Store, failed};
use crate::{Error, SqliteLimits};

/// Copies the store in a directory to a file, which is there whole or not at all; one of that name is replaced. Returns its
/// size in bytes. The copy is a store: renamed to `ledger.db`, it is the ledger of a hall.
///
/// # Errors
/// When the store cannot be read or the file cannot be written.
pub fn backup(dir: &Path, limits: &SqliteLimits, to: &Path) -> Result<u64, Error> {
    let store = Store::open(dir, Access::Read, limits)?;
    let part = part_of(to);
    let copied = copy(&store, &part).and_then(|()| {
        File::open(&part)?.sync_all()?;
        let bytes = fs::metadata(&part)?.len();
        fs::rename(&part, to)?;
        if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
        Ok(bytes)
    });
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn copy(store: &Store, part: &Path) -> Result<(), Error> {
    // What an interrupted backup has left.
    let _ = fs::remove_file(part);
    // SQLite would say only that it cannot open it.
    drop(File::create(part)?);
    let mut to = Connection::open(part).map_err(failed)?;
    // All in one step: a reader of the write-ahead log keeps nobody from writing, and sees one moment.
    let copied = Backup::new(&store.conn, &mut to).and_then(|backup| backup.step(-1)).map_err(failed)?;
    if copied != StepResult::Done {
        return Err(Error::Busy);
    }
    // The copy is a file of its own, without a log beside it.
    to.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(failed)
}
