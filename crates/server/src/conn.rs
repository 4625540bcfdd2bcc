//! A connection in the hall: its socket, and what it is yet to be sent.
//!
//! Whoever has something to write does so under the outbox's lock and never waits for the socket: usually a pass over a
//! log's audience, otherwise the connection's own task, which alone waits. The hall's loop puts cursors and answers into the
//! outbox and wakes the task; a message is never put into the outbox at all.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Context;

use atomic_waker::AtomicWaker;
use hall::{LogId, Seq, SessionId};
use wire::outbox::{Glance, Next};
use wire::{Codec, Outbox};

use crate::transport::Transport;

/// Writes in one go before the others have their turn.
const WRITES: usize = 4;

/// There may be something to write.
const WOKEN: u8 = 1;
/// The batch of commands under way has been done with.
const RELEASED: u8 = 2;
/// The connection is to be closed when everything has been written.
const CLOSING: u8 = 4;
/// The socket takes no more for now, and may not have taken all that was written; the task waits until it does.
const BLOCKED: u8 = 8;
/// The hall's loop waits until answers have been taken.
const STALLED: u8 = 16;

/// The connection is to end at once: the client has not taken what it was told.
const ABANDONED: u8 = 32;

/// A connection in the hall. What a pass over many connections touches of each stands together, in few lines of the cache.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Conn {
    flags: AtomicU8,
    pub(crate) transport: Transport,
    outbox: Mutex<Outbox>,
    waker: AtomicWaker,
    pub(crate) session: SessionId,
    pub(crate) peer: SocketAddr,
}

/// How far writing has come.
#[derive(Debug)]
pub(crate) enum Pumped {
    /// Everything has been written.
    Idle,
    /// There is more, when the others have had their turn.
    Again,
    /// There is more, when the socket takes it.
    Blocked,
    /// There is more, at this moment.
    Wait(u64),
    /// There is more, on the ledger.
    Page(LogId, Seq),
    /// The client is gone.
    Gone,
}

/// What the hall's loop has done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signals(u8);

impl Signals {
    pub(crate) fn released(self) -> bool {
        self.0 & RELEASED != 0
    }

    pub(crate) fn closing(self) -> bool {
        self.0 & CLOSING != 0
    }

    pub(crate) fn abandoned(self) -> bool {
        self.0 & ABANDONED != 0
    }
}

impl Conn {
    pub(crate) fn new(peer: SocketAddr, transport: Transport, session: SessionId, outbox: Outbox) -> Self {
        Self {
            session,
            peer,
            transport,
            outbox: Mutex::new(outbox),
            waker: AtomicWaker::new(),
            flags: AtomicU8::new(0),
        }
    }

    /// What it is yet to be sent. Whoever puts something in wakes the task afterwards.
    pub(crate) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be something to write.
    pub(crate) fn wake(&self) {
        self.signal(WOKEN);
    }

    /// The batch of commands under way has been done with.
    pub(crate) fn release(&self) {
        self.signal(RELEASED);
    }

    /// The connection is to be closed when everything has been written.
    pub(crate) fn close(&self) {
        self.signal(CLOSING);
    }

    /// The connection is to end at once.
    pub(crate) fn abandon(&self) {
        self.signal(ABANDONED);
    }

    fn signal(&self, flag: u8) {
        if self.flags.fetch_or(flag, Ordering::AcqRel) & flag == 0 {
            self.waker.wake();
        }
    }

    /// What has been signalled since the last time, if anything; otherwise the task is woken when something is.
    pub(crate) fn poll_signals(&self, cx: &Context<'_>) -> Option<Signals> {
        if let Some(signals) = self.take_signals() {
            return Some(signals);
        }
        self.waker.register(cx.waker());
        self.take_signals()
    }

    fn take_signals(&self) -> Option<Signals> {
        if self.flags.load(Ordering::Acquire) & (WOKEN | RELEASED | CLOSING | ABANDONED) == 0 {
            return None;
        }
        Some(Signals(self.flags.fetch_and(BLOCKED | STALLED, Ordering::AcqRel)))
    }

    /// Whether the socket has taken no more.
    pub(crate) fn is_blocked(&self) -> bool {
        self.flags.load(Ordering::Acquire) & BLOCKED != 0
    }

    /// The socket takes more again.
    pub(crate) fn unblock(&self) {
        self.flags.fetch_and(!BLOCKED, Ordering::AcqRel);
    }

    /// Whether more than `reply_bytes` of answers wait. If so, the task says when they do not any more.
    pub(crate) fn stall_over(&self, reply_bytes: usize) -> bool {
        if self.outbox().answer_bytes() <= reply_bytes {
            return false;
        }
        self.flags.fetch_or(STALLED, Ordering::AcqRel);
        self.wake();
        true
    }

    /// Whether the hall's loop waited for answers to be taken, and need not any more.
    pub(crate) fn take_stall(&self) -> bool {
        self.flags.load(Ordering::Acquire) & STALLED != 0
            && self.flags.fetch_and(!STALLED, Ordering::AcqRel) & STALLED != 0
    }

    /// Writes what waits, as far as that can be done without waiting; the task is woken for the rest. The glance is the
    /// pass's, which has others to deliver the same to.
    pub(crate) fn deliver(&self, now_ms: u64, write_bytes: usize, codec: &Codec, glance: &mut Glance) {
        if self.is_blocked() {
            return;
        }
        let mut outbox = self.outbox();
        if let Some(class) = outbox.whole(glance, write_bytes, codec) {
            // What goes wrong here goes wrong again below, where it is looked at.
            if let Ok(written) = self.transport.try_write(&glance.slices(class)) {
                outbox.took(glance, class, written);
            }
        }
        if !matches!(self.pump_from(&mut outbox, now_ms, write_bytes, codec), Pumped::Idle) {
            self.wake();
        }
    }

    /// Writes what waits, as far as the socket takes it.
    pub(crate) fn pump(&self, now_ms: u64, write_bytes: usize, codec: &Codec) -> Pumped {
        self.pump_from(&mut self.outbox(), now_ms, write_bytes, codec)
    }

    fn pump_from(&self, outbox: &mut Outbox, now_ms: u64, write_bytes: usize, codec: &Codec) -> Pumped {
        for _ in 0..WRITES {
            let gathered = match outbox.next(now_ms, write_bytes, codec) {
                Next::Idle => return self.flushed(Pumped::Idle),
                Next::Wait(ms) => return self.flushed(Pumped::Wait(ms)),
                Next::Page(log, after) => return self.flushed(Pumped::Page(log, after)),
                Next::Write(gathered) => gathered,
            };
            let written = self.transport.try_write(&outbox.slices(&gathered));
            match written {
                Ok(0) => return Pumped::Gone,
                Ok(n) => outbox.wrote(gathered, n),
                Err(e) => return self.failed(&e),
            }
        }
        Pumped::Again
    }

    /// Sends what the socket has not taken of what was written before.
    pub(crate) fn flush(&self) -> Pumped {
        self.flushed(Pumped::Idle)
    }

    fn flushed(&self, pumped: Pumped) -> Pumped {
        match self.transport.try_flush() {
            Ok(()) => pumped,
            Err(e) => self.failed(&e),
        }
    }

    fn failed(&self, error: &io::Error) -> Pumped {
        if error.kind() == io::ErrorKind::WouldBlock {
            self.flags.fetch_or(BLOCKED, Ordering::AcqRel);
            return Pumped::Blocked;
        }
        Pumped::Gone
    }
}
