//! Delivering what a log has grown by: a pass over those who follow it, in which each is written what it has not passed.
//!
//! A connection's task is woken only for what it alone can do (wait for the socket, the clock or the ledger); waking a
//! thousand tasks for one message costs about as much again as the writing. A pass gives way after every few
//! connections, and writes to no socket that does not take it at once, so that no client and no room waits for another. While
//! a pass is under way the log may grow on: those who are reached later are written more in one go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hall::SessionId;

use crate::conn::Conn;
use crate::shared::Shared;

/// Connections written to before others have their turn.
const TURN: usize = 128;
/// Connections in one group; several groups of a large audience are written to in parallel.
const GROUP: usize = 1_024;

/// Everybody who follows a log.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    groups: Vec<Arc<Group>>,
}

#[derive(Debug, Default)]
struct Group {
    conns: Mutex<Vec<Arc<Conn>>>,
    /// Whether a pass is due.
    due: AtomicBool,
    /// Whether a task is making passes.
    passing: AtomicBool,
}

impl Audience {
    /// One more follows.
    pub(crate) fn add(&mut self, conn: Arc<Conn>) {
        if let Some(group) = self.groups.iter().rev().find(|group| group.conns().len() < GROUP) {
            group.conns().push(conn);
        } else {
            let group = Group { conns: Mutex::new(vec![conn]), ..Group::default() };
            self.groups.push(Arc::new(group));
        }
    }

    /// One does not follow any more.
    pub(crate) fn remove(&mut self, session: SessionId) {
        for (index, group) in self.groups.iter().enumerate() {
            let mut conns = group.conns();
            if let Some(at) = conns.iter().position(|conn| conn.session == session) {
                conns.swap_remove(at);
                let empty = conns.is_empty();
                drop(conns);
                // A pass under way may miss the one that has just changed its place: another one will not.
                group.due.store(true, Ordering::Release);
                if empty {
                    self.groups.swap_remove(index);
                }
                return;
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Has everybody written what they have not passed.
    pub(crate) fn deliver(&self, shared: &Arc<Shared>) {
        for group in &self.groups {
            group.due.store(true, Ordering::Release);
            if !group.passing.swap(true, Ordering::AcqRel) {
                tokio::spawn(Arc::clone(group).passes(Arc::clone(shared)));
            }
        }
    }
}

impl Group {
    fn conns(&self) -> MutexGuard<'_, Vec<Arc<Conn>>> {
        self.conns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes passes for as long as one is due.
    async fn passes(self: Arc<Self>, shared: Arc<Shared>) {
        loop {
            while self.due.swap(false, Ordering::AcqRel) {
                self.pass(&shared).await;
            }
            self.passing.store(false, Ordering::Release);
            // Something may have become due after the last look, by one who saw that passes were being made.
            if !self.due.load(Ordering::Acquire) || self.passing.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    async fn pass(&self, shared: &Shared) {
        let mut turn = Vec::with_capacity(TURN);
        let mut from = 0;
        loop {
            {
                let conns = self.conns();
                turn.extend(conns.iter().skip(from).take(TURN).cloned());
            }
            if turn.is_empty() {
                return;
            }
            from += turn.len();
            let write_bytes = shared.settings.load().server.write_bytes;
            let now_ms = shared.now_ms();
            for conn in turn.drain(..) {
                conn.deliver(now_ms, write_bytes, &shared.codec);
            }
            tokio::task::yield_now().await;
        }
    }
}
