//! Guises in the store: each text once, and its number with every entry of somebody who was seen so.
//!
//! `seen` is a number that no entry with the guise exceeds. It runs ahead of them, so that the file need not be told with
//! each entry, and from it retention knows without looking through the store which guises can have lost their last entry.
//! A number that was let go is never given again: readers remember what it stood for.

use hall::{Guise, Seq};
use rusqlite::{OptionalExtension, params};

use super::read::Store;
use super::write::Writing;
use super::{Sqlite, failed, int};
use crate::Error;

/// The file is told of a guise once for so many numbers.
const SEEN_AHEAD: u64 = 1_024;

/// What is known of a guise in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    id: i64,
    seen: i64,
}

impl Writing<'_> {
    /// The number of a guise in the file, which it is given when it is new; none if nothing is known of the author.
    pub(super) fn guise(&mut self, guise: &Guise, seq: Seq) -> Result<Option<i64>, Error> {
        if *guise == Guise::unknown() {
            return Ok(None);
        }
        let text = guise.as_str();
        if let Some(known) = self.written.guises.get(text).or_else(|| self.ledger.guises.get(text))
            && known.seen >= int(seq.0)
        {
            return Ok(Some(known.id));
        }
        let mut put = self.prepare(
            "INSERT INTO guises (text, seen) VALUES (?,?)
             ON CONFLICT (text) DO UPDATE SET seen = max(seen, excluded.seen) RETURNING id, seen",
        )?;
        let seen = int(seq.0.next_multiple_of(SEEN_AHEAD));
        let known = put.query_row(params![text, seen], |row| Ok(Known { id: row.get(0)?, seen: row.get(1)? }));
        let known = known.map_err(failed)?;
        self.written.guises.insert(text.into(), known);
        Ok(Some(known.id))
    }
}

impl Sqlite {
    /// Lets go of some of the guises of which no entry is left; within a transaction. They are those that were last seen
    /// before the oldest entry there is, whichever log that is in: one that only a room with few bytes had goes when the
    /// other rooms have come so far, since nothing short of looking through all entries could tell before.
    pub(super) fn let_go_of_guises(&mut self, most: i64) -> Result<(), Error> {
        let oldest = "SELECT coalesce(min(seq), ? + 1) FROM entries";
        let oldest = self.conn.query_row(oldest, [int(self.head.0)], |row| row.get::<_, i64>(0)).map_err(failed)?;
        // Of a guise that was seen no later than so far ahead, no entry stands behind these few.
        let ahead = oldest.saturating_add(int(SEEN_AHEAD));
        let sql = "DELETE FROM guises WHERE id IN (
                       SELECT id FROM guises WHERE seen < ?2 AND id NOT IN (
                           SELECT guise FROM entries WHERE seq >= ?1 AND seq < ?2 AND guise IS NOT NULL
                       ) ORDER BY seen LIMIT ?3
                   ) RETURNING text";
        let mut delete = self.conn.prepare_cached(sql).map_err(failed)?;
        let gone = delete.query_map([oldest, ahead, most], |row| row.get::<_, String>(0)).map_err(failed)?;
        for text in gone {
            // Should this come to nothing, it is asked for again.
            self.guises.remove(&*text.map_err(failed)?);
        }
        Ok(())
    }
}

impl Store {
    /// The guise that has this number in the file.
    pub(super) fn guise(&self, id: i64) -> Result<Guise, Error> {
        if let Some(guise) = self.guises.borrow().get(&id) {
            return Ok(guise.clone());
        }
        let mut find = self.conn.prepare_cached("SELECT text FROM guises WHERE id = ?").map_err(failed)?;
        let text: Option<String> = find.query_row([id], |row| row.get(0)).optional().map_err(failed)?;
        let text = text.ok_or_else(|| Error::Corrupt(format!("there is no guise {id}")))?;
        let guise = Guise::recorded(&text);
        let mut guises = self.guises.borrow_mut();
        if guises.len() >= self.limits.known_guises {
            guises.clear();
        }
        guises.insert(id, guise.clone());
        Ok(guise)
    }
}
