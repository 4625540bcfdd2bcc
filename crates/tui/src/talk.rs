//! A conversation as a value: told the time and what happened, it says what to do. It never waits or does I/O.
//!
//! There are two kinds: [`IrcTalk`] with a Maru hall, which acknowledges, and [`RelayTalk`] with any server that passes
//! bytes on as they come. Both keep the same promises: nothing typed is lost without a word, and no text from the network
//! is shown before it is cleaned of everything that could control the terminal.

mod irc;
mod relay;
#[cfg(test)]
mod test_util;

use std::io;
use std::time::Instant;

use wire::Lang;
use wire::lines::Codec;

pub(crate) use self::irc::{HELLO, IrcTalk, without_secrets};
pub(crate) use self::relay::RelayTalk;
use crate::Error;
use crate::address::Address;

/// What a conversation asks its driver to do.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Show a line.
    Show(Line),
    /// Send these bytes, in one write.
    Send(Vec<u8>),
    /// Send nothing more on this connection; go on receiving.
    CloseWrite,
    /// Give this connection up: it is dead. [`Talk::closed`] is then told why.
    Hangup(io::Error),
    /// Connect again, after a wait.
    Reconnect,
    /// The conversation is over.
    Done(Result<(), Error>),
}

/// A line for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// From the server.
    Chat(String),
    /// From the server: what was asked for is not done.
    Refusal(String),
    /// From the client itself.
    Notice(String),
}

/// Who talks, with whom, and how.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) server: Address,
    pub(crate) nick: String,
    pub(crate) lang: Lang,
    /// Whether lines are typed by a person, rather than piped in.
    pub(crate) typed: bool,
    /// Whether the person sees the conversation on a terminal.
    pub(crate) terminal: bool,
    /// Whether [`HELLO`] has been said on the first connection.
    pub(crate) knocked: bool,
    /// What is drawn lots from.
    pub(crate) seed: u64,
    /// In which time zone times are told, and what time it is.
    pub(crate) codec: Codec,
}

/// One conversation, over as many connections as it takes.
pub(crate) trait Talk {
    /// A connection is there.
    fn connected(&mut self, now: Instant);
    /// Bytes came.
    fn received(&mut self, bytes: &[u8], now: Instant);
    /// The connection ended: by the server's hand when there is no error.
    fn closed(&mut self, why: Option<io::Error>, now: Instant);
    /// A line was typed.
    fn typed(&mut self, line: &str, now: Instant);
    /// No more lines come, or the person leaves.
    fn leave(&mut self, now: Instant);
    /// Time has passed.
    fn wake(&mut self, now: Instant);
    /// When [`wake`](Talk::wake) has to be called at the latest.
    fn deadline(&self) -> Option<Instant>;
    /// Whether one more line can be taken from a pipe.
    fn wants_input(&self) -> bool;
    /// What the person is called.
    fn nick(&self) -> &str;
    /// What is to be done now, in order.
    fn effects(&mut self) -> Vec<Effect>;
}

/// Whether a typed line holds a password, for whatever kind of conversation it was typed.
pub(crate) fn has_secret(line: &str) -> bool {
    line.starts_with('/') && without_secrets(line) != line.trim()
}

/// Whether a typed line says that the person leaves.
pub(crate) fn is_leaving(line: &str) -> bool {
    line.trim().eq_ignore_ascii_case("exit") || irc::is_quit(line)
}
