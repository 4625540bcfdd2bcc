//! The ledger: it takes proposed entries and gives them back numbered, in one order, durable as far as it promises.
//!
//! Nothing is shown to anyone before a ledger has returned it. [`Ledger`] is the contract, [`Memory`] the ledger that
//! keeps the latest entries in memory and nothing beyond the process; every ledger passes [`conformance`].

pub mod conformance;
mod limits;
mod memory;

use std::sync::Arc;

use hall::{Entry, LogId, Proposal, Seq, Time};

pub use limits::Limits;
pub use memory::Memory;

/// What went wrong with a ledger: the world failed, and nothing of the group was taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The place where entries are kept cannot take any more.
    #[error("the ledger is full")]
    Full,
    /// Reading or writing failed.
    #[error("the ledger's storage failed")]
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

/// A ledger. One thread drives it; what it returns is in the one order of the hall.
pub trait Ledger: Send {
    /// Takes a group of proposals: all of them or, with an error, none. They are numbered in the order given, without a
    /// hole after the last entry before them.
    ///
    /// # Errors
    /// When they could not be kept as durably as promised.
    fn commit(&mut self, at: Time, group: Vec<Proposal>) -> Result<Vec<Arc<Entry>>, Rejected>;

    /// The number of the last entry.
    fn head(&self) -> Seq;

    /// The first entries of a log after `after`, at most `most`.
    ///
    /// # Errors
    /// When they could not be read.
    fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error>;

    /// The last messages of a log, at most `most`; other events are passed over.
    ///
    /// # Errors
    /// When they could not be read.
    fn last_messages(&self, log: &LogId, most: usize) -> Result<Page, Error>;

    /// The newest messages in any of the logs that hold all the words, newest first, at most `most`. Words are compared
    /// without regard to case and to composed or decomposed form, anywhere in the text.
    ///
    /// # Errors
    /// When they could not be read.
    fn search(&self, logs: &[LogId], words: &[String], most: usize) -> Result<Vec<Arc<Entry>>, Error>;
}
