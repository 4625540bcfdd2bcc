//! Halls that let in only who knows their password, or has an account: what opens the door is asked for, and said on the
//! next connection, as IRC has it said before one is in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::{Command, Nick, Refusal, Reply, Secret};
use wire::Limits;
use wire::lines::Asked;

use super::incoming::Incoming;
use super::typed::understood;
use super::{IrcTalk, Phase};
use crate::Error;
use crate::talk::Effect;

/// The most that one message of SASL carries (IRCv3 sasl-3.1).
const AUTHENTICATE_BYTES: usize = 400;

/// What a hall asks for before it lets anybody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    Password,
    /// An account; whether one can be made.
    Account(bool),
}

/// What opens doors, as far as the person has said it.
#[derive(Debug, Default)]
pub(super) struct Keys {
    password: Option<Secret>,
    /// An account, by its name or that of the person, and its password.
    login: Option<(Option<Nick>, Secret)>,
    /// The password of an account that is to be made.
    register: Option<Secret>,
    /// What was typed, and is not known to be right.
    typed: Option<Typed>,
}

/// What proves who one is, if the hall takes what was typed.
#[derive(Debug)]
enum Typed {
    /// This, from then on.
    Login(Option<Nick>, Secret),
    /// Nothing any more.
    Nothing,
}

impl IrcTalk {
    /// Says the password of the server, first of all.
    pub(super) fn say_password(&mut self) {
        if let Some(password) = self.keys.password.clone() {
            self.line(|line| line.command("PASS").trailing(password.expose()));
        }
    }

    /// Which capabilities it takes to prove who one is.
    pub(super) fn proving(&self) -> Option<&'static str> {
        match &self.keys {
            Keys { login: Some(_), .. } => Some("sasl"),
            Keys { register: Some(_), .. } => Some("draft/account-registration"),
            _ => None,
        }
    }

    /// Begins to prove who one is.
    pub(super) fn prove(&mut self) {
        if self.keys.login.is_some() {
            return self.line(|line| line.command("AUTHENTICATE").param("PLAIN"));
        }
        if let Some(password) = self.keys.register.clone() {
            self.line(|line| line.command("REGISTER").param("*").param("*").trailing(password.expose()));
        }
    }

    /// The server goes on with it (RFC 4616).
    pub(super) fn authenticate(&mut self) {
        let Some((account, password)) = &self.keys.login else { return };
        let account = account.as_ref().map_or(&*self.setup.nick, Nick::as_str);
        let message = STANDARD.encode(format!("\0{account}\0{}", password.expose()));
        let mut pieces: Vec<&str> = message.as_bytes().chunks(AUTHENTICATE_BYTES).map(ascii).collect();
        // Whatever is full is not the last.
        if pieces.last().is_some_and(|piece| piece.len() == AUTHENTICATE_BYTES) {
            pieces.push("+");
        }
        for piece in pieces {
            self.line(|line| line.command("AUTHENTICATE").param(piece));
        }
    }

    /// One has proved who one is, or has not.
    pub(super) fn proved(&mut self, refused: Option<&str>) {
        if !std::mem::take(&mut self.door.proving) {
            return;
        }
        if let Some(why) = refused {
            (self.keys.login, self.keys.register) = (None, None);
            self.refused(&format!("! {why}"));
        } else if let Some(password) = self.keys.register.take() {
            // From the next time on, it is there.
            self.keys.login = Some((None, password));
        }
        self.door.known = refused.is_none();
        self.line(|line| line.command("CAP").param("END"));
    }

    /// What is typed in a conversation may be what proves on the next connection who one is. Whether it is.
    pub(super) fn remember_key(&mut self, command: &Command) -> bool {
        let own = || self.me.clone();
        self.keys.typed = match command {
            Command::Login { account, password } => Some(Typed::Login(account.clone().or_else(own), password.clone())),
            Command::Register(password) => Some(Typed::Login(own(), password.clone())),
            Command::Password { new, .. } => {
                let account = self.keys.login.as_ref().and_then(|(account, _)| account.clone());
                Some(Typed::Login(account.or_else(own), new.clone()))
            }
            Command::Unregister(_) | Command::Logout { others: false } => Some(Typed::Nothing),
            _ => return false,
        };
        true
    }

    /// The hall has taken it, or has not.
    pub(super) fn key_answered(&mut self, refused: bool) {
        match self.keys.typed.take().filter(|_| !refused) {
            Some(Typed::Login(account, password)) => self.keys.login = Some((account, password)),
            // Who is a guest again is where everybody begins.
            Some(Typed::Nothing) => {
                self.keys.login = None;
                self.begin_in_lobby();
            }
            None => {}
        }
    }

    /// One is the person of this account.
    pub(super) fn logged_in(&mut self, account: Nick) {
        // Before one is in, it is told there what one is called.
        if let (true, Some(nick)) = (self.door.inside, self.me.clone()) {
            self.tell(&Reply::LoggedIn { account, was: nick.clone(), nick });
        }
    }

    /// One is the person of no account any more.
    pub(super) fn logged_out(&mut self) {
        if let Some(nick) = self.me.clone() {
            self.tell(&Reply::LoggedOut(nick.clone(), nick));
        }
    }

    /// The server asks for something first.
    pub(super) fn at_door(&mut self, lock: Lock, line: &Incoming) {
        let first = self.door.lock.replace(lock).is_none();
        if first && lock == Lock::Password && self.keys.password.take().is_some() {
            self.refused(&format!("! {}", line.last()));
        }
    }

    /// The connection is gone, and the next one is made when the person has said what opens the door.
    pub(super) fn wait_at_door(&mut self, lock: Lock) {
        self.phase = Phase::Locked(lock);
        let (password, registration) = (lock == Lock::Password, lock == Lock::Account(true));
        self.tell(&Reply::Door { password, registration });
        self.try_keys();
    }

    /// Looks among what was typed for what opens the door. Nothing else can be done here.
    pub(super) fn try_keys(&mut self) {
        while let Phase::Locked(lock) = self.phase {
            let Some(line) = self.kept.pop_front() else { break };
            let codec = self.setup.codec.clone();
            for asked in understood(&line, &codec, &Limits::default()) {
                self.try_key(asked, lock, &line);
            }
        }
        if matches!(self.phase, Phase::Locked(_)) && self.leave_by.is_some() {
            match self.setup.typed || self.refusals > 0 {
                true => self.end(),
                false => self.over(Err(Error::ClosedEarly(self.setup.server.clone()))),
            }
        }
    }

    fn try_key(&mut self, asked: Asked, lock: Lock, line: &str) {
        match (asked, lock) {
            (Asked::Do(Command::Pass(password)), Lock::Password) => self.keys.password = Some(password),
            (Asked::Do(Command::Login { account, password }), _) => {
                (self.keys.login, self.keys.register) = (Some((account, password)), None);
            }
            (Asked::Do(Command::Register(password)), Lock::Account(true)) => {
                (self.keys.login, self.keys.register) = (None, Some(password));
            }
            (Asked::Do(Command::Nick { nick, .. }), _) => {
                self.be_called(nick.as_str());
                return self.tell(&Reply::Named { nick, taken: None, old: None });
            }
            (Asked::Do(_), Lock::Password) => return self.refuse(&Refusal::PasswordFirst),
            (Asked::Do(_), Lock::Account(_)) => return self.refuse(&Refusal::AccountFirst),
            (other, _) => return self.do_asked(other, line, 0),
        }
        self.phase = Phase::Away;
        self.effect(Effect::Reconnect);
    }
}

/// What was encoded is ASCII.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
