//! A conversation with a hall, in IRC: the dialect of every other client, so that whatever it lacks, we feel first.
//!
//! A greeting opens each connection: capabilities, a nick, the rooms of before and what was said there meanwhile, and a
//! `PING` behind all that. Only when everything of it is answered do messages go out, so that none goes to the wrong room.
//! Each message carries a label, and the echo that answers it says that it is on the ledger. Where a server has no labels, a
//! `PING` behind the messages says it. Nothing is ever sent twice: what was sent and not acknowledged when a connection broke
//! is shown to the person, who knows best what to do about it.
//!
//! Of each room it is known what was shown last (`msgid`), so that the next connection goes on behind it: what is said
//! now is held back until the history has told what was said meanwhile, and nothing is shown twice.
//!
//! What others do becomes an entry again ([`happened`]), and what the hall answers a `Reply`: both are worded by `wire`, as
//! plain lines are. What a person types is understood by the very parser of plain lines ([`typed`]).

mod door;
mod happened;
mod heard;
mod history;
mod incoming;
mod locked;
mod rooms;
mod seen;
mod send;
mod typed;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hall::{Entry, LogId, Nick, Refusal, Reply, RoomName, Time};
use wire::lines::{self, Style};
use wire::text::printable;

use self::door::{Door, Server};
use self::happened::Happened;
use self::heard::Batch;
use self::incoming::Lines;
use self::locked::{Keys, Lock};
use self::rooms::Room;
use self::seen::Seen;
use self::send::{Asked, Sent};
use super::{Effect, Line, Setup, Talk};
use crate::limits::{
    ACK_DELAY, DEAD, GREETING_TIMEOUT, KEEPALIVE, KEPT_LINES, LEAVE_PIPE, LEAVE_TERMINAL, UNACKED_PIPE_LINES,
    UNACKED_TYPED_LINES,
};
use crate::{Error, error, texts};

pub(crate) use self::door::HELLO;
pub(crate) use self::typed::{is_quit, without_secrets};

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is none.
    Away,
    /// The greeting is sent; its answer, or the next part of it, has to come by then.
    Greeting(Instant),
    /// Messages go out.
    Open,
    /// The hall has let nobody in, and asks for this first.
    Locked(Lock),
    /// The conversation is over.
    Over,
}

/// A `PING` that was not answered so far.
#[derive(Debug)]
struct Ping {
    token: String,
    at: Instant,
    /// How many of the waiting messages it acknowledges: those that went out before it, if there are no labels.
    covers: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct IrcTalk {
    setup: Setup,
    effects: Vec<Effect>,
    /// Bytes that go out in one write.
    out: Vec<u8>,
    phase: Phase,
    lines: Lines,
    batches: HashMap<String, Batch>,
    server: Server,
    door: Door,
    keys: Keys,
    /// What one is called, as others compare names, and `nick!user@host` as others see it.
    me: Option<Nick>,
    source: String,
    pings: u64,
    ping: Option<Ping>,
    /// When to ask whether what was sent has arrived.
    ask_at: Option<Instant>,
    heard: Instant,
    /// What was asked with a label, and the number of the last label.
    asked: BTreeMap<u64, Asked>,
    labels: u64,
    /// Sent, and not acknowledged.
    unacked: VecDeque<Sent>,
    /// To be sent when the connection is open, and when nothing is waited for that decides what it means.
    kept: VecDeque<String>,
    blocked: Option<u64>,
    /// The rooms, the one spoken in last.
    rooms: Vec<Room>,
    /// The room that the helper takes for the one spoken in.
    helper_room: Option<RoomName>,
    seen: Seen,
    /// When the latest of it was recorded.
    latest: Time,
    /// What one has said on this connection, where and under which id: it can be taken back.
    own: VecDeque<(String, String)>,
    /// What was in doubt when the last connection broke; and what of it has been found on the record.
    doubted: Vec<Sent>,
    arrived: Vec<String>,
    /// Whether the person was told that there is a connection, whether the conversation was ever open, and since when it is
    /// not.
    welcomed: bool,
    been_open: bool,
    away: Option<Instant>,
    refusals: usize,
    refused_in_greeting: bool,
    /// When leaving has taken too long.
    leave_by: Option<Instant>,
}

impl IrcTalk {
    pub(crate) fn new(setup: Setup, now: Instant) -> Self {
        Self {
            me: incoming::nick(&setup.nick),
            setup,
            effects: Vec::new(),
            out: Vec::new(),
            phase: Phase::Away,
            lines: Lines::default(),
            batches: HashMap::new(),
            server: Server::default(),
            door: Door::default(),
            keys: Keys::default(),
            source: String::new(),
            pings: 0,
            ping: None,
            ask_at: None,
            heard: now,
            asked: BTreeMap::new(),
            labels: 0,
            unacked: VecDeque::new(),
            kept: VecDeque::new(),
            blocked: None,
            rooms: Vec::new(),
            helper_room: None,
            seen: Seen::default(),
            latest: Time::default(),
            own: VecDeque::new(),
            doubted: Vec::new(),
            arrived: Vec::new(),
            welcomed: false,
            been_open: false,
            away: None,
            refusals: 0,
            refused_in_greeting: false,
            leave_by: None,
        }
    }

    fn show(&mut self, line: Line) {
        self.effects.push(Effect::Show(line));
    }

    fn notice(&mut self, text: String) {
        self.show(Line::Notice(text));
    }

    /// Shows what a server says, however many lines it is.
    fn chat(&mut self, text: &str) {
        for line in text.lines() {
            self.show(Line::Chat(printable(line).into_owned()));
        }
    }

    /// Something is not done, or will not be. In the words of `wire`, or in a server's.
    fn refused(&mut self, text: &str) {
        self.refusals += 1;
        self.refused_in_greeting |= matches!(self.phase, Phase::Greeting(_));
        for line in text.lines() {
            self.show(Line::Refusal(printable(line).into_owned()));
        }
    }

    fn style(&self) -> Style {
        Style { lang: self.setup.lang, ..Style::default() }
    }

    /// An answer, worded.
    fn tell(&mut self, reply: &Reply) {
        let text = lines::reply(reply, self.style(), &self.setup.codec);
        self.chat(&String::from_utf8_lossy(&text));
    }

    fn refuse(&mut self, refusal: &Refusal) {
        let text = lines::refusal(refusal, self.style(), &self.setup.codec);
        self.refused(&String::from_utf8_lossy(&text));
    }

    /// Shows something that others did, or the person with another client.
    fn show_entries(&mut self, happened: Happened) {
        for entry in happened.entries {
            let elsewhere = matches!(entry.logs.first(), Some(LogId::Room(room)) if self.focus() != Some(room));
            let entry: Arc<Entry> = Arc::new(entry);
            let text = lines::encode(&[entry], self.style(), elsewhere, &self.setup.codec).bytes;
            self.chat(&String::from_utf8_lossy(&text));
        }
    }

    fn effect(&mut self, effect: Effect) {
        self.write_out();
        self.effects.push(effect);
    }

    fn write_out(&mut self) {
        if !self.out.is_empty() {
            self.effects.push(Effect::Send(std::mem::take(&mut self.out)));
        }
    }

    fn over(&mut self, result: Result<(), Error>) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.effect(Effect::Done(result));
        }
    }

    /// Sends a `PING` behind everything sent so far.
    fn ask(&mut self, now: Instant) {
        self.pings += 1;
        let token = format!("maru-{}", self.pings);
        self.line(|line| line.command("PING").trailing(&token));
        let covers = if self.server.has_labels() { 0 } else { self.unacked.len() };
        self.ping = Some(Ping { token, at: now, covers });
        self.ask_at = None;
    }

    /// A pong of ours came. One that was not waited for says nothing new.
    fn pong(&mut self, token: &str, now: Instant) {
        let Some(ping) = self.ping.take_if(|ping| ping.token == token) else { return };
        let acknowledged = self.unacked.drain(..ping.covers.min(self.unacked.len()));
        let unblocked = acknowledged.map(|sent| Some(sent.id)).any(|id| id == self.blocked);
        if unblocked {
            self.blocked = None;
        }
        if !self.server.has_labels() && !self.unacked.is_empty() {
            self.ask_at.get_or_insert(now);
        }
        if matches!(self.phase, Phase::Greeting(_)) {
            self.door.answered = true;
            if !self.server.has_labels() {
                // Whatever was refused was so before.
                self.rooms.iter_mut().for_each(Room::answered);
            }
        }
    }

    /// Opens the conversation, if everything of the greeting is answered.
    fn open_up(&mut self, now: Instant) {
        let waits = self.rooms.iter().any(Room::is_under_way) || self.is_naming() || self.is_catching_up();
        let arrived = self.door.answered && !waits;
        if !matches!(self.phase, Phase::Greeting(_)) || !arrived {
            return;
        }
        self.phase = Phase::Open;
        self.rooms.retain(|room| room.inside);
        self.end_playback();
        let again = std::mem::replace(&mut self.been_open, true);
        let refused = std::mem::take(&mut self.refused_in_greeting);
        if let Some(since) = self.away.take() {
            self.notice(texts::back(now.saturating_duration_since(since), self.setup.lang));
        }
        self.doubted.clear();
        let arrived = std::mem::take(&mut self.arrived);
        if !arrived.is_empty() {
            let arrived: Vec<&str> = arrived.iter().map(String::as_str).collect();
            self.notice(texts::arrived(&arrived, self.setup.lang));
        }
        if self.kept.is_empty() {
            return;
        }
        if refused && again {
            // It might go to a room, or under a name, that was not meant.
            let kept = std::mem::take(&mut self.kept);
            return self.not_sent(kept);
        }
        if again {
            self.notice(texts::sent_kept(self.kept.len(), self.setup.lang));
        }
    }

    /// Sends what waits, as far as nothing has to be known before.
    fn send_kept(&mut self, now: Instant) {
        while self.phase == Phase::Open && self.blocked.is_none() {
            let Some(line) = self.kept.pop_front() else { return };
            self.say(&line, now);
        }
    }

    /// Does what the moment asks for: leaves, or asks whether the messages arrived, or whether the server is there.
    fn settle(&mut self, now: Instant) {
        self.open_up(now);
        self.send_kept(now);
        match self.phase {
            Phase::Over => {}
            Phase::Away if self.leave_by.is_some() => self.end(),
            Phase::Away => {}
            Phase::Locked(_) => self.try_keys(),
            Phase::Greeting(until) => {
                if self.leave_by.is_some_and(|by| now >= by) {
                    self.end();
                } else if now >= until {
                    if self.been_open || self.door.inside {
                        self.effect(Effect::Hangup(io::ErrorKind::TimedOut.into()));
                    } else {
                        self.over(Err(Error::NotAHall(self.setup.server.clone())));
                    }
                }
            }
            Phase::Open => self.settle_open(now),
        }
    }

    fn settle_open(&mut self, now: Instant) {
        let idle = self.unacked.is_empty() && self.kept.is_empty();
        if self.leave_by.is_some_and(|by| idle || now >= by) {
            self.line(|line| line.command("QUIT"));
            self.write_out();
            return self.end();
        }
        let due = self.ask_at.is_some_and(|at| now >= at || self.leave_by.is_some());
        let silent = now >= self.heard + KEEPALIVE;
        match &self.ping {
            None if due || silent => self.ask(now),
            Some(ping) if now >= self.heard.max(ping.at) + DEAD => {
                self.effect(Effect::Hangup(io::ErrorKind::TimedOut.into()));
            }
            _ => {}
        }
    }

    /// Ends the conversation, and says what has become of the messages.
    fn end(&mut self) {
        let open: Vec<String> = self.unacked.drain(..).map(|sent| sent.line).collect();
        let kept = std::mem::take(&mut self.kept);
        if !self.setup.typed {
            let kept = kept.iter().map(|line| without_secrets(line));
            let lost: Vec<String> = open.into_iter().chain(kept).collect();
            return self.over(match lost.len() {
                0 if self.refusals > 0 => Err(Error::Refused(self.refusals)),
                0 => Ok(()),
                _ => Err(Error::Lost(lost)),
            });
        }
        self.doubt(&open);
        self.not_sent(kept);
        self.over(Ok(()));
    }

    fn not_sent(&mut self, kept: VecDeque<String>) {
        if !kept.is_empty() {
            let kept: Vec<String> = kept.iter().map(|line| without_secrets(line)).collect();
            let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
            self.notice(texts::not_sent(&kept, self.setup.lang));
        }
    }

    fn doubt(&mut self, open: &[String]) {
        if !open.is_empty() {
            let open: Vec<&str> = open.iter().map(String::as_str).collect();
            self.notice(texts::in_doubt(&open, self.setup.lang));
        }
    }

    /// How long it takes until it is asked whether a message has arrived, where nothing else says so.
    fn ask_soon(&mut self, now: Instant) {
        // A person's messages are asked about together; a pipe wants to go on.
        let wait = if self.setup.typed && self.blocked.is_none() { ACK_DELAY } else { Duration::ZERO };
        let at = now + wait;
        self.ask_at = Some(self.ask_at.map_or(at, |before| before.min(at)));
    }
}

impl Talk for IrcTalk {
    fn connected(&mut self, now: Instant) {
        self.phase = Phase::Greeting(now + GREETING_TIMEOUT);
        self.heard = now;
        self.refused_in_greeting = false;
        if self.setup.terminal && !std::mem::replace(&mut self.welcomed, true) {
            self.notice(texts::welcome(&self.setup.server.to_string(), false, self.setup.lang));
        }
        (self.lines, self.batches) = (Lines::default(), HashMap::new());
        (self.ping, self.ask_at, self.helper_room) = (None, None, None);
        self.asked.clear();
        self.own.clear();
        self.greet();
    }

    fn received(&mut self, bytes: &[u8], now: Instant) {
        self.heard = now;
        for line in self.lines.feed(bytes) {
            if self.phase == Phase::Over {
                return;
            }
            self.hear(line, now);
        }
        self.settle(now);
    }

    fn closed(&mut self, why: Option<io::Error>, now: Instant) {
        if self.phase == Phase::Over {
            return;
        }
        let was = std::mem::replace(&mut self.phase, Phase::Away);
        self.ping = None;
        self.ask_at = None;
        self.blocked = None;
        self.asked.clear();
        self.leave_rooms();
        if let Some(lock) = self.door.lock.take() {
            return self.wait_at_door(lock);
        }
        if !self.been_open {
            return self.over(Err(Error::ClosedEarly(self.setup.server.clone())));
        }
        if self.leave_by.is_some() || (!self.setup.typed && !self.unacked.is_empty()) {
            return self.end();
        }
        if was == Phase::Open {
            let why = error::reason(&why.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()), self.setup.lang);
            self.away = Some(now);
            self.notice(texts::lost(&why, self.setup.lang));
        }
        let open: Vec<Sent> = self.unacked.drain(..).collect();
        self.doubt(&open.iter().map(|sent| sent.line.clone()).collect::<Vec<_>>());
        self.doubted.extend(open);
        self.effect(Effect::Reconnect);
    }

    fn typed(&mut self, line: &str, now: Instant) {
        for line in line.lines().filter(|line| !line.trim().is_empty()) {
            if self.leave_by.is_some() {
                return;
            }
            let waiting = self.unacked.len() + self.kept.len();
            if self.setup.typed && (waiting >= UNACKED_TYPED_LINES || self.kept.len() >= KEPT_LINES) {
                self.notice(texts::too_many(self.setup.lang));
                continue;
            }
            if self.phase == Phase::Away && self.setup.typed && self.kept.is_empty() {
                self.notice(texts::kept(self.setup.lang));
            }
            self.kept.push_back(line.to_owned());
            self.send_kept(now);
        }
        self.settle(now);
    }

    fn leave(&mut self, now: Instant) {
        let wait = if self.setup.typed { LEAVE_TERMINAL } else { LEAVE_PIPE };
        self.leave_by.get_or_insert(now + wait);
        self.settle(now);
    }

    fn wake(&mut self, now: Instant) {
        self.settle(now);
    }

    fn deadline(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Away | Phase::Locked(_) | Phase::Over => None,
            Phase::Greeting(until) => Some(until),
            Phase::Open => match &self.ping {
                Some(ping) => Some(self.heard.max(ping.at) + DEAD),
                None => Some(self.ask_at.map_or(self.heard + KEEPALIVE, |at| at.min(self.heard + KEEPALIVE))),
            },
        };
        [phase, self.leave_by].into_iter().flatten().min()
    }

    fn wants_input(&self) -> bool {
        self.setup.typed || (self.leave_by.is_none() && self.unacked.len() + self.kept.len() < UNACKED_PIPE_LINES)
    }

    fn nick(&self) -> &str {
        &self.setup.nick
    }

    fn effects(&mut self) -> Vec<Effect> {
        self.write_out();
        std::mem::take(&mut self.effects)
    }
}

#[cfg(test)]
#[path = "irc_tests.rs"]
mod tests;
