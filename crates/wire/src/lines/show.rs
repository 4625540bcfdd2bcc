//! From entries to lines, once for each class of client.
//!
//! A class is what makes two clients read the same bytes: the language the hall speaks to them, whether they read the
//! legacy charset, whether the entry's room is named because they speak in another one, and whether they have asked for
//! numbers.

use std::sync::Arc;

use encoding_rs::Encoding;
use hall::{Encoded, Entry, Event, GROUP_CLASSES, Kind, LogId, Nick, Seq, Text, Time};

use super::told;
use crate::Lang;
use crate::irc::House;
use crate::text::printable;

/// What all clients of plain lines share: the legacy charset, and the time zone in which times are told.
#[derive(Debug, Clone)]
pub struct Codec {
    /// In which bytes that are no UTF-8 are read, and their senders answered.
    pub charset: &'static Encoding,
    /// In which times are told.
    pub zone: jiff::tz::TimeZone,
    /// What time it is, so that the year is told where it is not this one; none in worlds that have one year.
    pub clock: Option<fn() -> Time>,
    /// What dialects tell of the hall as a whole.
    pub house: Arc<House>,
}

impl Default for Codec {
    fn default() -> Self {
        Self { charset: encoding_rs::EUC_KR, zone: jiff::tz::TimeZone::UTC, clock: None, house: Arc::default() }
    }
}

impl Codec {
    /// Adds a text in UTF-8 or, for a legacy client, in its charset, with `?` for what that does not have.
    pub(crate) fn put(&self, text: &str, legacy: bool, out: &mut Vec<u8>) {
        if !legacy {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        let (bytes, _, lost) = self.charset.encode(text);
        if !lost {
            out.extend_from_slice(&bytes);
            return;
        }
        for c in text.chars() {
            let mut utf8 = [0; 4];
            let (bytes, _, lost) = self.charset.encode(c.encode_utf8(&mut utf8));
            out.extend_from_slice(if lost { b"?" } else { &bytes });
        }
    }
}

/// How a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// The language in which the hall speaks to it.
    pub lang: Lang,
    /// Whether it reads the legacy charset.
    pub legacy: bool,
    /// Whether it has shown that it sends no newlines: lines are separated for it rather than ended.
    pub unframed: bool,
    /// Whether it has asked for numbers, to go on from when its connection breaks: they stand before entries and answers.
    pub numbered: bool,
}

impl Style {
    /// The class of a client of this style for entries of a room that has to be named or not. In the log of two people,
    /// which is never named, it says instead whether the client is the second of the two.
    #[must_use]
    pub fn class(self, named: bool) -> usize {
        let class = usize::from(self.lang == Lang::Ko)
            | usize::from(self.legacy) << 1
            | usize::from(named) << 2
            | usize::from(self.numbered) << 3;
        debug_assert!(class < GROUP_CLASSES);
        class
    }
}

/// The lines of these entries in the class of `style` and `named`.
#[must_use]
pub fn encode(entries: &[Arc<Entry>], style: Style, named: bool, codec: &Codec) -> Encoded {
    let mut bytes = Vec::with_capacity(entries.len() * 96);
    let mut ends = Vec::with_capacity(entries.len());
    for entry in entries {
        let text = match entry.logs.first() {
            Some(LogId::Direct(first, second)) => {
                let reader = if named { second } else { first };
                direct(entry, entry.author.person == *reader, style.lang, codec)
            }
            _ => line(entry, style.lang, codec),
        };
        // What has nothing to be read is shown to nobody; what has several lines is shown as several.
        for line in text.lines() {
            if style.numbered {
                bytes.extend_from_slice(number(entry.seq).as_bytes());
            }
            if let Some(LogId::Operators(room)) = entry.logs.first() {
                codec.put(&format!("[@{room}] "), style.legacy, &mut bytes);
            } else if named {
                put_room(entry, style, codec, &mut bytes);
            }
            codec.put(line, style.legacy, &mut bytes);
            bytes.push(b'\n');
        }
        ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }
    Encoded { bytes: bytes.into(), ends: ends.into() }
}

/// What stands before a line for a client that has asked for numbers: it has been shown everything up to this entry.
pub(crate) fn number(seq: Seq) -> String {
    format!("={} ", seq.0)
}

fn put_room(entry: &Entry, style: Style, codec: &Codec, bytes: &mut Vec<u8>) {
    // Who leaves the hall or is called otherwise does so everywhere.
    let ([LogId::Room(room)], event) = (&*entry.logs, &entry.event) else { return };
    if !matches!(event, Event::Quit(_) | Event::Nick(_)) {
        codec.put(&format!("[{room}] "), style.legacy, bytes);
    }
}

/// An entry as lines, nearly always one, without the end of the last; nothing if it is not to be read.
pub(super) fn line(entry: &Entry, lang: Lang, codec: &Codec) -> String {
    let nick = &entry.author.nick;
    match &entry.event {
        Event::Message(kind, text) => message(nick, *kind, text),
        // What only other dialects show.
        Event::Tags | Event::Away(_) | Event::Guise(..) | Event::Noted(_) => String::new(),
        Event::Rule(rule) => {
            let rule = told::rule(rule, lang, codec);
            lang.pick(format!("* {nick} changed a rule: {rule}"), format!("* {nick} 님이 규칙을 바꿨습니다. {rule}"))
        }
        Event::Kick(_, whom, reason) => {
            let why =
                if reason.as_str().is_empty() { String::new() } else { format!(": {}", printable(reason.as_str())) };
            lang.pick(format!("* {nick} put {whom} out{why}"), format!("* {nick} 님이 {whom} 님을 내보냈습니다{why}"))
        }
        Event::Invite(room) => lang.pick(
            format!("* {nick} asks you into {room}: /join {room}"),
            format!("* {nick} 님이 {room} 방으로 부릅니다. /join {room}"),
        ),
        Event::Account(deed) => format!("* {}", told::deed(deed, lang)),
        Event::Audit(words) => format!("* {nick}: /admin {}", printable(words.as_str())),
        Event::Join(_) => lang.pick(format!("* {nick} joined"), format!("* {nick} 님이 들어왔습니다")),
        Event::Part(why) => {
            let why = in_brackets(why);
            lang.pick(format!("* {nick} left the room{why}"), format!("* {nick} 님이 방에서 나갔습니다{why}"))
        }
        Event::Quit(why) => {
            let why = in_brackets(why);
            lang.pick(format!("* {nick} left{why}"), format!("* {nick} 님이 나갔습니다{why}"))
        }
        Event::Nick(to) => {
            lang.pick(format!("* {nick} is now called {to}"), format!("* {nick} 님의 이름이 이제 {to}입니다"))
        }
        Event::Rename { from, to, reason } => {
            let why = in_brackets(reason);
            lang.pick(
                format!("* {nick} renamed the room: {from} is now {to}{why}"),
                format!("* {nick} 님이 방의 이름을 바꿨습니다: {from} -> {to}{why}"),
            )
        }
        Event::Redact(_, why) => {
            let why = in_brackets(why);
            lang.pick(format!("* {nick} took a message back{why}"), format!("* {nick} 님이 메시지를 거두었습니다{why}"))
        }
        Event::Redacted => lang.pick(
            format!("* (a message of {nick} was taken back)"),
            format!("* ({nick} 님의 메시지가 거두어졌습니다)"),
        ),
        Event::Topic(text) if text.as_str().is_empty() => {
            lang.pick(format!("* {nick} cleared the topic"), format!("* {nick} 님이 주제를 지웠습니다"))
        }
        Event::Topic(text) => {
            let text = printable(text.as_str());
            lang.pick(format!("* {nick} set the topic: {text}"), format!("* {nick} 님이 정한 주제: {text}"))
        }
    }
}

/// An entry in the log of two people, or of one account, as one line without its end.
fn direct(entry: &Entry, own: bool, lang: Lang, codec: &Codec) -> String {
    let nick = &entry.author.nick;
    let to = entry.to.as_ref().map_or("?", Nick::as_str);
    let (from, to) = if own { (lang.pick("you", "나"), to) } else { (nick.as_str(), lang.pick("you", "나")) };
    match &entry.event {
        Event::Message(kind, text) => {
            let each = |text: &str| match kind {
                Kind::Say => format!("[{from} -> {to}] {text}"),
                Kind::Action => format!("[{from} -> {to}] ** {nick} {text}"),
                Kind::Notice => format!("[{from} -> {to}] -{nick}- {text}"),
            };
            each_line(text, each)
        }
        Event::Invite(room) if own => {
            lang.pick(format!("* you asked {to} into {room}"), format!("* {to} 님을 {room} 방에 불렀습니다"))
        }
        _ => line(entry, lang, codec),
    }
}

/// An entry as one line, without its end and without the one to whom it was said.
pub(super) fn said(entry: &Entry, lang: Lang, codec: &Codec) -> String {
    line(entry, lang, codec)
}

fn message(nick: &Nick, kind: Kind, text: &Text) -> String {
    each_line(text, |text| match kind {
        Kind::Say => format!("{nick}: {text}"),
        Kind::Action => format!("** {nick} {text}"),
        Kind::Notice => format!("-{nick}- {text}"),
    })
}

/// A message as lines, each as `show` writes it. What one program asks of another is not for people to read.
fn each_line(text: &Text, show: impl Fn(&str) -> String) -> String {
    if is_for_programs(text.as_str()) {
        return String::new();
    }
    text.lines().map(|line| show(&printable(line))).collect::<Vec<_>>().join("\n")
}

/// Whether a message is a request of IRC's client-to-client protocol, or an answer to one. (An action has become one before.)
pub(crate) fn is_for_programs(text: &str) -> bool {
    text.starts_with('\u{1}')
}

/// Why somebody has left, behind what says that they have.
fn in_brackets(why: &Text) -> String {
    if why.as_str().is_empty() { String::new() } else { format!(" ({})", printable(why.as_str())) }
}
