//! Looking through a whole store for what is not as it should be.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::sqlite::{Access, COLUMNS, Row, SEARCH_FILE, Store, failed, look_through_kept, number, secret};
use crate::{Error, SqliteLimits};

/// Findings that are told; what is wrong more often than that is wrong.
const FINDINGS: usize = 100;
/// Entries looked at in one go.
const PAGE_ENTRIES: i64 = 10_000;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The file is damaged: SQLite's words.
    Damaged(String),
    /// A row that is no entry: why.
    NotAnEntry(String),
    /// So many entries that no log leads to.
    Unplaced(u64),
    /// So many places in logs where there is no entry.
    Stray(u64),
    /// Something is kept of what is neither a room nor an account nor the hall: what it is called.
    NotKept(String),
    /// The hall's secret is none.
    NoSecret,
    /// The index for searches is damaged: SQLite's words. It can be removed, and is made anew.
    Index(String),
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries looked at.
    pub entries: u64,
    /// What is wrong, as much of it as is told.
    pub findings: Vec<Finding>,
}

/// Looks through the store in a directory, whether its hall is running or not.
///
/// # Errors
/// When it cannot be read at all.
pub fn verify(dir: &Path, limits: &SqliteLimits) -> Result<Report, Error> {
    let store = Store::open(dir, Access::Read, limits)?;
    let mut report = Report::default();
    // All at one moment, so that nothing is half done.
    store.conn.execute_batch("BEGIN").map_err(failed)?;
    integrity(&store.conn, &mut report.findings, Finding::Damaged);
    if report.findings.is_empty() {
        look_through(&store, &mut report)?;
    }
    let index = dir.join(SEARCH_FILE);
    if index.exists() {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        match Connection::open_with_flags(index, flags) {
            Ok(conn) => integrity(&conn, &mut report.findings, Finding::Index),
            Err(error) => report.findings.push(Finding::Index(error.to_string())),
        }
    }
    report.findings.truncate(FINDINGS);
    Ok(report)
}

fn integrity(conn: &Connection, findings: &mut Vec<Finding>, finding: fn(String) -> Finding) {
    let checked = conn.prepare(&format!("PRAGMA integrity_check({FINDINGS})")).and_then(|mut check| {
        let said = check.query_map([], |row| row.get::<_, String>(0))?;
        said.collect::<Result<Vec<_>, _>>()
    });
    match checked {
        Ok(said) => findings.extend(said.into_iter().filter(|said| said != "ok").map(finding)),
        Err(error) => findings.push(finding(error.to_string())),
    }
}

fn look_through(store: &Store, report: &mut Report) -> Result<(), Error> {
    let sql = format!("SELECT {COLUMNS} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?");
    let mut find = store.conn.prepare(&sql).map_err(failed)?;
    let mut after = i64::MIN;
    loop {
        let rows = find.query_map([after, PAGE_ENTRIES], Row::of).map_err(failed)?;
        let rows: Vec<Row> = rows.collect::<Result<_, _>>().map_err(failed)?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for row in rows {
            report.entries += 1;
            match store.entry(row) {
                Ok(_) => {}
                Err(Error::Corrupt(why)) if report.findings.len() < FINDINGS => {
                    report.findings.push(Finding::NotAnEntry(why));
                }
                Err(Error::Corrupt(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    look_through_kept(&store.conn, |subject| {
        if report.findings.len() < FINDINGS {
            report.findings.push(Finding::NotKept(subject));
        }
    })?;
    match secret(&store.conn) {
        Err(Error::Corrupt(_)) => report.findings.push(Finding::NoSecret),
        read => drop(read?),
    }
    let side = "CASE WHEN kind IN (1, 2, 3, 14, 15) THEN 0 ELSE 1 END";
    let placed = "NOT EXISTS (SELECT 1 FROM places WHERE places.seq = entries.seq AND side =";
    let mut count = |sql: &str, finding: fn(u64) -> Finding| -> Result<(), Error> {
        let count = number(&store.conn, sql)?;
        if count > 0 {
            report.findings.push(finding(count));
        }
        Ok(())
    };
    count(
        &format!(
            "SELECT (SELECT count(*) FROM entries WHERE log IS NOT NULL AND {placed} {side} AND places.log = entries.log))
                  + (SELECT count(*) FROM several JOIN entries ON entries.seq = several.seq
                     WHERE {placed} {side} AND places.log = several.log))"
        ),
        Finding::Unplaced,
    )?;
    count(
        "SELECT count(*) FROM places LEFT JOIN entries ON entries.seq = places.seq WHERE entries.seq IS NULL",
        Finding::Stray,
    )
}
