//! A ledger that fails as the world does: it rejects whole groups and refuses to be read, as often as it is told to.
//!
//! It takes a group wholly or not at all, as every ledger must, and keeps what it was given back, so that a check knows
//! what became of each proposal.

use std::cell::Cell;
use std::sync::Arc;

use hall::{Beginning, Entry, LogId, Proposal, Query, Reply, Seq, Time};
use ledger::{Error, Indexer, Ledger, Limits, Memory, Page, Reader, Rejected};

use crate::Rng;

/// The hall that all ledgers here are of: nothing in a world is random but what its seed says.
pub(crate) const HALL: &str = "0123456789abcdef0123456789abcdef";

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
        Self {
            inner: Memory::of_hall(limits, HALL.to_owned()),
            rng: Cell::new(rng),
            commits_lost_percent: 0,
            reads_lost_percent: 0,
        }
    }

    fn strikes(&self, percent: u64) -> bool {
        let mut rng = self.rng.get();
        let strikes = rng.chance(percent);
        self.rng.set(rng);
        strikes
    }

    fn readable(&self) -> Result<Box<dyn Reader>, Error> {
        if self.strikes(self.reads_lost_percent) {
            return Err(Error::Io(std::io::ErrorKind::TimedOut.into()));
        }
        self.inner.reader()
    }

    /// Reads a stretch of a log, unless that fails.
    pub(crate) fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error> {
        self.readable()?.read(log, after, most)
    }

    /// Answers a question, unless that fails.
    pub(crate) fn answer(&self, query: &Query) -> Result<Reply, Error> {
        ledger::answer(&*self.readable()?, query)
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

    fn beginning(&self, topics: usize) -> Result<Beginning, Error> {
        self.inner.beginning(topics)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Error> {
        self.inner.reader()
    }

    fn indexer(&self) -> Result<Option<Box<dyn Indexer>>, Error> {
        self.inner.indexer()
    }

    fn tend(&mut self, now: Time) -> Result<bool, Error> {
        self.inner.tend(now)
    }
}
