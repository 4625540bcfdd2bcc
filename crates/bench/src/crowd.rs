//! Many connections to one server and the one loop that drives them.
//!
//! One thread, one epoll, one scratch buffer into which everybody's bytes are read and where most of them are also
//! judged: the generator shares the machine with the server and must not be what is measured. All that may be sent at
//! one time by one connection goes out in one write. Everybody is read all the time, and a ping is answered in whatever
//! the crowd is used for. A connection that the server closes is counted; whether that is an error, the caller knows.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Error, Result, bail};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::{self, Errno};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use crate::codec::each_line;
use crate::dialect::{self, Dialect, Said};
use crate::net::{Target, read_some};
use crate::patience::Patience;

/// Few enough that a message that has become due does not wait long, many enough that asking costs nothing.
const EVENTS_MAX: usize = 128;
const SCRATCH_BYTES: usize = 256 * 1024;
const TIMER: u64 = u64::MAX;
/// The longest sleep, after which patience is looked at.
const NAP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// Connections made before they have to be welcomed, so that no server's queue of new ones overflows.
const BATCH: usize = 500;
/// Time for connections to be made, and for the next one to be welcomed or let into a room.
const ENTRY_LIMIT: Duration = Duration::from_secs(30);
/// Without a byte for anybody in this time a server counts as silent; and how long that is waited for.
pub(crate) const QUIET: Duration = Duration::from_secs(1);
const QUIET_LIMIT: Duration = Duration::from_secs(60);

struct Guest {
    socket: OwnedFd,
    /// The beginning of a line whose end has not come.
    carry: Vec<u8>,
    /// What is still to be written.
    outgoing: Vec<u8>,
    /// Whether the socket was full and epoll tells us when it no longer is.
    blocked: bool,
    open: bool,
}

/// A line that somebody heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    /// Whose connection it came over.
    pub(crate) who: usize,
    /// The line without its newline.
    pub(crate) line: &'a [u8],
    /// When it was read.
    pub(crate) at: Instant,
}

/// All connections of a run, numbered from 0.
pub(crate) struct Crowd {
    target: Target,
    dialect: Dialect,
    run: u32,
    epoll: OwnedFd,
    timer: OwnedFd,
    guests: Vec<Guest>,
    /// Those whose outgoing bytes nobody has tried to write yet.
    unwritten: Vec<usize>,
    events: Vec<epoll::Event>,
    scratch: Vec<u8>,
    received: u64,
    closed: usize,
    /// The last line in which the server denied something.
    refusal: Option<String>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(target: Target, dialect: Dialect) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), EventFlags::IN)?;
        Ok(Self {
            target,
            dialect,
            run: run_number(),
            epoll,
            timer,
            guests: Vec::new(),
            unwritten: Vec::new(),
            events: Vec::with_capacity(EVENTS_MAX),
            scratch: vec![0; SCRATCH_BYTES],
            received: 0,
            closed: 0,
            refusal: None,
        })
    }

    /// Connects `count` more and, where the dialect has that, waits until all are welcomed.
    pub(crate) fn admit(&mut self, count: usize) -> Result<()> {
        let end = self.guests.len() + count;
        let mut patience = Patience::new(format!("{count} connections"), ENTRY_LIMIT);
        while self.guests.len() < end {
            let first = self.guests.len();
            for index in first..end.min(first + BATCH) {
                patience.check()?;
                self.connect(index)?;
            }
            if self.dialect.is_irc() {
                self.until_all(first, "everybody to be welcomed", |said| said == Said::Welcome)?;
                patience.renew();
            }
        }
        Ok(())
    }

    /// Has everybody join `room` at once and waits until all are inside. In plain lines everybody already is.
    pub(crate) fn join(&mut self, room: &str) -> Result<()> {
        if !self.dialect.is_irc() {
            return Ok(());
        }
        for who in 0..self.guests.len() {
            self.queue(who).extend_from_slice(format!("JOIN {room}\r\n").as_bytes());
        }
        self.until_all(0, "everybody to be let into the room", |said| said.is_inside(room))
    }

    /// How many have been connected.
    pub(crate) fn len(&self) -> usize {
        self.guests.len()
    }

    /// The number drawn for this run, which tells its messages and nicknames from those of others.
    pub(crate) fn run(&self) -> u32 {
        self.run
    }

    /// Bytes that have come for all together.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Whether the server has not closed this connection.
    pub(crate) fn is_open(&self, who: usize) -> bool {
        self.guests[who].open
    }

    /// An error if the server has closed a connection.
    pub(crate) fn ensure_whole(&self) -> Result<()> {
        if self.closed == 0 {
            return Ok(());
        }
        let index = self.guests.iter().position(|guest| !guest.open).unwrap_or_default();
        let hint = "hint: is the server's limit of connections high enough?";
        let closed = anyhow::anyhow!("the server closed connection {} of {}\n{hint}", index + 1, self.guests.len());
        Err(self.explain(closed))
    }

    /// The error with what the server denied last, if it denied anything.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match &self.refusal {
            Some(refusal) => anyhow::anyhow!("{error:#}\nwhat the server refused last: {refusal}"),
            None => error,
        }
    }

    /// Where to put what `who` is to say. It is written by [`Self::flush`] or at the end of a turn.
    pub(crate) fn queue(&mut self, who: usize) -> &mut Vec<u8> {
        let guest = &mut self.guests[who];
        if guest.outgoing.is_empty() {
            self.unwritten.push(who);
        }
        &mut guest.outgoing
    }

    /// Writes what is queued, as far as the sockets take it now; the rest follows when they do.
    pub(crate) fn flush(&mut self) -> Result<()> {
        while let Some(who) = self.unwritten.pop() {
            self.write(who)?;
        }
        Ok(())
    }

    /// Sees to it that the next turn does not last longer than this.
    pub(crate) fn wake_in(&self, wait: Duration) -> Result<()> {
        // Zero would disarm it.
        let wait = wait.max(Duration::from_nanos(1));
        let value = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).context("cannot set a timer")?;
        Ok(())
    }

    /// Waits for what comes next and reads it. `on_line` says whether it knows the line; others are looked at here.
    pub(crate) fn turn(&mut self, mut on_line: impl FnMut(Heard<'_>) -> bool) -> Result<()> {
        self.flush()?;
        self.events.clear();
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), Some(&NAP)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for events"),
        }
        for at in 0..self.events.len() {
            let (token, flags) = (self.events[at].data.u64(), self.events[at].flags);
            if token == TIMER {
                // It only had to wake us; it may have been set anew meanwhile.
                let _ = io::read(&self.timer, &mut [0; 8]);
                continue;
            }
            if flags.contains(EventFlags::OUT) {
                self.write(token as usize)?;
            }
            self.read(token as usize, &mut on_line)?;
        }
        self.flush()
    }

    /// Reads for so long and forgets what came.
    pub(crate) fn rest(&mut self, wait: Duration) -> Result<()> {
        let until = Instant::now() + wait;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.wake_in(left)?;
            self.turn(|_| false)?;
        }
        Ok(())
    }

    /// Reads until nothing has come for [`QUIET`].
    pub(crate) fn quiet(&mut self, mut on_line: impl FnMut(Heard<'_>) -> bool) -> Result<()> {
        let patience = Patience::new("the server to fall silent", QUIET_LIMIT);
        let mut since = Instant::now();
        while since.elapsed() < QUIET {
            patience.check()?;
            let received = self.received;
            self.turn(&mut on_line)?;
            if self.received != received {
                since = Instant::now();
            }
        }
        Ok(())
    }

    fn connect(&mut self, index: usize) -> Result<()> {
        let socket = self.target.connect(index)?;
        epoll::add(&self.epoll, &socket, EventData::new_u64(index as u64), EventFlags::IN)?;
        self.guests.push(Guest { socket, carry: Vec::new(), outgoing: Vec::new(), blocked: false, open: true });
        if self.dialect.is_irc() {
            let hello = self.dialect.hello(&dialect::nick(self.run, index));
            self.queue(index).extend_from_slice(hello.as_bytes());
        }
        Ok(())
    }

    /// Reads until each from `first` on has heard what `is_it` looks for. Whoever is refused anything ends it.
    fn until_all(&mut self, first: usize, what: &str, is_it: impl Fn(Said<'_>) -> bool) -> Result<()> {
        let mut waiting: Vec<_> = (0..self.guests.len()).map(|who| who >= first).collect();
        let mut left = self.guests.len() - first;
        let mut patience = Patience::new(what, ENTRY_LIMIT);
        while left > 0 {
            patience.check()?;
            let before = left;
            self.turn(|heard| {
                let came = waiting[heard.who] && is_it(Said::of(heard.line));
                waiting[heard.who] &= !came;
                left -= usize::from(came);
                came
            })?;
            self.ensure_whole()?;
            if let Some(refusal) = &self.refusal {
                bail!("the server refused something while we waited for {what}: {refusal}");
            }
            if left < before {
                patience.renew();
            }
        }
        Ok(())
    }

    fn write(&mut self, who: usize) -> Result<()> {
        let guest = &mut self.guests[who];
        if !guest.open {
            guest.outgoing.clear();
            return Ok(());
        }
        let written = match io::write(&guest.socket, &guest.outgoing) {
            Ok(written) => written,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Err(_) => return self.close(who),
        };
        guest.outgoing.drain(..written);
        let blocked = !guest.outgoing.is_empty();
        if blocked != guest.blocked {
            guest.blocked = blocked;
            let interest = if blocked { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN };
            epoll::modify(&self.epoll, &guest.socket, EventData::new_u64(who as u64), interest)?;
        }
        Ok(())
    }

    fn read(&mut self, who: usize, on_line: &mut impl FnMut(Heard<'_>) -> bool) -> Result<()> {
        let guest = &mut self.guests[who];
        let length = match read_some(&guest.socket, &mut self.scratch) {
            None => return Ok(()),
            Some(0) => return self.close(who),
            Some(length) => length,
        };
        let at = Instant::now();
        self.received += length as u64;
        let (irc, silent) = (self.dialect.is_irc(), guest.outgoing.is_empty());
        each_line(&mut guest.carry, &self.scratch[..length], |line| {
            if on_line(Heard { who, line, at }) || !irc {
                return;
            }
            match Said::of(line) {
                Said::Ping(token) => guest.outgoing.extend_from_slice(&[b"PONG ", token, b"\r\n"].concat()),
                Said::Refused => self.refusal = Some(String::from_utf8_lossy(line).trim_end().to_owned()),
                _ => {}
            }
        });
        if silent && !guest.outgoing.is_empty() {
            self.unwritten.push(who);
        }
        Ok(())
    }

    /// The server no longer wants this one. What it still had to say is forgotten.
    fn close(&mut self, who: usize) -> Result<()> {
        let guest = &mut self.guests[who];
        if guest.open {
            guest.open = false;
            guest.outgoing.clear();
            self.closed += 1;
            epoll::delete(&self.epoll, &guest.socket)?;
        }
        Ok(())
    }
}

/// Tells the messages of this run from those of another that a server may play again.
fn run_number() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (now.as_nanos() as u32).wrapping_mul(0x9e37_79b1) ^ std::process::id()
}
