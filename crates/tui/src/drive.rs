//! The one loop: events in, what the conversation asks for out. It alone touches the screen, so nothing is ever shown out
//! of order or in the middle of something else.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use wire::Lang;
use wire::lines::Codec;
use wire::text::printable;

use crate::address::Address;
use crate::backoff::Backoff;
use crate::dial::{Dialed, Dialer};
use crate::editor::Outcome as Typed;
use crate::limits::{DOORSTEP, EVENTS, STEADY};
use crate::link::Link;
use crate::screen::Screen;
use crate::talk::{Effect, HELLO, IrcTalk, Line, RelayTalk, Setup, Talk, is_leaving};
use crate::{Ended, Error, Options, input, texts};

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// Bytes came from the terminal.
    Keys(Vec<u8>),
    /// A line came from a pipe.
    Line(String),
    /// No more input comes.
    InputEnded,
    /// Bytes came on the connection of this number.
    Received(u64, Vec<u8>),
    /// The connection of this number ended.
    Closed(u64, Option<io::Error>),
    /// An attempt to connect came to an end.
    Connected(Result<Dialed, Error>),
    /// A signal came.
    Signal(i32),
}

/// Runs a whole conversation.
pub(crate) fn run(options: &Options) -> Result<Ended, Error> {
    let lang = options.lang;
    let server: Address = options.server.parse().map_err(|why| Error::Address(options.server.clone(), why))?;
    let dialer = Dialer::new(server.clone(), options)?;
    let mut dialed = dialer.dial()?;
    let given = options.nick.as_deref().and_then(clean);
    let asked = given.is_none();
    let dialed_at = Instant::now();
    let mut knocked = asked && !options.lines;
    if knocked {
        // A hall takes whoever stays silent for one who speaks plain lines, and a name takes time to think of. A connection
        // that fails here is found to have failed when it is used.
        let _ = dialed.write(HELLO);
    }
    let mut desk = Desk::open().map_err(Error::Stdio)?;
    // Whom one talks to, and who may listen, is said before anything is asked.
    for notice in std::mem::take(&mut dialed.notices) {
        desk.screen.show(&Line::Notice(notice));
    }
    desk.screen.refresh().map_err(Error::Stdio)?;
    let nick = match given {
        Some(nick) => nick,
        None => match desk.ask_nick(options.lines, lang)? {
            Ok(nick) => nick,
            Err(ended) => return Ok(ended),
        },
    };
    if knocked && dialed_at.elapsed() >= DOORSTEP {
        // Nobody is let stand at the door for long.
        dialed = dialer.dial()?;
        knocked = false;
    }
    let (typed, terminal) = (desk.typed, desk.terminal);
    let seed = RandomState::new().hash_one(0);
    let codec = Codec { zone: jiff::tz::TimeZone::system(), clock: Some(time_of_day), ..Codec::default() };
    let setup = Setup { server, nick: nick.clone(), lang, typed, terminal, knocked, seed, codec };
    let talk: Box<dyn Talk> = match options.lines {
        false => Box::new(IrcTalk::new(setup, Instant::now())),
        true => Box::new(RelayTalk::new(setup)),
    };
    let mut drive = Drive::new(desk, talk, dialer);
    drive.silent_nick = (asked && !drive.desk.typed).then_some(nick);
    drive.start(dialed).map_err(Error::Stdio)?;
    let result = drive.turn();
    drive.end(result)
}

/// What time it is.
fn time_of_day() -> hall::Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    hall::Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A name without what no name holds, if anything is left of it.
fn clean(nick: &str) -> Option<String> {
    let nick = printable(nick).trim().to_owned();
    (!nick.is_empty()).then_some(nick)
}

/// Where the person is: the screen, and what comes from the keyboard or a pipe.
struct Desk {
    screen: Screen,
    events: Receiver<Event>,
    sender: SyncSender<Event>,
    /// Whether a person types, and whether on a terminal that shows the conversation too.
    typed: bool,
    terminal: bool,
    /// Asks the pipe for a line, and whether one was asked for and has not come.
    ask: Option<SyncSender<()>>,
    asked: bool,
}

impl Desk {
    fn open() -> io::Result<Self> {
        let (sender, events) = sync_channel(EVENTS);
        let typed = io::stdin().is_terminal();
        let able = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let terminal = typed && able && io::stdout().is_terminal();
        input::signals(sender.clone())?;
        let screen = if terminal { Screen::terminal()? } else { Screen::plain() };
        let ask = if terminal {
            input::keys(sender.clone())?;
            None
        } else {
            Some(input::lines(sender.clone())?)
        };
        Ok(Self { screen, events, sender, typed, terminal, ask, asked: false })
    }

    /// Asks for one more line where lines have to be asked for.
    fn want_line(&mut self) {
        if let Some(ask) = &self.ask
            && !std::mem::replace(&mut self.asked, true)
        {
            // A pipe that has ended has said so.
            let _ = ask.try_send(());
        }
    }

    /// Asks for a nickname: a person by a prompt, a pipe for its first line.
    fn ask_nick(&mut self, lines: bool, lang: Lang) -> Result<Result<String, Ended>, Error> {
        self.screen.prompt(texts::nick_prompt(lang));
        if self.typed && !self.terminal {
            let _ = write!(io::stderr(), "{}", texts::nick_prompt(lang));
        }
        loop {
            self.want_line();
            self.screen.refresh().map_err(Error::Stdio)?;
            // The sender is kept here, so this ends only with an event.
            let Ok(event) = self.events.recv() else { return Err(Error::NoNick) };
            let mut answers = Vec::new();
            match event {
                Event::Keys(bytes) => answers = self.screen.input(&bytes).map_err(Error::Stdio)?,
                Event::Line(line) => {
                    self.asked = false;
                    answers.push(Typed::Line(line));
                }
                Event::InputEnded if self.typed => return Ok(Err(Ended::Left)),
                Event::InputEnded => return Err(Error::NoNick),
                Event::Signal(SIGWINCH | SIGCONT) => self.screen.changed().map_err(Error::Stdio)?,
                Event::Signal(signal) => return Ok(Err(Ended::Signal(signal))),
                _ => {}
            }
            let mut nick = None;
            let mut early = Vec::new();
            for answer in answers {
                match (&nick, answer) {
                    (Some(_), Typed::Line(line)) => early.push(line),
                    (None, Typed::Line(line)) => match clean(&line) {
                        Some(line) if is_leaving(&line) => return Ok(Err(Ended::Left)),
                        Some(line) if !self.typed || lines || can_be_called(&line) => nick = Some(line),
                        Some(_) => self.screen.show(&Line::Notice(texts::bad_nick(lang).to_owned())),
                        None => {}
                    },
                    _ => return Ok(Err(Ended::Left)),
                }
            }
            if let Some(nick) = nick {
                self.screen.forget();
                // Lines typed ahead, behind the nickname.
                for line in early {
                    let _ = self.sender.try_send(Event::Line(line));
                }
                return Ok(Ok(nick));
            }
        }
    }
}

/// Whether a hall takes such a name; how long one may be is for the hall to say.
fn can_be_called(nick: &str) -> bool {
    let limits = hall::Limits::default();
    let checked = hall::Nick::new(nick, limits.nick_chars);
    matches!(checked, Ok(_) | Err(hall::NameError::TooLong(_)))
}

/// A conversation under way.
struct Drive {
    desk: Desk,
    talk: Box<dyn Talk>,
    dialer: Arc<Dialer>,
    link: Option<Link>,
    /// The number of the connection, and since when it is there.
    id: u64,
    since: Instant,
    backoff: Backoff,
    connect_at: Option<Instant>,
    leaving: bool,
    signal: Option<i32>,
    /// The nickname that was the first line of a pipe, until another line came.
    silent_nick: Option<String>,
}

impl Drive {
    fn new(desk: Desk, talk: Box<dyn Talk>, dialer: Dialer) -> Self {
        let since = Instant::now();
        let backoff = Backoff::default();
        Self {
            desk,
            talk,
            dialer: Arc::new(dialer),
            link: None,
            id: 0,
            since,
            backoff,
            connect_at: None,
            leaving: false,
            signal: None,
            silent_nick: None,
        }
    }

    /// Takes a new connection into use.
    fn start(&mut self, mut dialed: Dialed) -> io::Result<()> {
        for notice in std::mem::take(&mut dialed.notices) {
            self.desk.screen.show(&Line::Notice(notice));
        }
        self.id += 1;
        self.since = Instant::now();
        self.link = Some(Link::start(dialed, self.id, &self.desk.sender)?);
        self.talk.connected(self.since);
        Ok(())
    }

    /// Turns until the conversation is over.
    fn turn(&mut self) -> Result<(), Error> {
        loop {
            if let Some(result) = self.act()? {
                return result;
            }
            if !self.leaving && self.talk.wants_input() {
                self.desk.want_line();
            }
            self.desk.screen.prompt(&format!("{}> ", self.talk.nick()));
            self.desk.screen.refresh().map_err(Error::Stdio)?;
            let deadline = [self.talk.deadline(), self.connect_at].into_iter().flatten().min();
            let event = match deadline {
                None => self.desk.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.desk.events.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            let mut next = event.ok();
            // What has come meanwhile is shown in one go.
            for _ in 0..EVENTS {
                let Some(event) = next.take() else { break };
                if let Some(result) = self.happened(event)? {
                    return result;
                }
                next = self.desk.events.try_recv().ok();
            }
            if let Some(event) = next
                && let Some(result) = self.happened(event)?
            {
                return result;
            }
            self.time(Instant::now());
        }
    }

    fn happened(&mut self, event: Event) -> Result<Option<Result<(), Error>>, Error> {
        let now = Instant::now();
        match event {
            Event::Keys(bytes) => {
                for typed in self.desk.screen.input(&bytes).map_err(Error::Stdio)? {
                    match typed {
                        Typed::Line(line) => self.typed(&line, now),
                        _ if self.leaving => return Ok(Some(Ok(()))),
                        _ => self.leave(now),
                    }
                }
            }
            Event::Line(line) => {
                self.desk.asked = false;
                self.typed(&line, now);
            }
            Event::InputEnded => match self.silent_nick.take() {
                Some(nick) => return Ok(Some(Err(Error::NothingToSay(nick)))),
                None => self.leave(now),
            },
            Event::Received(id, bytes) if id == self.id => self.talk.received(&bytes, now),
            Event::Closed(id, why) if id == self.id => self.closed(why, now),
            Event::Received(..) | Event::Closed(..) => {}
            Event::Connected(Ok(dialed)) => self.start(dialed).map_err(Error::Stdio)?,
            Event::Connected(Err(why)) if why.is_final() => return self.stop(why, now).map(Some),
            Event::Connected(Err(_)) => self.reconnect(now),
            Event::Signal(SIGWINCH | SIGCONT) => self.desk.screen.changed().map_err(Error::Stdio)?,
            Event::Signal(signal) => {
                if self.signal.replace(signal).is_some() {
                    return Ok(Some(Ok(())));
                }
                self.leave(now);
            }
        }
        self.act()
    }

    fn typed(&mut self, line: &str, now: Instant) {
        if is_leaving(line) {
            return self.leave(now);
        }
        if !line.trim().is_empty() {
            self.silent_nick = None;
        }
        self.talk.typed(line, now);
    }

    fn leave(&mut self, now: Instant) {
        self.leaving = true;
        self.talk.leave(now);
    }

    fn closed(&mut self, why: Option<io::Error>, now: Instant) {
        if let Some(link) = self.link.take() {
            link.cut();
            // What the connection's threads still report is of the past.
            self.id += 1;
            self.talk.closed(why, now);
        }
    }

    fn reconnect(&mut self, now: Instant) {
        let random = RandomState::new().hash_one(0);
        self.connect_at = Some(now + self.backoff.next(random));
    }

    /// Ends a conversation that must not go on. What was not sent is told before.
    fn stop(&mut self, why: Error, now: Instant) -> Result<Result<(), Error>, Error> {
        self.leave(now);
        if let Some(Err(lost)) = self.act()? {
            self.desk.screen.show(&Line::Notice(lost.describe(self.dialer.lang)));
        }
        self.desk.screen.refresh().map_err(Error::Stdio)?;
        Ok(Err(why))
    }

    /// Does what time asks for.
    fn time(&mut self, now: Instant) {
        self.talk.wake(now);
        if self.connect_at.is_some_and(|at| now >= at) {
            self.connect_at = None;
            let (dialer, sender) = (Arc::clone(&self.dialer), self.desk.sender.clone());
            let spawned = thread::Builder::new().name("connect".into()).spawn(move || {
                let _ = sender.send(Event::Connected(dialer.dial()));
            });
            if spawned.is_err() {
                self.reconnect(now);
            }
        }
    }

    /// Does what the conversation asks for; its result, when it is over.
    fn act(&mut self) -> Result<Option<Result<(), Error>>, Error> {
        loop {
            let effects = self.talk.effects();
            if effects.is_empty() {
                return Ok(None);
            }
            for effect in effects {
                match effect {
                    Effect::Show(line) => self.desk.screen.show(&line),
                    Effect::Send(bytes) => drop(self.link.as_ref().map(|link| link.send(bytes))),
                    Effect::CloseWrite => drop(self.link.as_ref().map(Link::close_write)),
                    Effect::Hangup(why) => self.closed(Some(why), Instant::now()),
                    Effect::Reconnect => {
                        let now = Instant::now();
                        if now >= self.since + STEADY {
                            self.backoff.reset();
                        }
                        self.reconnect(now);
                    }
                    Effect::Done(result) => return Ok(Some(result)),
                }
            }
        }
    }

    /// Gives everything back.
    fn end(self, result: Result<(), Error>) -> Result<Ended, Error> {
        let Desk { screen, events, .. } = self.desk;
        let closed = screen.close();
        // Nobody listens any more: a thread that waits for room to report something need not, and ends.
        drop(events);
        if let Some(link) = self.link {
            link.finish();
        }
        let gone = |why: &io::Error| why.kind() == io::ErrorKind::BrokenPipe;
        match (result, self.signal) {
            // Whoever read what we write has gone: there is nobody to talk to and nothing to complain about.
            (Err(Error::Stdio(why)), _) if gone(&why) => Ok(Ended::Left),
            (Ok(()), Some(signal @ (SIGTERM | SIGHUP | SIGINT))) => Ok(Ended::Signal(signal)),
            (result, _) => {
                result?;
                match closed {
                    Err(why) if !gone(&why) => Err(Error::Stdio(why)),
                    _ => Ok(Ended::Left),
                }
            }
        }
    }
}
