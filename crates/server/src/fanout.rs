//! Delivering what a log has grown by: a pass over those who follow it, in which each is written what it has not passed.
//!
//! Passes are made by a few threads of their own, and those who follow a log are in groups, each of which is always
//! served by the same thread: what a pass touches stays in one core's cache, and nothing is scheduled for a connection that
//! is only written to. A connection's task is woken only for what it alone can do (wait for the socket, the clock or
//! the ledger); waking a thousand tasks for one message costs about half as much again as the writing. A pass gives way
//! after every few connections, and writes to no socket that does not take it at once, so that no client and no room waits
//! for another. While a pass is under way the log may grow on: those who are reached later are written more in one go.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hall::SessionId;
use wire::outbox::Glance;

use crate::conn::Conn;
use crate::shared::Shared;

/// Connections written to before another group has its turn.
const TURN: usize = 32;
/// Connections in one group; several groups of a large audience are written to in parallel.
const GROUP: usize = 512;

/// The threads that make passes.
#[derive(Debug)]
pub(crate) struct Deliverers {
    queues: Vec<Arc<Queue>>,
    /// The thread that gets the next group.
    next: AtomicUsize,
}

/// What one thread is to do.
#[derive(Debug, Default)]
struct Queue {
    passes: Mutex<Passes>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Passes {
    waiting: VecDeque<Pass>,
    closed: bool,
}

/// A pass over a group, and how far it has come.
#[derive(Debug)]
struct Pass {
    group: Arc<Group>,
    /// Those who were in the group when the pass began.
    seen: Option<Arc<[Arc<Conn>]>>,
    from: usize,
}

/// Everybody who follows a log.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    groups: Vec<Arc<Group>>,
}

#[derive(Debug)]
struct Group {
    members: Mutex<Members>,
    queue: Arc<Queue>,
    /// Whether a pass waits to be begun.
    due: AtomicBool,
}

/// Who is in a group.
#[derive(Debug, Default)]
struct Members {
    conns: Vec<Arc<Conn>>,
    /// Whose each of them is: to find one among thousands without fetching the others from memory.
    sessions: Vec<SessionId>,
    /// The same as a pass sees them, until somebody comes or goes.
    seen: Option<Arc<[Arc<Conn>]>>,
}

impl Deliverers {
    /// As many as this machine has cores; they wait to be begun.
    pub(crate) fn new() -> Self {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        Self { queues: (0..count).map(|_| Arc::default()).collect(), next: AtomicUsize::new(0) }
    }

    /// Begins the threads. They end when the deliverers are [closed](Self::close).
    pub(crate) fn begin(&self, shared: &Arc<Shared>) -> io::Result<()> {
        for (n, queue) in self.queues.iter().enumerate() {
            let (queue, shared) = (Arc::clone(queue), Arc::clone(shared));
            std::thread::Builder::new().name(format!("fanout-{n}")).spawn(move || queue.serve(&shared))?;
        }
        Ok(())
    }

    pub(crate) fn close(&self) {
        for queue in &self.queues {
            queue.passes().closed = true;
            queue.more.notify_one();
        }
    }

    fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queues[self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len()])
    }
}

impl Queue {
    fn passes(&self) -> MutexGuard<'_, Passes> {
        self.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, pass: Pass) {
        self.passes().waiting.push_back(pass);
        self.more.notify_one();
    }

    /// Makes passes, a turn of each after the other, until the queue is closed.
    fn serve(&self, shared: &Shared) {
        loop {
            let pass = {
                let idle = |passes: &mut Passes| passes.waiting.is_empty() && !passes.closed;
                let mut passes = self.more.wait_while(self.passes(), idle).unwrap_or_else(PoisonError::into_inner);
                if passes.closed {
                    return;
                }
                passes.waiting.pop_front()
            };
            let Some(mut pass) = pass else { continue };
            while pass.turn(shared) {
                let mut passes = self.passes();
                if !passes.waiting.is_empty() {
                    passes.waiting.push_back(pass);
                    break;
                }
            }
        }
    }
}

impl Pass {
    /// Writes to the next few; false when there are no more.
    fn turn(&mut self, shared: &Shared) -> bool {
        let seen = self.seen.get_or_insert_with(|| {
            // What grows from here on, and who comes, calls for another pass.
            self.group.due.store(false, Ordering::Release);
            self.group.seen()
        });
        let until = (self.from + TURN).min(seen.len());
        let write_bytes = shared.settings.load().server.write_bytes;
        let now_ms = shared.now_ms();
        let mut glance = Glance::default();
        for (next, conn) in (self.from + 1..).zip(&seen[self.from..until]) {
            // The next one is on its way from memory while this one is written to.
            std::hint::black_box(seen.get(next).is_some_and(|next| next.is_blocked()));
            let deliver = AssertUnwindSafe(|| conn.deliver(now_ms, write_bytes, &shared.codec, &mut glance));
            if catch_unwind(deliver).is_err() {
                // A bug of ours costs that connection and no other: its own task runs into the same, and ends.
                conn.wake();
            }
        }
        self.from = until;
        until < seen.len()
    }
}

impl Audience {
    /// One more follows.
    pub(crate) fn add(&mut self, conn: Arc<Conn>, deliverers: &Deliverers) {
        let room = self.groups.iter().rposition(|group| group.members().conns.len() < GROUP);
        let group = room.unwrap_or_else(|| {
            self.groups.push(Arc::new(Group {
                members: Mutex::default(),
                queue: deliverers.queue(),
                due: AtomicBool::new(false),
            }));
            self.groups.len() - 1
        });
        let mut members = self.groups[group].members();
        members.sessions.push(conn.session);
        members.conns.push(conn);
        members.seen = None;
    }

    /// One does not follow any more.
    pub(crate) fn remove(&mut self, session: SessionId) {
        for (index, group) in self.groups.iter().enumerate() {
            let mut members = group.members();
            if let Some(at) = members.sessions.iter().position(|of| *of == session) {
                members.conns.swap_remove(at);
                members.sessions.swap_remove(at);
                members.seen = None;
                let empty = members.conns.is_empty();
                drop(members);
                if empty {
                    self.groups.swap_remove(index);
                }
                return;
            }
        }
    }

    /// How many follow it.
    pub(crate) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.members().conns.len()).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Everybody who follows it.
    pub(crate) fn each(&self, mut what: impl FnMut(&Conn)) {
        for group in &self.groups {
            group.seen().iter().for_each(|conn| what(conn));
        }
    }

    /// Has everybody written what they have not passed.
    pub(crate) fn deliver(&self) {
        for group in &self.groups {
            if !group.due.swap(true, Ordering::AcqRel) {
                group.queue.push(Pass { group: Arc::clone(group), seen: None, from: 0 });
            }
        }
    }
}

impl Group {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everybody in the group, as of now.
    fn seen(&self) -> Arc<[Arc<Conn>]> {
        let mut members = self.members();
        let Members { conns, seen, .. } = &mut *members;
        Arc::clone(seen.get_or_insert_with(|| conns.as_slice().into()))
    }
}
