//! What should happen next: the hall says it, the driver (server, transcript, simulation) does it, in the order given.

use std::sync::Arc;

use crate::{Block, Feed, LogId, NameError, Nick, Proposal, RoomName, Secret, Seq, SessionId, Subject, Text, Time};

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
    /// Give the session a cursor into this log, behind the given entry.
    Follow(SessionId, LogId, Arc<Feed>, Seq),
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
        /// Their nicks, sorted; at most as many as the limit allows.
        nicks: Vec<Nick>,
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
}
