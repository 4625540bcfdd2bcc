//! What should happen next: the hall says it, the driver (server, transcript, simulation) does it, in the order given.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::{
    Block, Feed, Guise, Key, LogId, Nick, PersonId, Proposal, Refusal, Renamed, Reply, RoomName, Secret, Seq,
    SessionId, Standing, Subject, Text, Time,
};

/// One thing to do.
#[derive(Debug)]
pub enum Effect {
    /// Have the ledger number this; it comes back through [`crate::Hall::commit`] or [`crate::Hall::fail`].
    Propose(Proposal),
    /// Ask the ledger, and give the session what it answers, as the [`Reply`] that belongs to it.
    Ask(SessionId, Query),
    /// Tell the session this, once it has been shown the entries up to the given one.
    Reply(SessionId, Reply, Seq),
    /// Tell the session that it may not, once it has been shown the entries up to the given one.
    Refuse(SessionId, Refusal, Seq),
    /// Give the session a cursor into this log, behind the given entry. In the log of two people its own may be the second.
    Follow(SessionId, LogId, Arc<Feed>, Seq, bool),
    /// Take the session's cursor away when it has passed the given entry of that log, which may be yet to come in the
    /// same list.
    Unfollow(SessionId, LogId, Seq),
    /// Put a tombstone in the place of this message where the log's readers see it ([`Feed::redact`]), those included who are
    /// behind what is in memory.
    Redact(LogId, Arc<Feed>, Seq),
    /// From now on the session speaks here unless it says otherwise.
    Focus(SessionId, Option<RoomName>),
    /// The logs of the first room are those of the second one from now on, by this entry: whoever follows them goes on where
    /// they are. Logs of another room that was called so, which somebody has left and not been shown all of, are kept
    /// [apart](RoomName::apart).
    Rename(Box<Renamed>),
    /// The session was given a cursor into a log of that room, by its new name, from before the entry: what stands up to the
    /// entry was said under the old one.
    Called(SessionId, Box<Renamed>),
    /// Let this log grow by a block ([`Feed::append`]) and wake those who have a cursor into it.
    Grow(LogId, Arc<Feed>, Block),
    /// Close the session's connection when it has been given everything.
    Close(SessionId),
    /// Do this work with passwords beside the hall, and tell it what came of it ([`crate::Hall::proved`]).
    Prove(SessionId, Proof),
    /// The session is shown nothing that these people say.
    Ignore(SessionId, Vec<PersonId>),
    /// These networks are kept out of the hall, each until a time or for ever, and no others.
    Bars(Vec<(IpNet, Option<Time>)>),
    /// Take nobody in any more, and stop when everybody has been given what waits for them.
    Drain,
    /// Read the configuration again.
    Reload,
    /// Show this to those who follow the log and can be shown it, but not to the session: it is no entry, and who does not see
    /// it misses nothing.
    Signal(SessionId, LogId, Box<crate::Author>, Box<str>),
}

/// Work with passwords, too slow for the hall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Make of this password what it can be checked against later.
    Derive(Secret),
    /// Is this the password? Without anything to check against it is not, and finding out takes as long.
    Check {
        /// What the password is checked against.
        verifier: Option<Secret>,
        /// What was given for it.
        password: Secret,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proven {
    /// What the password can be checked against.
    Derived(Secret),
    /// It is the password.
    Right,
    /// It is not.
    Wrong,
    /// It cannot be anybody's password.
    Unfit(Unfit),
    /// There is too much of such work at the moment.
    Busy,
}

/// Why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It has fewer characters than this.
    TooShort(usize),
    /// It has more characters than this.
    TooLong(usize),
    /// It holds characters that no password may hold.
    Refused,
}

/// A question to the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// What was said last before a session came into a log. It is told before anything that came later: until the answer
    /// is there, the session is shown nothing.
    Replay {
        /// Which log.
        log: LogId,
        /// The last entry before the session came, or the one by which it came.
        until: Seq,
        /// How many at most.
        last: usize,
    },
    /// Messages of a log, asked for.
    History {
        /// Which log.
        log: LogId,
        /// Which of its messages.
        span: Span,
        /// How many at most.
        most: usize,
        /// Whether what else happened there is told with them, and counted.
        events: bool,
    },
    /// In which of these logs something was said last between two marks.
    Targets {
        /// The logs: those that the person may see.
        logs: Vec<LogId>,
        /// Whose conversations are among them, whoever they were with.
        of: Option<PersonId>,
        /// Behind this.
        after: Mark,
        /// Before this.
        before: Mark,
        /// How many at most: those in which it is longest ago.
        most: usize,
    },
    /// Messages that fit, newest first.
    Search {
        /// What is looked for.
        search: Search,
        /// How many at most.
        most: usize,
    },
}

/// A part of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Its end: so many messages.
    Last(usize),
    /// From this time on.
    Since(Time),
    /// Behind this entry.
    After(Seq),
    /// Between two marks, neither of which is in it.
    Between {
        /// Behind this.
        after: Mark,
        /// Before this.
        before: Mark,
        /// Whether the newest are meant when there are more than may be told; the oldest otherwise.
        newest: bool,
    },
    /// Around a mark: as many before it as from it on.
    Around(Mark),
}

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Before all of it.
    Beginning,
    /// Behind all of it.
    End,
    /// Where the entry of this number stands, or would stand: it need not be one of this log, nor be there at all.
    Seq(Seq),
    /// This millisecond: behind it is what came later, before it what came earlier.
    Time(Time),
}

impl Query {
    /// Whether the session is shown nothing until it is answered.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!(self, Self::Replay { .. })
    }
}

/// What a hall begins with: what its ledger remembers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beginning {
    /// Which hall this is: the numbers of entries mean something only beside it. Hexadecimal.
    pub hall: String,
    /// The number of the last entry.
    pub head: Seq,
    /// No number ever given to a person is larger; 0 when there was nobody yet.
    pub person: u64,
    /// No number ever given to a session is larger.
    pub session: u64,
    /// The topics that rooms have, with the entries that set them, oldest first.
    pub topics: Vec<(RoomName, Seq, Topic)>,
    /// What is remembered beside the log: every field that was set and not unset.
    pub kept: Vec<(Subject, String, Secret)>,
    /// What nobody outside knows and never changes: addresses are cloaked with it. Hexadecimal, 64 digits.
    pub secret: Option<Secret>,
}

/// A room's topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// What it says.
    pub text: Text,
    /// Who set it, as they were called, if that is still known.
    pub by: Option<Nick>,
    /// When, if that is still known.
    pub at: Option<Time>,
}

/// What is searched for: messages for which all of this holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// In any of these logs: those that the person may see.
    pub logs: Vec<LogId>,
    /// With all these words, as they were written.
    pub words: Vec<String>,
    /// Said under this nick.
    pub from: Option<Nick>,
    /// Said at this time or later.
    pub after: Option<Time>,
    /// Said before this time.
    pub before: Option<Time>,
}

/// A room in a list of rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomInfo {
    /// Its name.
    pub name: RoomName,
    /// How many people are in it, without those who only listen.
    pub people: usize,
    /// Its topic.
    pub topic: Option<Topic>,
    /// Since when there is anybody.
    pub since: Time,
}

/// Somebody as those see them who ask about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonInfo {
    /// The person.
    pub person: PersonId,
    /// What they are called.
    pub nick: Nick,
    /// What else is seen of them.
    pub guise: Guise,
    /// Their account.
    pub account: Option<Nick>,
    /// Why they are away, if they are.
    pub away: Option<Text>,
    /// What is noted about them.
    pub notes: Vec<(Key, Text)>,
    /// Whether they are an admin.
    pub admin: bool,
    /// Whether all their connections are encrypted.
    pub secure: bool,
    /// What they are in the room that was asked about.
    pub standing: Standing,
    /// When they came: the first of their sessions that are here.
    pub since: Option<Time>,
    /// When they last said something, or came.
    pub active: Option<Time>,
    /// Where they come from: only for themselves, and for admins.
    pub address: Option<IpAddr>,
    /// The fingerprint of their certificate: only for themselves, and for admins.
    pub certificate: Option<String>,
    /// The rooms in which the one who asks may see them, and what they are there.
    pub rooms: Vec<(RoomName, Standing)>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Sessions that have been let in.
    pub sessions: usize,
    /// Sessions that have not been let in yet.
    pub at_door: usize,
    /// Sessions of admins.
    pub admins: usize,
    /// Rooms.
    pub rooms: usize,
    /// As many sessions as there ever were at one time, since the hall began.
    pub most: usize,
}

/// A room as admins see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomState {
    /// Its name.
    pub name: RoomName,
    /// How many people are in it, without those who only listen.
    pub people: usize,
    /// Whose account owns it.
    pub owner: Option<Nick>,
    /// Whether it is hidden from those who are not in it.
    pub secret: bool,
}

/// A session as its person and admins see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Which.
    pub session: SessionId,
    /// What its person is called.
    pub nick: Nick,
    /// Their account.
    pub account: Option<Nick>,
    /// Where it comes from.
    pub address: IpAddr,
    /// Whether it is encrypted.
    pub secure: bool,
}

/// An account as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInfo {
    /// Its name.
    pub name: Nick,
    /// Its nicks.
    pub nicks: Vec<Nick>,
    /// When it was made.
    pub created: Time,
    /// Whether it is an admin's.
    pub admin: bool,
    /// Whether its person is there without a connection.
    pub always_on: bool,
    /// The fingerprints of its certificates, in hexadecimal.
    pub certificates: Vec<String>,
    /// The rooms that it owns.
    pub rooms: Vec<RoomName>,
    /// Its sessions.
    pub sessions: Vec<SessionInfo>,
}

/// An account in a list of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Its name.
    pub name: Nick,
    /// Whether it is an admin's.
    pub admin: bool,
    /// How many sessions it has.
    pub sessions: usize,
}

/// What somebody changes that holds for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnMode {
    /// Whether a program speaks.
    Bot,
    /// Whether they may do what admins may.
    Admin,
    /// Whether they hear what admins tell each other.
    Wallops,
}
