//! The people: what their programs send and how they read. Each message holds a mark that is found in no other, so that
//! a check can follow it from the sender through the ledger to everybody else.

use encoding_rs::EUC_KR;

use crate::Rng;

/// What program somebody uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lines that end with a newline, with every command there is.
    Framed,
    /// The same from a terminal that negotiates (RFC 854) and ends lines with CR LF.
    Telnet,
    /// `name: text` in one send a message, without newlines.
    Unframed,
    /// Lines in EUC-KR.
    Legacy,
    /// Says nothing at all.
    Silent,
}

/// How somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// At once.
    Fast,
    /// A few bytes at a time, with long rests.
    Slow,
    /// Not at all.
    Stuck,
}

/// One client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    pub(crate) reader: Reader,
    pub(crate) name: &'static str,
    /// Whether it vanishes, or ends its stream, before the end.
    pub(crate) mortal: bool,
    /// The marks of its messages that no refusal may stop: it never leaves a room, and no line of it is too long.
    pub(crate) marks: Vec<String>,
    sent: usize,
}

const ROOMS: [&str; 3] = ["#수다", "#dev", "#x"];
const WORDS: [&str; 8] =
    ["안녕하세요", "hello there", "👋🏽", "뷁 똠방각하", "a ] b", "e\u{301}", "tab\there", "\u{1b}[31mred\u{1b}[0m"];

impl Client {
    pub(crate) fn draw(number: usize, name: &'static str, rng: &mut Rng) -> Self {
        use Kind::{Framed, Legacy, Silent, Telnet, Unframed};
        Self {
            number,
            kind: rng.pick(&[Framed, Framed, Framed, Telnet, Unframed, Unframed, Legacy, Silent]),
            reader: rng.pick(&[Reader::Fast, Reader::Fast, Reader::Slow, Reader::Stuck]),
            name,
            mortal: rng.chance(30),
            marks: Vec::new(),
            sent: 0,
        }
    }

    /// What it sends next.
    pub(crate) fn next_bytes(&mut self, rng: &mut Rng, people: usize) -> Vec<u8> {
        match self.kind {
            Kind::Silent => Vec::new(),
            Kind::Unframed => {
                let text = self.message(rng, 1);
                format!("{}: {text}", self.name).into_bytes()
            }
            // A program that asks for numbers asks first.
            Kind::Framed if self.sent == 0 && rng.chance(25) => {
                self.sent += 1;
                b"/resume now\n".to_vec()
            }
            Kind::Framed if self.sent == 0 && rng.chance(40) => self.first(rng),
            Kind::Framed => self.line(rng, people).into_bytes(),
            Kind::Telnet if self.sent == 0 => [&b"\xff\xfd\x03\xff\xfb\x18"[..], &self.first(rng)].concat(),
            Kind::Telnet => {
                let text = if rng.chance(80) { self.message(rng, 1) } else { "/who".to_owned() };
                [b"\xff\xf1", text.as_bytes(), b"\r\n"].concat()
            }
            Kind::Legacy => {
                // The first shows the charset; the mark is ASCII, so that the text is the same after two conversions.
                let text = if self.sent == 0 { format!("/nick 옛{}\n안녕 ", self.name) } else { String::new() };
                let text = format!("{text}{}\n", self.message(rng, 1));
                EUC_KR.encode(&text).0.into_owned()
            }
        }
    }

    fn first(&mut self, rng: &mut Rng) -> Vec<u8> {
        let name = if rng.chance(30) { "bob" } else { self.name };
        format!("{name}: {}\n", self.message(rng, 1)).into_bytes()
    }

    /// A message with a mark; `promise`: it has to get onto the ledger unless the ledger fails.
    fn message(&mut self, rng: &mut Rng, promise: u64) -> String {
        self.sent += 1;
        let mark = format!("<{}.{}>", self.number, self.sent);
        let mut text = mark.clone();
        for _ in 0..rng.below(4) {
            text = format!("{text} {}", rng.pick(&WORDS));
        }
        if rng.chance(10) {
            let more = "가나다라".repeat(1 + rng.below(20));
            text = format!("{text} {more}.");
        }
        if promise == 1 && self.kind != Kind::Framed {
            self.marks.push(mark);
        }
        text
    }

    fn line(&mut self, rng: &mut Rng, people: usize) -> String {
        let room = rng.pick(&ROOMS);
        let other = if rng.chance(50) { self.name.to_owned() } else { format!("guest{}", 1 + rng.below(people)) };
        let line = match rng.below(26) {
            0 => format!("/nick {}", rng.pick(&["bob", "미리내", "Bob", "zoe", "나"])),
            1 => format!("/nick {}{}", self.name, rng.below(3)),
            2..=4 => format!("/join {room}"),
            5 => "/join #lobby".to_owned(),
            6 => format!("/part {room}"),
            7 => "/part".to_owned(),
            8 | 9 => format!("/msg {} {}", rng.pick(&["bob", "민수", "영희", "zoe", &other]), self.message(rng, 0)),
            10 => format!("/me {}", self.message(rng, 0)),
            11 => format!("/topic {}", if rng.chance(30) { String::new() } else { self.message(rng, 0) }),
            12 => rng
                .pick(&["/rooms", "/help", "/who", "/who #dev", "/topic", "//slash", "/nothing", "", "/join"])
                .to_owned(),
            13 => {
                rng.pick(&["/history 3", "/history since 1h", "/search 가나", "/search from:bob", "/redact"]).to_owned()
            }
            14 => rng.pick(&["/lang ko", "/lang en"]).to_owned(),
            15 => format!("/ping {}", self.sent),
            16 => format!("{} {}", self.message(rng, 0), "길다 ".repeat(rng.below(1_500))),
            17 => format!("/join {room}\n{}\n/part", self.message(rng, 0)),
            18 => format!("/part\n/join {room}"),
            19 => format!("/join {room}\n/rename {}", rng.pick(&ROOMS)),
            20 => format!("/rename {}", rng.pick(&["#dev", "#y", "#새방", "#수다"])),
            _ => self.message(rng, 0),
        };
        format!("{line}\n")
    }

    /// What it asks when calm has come, by which the check knows that it got everything.
    pub(crate) fn last_words(&self) -> String {
        match self.kind {
            Kind::Silent => String::new(),
            Kind::Unframed => format!("{}: /ping end", self.name),
            _ => "\n/lang en\n/who #lobby\n/ping end\n".to_owned(),
        }
    }
}
