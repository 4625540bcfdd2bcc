//! What the server says, line by line.

use std::time::Instant;

use hall::{Event, Nick, Refusal, Reply, RoomName, Text};
use wire::irc::Line as Written;
use wire::irc::numeric as n;
use wire::lines::Said;
use wire::text::printable;

use super::IrcTalk;
use super::happened::Happened;
use super::incoming::{Incoming, nick, room};
use super::locked::Lock;
use super::send::{About, Asked};
use crate::limits::{OPEN_BATCHES, OWN_MESSAGES, RECEIVED_LINE_BYTES};

/// The helper of a hall, who words everything for which IRC has no word.
pub(super) const HELPER: &str = "maru";

/// Lines that belong together, and have not all come.
#[derive(Debug)]
pub(super) struct Batch {
    /// The line that began it.
    opened: Incoming,
    /// Under which label the answer is that it is a part of; whether it is all of the answer.
    label: Option<u64>,
    whole: bool,
    /// Of a message of several lines: how it is meant, and what of it has come.
    command: String,
    text: Option<String>,
}

impl IrcTalk {
    /// The server has said this.
    pub(super) fn hear(&mut self, line: Incoming, now: Instant) {
        let label = line.tag("label").and_then(|label| label.strip_prefix('m')?.parse::<u64>().ok());
        let outer = line.tag("batch").filter(|reference| self.batches.contains_key(reference));
        if line.command() == "BATCH" {
            return self.batch(line, label, outer.as_deref(), now);
        }
        let batch = outer.and_then(|reference| self.batches.get_mut(&reference));
        let about = match batch {
            Some(batch) if batch.is_message() => return batch.add(&line),
            Some(batch) => batch.label,
            None => label,
        };
        self.understand(&line, None, about, now);
        if let Some(label) = label {
            self.told(label, now);
        }
    }

    /// A batch begins or ends.
    fn batch(&mut self, line: Incoming, label: Option<u64>, outer: Option<&str>, now: Instant) {
        let reference = line.param(0).to_owned();
        if let Some(reference) = reference.strip_prefix('+') {
            let inherited = outer.and_then(|outer| self.batches.get(outer)).and_then(|batch| batch.label);
            // More of them at a time no honest server opens; their lines are taken for lines of their own.
            if self.batches.len() < OPEN_BATCHES {
                let text = (line.param(1) == "draft/multiline").then(String::new);
                let (whole, label) = (label.is_some(), label.or(inherited));
                let batch = Batch { opened: line, label, whole, command: String::new(), text };
                self.batches.insert(reference.to_owned(), batch);
            }
            return;
        }
        let Some(batch) = reference.strip_prefix('-').and_then(|reference| self.batches.remove(reference)) else {
            return;
        };
        if let Some((message, text)) = batch.message() {
            self.understand(&message, Some(text), batch.label, now);
        }
        if let Some(label) = batch.label.filter(|_| batch.whole) {
            self.told(label, now);
        }
    }

    /// An answer is complete.
    fn told(&mut self, label: u64, now: Instant) {
        let Some(asked) = self.asked.remove(&label) else { return };
        match asked.about {
            About::Direct { to, away: Some(away), echoed: true } if away == wire::irc::kept(self.setup.lang) => {
                self.tell(&Reply::Kept(to));
            }
            About::Direct { to, away, echoed: true } => {
                let away = away.map(|away| Text::new(&away));
                self.tell(&Reply::Delivered(to, away));
            }
            // Who is called so already is told nothing else.
            About::Nick(wanted) if nick(&wanted) == self.me => {
                self.me.clone().into_iter().for_each(|nick| self.tell(&Reply::Named { nick, taken: None, old: None }));
            }
            About::IsOn { wanted, there } => self.found_out(&wanted, there),
            About::Join { room, .. } => self.join_answered(&room),
            About::Helper { key: true, quiet: false, refused } => self.key_answered(refused),
            About::Lang { lang, done: true } => {
                self.setup.lang = lang;
                let said = Said::LangSet.lines(self.style(), &self.setup.codec);
                self.chat(&String::from_utf8_lossy(&said));
            }
            about => self.past_told(about, false, now),
        }
        self.answered(asked.sent);
    }

    /// What a line says, as a part of an answer or on its own.
    fn understand(&mut self, line: &Incoming, text: Option<Text>, label: Option<u64>, now: Instant) {
        match line.command() {
            "CAP" => self.cap(line),
            "CHATHISTORY" => self.target(line.param(1), label),
            "AUTHENTICATE" => self.authenticate(),
            "REGISTER" if line.param(0) == "SUCCESS" && self.is_at_door() => self.proved(None),
            "PING" => {
                let token = line.last().to_owned();
                self.line(|line| line.command("PONG").trailing(&token));
            }
            "PONG" => match line.last().strip_prefix('=') {
                Some(token) => {
                    let token = token.to_owned();
                    self.tell(&Reply::Pong(token));
                }
                None => self.pong(line.last(), now),
            },
            "ERROR" => self.error(line.last()),
            "FAIL" => self.refused_by_server(line, label, now),
            "WARN" | "NOTE" => self.chat(&format!("* {}", line.last())),
            "NOTICE" if line.is_from_server() => self.server_says(line.last()),
            "NOTICE" if self.is_helper(line) => self.helper_says(line.last(), label),
            "WALLOPS" => self.chat(&format!("* {}: {}", line.from(), line.last())),
            command if command.len() == 3 && command.bytes().all(|b| b.is_ascii_digit()) => {
                self.number(line, command.parse().unwrap_or(0), label, now);
            }
            _ => self.event(line, text, label),
        }
    }

    /// The server itself says something, to everybody or about what was sent too fast.
    fn server_says(&mut self, text: &str) {
        // What is said to those who have not come in is the server's small talk.
        if self.door.inside && self.setup.typed {
            self.chat(&format!("* {text}"));
        } else if self.door.inside {
            // Who reads what a pipe gives reads what people say.
            self.notice(format!("* {}", printable(text)));
        }
    }

    /// The connection ends, and the server says why.
    fn error(&mut self, text: &str) {
        let why = text.strip_prefix("Closing Link: ").unwrap_or(text);
        if self.door.inside {
            self.chat(&format!("* {why}"));
        } else if self.door.lock.is_none() {
            self.refused(&format!("! {why}"));
        }
    }

    /// What a hall tells to do about something, as it is written here: the helper's commands are the client's own.
    fn in_own_words(&self, text: &str) -> String {
        if self.server.helper { text.replace("/msg maru ", "/") } else { text.to_owned() }
    }

    fn is_helper(&self, line: &Incoming) -> bool {
        self.server.helper && line.source.strip_prefix("maru!maru@") == Some(&*self.server.name)
    }

    fn helper_says(&mut self, text: &str, label: Option<u64>) {
        // What people have said, it tells behind its time, and that stays as it is.
        let text = &*if text.starts_with('[') { text.to_owned() } else { self.in_own_words(text) };
        if text.starts_with("! ") {
            if let Some(About::Helper { refused, .. }) = self.about(label) {
                *refused = true;
            }
            return self.refused(text);
        }
        let quiet = matches!(self.about(label), Some(About::Helper { quiet: true, .. }));
        if !quiet {
            self.chat(&format!("* {text}"));
        }
    }

    /// Something is refused, in a server's words.
    fn refused_by_server(&mut self, line: &Incoming, label: Option<u64>, now: Instant) {
        if self.is_at_door() && line.command() == "FAIL" {
            return match (line.param(0), line.param(1)) {
                (_, "ACCOUNT_REQUIRED") => self.at_door(Lock::Account(self.door.can_register), line),
                ("REGISTER", _) => self.proved(Some(line.last())),
                _ => {}
            };
        }
        if (line.command(), line.param(0), line.param(1)) == ("FAIL", "JOIN", "CHANNEL_RENAMED")
            && let Some((from, to)) = room(line.param(2)).zip(room(line.param(3)))
            && let Some(Asked { about: About::Join { led: false, .. }, sent }) =
                label.and_then(|label| self.asked.get(&label))
        {
            let sent = *sent;
            label.into_iter().for_each(|label| drop(self.asked.remove(&label)));
            self.led_on(&from, to, sent);
            return self.answered(sent);
        }
        // Whatever it is about is named, if the words do not.
        let text = self.in_own_words(line.last());
        let numeric = line.command() != "FAIL";
        let about = line.message.params().skip(1).filter(|param| numeric && *param != line.last()).last();
        match about.filter(|about| *about != "*" && !text.contains(*about)) {
            Some(about) => self.refused(&format!("! {about}: {text}")),
            None => self.refused(&format!("! {text}")),
        }
        if self.is_past(label)
            && let Some(asked) = label.and_then(|label| self.asked.remove(&label))
        {
            if !matches!(asked.about, About::History { .. }) {
                self.past_told(asked.about, true, now);
            }
            self.answered(asked.sent);
        }
    }

    /// A numeric.
    fn number(&mut self, line: &Incoming, number: u16, label: Option<u64>, now: Instant) {
        let named = room(line.param(1));
        match number {
            n::RPL_WELCOME => self.let_in(line),
            n::RPL_MYINFO => self.server.helper = line.param(2).starts_with("maru-"),
            n::RPL_ISUPPORT => self.supports(line),
            n::RPL_ENDOFMOTD | n::ERR_NOMOTD => {
                if let Some(wanted) = self.door.wanted.take() {
                    self.come_in(&wanted, now);
                }
            }
            n::RPL_YOURLANGUAGESARE => {
                if let Some(About::Lang { done, .. }) = self.about(label) {
                    *done = true;
                }
            }
            n::RPL_AWAY => self.is_away(line, label),
            n::RPL_ISON => {
                let (names, now_on) = (line.last().to_owned(), self.about(label));
                if let Some(About::IsOn { wanted, there }) = now_on {
                    *there = names.split_ascii_whitespace().any(|name| nick(name) == nick(wanted));
                }
            }
            n::RPL_NOTOPIC => named.into_iter().for_each(|room| self.tell(&Reply::Topic(room, None))),
            n::RPL_TOPIC => named.into_iter().for_each(|room| self.topic(room, line.last())),
            n::RPL_NAMREPLY => {
                if let Some(room) = room(line.param(2)) {
                    self.count_people(&room, line.last().split_ascii_whitespace().count());
                }
            }
            n::RPL_ENDOFNAMES => named.into_iter().for_each(|room| self.is_there(&room)),
            n::RPL_INVITING => {
                let room = room(line.param(2));
                nick(line.param(1))
                    .zip(room)
                    .into_iter()
                    .for_each(|(nick, room)| self.tell(&Reply::Invited(nick, room)));
            }
            n::RPL_LOGGEDIN => nick(line.param(2)).into_iter().for_each(|account| self.logged_in(account)),
            n::RPL_LOGGEDOUT => self.logged_out(),
            400.. => self.error_number(line, number, label, now),
            _ => {}
        }
    }

    /// A numeric that refuses something.
    fn error_number(&mut self, line: &Incoming, number: u16, label: Option<u64>, now: Instant) {
        let naming = matches!(number, n::ERR_NICKNAMEINUSE | n::ERR_ERRONEUSNICKNAME | n::ERR_NONICKNAMEGIVEN);
        if self.is_at_door() {
            match number {
                n::ERR_NICKNAMEINUSE => self.taken_nick(),
                n::ERR_ERRONEUSNICKNAME => self.unfit_nick(line.last()),
                n::ERR_PASSWDMISMATCH => self.at_door(Lock::Password, line),
                n::RPL_SASLSUCCESS => self.proved(None),
                n::ERR_SASLFAIL..=n::RPL_SASLMECHS => self.proved(Some(line.last())),
                // Servers of long ago know of no capabilities.
                _ => {}
            }
            return;
        }
        let retried = match self.about(label) {
            Some(About::Nick(wanted)) if naming => Some(wanted.clone()),
            _ => None,
        };
        match retried.filter(|_| self.server.helper) {
            // In plain lines more can be a name than in IRC; if this cannot, the hall says why.
            Some(wanted) => {
                let sent = label.and_then(|label| self.asked.get(&label)).and_then(|asked| asked.sent);
                self.ask_helper(&format!("nick {wanted}"), sent, false);
            }
            None if (600..900).contains(&number) && number != n::ERR_INVALIDMODEPARAM => {}
            None if matches!(number, 903 | 907) => {}
            None => self.refused_by_server(line, label, now),
        }
    }

    /// What the server says that it does.
    fn supports(&mut self, line: &Incoming) {
        let history = line.message.params().find_map(|token| token.strip_prefix("CHATHISTORY=")?.parse().ok());
        // None is as many as one likes.
        self.server.history = history.filter(|most| *most > 0).unwrap_or(self.server.history);
    }

    fn is_away(&mut self, line: &Incoming, label: Option<u64>) {
        match self.about(label) {
            Some(About::Direct { away, .. }) => *away = Some(line.last().to_owned()),
            _ => self.chat(&format!("* {}: {}", line.param(1), line.last())),
        }
    }

    fn topic(&mut self, room: RoomName, text: &str) {
        if !self.topic_of_coming(&room, text) {
            let topic = hall::Topic { text: Text::new(text), by: None, at: None };
            self.tell(&Reply::Topic(room, Some(topic)));
        }
    }

    /// Something happens, or has happened.
    fn event(&mut self, line: &Incoming, text: Option<Text>, label: Option<u64>) {
        // Who is something in a room has been so before they came.
        if line.command() == "MODE" && line.is_from_server() {
            return;
        }
        let Some(happened) = Happened::of(line, text, self.me.as_ref()) else { return };
        if self.is_past(label) {
            return self.past(happened, label);
        }
        if happened.own {
            self.source.clone_from(&happened.source);
        }
        let Some(event) = happened.entries.first().map(|entry| entry.event.clone()) else { return };
        let here = happened.room().cloned();
        // Who becomes the person of an account leaves as a guest and comes as that person, into the same rooms.
        let another = matches!(self.about(label), Some(About::Helper { key: true, .. }));
        match (event, here) {
            (Event::Join(_), Some(room)) if happened.own => self.joined(&room),
            (Event::Part(_), Some(room)) if happened.own => {
                self.note(&happened, None);
                if another {
                    return self.changes_person(&room);
                }
                let focus = self.out_of(&room);
                return self.tell(&Reply::Parted { room, focus });
            }
            (Event::Kick(_, whom, _), Some(room)) if self.me.as_ref() == Some(&whom) => {
                self.happen(happened);
                let focus = self.out_of(&room);
                return self.tell(&Reply::PutOut { room, focus });
            }
            (Event::Nick(to), _) if happened.own => {
                self.note(&happened, None);
                if let Some(about @ About::Nick(_)) = self.about(label) {
                    *about = About::Other;
                }
                return self.named(to, !another);
            }
            (Event::Rename { from, to, .. }, _) => return self.room_renamed(happened, &from, &to, label),
            (Event::Quit(_), _) if happened.own => return,
            _ => {}
        }
        if happened.own && label.is_some() { self.own(happened, line, label) } else { self.happen(happened) }
    }

    /// One is called otherwise.
    fn named(&mut self, nick: Nick, told: bool) {
        self.be_called(nick.as_str());
        let user = self.source.split_once('!').map_or("", |(_, user)| user);
        self.source = format!("{nick}!{user}");
        if told {
            self.tell(&Reply::Named { nick, taken: None, old: None });
        }
    }

    /// A room is called otherwise. Who has asked for it is answered, the others read who it was.
    fn room_renamed(&mut self, happened: Happened, from: &RoomName, to: &RoomName, label: Option<u64>) {
        let helper = matches!(self.about(label), Some(About::Helper { .. }));
        let silent = happened.own && label.is_some();
        self.happen(Happened { silent, ..happened });
        self.renamed(from, to);
        if silent && !helper {
            self.tell(&Reply::Redirected(from.clone(), to.clone()));
        }
    }

    /// What one has asked for oneself has happened.
    fn own(&mut self, happened: Happened, line: &Incoming, label: Option<u64>) {
        let id = happened.id.clone();
        let target = line.param(0).to_owned();
        let event = happened.entries.first().map(|entry| entry.event.clone());
        let room = happened.room().cloned();
        match event {
            Some(Event::Message(..)) => {
                if let Some(About::Direct { echoed, .. }) = self.about(label) {
                    *echoed = true;
                }
                // What is asked of the helper is said to nobody.
                if matches!(self.about(label), Some(About::Helper { .. })) {
                    return;
                }
                if self.own.len() == OWN_MESSAGES {
                    self.own.pop_front();
                }
                self.own.extend(id.map(|id| (target, id)));
            }
            Some(Event::Topic(text)) => {
                room.clone().into_iter().for_each(|room| self.tell(&Reply::TopicSet(room, text.clone())))
            }
            Some(Event::Kick(_, whom, _)) => {
                room.clone().into_iter().for_each(|room| self.tell(&Reply::Kicked(room, whom.clone())));
            }
            Some(Event::Redact(..)) => {
                let gone = line.param(1);
                self.own.retain(|(_, id)| id != gone);
                if !matches!(self.about(label), Some(About::Helper { .. })) {
                    self.tell(&Reply::Redacted);
                }
            }
            // What the helper has done, it says itself.
            _ => {}
        }
        self.happen(Happened { silent: true, ..happened });
    }

    /// A message of one's own is to be taken back: the last, or one before it.
    pub(super) fn redact(&mut self, back: usize, sent: u64) {
        let found = back.checked_sub(1).and_then(|skip| self.own.iter().rev().nth(skip)).cloned();
        match found {
            Some((target, id)) => {
                self.ask_about(About::Other, Some(sent), |line| line.command("REDACT").param(&target).param(&id));
            }
            None => self.refuse(&Refusal::NothingToRedact),
        }
    }
}

impl Batch {
    fn is_message(&self) -> bool {
        self.text.is_some()
    }

    /// One more line of a message.
    fn add(&mut self, line: &Incoming) {
        let Some(text) = &mut self.text else { return };
        if text.len() + line.param(1).len() > RECEIVED_LINE_BYTES {
            return;
        }
        if !self.command.is_empty() && line.message.tag("draft/multiline-concat").is_none() {
            text.push('\n');
        }
        line.command().clone_into(&mut self.command);
        text.push_str(line.param(1));
    }

    /// The message of several lines that it is: a line with its tags, its source and its target, and the text.
    fn message(&self) -> Option<(Incoming, Text)> {
        let text = self.text.as_ref().filter(|_| matches!(&*self.command, "PRIVMSG" | "NOTICE"))?;
        let mut line = Vec::new();
        let mut written = Written::new(&mut line);
        for key in ["msgid", "time", "account"] {
            written = self.opened.tag(key).iter().fold(written, |line, value| line.tag(key, value));
        }
        let source = Some(&*self.opened.source).filter(|source| !source.is_empty())?;
        let target = Some(self.opened.param(2)).filter(|target| !target.is_empty() && !target.contains(' '))?;
        written.source(source).command(&self.command).param(target).trailing("").end();
        Some((Incoming::parse(&line)?, Text::of_lines(text)))
    }
}
