//! How a connection begins: capabilities, a nick, the language, the rooms.

use std::collections::HashSet;

use hall::{Nick, Reply, RoomName};

use super::incoming::{Incoming, nick};
use super::locked::Lock;
use super::rooms::{Room, lobby};
use super::send::About;
use super::{IrcTalk, Phase};
use crate::limits::{CAPS, NICK_CHARS, NICKS_TRIED};

/// The first words of a connection, by which a hall knows IRC. They can be said before anything else is known.
pub(crate) const HELLO: &[u8] = b"CAP LS 302\r\n";

/// What is asked for, where it is offered.
const WANTED: [&str; 11] = [
    "batch",
    "cap-notify",
    "draft/channel-rename",
    "draft/chathistory",
    "draft/languages",
    "draft/message-redaction",
    "draft/multiline",
    "labeled-response",
    "message-tags",
    "server-time",
    "standard-replies",
];
/// An echo is of use if a label tells it from what the person says with another client.
const ECHO: &str = "echo-message";
/// What else happened is of interest to who was here before, and gets in the way of who asks what was said.
const PLAYBACK: &str = "draft/event-playback";

/// What is known of the server at the other end of this connection.
#[derive(Debug)]
pub(super) struct Server {
    /// Its name.
    pub(super) name: String,
    /// Whether it is a hall, with a helper that knows everything for which IRC has no word.
    pub(super) helper: bool,
    /// The capabilities that it offers, until they are asked for, and those that it has granted.
    offered: Vec<String>,
    caps: HashSet<String>,
    /// How long a message of several lines may be, in bytes and in lines.
    pub(super) multiline: Option<(usize, usize)>,
    /// How many messages it tells in one answer.
    pub(super) history: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            name: String::new(),
            helper: false,
            offered: Vec::new(),
            caps: HashSet::new(),
            multiline: None,
            history: hall::Limits::default().history_entries,
        }
    }
}

impl Server {
    pub(super) fn has(&self, cap: &str) -> bool {
        self.caps.contains(cap)
    }

    /// It has these, too.
    #[cfg(test)]
    pub(super) fn has_all(&mut self, caps: &[&str]) {
        self.caps.extend(caps.iter().map(|cap| (*cap).to_owned()));
    }

    /// Whether every answer says to what it is one.
    pub(super) fn has_labels(&self) -> bool {
        self.has("labeled-response") && self.has("batch") && self.has(ECHO)
    }

    /// Whether what was said can be asked for, and the answer be told from what is said now.
    pub(super) fn has_history(&self) -> bool {
        let needed = ["draft/chathistory", "server-time", "message-tags"];
        self.has_labels() && needed.iter().all(|cap| self.has(cap))
    }
}

/// How far one has come in.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// How many nicks were asked for beside the one that is wanted.
    tried: u32,
    /// Whether the nick that is wanted is another's, or none that IRC takes, and what the server said.
    taken: bool,
    unfit: Option<String>,
    /// What one wants to be called, until the server has said all that it says to those who come.
    pub(super) wanted: Option<String>,
    /// What the server asks for first, whether one is proving who one is, and whether an account can be made at the door.
    pub(super) lock: Option<Lock>,
    pub(super) proving: bool,
    pub(super) can_register: bool,
    /// Whether one has proved it.
    pub(super) known: bool,
    /// Whether one has been let in.
    pub(super) inside: bool,
    /// Whether the `PING` behind the greeting was answered.
    pub(super) answered: bool,
}

impl IrcTalk {
    /// Says who one is.
    pub(super) fn greet(&mut self) {
        let knocked = std::mem::take(&mut self.setup.knocked);
        self.server = Server::default();
        self.door = Door { wanted: Some(self.setup.nick.clone()), ..Door::default() };
        if !knocked {
            self.out.extend_from_slice(HELLO);
        }
        self.say_password();
        let name = self.setup.nick.clone();
        // Whatever no nick can be is no word of the protocol either.
        if nick(&name).is_some() {
            self.line(|line| line.command("NICK").param(&name));
        } else {
            self.unfit_nick("");
        }
        self.line(|line| line.command("USER").param("maru").param("0").param("*").trailing(&name));
    }

    /// The server says something about capabilities.
    pub(super) fn cap(&mut self, line: &Incoming) {
        let list = line.last().to_owned();
        let words = list.split_ascii_whitespace();
        match line.param(1).to_ascii_uppercase().as_str() {
            "LS" if !self.door.inside => {
                let room = CAPS.saturating_sub(self.server.offered.len());
                self.server.offered.extend(words.take(room).map(str::to_owned));
                if line.param(2) != "*" || line.message.param_count() < 4 {
                    self.ask_caps();
                }
            }
            "ACK" => {
                for word in words.take(CAPS) {
                    match word.strip_prefix('-') {
                        Some(gone) => self.server.caps.remove(gone),
                        None => self.server.caps.insert(word.to_owned()),
                    };
                }
            }
            "DEL" => self.server.caps.retain(|cap| !words.clone().any(|gone| gone == cap)),
            _ => {}
        }
    }

    /// Asks for those of the offered capabilities that are of use, and goes on.
    fn ask_caps(&mut self) {
        let offered = std::mem::take(&mut self.server.offered);
        let split =
            |cap: &str| cap.split_once('=').map_or((cap.to_owned(), String::new()), |(a, b)| (a.into(), b.into()));
        let offered: Vec<(String, String)> = offered.iter().map(|cap| split(cap)).collect();
        let has = |name: &str| offered.iter().any(|(cap, _)| cap == name);
        let mut wanted: Vec<&str> = WANTED.iter().copied().filter(|cap| has(cap)).collect();
        wanted.extend(Some(ECHO).filter(|cap| has(cap) && has("labeled-response") && has("batch")));
        wanted.extend(Some(PLAYBACK).filter(|cap| self.been_open && has(cap)));
        let proving = self.proving().filter(|cap| has(cap));
        wanted.extend(proving);
        let several = offered.iter().find(|(cap, _)| cap == "draft/multiline").map(|(_, value)| multiline_of(value));
        self.server.multiline = several.filter(|_| has("batch"));
        if !wanted.is_empty() {
            self.line(|line| line.command("CAP").param("REQ").trailing(&wanted.join(" ")));
        }
        if has("draft/languages") {
            let tag = self.setup.lang.tag();
            self.line(|line| line.command("LANGUAGE").param(tag));
        }
        self.door.can_register = has("draft/account-registration");
        self.door.proving = proving.is_some();
        if self.door.proving {
            return self.prove();
        }
        self.line(|line| line.command("CAP").param("END"));
    }

    /// What else happened is told no more with what was said.
    pub(super) fn end_playback(&mut self) {
        if self.server.has(PLAYBACK) {
            self.line(|line| line.command("CAP").param("REQ").trailing(&format!("-{PLAYBACK}")));
        }
    }

    /// The nick that was asked for is another's: the next one with a number behind it is asked for.
    pub(super) fn taken_nick(&mut self) {
        self.door.taken = true;
        self.next_nick();
    }

    /// The nick that was asked for is none, at least not for IRC.
    pub(super) fn unfit_nick(&mut self, why: &str) {
        self.door.unfit.get_or_insert_with(|| why.to_owned());
        self.next_nick();
    }

    fn next_nick(&mut self) {
        self.door.tried += 1;
        let tried = self.door.tried;
        if tried > NICKS_TRIED {
            return;
        }
        let guest = || nick(self.setup.lang.pick("guest", "손님"));
        let stem = if self.door.unfit.is_none() { nick(&self.setup.nick).or_else(guest) } else { guest() };
        // Who comes with many others does not try all their numbers.
        let number = if tried < 9 && self.door.unfit.is_none() { tried + 1 } else { self.random(tried) };
        let next = stem.and_then(|stem| stem.numbered(number, NICK_CHARS).ok());
        let Some(next) = next.as_ref().map(Nick::as_str).map(str::to_owned) else { return self.unfit_nick("") };
        self.line(|line| line.command("NICK").param(&next));
    }

    /// A number of up to four digits.
    fn random(&self, n: u32) -> u32 {
        let mixed =
            (self.setup.seed ^ u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u32::try_from(mixed >> 32).unwrap_or(0) % 9_990 + 10
    }

    /// The server lets one in, under this name.
    pub(super) fn let_in(&mut self, line: &Incoming) {
        self.door.inside = true;
        self.server.name.clone_from(&line.source);
        self.be_called(line.param(0));
    }

    /// What one is called from now on.
    pub(super) fn be_called(&mut self, name: &str) {
        if let Some(nick) = nick(name) {
            nick.as_str().clone_into(&mut self.setup.nick);
            self.me = Some(nick);
        }
    }

    /// The server has said all that it says to those who come: one goes to one's rooms.
    pub(super) fn come_in(&mut self, wanted: &str, now: std::time::Instant) {
        let (wanted, called) = (nick(wanted), self.me.clone());
        match (wanted, called) {
            (Some(wanted), Some(called)) if wanted != called => self.came_as_another(wanted, called),
            (_, Some(nick)) => self.tell(&Reply::Named { nick, taken: None, old: None }),
            _ => {}
        }
        if self.rooms.is_empty() && !self.been_open {
            self.rooms.extend(lobby().map(Room::new));
        }
        for name in self.rooms.iter_mut().map(Room::ask).collect::<Vec<RoomName>>() {
            self.ask_about(About::Join { room: name.clone(), led: false }, None, |line| {
                line.command("JOIN").param(name.as_str())
            });
        }
        if self.door.known && self.been_open && self.server.has_history() {
            self.ask_targets();
        }
        self.ask(now);
    }

    /// One has been let in under another name than the one that was wanted.
    fn came_as_another(&mut self, wanted: Nick, called: Nick) {
        let (taken, unfit) = (self.door.taken, self.door.unfit.clone());
        if let Some(why) = unfit {
            match self.server.helper {
                // In plain lines more can be a name than in IRC; if this cannot, the hall says why.
                true => self.ask_helper(&format!("nick {wanted}"), None, false),
                false => self.refused(&format!("! {wanted}: {why}")),
            }
        } else if taken && self.server.has_labels() {
            let about = About::IsOn { wanted: wanted.to_string(), there: false };
            self.ask_about(about, None, |line| line.command("ISON").param(wanted.as_str()));
        } else {
            self.tell(&Reply::Named { nick: called, taken: taken.then_some(wanted), old: None });
        }
    }

    /// Whether it is still to be found out how one is called, and why.
    pub(super) fn is_naming(&self) -> bool {
        self.asked
            .values()
            .any(|asked| asked.sent.is_none() && matches!(asked.about, About::IsOn { .. } | About::Helper { .. }))
    }

    /// Somebody is called as one wanted to be, or it is an account's name.
    pub(super) fn found_out(&mut self, wanted: &str, there: bool) {
        let (Some(wanted), Some(nick)) = (nick(wanted), self.me.clone()) else { return };
        if there || !self.server.helper {
            self.tell(&Reply::Named { nick, taken: Some(wanted), old: None });
        } else {
            // The hall says why it cannot be had, in its own words.
            self.ask_helper(&format!("nick {wanted}"), None, false);
        }
    }

    /// Whether the greeting is under way and one has not been let in.
    pub(super) fn is_at_door(&self) -> bool {
        matches!(self.phase, Phase::Greeting(_)) && !self.door.inside
    }
}

/// The limits of a message of several lines, as the capability's value says them.
fn multiline_of(value: &str) -> (usize, usize) {
    let number = |key: &str| {
        let word = value.split(',').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        word.and_then(|number| number.parse().ok())
    };
    (number("max-bytes").unwrap_or(4096), number("max-lines").unwrap_or(usize::MAX))
}
