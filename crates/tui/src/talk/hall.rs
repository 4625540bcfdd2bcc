//! A conversation with a Maru hall, in plain lines.
//!
//! A greeting (language, where to go on, nick, the rooms of before, `/ping`) opens each connection; only when its `/ping` is answered do
//! messages go out, so that none goes to the wrong room. Later a `/ping` behind the messages tells that they are on the
//! ledger, and one after a long silence tells whether the server is still there. Nothing is ever sent twice: what was
//! sent and not acknowledged when a connection broke is shown to the person, who knows best what to do about it.
//!
//! The hall numbers what it shows (`/resume`), so that the next connection goes on behind the last number of this one: what
//! was said meanwhile is shown, and nothing is shown twice. What a hall shows before it has begun to number comes again with
//! its number.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::time::Instant;

use wire::text::printable;

use super::replies::{Answer, Replies, numbered};
use super::{Effect, Line, Setup, Talk};
use crate::limits::{
    ACK_DELAY, DEAD, EARLY_LINES, GREETING_TIMEOUT, KEEPALIVE, KEPT_LINES, LEAVE_PIPE, LEAVE_TERMINAL,
    RECEIVED_LINE_BYTES, REPEATED_LINES, ROOMS, UNACKED_PIPE_LINES, UNACKED_TYPED_LINES,
};
use crate::utf8::Decoder;
use crate::{Error, error, texts};

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is none.
    Away,
    /// The greeting is sent; its answer has to come by then.
    Greeting(Instant),
    /// Messages go out.
    Open,
    /// The conversation is over.
    Over,
}

/// A `/ping` that was not answered so far.
#[derive(Debug)]
struct Ping {
    token: String,
    at: Instant,
    /// How many of the waiting messages went out before it.
    covers: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct HallTalk {
    setup: Setup,
    replies: Replies,
    effects: Vec<Effect>,
    phase: Phase,
    decoder: Decoder,
    /// The beginning of a line that is still to come.
    line: String,
    pings: u64,
    ping: Option<Ping>,
    /// When to ask whether what was sent has arrived.
    ask_at: Option<Instant>,
    heard: Instant,
    /// The hall's name, and the number up to which everything was shown: what a connection shows counts when its greeting is
    /// over and it is in all rooms again.
    seen: Option<(String, u64)>,
    /// The largest number of this connection, and what was shown of connections that never came so far: it comes again.
    latest: u64,
    repeated: HashSet<(u64, String)>,
    /// Whether this connection is numbered; and what was shown on it before, should it never be.
    numbered: bool,
    early: Vec<Line>,
    /// Sent, and not acknowledged.
    unacked: VecDeque<String>,
    /// To be sent when the connection is open.
    kept: VecDeque<String>,
    /// The rooms joined, the one spoken in last.
    rooms: Vec<String>,
    /// Whether the conversation was ever open, and since when it is not.
    been_open: bool,
    away: Option<Instant>,
    refusals: usize,
    refused_in_greeting: bool,
    /// When leaving has taken too long.
    leave_by: Option<Instant>,
}

impl HallTalk {
    pub(crate) fn new(setup: Setup, now: Instant) -> Self {
        Self {
            setup,
            replies: Replies::new(),
            effects: Vec::new(),
            phase: Phase::Away,
            decoder: Decoder::default(),
            line: String::new(),
            pings: 0,
            ping: None,
            ask_at: None,
            heard: now,
            seen: None,
            latest: 0,
            repeated: HashSet::new(),
            numbered: false,
            early: Vec::new(),
            unacked: VecDeque::new(),
            kept: VecDeque::new(),
            rooms: Vec::new(),
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

    fn send(&mut self, text: &str) {
        self.effects.push(Effect::Send(format!("{text}\n").into_bytes()));
    }

    fn over(&mut self, result: Result<(), Error>) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.effects.push(Effect::Done(result));
        }
    }

    /// Sends a `/ping` behind everything sent so far.
    fn ask(&mut self, now: Instant) {
        self.pings += 1;
        let token = format!("maru-{}", self.pings);
        self.send(&format!("/ping {token}"));
        self.ping = Some(Ping { token, at: now, covers: self.unacked.len() });
        self.ask_at = None;
    }

    fn say(&mut self, line: String, now: Instant) {
        self.send(&line);
        self.unacked.push_back(line);
        // A person's messages are asked about together; a pipe wants to go on.
        let wait = if self.setup.typed { ACK_DELAY } else { std::time::Duration::ZERO };
        self.ask_at.get_or_insert(now + wait);
    }

    fn line(&mut self, line: &str, now: Instant) {
        let line = printable(line.trim_end_matches('\r'));
        let (number, line) = if self.numbered || line.starts_with('=') { numbered(&line) } else { (None, &*line) };
        let line = line.to_owned();
        let answer = self.replies.understand(&line);
        if let Some(Answer::Resumed(hall)) = answer {
            if matches!(self.phase, Phase::Greeting(_)) {
                if self.seen.as_ref().is_none_or(|(known, _)| *known != hall) {
                    // Before the first entry of all, there is no number to show.
                    self.seen = Some((hall, number.unwrap_or(0)));
                    self.repeated.clear();
                }
                self.numbered = true;
                self.early.clear();
            }
            return;
        }
        self.latest = number.map_or(self.latest, |number| number.max(self.latest));
        if self.phase == Phase::Open {
            self.count_as_seen();
        }
        match answer {
            Some(Answer::Pong(token)) if token.starts_with("maru-") => return self.pong(&token, now),
            Some(Answer::Named(nick)) => self.setup.nick = nick,
            Some(Answer::Speaks(room)) => self.speaks(room),
            Some(Answer::Parted(room, focus)) => {
                self.rooms.retain(|r| *r != room);
                if let Some(focus) = focus {
                    self.speaks(focus);
                }
            }
            Some(Answer::Renamed(from, to)) => self.is_renamed(&from, to),
            Some(Answer::Lang(lang)) => {
                self.setup.lang = lang;
                if matches!(self.phase, Phase::Greeting(_)) {
                    return;
                }
            }
            Some(Answer::Refusal) => {
                self.refusals += 1;
                self.refused_in_greeting |= matches!(self.phase, Phase::Greeting(_));
                return self.show(Line::Refusal(line));
            }
            _ => {}
        }
        let greeting = matches!(self.phase, Phase::Greeting(_));
        if greeting && !self.numbered && self.early.len() < EARLY_LINES {
            return self.early.push(Line::Chat(line));
        }
        if let Some(number) = number.filter(|_| greeting) {
            // Which room it names depends on where one speaks.
            let bare =
                line.strip_prefix("[#").and_then(|named| named.split_once("] ")).map_or(&*line, |(_, bare)| bare);
            if self.repeated.len() < REPEATED_LINES && !self.repeated.insert((number, bare.to_owned())) {
                return;
            }
        }
        self.show(Line::Chat(line));
    }

    /// Everything up to the latest number was shown, in all rooms.
    fn count_as_seen(&mut self) {
        if let Some((_, seen)) = &mut self.seen {
            *seen = self.latest.max(*seen);
        }
    }

    fn speaks(&mut self, room: String) {
        self.rooms.retain(|r| *r != room);
        if self.rooms.len() == ROOMS {
            self.rooms.remove(0);
        }
        self.rooms.push(room);
    }

    /// A room that the person is in is called otherwise: that is where the next connection comes into.
    fn is_renamed(&mut self, from: &str, to: String) {
        if self.rooms.iter().any(|room| room == from) {
            self.rooms.retain(|room| *room != to);
            self.rooms.iter_mut().filter(|room| *room == from).for_each(|room| room.clone_from(&to));
        }
    }

    /// A pong of ours came. One that was not waited for says nothing new.
    fn pong(&mut self, token: &str, now: Instant) {
        let Some(ping) = self.ping.take_if(|ping| ping.token == token) else { return };
        self.unacked.drain(..ping.covers.min(self.unacked.len()));
        if let Some(by) = &mut self.leave_by {
            *by = now + if self.setup.typed { LEAVE_TERMINAL } else { LEAVE_PIPE };
        }
        if matches!(self.phase, Phase::Greeting(_)) {
            self.open(now);
        }
    }

    /// The greeting is answered: what was kept goes out, unless the greeting was refused.
    fn open(&mut self, now: Instant) {
        self.phase = Phase::Open;
        self.count_as_seen();
        self.repeated.clear();
        for line in std::mem::take(&mut self.early) {
            self.show(line);
        }
        if let Some(since) = self.away.take() {
            self.notice(texts::back(now.saturating_duration_since(since), self.setup.lang));
        }
        let refused = std::mem::take(&mut self.refused_in_greeting);
        let again = std::mem::replace(&mut self.been_open, true);
        if refused && !self.setup.typed {
            self.send("/quit");
            return self.over(Err(Error::Refused(self.refusals)));
        }
        let kept = std::mem::take(&mut self.kept);
        if kept.is_empty() {
            return;
        }
        if refused && again {
            // It might go to a room, or under a name, that was not meant.
            let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
            return self.notice(texts::not_sent(&kept, self.setup.lang));
        }
        if again {
            self.notice(texts::sent_kept(kept.len(), self.setup.lang));
        }
        for line in kept {
            self.say(line, now);
        }
    }

    /// Does what the moment asks for: leaves, or asks whether the messages arrived, or whether the server is there.
    fn settle(&mut self, now: Instant) {
        match self.phase {
            Phase::Over => {}
            Phase::Away if self.leave_by.is_some() => self.end(),
            Phase::Away => {}
            Phase::Greeting(until) => {
                if self.leave_by.is_some_and(|by| now >= by) {
                    self.end();
                } else if now >= until {
                    if self.been_open {
                        self.effects.push(Effect::Hangup(io::ErrorKind::TimedOut.into()));
                    } else {
                        self.over(Err(Error::NotAHall(self.setup.server.clone())));
                    }
                }
            }
            Phase::Open => {
                if self.leave_by.is_some_and(|by| self.unacked.is_empty() || now >= by) {
                    self.send("/quit");
                    return self.end();
                }
                let due = self.ask_at.is_some_and(|at| now >= at || self.leave_by.is_some());
                let silent = now >= self.heard + KEEPALIVE;
                match &self.ping {
                    None if due || silent => self.ask(now),
                    Some(ping) if now >= self.heard.max(ping.at) + DEAD => {
                        self.effects.push(Effect::Hangup(io::ErrorKind::TimedOut.into()));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Ends the conversation, and says what has become of the messages.
    fn end(&mut self) {
        let open: Vec<String> = self.unacked.drain(..).collect();
        let kept: Vec<String> = self.kept.drain(..).collect();
        if !self.setup.typed {
            return self.over(match open.len() + kept.len() {
                0 if self.refusals > 0 => Err(Error::Refused(self.refusals)),
                0 => Ok(()),
                _ => Err(Error::Lost([open, kept].concat())),
            });
        }
        self.doubt(&open);
        if !kept.is_empty() {
            let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
            self.notice(texts::not_sent(&kept, self.setup.lang));
        }
        self.over(Ok(()));
    }

    fn doubt(&mut self, open: &[String]) {
        if !open.is_empty() {
            let open: Vec<&str> = open.iter().map(String::as_str).collect();
            self.notice(texts::in_doubt(&open, self.setup.lang));
        }
    }
}

impl Talk for HallTalk {
    fn connected(&mut self, now: Instant) {
        self.phase = Phase::Greeting(now + GREETING_TIMEOUT);
        self.heard = now;
        self.refused_in_greeting = false;
        if self.setup.terminal && !self.been_open {
            self.notice(texts::welcome(&self.setup.server.to_string(), false, self.setup.lang));
        }
        (self.numbered, self.early, self.latest) = (false, Vec::new(), 0);
        let resume = match &self.seen {
            Some((hall, seen)) => format!("/resume {hall} {seen}"),
            // What is piped in is not answered by what others said before.
            None if self.setup.typed => "/resume".to_owned(),
            None => "/resume now".to_owned(),
        };
        let mut greeting = format!("/lang {}\n{resume}\n/nick {}\n", self.setup.lang.tag(), self.setup.nick);
        for room in &self.rooms {
            greeting += &format!("/join {room}\n");
        }
        greeting.pop();
        self.send(&greeting);
        self.ask(now);
    }

    fn received(&mut self, bytes: &[u8], now: Instant) {
        self.heard = now;
        let text = self.decoder.push(bytes);
        for piece in text.split_inclusive('\n') {
            self.line.push_str(piece);
            if self.line.ends_with('\n') || self.line.len() >= RECEIVED_LINE_BYTES {
                let line = std::mem::take(&mut self.line);
                self.line(line.trim_end_matches('\n'), now);
            }
        }
        self.settle(now);
    }

    fn closed(&mut self, why: Option<io::Error>, now: Instant) {
        let rest = std::mem::take(&mut self.line) + self.decoder.finish();
        if !rest.is_empty() {
            self.line(&rest, now);
        }
        if self.phase == Phase::Over {
            return;
        }
        for line in std::mem::take(&mut self.early) {
            // Of a hall that numbers, it comes again.
            if self.seen.is_none() {
                self.show(line);
            }
        }
        let was = std::mem::replace(&mut self.phase, Phase::Away);
        self.ping = None;
        self.ask_at = None;
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
        let open: Vec<String> = self.unacked.drain(..).collect();
        self.doubt(&open);
        self.effects.push(Effect::Reconnect);
    }

    fn typed(&mut self, line: &str, now: Instant) {
        for line in line.lines().filter(|line| !line.trim().is_empty()) {
            if self.leave_by.is_some() {
                return;
            }
            let waiting = self.unacked.len() + self.kept.len();
            if self.setup.typed && (waiting >= UNACKED_TYPED_LINES || self.kept.len() >= KEPT_LINES) {
                self.notice(texts::too_many(self.setup.lang));
            } else if self.phase == Phase::Open {
                self.say(line.to_owned(), now);
            } else {
                if self.phase == Phase::Away && self.setup.typed && self.kept.is_empty() {
                    self.notice(texts::kept(self.setup.lang));
                }
                self.kept.push_back(line.to_owned());
            }
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
            Phase::Away | Phase::Over => None,
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
        std::mem::take(&mut self.effects)
    }
}

#[cfg(test)]
#[path = "hall_tests.rs"]
mod tests;
