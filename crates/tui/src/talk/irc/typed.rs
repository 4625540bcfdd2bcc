//! What a person types: understood by the parser of plain lines, and asked for in IRC's words. What IRC has no word for is
//! asked of the hall's helper, who understands plain lines.

use hall::{Change, Command, Kind, Nick, Refusal, Reply, RoomName, Text, Time};
use wire::lines::{Asked, Codec, End, Frame, Misuse, Names, Said, Speaker};
use wire::{Lang, Limits};

use super::IrcTalk;
use super::heard::HELPER;
use super::incoming::NAME_CHARS;
use super::send::{About, Sent};

/// So much of a topic or a reason has room in a line, whoever passes it on, and is within the limits of a hall that is
/// configured as usual.
const TAIL_BYTES: usize = 300;

/// Whether a typed line is the command to leave.
pub(crate) fn is_quit(line: &str) -> bool {
    line.starts_with('/')
        && understood(line, &Codec::default(), &Limits::default())
            .iter()
            .any(|asked| matches!(asked, Asked::Do(Command::Quit(_))))
}

/// A typed line as it may be kept and shown again: without a password, if there is one in it.
pub(crate) fn without_secrets(line: &str) -> String {
    let line = line.trim();
    let Some(command) = line.strip_prefix('/') else { return line.to_owned() };
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let secret = |line: &str| understood(line, &Codec::default(), &Limits::default()).iter().any(has_secret);
    let misused = |asked: &Asked| matches!(asked, Asked::Misuse(_));
    // Who writes such a command otherwise than it is written may have put the password there all the same.
    let wrong = || understood(line, &Codec::default(), &Limits::default()).iter().any(misused);
    let hides = secret(line)
        || (!rest.is_empty() && wrong() && [" x", " x y"].iter().any(|like| secret(&format!("/{word}{like}"))));
    if hides { format!("/{word} …") } else { line.to_owned() }
}

fn has_secret(asked: &Asked) -> bool {
    match asked {
        Asked::Auth(_) => true,
        Asked::Do(Command::Direct { to, text, .. }) if is_helper(to) => {
            let text = text.as_str();
            let word = text.split(char::is_whitespace).next().unwrap_or("");
            word.eq_ignore_ascii_case("identify") || without_secrets(&format!("/{text}")) != format!("/{text}").trim()
        }
        Asked::Do(command) => matches!(
            command,
            Command::Pass(_)
                | Command::Register(_)
                | Command::Login { .. }
                | Command::Password { .. }
                | Command::Unregister(_)
                | Command::Join(_, Some(_))
                | Command::Rule { change: Change::Key(Some(_)), .. }
                | Command::Admin(hall::Admin::Create(..) | hall::Admin::Reset(..))
        ),
        _ => false,
    }
}

/// Whether somebody is the hall's helper, by whatever name.
fn is_helper(nick: &Nick) -> bool {
    hall::SERVICES.iter().any(|name| name.eq_ignore_ascii_case(nick.as_str()))
}

/// What a typed line asks for.
pub(super) fn understood(line: &str, codec: &Codec, limits: &Limits) -> Vec<Asked> {
    let now = codec.clock.map_or_else(Time::default, |clock| clock());
    // How long a name may be is for the hall to say.
    let names = Names { nick_chars: NAME_CHARS, room_name_chars: NAME_CHARS };
    let mut speaker = Speaker::default();
    let mut asked = Vec::new();
    // Who has a name puts none before what they say.
    for line in ["/nick x", line] {
        asked.clear();
        let frame = Frame::Message(line.as_bytes(), End::Newline);
        speaker.hear(frame, codec, names, limits, now, &mut |what| asked.push(what));
    }
    asked
}

impl IrcTalk {
    /// Does what a typed line asks for.
    pub(super) fn say(&mut self, line: &str, now: std::time::Instant) {
        let default = Limits::default();
        // What a server takes in one message, it says.
        let line_bytes = self.server.multiline.map_or(default.line_bytes, |(bytes, _)| bytes);
        let limits = Limits { line_bytes, ..default };
        self.labels += 1;
        let id = self.labels;
        self.unacked.push_back(Sent { id, line: without_secrets(line), waits: 0, said: None });
        for asked in understood(line, &self.setup.codec.clone(), &limits) {
            self.do_asked(asked, line.trim(), id);
        }
        if self.unacked.back().is_some_and(|sent| sent.id == id && sent.waits == 0) {
            self.unacked.pop_back();
            self.blocked.take_if(|blocked| *blocked == id);
        } else if !self.server.has_labels() {
            self.ask_soon(now);
        }
    }

    pub(super) fn do_asked(&mut self, asked: Asked, line: &str, id: u64) {
        match asked {
            Asked::Do(command) => self.do_command(command, line, id),
            Asked::Help(topic) => {
                let said = Said::Help(topic).lines(self.style(), &self.setup.codec);
                self.chat(&String::from_utf8_lossy(&said));
            }
            Asked::Lang(lang) => self.speak(lang, id),
            Asked::Misuse(misuse) => self.misused(misuse),
            // These are for programs that speak plain lines.
            _ => self.unknown(line),
        }
    }

    pub(super) fn misused(&mut self, misuse: Misuse) {
        let said = Said::Misuse(misuse).lines(self.style(), &self.setup.codec);
        self.refused(&String::from_utf8_lossy(&said));
    }

    fn unknown(&mut self, line: &str) {
        let word = line.trim_start_matches('/').split(char::is_whitespace).next().unwrap_or("");
        self.misused(Misuse::Unknown(word.to_owned()));
    }

    fn speak(&mut self, lang: Lang, id: u64) {
        if self.server.has("draft/languages") && self.server.has_labels() {
            let about = About::Lang { lang, done: false };
            return self.ask_about(about, Some(id), |line| line.command("LANGUAGE").param(lang.tag()));
        }
        self.setup.lang = lang;
        let said = Said::LangSet.lines(self.style(), &self.setup.codec);
        self.chat(&String::from_utf8_lossy(&said));
    }

    fn do_command(&mut self, command: Command, line: &str, id: u64) {
        match command {
            Command::Say { kind, text, .. } => self.say_here(kind, &text, id),
            // What is told the helper can be told the client.
            Command::Direct { to, text, .. } if to.as_str() == HELPER && self.server.helper => {
                let line = format!("/{}", text.as_str().trim_start_matches('/'));
                for asked in understood(&line, &self.setup.codec.clone(), &Limits::default()) {
                    match asked {
                        Asked::Do(Command::Direct { to, .. }) if is_helper(&to) => self.unknown(&line),
                        asked => self.do_asked(asked, &line, id),
                    }
                }
            }
            Command::Direct { to, text, .. } => {
                let about = || About::Direct { to: to.clone(), away: None, echoed: false };
                self.message(to.as_str(), text.as_str(), id, about);
            }
            Command::Nick { nick, .. } => {
                self.blocked = Some(id);
                let about = About::Nick(nick.to_string());
                self.ask_about(about, Some(id), |line| line.command("NICK").param(nick.as_str()));
            }
            Command::Redact(back) => self.redact(back, id),
            Command::Ping(token) => {
                let token = format!("={token}");
                self.ask_about(About::Other, Some(id), |line| line.command("PING").trailing(&token));
            }
            // What plain lines number, IRC knows by ids.
            Command::Resume { .. } => self.unknown(line),
            Command::Join(..)
            | Command::Part(..)
            | Command::Topic { .. }
            | Command::History { .. }
            | Command::Rename { .. }
            | Command::Kick { .. }
            | Command::Invite { .. } => self.do_in_room(command, line, id),
            command => self.do_otherwise(&command, line, id),
        }
    }

    /// What IRC has no word for is done by the helper, if there is one.
    fn do_otherwise(&mut self, command: &Command, line: &str, id: u64) {
        if !self.server.helper {
            return self.unknown(line);
        }
        let key = self.remember_key(command);
        self.ask_helper(line.trim_start_matches('/'), Some(id), key);
    }

    /// What is done in rooms, or to them.
    fn do_in_room(&mut self, command: Command, line: &str, id: u64) {
        match command {
            Command::Join(room, _) if self.is_in(&room) => {
                self.speak_in(&room);
                self.tell(&Reply::Focused(room));
            }
            Command::Join(room, key) => {
                self.blocked = Some(id);
                let key = key.map(|key| key.expose().to_owned()).unwrap_or_default();
                self.ask_about(About::Join { room: room.clone(), led: false }, Some(id), |line| {
                    let line = line.command("JOIN").param(room.as_str());
                    if key.is_empty() { line } else { line.trailing(&key) }
                });
            }
            Command::Part(room, _) => {
                let Some(room) = self.named_or_here(room) else { return };
                self.blocked = Some(id);
                self.ask_about(About::Other, Some(id), |line| line.command("PART").param(room.as_str()));
            }
            Command::Topic { room, text } => self.topic_of(room, text.as_ref(), line, id),
            Command::History { room, span } if self.server.has_history() => {
                let Some(room) = self.named_or_here(room) else { return };
                self.ask_span(&room, span, id);
            }
            Command::Rename { room, to, reason } if self.server.has("draft/channel-rename") => {
                let Some(room) = self.named_or_here(room) else { return };
                self.blocked = Some(id);
                self.ask_about(About::Other, Some(id), |line| {
                    let line = line.command("RENAME").param(room.as_str()).param(to.as_str());
                    line.trailing(reason.as_str())
                });
            }
            Command::Kick { reason, .. } if reason.as_str().len() > TAIL_BYTES => self.ask_at_length(line, id),
            Command::Kick { room, who, reason } => {
                let Some(room) = self.named_or_here(room) else { return };
                self.ask_about(About::Other, Some(id), |line| {
                    let line = line.command("KICK").param(room.as_str()).param(who.as_str());
                    if reason.as_str().is_empty() { line } else { line.trailing(reason.as_str()) }
                });
            }
            Command::Invite { who, room } => {
                let Some(room) = self.named_or_here(room) else { return };
                self.ask_about(About::Other, Some(id), |line| {
                    line.command("INVITE").param(who.as_str()).param(room.as_str())
                });
            }
            command => self.do_otherwise(&command, line, id),
        }
    }

    fn say_here(&mut self, kind: Kind, text: &Text, id: u64) {
        let Some(room) = self.named_or_here(None) else { return };
        if let Some(sent) = self.unacked.back_mut() {
            sent.said = Some((room.clone(), text.as_str().to_owned()));
        }
        match kind {
            Kind::Action => self.action(room.as_str(), text.as_str(), id),
            _ => self.message(room.as_str(), text.as_str(), id, || About::Said),
        }
    }

    fn topic_of(&mut self, room: Option<RoomName>, text: Option<&Text>, line: &str, id: u64) {
        let Some(room) = self.named_or_here(room) else { return };
        if text.is_some_and(|text| text.as_str().len() > TAIL_BYTES) {
            return self.ask_at_length(line, id);
        }
        self.ask_about(About::Other, Some(id), |line| {
            let line = line.command("TOPIC").param(room.as_str());
            text.iter().fold(line, |line, text| line.trailing(text.as_str()))
        });
    }

    /// What has no room in a line, whose end would be cut off, the helper takes whole.
    fn ask_at_length(&mut self, line: &str, id: u64) {
        match self.server.helper {
            true => self.ask_helper(line.trim_start_matches('/'), Some(id), false),
            false => self.misused(Misuse::TooLong(TAIL_BYTES)),
        }
    }

    /// The room that is meant. If there is none, that is said.
    fn named_or_here(&mut self, room: Option<RoomName>) -> Option<RoomName> {
        let room = room.or_else(|| self.focus().cloned());
        if room.is_none() {
            self.refuse(&Refusal::Nowhere);
        }
        room
    }

    /// Asks the helper for something: what was typed may be about the room spoken in. `key` says whether it is about whose
    /// account one has.
    pub(super) fn ask_helper(&mut self, text: &str, sent: Option<u64>, key: bool) {
        let about = |quiet| About::Helper { quiet, key, refused: false };
        let known = self.helper_room.as_ref();
        if let Some(room) = self.focus().filter(|room| sent.is_some() && known != Some(room)).cloned() {
            let told = format!("join {room}");
            self.ask_about(about(true), sent, |line| line.command("PRIVMSG").param(HELPER).trailing(&told));
            self.helper_room = Some(room);
        }
        match sent {
            Some(id) => self.message(HELPER, text, id, || about(false)),
            None => self.ask_about(about(false), None, |line| line.command("PRIVMSG").param(HELPER).trailing(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quitting_is_told_from_talking() {
        assert!(is_quit("/quit") && is_quit("/QUIT") && is_quit("/exit") && is_quit("/끝"));
        assert!(!is_quit("quit") && !is_quit("//quit") && !is_quit("/me quits"));
    }

    #[test]
    fn a_password_is_not_kept() {
        let check = |line: &str, expect: &str| assert_eq!(without_secrets(line), expect);
        check("/login 영희 열려라참깨", "/login …");
        check("/로그인 열려라참깨", "/로그인 …");
        check("/register 열려라참깨", "/register …");
        check("/password a b", "/password …");
        check("/join #a 열쇠", "/join …");
        check("/set key 열쇠", "/set …");
        check("/admin password 영희 열려라참깨", "/admin …");
        check("/password 하나", "/password …");
        check("/join #a", "/join #a");
        check("/foo bar", "/foo bar");
        check("/msg maru login 열려라참깨", "/msg …");
        check("/msg NickServ IDENTIFY 영희 열려라참깨", "/msg …");
        check("/msg maru help", "/msg maru help");
        check("/msg 영희 login 열려라참깨", "/msg 영희 login 열려라참깨");
        check("login 열려라참깨", "login 열려라참깨");
        check("철수: /login x", "철수: /login x");
    }

    #[test]
    fn what_begins_like_a_name_is_said_whole() {
        let asked = understood("철수: 안녕", &Codec::default(), &Limits::default());
        assert!(matches!(&asked[..], [Asked::Do(Command::Say { text, .. })] if text.as_str() == "철수: 안녕"));
    }
}
