//! The connections of a run and the one loop that drives them.
//!
//! One thread, one epoll, one scratch buffer into which everybody's bytes are read and where most of them are also
//! judged: the generator shares the machine with the server and must not be what is measured. All that may be sent at
//! one time by one sender goes out in one write. Nothing here knows which server it talks to.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::{self, Errno};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use super::tally::Tally;
use super::{Latency, Plan};
use crate::codec::{Codec, Kind, Message, each_line};
use crate::net::read_some;
use crate::patience::Patience;

/// Few enough that a message that has become due does not wait long, many enough that asking costs nothing.
const EVENTS_MAX: usize = 128;
const SCRATCH_BYTES: usize = 256 * 1024;
const TIMER: u64 = u64::MAX;
/// The longest sleep, after which patience is looked at.
const NAP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// Time for everybody to be let in, and between one probe and the next.
const JOIN_LIMIT: Duration = Duration::from_secs(30);
const PROBE_INTERVAL: Duration = Duration::from_millis(50);

struct Connection {
    socket: OwnedFd,
    /// The beginning of a line whose end has not come.
    carry: Vec<u8>,
}

/// What a sender has still to write.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    /// Whether the socket was full and epoll tells us when it no longer is.
    blocked: bool,
}

/// All connections of a run; the senders come first.
pub(super) struct Engine {
    epoll: OwnedFd,
    timer: OwnedFd,
    connections: Vec<Connection>,
    outgoing: Vec<Outgoing>,
    events: Vec<epoll::Event>,
    scratch: Vec<u8>,
    codec: Codec,
    tally: Tally,
    stall: Duration,
    /// The number of the next probe, and of the first that counts in this round.
    probes: u32,
    probes_from: u32,
}

impl Engine {
    /// Connects everybody of the plan.
    pub(super) fn connect(plan: &Plan, codec: Codec) -> Result<Self> {
        let count = plan.senders + plan.members;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)?;
        let patience = Patience::new(format!("{count} connections"), JOIN_LIMIT);
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            patience.check()?;
            let socket = plan.target.connect(index)?;
            epoll::add(&epoll, &socket, EventData::new_u64(index as u64), EventFlags::IN)?;
            connections.push(Connection { socket, carry: Vec::new() });
        }
        Ok(Self {
            epoll,
            timer,
            connections,
            outgoing: (0..plan.senders).map(|_| Outgoing::default()).collect(),
            events: Vec::with_capacity(EVENTS_MAX),
            scratch: vec![0; SCRATCH_BYTES],
            codec,
            tally: Tally::new(count, plan.senders, plan.messages + plan.warmup),
            stall: plan.stall,
            probes: 0,
            probes_from: 0,
        })
    }

    /// The books.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Sends probes until everybody has heard everybody who speaks.
    pub(super) fn join(&mut self) -> Result<()> {
        let patience = Patience::new("everybody to hear everybody who speaks", JOIN_LIMIT);
        self.probes_from = self.probes;
        self.tally.begin_probes();
        let mut due = Instant::now();
        while self.tally.unprobed() > 0 {
            patience.check()?;
            if Instant::now() >= due {
                self.probe()?;
                due += PROBE_INTERVAL;
                self.wake_in(PROBE_INTERVAL)?;
            }
            self.turn(|_, _| {})?;
        }
        Ok(())
    }

    /// Sends a last probe and waits until everybody has it: whatever was on its way before has come then.
    pub(super) fn settle(&mut self) -> Result<()> {
        let patience = Patience::new("the last probe", self.stall);
        self.probes_from = self.probes;
        self.tally.begin_probes();
        self.probe()?;
        // A server that loses messages may lose this one too. That is told by the faults, not by an error.
        while self.tally.unprobed() > 0 {
            if patience.is_over()? && !self.tally.faults().is_clean() {
                break;
            }
            patience.check()?;
            self.turn(|_, _| {})?;
        }
        Ok(())
    }

    /// Sends `messages` more, never more than `window` of them in flight, until all have arrived or nothing comes.
    pub(super) fn closed_loop(&mut self, window: u64, messages: u64) -> Result<()> {
        let end = self.tally.sent() + messages;
        let mut patience = Patience::new("deliveries", self.stall);
        loop {
            while self.tally.sent() < end && self.tally.sent() - self.tally.completed() < window {
                self.queue_next();
            }
            self.flush_all()?;
            if self.tally.completed() >= end || patience.is_over()? {
                return Ok(());
            }
            if self.turn(|_, _| {})? {
                patience.renew();
            }
        }
    }

    /// Sends `messages` more, `rate` of them a second whatever comes back, until all have arrived or nothing comes.
    pub(super) fn open_loop(&mut self, rate: f64, messages: u64, latency: &mut Latency) -> Result<()> {
        let (first, senders) = (self.tally.sent(), self.outgoing.len() as u64);
        let end = first + messages;
        let began = Instant::now();
        let due = |index: u64| began + Duration::from_secs_f64((index - first) as f64 / rate);
        let mut patience = Patience::new("deliveries", self.stall);
        loop {
            let (sent, now) = (self.tally.sent(), Instant::now());
            while self.tally.sent() < end && due(self.tally.sent()) <= now {
                latency.sent_late_max = latency.sent_late_max.max(now - due(self.tally.sent()));
                self.queue_next();
            }
            self.flush_all()?;
            if self.tally.sent() != sent && self.tally.sent() < end {
                self.wake_in(due(self.tally.sent()).saturating_duration_since(Instant::now()))?;
            }
            if self.tally.completed() >= end || patience.is_over()? {
                return Ok(());
            }
            let heard = self.turn(|message, now| {
                let index = u64::from(message.seq) * senders + u64::from(message.sender);
                let late = now.saturating_duration_since(due(index));
                latency.histogram.saturating_record(late.as_nanos() as u64);
            })?;
            if heard || self.tally.sent() < end {
                patience.renew();
            }
        }
    }

    fn probe(&mut self) -> Result<()> {
        for (sender, outgoing) in self.outgoing.iter_mut().enumerate() {
            let probe = Message { kind: Kind::Probe, sender: sender as u16, seq: self.probes };
            self.codec.encode(probe, &mut outgoing.bytes);
        }
        self.probes += 1;
        self.flush_all()
    }

    fn queue_next(&mut self) {
        let (sender, seq) = self.tally.send();
        let message = Message { kind: Kind::Counted, sender: sender as u16, seq };
        self.codec.encode(message, &mut self.outgoing[sender].bytes);
    }

    fn flush_all(&mut self) -> Result<()> {
        for sender in 0..self.outgoing.len() {
            if !self.outgoing[sender].bytes.is_empty() && !self.outgoing[sender].blocked {
                self.flush(sender)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, sender: usize) -> Result<()> {
        let (outgoing, socket) = (&mut self.outgoing[sender], &self.connections[sender].socket);
        let written = match io::write(socket, &outgoing.bytes) {
            Ok(written) => written,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(error) => return Err(error).context("the server closed a sender's connection"),
        };
        outgoing.bytes.drain(..written);
        let blocked = !outgoing.bytes.is_empty();
        if blocked != outgoing.blocked {
            outgoing.blocked = blocked;
            let interest = if blocked { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            epoll::modify(&self.epoll, socket, EventData::new_u64(sender as u64), interest)?;
        }
        Ok(())
    }

    /// Sees to it that the next turn does not last longer than this.
    fn wake_in(&self, wait: Duration) -> Result<()> {
        // Zero would disarm it.
        let wait = wait.max(Duration::from_nanos(1));
        let value = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).context("cannot set a timer")?;
        Ok(())
    }

    /// Waits for what comes next and reads it. Whether any of it was a delivery.
    fn turn(&mut self, mut on_delivery: impl FnMut(Message, Instant)) -> Result<bool> {
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&NAP)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for events"),
        }
        let delivered = self.tally.delivered();
        for at in 0..self.events.len() {
            let (token, flags) = (self.events[at].data.u64(), self.events[at].flags);
            if token == TIMER {
                // It only had to wake us; it may have been set anew meanwhile.
                let _ = io::read(&self.timer, &mut [0; 8]);
                continue;
            }
            if flags.contains(EventFlags::OUT) {
                self.flush(token as usize)?;
            }
            self.read(token as usize, &mut on_delivery)?;
        }
        Ok(self.tally.delivered() != delivered)
    }

    fn read(&mut self, receiver: usize, on_delivery: &mut impl FnMut(Message, Instant)) -> Result<()> {
        let connection = &mut self.connections[receiver];
        let length = match read_some(&connection.socket, &mut self.scratch) {
            None => return Ok(()),
            Some(0) => bail!("the server closed connection {} of {}", receiver + 1, self.connections.len()),
            Some(length) => length,
        };
        let now = Instant::now();
        each_line(&mut connection.carry, &self.scratch[..length], |line| {
            let Some(message) = self.codec.decode(line) else { return };
            match message.kind {
                Kind::Probe if message.seq >= self.probes_from => self.tally.probe(receiver, message.sender.into()),
                Kind::Probe => {}
                Kind::Counted => {
                    if self.tally.deliver(receiver, message.sender.into(), message.seq) {
                        on_delivery(message, now);
                    }
                }
            }
        });
        Ok(())
    }
}
