//! A conversation with any server that passes bytes on as they come, for `--lines`.
//!
//! The simplest chat servers hand what one `recv(1024)` gave them to everybody else, who decode and print it. So each
//! message is one write of whole characters, `name: text`, at most 1024 bytes, with no newline; a longer one goes out
//! as several messages. Messages that follow each other fast are parted twice: by a pause, so that each is read alone,
//! and, should a busy server read two together, by a newline in front of the later one.
//!
//! What comes is shown a line for each read, unless the read looks as if the rest were still to come: it ends within a
//! character, or filled somebody's buffer.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use wire::text::{printable, whole_chars};

use super::{Effect, Line, Setup, Talk};
use crate::limits::{
    KEPT_LINES, RECEIVED_LINE_BYTES, RELAY_DOUBT, RELAY_LEAVE_PIPE, RELAY_LEAVE_TERMINAL, RELAY_PAUSE, RELAY_RAPID,
    RELAY_REST, RELAY_WRITE_BYTES, UNACKED_PIPE_LINES,
};
use crate::utf8::Decoder;
use crate::{Error, error, texts};

/// A read of at least this many bytes may have filled a buffer of 1024, less a character that did not fit.
const FULL_READ_BYTES: usize = RELAY_WRITE_BYTES - 3;

/// See the module.
#[derive(Debug)]
pub(crate) struct RelayTalk {
    setup: Setup,
    effects: Vec<Effect>,
    connected: bool,
    been_connected: bool,
    away: Option<Instant>,
    over: bool,
    decoder: Decoder,
    /// What came of a line that is not complete.
    line: String,
    /// When to show it as it is.
    show_at: Option<Instant>,
    /// Whether the last line was ended by us: a newline that comes first then separates and ends nothing.
    ended_line: bool,
    /// Messages to be written, each one write.
    queue: VecDeque<String>,
    /// When the first of them may be written.
    write_at: Option<Instant>,
    /// The last message written, and when.
    written: Option<(Instant, String)>,
    leaving: bool,
    /// The time by which the server has to close its side, once ours is closed.
    closed_by: Option<Instant>,
}

impl RelayTalk {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            effects: Vec::new(),
            connected: false,
            been_connected: false,
            away: None,
            over: false,
            decoder: Decoder::default(),
            line: String::new(),
            show_at: None,
            ended_line: false,
            queue: VecDeque::new(),
            write_at: None,
            written: None,
            leaving: false,
            closed_by: None,
        }
    }

    fn notice(&mut self, text: String) {
        self.effects.push(Effect::Show(Line::Notice(text)));
    }

    fn done(&mut self, result: Result<(), Error>) {
        if !self.over {
            self.over = true;
            self.effects.push(Effect::Done(result));
        }
    }

    /// Shows what came of a line, if anything did.
    fn flush(&mut self) {
        self.show_at = None;
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.effects.push(Effect::Show(Line::Chat(printable(&line).into_owned())));
        }
    }

    /// Writes what is due, closes the connection behind the last message, and gives up what takes too long.
    fn settle(&mut self, now: Instant) {
        if self.show_at.is_some_and(|at| now >= at) {
            self.flush();
            self.ended_line = true;
        }
        if self.over || !self.connected {
            return;
        }
        if self.write_at.is_some_and(|at| now >= at)
            && let Some(message) = self.queue.pop_front()
        {
            let rapid = self.written.as_ref().is_some_and(|(at, _)| now < *at + RELAY_RAPID);
            self.effects.push(Effect::Send(format!("{}{message}", if rapid { "\n" } else { "" }).into_bytes()));
            self.written = Some((now, message));
            self.schedule(now);
        }
        if self.leaving && self.queue.is_empty() && self.closed_by.is_none() {
            self.effects.push(Effect::CloseWrite);
            self.closed_by = Some(now + if self.setup.typed { RELAY_LEAVE_TERMINAL } else { RELAY_LEAVE_PIPE });
        }
        if self.closed_by.is_some_and(|by| now >= by) {
            let unsure = self.unsure();
            self.done(if self.setup.typed { Ok(()) } else { Err(Error::Lost(unsure)) });
        }
    }

    /// Sets when the next message may be written.
    fn schedule(&mut self, now: Instant) {
        let pause = self.written.as_ref().map_or(now, |(at, _)| *at + RELAY_PAUSE);
        self.write_at = (self.connected && !self.queue.is_empty()).then(|| pause.max(now));
    }

    /// The message that may be on its way, and those that never were.
    fn unsure(&mut self) -> Vec<String> {
        let last = self.written.take().map(|(_, message)| message);
        last.into_iter().chain(self.queue.drain(..)).collect()
    }
}

/// The messages of `name: text` that a typed line is sent as, each with room for a newline before it.
fn messages(nick: &str, line: &str) -> Vec<String> {
    let prefix = format!("{nick}: ");
    let most = (RELAY_WRITE_BYTES - 1).saturating_sub(prefix.len()).max(4);
    let mut rest = line;
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let piece = whole_chars(rest.as_bytes(), most).len();
        messages.push(format!("{prefix}{}", &rest[..piece]));
        rest = &rest[piece..];
    }
    messages
}

impl Talk for RelayTalk {
    fn connected(&mut self, now: Instant) {
        self.connected = true;
        if let Some(since) = self.away.take() {
            self.notice(texts::back(now.saturating_duration_since(since), self.setup.lang));
            if !self.queue.is_empty() {
                self.notice(texts::sent_kept(self.queue.len(), self.setup.lang));
            }
        } else if self.setup.terminal && !self.been_connected {
            self.notice(texts::welcome(&self.setup.server.to_string(), true, self.setup.lang));
        }
        self.been_connected = true;
        self.schedule(now);
        self.settle(now);
    }

    fn received(&mut self, bytes: &[u8], now: Instant) {
        let text = self.decoder.push(bytes);
        let mut text = text.as_str();
        if std::mem::take(&mut self.ended_line) {
            text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
        }
        for piece in text.split_inclusive('\n') {
            self.line.push_str(piece.trim_end_matches(['\n', '\r']));
            if piece.ends_with('\n') {
                if self.line.is_empty() {
                    self.effects.push(Effect::Show(Line::Chat(String::new())));
                }
                self.flush();
            }
        }
        if self.line.len() >= RECEIVED_LINE_BYTES {
            self.flush();
        }
        if !self.line.is_empty() {
            if self.decoder.is_within_char() || bytes.len() >= FULL_READ_BYTES {
                self.show_at = Some(now + RELAY_REST);
            } else {
                self.flush();
                self.ended_line = true;
            }
        }
        self.settle(now);
    }

    fn closed(&mut self, why: Option<io::Error>, now: Instant) {
        self.line.push_str(self.decoder.finish());
        self.flush();
        self.connected = false;
        self.write_at = None;
        if self.over {
            return;
        }
        let ended_well = why.is_none() && self.closed_by.is_some();
        if ended_well || (self.setup.typed && self.leaving) {
            return self.done(Ok(()));
        }
        if !self.setup.typed {
            let unsure = self.unsure();
            return self.done(Err(Error::Lost(unsure)));
        }
        if self.away.is_none() {
            let why = error::reason(&why.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()), self.setup.lang);
            self.away = Some(now);
            self.notice(texts::lost(&why, self.setup.lang));
        }
        if let Some((_, last)) = self.written.take().filter(|(at, _)| now < *at + RELAY_DOUBT) {
            self.notice(texts::in_doubt(&[&last], self.setup.lang));
        }
        self.effects.push(Effect::Reconnect);
    }

    fn typed(&mut self, line: &str, now: Instant) {
        for line in line.lines().map(|line| printable(line).into_owned()).filter(|line| !line.trim().is_empty()) {
            if self.leaving {
                return;
            }
            if self.setup.typed && self.queue.len() >= KEPT_LINES {
                self.notice(texts::too_many(self.setup.lang));
                continue;
            }
            if !self.connected && self.setup.typed && self.queue.is_empty() {
                self.notice(texts::kept(self.setup.lang));
            }
            self.queue.extend(messages(&self.setup.nick, &line));
            if self.write_at.is_none() {
                self.schedule(now);
            }
        }
        self.settle(now);
    }

    fn leave(&mut self, now: Instant) {
        self.leaving = true;
        if !self.connected {
            let unsent = self.unsure();
            if self.setup.typed && !unsent.is_empty() {
                let unsent: Vec<&str> = unsent.iter().map(String::as_str).collect();
                self.notice(texts::not_sent(&unsent, self.setup.lang));
            }
            return self.done(Ok(()));
        }
        self.settle(now);
    }

    fn wake(&mut self, now: Instant) {
        self.settle(now);
    }

    fn deadline(&self) -> Option<Instant> {
        [self.write_at, self.show_at, self.closed_by].into_iter().flatten().min()
    }

    fn wants_input(&self) -> bool {
        self.setup.typed || (!self.leaving && self.queue.len() < UNACKED_PIPE_LINES)
    }

    fn nick(&self) -> &str {
        &self.setup.nick
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
