//! What a session can ask of the hall, the same in every dialect; one file for each thing asked.

mod account;
mod admin;
mod away;
mod council;
mod direct;
mod ignore;
mod invite;
mod join;
mod kick;
mod login;
mod look;
mod mark;
mod metadata;
mod monitor;
mod nick;
mod part;
mod people;
mod profile;
mod redact;
mod rename;
mod resume;
mod rule;
mod say;
mod tags;
mod topic;

use crate::state::Effects;
use crate::{
    Effect, Flag, Glob, Hall, Kind, List, Mark, Mask, Nick, Noting, PersonId, Rank, Refusal, RoomName, Search, Secret,
    Seq, SessionId, Span, Text, Time,
};

pub use admin::{Admin, Barred, Whom};
pub use away::UNATTENDED;
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
        /// What the client adds for other clients, escaped.
        tags: Option<Box<str>>,
    },
    /// Say something in a room to those alone who keep it in order.
    Council {
        /// Where.
        room: RoomName,
        /// How it is meant.
        kind: Kind,
        /// What.
        text: Text,
        /// What the client adds for other clients, escaped.
        tags: Option<Box<str>>,
    },
    /// Be called so.
    Nick {
        /// The nick.
        nick: Nick,
        /// What is to happen if it is another's.
        clash: Clash,
    },
    /// Be known as this.
    Profile {
        /// The user that the client was started by.
        user: Option<Box<str>>,
        /// What one calls oneself at length.
        real_name: Option<Box<str>>,
    },
    /// Who introduces itself has done so, and wants to be let in.
    Enter,
    /// Be away, for this reason; be back, if there is none.
    Away(Option<Text>),
    /// Nobody looks at this client (draft/pre-away).
    Unattended,
    /// Whether a program speaks.
    Bot(bool),
    /// Whether to hear what admins tell each other.
    Wallops(bool),
    /// What holds for the session.
    Modes,
    /// Who somebody is, or who is somewhere.
    Look(Look),
    /// Whose coming and going to be told of.
    Monitor(Monitor),
    /// Tags without text, to a room or to somebody.
    Tags {
        /// Where, or to whom.
        to: Target,
        /// The tags, escaped.
        tags: Box<str>,
        /// Whether who does not see them misses nothing: they are not recorded.
        passing: bool,
    },
    /// Prove to be an admin, without being anybody else.
    Oper {
        /// Whose account, by any of its nicks.
        account: Nick,
        /// Its password.
        password: Secret,
    },
    /// Come into a room, with its key if it has one, or speak there if already in it.
    Join(RoomName, Option<Secret>),
    /// Come into a room of this very name: if it has another one now, be told so and no more.
    JoinAs(RoomName, Option<Secret>),
    /// Give a room another name, for this reason. May be empty.
    Rename {
        /// Which room.
        room: Option<RoomName>,
        /// Its new name.
        to: RoomName,
        /// Why.
        reason: Text,
    },
    /// Leave all rooms.
    PartAll,
    /// Into which rooms is one asked?
    Invitations,
    /// What was said there, or with somebody.
    Said {
        /// Where, or with whom.
        to: Target,
        /// Which of it.
        span: Span,
        /// How many at most.
        most: usize,
        /// Whether with what else happened.
        events: bool,
    },
    /// What was said in all rooms that one is in.
    SaidEverywhere {
        /// Which of it.
        span: Span,
        /// How many at most in each.
        most: usize,
        /// Whether with what else happened.
        events: bool,
    },
    /// The session comes from there, says a gateway that is trusted, before it has introduced itself.
    Vouch {
        /// Its address.
        address: std::net::IpAddr,
        /// Whether it speaks to the gateway in TLS.
        secure: bool,
    },
    /// A gateway that was to say where the session comes from gave a wrong password, which counts as any other.
    NotVouched,
    /// Where was something said last between two marks?
    Targets {
        /// Behind this.
        after: Mark,
        /// Before this.
        before: Mark,
        /// How many at most.
        most: usize,
    },
    /// Up to this time it has been read; or up to when has it?
    Marker(Target, Option<Time>),
    /// What is noted about oneself or a target (IRCv3 metadata).
    Metadata(Option<Target>, Noting),
    /// Be no admin any more.
    NoOper,
    /// Leave a room, for this reason. May be empty.
    Part(Option<RoomName>, Text),
    /// Set a room's topic, or ask for it.
    Topic {
        /// Where.
        room: Option<RoomName>,
        /// The new one.
        text: Option<Text>,
    },
    /// Who is in a room?
    Who(Option<RoomName>),
    /// Which rooms are there? All of them, or as many as fit on a screen.
    Rooms(bool),
    /// A direct message.
    Direct {
        /// To whom.
        to: Nick,
        /// How it is meant.
        kind: Kind,
        /// What.
        text: Text,
        /// What the client adds for other clients, escaped.
        tags: Option<Box<str>>,
    },
    /// Messages of a room.
    History {
        /// Where.
        room: Option<RoomName>,
        /// Which.
        span: Span,
    },
    /// Messages that fit: in these logs, and those of the person and of whoever is called so. Without any of these, in all
    /// that the person may see.
    Search(Search, Option<Nick>),
    /// Take back what the person said: the last message, or one before it (1: the last).
    Redact(usize),
    /// Take back this message there, one's own or, for those who keep the room in order, anybody's.
    RedactThat {
        /// Where it was said, or to whom.
        to: Target,
        /// The message.
        seq: Seq,
        /// Why. May be empty.
        reason: Text,
    },
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
    /// Leave the hall, for this reason. May be empty.
    Quit(Text),
}

/// What is to happen if a nick that is asked for is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// A guest takes the next free one; others are refused.
    Number,
    /// The next free one is taken, and nothing is said if there was no need: what a program wants that only sends
    /// `name: text`.
    Adopt,
    /// It is refused.
    Refuse,
}

/// Where something goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a room.
    Room(RoomName),
    /// To somebody.
    Person(Nick),
}

/// What is to be known of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The names of those in a room, behind this person; with all else that is seen of them, or without.
    Names(RoomName, Option<PersonId>, bool),
    /// Those in a room, behind this person.
    Members(RoomName, Option<PersonId>),
    /// These.
    These(Vec<Nick>),
    /// Those whom this fits, behind this person.
    Masked(Glob, Option<PersonId>),
    /// Who was here under this name.
    Gone(Nick),
    /// How many there are.
    Census,
}

/// Whose coming and going a session is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Monitor {
    /// Of these too.
    Add(Vec<Nick>),
    /// Of these no more.
    Remove(Vec<Nick>),
    /// Of nobody.
    Clear,
    /// Of whom?
    List,
    /// Who of them is here?
    Status,
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
    /// Somebody is this at least, or is it no more: who is more, or something else, stays so.
    Raise(Nick, Rank, bool),
    /// Somebody is in a list, for so many seconds (or for ever) and for this reason; or is not.
    List(List, Whom, Option<(Option<u64>, Text)>),
    /// The room belongs to the one who asks.
    Own,
    /// It belongs to nobody. Where somebody is named whose it is not, nothing changes.
    Disown(Option<Nick>),
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
                | Self::RedactThat { .. }
                | Self::Oper { .. }
                | Self::Logout { .. }
                | Self::Register(_)
                | Self::Unregister(_)
        )
    }
}

impl Hall {
    /// Handles one command of a session. A session the hall does not know is ignored: it has just left. So is one that has
    /// said that it leaves.
    pub fn handle(&mut self, session: SessionId, command: Command, out: &mut Effects) {
        let Some(known) = self.sessions.get(&session) else { return };
        if known.rare.as_ref().is_some_and(|rare| rare.parting.is_some()) {
            return;
        }
        if matches!(command, Command::Say { .. } | Command::Direct { .. } | Command::Ping(_)) {
            self.resumed(session);
        }
        if !self.door(session).register && self.asks_at_door(session) {
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
            Command::Say { room, kind, text, tags } => self.say(session, room, kind, text, tags, out),
            Command::Nick { nick, clash } => self.nick(session, nick, clash, out),
            Command::Join(room, key) => self.join(session, room, key.as_ref(), true, out),
            Command::Part(room, reason) => self.part(session, room, reason, out),
            Command::Topic { room, text } => self.topic(session, room, text, out),
            Command::Who(room) => self.who(session, room, out),
            Command::Rooms(all) => self.list_rooms(session, all, out),
            Command::Direct { to, kind, text, tags } => self.direct(session, &to, kind, text, tags, out),
            Command::History { room, span } => self.history(session, room, span, out),
            Command::Search(search, with) => self.search(session, search, with, out),
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
            Command::Quit(reason) => self.quit(session, reason, out),
            other => self.introduced(session, other, out),
        };
        if let Err(refusal) = refusal {
            out.push(Effect::Refuse(session, refusal, self.head));
        }
    }

    /// What only those dialects ask for in which one introduces oneself.
    fn introduced(&mut self, session: SessionId, command: Command, out: &mut Effects) -> Result<(), Refusal> {
        match command {
            Command::Profile { user, real_name } => self.profile(session, user, real_name, out),
            Command::Enter => self.come_in_at_door(session, out),
            Command::Away(reason) => self.away(session, reason, out),
            Command::Unattended => self.unattended(session, out),
            Command::Bot(bot) => self.bot(session, bot, out),
            Command::Wallops(on) => self.hear_wallops(session, on, out),
            Command::Modes => self.modes(session, None, out),
            Command::Look(look) => self.look(session, look, out),
            Command::Monitor(monitor) => self.monitor(session, monitor, out),
            Command::Tags { to, tags, passing } => self.tag(session, to, tags, passing, out),
            Command::RedactThat { to, seq, reason } => self.redact_that(session, to, seq, reason, out),
            Command::Oper { account, password } => self.oper(session, &account, password, out),
            Command::NoOper => self.no_oper(session, out),
            Command::JoinAs(room, key) => self.join(session, room, key.as_ref(), false, out),
            Command::Rename { room, to, reason } => self.rename(session, room, to, reason, out),
            Command::PartAll => self.part_all(session, out),
            Command::Invitations => self.invitations(session, out),
            Command::Said { to, span, most, events } => self.what_was_said(session, to, span, most, events, out),
            Command::SaidEverywhere { span, most, events } => {
                for room in self.rooms_of(self.person_of(session)) {
                    self.what_was_said(session, Target::Room(room), span, most, events, out)?;
                }
                Ok(())
            }
            Command::Council { room, kind, text, tags } => self.tell_council(session, room, kind, text, tags, out),
            Command::Vouch { address, secure } => self.vouch(session, address, secure, out),
            Command::NotVouched => {
                self.note_failure(session);
                Ok(())
            }
            Command::Targets { after, before, most } => self.targets(session, after, before, most, out),
            Command::Marker(to, until) => self.marker(session, &to, until, out),
            Command::Metadata(of, asked) => self.metadata(session, of, asked, out),
            _ => unreachable!("everything else was done"),
        }
    }

    fn quit(&mut self, session: SessionId, reason: Text, out: &mut Effects) -> Result<(), Refusal> {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.rare_mut().parting = Some(reason);
        }
        out.push(Effect::Close(session));
        Ok(())
    }

    /// Whether a session may ask for this at all.
    fn may_ask(&self, session: SessionId, command: &Command) -> Result<(), Refusal> {
        use Command as C;
        let (mut door, person) = (self.door(session), self.person_of(session));
        let may = self.accounts.get(person).is_some() || self.is_admin(session);
        door.account |= !may && self.policy.guests == crate::Guests::Refused;
        let (at_all, of_guests) = match command {
            C::Ping(_) | C::Quit(_) | C::Pass(_) | C::Enter => (true, true),
            C::Profile { .. } | C::Nick { .. } | C::Vouch { .. } | C::NotVouched if door.register => (true, true),
            C::Away(_) | C::Unattended if door.register => (!door.password, true),
            C::Login { .. } | C::LoginByCertificate(_) => (!door.password, true),
            C::Register(_) | C::Nick { .. } => (!door.password, true),
            C::Say { .. }
            | C::Topic { text: Some(_), .. }
            | C::Direct { .. }
            | C::Invite { .. }
            | C::Tags { .. }
            | C::Council { .. } => (!door.any(), false),
            C::Rule { .. } | C::Kick { .. } | C::Rename { .. } => (!door.any(), false),
            C::Metadata(None, _) if door.register => (!door.password, true),
            C::Metadata(_, Noting::Set(..) | Noting::Clear) => (!door.any(), false),
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
