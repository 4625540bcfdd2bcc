//! Rooms are found by the folded form of their names. When that form changes, a store that was made before has others: here
//! they become those of today, and rooms that have become one are made one, with everything that was said in both.

use hall::RoomName;
use rusqlite::{Connection, OptionalExtension, params};

use super::failed;
use crate::Error;

/// Gives every room the key that its name has today.
pub(super) fn refold(conn: &Connection) -> Result<(), Error> {
    let mut find = conn.prepare("SELECT id, key, name FROM logs WHERE name IS NOT NULL ORDER BY id").map_err(failed)?;
    let rooms = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(failed)?;
    let rooms: Vec<(i64, String, String)> = rooms.collect::<Result<_, _>>().map_err(failed)?;
    for (id, key, name) in rooms {
        let room = RoomName::new(&name, usize::MAX).map_err(|_| Error::Corrupt(format!("a room called {name:?}")))?;
        if room.key() == key {
            continue;
        }
        let sql = "SELECT id FROM logs WHERE key = ?";
        let same: Option<i64> = conn.query_row(sql, [room.key()], |row| row.get(0)).optional().map_err(failed)?;
        match same {
            Some(other) => merge(conn, id, other)?,
            None => {
                conn.execute("UPDATE logs SET key = ? WHERE id = ?", params![room.key(), id]).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// What is in one log is in another one from now on. Of two topics the later one stays.
fn merge(conn: &Connection, from: i64, to: i64) -> Result<(), Error> {
    let run = |sql: &str| conn.execute(sql, params![from, to]).map_err(failed);
    run("INSERT OR IGNORE INTO places (log, side, seq) SELECT ?2, side, seq FROM places WHERE log = ?1")?;
    conn.execute("DELETE FROM places WHERE log = ?", [from]).map_err(failed)?;
    run("UPDATE entries SET log = ?2 WHERE log = ?1")?;
    run("UPDATE several SET log = ?2 WHERE log = ?1")?;
    run("INSERT INTO topics (log, seq, text) SELECT ?2, seq, text FROM topics WHERE log = ?1
         ON CONFLICT (log) DO UPDATE SET seq = excluded.seq, text = excluded.text WHERE excluded.seq > topics.seq")?;
    conn.execute("DELETE FROM topics WHERE log = ?", [from]).map_err(failed)?;
    run("UPDATE logs SET bytes = bytes + (SELECT bytes FROM logs WHERE id = ?1),
                         gone = max(gone, (SELECT gone FROM logs WHERE id = ?1)) WHERE id = ?2")?;
    run("UPDATE forgetting SET log = ?2 WHERE log = ?1")?;
    conn.execute("DELETE FROM logs WHERE id = ?", [from]).map_err(failed)?;
    Ok(())
}
