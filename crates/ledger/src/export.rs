//! Writing the entries of a store as JSON Lines, whether its hall is running or not.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use hall::{Entry, LogId, RoomName, Seq, Time};
use rusqlite::params;

use crate::line::{self, Header};
use crate::sqlite::{Access, COLUMNS, Row, Store, failed, int, of_hall};
use crate::{Error, SqliteLimits};

/// Entries read from the store in one go.
const PAGE_ENTRIES: i64 = 1_000;

/// What is exported.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// What comes after this entry: an export that was interrupted goes on behind its last line.
    pub after: Seq,
    /// Whether the first line is left out: it is there already.
    pub goes_on: bool,
    /// Of these rooms; of everything, direct messages included, if there are none.
    pub rooms: Vec<RoomName>,
    /// From this time on.
    pub since: Option<Time>,
    /// Before this time.
    pub until: Option<Time>,
}

/// What an export came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Entries written.
    pub entries: u64,
    /// The last entry that the store had when the export began.
    pub head: Seq,
}

/// What can go wrong on the way.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error(transparent)]
    Ledger(#[from] Error),
    /// Nobody takes what is written.
    #[error("can't write: {0}")]
    Write(#[source] std::io::Error),
}

/// Writes the entries of the store in a directory, a line each, in the order of their numbers: those that are there when it
/// begins.
///
/// # Errors
/// When the store cannot be read, or what is written is not taken.
pub fn export(
    dir: &Path,
    limits: &SqliteLimits,
    options: &ExportOptions,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let store = Store::open(dir, Access::Read, limits)?;
    let begun = of_hall(&store.conn)?;
    let header =
        Header { maru: line::VERSION, hall: begun.hall, head: begun.head.0, after: options.after.0.min(begun.head.0) };
    let mut put = |line: &str| writeln!(out, "{line}").map_err(ExportError::Write);
    if !options.goes_on {
        put(&serde_json::to_string(&header).expect("a header can be written down"))?;
    }
    let (mut after, mut entries) = (int(options.after.0), 0);
    loop {
        let page = page(&store, after, int(begun.head.0))?;
        let Some(last) = page.last() else { break };
        after = int(last.seq.0);
        for entry in page {
            if wanted(&entry, options) {
                put(&line::of_entry(&entry))?;
                entries += 1;
            }
        }
    }
    out.flush().map_err(ExportError::Write)?;
    Ok(Exported { entries, head: begun.head })
}

/// Entries as they are at one moment: what is let go meanwhile is let go whole.
fn page(store: &Store, after: i64, until: i64) -> Result<Vec<Arc<Entry>>, Error> {
    store.conn.execute_batch("BEGIN").map_err(failed)?;
    let page = page_within(store, after, until);
    let _ = store.conn.execute_batch("COMMIT");
    page
}

fn page_within(store: &Store, after: i64, until: i64) -> Result<Vec<Arc<Entry>>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
    let mut find = store.conn.prepare_cached(&sql).map_err(failed)?;
    let rows = find.query_map(params![after, until, PAGE_ENTRIES], Row::of).map_err(failed)?;
    rows.map(|row| store.entry(row.map_err(failed)?)).collect()
}

fn wanted(entry: &Entry, options: &ExportOptions) -> bool {
    let in_room = |log: &LogId| matches!(log, LogId::Room(room) if options.rooms.contains(room));
    (options.rooms.is_empty() || entry.logs.iter().any(in_room))
        && options.since.is_none_or(|since| entry.at >= since)
        && options.until.is_none_or(|until| entry.at < until)
}
