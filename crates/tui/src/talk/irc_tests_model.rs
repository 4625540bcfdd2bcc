//! Whatever breaks when, everything is shown once and in order, and nothing typed is lost without a word: against a hall
//! that is a list, whose connections are cut in the middle of anything.

use proptest::prelude::*;

use super::*;

/// What happens.
#[derive(Debug, Clone)]
enum Op {
    /// Somebody else says something.
    Said,
    /// The person says something.
    Typed,
    /// So many bytes arrive at the client.
    Bytes(usize),
    /// Everything arrives, and is answered.
    Calm,
    /// The connection breaks, and what was on its way is lost.
    Cut,
}

/// Something in the log of the lobby; its number is its place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Message(&'static str, String),
    Join,
}

impl Entry {
    fn line(&self, at: usize) -> String {
        let id = at + 1;
        let tags = format!("msgid={id};time=2026-11-25T12:00:{:02}.{:03}Z", id / 1_000, id % 1_000);
        match self {
            Self::Message(from, text) => format!("{tags} :{from}!~u@h PRIVMSG #lobby :{text}"),
            Self::Join => format!("{tags} :철수!~u@h JOIN #lobby"),
        }
    }
}

/// A hall with one room.
#[derive(Debug, Default)]
struct Model {
    log: Vec<Entry>,
    /// What is on its way to the client; whether it is in the room, and is told of more than messages.
    out: Vec<u8>,
    /// Answers about what was said: found, and still to be told. What is said meanwhile is told before them.
    found: Vec<u8>,
    inside: bool,
    playback: bool,
}

/// How much one answer tells.
const PAGE: usize = 3;

impl Model {
    fn tell(&mut self, line: &str) {
        self.out.extend_from_slice(format!("{line}\r\n").as_bytes());
    }

    fn said(&mut self, text: String) {
        self.log.push(Entry::Message("영희", text));
        if self.inside {
            let at = self.log.len() - 1;
            self.tell(&format!("@{}", self.log[at].line(at)));
        }
    }

    /// Takes a line of the client's.
    fn take(&mut self, line: &str) {
        let (label, line) = match line.strip_prefix("@label=").and_then(|line| line.split_once(' ')) {
            Some((label, line)) => (label.to_owned(), line),
            None => (String::new(), line),
        };
        let words: Vec<&str> = line.split(' ').collect();
        match &words[..] {
            ["CAP", "LS", ..] => self.tell(&format!(":hall CAP * LS :{CAPS} echo-message draft/event-playback")),
            ["CAP", "REQ", rest @ ..] => {
                let caps = rest.join(" ");
                if caps.contains("draft/event-playback") {
                    self.playback = !caps.contains("-draft/event-playback");
                }
                self.tell(&format!(":hall CAP * ACK {caps}"));
            }
            ["CAP", "END"] => {
                self.tell(":hall 001 철수 :Welcome\r\n:hall 004 철수 hall maru-1 i n");
                self.tell(&format!(":hall 005 철수 CHATHISTORY={PAGE} :are supported\r\n:hall 422 철수 :none"));
            }
            ["JOIN", _] => {
                self.log.push(Entry::Join);
                self.inside = true;
                let at = self.log.len() - 1;
                self.tell(&format!(
                    "@label={label} :hall BATCH +j labeled-response\r\n@batch=j;{}",
                    Entry::Join.line(at)
                ));
                self.tell("@batch=j :hall 366 철수 #lobby :End\r\n:hall BATCH -j");
            }
            ["CHATHISTORY", what, _, place, most] => self.history(&label, what, place, most.parse().unwrap()),
            ["PING", token] => self.tell(&format!(":hall PONG hall {token}")),
            ["PRIVMSG", _, text @ ..] => {
                self.log.push(Entry::Message("철수", text.join(" ")[1..].to_owned()));
                let at = self.log.len() - 1;
                self.tell(&format!("@label={label};{}", self.log[at].line(at)));
            }
            _ => {}
        }
    }

    fn history(&mut self, label: &str, what: &str, place: &str, most: usize) {
        let entries = self.log.iter().enumerate();
        let mut wanted = entries.filter(|(_, entry)| self.playback || matches!(entry, Entry::Message(..)));
        let told: Vec<String> = match (what, place.split_once('=')) {
            ("AFTER", Some(("msgid", id))) => {
                let id: usize = id.parse().unwrap();
                wanted.filter(|(at, _)| *at >= id).take(most.min(PAGE)).map(|(at, entry)| entry.line(at)).collect()
            }
            ("AFTER", _) => wanted.take(most.min(PAGE)).map(|(at, entry)| entry.line(at)).collect(),
            // A place in time is the last thing seen; its own id is as good here.
            ("BEFORE", _) => wanted.next_back().map(|(at, entry)| entry.line(at)).into_iter().collect(),
            _ => {
                let all: Vec<String> = wanted.map(|(at, entry)| entry.line(at)).collect();
                all[all.len().saturating_sub(most)..].to_vec()
            }
        };
        let mut batch = vec![format!("@label={label} :hall BATCH +h chathistory #lobby")];
        batch.extend(told.iter().map(|line| format!("@batch=h;{line}")));
        batch.push(":hall BATCH -h\r\n".to_owned());
        self.found.extend_from_slice(batch.join("\r\n").as_bytes());
    }
}

/// The client and the hall.
struct Both {
    talk: IrcTalk,
    model: Model,
    now: Instant,
    shown: Vec<String>,
}

impl Both {
    fn connect(&mut self) {
        self.model = Model { log: std::mem::take(&mut self.model.log), ..Model::default() };
        self.talk.connected(self.now);
        self.act();
    }

    /// Does what the client asks for.
    fn act(&mut self) {
        for effect in self.talk.effects() {
            match effect {
                Effect::Send(bytes) => {
                    let text = String::from_utf8(bytes).unwrap();
                    text.lines().for_each(|line| self.model.take(line));
                }
                Effect::Show(Line::Chat(text) | Line::Refusal(text) | Line::Notice(text)) => self.shown.push(text),
                Effect::Reconnect => return self.connect(),
                effect => panic!("{effect:?}"),
            }
        }
    }

    fn deliver(&mut self, bytes: usize) {
        if self.model.out.is_empty() {
            self.model.out.append(&mut self.model.found);
        }
        let bytes: Vec<u8> = self.model.out.drain(..bytes.min(self.model.out.len())).collect();
        self.talk.received(&bytes, self.now);
        self.act();
    }

    fn calm(&mut self) {
        while !(self.model.out.is_empty() && self.model.found.is_empty()) {
            self.deliver(usize::MAX);
        }
    }

    fn happen(&mut self, op: &Op, n: usize) {
        match op {
            Op::Said => self.model.said(format!("말{n}.")),
            Op::Typed => {
                self.talk.typed(&format!("글{n}."), self.now);
                self.act();
            }
            Op::Bytes(bytes) => self.deliver(*bytes),
            Op::Calm => self.calm(),
            // The first greeting of all is not made twice.
            Op::Cut if self.talk.been_open => {
                self.talk.closed(None, self.now);
                self.act();
            }
            Op::Cut => {}
        }
    }
}

proptest! {
    #[test]
    fn everything_is_shown_once_and_nothing_typed_is_lost_without_a_word(
        ops in prop::collection::vec(
            prop_oneof![
                3 => Just(Op::Said),
                2 => Just(Op::Typed),
                4 => (0_usize..3_000).prop_map(Op::Bytes),
                1 => Just(Op::Calm),
                1 => Just(Op::Cut),
            ],
            0..60,
        ),
    ) {
        let now = Instant::now();
        let mut both = Both { talk: IrcTalk::new(setup(true), now), model: Model::default(), now, shown: Vec::new() };
        both.connect();
        for (n, op) in ops.iter().enumerate() {
            both.happen(op, n);
        }
        both.calm();
        prop_assert_eq!(both.talk.phase, Phase::Open);
        prop_assert!(both.talk.unacked.is_empty() && both.talk.kept.is_empty());
        let all = both.shown.join("\n");
        let said = |from: &str| -> Vec<String> {
            let of = |entry: &Entry| match entry {
                Entry::Message(author, text) if *author == from => Some(text.clone()),
                _ => None,
            };
            both.model.log.iter().filter_map(of).collect()
        };
        let heard = both.shown.iter().filter_map(|line| line.split_once("영희: ").map(|(_, text)| text.to_owned()));
        prop_assert_eq!(heard.collect::<Vec<_>>(), said("영희"), "{}", all);
        prop_assert!(!all.contains("철수: "), "one's own words are known:\n{}", all);
        let own = said("철수");
        for (n, _) in ops.iter().enumerate().filter(|(_, op)| matches!(op, Op::Typed)) {
            let text = format!("글{n}.");
            let told = all.matches(&text).count();
            match own.iter().filter(|own| **own == text).count() {
                0 => prop_assert!(told == 1, "{text} is not told to be lost once:\n{all}"),
                // In doubt, if the connection broke; and then that it has arrived.
                1 => prop_assert!(told == 0 || told == 2, "{text} is told {told} times:\n{all}"),
                more => prop_assert!(false, "{text} was said {more} times"),
            }
        }
    }
}
