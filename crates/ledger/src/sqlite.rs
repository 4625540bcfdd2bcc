//! The ledger in SQLite: the order of the hall in one file, for as long as its disk lasts.
//!
//! `ledger.db` holds the entries and everything that follows from them; what is committed is in it, in its write-ahead log
//! at first, and nothing else is believed. `search.db` holds the index for searches and nothing more: it trails, and may be
//! deleted at any time, whereupon it is made anew. One thread writes the one, one the other; readers have connections of
//! their own and see a commit as soon as it has returned.

mod error;
mod guise;
mod index;
mod kept;
mod read;
mod record;
mod refold;
mod rename;
mod schema;
mod tend;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use hall::{Beginning, Entry, LogId, Nick, Proposal, RoomName, Search, Secret, Seq, Text, Time, Topic};
use rusqlite::Connection;

use crate::lately::Lately;
use crate::{Error, Found, Indexer, Ledger, Reader, Rejected, SqliteLimits};
pub(crate) use error::failed;
use index::Index;
pub(crate) use index::remove_index;
pub(crate) use kept::look_through_kept;
use read::SqliteReader;
pub(crate) use read::{Store, number};
pub use record::decode;
pub(crate) use record::{COLUMNS, Row, int};
use record::{log_key, uint};
pub(crate) use schema::Access;
pub(crate) use schema::open as open_file;
use write::{Writing, Written};

/// The file with the entries, in the data directory.
pub const LEDGER_FILE: &str = "ledger.db";
/// The file with the index, beside it.
pub const SEARCH_FILE: &str = "search.db";

/// How much a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The end of the machine: every group is on the disk before it is shown to anyone.
    #[default]
    Disk,
    /// The end of the process, not a power cut: the operating system has every group.
    Process,
}

/// How long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// For so many days; for ever if there is none.
    pub days: Option<u64>,
    /// So many bytes of each room or direct conversation, its latest; as many as there are if there is none.
    pub room_bytes: Option<u64>,
}

/// What a ledger in SQLite is told.
#[derive(Debug, Clone, Default)]
pub struct SqliteSettings {
    /// How much a commit survives.
    pub durability: Durability,
    /// How long things are kept.
    pub retention: Retention,
    /// Its limits.
    pub limits: SqliteLimits,
}

/// How long what logs have grown by is kept in memory before the file is told.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// What an entry counts for beside its text when a room is bounded in bytes.
const ENTRY_BYTES: i64 = 64;

/// The ledger in SQLite.
#[derive(Debug)]
pub struct Sqlite {
    conn: Connection,
    dir: PathBuf,
    settings: SqliteSettings,
    head: Seq,
    /// The largest numbers of people and sessions that the file allows for.
    person: u64,
    session: u64,
    /// Rooms that were renamed lately, for the readers too.
    lately: Lately,
    /// By how many bytes each log has grown that the file was not told of, and when it was told last.
    grown: HashMap<i64, i64>,
    counted: Instant,
    /// Logs and their numbers in the file.
    known: HashMap<LogId, i64>,
    /// Guises and what is known of them in the file.
    guises: HashMap<Box<str>, guise::Known>,
    /// The last text that the index has forgotten, by its number among those that are to be.
    forgotten: Arc<AtomicU64>,
    /// Whether there is text to be wiped from the files.
    wiping: bool,
    /// Since when there is a value that was kept beside the log and is no longer.
    outdated: Option<Instant>,
}

impl Sqlite {
    /// Opens the ledger in a directory, or makes one there.
    ///
    /// # Errors
    /// When there is something else, when it was written by a later program, and when its file cannot be used.
    pub fn open(dir: &Path, settings: SqliteSettings) -> Result<Self, Error> {
        // Whoever wrote before has come to an end without working it in: there may be something in it that was to be wiped.
        let unfinished = wal(dir).is_some_and(|bytes| bytes > 0);
        let conn = open_file(&dir.join(LEDGER_FILE), Access::Write(settings.durability), &settings.limits)?;
        let Beginning { head, person, session, .. } = of_hall(&conn)?;
        let left = number(&conn, "SELECT count(*) FROM forgetting")?;
        Ok(Self {
            conn,
            dir: dir.to_owned(),
            settings,
            head,
            person,
            session,
            lately: Lately::default(),
            grown: HashMap::new(),
            counted: Instant::now(),
            known: HashMap::new(),
            guises: HashMap::new(),
            forgotten: Arc::default(),
            wiping: unfinished || left > 0,
            outdated: None,
        })
    }

    /// Writes one entry of this number, within a transaction; for imports.
    pub(crate) fn put(&mut self, seq: Seq, at: Time, proposal: &Proposal) -> Result<(), Error> {
        let mut writing = Writing::new(self)?;
        writing.put(seq, at, proposal)?;
        let written = writing.finish()?;
        self.head = self.head.max(seq);
        self.take_over(written);
        Ok(())
    }

    /// Takes the text out of a message, within a transaction; for imports.
    pub(crate) fn take_back(&mut self, target: Seq) -> Result<(), Error> {
        let mut writing = Writing::new(self)?;
        writing.redact(target)?;
        let written = writing.finish()?;
        self.take_over(written);
        Ok(())
    }

    /// What a group has changed beside the file.
    fn take_over(&mut self, written: Written) {
        (self.person, self.session) = (written.person, written.session);
        self.wiping |= written.wiping;
        if written.outdated {
            self.outdated.get_or_insert_with(Instant::now);
        }
        if self.known.len() + written.known.len() > self.settings.limits.known_logs {
            self.known.clear();
        }
        for log in &written.renamed {
            self.known.remove(log);
        }
        self.known.extend(written.known);
        if self.guises.len() + written.guises.len() > self.settings.limits.known_guises {
            self.guises.clear();
        }
        self.guises.extend(written.guises);
        for (log, bytes) in written.grown {
            *self.grown.entry(log).or_default() += bytes;
        }
    }

    /// Runs a statement that is needed again and again.
    fn run(&self, sql: &str) -> Result<(), Error> {
        self.conn.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(failed)
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    pub(crate) fn batch(&self, sql: &str) -> Result<(), Error> {
        self.conn.execute_batch(sql).map_err(failed)
    }

    /// Tells the file what logs have grown by. Not more than that is lost when the process is killed, and nothing but the
    /// sizes of rooms for retention depends on it.
    pub(crate) fn count(&mut self) -> Result<(), Error> {
        if !self.grown.is_empty() {
            self.batch("BEGIN IMMEDIATE")?;
            let counted = self.count_within();
            if let Err(error) = counted.and_then(|()| self.batch("COMMIT")) {
                let _ = self.batch("ROLLBACK");
                return Err(error);
            }
        }
        self.grown_is_counted();
        Ok(())
    }

    pub(crate) fn grown_is_counted(&mut self) {
        (self.grown, self.counted) = (HashMap::new(), Instant::now());
    }

    pub(crate) fn count_within(&self) -> Result<(), Error> {
        let mut grow = self.conn.prepare_cached("UPDATE logs SET bytes = bytes + ? WHERE id = ?").map_err(failed)?;
        for (log, bytes) in &self.grown {
            grow.execute([bytes, log]).map_err(failed)?;
        }
        Ok(())
    }

    /// Writes a group; what it leaves behind counts only when it is committed.
    fn write(&self, at: Time, group: &[Proposal]) -> Result<Written, Error> {
        let mut writing = Writing::new(self)?;
        for (n, proposal) in group.iter().enumerate() {
            writing.put(Seq(self.head.0 + n as u64 + 1), at, proposal)?;
        }
        writing.finish()
    }
}

impl Drop for Sqlite {
    /// Leaves one file behind where that is possible: the write-ahead log is worked into it.
    fn drop(&mut self) {
        let _ = self.count();
        let _ = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}

impl Ledger for Sqlite {
    fn commit(&mut self, at: Time, group: Vec<Proposal>) -> Result<Vec<Arc<Entry>>, Rejected> {
        if group.is_empty() {
            return Ok(Vec::new());
        }
        let counted = self.counted.elapsed() >= COUNT_EVERY;
        let (updated, renames) = self.lately.update(&group, self.head);
        let as_of = group.last().map_or(Seq(0), |last| last.as_of);
        let written = self.run("BEGIN IMMEDIATE").and_then(|()| {
            let written = self.write(at, updated.as_deref().unwrap_or(&group))?;
            if counted {
                self.count_within()?;
            }
            self.run("COMMIT")?;
            Ok(written)
        });
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                // SQLite may have rolled back by itself.
                let _ = self.conn.execute_batch("ROLLBACK");
                return Err(Rejected { group, error });
            }
        };
        if counted {
            self.grown_is_counted();
        }
        self.take_over(written);
        self.lately.add(renames, as_of);
        let entries = updated.unwrap_or(group).into_iter().map(|proposal| {
            self.head.0 += 1;
            Arc::new(Entry::new(self.head, at, proposal))
        });
        Ok(entries.collect())
    }

    fn head(&self) -> Seq {
        self.head
    }

    fn beginning(&self, topics: usize) -> Result<Beginning, Error> {
        beginning(&self.conn, topics)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Error> {
        Ok(Box::new(SqliteReader::open(&self.dir, &self.settings.limits, self.lately.clone())?))
    }

    fn indexer(&self) -> Result<Option<Box<dyn Indexer>>, Error> {
        let index = Index::open(&self.dir, &self.settings.limits, Arc::clone(&self.forgotten))?;
        Ok(Some(Box::new(index)))
    }

    fn tend(&mut self, now: Time) -> Result<bool, Error> {
        self.tend_slice(now)
    }
}

/// The size of the write-ahead log of the store in a directory, in bytes; none when there is no such file.
fn wal(dir: &Path) -> Option<u64> {
    std::fs::metadata(dir.join(format!("{LEDGER_FILE}-wal"))).map(|file| file.len()).ok()
}

/// What the file says of the hall. The last entry is there, unless it was let go.
const HALL: &str = "SELECT hall, max(head, (SELECT coalesce(max(seq), 0) FROM entries)), person, session FROM meta";

/// Which hall a file is of, and which numbers it has given.
pub(crate) fn of_hall(conn: &Connection) -> Result<Beginning, Error> {
    let began = conn.query_row(HALL, [], |row| {
        let (hall, head): (String, i64) = (row.get(0)?, row.get(1)?);
        let (person, session): (i64, i64) = (row.get(2)?, row.get(3)?);
        let (head, person, session) = (Seq(uint(head)), uint(person), uint(session));
        Ok(Beginning { hall, head, person, session, ..Beginning::default() })
    });
    began.map_err(failed)
}

/// What a hall begins with, from its file.
fn beginning(conn: &Connection, topics: usize) -> Result<Beginning, Error> {
    let mut began = of_hall(conn)?;
    began.secret = Some(secret(conn)?);
    began.kept = kept::all(conn)?;
    began.topics = self::topics(conn, topics)?;
    Ok(began)
}

/// The latest topics, at most `most`, with what is still known of the entries that set them; oldest first.
fn topics(conn: &Connection, most: usize) -> Result<Vec<(RoomName, Seq, Topic)>, Error> {
    let sql = "SELECT logs.name, topics.seq, topics.text, entries.nick, entries.at
               FROM topics JOIN logs ON logs.id = topics.log LEFT JOIN entries ON entries.seq = topics.seq
               WHERE logs.name IS NOT NULL ORDER BY topics.seq DESC LIMIT ?";
    let mut find = conn.prepare_cached(sql).map_err(failed)?;
    let found = find.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
        let (name, seq, text): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (nick, at): (Option<String>, Option<i64>) = (row.get(3)?, row.get(4)?);
        Ok((name, seq, text, nick, at))
    });
    let mut topics = Vec::new();
    for row in found.map_err(failed)? {
        let (name, seq, text, nick, at) = row.map_err(failed)?;
        let room =
            RoomName::recorded(&name, usize::MAX).map_err(|_| Error::Corrupt(format!("a room called {name:?}")))?;
        let by = nick.and_then(|nick| Nick::recorded(&nick, usize::MAX).ok());
        let at = at.map(|at| Time(uint(at)));
        topics.push((room, Seq(uint(seq)), Topic { text: Text::new(&text), by, at }));
    }
    topics.reverse();
    Ok(topics)
}

/// The hall's secret.
pub(crate) fn secret(conn: &Connection) -> Result<Secret, Error> {
    let secret = conn.query_row("SELECT secret FROM meta", [], |row| Ok(Secret::new(row.get_ref(0)?.as_str()?)));
    let is_one =
        |secret: &Secret| secret.expose().len() == 64 && secret.expose().bytes().all(|b| b.is_ascii_hexdigit());
    let secret = secret.map_err(failed)?;
    if is_one(&secret) { Ok(secret) } else { Err(Error::Corrupt("the hall has no secret".to_owned())) }
}

/// Looks something up in the store in a directory, in all of its rooms unless some are named, whether its hall is running or
/// not. Newest first, at most `most`.
///
/// # Errors
/// When it cannot be read.
pub fn look_up(dir: &Path, limits: &SqliteLimits, mut search: Search, most: usize) -> Result<Found, Error> {
    let reader = SqliteReader::open(dir, limits, Lately::default())?;
    if search.logs.is_empty() {
        search.logs = index::all_rooms(&reader.store)?;
    }
    reader.search(&search, most)
}

/// Whether there is a store in a directory that can be read.
///
/// # Errors
/// When there is none.
pub fn look_at(dir: &Path, limits: &SqliteLimits) -> Result<(), Error> {
    Store::open(dir, Access::Read, limits).map(drop)
}

#[cfg(test)]
mod tests;
