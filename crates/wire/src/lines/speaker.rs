//! What one client of plain lines has shown of itself, and what each of its messages asks for.

use std::borrow::Cow;

use hall::{Clash, Command, Kind, Nick, Text, Time};

use super::frame::{End, Frame};
use super::help::Info;
use super::parse::{self, Around, Names};
use super::show::Codec;
use crate::Limits;
use crate::asked::Asked;
use crate::text::printable;

/// Why a message asks for nothing that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misuse {
    /// It is longer than this many bytes.
    TooLong(usize),
    /// There is no such command.
    Unknown(String),
    /// The command is written otherwise.
    Usage(&'static Info),
    /// Nobody can be called that.
    BadNick(String, hall::NameError),
    /// No room can be called that.
    BadRoom(String, hall::NameError),
    /// Nobody can be meant by that.
    BadMask(String, hall::MaskError),
}

/// How a client has ended its messages so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Framing {
    #[default]
    Unknown,
    Newlines,
    Pauses,
}

/// One client's side of the conversation.
#[derive(Debug, Default)]
pub struct Speaker {
    /// `name: `, which the client puts before each of its messages.
    prefix: Option<Box<str>>,
    /// Whether a first message or a chosen name has decided that there is no such prefix.
    decided: bool,
    framing: Framing,
    legacy: bool,
}

impl Speaker {
    /// Whether the client has shown that it sends no newlines.
    #[must_use]
    pub fn is_unframed(&self) -> bool {
        self.framing == Framing::Pauses
    }

    /// Whether the client has shown that it speaks the legacy charset.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.legacy
    }

    /// Takes a frame and hands over what it asks for. Times are understood as seen from `now`.
    pub fn hear(
        &mut self,
        frame: Frame<'_>,
        codec: &Codec,
        names: Names,
        limits: &Limits,
        now: Time,
        each: &mut impl FnMut(Asked),
    ) {
        let (bytes, end) = match frame {
            Frame::Telnet(_) => return,
            Frame::TooLong => return each(Asked::Misuse(Misuse::TooLong(limits.line_bytes))),
            Frame::Message(bytes, end) => (bytes, end),
        };
        self.framing = match (self.framing, end) {
            (_, End::Newline) | (Framing::Newlines, _) => Framing::Newlines,
            (Framing::Unknown | Framing::Pauses, End::Pause) => Framing::Pauses,
        };
        let text = self.decode(bytes, codec);
        // What was no UTF-8 has grown by becoming it.
        if text.len() > limits.line_bytes {
            return each(Asked::Misuse(Misuse::TooLong(limits.line_bytes)));
        }
        let text = printable(&text);
        if text.trim().is_empty() {
            return;
        }
        if let Some(adopted) = self.adopts(&text, names) {
            each(Asked::Do(Command::Nick { nick: adopted, clash: Clash::Adopt }));
        }
        for message in self.messages(&text) {
            self.message(message, &Around { codec, names, now }, each);
        }
    }

    /// UTF-8, or the legacy charset where that makes sense of bytes that are none.
    fn decode<'a>(&mut self, bytes: &'a [u8], codec: &Codec) -> Cow<'a, str> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            // A few stray bytes make nobody's console an old one. Two characters like these are no EUC-KR by accident.
            if self.legacy && text.chars().filter(|c| c.len_utf8() >= 3).count() >= 2 {
                self.legacy = false;
            }
            return Cow::Borrowed(text);
        }
        match codec.charset.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => {
                self.legacy = true;
                text
            }
            None => String::from_utf8_lossy(bytes),
        }
    }

    /// The name that a first message of the form `name: text` gives its sender.
    fn adopts(&mut self, text: &str, names: Names) -> Option<Nick> {
        if self.decided || text.starts_with('/') {
            return None;
        }
        self.decided = true;
        let (name, _) = text.split_once(": ")?;
        let nick = Nick::new(name, names.nick_chars).ok()?;
        self.prefix = Some(format!("{name}: ").into());
        Some(nick)
    }

    /// The messages in a frame, without the sender's prefix. A frame holds several when a program that sends no newlines
    /// sent faster than its messages could be told apart by pauses.
    fn messages<'a>(&self, text: &'a str) -> Vec<&'a str> {
        match &self.prefix {
            None => vec![text],
            Some(prefix) if self.framing == Framing::Pauses && text.starts_with(&**prefix) => {
                text.split(&**prefix).skip(1).collect()
            }
            Some(prefix) => vec![text.strip_prefix(&**prefix).unwrap_or(text)],
        }
    }

    fn message(&mut self, text: &str, around: &Around<'_>, each: &mut impl FnMut(Asked)) {
        let text = text.trim_end();
        if text.trim_start().is_empty() {
            return;
        }
        let asked = match text.strip_prefix('/') {
            Some(literal) if literal.starts_with('/') => say(literal),
            Some(command) => parse::command(command, around),
            None => say(text),
        };
        if matches!(asked, Asked::Do(Command::Nick { .. })) {
            self.decided = true;
        }
        each(asked);
    }
}

fn say(text: &str) -> Asked {
    Asked::Do(Command::Say { room: None, kind: Kind::Say, text: Text::new(text), tags: None })
}
