//! The rooms that were renamed lately. Who proposes or asks something may not know of it yet: what they name is the same room
//! all the same, and has the name of today on the ledger.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hall::{Keep, LogId, Proposal, Renamed, Seq};

/// Renames that are known in any case; beyond that those are that somebody may not know of yet.
const KNOWN: usize = 256;

/// The rooms that were renamed lately, as a ledger and its readers share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lately(Arc<RwLock<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    renames: VecDeque<Renamed>,
    /// How many there were in all.
    count: u64,
}

impl Lately {
    fn inner(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn inner_mut(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many renames there were so far: while it is the same, every name is.
    pub(crate) fn count(&self) -> u64 {
        self.inner().count
    }

    /// The group with the names of today, if any of them has to be another: it is numbered behind `head`, and may itself rename
    /// a room that what stands behind that names. And the renames that are in it.
    pub(crate) fn update(&self, group: &[Proposal], head: Seq) -> (Option<Vec<Proposal>>, Vec<Renamed>) {
        let known = self.inner();
        let within = |proposal: &Proposal| proposal.keeps.iter().any(|keep| matches!(keep, Keep::Rename(..)));
        let last = known.renames.back().map_or(Seq(0), |renamed| renamed.seq);
        if !group.iter().any(|proposal| proposal.as_of < last || within(proposal)) {
            // Nearly always: everybody knows of everything.
            return (None, Vec::new());
        }
        let mut new = Vec::new();
        let mut updated = group.to_vec();
        for (seq, proposal) in (head.0 + 1..).map(Seq).zip(&mut updated) {
            known.renames.iter().chain(&new).for_each(|renamed| renamed.update(proposal));
            new.extend(proposal.keeps.iter().filter_map(|keep| match keep {
                Keep::Rename(from, to) => Some(Renamed { seq, from: from.clone(), to: to.clone() }),
                _ => None,
            }));
        }
        (Some(updated), new)
    }

    /// These renames have been taken, the last of a group in which somebody knew of the entries up to `as_of`: whoever proposes
    /// something later knows of them too.
    pub(crate) fn add(&self, new: Vec<Renamed>, as_of: Seq) {
        if new.is_empty() {
            return;
        }
        let mut inner = self.inner_mut();
        inner.count += new.len() as u64;
        inner.renames.extend(new);
        while inner.renames.len() > KNOWN && inner.renames.front().is_some_and(|renamed| renamed.seq <= as_of) {
            inner.renames.pop_front();
        }
    }

    /// What a log is called now that was called so; none if it has that name.
    pub(crate) fn now(&self, log: &LogId) -> Option<LogId> {
        let inner = self.inner();
        let first = inner.renames.iter().rposition(|renamed| renamed.log(log).is_some())?;
        let mut now = log.clone();
        for renamed in inner.renames.range(first..) {
            now = renamed.log(&now).unwrap_or(now);
        }
        (now != *log).then_some(now)
    }
}
