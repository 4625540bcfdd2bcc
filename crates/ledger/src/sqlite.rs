//! The ledger in SQLite: the order of the hall in one file, for as long as its disk lasts.
//!
//! `ledger.db` holds the entries and everything that follows from them; what is committed is in it, in its write-ahead log
//! at first, and nothing else is believed. `search.db` holds the index for searches and nothing more: it trails, and may be
//! deleted at any time, whereupon it is made anew. One thread writes the one, one the other; readers have connections of
//! their own and see a commit as soon as it has returned.

mod error;
mod index;
mod read;
mod record;
mod refold;
mod schema;
mod tend;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use hall::{Beginning, Entry, Event, LogId, Proposal, RoomName, Search, Seq, Text, Time};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use crate::{Error, Found, Indexer, Ledger, Reader, Rejected, SqliteLimits};
pub(crate) use error::failed;
use index::Index;
pub(crate) use index::remove_index;
use read::SqliteReader;
pub(crate) use read::{Store, number};
pub use record::decode;
pub(crate) use record::{COLUMNS, Row, int};
use record::{Kind, log_key, uint};
pub(crate) use schema::Access;
pub(crate) use schema::open as open_file;

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

/// People and sessions are numbered on from the next multiple of this when a hall opens again: so the file need not be told of
/// each of them.
const NUMBERS_AHEAD: u64 = 1_024;
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
    /// By how many bytes each log has grown that the file was not told of, and when it was told last.
    grown: HashMap<i64, i64>,
    counted: Instant,
    /// Logs and their numbers in the file.
    known: HashMap<LogId, i64>,
    /// The last text that the index has forgotten, by its number among those that are to be.
    forgotten: Arc<AtomicU64>,
    /// Whether there is text to be wiped from the files.
    wiping: bool,
}

impl Sqlite {
    /// Opens the ledger in a directory, or makes one there.
    ///
    /// # Errors
    /// When there is something else, when it was written by a later program, and when its file cannot be used.
    pub fn open(dir: &Path, settings: SqliteSettings) -> Result<Self, Error> {
        let conn = open_file(&dir.join(LEDGER_FILE), Access::Write(settings.durability), &settings.limits)?;
        let Beginning { head, person, session, .. } = beginning(&conn, 0)?;
        let left: i64 = conn.query_row("SELECT count(*) FROM forgetting", [], |row| row.get(0)).map_err(failed)?;
        Ok(Self {
            conn,
            dir: dir.to_owned(),
            settings,
            head,
            person,
            session,
            grown: HashMap::new(),
            counted: Instant::now(),
            known: HashMap::new(),
            forgotten: Arc::default(),
            wiping: left > 0,
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
        if self.known.len() + written.known.len() > self.settings.limits.known_logs {
            self.known.clear();
        }
        self.known.extend(written.known);
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

/// What a group has changed beside the file.
struct Written {
    person: u64,
    session: u64,
    known: HashMap<LogId, i64>,
    wiping: bool,
    /// By how many bytes each log has grown.
    grown: HashMap<i64, i64>,
}

/// A group being written.
struct Writing<'a> {
    ledger: &'a Sqlite,
    entry: CachedStatement<'a>,
    place: CachedStatement<'a>,
    written: Written,
}

impl<'a> Writing<'a> {
    fn new(ledger: &'a Sqlite) -> Result<Self, Error> {
        let conn = &ledger.conn;
        Ok(Self {
            ledger,
            entry: conn
                .prepare_cached(
                    "INSERT INTO entries (seq, at, log, person, session, nick, kind, text) VALUES (?,?,?,?,?,?,?,?)",
                )
                .map_err(failed)?,
            place: conn.prepare_cached("INSERT INTO places (log, side, seq) VALUES (?,?,?)").map_err(failed)?,
            written: Written {
                person: ledger.person,
                session: ledger.session,
                known: HashMap::new(),
                wiping: false,
                grown: HashMap::new(),
            },
        })
    }

    fn put(&mut self, seq: Seq, at: Time, proposal: &Proposal) -> Result<(), Error> {
        let Proposal { author, logs, event } = proposal;
        let (kind, text) = Kind::of(event);
        let logs: smallvec::SmallVec<[i64; 2]> = logs.iter().map(|log| self.log(log)).collect::<Result<_, _>>()?;
        let one = if let [one] = logs[..] { Some(one) } else { None };
        self.entry
            .execute(params![
                int(seq.0),
                int(at.0),
                one,
                int(author.person.0),
                int(author.session.0),
                author.nick.as_str(),
                kind as i64,
                text.as_deref()
            ])
            .map_err(failed)?;
        let bytes = ENTRY_BYTES + i64::try_from(text.as_deref().map_or(0, str::len)).unwrap_or(i64::MAX);
        for (n, log) in logs.iter().enumerate() {
            self.place.execute(params![log, kind.side(), int(seq.0)]).map_err(failed)?;
            *self.written.grown.entry(*log).or_default() += bytes;
            if one.is_none() {
                let mut several = self.prepare("INSERT INTO several (seq, nth, log) VALUES (?,?,?)")?;
                several.execute(params![int(seq.0), i64::try_from(n).unwrap_or(i64::MAX), log]).map_err(failed)?;
            }
        }
        let ahead =
            |known: u64, number: u64| if number > known { number.next_multiple_of(NUMBERS_AHEAD) } else { known };
        self.written.person = ahead(self.written.person, author.person.0);
        self.written.session = ahead(self.written.session, author.session.0);
        match event {
            Event::Topic(text) => logs.iter().try_for_each(|log| self.topic(*log, seq, text)),
            Event::Redact(target) => self.redact(*target),
            _ => Ok(()),
        }
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>, Error> {
        self.ledger.conn.prepare_cached(sql).map_err(failed)
    }

    /// The number of a log in the file, which it is given when it is new.
    fn log(&mut self, log: &LogId) -> Result<i64, Error> {
        if let Some(id) = self.ledger.known.get(log).or_else(|| self.written.known.get(log)) {
            return Ok(*id);
        }
        let (key, name) = log_key(log);
        self.prepare("INSERT INTO logs (key, name) VALUES (?,?) ON CONFLICT (key) DO NOTHING")?
            .execute(params![key, name])
            .map_err(failed)?;
        let mut find = self.prepare("SELECT id FROM logs WHERE key = ?")?;
        let id = find.query_row([key], |row| row.get(0)).map_err(failed)?;
        self.written.known.insert(log.clone(), id);
        Ok(id)
    }

    fn topic(&self, log: i64, seq: Seq, text: &Text) -> Result<(), Error> {
        // An import may bring older ones.
        if seq <= self.ledger.head {
            let sql = "SELECT EXISTS (SELECT 1 FROM places JOIN entries ON entries.seq = places.seq
                       WHERE places.log = ?1 AND places.side = 1 AND places.seq > ?2 AND entries.kind = ?3)
                       OR EXISTS (SELECT 1 FROM topics WHERE log = ?1 AND seq > ?2)";
            let is_later = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
            if self.prepare(sql)?.query_row(params![log, int(seq.0), Kind::Topic as i64], is_later).map_err(failed)? {
                return Ok(());
            }
        }
        if text.as_str().is_empty() {
            self.prepare("DELETE FROM topics WHERE log = ?")?.execute([log]).map_err(failed)?;
        } else {
            self.prepare("INSERT OR REPLACE INTO topics (log, seq, text) VALUES (?,?,?)")?
                .execute(params![log, int(seq.0), text.as_str()])
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Takes the text out of a message; the index is told what it has to forget.
    fn redact(&mut self, target: Seq) -> Result<(), Error> {
        let mut find = self.prepare("SELECT log, nick, text FROM entries WHERE seq = ? AND kind IN (?,?)")?;
        let found: Option<(Option<i64>, String, String)> = find
            .query_row(params![int(target.0), Kind::Say as i64, Kind::Action as i64], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()
            .map_err(failed)?;
        let Some((log, nick, text)) = found else { return Ok(()) };
        self.prepare("INSERT INTO forgetting (seq, log, nick, text) VALUES (?,?,?,?)")?
            .execute(params![int(target.0), log, nick, text])
            .map_err(failed)?;
        self.prepare("UPDATE entries SET kind = ?, text = NULL WHERE seq = ?")?
            .execute(params![Kind::Redacted as i64, int(target.0)])
            .map_err(failed)?;
        if let Some(log) = log {
            *self.written.grown.entry(log).or_default() -= i64::try_from(text.len()).unwrap_or(i64::MAX);
        }
        self.written.wiping = true;
        Ok(())
    }

    fn finish(self) -> Result<Written, Error> {
        let Written { person, session, .. } = self.written;
        if (person, session) != (self.ledger.person, self.ledger.session) {
            self.prepare("UPDATE meta SET person = ?, session = ?")?
                .execute([int(person), int(session)])
                .map_err(failed)?;
        }
        Ok(self.written)
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
        let written = self.run("BEGIN IMMEDIATE").and_then(|()| {
            let written = self.write(at, &group)?;
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
        let entries = group.into_iter().map(|proposal| {
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
        Ok(Box::new(SqliteReader::open(&self.dir, &self.settings.limits)?))
    }

    fn indexer(&self) -> Result<Option<Box<dyn Indexer>>, Error> {
        let index = Index::open(&self.dir, &self.settings.limits, Arc::clone(&self.forgotten))?;
        Ok(Some(Box::new(index)))
    }

    fn tend(&mut self, now: Time) -> Result<bool, Error> {
        self.tend_slice(now)
    }
}

/// What the file says of the hall. The last entry is there, unless it was let go.
const HALL: &str = "SELECT hall, max(head, (SELECT coalesce(max(seq), 0) FROM entries)), person, session FROM meta";

/// What a hall begins with, from its file.
pub(crate) fn beginning(conn: &Connection, topics: usize) -> Result<Beginning, Error> {
    let mut began = conn
        .query_row(HALL, [], |row| {
            let (hall, head): (String, i64) = (row.get(0)?, row.get(1)?);
            let (person, session): (i64, i64) = (row.get(2)?, row.get(3)?);
            Ok(Beginning {
                hall,
                head: Seq(uint(head)),
                person: uint(person),
                session: uint(session),
                topics: Vec::new(),
            })
        })
        .map_err(failed)?;
    let sql = "SELECT logs.name, topics.seq, topics.text FROM topics JOIN logs ON logs.id = topics.log
               WHERE logs.name IS NOT NULL ORDER BY topics.seq DESC LIMIT ?";
    let mut find = conn.prepare_cached(sql).map_err(failed)?;
    let found = find.query_map([i64::try_from(topics).unwrap_or(i64::MAX)], |row| {
        let (name, seq, text): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((name, seq, text))
    });
    for row in found.map_err(failed)? {
        let (name, seq, text) = row.map_err(failed)?;
        let room =
            RoomName::recorded(&name, usize::MAX).map_err(|_| Error::Corrupt(format!("a room called {name:?}")))?;
        began.topics.push((room, Seq(uint(seq)), Text::new(&text)));
    }
    began.topics.reverse();
    Ok(began)
}

/// Looks something up in the store in a directory, in all of its rooms unless some are named, whether its hall is running or
/// not. Newest first, at most `most`.
///
/// # Errors
/// When it cannot be read.
pub fn look_up(dir: &Path, limits: &SqliteLimits, mut search: Search, most: usize) -> Result<Found, Error> {
    let reader = SqliteReader::open(dir, limits)?;
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
