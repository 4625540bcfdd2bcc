//! Giving the rooms of a store the keys that their names have today. When names are folded in another way, two rooms
//! of an older store may be one: their logs become one log, and nothing of either is lost.

use std::collections::BTreeMap;

use hall::RoomName;
use rusqlite::{Connection, params};

use super::record::Kind;
use super::{ENTRY_BYTES, failed};
use crate::Error;

/// Gives every room its key, and makes one log of those that have come to have the same; within a transaction of the
/// caller's. The log that was there first keeps its number and its name. A second time it changes nothing.
///
/// The index for searches has the numbers of logs: one of an earlier [`VERSION`](super::index) is made anew by itself.
///
/// # Errors
/// When the store cannot be read or written; then nothing counts.
pub(super) fn refold(conn: &Connection) -> Result<(), Error> {
    let mut rooms: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    let mut find = conn.prepare("SELECT id, key, name FROM logs WHERE name IS NOT NULL ORDER BY id").map_err(failed)?;
    let found = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    for row in found {
        let (id, old, name): (i64, String, String) = row.map_err(failed)?;
        // What is no name is damage, and left for `maru verify` to find.
        let key = RoomName::recorded(&name, usize::MAX).map_or(old.clone(), |room| room.key().to_owned());
        rooms.entry(key).or_default().push((id, old));
    }
    let mut moved = Vec::new();
    for (key, logs) in rooms {
        let [(first, old), more @ ..] = &logs[..] else { continue };
        for (log, _) in more {
            merge(conn, *log, *first)?;
        }
        if !more.is_empty() {
            recount(conn, *first)?;
        }
        if *old != key {
            moved.push((*first, key));
        }
    }
    // One may have to take the key that another one leaves: first all leave theirs.
    let mut update = conn.prepare("UPDATE logs SET key = ? WHERE id = ?").map_err(failed)?;
    for (log, _) in &moved {
        update.execute(params![format!("~{log}"), log]).map_err(failed)?;
    }
    for (log, key) in &moved {
        update.execute(params![key, log]).map_err(failed)?;
    }
    Ok(())
}

/// Moves all that is in a log into another one, and removes it.
fn merge(conn: &Connection, from: i64, into: i64) -> Result<(), Error> {
    let run = |sql: &str| conn.execute(sql, params![from, into]).map(drop).map_err(failed);
    // What was in both is in the one, once.
    run("INSERT OR IGNORE INTO places (log, side, seq) SELECT ?2, side, seq FROM places WHERE log = ?1")?;
    conn.execute("DELETE FROM places WHERE log = ?", [from]).map_err(failed)?;
    run("UPDATE entries SET log = ?2 WHERE log = ?1")?;
    run("DELETE FROM several WHERE log = ?1 AND EXISTS
             (SELECT 1 FROM several AS other WHERE other.seq = several.seq AND other.log = ?2)")?;
    run("UPDATE several SET log = ?2 WHERE log = ?1")?;
    // The topic is what was set last, in either, and none if that was to have none.
    run("DELETE FROM topics WHERE log IN (?1, ?2) AND seq < (SELECT max(seq) FROM topics WHERE log IN (?1, ?2))")?;
    run("UPDATE OR REPLACE topics SET log = ?2 WHERE log = ?1")?;
    let unset = "DELETE FROM topics WHERE log = ?1 AND EXISTS
             (SELECT 1 FROM places JOIN entries ON entries.seq = places.seq
              WHERE places.log = ?1 AND places.side = 1 AND places.seq > topics.seq AND entries.kind = ?2)";
    conn.execute(unset, params![into, Kind::Topic as i64]).map_err(failed)?;
    run("UPDATE forgetting SET log = ?2 WHERE log = ?1")?;
    run("UPDATE logs SET gone = max(gone, (SELECT gone FROM logs WHERE id = ?1)) WHERE id = ?2")?;
    conn.execute("DELETE FROM logs WHERE id = ?", [from]).map_err(failed)?;
    Ok(())
}

/// Brings a log to the form in which it would have been written as one: its size, and entries that are in no other. A store
/// of that version has no tags yet, which would count.
fn recount(conn: &Connection, log: i64) -> Result<(), Error> {
    let alone = "SELECT seq FROM several GROUP BY seq HAVING count(*) = 1 AND max(log) = ?1";
    let run = |sql: &str| conn.execute(sql, [log]).map(drop).map_err(failed);
    run(&format!("UPDATE entries SET log = ?1 WHERE log IS NULL AND seq IN ({alone})"))?;
    run(&format!("DELETE FROM several WHERE seq IN ({alone})"))?;
    run(&format!(
        "UPDATE logs SET bytes = (
             SELECT coalesce(sum({ENTRY_BYTES} + coalesce(length(CAST(entries.text AS BLOB)), 0)), 0)
             FROM places JOIN entries ON entries.seq = places.seq WHERE places.log = ?1
         ) WHERE id = ?1"
    ))
}

#[cfg(test)]
mod tests;
