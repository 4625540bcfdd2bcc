//! What should happen next: the hall says it, the driver (server, transcript, simulation) does it, in the order given.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::{
    Barred, Block, Deed, Feed, LogId, MaskError, NameError, Nick, PersonId, Proposal, RoomName, Rule, Rules, Secret,
    Seq, SessionId, Standing, Subject, Text, Time,
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
    pub topics: Vec<(RoomName, Seq, Text)>,
    /// What is remembered beside the log: every field that was set and not unset.
    pub kept: Vec<(Subject, String, Secret)>,
    /// What nobody outside knows and never changes: addresses are cloaked with it. Hexadecimal, 64 digits.
    pub secret: Option<Secret>,
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

/// An answer to one session.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The session has arrived.
    Welcome {
        /// What its person is called for now.
        nick: Nick,
        /// Where it is.
        room: RoomName,
        /// How many people are there.
        people: usize,
    },
    /// The person is called this now.
    Named {
        /// The nick.
        nick: Nick,
        /// The one asked for, when it was in use.
        taken: Option<Nick>,
    },
    /// The session came into a room, and speaks there.
    Joined {
        /// The room.
        room: RoomName,
        /// Its topic.
        topic: Option<Text>,
        /// How many people are there, the session's own person among them.
        people: usize,
    },
    /// The session was in that room already and speaks there now.
    Focused(RoomName),
    /// The session left a room.
    Parted {
        /// The room.
        room: RoomName,
        /// Where it speaks now.
        focus: Option<RoomName>,
    },
    /// A room's topic, asked for.
    Topic(RoomName, Option<Text>),
    /// The room's topic was changed as asked.
    TopicSet(RoomName, Text),
    /// Who is in a room.
    Who {
        /// The room.
        room: RoomName,
        /// Their nicks, sorted, and what they are there; at most as many as the limit allows.
        nicks: Vec<(Nick, Standing)>,
        /// How many people are not named for lack of room.
        more: usize,
        /// How many only listen.
        listening: usize,
    },
    /// The rooms there are, those with most people first; at most as many as the limit allows.
    Rooms {
        /// The rooms.
        rooms: Vec<RoomInfo>,
        /// How many rooms are not named for lack of room.
        more: usize,
    },
    /// A direct message went to this person.
    Delivered(Nick),
    /// A direct message is kept for this person, who is not there.
    Kept(Nick),
    /// The answer to a ping.
    Pong(String),
    /// The ledger's answer to [`Query::Replay`], oldest first.
    Replay(Vec<Arc<crate::Entry>>),
    /// The ledger's answer to [`Query::History`].
    History {
        /// Oldest first.
        entries: Vec<Arc<crate::Entry>>,
        /// Whether there is more of what was asked for.
        more: bool,
    },
    /// The ledger's answer to [`Query::Search`].
    Found {
        /// Newest first.
        entries: Vec<Arc<crate::Entry>>,
        /// The words that were looked for.
        words: Vec<String>,
        /// How many entries could not be looked through: what is found may be missing some of them.
        unindexed: u64,
    },
    /// The session goes on where another one has ended, or is told what it may go on from.
    Resumed {
        /// Which hall this is.
        hall: String,
        /// Whether it goes on: otherwise it begins here.
        goes_on: bool,
    },
    /// A message of the session's person was taken back as asked.
    Redacted,
    /// Entries before this point are gone from the ledger: the session missed some, and is told.
    Gap,
    /// The hall is closing.
    Closing,
    /// The connection sends faster than it may and is slowed to this many messages a second.
    Slowed(u32),
    /// The connection has sent faster than it may for too long, and is closed.
    Flooded,
    /// Something is asked of the session before it may come in.
    Door {
        /// The hall's password; otherwise an account.
        password: bool,
        /// Whether it could make an account.
        registration: bool,
    },
    /// An account was made of the session's person.
    Registered(Nick),
    /// The session is the person of an account now.
    LoggedIn {
        /// The account.
        account: Nick,
        /// What its person is called, or about to be.
        nick: Nick,
    },
    /// The session is nobody's any more.
    LoggedOut(Nick),
    /// So many other sessions of the account are closed.
    LoggedOutOthers(usize),
    /// The session is closed because another one of its account asked for that.
    SentAway,
    /// This was done with the session's account.
    Deed(Deed),
    /// The session's account.
    Account(Box<AccountInfo>),
    /// The session has no account.
    NoAccount,
    /// A room's rules.
    Rules {
        /// The room.
        room: RoomName,
        /// Its rules; the key only for those who may change it.
        rules: Box<Rules>,
        /// Who owns it.
        owner: Option<Nick>,
    },
    /// The room's rule was changed as asked.
    RuleSet(RoomName, Rule),
    /// A list of a room: its masks, and who put them there when, until when and why.
    List(RoomName, crate::List, Vec<(crate::Mask, crate::Listed)>),
    /// This person was put out of the room as asked.
    Kicked(RoomName, Nick),
    /// The session's person was put out of a room.
    PutOut {
        /// The room.
        room: RoomName,
        /// Where the session speaks now.
        focus: Option<RoomName>,
    },
    /// This person was asked into a room.
    Invited(Nick, RoomName),
    /// Who is not heard.
    Ignored(Vec<Nick>),
    /// This person is not heard any more, or is again.
    Ignoring(Nick, bool),
    /// All that is in a room so far counts as read.
    Read(RoomName),
    /// An admin says something to everybody.
    Announced(Nick, Text),
    /// The session is put out of the hall, for this reason.
    Killed(Text),
    /// An administrative act was done, in the words in which it is recorded.
    Done(Text),
    /// Accounts, for an admin.
    Accounts {
        /// They.
        accounts: Vec<AccountState>,
        /// How many are not named for lack of room.
        more: usize,
    },
    /// All rooms, for an admin.
    AllRooms {
        /// They.
        rooms: Vec<RoomState>,
        /// How many are not named for lack of room.
        more: usize,
    },
    /// Who is connected, for an admin.
    Connected {
        /// Their sessions.
        sessions: Vec<SessionInfo>,
        /// How many are not named for lack of room.
        more: usize,
    },
    /// Who is kept out of the hall, for an admin.
    Bars(Vec<(String, Barred)>),
}

/// What a session may not, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No person can be called that.
    BadNick(String, NameError),
    /// Somebody is called that.
    NickInUse(Nick),
    /// No room can be called that.
    BadRoom(String, NameError),
    /// The session is in as many rooms as it may be.
    TooManyRooms(usize),
    /// The hall has as many rooms as it may have.
    HallFull(usize),
    /// There is no such room.
    NoSuchRoom(RoomName),
    /// The session is not in that room.
    NotInRoom(RoomName),
    /// The session is in no room and named none.
    Nowhere,
    /// Nobody is called that.
    NoSuchPerson(Nick),
    /// A direct message to oneself.
    ToYourself,
    /// The topic is longer than this many characters.
    TopicTooLong(usize),
    /// The reason is longer than this many characters.
    ReasonTooLong(usize),
    /// The ledger did not take it.
    NotRecorded,
    /// The ledger did not take it: its disk is full.
    DiskFull,
    /// The ledger did not take it: it can only be read.
    ReadOnly,
    /// The person has said nothing lately that could be taken back.
    NothingToRedact,
    /// The ledger could not be read.
    NotRead,
    /// The client has taken too long, or asked for too much, without having been let in, and is closed.
    NotLetIn,
    /// The hall's password is asked for first.
    PasswordFirst,
    /// An account is asked for first.
    AccountFirst,
    /// Guests only listen here.
    GuestsListen,
    /// That is not the password, or there is no such account: which of them, nobody is told.
    WrongPassword,
    /// There were too many wrong passwords.
    TooManyFailures,
    /// There is too much work with passwords at the moment.
    Busy,
    /// It cannot be a password.
    Unfit(Unfit),
    /// Accounts are made by admins here.
    RegistrationClosed,
    /// So many accounts were made from this address lately.
    TooManyRegistrations,
    /// The hall has as many accounts as it may have.
    TooManyAccounts(usize),
    /// A nick has to be chosen first.
    ChooseNick,
    /// The session is the person of an account already.
    HasAccount(Nick),
    /// The session has no account.
    NoAccount,
    /// That nick belongs to an account.
    NickRegistered(Nick),
    /// That nick could be taken for this one, which belongs to an account.
    LooksLike(Nick, Nick),
    /// Nicks are changed no more often than so many times a minute.
    TooManyNicks(u32),
    /// There are as many of those as there may be.
    TooMany(usize),
    /// The account has no such nick, or needs it.
    NotYourNick(Nick),
    /// The session has shown no certificate.
    NoCertificate,
    /// The certificate belongs to another account.
    CertificateTaken,
    /// The account owns these rooms: they have to be given away first.
    OwnsRooms(Vec<RoomName>),
    /// There is no such account.
    NoSuchAccount(Nick),
    /// The account is kept out of the hall, for this reason.
    AccountBarred(Text),
    /// Only who was asked in comes into that room.
    InviteOnly(RoomName),
    /// That room has a key, and this was not it.
    WrongKey(RoomName),
    /// That room is full.
    RoomFull(RoomName),
    /// Only members come into that room.
    MembersOnly(RoomName),
    /// Only those with an account come into that room.
    AccountsOnly(RoomName),
    /// The person is banned from that room.
    Banned(RoomName),
    /// The person may not speak in that room.
    MayNotSpeak(RoomName),
    /// Only so many seconds after the last message.
    SlowDown(u64),
    /// That takes an operator of the room.
    NotOperator(RoomName),
    /// That takes the owner of the room.
    NotOwner(RoomName),
    /// That takes an admin of the hall.
    NotAdmin,
    /// That person is as much in the room, or more.
    NotAbove(Nick),
    /// That person is not in the room.
    NotThere(Nick, RoomName),
    /// That person is in the room already.
    AlreadyThere(Nick, RoomName),
    /// The room has an owner.
    RoomOwned(RoomName),
    /// The room has no owner.
    RoomNotOwned(RoomName),
    /// That cannot be done with this room.
    NotWithThis(RoomName),
    /// It is no mask.
    BadMask(String, MaskError),
    /// There is no such thing in the list.
    NotListed(String),
    /// It is no address and no network.
    BadNetwork(String),
}
