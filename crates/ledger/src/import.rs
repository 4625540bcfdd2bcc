//! Reading an export into a store whose hall is not running.
//!
//! It is one transaction: every line is checked as it comes, and the first wrong one undoes everything. What is there
//! already is left as it is, so that the same file may be read in as often as one likes. An empty store becomes that of the
//! export's hall, with its numbers; a store that has entries takes only those of its own hall.

use std::collections::HashSet;
use std::io::{BufRead, Read};
use std::path::Path;

use hall::{Entry, Event, Proposal, Renamed, Seq};
use rusqlite::params;

use crate::line::{self, Header, Why};
use crate::sqlite::{Access, Durability, Sqlite, SqliteSettings, Store, failed, int, remove_index};
use crate::{Error, SqliteLimits};

/// Bytes of one line.
const LINE_BYTES: usize = 4 * 1024 * 1024;

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Entries that are new.
    pub entries: u64,
    /// Entries that were there already.
    pub known: u64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A line is not what it should be.
    #[error("line {line}: {why:?}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// Why.
        why: Why,
    },
    /// The file cannot be read.
    #[error("can't read: {0}")]
    Read(#[source] std::io::Error),
    /// The store cannot be written.
    #[error(transparent)]
    Ledger(#[from] Error),
}

/// Reads an export into the store in a directory, which is made if there is none.
///
/// # Errors
/// When a line is wrong or something fails; then nothing has changed.
pub fn import(dir: &Path, limits: &SqliteLimits, input: &mut dyn BufRead) -> Result<Imported, ImportError> {
    let settings = SqliteSettings { durability: Durability::Disk, limits: limits.clone(), ..SqliteSettings::default() };
    let mut ledger = Sqlite::open(dir, settings)?;
    let known = Store::open(dir, Access::Read, limits)?;
    let (taken_back, renames) = (known.redactions()?, known.renames()?);
    let before = crate::Ledger::head(&ledger);
    ledger.begin()?;
    let done = Import {
        ledger: &mut ledger,
        known,
        before,
        taken_back,
        renames,
        filled: false,
        count: Imported { entries: 0, known: 0 },
    }
    .run(input);
    match done {
        Ok((count, filled)) => {
            ledger.end()?;
            if filled {
                // The index has passed those numbers.
                remove_index(dir)?;
            }
            Ok(count)
        }
        Err(error) => {
            ledger.undo();
            Err(error)
        }
    }
}

struct Import<'a> {
    ledger: &'a mut Sqlite,
    /// The store as it was.
    known: Store,
    before: Seq,
    /// The messages that were taken back there, whether a tombstone of them is left or not.
    taken_back: HashSet<Seq>,
    /// The rooms that have been renamed there, in their order.
    renames: Vec<Renamed>,
    /// Whether there are new entries among those that were there.
    filled: bool,
    count: Imported,
}

impl Import<'_> {
    fn run(mut self, input: &mut dyn BufRead) -> Result<(Imported, bool), ImportError> {
        let mut lines = Lines { input, number: 0, bytes: Vec::new() };
        let first = lines.next()?.ok_or(ImportError::Line { line: 1, why: Why::NoHeader })?;
        let wrong = |line, why| ImportError::Line { line, why };
        let header = line::header(first).map_err(|why| wrong(1, why))?;
        self.take_hall(&header).map_err(|error| match error {
            Refused::Why(why) => wrong(1, why),
            Refused::Error(error) => error.into(),
        })?;
        let mut last = header.after;
        while let Some(text) = lines.next()? {
            if text.trim().is_empty() {
                continue;
            }
            let entry = line::entry(text);
            let number = lines.number;
            let entry = entry.map_err(|why| wrong(number, why))?;
            if entry.seq.0 <= last {
                return Err(wrong(number, Why::Order(entry.seq.0)));
            }
            last = entry.seq.0;
            self.take(entry, header.head).map_err(|error| match error {
                Refused::Why(why) => wrong(number, why),
                Refused::Error(error) => error.into(),
            })?;
        }
        // An export that was gone on with later has entries beyond the head of its beginning.
        self.ledger.set_head(Seq(header.head.max(last)))?;
        Ok((self.count, self.filled))
    }

    fn take_hall(&mut self, header: &Header) -> Result<(), Refused> {
        let ours = crate::sqlite::of_hall(&self.known.conn)?.hall;
        if ours == header.hall {
            return Ok(());
        }
        if self.before > Seq(0) {
            return Err(Refused::Why(Why::OtherHall));
        }
        self.ledger.set_hall(&header.hall)?;
        Ok(())
    }

    /// An entry in the logs of today that was exported when `known` was the last one.
    fn called_now(&self, mut entry: Entry, known: u64) -> Entry {
        for renamed in self.renames.iter().filter(|renamed| renamed.seq.0 > known) {
            for log in &mut entry.logs {
                if let Some(now) = renamed.log(log).or_else(|| renamed.log_apart(log)) {
                    *log = now;
                }
            }
        }
        entry
    }

    /// Takes an entry of an export that was made when `head` was the last one.
    fn take(&mut self, entry: Entry, head: u64) -> Result<(), Refused> {
        let old = entry.seq <= self.before;
        let there = if old { self.known.row(int(entry.seq.0))? } else { None };
        let Some(there) = there else {
            self.count.entries += 1;
            self.filled |= old;
            // What was renamed after the export was made has another name here.
            let entry = if entry.seq.0 <= head { self.called_now(entry, head) } else { entry };
            let Entry { seq, at, author, logs, mut event, to, mut tags, keeps } = entry;
            if matches!(event, Event::Message(..)) && self.taken_back.contains(&seq) {
                (event, tags) = (Event::Redacted, None);
            }
            self.ledger.put(seq, at, &Proposal { to, tags, keeps, ..Proposal::new(author, logs, event) })?;
            return Ok(());
        };
        self.count.known += 1;
        let there = self.known.entry(there)?;
        // It may have been taken in as it stands, and of an export that was gone on with it is not known when its end was made.
        let now = [head, entry.seq.0].map(|known| self.called_now(entry.clone(), known));
        let entry = now.into_iter().find(|now| now.logs == there.logs).unwrap_or(entry);
        match (&there.event, &entry.event) {
            (ours, theirs) if ours == theirs && *there == entry => Ok(()),
            // Taken back on one side: that holds.
            (Event::Redacted, Event::Message(..)) if there.redacted() == entry.redacted() => Ok(()),
            (Event::Message(..), Event::Redacted) if there.redacted() == entry.redacted() => {
                self.ledger.take_back(entry.seq)?;
                Ok(())
            }
            _ => Err(Refused::Why(Why::Differs(entry.seq.0))),
        }
    }
}

enum Refused {
    Why(Why),
    Error(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The lines of a file, each bounded.
struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: u64,
    bytes: Vec<u8>,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<&str>, ImportError> {
        self.bytes.clear();
        self.number += 1;
        let line = self.number;
        let most = LINE_BYTES as u64 + 1;
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.bytes).map_err(ImportError::Read)?;
        if read == 0 {
            return Ok(None);
        }
        if self.bytes.last() == Some(&b'\n') {
            self.bytes.pop();
        } else if read > LINE_BYTES {
            return Err(ImportError::Line { line, why: Why::TooLong(LINE_BYTES) });
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| ImportError::Line { line, why: Why::NotUtf8 })?;
        // Some programs put a byte order mark before UTF-8.
        Ok(Some(if line == 1 { text.trim_start_matches('\u{feff}') } else { text }))
    }
}

impl Sqlite {
    fn begin(&mut self) -> Result<(), Error> {
        self.batch("BEGIN IMMEDIATE")
    }

    fn end(&mut self) -> Result<(), Error> {
        self.count_within()?;
        self.grown_is_counted();
        self.batch("COMMIT")
    }

    fn undo(&mut self) {
        let _ = self.batch("ROLLBACK");
    }

    fn set_hall(&self, hall: &str) -> Result<(), Error> {
        self.conn().execute("UPDATE meta SET hall = ?", params![hall]).map_err(failed)?;
        Ok(())
    }

    fn set_head(&self, head: Seq) -> Result<(), Error> {
        self.conn().execute("UPDATE meta SET head = max(head, ?)", params![int(head.0)]).map_err(failed)?;
        Ok(())
    }
}
