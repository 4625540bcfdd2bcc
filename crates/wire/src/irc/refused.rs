//! What the hall refuses, in numerics and standard replies.

use hall::{Nick, Refusal, RoomName};

use super::client::{Around, Asking, Client};
use super::commands::shown;
use super::line::Line;
use super::numeric as n;
use super::sasl::Sasl;
use super::show::list_letter;
use super::typed::typed;
use crate::lines::refused;

impl Client {
    /// The lines of a refusal.
    pub fn refusal(&mut self, refusal: &Refusal, around: &Around<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let text = self.refused(refusal);
        // Nothing that a program might answer comes of a notice (RFC 2812, section 3.3.2).
        if self.asking == Asking::Notice {
            return out;
        }
        if let Refusal::NotNoted(why) = refusal {
            self.put_not_noted(why, &text, around, &mut out);
        } else if matches!(self.asking, Asking::Service(_)) {
            self.put_service(format!("! {text}").as_bytes(), around, &mut out);
        } else if !self.of_login(refusal, &text, around, &mut out) && !self.of_past(refusal, &text, around, &mut out) {
            self.of_rooms(refusal, &text, around, &mut out);
        }
        out
    }

    /// What is refused, in words that help here.
    fn refused(&self, refusal: &Refusal) -> String {
        let lang = self.lang();
        match refusal {
            // Who is at the door has no helper to turn to.
            Refusal::PasswordFirst => {
                lang.pick("the server's password first (PASS)", "서버의 암호부터 필요합니다(PASS)").to_owned()
            }
            Refusal::AccountFirst if !self.inside => {
                lang.pick("an account first: log in by SASL", "계정이 있어야 합니다. SASL로 로그인하세요").to_owned()
            }
            other => typed(&refused(other, lang)),
        }
    }

    /// Refusals of who somebody says they are. Whether it was one.
    fn of_login(&mut self, refusal: &Refusal, text: &str, around: &Around<'_>, out: &mut Vec<u8>) -> bool {
        match refusal {
            // It may prove to be its own before it has come in.
            Refusal::NickRegistered(nick) if self.negotiating && !self.inside && !self.named => {
                self.wanted = Some(nick.clone());
            }
            Refusal::NotLetIn => self.close(text, out),
            // Who has said everything but that is sent away.
            Refusal::PasswordFirst if self.may_enter() => {
                self.put(out, around, n::ERR_PASSWDMISMATCH, &[], text);
                self.close(text, out);
            }
            Refusal::AccountFirst if self.may_enter() => {
                self.put_fail(out, around, "FAIL", "*", "ACCOUNT_REQUIRED", &[], text);
                self.close(text, out);
            }
            Refusal::WrongPassword
            | Refusal::TooManyFailures
            | Refusal::Busy
            | Refusal::AccountBarred(_)
            | Refusal::NoCertificate
            | Refusal::PasswordFirst
                if self.sasl.is_under_way() =>
            {
                self.sasl = Sasl::Idle;
                self.put(out, around, n::ERR_SASLFAIL, &[], text);
                if *refusal == Refusal::TooManyFailures {
                    error(text, out);
                }
            }
            Refusal::PasswordFirst => self.put(out, around, n::ERR_PASSWDMISMATCH, &[], text),
            Refusal::AccountFirst => self.put_fail(out, around, "FAIL", "*", "ACCOUNT_REQUIRED", &[], text),
            Refusal::WrongPassword if matches!(self.asking, Asking::Pass | Asking::Oper) => {
                let text = self.lang().pick("Password incorrect", "암호가 틀렸습니다");
                self.put(out, around, n::ERR_PASSWDMISMATCH, &[], text);
            }
            Refusal::TooManyFailures if matches!(self.asking, Asking::Pass | Asking::Oper) => {
                self.put(out, around, n::ERR_PASSWDMISMATCH, &[], text);
            }
            Refusal::NoAccount if self.asking == Asking::Persistence => {
                let text = self.lang().pick("That takes an account", "계정이 있어야 합니다");
                self.put_fail(out, around, "FAIL", "PERSISTENCE", "ACCOUNT_REQUIRED", &[], text);
            }
            Refusal::NotAdmin if self.asking == Asking::Oper => self.put(out, around, n::ERR_NOOPERHOST, &[], text),
            Refusal::Unfit(hall::Unfit::TooShort(_)) => {
                self.put_fail(out, around, "FAIL", "REGISTER", "WEAK_PASSWORD", &["*"], text)
            }
            Refusal::Unfit(_) => self.put_fail(out, around, "FAIL", "REGISTER", "UNACCEPTABLE_PASSWORD", &["*"], text),
            Refusal::HasAccount(account) => {
                self.put_fail(out, around, "FAIL", "REGISTER", "ALREADY_AUTHENTICATED", &[account.as_str()], text);
            }
            Refusal::ChooseNick => self.put_fail(out, around, "FAIL", "REGISTER", "NEED_NICK", &["*"], text),
            Refusal::RegistrationClosed | Refusal::TooManyRegistrations | Refusal::TooManyAccounts(_) => {
                self.put_fail(out, around, "FAIL", "REGISTER", "TEMPORARILY_UNAVAILABLE", &["*"], text);
            }
            Refusal::NickRegistered(nick) | Refusal::LooksLike(nick, _) if self.asking == Asking::Register => {
                self.put_fail(out, around, "FAIL", "REGISTER", "ACCOUNT_EXISTS", &[nick.as_str()], text);
            }
            _ => return false,
        }
        true
    }

    /// Refusals about what was said before, which are standard replies. Whether it was one.
    fn of_past(&self, refusal: &Refusal, text: &str, around: &Around<'_>, out: &mut Vec<u8>) -> bool {
        let nowhere = matches!(
            refusal,
            Refusal::NoSuchRoom(_) | Refusal::NotInRoom(_) | Refusal::NoSuchPerson(_) | Refusal::ToYourself
        );
        // It is not said whether there is a room that one does not see.
        let text = if nowhere {
            self.lang().pick("There is no such target", "그런 방이나 사람은 없습니다")
        } else {
            text
        };
        if let Some((command, code, from, to)) = of_rename(refusal) {
            self.put_fail(out, around, "FAIL", command, code, &[from.as_str(), to.as_str()], text);
            return true;
        }
        let mut fail = |command, code, context: &[&str]| {
            self.put_fail(out, around, "FAIL", command, code, context, text);
            true
        };
        match (&self.asking, refusal) {
            (Asking::Redact(target, _), _) if nowhere => fail("REDACT", "INVALID_TARGET", &[target]),
            (Asking::Redact(target, id), Refusal::NoSuchMessage(_)) => fail("REDACT", "UNKNOWN_MSGID", &[target, id]),
            (Asking::Redact(target, id), Refusal::NotOperator(_)) => fail("REDACT", "REDACT_FORBIDDEN", &[target, id]),
            (Asking::History(asked), _) if nowhere && !asked.target.is_empty() => {
                fail("CHATHISTORY", "INVALID_TARGET", &[&asked.what, &asked.target])
            }
            (Asking::History(asked), _) if nowhere && asked.is_search() => {
                fail("SEARCH", "INVALID_PARAMS", &[&asked.what])
            }
            (Asking::Marker(target), _) if nowhere => fail("MARKREAD", "INVALID_PARAMS", &[target]),
            _ => false,
        }
    }

    /// The connection is over, for this reason.
    fn close(&mut self, text: &str, out: &mut Vec<u8>) {
        self.closing = true;
        error(text, out);
    }

    pub(crate) fn put_registered(&self, nick: &Nick, around: &Around<'_>, out: &mut Vec<u8>) {
        let text = self.lang().pick("Nickname belongs to an account", "다른 계정의 이름입니다");
        self.put(out, around, n::ERR_NICKNAMEINUSE, &[nick.as_str()], text);
    }

    /// Refusals of what somebody may not do, and of what is not there.
    fn of_rooms(&self, refusal: &Refusal, text: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        // What plain lines would do about it is of no use here.
        let in_use = self.lang().pick("Nickname is already in use", "이미 누가 쓰는 이름입니다");
        let mut nick = |number, nick: &Nick| self.put(out, around, number, &[nick.as_str()], text);
        match refusal {
            Refusal::NickInUse(name) => self.put(out, around, n::ERR_NICKNAMEINUSE, &[name.as_str()], in_use),
            Refusal::NickRegistered(name) => self.put_registered(name, around, out),
            Refusal::BadNick(raw, _) => self.put(out, around, n::ERR_ERRONEUSNICKNAME, &[shown(raw)], text),
            Refusal::LooksLike(name, _) => nick(n::ERR_NICKNAMEINUSE, name),
            Refusal::TooManyNicks(_) => self.put(out, around, n::ERR_NICKTOOFAST, &[around.me.nick.as_str()], text),
            Refusal::NoSuchPerson(name) | Refusal::NoSuchAccount(name) => nick(n::ERR_NOSUCHNICK, name),
            Refusal::NotAbove(_) => self.put(out, around, n::ERR_CHANOPRIVSNEEDED, &[&self.about()], text),
            Refusal::ToYourself => self.put(out, around, n::ERR_NOSUCHNICK, &[around.me.nick.as_str()], text),
            Refusal::NotThere(name, room) => {
                self.put(out, around, n::ERR_USERNOTINCHANNEL, &[name.as_str(), room.as_str()], text);
            }
            Refusal::AlreadyThere(name, room) => {
                self.put(out, around, n::ERR_USERONCHANNEL, &[name.as_str(), room.as_str()], text);
            }
            Refusal::NotAdmin => self.put(out, around, n::ERR_NOPRIVILEGES, &[], text),
            Refusal::TooManyMonitored(..) => self.too_many_monitored(refusal, around, out),
            Refusal::TooMany(_) if matches!(self.asking, Asking::Nothing | Asking::Room(_)) => {
                self.put(out, around, n::ERR_BANLISTFULL, &[&self.about(), "*"], text);
            }
            Refusal::ListFull(_, room, list) => {
                let letter = list_letter(*list).to_string();
                self.put(out, around, n::ERR_BANLISTFULL, &[room.as_str(), &letter], text);
            }
            Refusal::NotListed(_) => {}
            Refusal::GuestsListen => match &self.asking {
                Asking::Message(target) => self.put(out, around, n::ERR_CANNOTSENDTOCHAN, &[target], text),
                _ => self.put_fail(out, around, "FAIL", "*", "ACCOUNT_REQUIRED", &[], text),
            },
            Refusal::SlowDown(_) => self.put(out, around, n::ERR_CANNOTSENDTOCHAN, &[&self.about()], text),
            Refusal::TooManyRooms(_, room) | Refusal::HallFull(_, room) => {
                self.put(out, around, n::ERR_TOOMANYCHANNELS, &[room.as_str()], text);
            }
            other => match of_room(other) {
                Some((number, room)) => {
                    let said = matches!(self.asking, Asking::Message(_)) && number == n::ERR_NOTONCHANNEL;
                    let number = if said { n::ERR_CANNOTSENDTOCHAN } else { number };
                    self.put(out, around, number, &[room.as_str()], text);
                }
                None => self.put(out, around, n::ERR_UNKNOWNERROR, &[&self.about()], text),
            },
        }
    }

    /// What the message was about that was refused.
    fn about(&self) -> String {
        match &self.asking {
            Asking::Message(target) | Asking::Room(target) => target.clone(),
            _ => "*".to_owned(),
        }
    }
}

fn error(text: &str, out: &mut Vec<u8>) {
    Line::new(out).command("ERROR").trailing(&format!("Closing Link: {text}")).end();
}

/// A refusal that is about a room's old name and its new one: the command, the code, and the two names.
fn of_rename(refusal: &Refusal) -> Option<(&'static str, &'static str, &RoomName, &RoomName)> {
    Some(match refusal {
        Refusal::RoomNameInUse(from, to) => ("RENAME", "CHANNEL_NAME_IN_USE", from, to),
        Refusal::NotToBeRenamed(from, to) | Refusal::RenamedLately(from, to, _) => {
            ("RENAME", "CANNOT_RENAME", from, to)
        }
        Refusal::RoomRenamed(from, to) => ("JOIN", "CHANNEL_RENAMED", from, to),
        _ => return None,
    })
}

/// The number of a refusal that is about one room.
fn of_room(refusal: &Refusal) -> Option<(u16, &RoomName)> {
    Some(match refusal {
        Refusal::NoSuchRoom(room) => (n::ERR_NOSUCHCHANNEL, room),
        Refusal::NotInRoom(room) => (n::ERR_NOTONCHANNEL, room),
        Refusal::InviteOnly(room) | Refusal::MembersOnly(room) => (n::ERR_INVITEONLYCHAN, room),
        Refusal::WrongKey(room) => (n::ERR_BADCHANNELKEY, room),
        Refusal::RoomFull(room) => (n::ERR_CHANNELISFULL, room),
        Refusal::AccountsOnly(room) => (n::ERR_NEEDREGGEDNICK, room),
        Refusal::Banned(room) => (n::ERR_BANNEDFROMCHAN, room),
        Refusal::MayNotSpeak(room) => (n::ERR_CANNOTSENDTOCHAN, room),
        Refusal::NotOperator(room)
        | Refusal::NotOwner(room)
        | Refusal::RoomOwned(room)
        | Refusal::RoomNotOwned(room)
        | Refusal::NotWithThis(room) => (n::ERR_CHANOPRIVSNEEDED, room),
        _ => return None,
    })
}
