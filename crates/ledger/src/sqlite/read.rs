//! Reading the store, over a connection of its own.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hall::{Entry, Event, Guise, LogId, Logs, PersonId, Renamed, Search, Seq, Time};
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::index::Searcher;
use super::record::{COLUMNS, Kind, log_of};
use super::{Access, LEDGER_FILE, Row, failed, int, log_key, open_file, uint};
use crate::lately::Lately;
use crate::{Error, Found, Page, Reader, SqliteLimits, Stretch, forms};

/// Conversations of one person that are looked at.
const CONVERSATIONS: usize = 5_000;

/// A reader of the ledger in SQLite.
pub(crate) struct SqliteReader {
    pub(super) store: Store,
    searcher: Searcher,
    /// How many renames there were when names were looked up last.
    renames: Cell<u64>,
    lately: Lately,
}

/// A connection to the store, and the logs and guises that it has met.
pub(crate) struct Store {
    pub(crate) conn: Connection,
    names: RefCell<HashMap<i64, LogId>>,
    pub(super) guises: RefCell<HashMap<i64, Guise>>,
    pub(crate) limits: SqliteLimits,
}

impl SqliteReader {
    /// A reader of the ledger in this directory.
    pub(crate) fn open(dir: &Path, limits: &SqliteLimits, lately: Lately) -> Result<Self, Error> {
        let dir: PathBuf = dir.to_owned();
        let store = Store::open(&dir, Access::Read, limits)?;
        Ok(Self { store, searcher: Searcher::new(dir), renames: Cell::new(lately.count()), lately })
    }

    /// The store, with the names that logs have now.
    fn store(&self) -> &Store {
        let count = self.lately.count();
        if self.renames.replace(count) != count {
            self.store.names.borrow_mut().clear();
        }
        &self.store
    }

    /// The number of a log in the file, if it has one, by its name or by one that it had until lately.
    fn log_id(&self, log: &LogId) -> Result<Option<i64>, Error> {
        match self.store().log_id(log)? {
            None => self.lately.now(log).map_or(Ok(None), |now| self.store.log_id(&now)),
            found => Ok(found),
        }
    }
}

impl Store {
    pub(crate) fn open(dir: &Path, access: Access, limits: &SqliteLimits) -> Result<Self, Error> {
        let conn = open_file(&dir.join(LEDGER_FILE), access, limits)?;
        Ok(Self { conn, names: RefCell::default(), guises: RefCell::default(), limits: limits.clone() })
    }

    /// The number of a log in the file, if it has one.
    pub(crate) fn log_id(&self, log: &LogId) -> Result<Option<i64>, Error> {
        let mut find = self.conn.prepare_cached("SELECT id FROM logs WHERE key = ?").map_err(failed)?;
        find.query_row([log_key(log).0], |row| row.get(0)).optional().map_err(failed)
    }

    fn log(&self, id: i64) -> Result<LogId, Error> {
        if let Some(log) = self.names.borrow().get(&id) {
            return Ok(log.clone());
        }
        let mut find = self.conn.prepare_cached("SELECT key, name FROM logs WHERE id = ?").map_err(failed)?;
        let (key, name): (String, Option<String>) =
            find.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        let log = log_of(&key, name.as_deref())?;
        let mut names = self.names.borrow_mut();
        if names.len() >= self.limits.known_logs {
            names.clear();
        }
        names.insert(id, log.clone());
        Ok(log)
    }

    /// A row as an entry, with its logs and how its author was seen.
    pub(crate) fn entry(&self, row: Row) -> Result<Arc<Entry>, Error> {
        let mut logs = Logs::new();
        if let Some(log) = row.log {
            logs.push(self.log(log)?);
        } else {
            let mut find =
                self.conn.prepare_cached("SELECT log FROM several WHERE seq = ? ORDER BY nth").map_err(failed)?;
            let found = find.query_map([row.seq], |row| row.get(0)).map_err(failed)?;
            for id in found {
                logs.push(self.log(id.map_err(failed)?)?);
            }
        }
        let guise = row.guise.map_or_else(|| Ok(Guise::unknown()), |id| self.guise(id))?;
        Ok(Arc::new(row.entry(logs, guise)?))
    }

    /// The entries that a query names.
    fn entries(&self, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Arc<Entry>>, Error> {
        let mut find = self.conn.prepare_cached(sql).map_err(failed)?;
        let rows = find.query_map(params, Row::of).map_err(failed)?;
        rows.map(|row| self.entry(row.map_err(failed)?)).collect()
    }

    /// The row of one entry, if it is there.
    pub(crate) fn row(&self, seq: i64) -> Result<Option<Row>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM entries WHERE seq = ?");
        let mut find = self.conn.prepare_cached(&sql).map_err(failed)?;
        find.query_row([seq], Row::of).optional().map_err(failed)
    }

    /// The number of the last entry.
    pub(crate) fn head(&self) -> Result<i64, Error> {
        let mut find = self
            .conn
            .prepare_cached("SELECT max(head, (SELECT coalesce(max(seq), 0) FROM entries)) FROM meta")
            .map_err(failed)?;
        find.query_row([], |row| row.get(0)).map_err(failed)
    }

    /// The number of an entry of this time or later whose predecessor was earlier; one more than the last if there is none.
    pub(crate) fn first_at(&self, time: Time) -> Result<i64, Error> {
        let mut next = self
            .conn
            .prepare_cached("SELECT seq, at FROM entries WHERE seq >= ? ORDER BY seq LIMIT 1")
            .map_err(failed)?;
        let (mut low, mut high) = (1, self.head()? + 1);
        // Numbers below `low` are earlier, what stands at `high` is not.
        while low < high {
            let middle = low + (high - low) / 2;
            let found: Option<(i64, i64)> =
                next.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(failed)?;
            match found {
                Some((seq, at)) if at < int(time.0) => low = seq + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// The messages that were taken back.
    pub(crate) fn redactions(&self) -> Result<HashSet<Seq>, Error> {
        let mut find = self.conn.prepare("SELECT text FROM entries WHERE kind = ?").map_err(failed)?;
        let found = find.query_map([Kind::Redact as i64], |row| row.get::<_, String>(0)).map_err(failed)?;
        let mut targets = HashSet::new();
        for words in found {
            targets.extend(forms::redaction(&words.map_err(failed)?).map(|(target, _)| Seq(target)));
        }
        Ok(targets)
    }

    /// The rooms that were renamed, in their order, as far as that is kept.
    pub(crate) fn renames(&self) -> Result<Vec<Renamed>, Error> {
        let sql = "SELECT seq, text FROM entries WHERE kind = ? ORDER BY seq";
        let mut find = self.conn.prepare(sql).map_err(failed)?;
        let found = find.query_map([Kind::Rename as i64], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
        let mut renames = Vec::new();
        for row in found.map_err(failed)? {
            let (seq, words): (i64, String) = row.map_err(failed)?;
            if let Some(Event::Rename { from, to, .. }) = forms::rename(&words) {
                renames.push(Renamed { seq: Seq(uint(seq)), from, to });
            }
        }
        Ok(renames)
    }

    /// Whether something of a log was let go after an entry.
    fn gap(&self, log: i64, after: i64) -> Result<bool, Error> {
        let mut find = self.conn.prepare_cached("SELECT gone > ? FROM logs WHERE id = ?").map_err(failed)?;
        find.query_row([after, log], |row| row.get(0)).map_err(failed)
    }

    fn most(&self, most: usize) -> i64 {
        i64::try_from(most.min(self.limits.page_entries)).unwrap_or(i64::MAX)
    }
}

/// A part of a log: the numbers that it begins and ends with, and what of it is wanted.
pub(super) struct Part {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) newest: bool,
    pub(super) events: bool,
}

impl Part {
    /// What names its places: each side of a log is read in the order of its numbers, and no further than is wanted.
    pub(super) fn sql(&self) -> String {
        let order = if self.newest { "DESC" } else { "ASC" };
        let side = |side: i64| {
            format!(
                "SELECT seq FROM (SELECT seq FROM places WHERE log = ?1 AND side = {side} AND seq BETWEEN ?2 AND ?3
                                  ORDER BY seq {order} LIMIT ?4)"
            )
        };
        let (messages, others) = (side(0), side(1));
        let named =
            if self.events { format!("{messages} UNION ALL {others} ORDER BY seq {order} LIMIT ?4") } else { messages };
        format!("SELECT {COLUMNS} FROM ({named}) AS named JOIN entries ON entries.seq = named.seq ORDER BY entries.seq")
    }
}

impl Store {
    /// A part of a log, oldest first.
    fn part(&self, log: i64, part: &Part, most: usize) -> Result<Vec<Arc<Entry>>, Error> {
        self.entries(&part.sql(), params![log, part.first, part.last, self.most(most)])
    }
}

impl Reader for SqliteReader {
    fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error> {
        let store = self.store();
        let Some(id) = self.log_id(log)? else { return Ok(Page::default()) };
        let first = int(after.0).saturating_add(1);
        let entries = store.part(id, &Part { first, last: i64::MAX, newest: false, events: true }, most)?;
        Ok(Page { entries, gap: store.gap(id, int(after.0))? })
    }

    fn last_messages(&self, log: &LogId, until: Seq, most: usize) -> Result<Page, Error> {
        let store = self.store();
        let Some(id) = self.log_id(log)? else { return Ok(Page::default()) };
        let entries = store.part(id, &Part { first: 0, last: int(until.0), newest: true, events: false }, most)?;
        Ok(Page { entries, gap: false })
    }

    fn stretch(&self, log: &LogId, stretch: &Stretch, most: usize) -> Result<Page, Error> {
        let store = self.store();
        let Some(id) = self.log_id(log)? else { return Ok(Page::default()) };
        let (first, last) = stretch.numbers(|time| store.first_at(time).map(uint))?;
        let (first, last) = (int(first), int(last));
        let entries = store.part(id, &Part { first, last, newest: stretch.newest, events: stretch.events }, most)?;
        Ok(Page { entries, gap: store.gap(id, first.max(1) - 1)? })
    }

    fn conversations(&self, person: PersonId) -> Result<Vec<LogId>, Error> {
        let sql = "SELECT key FROM logs WHERE name IS NULL AND (key GLOB ?1 || ':*' OR key GLOB '*:' || ?1) LIMIT ?2";
        let mut find = self.store.conn.prepare_cached(sql).map_err(failed)?;
        let most = self.store.most(CONVERSATIONS);
        let keys =
            find.query_map(params![person.0.to_string(), most], |row| row.get::<_, String>(0)).map_err(failed)?;
        let logs: Result<Vec<_>, Error> = keys.map(|key| log_of(&key.map_err(failed)?, None)).collect();
        Ok(logs?.into_iter().filter(|log| !matches!(log, LogId::Direct(a, b) if a == b)).collect())
    }

    fn search(&self, search: &Search, most: usize) -> Result<Found, Error> {
        self.searcher.search(self.store(), search, most)
    }
}

/// A number that a row of one column has.
pub(crate) fn number(conn: &Connection, sql: &str) -> Result<u64, Error> {
    conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map(uint).map_err(failed)
}
