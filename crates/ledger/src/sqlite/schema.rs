//! The store's form: its tables, how it is opened, and how an older one becomes one of today.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Durability, failed};
use crate::{Error, SqliteLimits};

/// `MARU`, by which `file` and others tell the file.
const APPLICATION_ID: i64 = 0x4D41_5255;

/// What is done to a store within a step.
type Then = fn(&Connection) -> Result<(), Error>;

/// What makes a store of one version one of the next.
struct Step {
    sql: &'static str,
    /// What is done then, in the same transaction, where SQL does not reach.
    then: Option<Then>,
}

impl Step {
    const fn sql(sql: &'static str) -> Self {
        Self { sql, then: None }
    }

    fn take(&self, conn: &Connection) -> Result<(), Error> {
        conn.execute_batch(self.sql).map_err(failed)?;
        self.then.map_or(Ok(()), |then| then(conn))
    }
}

/// The steps, in one transaction each; the first makes a store out of nothing. A step that has been released is never changed:
/// files that it has made are there.
const STEPS: &[Step] = &[
    // 1. `places` holds each entry once for each of its logs, messages (side 0) apart from other events (side 1), so that
    //    the last messages of a room are found however many came and went. An entry of several logs has them in `several`.
    Step::sql(
        "CREATE TABLE meta (
         id INTEGER PRIMARY KEY CHECK (id = 0), hall TEXT NOT NULL, head INTEGER NOT NULL, person INTEGER NOT NULL
     ) STRICT;
     INSERT INTO meta VALUES (0, lower(hex(randomblob(16))), 0, 0);
     CREATE TABLE logs (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT) STRICT;
     CREATE TABLE entries (
         seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, log INTEGER, person INTEGER NOT NULL, session INTEGER NOT NULL,
         nick TEXT NOT NULL, kind INTEGER NOT NULL, text TEXT
     ) STRICT;
     CREATE TABLE places (
         log INTEGER NOT NULL, side INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (log, side, seq)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE several (
         seq INTEGER NOT NULL, nth INTEGER NOT NULL, log INTEGER NOT NULL, PRIMARY KEY (seq, nth)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE topics (log INTEGER PRIMARY KEY, seq INTEGER NOT NULL, text TEXT NOT NULL) STRICT;",
    ),
    // 2. The last session's number, what retention needs of each log (its bytes, the last entry let go), and the texts that
    //    the index has to forget.
    Step::sql(
        "ALTER TABLE meta ADD COLUMN session INTEGER NOT NULL DEFAULT 0;
     UPDATE meta SET session = (SELECT coalesce(max(session), 0) FROM entries);
     ALTER TABLE logs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE logs ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
     UPDATE logs SET bytes = (
         SELECT coalesce(sum(64 + coalesce(length(CAST(entries.text AS BLOB)), 0)), 0)
         FROM places JOIN entries ON entries.seq = places.seq WHERE places.log = logs.id
     );
     CREATE INDEX logs_by_bytes ON logs (bytes);
     CREATE TABLE forgetting (
         id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, log INTEGER, nick TEXT NOT NULL, text TEXT NOT NULL
     ) STRICT;",
    ),
    // 3. Whose account somebody spoke with and whom a direct message went to, what is remembered beside the log (see
    //    `kept.rs`), and the hall's secret.
    Step {
        sql: "ALTER TABLE entries ADD COLUMN account TEXT;
     ALTER TABLE entries ADD COLUMN addressee TEXT;
     CREATE TABLE kept (
         subject TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (subject, field)
     ) STRICT, WITHOUT ROWID;
     ALTER TABLE meta ADD COLUMN secret TEXT NOT NULL DEFAULT '';
     UPDATE meta SET secret = lower(hex(randomblob(32)));",
        then: Some(super::refold::refold),
    },
    // 4. How authors were seen, each guise once (see `guise.rs`), and what their clients added for others.
    Step::sql(
        "CREATE TABLE guises (
         id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX guises_by_seen ON guises (seen);
     ALTER TABLE entries ADD COLUMN guise INTEGER;
     ALTER TABLE entries ADD COLUMN tags TEXT;",
    ),
    // 5. What accounts remember of a room is found by the room, so that renaming one does not look through all accounts.
    Step::sql("CREATE INDEX kept_by_field ON kept (field);"),
];

/// The version that this program writes.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To write; it is made if it is missing, and brought up to date.
    Write(Durability),
    /// To read.
    Read,
    /// To look at: an older one will do.
    Any,
    /// To read, and to work the write-ahead log into the file.
    Settle,
}

/// Opens a store.
pub(crate) fn open(path: &Path, access: Access, limits: &SqliteLimits) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = flags
        | match access {
            Access::Write(_) => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            Access::Settle => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Read | Access::Any => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
    let mut conn = connect(path, flags, limits)?;
    check(&conn)?;
    if let Access::Write(durability) = access {
        journal(&conn, durability, limits)?;
        migrate(&mut conn)?;
    }
    let version = version(&conn)?;
    if version != VERSION && !(access == Access::Any && version > 0) {
        return Err(Error::Older { found: version, known: VERSION });
    }
    Ok(conn)
}

/// A connection with the settings that all of ours have.
pub(super) fn connect(path: &Path, flags: OpenFlags, limits: &SqliteLimits) -> Result<Connection, Error> {
    let conn = Connection::open_with_flags(path, flags).map_err(|error| not_opened(path, error))?;
    conn.busy_timeout(Duration::from_millis(limits.busy_wait_ms)).map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "cache_size", -i64::from(limits.cache_kib)).map_err(failed)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
    conn.pragma_update(None, "trusted_schema", false).map_err(failed)?;
    // What is deleted is overwritten, not only forgotten.
    conn.pragma_update(None, "secure_delete", true).map_err(failed)?;
    Ok(conn)
}

/// SQLite says only that it could not open a file; the system says why.
fn not_opened(path: &Path, error: rusqlite::Error) -> Error {
    match std::fs::File::open(path) {
        Err(why) => Error::Io(why),
        Ok(_) => failed(error),
    }
}

/// The file is one of ours, of no later version than we know.
fn check(conn: &Connection) -> Result<(), Error> {
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let id: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    if tables > 0 && id != APPLICATION_ID {
        return Err(Error::NotOurs);
    }
    let found = version(conn)?;
    if found > VERSION { Err(Error::Newer { found, known: VERSION }) } else { Ok(()) }
}

pub(super) fn version(conn: &Connection) -> Result<i64, Error> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)
}

/// A write-ahead log, and how far it is forced to the disk. The writer works it into the file only when nobody else has come
/// to that: see [`super::Index`].
pub(super) fn journal(conn: &Connection, durability: Durability, limits: &SqliteLimits) -> Result<(), Error> {
    // Both hold only before the first table is made.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failed)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(failed)?;
    let synchronous = if durability == Durability::Disk { "FULL" } else { "NORMAL" };
    conn.pragma_update(None, "synchronous", synchronous).map_err(failed)?;
    conn.pragma_update(None, "wal_autocheckpoint", limits.wal_most_kib / 4).map_err(failed)?;
    conn.pragma_update(None, "journal_size_limit", i64::from(limits.wal_kib) * 1024).map_err(failed)
}

fn migrate(conn: &mut Connection) -> Result<(), Error> {
    for (at, step) in STEPS.iter().enumerate() {
        let next = i64::try_from(at).unwrap_or(i64::MAX) + 1;
        if version(conn)? >= next {
            continue;
        }
        let taking = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
        step.take(&taking)?;
        taking.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        taking.pragma_update(None, "user_version", next).map_err(failed)?;
        taking.commit().map_err(failed)?;
    }
    Ok(())
}

/// A store as an older version of this program made it, for tests.
#[cfg(test)]
pub(crate) fn make_old(path: &Path, version: usize) -> Connection {
    let conn = Connection::open(path).expect("a file");
    journal(&conn, Durability::Process, &SqliteLimits::default()).expect("a journal");
    for step in &STEPS[..version] {
        step.take(&conn).expect("a step");
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID).expect("a pragma");
    conn.pragma_update(None, "user_version", i64::try_from(version).expect("a small number")).expect("a pragma");
    conn
}
