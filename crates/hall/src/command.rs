//! What a session can ask of the hall, the same in every dialect; one file for each thing asked.

mod account;
mod admin;
mod direct;
mod ignore;
mod invite;
mod join;
mod kick;
mod login;
mod look;
mod mark;
mod nick;
mod part;
mod redact;
mod resume;
mod rule;
mod say;
mod topic;

use crate::state::Effects;
use crate::{
    Effect, Flag, Hall, Kind, List, Mask, Nick, Rank, Refusal, RoomName, Search, Secret, Seq, SessionId, Span, Text,
};

pub use admin::{Admin, Barred, Whom};
pub(crate) use login::Pending;
pub(crate) use rule::rank_of;

/// A command, its names already checked. Where a room may be left out, it is the one the session speaks in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say something in a room.
    Say {
        /// Where.
        room: Option<RoomName>,
        /// How it is meant.
        kind: Kind,
        /// What.
        text: Text,
    },
    /// Be called so.
    Nick {
        /// The nick.
        nick: Nick,
        /// Take the next free one when it is in use, and say nothing when it is not: what a program wants that only
        /// sends `name: text`.
        adopt: bool,
    },
    /// Come into a room, with its key if it has one, or speak there if already in it.
    Join(RoomName, Option<Secret>),
    /// Leave a room.
    Part(Option<RoomName>),
    /// Set a room's topic, or ask for it.
    Topic {
        /// Where.
        room: Option<RoomName>,
        /// The new one.
        text: Option<Text>,
    },
    /// Who is in a room?
    Who(Option<RoomName>),
    /// Which rooms are there?
    Rooms,
    /// A direct message.
    Direct {
        /// To whom.
        to: Nick,
        /// How it is meant.
        kind: Kind,
        /// What.
        text: Text,
    },
    /// Messages of a room.
    History {
        /// Where.
        room: Option<RoomName>,
        /// Which.
        span: Span,
    },
    /// Messages that fit. Without logs, in all that the person may see.
    Search(Search),
    /// Take back what the person said: the last message, or one before it (1: the last).
    Redact(usize),
    /// Go on where another session has ended, here and in the rooms that it comes into until it says something or pings.
    /// Whatever the session was shown before this is shown again.
    Resume {
        /// In that hall, behind that entry. Otherwise it begins, and is told what to go on from later.
        from: Option<(String, Seq)>,
        /// Whether it is told what was said before it began.
        replay: bool,
    },
    /// Answer with this when everything asked before has been done.
    Ping(String),
    /// The hall's password.
    Pass(Secret),
    /// Make an account of the nick that is worn.
    Register(Secret),
    /// Be the person of an account: of this one, or of the one whose nick is worn.
    Login {
        /// Which account, by any of its nicks.
        account: Option<Nick>,
        /// Its password.
        password: Secret,
    },
    /// Be the person of an account to which the session's certificate belongs: of this one, if one is named.
    LoginByCertificate(Option<Nick>),
    /// Be nobody's person any more; or let nobody else be it.
    Logout {
        /// Whether it is the account's other sessions that are closed.
        others: bool,
    },
    /// Have another password.
    Password {
        /// The one so far.
        old: Secret,
        /// The new one.
        new: Secret,
    },
    /// Delete the account.
    Unregister(Secret),
    /// What is known of the session's account.
    Account,
    /// Have another nick, or one less.
    AccountNick(Nick, bool),
    /// Be known by the certificate that the session has shown, or no longer be by any.
    Certificate(bool),
    /// Be there without a connection, or not.
    AlwaysOn(bool),
    /// A room's rules.
    Rules(Option<RoomName>),
    /// Change a rule.
    Rule {
        /// Where.
        room: Option<RoomName>,
        /// How.
        change: Change,
    },
    /// A list of a room.
    List(Option<RoomName>, List),
    /// Put somebody out of a room.
    Kick {
        /// Where.
        room: Option<RoomName>,
        /// Whom.
        who: Nick,
        /// Why.
        reason: Text,
    },
    /// Ask somebody in.
    Invite {
        /// Whom.
        who: Nick,
        /// Where.
        room: Option<RoomName>,
    },
    /// Do not hear somebody (`true`), or hear them again; without a nick, whom one does not hear.
    Ignore(Option<(Nick, bool)>),
    /// Everything in a room has been read.
    Read(Option<RoomName>),
    /// What is in a room that has not been read.
    Unread(Option<RoomName>),
    /// What an admin may ask for.
    Admin(Admin),
    /// Leave the hall.
    Quit,
}

/// A change of a room's rules, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This holds, or not.
    Flag(Flag, bool),
    /// Who comes in has to know this.
    Key(Option<Secret>),
    /// So many people at most.
    Limit(Option<u32>),
    /// So many seconds between two messages of one person.
    Slow(Option<u32>),
    /// Somebody is this, or nothing any more.
    Rank(Nick, Option<Rank>),
    /// Somebody is in a list, for so many seconds (or for ever) and for this reason; or is not.
    List(List, Whom, Option<(Option<u64>, Text)>),
    /// The room belongs to the one who asks.
    Own,
    /// It belongs to nobody.
    Disown,
    /// It belongs to somebody else.
    Transfer(Nick),
}

impl From<Mask> for Whom {
    fn from(mask: Mask) -> Self {
        Self::Mask(mask)
    }
}

impl Command {
    /// Whether everything that the session said before has to be on the ledger first: it takes something of that back, or
    /// makes somebody else of the one who said it.
    #[must_use]
    pub fn waits_for_all(&self) -> bool {
        matches!(
            self,
            Self::Redact(_)
                | Self::Login { .. }
                | Self::LoginByCertificate(_)
                | Self::Logout { .. }
                | Self::Register(_)
                | Self::Unregister(_)
        )
    }
}

impl Hall {
    /// Handles one command of a session. A session the hall does not know is ignored: it has just left.
    pub fn handle(&mut self, session: SessionId, command: Command, out: &mut Effects) {
        if !self.sessions.contains_key(&session) {
            return;
        }
        if matches!(command, Command::Say { .. } | Command::Direct { .. } | Command::Ping(_)) {
            self.resumed(session);
        }
        if self.asks_at_door(session) {
            self.at_door.remove(&session);
            out.push(Effect::Refuse(session, Refusal::NotLetIn, self.head));
            out.push(Effect::Close(session));
            return;
        }
        if let Err(refusal) = self.may_ask(session, &command) {
            out.push(Effect::Refuse(session, refusal, self.head));
            return;
        }
        let refusal = match command {
            Command::Say { room, kind, text } => self.say(session, room, kind, text, out),
            Command::Nick { nick, adopt } => self.nick(session, nick, adopt, out),
            Command::Join(room, key) => self.join(session, room, key.as_ref(), out),
            Command::Part(room) => self.part(session, room, out),
            Command::Topic { room, text } => self.topic(session, room, text, out),
            Command::Who(room) => self.who(session, room, out),
            Command::Rooms => self.list_rooms(session, out),
            Command::Direct { to, kind, text } => self.direct(session, &to, kind, text, out),
            Command::History { room, span } => self.history(session, room, span, out),
            Command::Search(search) => self.search(session, search, out),
            Command::Redact(back) => self.redact(session, back, out),
            Command::Resume { from, replay } => self.resume(session, from, replay, out),
            Command::Ping(token) => self.pong(session, token, out),
            Command::Pass(password) => self.pass(session, &password, out),
            Command::Register(password) => self.register(session, password, out),
            Command::Login { account, password } => self.login(session, account, password, out),
            Command::LoginByCertificate(account) => self.login_by_certificate(session, account, out),
            Command::Logout { others } => self.logout(session, others, out),
            Command::Password { old, new } => self.password(session, old, new, out),
            Command::Unregister(password) => self.unregister(session, password, out),
            Command::Account => self.account(session, out),
            Command::AccountNick(nick, on) => self.account_nick(session, nick, on, out),
            Command::Certificate(on) => self.certificate(session, on, out),
            Command::AlwaysOn(on) => self.always_on(session, on, out),
            Command::Rules(room) => self.rules(session, room, out),
            Command::Rule { room, change } => self.rule(session, room, change, out),
            Command::List(room, list) => self.list(session, room, list, out),
            Command::Kick { room, who, reason } => self.kick(session, room, &who, reason, out),
            Command::Invite { who, room } => self.invite(session, &who, room, out),
            Command::Ignore(whom) => self.ignore(session, whom, out),
            Command::Read(room) => self.read(session, room, out),
            Command::Unread(room) => self.unread(session, room, out),
            Command::Admin(admin) => self.admin(session, admin, out),
            Command::Quit => {
                out.push(Effect::Close(session));
                Ok(())
            }
        };
        if let Err(refusal) = refusal {
            out.push(Effect::Refuse(session, refusal, self.head));
        }
    }

    /// Whether a session may ask for this at all.
    fn may_ask(&self, session: SessionId, command: &Command) -> Result<(), Refusal> {
        use Command as C;
        let (mut door, person) = (self.door(session), self.person_of(session));
        let may = self.accounts.get(person).is_some() || self.is_admin(session);
        door.account |= !may && self.policy.guests == crate::Guests::Refused;
        let (at_all, of_guests) = match command {
            C::Ping(_) | C::Quit | C::Pass(_) => (true, true),
            C::Login { .. } | C::LoginByCertificate(_) => (!door.password, true),
            C::Register(_) | C::Nick { .. } => (!door.password, true),
            C::Say { .. } | C::Topic { text: Some(_), .. } | C::Direct { .. } | C::Invite { .. } => {
                (!door.any(), false)
            }
            C::Rule { .. } | C::Kick { .. } => (!door.any(), false),
            _ => (!door.any(), true),
        };
        if !at_all {
            return Err(if door.password { Refusal::PasswordFirst } else { Refusal::AccountFirst });
        }
        if !of_guests && !may && self.policy.guests == crate::Guests::ReadOnly {
            return Err(Refusal::GuestsListen);
        }
        Ok(())
    }
}
