//! A copy of a store that is in use, by SQLite's online backup: whole, and as it was at one moment. And the way back.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::sqlite::{Access, LEDGER_FILE, Store, failed, open_file, remove_index};
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

/// Puts a copy in the place of the store in a directory, whose hall is not running; there need not be one. The copy is looked
/// at first: the store is replaced by a whole one or not at all.
///
/// # Errors
/// When the copy is no store that this program knows, or is damaged, or something cannot be written.
pub fn restore(dir: &Path, limits: &SqliteLimits, copy: &mut dyn Read) -> Result<(), Error> {
    fs::create_dir_all(dir)?;
    let to = dir.join(LEDGER_FILE);
    let part = part_of(&to);
    let looked_at = (|| {
        let mut file = File::create(&part)?;
        io::copy(copy, &mut file)?;
        file.sync_all()?;
        let conn = open_file(&part, Access::Any, limits)?;
        let said: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if said == "ok" { Ok(()) } else { Err(Error::Corrupt(said)) }
    })();
    if let Err(error) = looked_at {
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    // What belongs to the old one would be taken for a part of the new one. So that nothing is lost should this end here,
    // it is worked into the old one first, if that can be opened at all.
    if let Ok(old) = open_file(&to, Access::Settle, limits) {
        let _ = old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    for end in ["-wal", "-shm"] {
        match fs::remove_file(dir.join(format!("{LEDGER_FILE}{end}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    remove_index(dir)?;
    fs::rename(&part, &to)?;
    File::open(dir)?.sync_all()?;
    Ok(())
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
