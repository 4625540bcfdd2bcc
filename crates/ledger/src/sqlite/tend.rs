//! Letting go: what is too old or too much is deleted, freed pages go back to the disk, and text that was taken back is wiped
//! from the files. All of it in slices of a few milliseconds, so that nobody who speaks waits longer for it than for a
//! commit.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hall::Time;
use rusqlite::{Connection, OptionalExtension, params};

use super::read::number;
use super::record::COLUMNS;
use super::write::bytes;
use super::{Row, Sqlite, failed, int};
use crate::Error;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Sqlite {
    pub(super) fn tend_slice(&mut self, now: Time) -> Result<bool, Error> {
        if self.settings.retention.room_bytes.is_some() {
            self.count()?;
        }
        let expired = self.expire(now)?;
        let wait = Duration::from_millis(self.settings.limits.outdated_wait_ms);
        self.wiping |= expired || self.outdated.is_some_and(|since| since.elapsed() >= wait);
        let wiping = self.wiping && self.wipe()?;
        let vacuuming = self.vacuum()?;
        Ok(expired || wiping || vacuuming)
    }

    /// Deletes a slice of what is not to be kept any more; whether there was any.
    fn expire(&mut self, now: Time) -> Result<bool, Error> {
        let retention = self.settings.retention.clone();
        let mut deleted = 0;
        if let Some(days) = retention.days {
            let before = int(now.0.saturating_sub(days.saturating_mul(DAY_MS)));
            let sql = format!("SELECT {COLUMNS} FROM entries ORDER BY seq LIMIT ?");
            let old: Vec<Row> = self.rows(&sql, &[&self.slice()])?;
            let old: Vec<Row> = old.into_iter().take_while(|row| row.at < before).collect();
            deleted += self.delete(&old, None)?;
        }
        if let Some(most) = retention.room_bytes {
            let sql = "SELECT id, bytes FROM logs WHERE bytes > ? LIMIT 1";
            let full: Option<(i64, i64)> = self
                .conn
                .query_row(sql, [int(most)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
                .map_err(failed)?;
            if let Some((log, bytes)) = full {
                let sql = format!(
                    "SELECT {COLUMNS} FROM
                     (SELECT seq FROM (SELECT seq FROM places WHERE log = ?1 AND side = 0 ORDER BY seq LIMIT ?2)
                      UNION ALL
                      SELECT seq FROM (SELECT seq FROM places WHERE log = ?1 AND side = 1 ORDER BY seq LIMIT ?2)
                      ORDER BY seq LIMIT ?2) AS named
                     JOIN entries ON entries.seq = named.seq ORDER BY entries.seq"
                );
                let mut left = bytes - int(most);
                let oldest: Vec<Row> = self.rows(&sql, params![log, self.slice()])?;
                let oldest = oldest.into_iter().take_while(|row| {
                    let goes = left > 0;
                    left -= bytes_of(row);
                    goes
                });
                deleted += self.delete(&oldest.collect::<Vec<_>>(), Some(log))?;
            }
        }
        Ok(deleted > 0)
    }

    fn slice(&self) -> i64 {
        i64::try_from(self.settings.limits.tend_entries).unwrap_or(i64::MAX)
    }

    fn rows(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<Row>, Error> {
        let mut find = self.conn.prepare_cached(sql).map_err(failed)?;
        let rows = find.query_map(params, Row::of).map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    /// Deletes entries from one log, or from all of theirs; the index is told what it has to forget.
    fn delete(&mut self, rows: &[Row], only: Option<i64>) -> Result<usize, Error> {
        if rows.is_empty() {
            return Ok(0);
        }
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        // The number of the last entry outlives it.
        let done = self.conn.execute("UPDATE meta SET head = max(head, ?)", [int(self.head.0)]).map_err(failed);
        let done = done.and_then(|_| rows.iter().try_for_each(|row| delete(&self.conn, row, only)));
        let done = done.and_then(|()| self.let_go_of_guises(self.slice()));
        if let Err(error) = done.and_then(|()| self.conn.execute_batch("COMMIT").map_err(failed)) {
            let _ = self.conn.execute_batch("ROLLBACK");
            return Err(error);
        }
        Ok(rows.len())
    }

    /// Wipes what the index has forgotten from the store's files; whether that has to be tried again.
    fn wipe(&mut self) -> Result<bool, Error> {
        let forgotten = int(self.forgotten.load(Ordering::Acquire));
        let mut delete = self.conn.prepare_cached("DELETE FROM forgetting WHERE id <= ?").map_err(failed)?;
        delete.execute([forgotten]).map_err(failed)?;
        if number(&self.conn, "SELECT count(*) FROM (SELECT 1 FROM forgetting LIMIT 1)")? > 0 {
            // The index has still to forget some; the next look is not at once.
            return Ok(false);
        }
        // Nobody is waited for: who reads is done in a moment.
        self.conn.busy_timeout(Duration::ZERO).map_err(failed)?;
        let done = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        let wait = Duration::from_millis(self.settings.limits.busy_wait_ms);
        self.conn.busy_timeout(wait).map_err(failed)?;
        match done.map_err(failed) {
            Ok(0) => (self.wiping, self.outdated) = (false, None),
            Ok(_) | Err(Error::Busy) => {}
            Err(error) => return Err(error),
        }
        Ok(self.wiping)
    }

    /// Gives some free pages back to the disk; whether there are more.
    fn vacuum(&self) -> Result<bool, Error> {
        let most = self.settings.limits.tend_vacuum_pages;
        let free = number(&self.conn, "SELECT freelist_count FROM pragma_freelist_count")?;
        if free <= u64::from(most) {
            // As many are soon used again.
            return Ok(false);
        }
        let mut vacuum = self.conn.prepare_cached(&format!("PRAGMA incremental_vacuum({most})")).map_err(failed)?;
        let mut pages = vacuum.query([]).map_err(failed)?;
        while pages.next().map_err(failed)?.is_some() {}
        Ok(free > 2 * u64::from(most))
    }
}

fn bytes_of(row: &Row) -> i64 {
    bytes(row.text.as_deref(), row.tags.as_deref())
}

fn delete(conn: &Connection, row: &Row, only: Option<i64>) -> Result<(), Error> {
    let prepare = |sql| conn.prepare_cached(sql).map_err(failed);
    let all: Vec<i64> = match row.log {
        Some(log) => vec![log],
        None => {
            let mut find = prepare("SELECT log FROM several WHERE seq = ?")?;
            let found = find.query_map([row.seq], |row| row.get(0)).map_err(failed)?;
            found.collect::<Result<_, _>>().map_err(failed)?
        }
    };
    let logs: Vec<i64> = all.iter().copied().filter(|log| only.is_none_or(|only| only == *log)).collect();
    for log in &logs {
        for side in 0..=1 {
            prepare("DELETE FROM places WHERE log = ? AND side = ? AND seq = ?")?
                .execute([*log, side, row.seq])
                .map_err(failed)?;
        }
        prepare("DELETE FROM several WHERE seq = ? AND log = ?")?.execute([row.seq, *log]).map_err(failed)?;
        prepare("UPDATE logs SET bytes = bytes - ?, gone = max(gone, ?) WHERE id = ?")?
            .execute([bytes_of(row), row.seq, *log])
            .map_err(failed)?;
    }
    if logs.len() < all.len() {
        // It is still in the others.
        return Ok(());
    }
    if row.is_message() {
        prepare("INSERT INTO forgetting (seq, log, nick, text) VALUES (?,?,?,?)")?
            .execute(params![row.seq, row.log, row.nick, row.text.as_deref().unwrap_or_default()])
            .map_err(failed)?;
    }
    prepare("DELETE FROM entries WHERE seq = ?")?.execute([row.seq]).map_err(failed)?;
    Ok(())
}
