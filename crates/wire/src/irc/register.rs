//! How a client introduces itself: capabilities, nick, user, password, account.

use hall::{Clash, Command, Nick, Secret};

use super::caps::{Cap, Caps};
use super::client::{Around, Asking, Client, Step};
use super::commands::shown;
use super::line::{Line, trailing_bytes_max};
use super::message::Message;
use super::numeric as n;
use super::sasl::Sasl;
use super::who::in_lines;
use crate::Auth;

/// The first version of capability negotiation in which capabilities have values.
pub(crate) const WITH_VALUES: u16 = 302;

impl Client {
    pub(crate) fn cap(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let what = message.param(0).unwrap_or("").to_ascii_uppercase();
        match what.as_str() {
            "LS" => {
                self.negotiating |= !self.inside;
                let version = message.param(1).and_then(|version| version.parse().ok()).unwrap_or(0);
                self.version = self.version.max(version);
                if self.version >= WITH_VALUES {
                    self.style.caps = self.style.caps.with(Cap::CapNotify, true);
                }
                let caps = around.offer.list(version >= WITH_VALUES, around.secure);
                vec![self.cap_lines(around, "LS", version, &caps), Step::Restyle]
            }
            "LIST" => {
                let caps: Vec<_> = self.style.caps.iter().map(|cap| cap.name().to_owned()).collect();
                vec![self.cap_lines(around, "LIST", self.version, &caps)]
            }
            "REQ" => self.cap_req(message.param(1).unwrap_or(""), around),
            "END" if self.inside => vec![],
            "END" => {
                self.negotiating = false;
                let under_way = matches!(self.sasl, Sasl::Open { .. });
                self.sasl = Sasl::Idle;
                let mut steps = Vec::new();
                if under_way {
                    steps.push(Step::Auth(Auth::Abort));
                    steps.push(self.numeric(
                        around,
                        n::ERR_SASLABORTED,
                        &[],
                        self.lang().pick("SASL authentication aborted", "인증을 그만두었습니다"),
                    ));
                }
                if let Some(nick) = self.wanted.take().filter(|_| !self.named) {
                    let mut out = Vec::new();
                    self.put_registered(&nick, around, &mut out);
                    steps.push(Step::Tell(out));
                }
                steps
            }
            _ => vec![self.numeric(
                around,
                n::ERR_INVALIDCAPCMD,
                &[shown(&what)],
                self.lang().pick("Invalid CAP command", "그런 CAP 명령은 없습니다"),
            )],
        }
    }

    /// A list of capabilities, in as many lines as it takes. A client that does not know of several lines is told what
    /// fits into one, which is why drafts come last.
    fn cap_lines(&self, around: &Around<'_>, what: &str, version: u16, caps: &[String]) -> Step {
        let server = &around.house().server;
        let line_bytes = trailing_bytes_max(server, "CAP", &[self.called(around), what, "*"]);
        let mut lines = vec![String::new()];
        for cap in caps {
            let last = lines.last_mut().expect("there is one");
            if !last.is_empty() && last.len() + cap.len() >= line_bytes {
                if version < WITH_VALUES {
                    break;
                }
                lines.push(cap.clone());
            } else {
                last.push_str(if last.is_empty() { "" } else { " " });
                last.push_str(cap);
            }
        }
        let mut out = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let more = at + 1 < lines.len();
            let head = self.begin_cap(&mut out, around, what);
            if more { head.param("*") } else { head }.trailing(line).end();
        }
        Step::Tell(out)
    }

    fn begin_cap<'a>(&self, out: &'a mut Vec<u8>, around: &Around<'_>, what: &str) -> Line<'a> {
        let line = Line::new(out).source(&around.house().server).command("CAP");
        line.param(self.called(around)).param(what)
    }

    pub(crate) fn put_cap(&self, out: &mut Vec<u8>, around: &Around<'_>, what: &str, caps: &str) {
        self.begin_cap(out, around, what).trailing(caps).end();
    }

    fn cap_req(&mut self, asked: &str, around: &Around<'_>) -> Vec<Step> {
        self.negotiating |= !self.inside;
        let changed = asked.split_ascii_whitespace().try_fold(self.style.caps, |caps: Caps, word| {
            let (name, on) = word.strip_prefix('-').map_or((word, true), |name| (name, false));
            // What is gone can still be given up: a client may do so when it hears of it.
            let cap = Cap::of_name(name).filter(|cap| !on || around.offer.has(*cap))?;
            // Who has asked for capabilities in this way is told of them for as long as it is here.
            if cap == Cap::CapNotify && !on && self.version >= WITH_VALUES { None } else { Some(caps.with(cap, on)) }
        });
        let before = self.style.caps;
        let (word, steps) = match changed.filter(|caps| super::metadata::agree(*caps)) {
            Some(caps) => {
                self.style.caps = caps;
                ("ACK", std::iter::once(Step::Restyle).chain(self.metadata_caps(before)).collect())
            }
            None => ("NAK", Vec::new()),
        };
        // What does not fit behind the longer beginning of the answer comes in several.
        let most = trailing_bytes_max(&around.house().server, "CAP", &[self.called(around), word]);
        let lines = if asked.len() <= most {
            vec![asked.to_owned()]
        } else {
            let words: Vec<_> = asked.split_ascii_whitespace().map(str::to_owned).collect();
            in_lines(&words)
        };
        let mut told = Vec::new();
        lines.iter().for_each(|line| self.put_cap(&mut told, around, word, line));
        std::iter::once(Step::Tell(told)).chain(steps).collect()
    }

    pub(crate) fn nick(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let Some(raw) = message.param(0).filter(|raw| !raw.is_empty()) else {
            let text = self.lang().pick("No nickname given", "이름이 없습니다");
            return vec![self.numeric(around, n::ERR_NONICKNAMEGIVEN, &[], text)];
        };
        match Nick::new(raw, around.hall.nick_chars) {
            // IRC tells a nick from its end by a digit where an identifier of a server stands; nobody is mistaken for one.
            Ok(nick) if !raw.starts_with(|c: char| c.is_ascii_digit()) => {
                vec![Step::Do(Command::Nick { nick, clash: Clash::Refuse })]
            }
            Ok(_) => {
                let text =
                    self.lang().pick("A nick does not begin with a digit here", "이름은 숫자로 시작할 수 없습니다");
                vec![self.numeric(around, n::ERR_ERRONEUSNICKNAME, &[shown(raw)], text)]
            }
            Err(why) => {
                let text = crate::lines::refused(&hall::Refusal::BadNick(raw.to_owned(), why), self.lang());
                vec![self.numeric(around, n::ERR_ERRONEUSNICKNAME, &[shown(raw)], &text)]
            }
        }
    }

    pub(crate) fn user(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        if self.inside || self.introduced {
            let text = self.lang().pick("You may not reregister", "이미 누구인지 밝혔습니다");
            return vec![self.numeric(around, n::ERR_ALREADYREGISTERED, &[], text)];
        }
        let user = message.param(0).unwrap_or("");
        // What a client says of its user is not checked, which the sign says.
        let user = format!("~{}", user.trim_start_matches('~'));
        self.introduced = true;
        let real_name = message.param(3).map(Box::from);
        vec![Step::Do(Command::Profile { user: Some(user.into()), real_name })]
    }

    pub(crate) fn pass(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        if self.inside {
            let text = self.lang().pick("You may not reregister", "이미 누구인지 밝혔습니다");
            return vec![self.numeric(around, n::ERR_ALREADYREGISTERED, &[], text)];
        }
        self.asking = Asking::Pass;
        vec![Step::Do(Command::Pass(Secret::new(message.param(0).unwrap_or(""))))]
    }

    /// In which language the hall speaks to the client (draft/languages).
    pub(crate) fn language(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        if message.param_count() > LANGUAGES.len() {
            let most = LANGUAGES.len().to_string();
            let text = self.lang().pick("You specified too many languages", "언어가 너무 많습니다");
            return vec![self.numeric(around, n::ERR_TOOMANYLANGUAGES, &[&most], text)];
        }
        let unknown = message.params().find(|tag| !LANGUAGES.contains(tag));
        if let Some(tag) = unknown {
            let text = self.lang().pick("There is no such language here", "그런 언어는 없습니다");
            return vec![self.numeric(around, n::ERR_NOLANGUAGE, &[shown(tag)], text)];
        }
        // The first is the one that is wanted most; without any it is the one that the hall speaks anyway.
        self.style.lang = message.param(0).and_then(|tag| tag.parse().ok()).unwrap_or(around.lang);
        let text = self.lang().pick("Your language is English", "이제 한국어로 안내합니다");
        let told = self.numeric(around, n::RPL_YOURLANGUAGESARE, &[self.lang().tag()], text);
        vec![Step::Restyle, told]
    }

    /// Whether the client's person is there without a connection (draft/persistence).
    pub(crate) fn persistence(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        self.asking = Asking::Persistence;
        let what = message.param(0).unwrap_or("").to_ascii_uppercase();
        let setting = message.param(1).unwrap_or("").to_ascii_uppercase();
        match (what.as_str(), setting.as_str()) {
            ("GET", _) => vec![Step::Do(Command::Account)],
            ("SET", "ON") => vec![Step::Do(Command::AlwaysOn(true))],
            ("SET", "OFF" | "DEFAULT") => vec![Step::Do(Command::AlwaysOn(false))],
            _ => vec![self.fail(
                around,
                "PERSISTENCE",
                "INVALID_PARAMETERS",
                &[shown(&what)],
                self.lang().pick("Invalid parameters", "잘못된 값입니다"),
            )],
        }
    }

    pub(crate) fn register(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (account, password) = (message.param(0).unwrap_or("*"), message.param(2).unwrap_or(""));
        if !self.named {
            return vec![self.fail(
                around,
                "REGISTER",
                "NEED_NICK",
                &[shown(account)],
                self.lang().pick("Choose a nick first", "먼저 이름을 정해야 합니다"),
            )];
        }
        if account != "*" && Nick::new(account, around.hall.nick_chars).as_ref() != Ok(&around.me.nick) {
            let text = self.lang().pick("The account is called as you are", "계정 이름은 지금 이름과 같아야 합니다");
            return vec![self.fail(around, "REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", &[shown(account)], text)];
        }
        self.asking = Asking::Register;
        vec![Step::Do(Command::Register(Secret::new(password)))]
    }

    pub(crate) fn setname(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let name = message.param(0).unwrap_or("");
        if name.chars().nth(around.hall.real_name_chars).is_some() {
            let text = self.lang().pick("The real name is too long", "실명이 너무 깁니다");
            return vec![self.fail(around, "SETNAME", "INVALID_REALNAME", &[], text)];
        }
        self.asking = Asking::Setname;
        vec![Step::Do(Command::Profile { user: None, real_name: Some(name.into()) })]
    }
}

/// The languages that the hall speaks.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "ko"];

/// Lines of one message of several lines.
pub(crate) const MULTILINE_LINES: usize = 100;

/// The mechanisms, as SASL names them.
pub(crate) fn mechanisms() -> &'static str {
    "SCRAM-SHA-256,EXTERNAL,PLAIN"
}
