//! What a session is answered. How it is worded is the dialects' affair.

use std::sync::Arc;

use crate::{
    AccountInfo, AccountState, Barred, Census, Deed, Gone, Guise, Key, LogId, Nick, OwnMode, PersonId, PersonInfo,
    RoomInfo, RoomName, RoomState, Rule, Rules, SessionInfo, Standing, Text, Time, Topic,
};

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
    /// The session has been let in, by a dialect in which one introduces oneself first.
    Entered {
        /// How full the hall is.
        census: Census,
        /// Whether its person is there without a connection, if it has an account.
        always_on: Option<bool>,
        /// Whether it may do what admins may.
        admin: bool,
        /// What is noted about its person.
        notes: Vec<(Key, Text)>,
    },
    /// The person is called this now.
    Named {
        /// The nick.
        nick: Nick,
        /// The one asked for, when it was in use.
        taken: Option<Nick>,
        /// What they were called, when no entry says so.
        old: Option<Nick>,
    },
    /// The session came into a room, and speaks there.
    Joined {
        /// Up to when the session's account has read there.
        read: Option<Time>,
        /// The room.
        room: RoomName,
        /// Its topic.
        topic: Option<Topic>,
        /// How many people are there, the session's own person among them.
        people: usize,
        /// How the session learns that its person is there.
        how: Coming,
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
    Topic(RoomName, Option<Topic>),
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
    /// Who is in a room, in no particular order, as many as are told in one go.
    Names {
        /// The room.
        room: RoomName,
        /// They, what they are there and, if that was asked for, what else is seen of them.
        names: Vec<(Nick, Standing, Option<Guise>)>,
        /// Behind whom there are more.
        more: Option<PersonId>,
        /// Whether the room is secret.
        secret: bool,
    },
    /// People, as many as are told in one go.
    People {
        /// They.
        people: Vec<PersonInfo>,
        /// Behind whom there are more.
        more: Option<PersonId>,
    },
    /// Who was here under a name, the latest first.
    Gone(Vec<Gone>),
    /// How many there are.
    Census(Census),
    /// Of those whose coming and going the session is told of, these are here now, and these are not.
    Monitor {
        /// Who is here, as they are seen.
        here: Vec<(Nick, Guise)>,
        /// Who is not.
        absent: Vec<Nick>,
    },
    /// Whose coming and going the session is told of.
    Monitored(Vec<Nick>),
    /// Something that somebody did whom the session is told of, in no room that it is in.
    Seen(Box<(crate::Author, crate::Event)>),
    /// What holds of somebody who has just come into a room that the session is in.
    Beside(Box<(crate::Author, crate::Event)>),
    /// The person's tags have been passed on, to whom or where they named, and are recorded nowhere.
    Passed(Box<(crate::Author, String, Box<str>)>),
    /// An operator of a room is told whom somebody asks in.
    Invites {
        /// Who asks.
        by: Box<crate::Author>,
        /// Whom.
        who: Nick,
        /// Where.
        room: RoomName,
    },
    /// The session's person counts as away now, or does not.
    Away(bool),
    /// The session's person is seen so now.
    Guise(Guise),
    /// The session may do what admins may.
    Oper,
    /// What holds for the session.
    Modes {
        /// Whether a program speaks.
        bot: bool,
        /// Whether it may do what admins may.
        admin: bool,
        /// Whether it hears what admins tell each other.
        wallops: bool,
        /// Whether what it sends and is sent is encrypted.
        secure: bool,
        /// Which of these was changed just now.
        changed: Option<OwnMode>,
    },
    /// What admins tell each other.
    Wallops(Box<crate::Author>, Text),
    /// A direct message went to this person, who is away for this reason, if they are.
    Delivered(Nick, Option<Text>),
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
    /// The ledger's answer to [`Query::Targets`]: each log and when something was last said there, the longest ago first.
    Targets(Vec<(LogId, Time)>),
    /// In which rooms and with whom something was said last between two marks, and when, the longest ago first.
    Conversations(Vec<(String, Time)>),
    /// Up to when something has been read: a room, or what was said with somebody.
    Marker(String, Option<Time>),
    /// The rooms into which the session's person is asked.
    Invitations(Vec<RoomName>),
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
    /// A message was taken back as asked.
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
        /// What its person was called before.
        was: Nick,
    },
    /// The session is nobody's any more: what its person is called now, and was before.
    LoggedOut(Nick, Nick),
    /// The session's person, called so, was in that room, and is another now.
    Left(RoomName, Nick),
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
        /// Since when there is anybody, if there is.
        since: Option<Time>,
    },
    /// The room's rule was changed as asked.
    RuleSet(RoomName, Rule),
    /// A list of a room: its masks, and who put them there when, until when and why.
    List(RoomName, crate::List, Vec<(crate::Mask, crate::Listed)>),
    /// A room in which the session's person is has another name.
    Renamed {
        /// Which it was.
        from: RoomName,
        /// Which it is.
        to: RoomName,
        /// Why. May be empty.
        reason: Text,
        /// Whether the session has asked for it.
        own: bool,
        /// Up to when the session's account has read there.
        read: Option<Time>,
        /// The room's topic.
        topic: Option<Topic>,
    },
    /// Who asked for the room of the first name comes into the one that has had the second since then.
    Redirected(RoomName, RoomName),
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
    /// Something about what is noted about people and rooms.
    Noted(Box<crate::Noted>),
}

/// How a session learns that its person is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coming {
    /// It is the one that asked to come in.
    Asked,
    /// An entry says so, which it is shown.
    Shown,
    /// It is the one that asked, and the ledger could not record that they have come in.
    Unrecorded,
    /// The person was there before it was theirs.
    There,
    /// It has listened there, and is seen now: an entry says so, which is its own.
    Seen,
}
