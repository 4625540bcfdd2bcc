//! What a server sends: bytes to lines, and a line to a message with the one from whom it comes.
//!
//! A server's lines are taken as they come. `wire`'s framer keeps clients within the limits of what they may send, but
//! what others have added to a message may be longer than that, and a message must not be lost by it. That a line has a
//! source is believed here and nowhere else: it is the server that says so.

use hall::{Nick, Time};
use wire::irc::Message;

use crate::limits::RECEIVED_LINE_BYTES;

/// The bytes of a line that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
    /// Whether the line is longer than any, and is dropped to its end.
    dropping: bool,
}

impl Lines {
    /// Takes bytes and gives the messages that they end. What is no message is nothing.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Incoming> {
        let mut messages = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ended = piece.ends_with(b"\n");
            if !self.dropping && self.pending.len() + piece.len() <= RECEIVED_LINE_BYTES {
                self.pending.extend_from_slice(piece);
            } else {
                (self.pending, self.dropping) = (Vec::new(), true);
            }
            if ended {
                messages.extend(Incoming::parse(&self.pending));
                (self.pending, self.dropping) = (Vec::new(), false);
            }
        }
        messages
    }
}

/// A message, and from whom it comes.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub(super) message: Message,
    /// `nick!user@host`, or a server's name; empty if the line does not say.
    pub(super) source: String,
}

impl Incoming {
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        let message = Message::parse(line.as_bytes()).ok()?;
        let tags = if line.starts_with('@') { line.find(' ').unwrap_or(line.len()) } else { 0 };
        let source = line[tags..].trim_start_matches(' ').strip_prefix(':').and_then(|rest| rest.split(' ').next());
        Some(Self { message, source: source.unwrap_or("").to_owned() })
    }

    /// What the one is called from whom it comes.
    pub(super) fn from(&self) -> &str {
        self.source.split(['!', '@']).next().unwrap_or("")
    }

    /// The same as a nick, if it can be one.
    pub(super) fn nick(&self) -> Option<Nick> {
        nick(self.from())
    }

    /// Whether it comes from a server, as far as that shows.
    pub(super) fn is_from_server(&self) -> bool {
        !self.source.contains(['!', '@'])
    }

    pub(super) fn command(&self) -> &str {
        self.message.command()
    }

    /// The parameter at this place; what is missing is empty.
    pub(super) fn param(&self, at: usize) -> &str {
        self.message.param(at).unwrap_or("")
    }

    pub(super) fn last(&self) -> &str {
        self.message.last().unwrap_or("")
    }

    pub(super) fn tag(&self, key: &str) -> Option<String> {
        self.message.tag(key).map(std::borrow::Cow::into_owned).filter(|value| !value.is_empty())
    }

    /// When it was recorded, if the line says so (server-time).
    pub(super) fn at(&self) -> Option<Time> {
        let moment: jiff::Timestamp = self.tag("time")?.parse().ok()?;
        u64::try_from(moment.as_millisecond()).ok().map(Time)
    }
}

/// Somebody's name, however long a hall lets names be.
pub(super) fn nick(raw: &str) -> Option<Nick> {
    Nick::recorded(raw, NAME_CHARS).ok()
}

/// A room's name, likewise.
pub(super) fn room(raw: &str) -> Option<hall::RoomName> {
    hall::RoomName::recorded(raw, NAME_CHARS).ok()
}

/// How long names may be is for the hall to say.
pub(super) const NAME_CHARS: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_come() {
        let bytes =
            "@time=2026-11-25T10:30:00.123Z;msgid=7 :영희!~y@h PRIVMSG #a :안녕\r\n\r\n:x\nPING :a\n".as_bytes();
        let mut lines = Lines::default();
        let each: Vec<Incoming> = bytes.iter().flat_map(|byte| lines.feed(&[*byte])).collect();
        let all = Lines::default().feed(bytes);
        let shown = |messages: &[Incoming]| {
            let each = messages.iter().map(|m| format!("{} {} {}", m.from(), m.command(), m.last()));
            each.collect::<Vec<_>>()
        };
        assert_eq!(shown(&each), ["영희 PRIVMSG 안녕", " PING a"]);
        assert_eq!(shown(&all), shown(&each));
        assert_eq!((all[0].at(), all[0].tag("msgid").as_deref()), (Some(Time(1_795_602_600_123)), Some("7")));
        assert!(!all[0].is_from_server() && all[1].is_from_server());
    }

    #[test]
    fn a_line_without_end_is_dropped_and_the_next_one_heard() {
        let mut lines = Lines::default();
        assert!(lines.feed(&vec![b'x'; RECEIVED_LINE_BYTES + 1]).is_empty());
        assert!(lines.pending.is_empty());
        assert_eq!(lines.feed(b"yy\nPING :b\n").len(), 1);
        assert_eq!(lines.feed(b":a\n:a!b PRIVMSG #x :\xff\n").len(), 1);
    }
}
