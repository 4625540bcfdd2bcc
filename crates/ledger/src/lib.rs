//! The ledger: it takes proposed entries and gives them back numbered, in one order, durable as far as it promises.
//!
//! Nothing is shown to anyone before a ledger has returned it. [`Ledger`] is the contract and [`conformance`] its test;
//! [`Memory`] keeps the latest entries and nothing beyond the process, [`Sqlite`] keeps them in a file. One thread drives
//! a ledger; whoever reads has a [`Reader`] of its own, and what search needs is done beside, by an [`Indexer`].
//!
//! What an operator does with a store from outside has its functions, too: [`backup`], [`verify`], [`export`], [`import`].

mod backup;
pub mod conformance;
mod export;
mod forms;
mod import;
mod lately;
mod limits;
pub mod line;
mod memory;
mod redact;
mod sqlite;
mod stretch;
mod verify;
mod words;

use std::sync::Arc;

use hall::{Beginning, Entry, LogId, Mark, PersonId, Proposal, Query, Refusal, Reply, Search, Seq, Span, Time};

pub use backup::{backup, restore};
pub use export::{ExportError, ExportOptions, Exported, export};
pub use import::{ImportError, Imported, import};
pub use limits::{Limits, SearchLimits, SqliteLimits};
pub use memory::Memory;
pub use redact::redact;
pub use sqlite::{Durability, LEDGER_FILE, Retention, SEARCH_FILE, Sqlite, SqliteSettings, decode, look_at, look_up};
pub use stretch::Stretch;
pub use verify::{Finding, Report, verify};

/// What went wrong with a ledger: the world failed, and nothing of the group was taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The place where entries are kept cannot take any more.
    #[error("the ledger is full")]
    Full,
    /// The place where entries are kept can be read only.
    #[error("the ledger can only be read")]
    ReadOnly,
    /// Somebody else holds the ledger's file.
    #[error("the ledger is held by another program")]
    Busy,
    /// What is stored is not what was written.
    #[error("the ledger is damaged: {0}")]
    Corrupt(String),
    /// The file was written by a later version of this program.
    #[error("the ledger has format {found}, and this program knows formats up to {known}")]
    Newer {
        /// The format that was found.
        found: i64,
        /// The latest format that this program knows.
        known: i64,
    },
    /// The file was written by an earlier version of this program, and may only be read now.
    #[error("the ledger has the earlier format {found}, not {known}")]
    Older {
        /// The format that was found.
        found: i64,
        /// The format that this program writes.
        known: i64,
    },
    /// The file belongs to some other program.
    #[error("the file is not a ledger of Maru's")]
    NotOurs,
    /// Reading or writing failed.
    #[error("the ledger's storage failed: {0}")]
    Io(#[from] std::io::Error),
}

/// A group that was not taken, given back whole.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Rejected {
    /// The proposals.
    pub group: Vec<Proposal>,
    /// Why.
    pub error: Error,
}

/// A stretch of a log, oldest entry first.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Arc<Entry>>,
    /// Whether entries between the place asked for and the first one here are no longer kept.
    pub gap: bool,
}

impl Error {
    /// What those are told whose proposals were not taken.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Full => Refusal::DiskFull,
            Self::ReadOnly => Refusal::ReadOnly,
            _ => Refusal::NotRecorded,
        }
    }
}

/// What a search has found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub entries: Vec<Arc<Entry>>,
    /// How many numbers were passed over, because the index does not hold them yet or there was too much to look
    /// through: the search may have missed messages among them.
    pub unindexed: u64,
}

/// A ledger. One thread drives it; what it returns is in the one order of the hall.
pub trait Ledger: Send {
    /// Takes a group of proposals: all of them or, with an error, none. They are numbered in the order given, without a
    /// hole after the last entry before them. A [`hall::Event::Redact`]ion also takes the text out of the message that
    /// it names, in the same commit; when there is no such message it is an entry like any other.
    ///
    /// # Errors
    /// When they could not be kept as durably as promised. The next commit may well work.
    fn commit(&mut self, at: Time, group: Vec<Proposal>) -> Result<Vec<Arc<Entry>>, Rejected>;

    /// The number of the last entry.
    fn head(&self) -> Seq;

    /// What a hall begins with, with the latest `topics` topics at most. Its id is made with the ledger, of 16 random bytes.
    ///
    /// # Errors
    /// When it could not be read.
    fn beginning(&self, topics: usize) -> Result<Beginning, Error>;

    /// A reader of its own: it may be given to another thread, and neither waits for the other.
    ///
    /// # Errors
    /// When the storage could not be opened once more.
    fn reader(&self) -> Result<Box<dyn Reader>, Error>;

    /// What is to be done beside, by one thread of its own: what search needs. `None` for a ledger that has nothing to do.
    ///
    /// # Errors
    /// When the storage could not be opened once more.
    fn indexer(&self) -> Result<Option<Box<dyn Indexer>>, Error>;

    /// Lets go of what is no longer to be kept and gives back space, a few milliseconds of it. Whether there is more to
    /// do.
    ///
    /// # Errors
    /// When that failed; nothing is lost, and it may be tried again later.
    fn tend(&mut self, now: Time) -> Result<bool, Error>;
}

/// Reads what a ledger has committed; sees a commit as soon as [`Ledger::commit`] has returned it.
pub trait Reader: Send {
    /// The first entries of a log after `after`, at most `most`.
    ///
    /// # Errors
    /// When they could not be read.
    fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error>;

    /// The last messages of a log up to the entry `until` (inclusive), at most `most`, oldest first; other events are
    /// passed over. Redacted ones are among them, without their text. There is no gap before what is asked for from the
    /// end.
    ///
    /// # Errors
    /// When they could not be read.
    fn last_messages(&self, log: &LogId, until: Seq, most: usize) -> Result<Page, Error>;

    /// A part of a log, at most `most` entries of it, oldest first. The gap is one behind the mark that it begins at. When
    /// the clock was set back, a time stands where an entry of that time or later comes behind an earlier one: there may be
    /// several such places, and it is one of them.
    ///
    /// # Errors
    /// When they could not be read.
    fn stretch(&self, log: &LogId, stretch: &Stretch, most: usize) -> Result<Page, Error>;

    /// The logs of a person and one other, in no particular order, a few thousand at most.
    ///
    /// # Errors
    /// When they could not be read.
    fn conversations(&self, person: PersonId) -> Result<Vec<LogId>, Error>;

    /// The newest messages that fit, newest first, at most `most`. Words are compared without regard to case and to
    /// composed or decomposed form. A word finds whatever begins with it and, in scripts that are written without spaces
    /// or hang particles on their words (Korean, Japanese, Chinese, Thai), whatever holds it. A search that names neither a
    /// word nor a nick nor a time finds nothing.
    ///
    /// # Errors
    /// When they could not be read.
    fn search(&self, search: &Search, most: usize) -> Result<Found, Error>;
}

/// Brings the index up to what has been committed.
pub trait Indexer: Send {
    /// Does a bounded piece of the work. Whether there is more.
    ///
    /// # Errors
    /// When that failed; it may be tried again later, and searches look through what they can themselves.
    fn work(&mut self) -> Result<bool, Error>;
}

/// A span of a log, and whether there is more of it.
fn history(reader: &dyn Reader, log: &LogId, span: Span, most: usize, events: bool) -> Result<Reply, Error> {
    let stretch = Stretch::of(span, events);
    if let Span::Last(last) = span {
        let entries = reader.stretch(log, &stretch, last.min(most))?.entries;
        return Ok(Reply::History { entries, more: last > most });
    }
    let (mut earlier, mut most) = (Vec::new(), most);
    if let Span::Around(mark) = span {
        let before = Stretch { after: Mark::Beginning, before: mark, newest: true, events };
        earlier = reader.stretch(log, &before, most / 2)?.entries;
        most -= earlier.len();
    }
    let mut entries = reader.stretch(log, &stretch, most.saturating_add(1))?.entries;
    let more = entries.len() > most;
    if stretch.newest {
        drop(entries.drain(..entries.len().saturating_sub(most)));
    } else {
        entries.truncate(most);
    }
    earlier.append(&mut entries);
    Ok(Reply::History { entries: earlier, more })
}

/// Answers a question of the hall's.
///
/// # Errors
/// When the ledger could not be read.
pub fn answer(reader: &dyn Reader, query: &Query) -> Result<Reply, Error> {
    match query {
        Query::Replay { log, until, last } => Ok(Reply::Replay(reader.last_messages(log, *until, *last)?.entries)),
        Query::History { log, span, most, events } => history(reader, log, *span, *most, *events),
        Query::Targets { logs, of, after, before, most } => {
            let mut logs = logs.clone();
            for log in of.map_or(Ok(Vec::new()), |person| reader.conversations(person))? {
                if !logs.contains(&log) {
                    logs.push(log);
                }
            }
            Ok(Reply::Targets(stretch::targets(reader, &logs, *after, *before, *most)?))
        }
        Query::Search { search, most } => {
            let Found { entries, unindexed } = reader.search(search, *most)?;
            let words = words::used(search, &SearchLimits::default());
            Ok(Reply::Found { entries, words, unindexed })
        }
    }
}
