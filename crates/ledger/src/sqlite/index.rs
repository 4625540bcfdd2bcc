//! The index for searches, in a file of its own, and searching with it.
//!
//! For each message the index (FTS5, contentless, without positions) has the pieces of its words (see [`crate::words`]),
//! a token for each of its rooms and one for its author. It names candidates, newest first; each is then read from the store
//! and looked at, so that an index which is behind, or knows a message that is gone, never gives a wrong answer. It trails the
//! writing: what it does not have yet a search looks through itself, up to a limit, and says how much it left out.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hall::{LogId, Nick, Search};
use rusqlite::{Connection, OpenFlags, params};

use super::read::{Store, number};
use super::record::COLUMNS;
use super::schema::connect;
use super::{Access, Row, SEARCH_FILE, failed, uint, wal};
use crate::words::{Piece, Wanted, pieces_of};
use crate::{Error, Found, Indexer, SqliteLimits};

/// What makes an index. `mark` says which hall it is of, which entry is the last that it knows and when that was, and the last
/// text that it has forgotten.
pub(super) const SCHEMA: &str = "
    CREATE TABLE mark (
        id INTEGER PRIMARY KEY CHECK (id = 0), hall TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
        forgotten INTEGER NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize='ascii');
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);";

/// The version of the index; one of another version is made anew. It goes up when names are folded in another way,
/// too: the tokens of authors are made of folded names, those of rooms are the numbers of logs, and what is to be
/// forgotten has to be named as it was.
const VERSION: i64 = 2;

/// What stands before a room's number and an author's name among the tokens: nothing that is in a text.
const ROOM: char = '\u{F8F0}';
const AUTHOR: char = '\u{F8F1}';
/// Where ASCII's signs are moved to in a name, so that it stays one token.
const SIGNS: u32 = 0xF800;

/// Brings the index up to date; and works the write-ahead log into the store, which needs no one's time but its own.
pub(crate) struct Index {
    dir: PathBuf,
    store: Store,
    limits: SqliteLimits,
    /// None until it is needed, and after it has failed.
    conn: Option<Connection>,
    forgotten: Arc<AtomicU64>,
}

impl Index {
    pub(crate) fn open(dir: &Path, limits: &SqliteLimits, forgotten: Arc<AtomicU64>) -> Result<Self, Error> {
        let store = Store::open(dir, Access::Settle, limits)?;
        store.conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed)?;
        Ok(Self { dir: dir.to_owned(), store, limits: limits.clone(), conn: None, forgotten })
    }

    fn conn(&mut self) -> Result<&Connection, Error> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.open_index()?,
        };
        Ok(self.conn.insert(conn))
    }

    /// Opens the index, or makes it anew when there is none, when it is another hall's or version's, or when it is damaged.
    fn open_index(&self) -> Result<Connection, Error> {
        let path = self.dir.join(SEARCH_FILE);
        let opened = open_index(&path, &self.limits).and_then(|conn| Ok((self.is_of_store(&conn)?, conn)));
        match opened {
            Ok((true, conn)) => return Ok(conn),
            Ok((false, _)) | Err(Error::Corrupt(_) | Error::NotOurs) => {}
            Err(error) => return Err(error),
        }
        tracing::info!("the index for searches is made anew");
        remove_index(&self.dir)?;
        let conn = open_index(&path, &self.limits)?;
        if self.is_of_store(&conn)? { Ok(conn) } else { Err(Error::Corrupt("the index cannot be made".to_owned())) }
    }

    /// Whether an index is of what is in the store: of its hall, and not ahead of it. A new one is made one.
    fn is_of_store(&self, conn: &Connection) -> Result<bool, Error> {
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
        let hall: String = self.store.conn.query_row("SELECT hall FROM meta", [], |row| row.get(0)).map_err(failed)?;
        if version == 0 {
            let tables = number(conn, "SELECT count(*) FROM sqlite_schema")?;
            if tables > 0 {
                return Ok(false);
            }
            let forgotten = number(&self.store.conn, "SELECT coalesce(max(id), 0) FROM forgetting")?;
            conn.execute_batch("BEGIN").map_err(failed)?;
            conn.execute_batch(SCHEMA).map_err(failed)?;
            conn.execute("INSERT INTO mark VALUES (0, ?, 0, 0, ?)", params![hall, super::int(forgotten)])
                .map_err(failed)?;
            conn.pragma_update(None, "user_version", VERSION).map_err(failed)?;
            conn.execute_batch("COMMIT").map_err(failed)?;
            return Ok(true);
        }
        let mark = Mark::of(conn)?;
        if version != VERSION || mark.hall != hall || mark.seq > self.store.head()? {
            return Ok(false);
        }
        // A store that was put back to an earlier state and has grown on since is another one.
        let at = self.store.row(mark.seq)?.map(|row| row.at);
        Ok(mark.seq == 0 || at.is_none_or(|at| at == mark.at))
    }

    fn index_piece(&mut self) -> Result<bool, Trouble> {
        let most = i64::try_from(self.limits.index_entries).unwrap_or(i64::MAX);
        self.conn().map_err(Trouble::Store)?;
        let (store, Some(conn)) = (&self.store, &self.conn) else { return Ok(false) };
        let mark = Mark::of(conn).map_err(Trouble::Index)?;
        // Both are looked at as they are at one moment: what is to be forgotten is not read any more.
        store.conn.execute_batch("BEGIN").map_err(failed).map_err(Trouble::Store)?;
        let read = (|| {
            let sql = "SELECT id, seq, log, nick, text FROM forgetting WHERE id > ? ORDER BY id LIMIT ?";
            let mut find = store.conn.prepare_cached(sql).map_err(failed)?;
            let forget = find.query_map([mark.forgotten, most], Forget::of).map_err(failed)?;
            let forget: Vec<Forget> = forget.collect::<Result<_, _>>().map_err(failed)?;
            if forget.len() >= self.limits.index_entries {
                // There may be more, and of entries that would be read now: they must not count as indexed before.
                return Ok((forget, Vec::new()));
            }
            let sql = format!("SELECT {COLUMNS} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?");
            let mut find = store.conn.prepare_cached(&sql).map_err(failed)?;
            let rows = find.query_map([mark.seq, most], Row::of).map_err(failed)?;
            let rows: Vec<Row> = rows.collect::<Result<_, _>>().map_err(failed)?;
            Ok::<_, Error>((forget, rows))
        })();
        store.conn.execute_batch("COMMIT").map_err(failed).map_err(Trouble::Store)?;
        let (forget, rows) = read.map_err(Trouble::Store)?;
        self.forgotten.store(uint(mark.forgotten), Ordering::Release);
        if forget.is_empty() && rows.is_empty() {
            return Ok(false);
        }
        let written = (|| {
            conn.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
            write(conn, &mark, &forget, &rows)?;
            conn.execute_batch("COMMIT").map_err(failed)?;
            if !forget.is_empty() {
                // What was forgotten is to be in no file of the index any more, its write-ahead log included.
                conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)?;
            }
            Ok(())
        })();
        if written.is_err() {
            let _ = conn.execute_batch("ROLLBACK");
        }
        written.map_err(Trouble::Index)?;
        if let Some(last) = forget.last() {
            self.forgotten.store(uint(last.id), Ordering::Release);
        }
        Ok(true)
    }

    /// Works the write-ahead log into the store when it has grown; whoever writes or reads does not wait for that.
    fn settle(&self) -> Result<(), Error> {
        let grown = wal(&self.dir).is_some_and(|bytes| bytes > u64::from(self.limits.wal_kib) * 1024);
        if grown {
            self.store.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(failed)?;
        }
        Ok(())
    }
}

/// Where something went wrong: a damaged index is made anew, a damaged store is not.
enum Trouble {
    Store(Error),
    Index(Error),
}

impl Indexer for Index {
    fn work(&mut self) -> Result<bool, Error> {
        self.settle()?;
        match self.index_piece() {
            Ok(more) => Ok(more),
            Err(Trouble::Index(Error::Corrupt(why))) => {
                tracing::warn!(why, "the index for searches is damaged, and made anew");
                self.conn = None;
                remove_index(&self.dir)?;
                Ok(true)
            }
            Err(Trouble::Index(error) | Trouble::Store(error)) => {
                // It is opened anew.
                self.conn = None;
                Err(error)
            }
        }
    }
}

/// Removes the index; it is made anew when it is needed.
pub(crate) fn remove_index(dir: &Path) -> Result<(), Error> {
    for end in ["", "-wal", "-shm"] {
        match std::fs::remove_file(dir.join(format!("{SEARCH_FILE}{end}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn open_index(path: &Path, limits: &SqliteLimits) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = connect(path, flags, limits)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(failed)?;
    // What a power cut takes from it is indexed again.
    conn.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
    conn.pragma_update(None, "journal_size_limit", i64::from(limits.wal_kib) * 1024).map_err(failed)?;
    Ok(conn)
}

/// How far an index has come.
#[derive(Debug)]
struct Mark {
    version: i64,
    hall: String,
    seq: i64,
    at: i64,
    forgotten: i64,
}

impl Mark {
    fn of(conn: &Connection) -> Result<Self, Error> {
        let mut find = conn
            .prepare_cached("SELECT hall, seq, at, forgotten, user_version FROM mark, pragma_user_version")
            .map_err(failed)?;
        let mark = |row: &rusqlite::Row<'_>| {
            let (hall, seq, at) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Self { version: row.get(4)?, hall, seq, at, forgotten: row.get(3)? })
        };
        find.query_row([], mark).map_err(failed)
    }
}

/// A text that is to be forgotten.
struct Forget {
    id: i64,
    seq: i64,
    log: Option<i64>,
    nick: String,
    text: String,
}

impl Forget {
    fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, seq: row.get(1)?, log: row.get(2)?, nick: row.get(3)?, text: row.get(4)? })
    }
}

fn write(conn: &Connection, mark: &Mark, forget: &[Forget], rows: &[Row]) -> Result<(), Error> {
    let mut tokens = String::new();
    let mut authors = HashMap::new();
    for gone in forget.iter().filter(|gone| gone.seq <= mark.seq) {
        tokens.clear();
        tokens_of(gone.log, &gone.nick, &gone.text, &mut authors, &mut tokens);
        let mut delete =
            conn.prepare_cached("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)").map_err(failed)?;
        delete.execute(params![gone.seq, tokens]).map_err(failed)?;
    }
    let mut insert = conn.prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)").map_err(failed)?;
    for row in rows.iter().filter(|row| row.is_message()) {
        tokens.clear();
        tokens_of(row.log, &row.nick, row.text.as_deref().unwrap_or_default(), &mut authors, &mut tokens);
        insert.execute(params![row.seq, tokens]).map_err(failed)?;
    }
    let (seq, at) = rows.last().map_or((mark.seq, mark.at), |row| (row.seq, row.at));
    let forgotten = forget.last().map_or(mark.forgotten, |gone| gone.id);
    let mut update = conn.prepare_cached("UPDATE mark SET seq = ?, at = ?, forgotten = ?").map_err(failed)?;
    update.execute([seq, at, forgotten]).map_err(failed)?;
    Ok(())
}

/// The tokens of a message: those of its room, its author and its words.
fn tokens_of<'a>(
    log: Option<i64>,
    nick: &'a str,
    text: &str,
    authors: &mut HashMap<&'a str, String>,
    out: &mut String,
) {
    if let Some(log) = log {
        let _ = write!(out, "{ROOM}{log} ");
    }
    // The same few people say most of it.
    let token = || Nick::recorded(nick, usize::MAX).map_or(String::new(), |nick| author(&nick) + " ");
    out.push_str(authors.entry(nick).or_insert_with(token));
    pieces_of(text, out);
}

fn author(nick: &Nick) -> String {
    let mut token = String::from(AUTHOR);
    for c in nick.key().chars() {
        let sign = c.is_ascii() && !c.is_ascii_alphanumeric();
        token.push(if sign { char::from_u32(SIGNS + u32::from(c)).unwrap_or(AUTHOR) } else { c });
    }
    token
}

/// What a reader searches with.
pub(crate) struct Searcher {
    dir: PathBuf,
    /// A connection to the index, and which file that is: it may have been made anew since.
    index: RefCell<Option<(Connection, u64)>>,
}

impl Searcher {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir, index: RefCell::default() }
    }

    pub(crate) fn search(&self, store: &Store, search: &Search, most: usize) -> Result<Found, Error> {
        let Some(wanted) = Wanted::new(search, &store.limits.search) else { return Ok(Found::default()) };
        let first = wanted.after.map_or(Ok(1), |after| store.first_at(after))?;
        let last = match wanted.before {
            Some(before) => store.first_at(before)? - 1,
            None => store.head()?,
        };
        let mut hunt = Hunt { store, wanted: &wanted, most, found: Found::default() };
        let asked = query(store, &wanted)?;
        // All of it as it is at one moment.
        store.conn.execute_batch("BEGIN").map_err(failed)?;
        let marked = match (asked, self.open(store)) {
            (Some(asked), Some(index)) => hunt.indexed(&index.0, &asked, first, last),
            _ => Ok(None),
        };
        let found = self.without_index(marked, hunt, first, last);
        let _ = store.conn.execute_batch("COMMIT");
        found
    }

    /// Takes what the index has led to, or looks through what is near without it.
    fn without_index(
        &self,
        marked: Result<Option<()>, Error>,
        mut hunt: Hunt<'_>,
        first: i64,
        last: i64,
    ) -> Result<Found, Error> {
        let most = hunt.store.limits.search.unindexed_entries;
        match marked {
            Ok(Some(())) => {}
            // Without an index, or without anything to ask it for, only what is near is looked through.
            Ok(None) => hunt.scan(first, last, most)?,
            Err(error) => {
                // It may have been made anew meanwhile.
                *self.index.borrow_mut() = None;
                tracing::debug!(%error, "searching without the index");
                hunt.found = Found::default();
                hunt.scan(first, last, most)?;
            }
        }
        Ok(hunt.found)
    }

    fn open(&self, store: &Store) -> Option<std::cell::RefMut<'_, (Connection, u64)>> {
        let mut index = self.index.borrow_mut();
        let path = self.dir.join(SEARCH_FILE);
        let file = std::fs::metadata(&path).ok()?.ino();
        if index.as_ref().is_none_or(|(_, opened)| *opened != file) {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            *index = connect(&path, flags, &store.limits).ok().map(|conn| (conn, file));
        }
        std::cell::RefMut::filter_map(index, Option::as_mut).ok()
    }
}

/// The question to the index; none when there is nothing to ask it for.
fn query(store: &Store, wanted: &Wanted<'_>) -> Result<Option<String>, Error> {
    let mut parts = Vec::new();
    for piece in wanted.pieces(store.limits.search.tokens) {
        parts.push(match piece {
            Piece::Whole(piece) => format!("\"{piece}\""),
            Piece::Begins(piece) => format!("\"{piece}\" *"),
        });
    }
    parts.extend(wanted.from.map(|nick| format!("\"{}\"", author(nick))));
    if parts.is_empty() {
        return Ok(None);
    }
    if wanted.logs.len() <= store.limits.search.logs {
        let mut rooms = Vec::new();
        for log in wanted.logs {
            rooms.extend(store.log_id(log)?.map(|id| format!("\"{ROOM}{id}\"")));
        }
        // Of a room in which nothing was said so far the store has never heard.
        parts.push(if rooms.is_empty() { format!("\"{ROOM}0\"") } else { format!("({})", rooms.join(" OR ")) });
    }
    Ok(Some(parts.join(" AND ")))
}

/// A search under way.
struct Hunt<'a> {
    store: &'a Store,
    wanted: &'a Wanted<'a>,
    most: usize,
    found: Found,
}

impl Hunt<'_> {
    /// Looks through what is not indexed and asks the index for the rest. None when the index is another hall's, or of
    /// another version and about to be made anew.
    fn indexed(&mut self, conn: &Connection, asked: &str, first: i64, last: i64) -> Result<Option<()>, Error> {
        conn.execute_batch("BEGIN").map_err(failed)?;
        let done = self.indexed_within(conn, asked, first, last);
        let _ = conn.execute_batch("COMMIT");
        done
    }

    fn indexed_within(&mut self, conn: &Connection, asked: &str, first: i64, last: i64) -> Result<Option<()>, Error> {
        let mark = Mark::of(conn)?;
        let hall: String = self.store.conn.query_row("SELECT hall FROM meta", [], |row| row.get(0)).map_err(failed)?;
        if mark.hall != hall || mark.version != VERSION {
            return Ok(None);
        }
        self.scan(first.max(mark.seq + 1), last, self.store.limits.search.unindexed_entries)?;
        if self.found.entries.len() >= self.most {
            return Ok(Some(()));
        }
        let sql = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC";
        let mut find = conn.prepare_cached(sql).map_err(failed)?;
        let mut named = find.query(params![asked, first, last.min(mark.seq)]).map_err(failed)?;
        let mut looked = 0;
        while let Some(row) = named.next().map_err(failed)? {
            let seq: i64 = row.get(0).map_err(failed)?;
            if looked == self.store.limits.search.candidates {
                self.found.unindexed += uint(seq - first + 1);
                break;
            }
            looked += 1;
            if let Some(row) = self.store.row(seq)?
                && self.look_at(row)?
            {
                break;
            }
        }
        Ok(Some(()))
    }

    /// Looks through the entries themselves, newest first.
    fn scan(&mut self, first: i64, last: i64, most: u64) -> Result<(), Error> {
        if first > last {
            return Ok(());
        }
        let sql = format!("SELECT {COLUMNS} FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?");
        let mut find = self.store.conn.prepare_cached(&sql).map_err(failed)?;
        let mut rows = find.query([first, last, super::int(most.saturating_add(1))]).map_err(failed)?;
        let mut looked = 0;
        while let Some(row) = rows.next().map_err(failed)? {
            let row = Row::of(row).map_err(failed)?;
            if looked == most {
                self.found.unindexed += uint(row.seq - first + 1);
                return Ok(());
            }
            looked += 1;
            if self.look_at(row)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes an entry if it fits; whether there are enough.
    fn look_at(&mut self, row: Row) -> Result<bool, Error> {
        if row.is_message() && self.found.entries.len() < self.most {
            let entry = self.store.entry(row)?;
            if self.wanted.fits(&entry) {
                self.found.entries.push(entry);
            }
        }
        Ok(self.found.entries.len() >= self.most)
    }
}

/// The logs of a search as `maru search` has them: every room.
pub(crate) fn all_rooms(store: &Store) -> Result<Vec<LogId>, Error> {
    let mut find = store.conn.prepare_cached("SELECT key, name FROM logs WHERE name IS NOT NULL").map_err(failed)?;
    let found = find.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)));
    let mut logs = Vec::new();
    for row in found.map_err(failed)? {
        let (key, name) = row.map_err(failed)?;
        logs.push(super::record::log_of(&key, name.as_deref())?);
    }
    Ok(logs)
}
