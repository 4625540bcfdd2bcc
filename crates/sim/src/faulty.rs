//! A ledger that fails as the world does: it rejects whole groups and refuses to be read, as often as it is told to.
//!
//! It takes a group wholly or not at all, as every ledger must, and keeps what it was given back, so that a check knows
//! what became of each proposal.

use std::cell::Cell;
use std::sync::Arc;

use hall::{Entry, LogId, Proposal, Seq, Time};
use ledger::{Error, Ledger, Limits, Memory, Page, Rejected};

use crate::Rng;

/// The faulty ledger.
#[derive(Debug)]
pub struct Faulty {
    inner: Memory,
    rng: Cell<Rng>,
    /// How many of a hundred groups are rejected.
    pub commits_lost_percent: u64,
    /// How many of a hundred readings fail.
    pub reads_lost_percent: u64,
}

impl Faulty {
    /// A ledger in memory that does not fail so far.
    #[must_use]
    pub fn new(limits: Limits, rng: Rng) -> Self {
        Self { inner: Memory::new(limits), rng: Cell::new(rng), commits_lost_percent: 0, reads_lost_percent: 0 }
    }

    fn strikes(&self, percent: u64) -> bool {
        let mut rng = self.rng.get();
        let strikes = rng.chance(percent);
        self.rng.set(rng);
        strikes
    }

    fn readable(&self) -> Result<(), Error> {
        if self.strikes(self.reads_lost_percent) { Err(Error::Io(std::io::ErrorKind::TimedOut.into())) } else { Ok(()) }
    }
}

impl Ledger for Faulty {
    fn commit(&mut self, at: Time, group: Vec<Proposal>) -> Result<Vec<Arc<Entry>>, Rejected> {
        if self.strikes(self.commits_lost_percent) {
            return Err(Rejected { group, error: Error::Full });
        }
        self.inner.commit(at, group)
    }

    fn head(&self) -> Seq {
        self.inner.head()
    }

    fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error> {
        self.readable()?;
        self.inner.read(log, after, most)
    }

    fn last_messages(&self, log: &LogId, most: usize) -> Result<Page, Error> {
        self.readable()?;
        self.inner.last_messages(log, most)
    }

    fn search(&self, logs: &[LogId], words: &[String], most: usize) -> Result<Vec<Arc<Entry>>, Error> {
        self.readable()?;
        self.inner.search(logs, words, most)
    }
}
