//! Writing a group within a transaction: its entries, and everything that follows from them.

use std::collections::HashMap;

use hall::{Event, Keep, LogId, Nick, Proposal, Renamed, Seq, Text, Time};
use rusqlite::{CachedStatement, OptionalExtension, params};

use super::guise::Known;
use super::record::{Kind, MESSAGES, log_key};
use super::{ENTRY_BYTES, Sqlite, failed, int};
use crate::Error;

/// People and sessions are numbered on from the next multiple of this when a hall opens again: so the file need not be told of
/// each of them.
pub(super) const NUMBERS_AHEAD: u64 = 1_024;

/// What an entry counts for when a log is bounded in bytes.
pub(super) fn bytes(text: Option<&str>, tags: Option<&str>) -> i64 {
    let long = text.map_or(0, str::len) + tags.map_or(0, str::len);
    ENTRY_BYTES.saturating_add(i64::try_from(long).unwrap_or(i64::MAX))
}

/// What a group has changed beside the file.
pub(super) struct Written {
    pub(super) person: u64,
    pub(super) session: u64,
    pub(super) known: HashMap<LogId, i64>,
    /// Names of logs that are not theirs any more.
    pub(super) renamed: Vec<LogId>,
    pub(super) guises: HashMap<Box<str>, Known>,
    /// Whether there is text to be wiped from the files.
    pub(super) wiping: bool,
    /// Whether what was kept beside the log has another value now, or none.
    pub(super) outdated: bool,
    /// By how many bytes each log has grown.
    pub(super) grown: HashMap<i64, i64>,
}

/// A group being written.
pub(super) struct Writing<'a> {
    pub(super) ledger: &'a Sqlite,
    entry: CachedStatement<'a>,
    place: CachedStatement<'a>,
    pub(super) written: Written,
}

impl<'a> Writing<'a> {
    pub(super) fn new(ledger: &'a Sqlite) -> Result<Self, Error> {
        let conn = &ledger.conn;
        Ok(Self {
            ledger,
            entry: conn
                .prepare_cached(
                    "INSERT INTO entries
                     (seq, at, log, person, session, nick, kind, text, account, addressee, guise, tags)
                     VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                )
                .map_err(failed)?,
            place: conn.prepare_cached("INSERT INTO places (log, side, seq) VALUES (?,?,?)").map_err(failed)?,
            written: Written {
                person: ledger.person,
                session: ledger.session,
                known: HashMap::new(),
                renamed: Vec::new(),
                guises: HashMap::new(),
                wiping: false,
                outdated: false,
                grown: HashMap::new(),
            },
        })
    }

    pub(super) fn put(&mut self, seq: Seq, at: Time, proposal: &Proposal) -> Result<(), Error> {
        let Proposal { author, logs, event, to, tags, keeps, .. } = proposal;
        let (kind, text) = Kind::of(event);
        let logs: smallvec::SmallVec<[i64; 2]> = logs.iter().map(|log| self.log(log)).collect::<Result<_, _>>()?;
        let one = if let [one] = logs[..] { Some(one) } else { None };
        let guise = self.guise(&author.guise, seq)?;
        self.entry
            .execute(params![
                int(seq.0),
                int(at.0),
                one,
                int(author.person.0),
                int(author.session.0),
                author.nick.as_str(),
                kind as i64,
                text.as_deref(),
                author.account.as_ref().map(Nick::as_str),
                to.as_ref().map(Nick::as_str),
                guise,
                tags.as_deref()
            ])
            .map_err(failed)?;
        let bytes = bytes(text.as_deref(), tags.as_deref());
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
            Event::Redact(target, _) => self.redact(*target),
            _ => Ok(()),
        }?;
        keeps.iter().try_for_each(|keep| match keep {
            Keep::Rename(from, to) => self.rename(&Renamed { seq, from: from.clone(), to: to.clone() }),
            keep => self.keep(keep),
        })
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>, Error> {
        self.ledger.conn.prepare_cached(sql).map_err(failed)
    }

    /// The number of a log in the file, which it is given when it is new.
    pub(super) fn log(&mut self, log: &LogId) -> Result<i64, Error> {
        let known = || self.ledger.known.get(log).filter(|_| !self.written.renamed.contains(log));
        if let Some(id) = self.written.known.get(log).or_else(known) {
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
    pub(super) fn redact(&mut self, target: Seq) -> Result<(), Error> {
        let mut find = self.prepare("SELECT log, nick, text, tags FROM entries WHERE seq = ? AND kind IN (?,?,?)")?;
        let [say, action, notice] = MESSAGES.map(|kind| kind as i64);
        let found: Option<(Option<i64>, String, String, Option<String>)> = find
            .query_row([int(target.0), say, action, notice], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()
            .map_err(failed)?;
        let Some((log, nick, text, tags)) = found else { return Ok(()) };
        self.prepare("INSERT INTO forgetting (seq, log, nick, text) VALUES (?,?,?,?)")?
            .execute(params![int(target.0), log, nick, text])
            .map_err(failed)?;
        self.prepare("UPDATE entries SET kind = ?, text = NULL, tags = NULL WHERE seq = ?")?
            .execute([Kind::Redacted as i64, int(target.0)])
            .map_err(failed)?;
        if let Some(log) = log {
            let shrunk = bytes(Some(&text), tags.as_deref()) - bytes(None, None);
            *self.written.grown.entry(log).or_default() -= shrunk;
        }
        self.written.wiping = true;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Written, Error> {
        let Written { person, session, .. } = self.written;
        if (person, session) != (self.ledger.person, self.ledger.session) {
            self.prepare("UPDATE meta SET person = ?, session = ?")?
                .execute([int(person), int(session)])
                .map_err(failed)?;
        }
        Ok(self.written)
    }
}
