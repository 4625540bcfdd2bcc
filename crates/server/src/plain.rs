//! The task of a connection in the hall, in whichever dialect: it reads when there is something to read and nothing under way, and
//! writes when it is woken. While it is idle it holds no buffer and no timer.

mod gateway;

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gate::{Bucket, Fingerprint, Ticket};
use hall::{Clash, Command, LogId, Origin, Reply, Seq, Text};
use ledger::Page;
use wire::irc::{self, Heard};
use wire::lines::{self, Frame, Framer, Names, Speaker};
use wire::outbox::PAGE_ENTRIES;
use wire::{Asked, Outbox, Style};

use crate::Settings;
use crate::conn::{Conn, Pumped, Signals};
use crate::hub::Input;
use crate::ledgerer::now;
use crate::shared::Shared;
use crate::timers::{Due, Timers};
use crate::transport::Transport;

/// Bytes read in one go, into a buffer that all connections of a thread share.
const READ_BYTES: usize = 16 * 1024;
/// Commands asked of the hall in one go.
const BATCH_COMMANDS: usize = 256;
/// How long a reader rests after the ledger could not be read.
const READ_AGAIN: Duration = Duration::from_secs(1);

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// A connection that is to be taken into the hall.
pub(crate) struct Arrival {
    pub(crate) transport: Transport,
    /// The client's address: the one for which a trusted proxy speaks, if one does. One of the local socket has that of
    /// this machine, and port 0.
    pub(crate) peer: SocketAddr,
    /// Whether it came in TLS, to here or to a trusted proxy.
    pub(crate) secure: bool,
    /// What its certificate is known by, if it has one. It has proven that the key is its own, and nothing else.
    pub(crate) certificate: Option<Box<[u8; 32]>>,
    /// Whether it came by the local socket, which only those can open who may read the ledger.
    pub(crate) local: bool,
    /// Its place among the connections that are allowed.
    pub(crate) ticket: Ticket,
    /// Bytes it has sent already.
    pub(crate) first: Vec<u8>,
    /// How it comes: whether it waits to be greeted, or introduces itself.
    pub(crate) how: hall::Arrival,
    /// It hears what comes after this entry.
    pub(crate) since: Seq,
}

/// A connection that speaks plain lines. This is the state that every idle connection holds: what is rarely waited for
/// is boxed.
#[derive(Debug)]
pub(crate) struct Plain {
    conn: Arc<Conn>,
    shared: Arc<Shared>,
    ticket: Ticket,
    ear: Ear,
    bucket: Bucket,
    /// Bytes that were read and not yet taken. Nothing more is read meanwhile.
    unread: Vec<u8>,
    timers: Timers,
    state: State,
    errand: Option<Errand>,
}

/// What makes messages of the bytes that a client sends.
#[derive(Debug)]
enum Ear {
    Lines(Framer, Speaker),
    /// IRC; whether it has said anything yet.
    Irc(irc::Framer, bool),
}

/// Something that has to be waited for before anything else is done.
struct Errand(Pin<Box<dyn Future<Output = Done> + Send>>);

/// What came of it.
enum Done {
    /// That is done.
    That,
    /// Entries were read from the ledger.
    Read(LogId, Seq, Page),
    /// The client has been seen off.
    Over,
}

impl Errand {
    fn new(future: impl Future<Output = Done> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Errand")
    }
}

/// Under what what was read is taken.
struct Taking<'a> {
    settings: &'a Settings,
    now_ms: u64,
    most: usize,
}

/// How things stand with a connection.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // They are independent of each other.
struct State {
    /// A batch of commands is with the hall.
    asking: bool,
    /// The sender has been silent for a pause.
    paused: bool,
    /// The pause was within a character, whose rest was waited for.
    extended: bool,
    /// The client has sent its last byte.
    ended: bool,
    /// Nothing more will be asked.
    done: bool,
    /// More answers wait than may.
    crowded: bool,
    /// Bytes of answers that are counted among those that wait for all clients.
    counted: u32,
    /// The connection is to be closed when everything has been written.
    closing: bool,
    /// The hall has been told that the client has gone.
    left: bool,
    /// Nothing is left to do.
    over: bool,
}

/// What a connection waited for.
#[derive(Debug)]
enum Event {
    Signals(Signals),
    Readable,
    Writable,
    Due(Due),
}

impl Plain {
    /// Takes a connection into the hall.
    pub(crate) fn enter(arrival: Arrival, shared: Arc<Shared>) -> Self {
        let Arrival { transport, peer, secure, certificate, local, ticket, first, how, since } = arrival;
        let session = shared.new_session();
        let shown = certificate.as_ref().map(|bytes| Fingerprint(**bytes).to_string());
        tracing::debug!(%peer, session = session.0, secure, certificate = shown, local, "connected");
        let lang = shared.settings.load().language;
        let (style, ear) = if how == hall::Arrival::Introduced {
            (Style::Irc(irc::Style { lang, ..irc::Style::default() }), Ear::Irc(irc::Framer::default(), false))
        } else {
            (Style::lines(lang), Ear::Lines(Framer::default(), Speaker::default()))
        };
        let mut plain = Self {
            conn: Arc::new(Conn::new(peer, transport, session, Outbox::new(session, style))),
            shared,
            ticket,
            ear,
            bucket: Bucket::default(),
            unread: first,
            timers: Timers::new(),
            state: State::default(),
            errand: None,
        };
        let origin = Box::new(Origin { address: peer.ip(), secure, local, certificate });
        plain.tell_hall(Input::Arrive(Arc::clone(&plain.conn), origin, how, since));
        plain
    }

    /// Serves it until it is over, and takes it out of the hall again.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(Errand(errand)) = &mut self.errand {
                let done = ready!(errand.as_mut().poll(cx));
                self.errand = None;
                match done {
                    Done::That => {}
                    Done::Read(log, after, page) => self.catch_up(&log, after, page),
                    Done::Over => self.state.over = true,
                }
            } else if self.state.over {
                return Poll::Ready(());
            } else if ready!(self.poll_step(cx)).is_break() {
                self.state.over = true;
                self.leave();
            }
        }
    }

    fn leave(&mut self) {
        if !self.state.left {
            self.state.left = true;
            self.tell_hall(Input::Leave(self.conn.session));
        }
    }

    fn tell_hall(&mut self, input: Input) {
        if let Some(full) = self.shared.tell_hall(input) {
            self.errand = Some(Errand::new(async {
                full.await;
                Done::That
            }));
        }
    }

    /// Asks what there is to ask, then waits for one event and sees to it. Break: the connection is over.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<ControlFlow<()>> {
        if !self.state.asking {
            let had = self.unread.len();
            let batch = self.take_unread();
            if batch.is_empty() && !self.unread.is_empty() && self.unread.len() < had {
                // Nothing was asked so far (blank lines, say), and there is more to look at.
                return Poll::Ready(ControlFlow::Continue(()));
            }
            if !batch.is_empty() {
                self.state.asking = true;
                self.tell_hall(Input::Batch(self.conn.session, batch));
                return Poll::Ready(ControlFlow::Continue(()));
            }
        }
        match ready!(self.poll_event(cx)) {
            Event::Signals(signals) => {
                if signals.abandoned() {
                    return Poll::Ready(ControlFlow::Break(()));
                }
                self.state.asking &= !signals.released();
                if signals.closing() {
                    // It is gone for the others at once, however long it takes to take what it is still sent.
                    self.state.closing = true;
                    self.leave();
                }
            }
            Event::Readable => return Poll::Ready(self.read()),
            Event::Writable => self.conn.unblock(),
            Event::Due(Due::Pause) => {
                self.state.paused = true;
                return Poll::Ready(ControlFlow::Continue(()));
            }
            Event::Due(Due::Rate) => return Poll::Ready(ControlFlow::Continue(())),
            Event::Due(Due::Pace) => {}
        }
        Poll::Ready(self.write())
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if let Some(signals) = self.conn.poll_signals(cx) {
            return Poll::Ready(Event::Signals(signals));
        }
        if self.may_read() && self.conn.transport.poll_read_ready(cx).is_ready() {
            return Poll::Ready(Event::Readable);
        }
        if self.conn.is_blocked() && self.conn.transport.poll_write_ready(cx).is_ready() {
            return Poll::Ready(Event::Writable);
        }
        self.timers.poll(cx, &self.shared).map(Event::Due)
    }

    /// Nothing is read while the hall is at work on what was read before, while something read was not taken, while too
    /// many answers wait to be written, and when nothing more will be asked.
    fn may_read(&self) -> bool {
        let State { asking, ended, closing, crowded, .. } = self.state;
        !(asking || ended || closing || crowded) && self.unread.is_empty()
    }

    fn read(&mut self) -> ControlFlow<()> {
        let read = SCRATCH.with_borrow_mut(|scratch| {
            let n = self.conn.transport.try_read(scratch)?;
            self.unread.extend_from_slice(&scratch[..n]);
            Ok::<_, io::Error>(n)
        });
        match read {
            Ok(0) => self.state.ended = true,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return ControlFlow::Break(()),
        }
        // Reading in TLS may leave something to be answered.
        match self.conn.flush() {
            Pumped::Gone => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    /// What the bytes read so far ask for, as much of it as the sender's rate and one batch allow.
    fn take_unread(&mut self) -> Vec<Asked> {
        let mut batch = Vec::new();
        if self.state.done || (self.unread.is_empty() && !self.state.paused && !self.state.ended) {
            return batch;
        }
        if self.state.paused && self.unread.is_empty() && !self.state.ended {
            // What came while the hall was at work has not been read: then there was no pause.
            let _ = self.read();
        }
        let settings = self.shared.settings.load();
        let now_ms = self.shared.now_ms();
        let most = self.bucket.available(now_ms, &settings.gate).min(BATCH_COMMANDS);
        if most == 0 {
            self.slow_down(&settings.gate, now_ms);
            return batch;
        }
        let taking = Taking { settings: &settings, now_ms, most };
        match self.ear {
            Ear::Lines(..) => self.take_lines(&taking, &mut batch),
            Ear::Irc(..) => self.take_irc(&taking, &mut batch),
        }
        batch
    }

    /// What plain lines ask for.
    fn take_lines(&mut self, taking: &Taking<'_>, batch: &mut Vec<Asked>) {
        let Taking { settings, now_ms, most } = *taking;
        let Ear::Lines(framer, speaker) = &mut self.ear else { return };
        let (names, limits, codec) = (Names::of(&settings.hall), &settings.wire, &self.shared.codec);
        let mut taken = 0;
        let mut each = |asked| batch.push(asked);
        let mut telnet = Vec::new();
        let mut hear = |frame: Frame<'_>| {
            if let Frame::Telnet(answer) = frame {
                telnet.extend_from_slice(answer);
                return ControlFlow::Continue(());
            }
            speaker.hear(frame, codec, names, limits, now(), &mut each);
            taken += 1;
            if taken < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let had = self.unread.len();
        let used = framer.feed(&self.unread, limits.line_bytes, &mut hear);
        let all = used == had;
        let whole = !framer.is_within_char() || self.state.extended;
        let quiet = had == 0 && self.state.paused && whole;
        if all && (self.state.ended || quiet) {
            framer.pause(limits.line_bytes, &mut hear);
        }
        let partial = framer.is_partial();
        // One frame of a program that sends no newlines may hold many messages.
        let adopts = |asked: &Asked| matches!(asked, Asked::Do(Command::Nick { clash: Clash::Adopt, .. }));
        let messages = batch.iter().filter(|asked| !adopts(asked)).count();
        self.bucket.take(taken.max(messages));
        if !telnet.is_empty() {
            self.conn.outbox().answer(Seq(0), telnet);
            self.conn.wake();
        }
        if all {
            self.unread = Vec::new();
            self.state.extended = self.state.paused && had == 0;
            self.state.paused = false;
            if partial {
                self.timers.set(Due::Pause, now_ms + settings.wire.pause_ms);
            } else {
                self.timers.clear(Due::Pause);
            }
        } else {
            self.unread.drain(..used);
        }
        self.end_of_input(all, batch);
        self.show_style();
    }

    /// What lines of IRC ask for.
    fn take_irc(&mut self, taking: &Taking<'_>, batch: &mut Vec<Asked>) {
        let Ear::Irc(framer, begun) = &mut self.ear else { return };
        let first = !*begun;
        let used = framer.feed(&self.unread, &mut |frame| {
            *begun = true;
            batch.push(Asked::Irc(Box::new(Heard::of(frame))));
            if batch.len() < taking.most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let all = used == self.unread.len();
        self.bucket.take(batch.len());
        if let Some(Asked::Irc(heard)) = batch.first_mut().filter(|_| first) {
            self.settle(heard, taking.settings);
        }
        if all {
            self.unread = Vec::new();
        } else {
            self.unread.drain(..used);
        }
        self.end_of_input(all, batch);
    }

    /// Who has sent their last byte leaves when all that they sent has been done.
    fn end_of_input(&mut self, all: bool, batch: &mut Vec<Asked>) {
        if all && self.state.ended {
            self.state.done = true;
            batch.push(Asked::Do(Command::Quit(Text::new(""))));
        }
    }

    /// The sender is too fast: nothing more is taken for a while. Who is so for too long is closed.
    fn slow_down(&mut self, limits: &gate::Limits, now_ms: u64) {
        let (until_ms, tell) = self.bucket.wait(limits);
        self.timers.set(Due::Rate, until_ms.max(now_ms + 1));
        if tell {
            self.tell(&Reply::Slowed(limits.messages_per_second.unwrap_or(0)));
        }
        if self.bucket.floods(limits) {
            self.tell(&Reply::Flooded);
            self.conn.close();
        }
    }

    /// The client is written to in the way in which it has shown to write.
    fn show_style(&self) {
        let Ear::Lines(_, speaker) = &self.ear else { return };
        let mut outbox = self.conn.outbox();
        let before = outbox.style();
        let lines = before.as_lines();
        let style =
            Style::Lines(lines::Style { legacy: speaker.is_legacy(), unframed: speaker.is_unframed(), ..lines });
        if style != before {
            outbox.set_style(style);
        }
    }

    fn tell(&self, reply: &Reply) {
        let mut outbox = self.conn.outbox();
        let bytes = outbox.style().aside(reply, &self.shared.codec);
        outbox.answer(Seq(0), bytes);
        drop(outbox);
        self.conn.wake();
    }

    fn write(&mut self) -> ControlFlow<()> {
        if self.conn.is_blocked() {
            return ControlFlow::Continue(());
        }
        let settings = self.shared.settings.load();
        let pumped = self.conn.pump(self.shared.now_ms(), settings.server.write_bytes, &self.shared.codec);
        let waiting = self.conn.outbox().answer_bytes();
        let many = self.shared.count_waiting(&mut self.state.counted, waiting, settings.server.replies_bytes);
        self.state.crowded = waiting > settings.server.reply_bytes || (many && waiting > 0);
        drop(settings);
        if !self.state.crowded && self.conn.take_stall() {
            self.tell_hall(Input::Proceed(self.conn.session));
        }
        match pumped {
            Pumped::Idle if self.state.closing => {
                let (conn, shared) = (Arc::clone(&self.conn), Arc::clone(&self.shared));
                self.errand = Some(Errand::new(async move {
                    farewell(&conn.transport, &shared).await;
                    Done::Over
                }));
            }
            Pumped::Idle | Pumped::Blocked => {}
            Pumped::Again => {
                self.conn.wake();
                self.errand = Some(Errand::new(async {
                    tokio::task::yield_now().await;
                    Done::That
                }));
            }
            Pumped::Wait(at_ms) => self.timers.set(Due::Pace, at_ms),
            Pumped::Page(log, after) => {
                let shared = Arc::clone(&self.shared);
                self.errand = Some(Errand::new(async move { read_page(log, after, &shared).await }));
            }
            Pumped::Gone => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// Goes on with what was read from the ledger.
    fn catch_up(&self, log: &LogId, after: Seq, page: Page) {
        let mut outbox = self.conn.outbox();
        let gap = page.gap.then(|| outbox.style().aside(&Reply::Gap, &self.shared.codec));
        outbox.catch_up(log, after, page.entries, gap);
        drop(outbox);
        self.conn.wake();
    }
}

impl Drop for Plain {
    /// A connection whose task has failed by a bug of ours leaves the hall like any other.
    fn drop(&mut self) {
        self.shared.count_waiting(&mut self.state.counted, 0, 0);
        if !self.state.left
            && let Some(full) = self.shared.tell_hall(Input::Leave(self.conn.session))
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(full);
        }
    }
}

/// Reads from the ledger what is no longer in memory.
async fn read_page(log: LogId, after: Seq, shared: &Shared) -> Done {
    loop {
        match shared.ledger.read(log.clone(), after, PAGE_ENTRIES).await {
            Ok(page) => return Done::Read(log, after, page),
            Err(error) => {
                tracing::error!(%error, "the ledger could not be read; trying again");
                tokio::time::sleep(READ_AGAIN).await;
            }
        }
    }
}

/// Says that nothing more is coming, and gives the client time to take what has been written.
async fn farewell(transport: &Transport, shared: &Shared) {
    let time = Duration::from_millis(shared.settings.load().gate.silence_ms);
    let _ = tokio::time::timeout(time, transport.goodbye()).await;
    crate::meet::linger(transport, time).await;
}
