//! Entries: what happens in the hall and is seen by others, numbered by the ledger in one order.
//!
//! A [`Proposal`] is an entry before the ledger has numbered it; nobody is shown a proposal.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::{Deed, Guise, Keep, Nick, Notes, RoomName, Rule, Standing};

/// An entry's number: its place in the one order of the whole hall. The first entry is 1; 0 is before all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

/// A moment, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub u64);

/// A person for as long as the hall knows them; several sessions may be theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub u64);

/// One client of a person: one connection, in most dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Which log an entry belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogId {
    /// A room's.
    Room(RoomName),
    /// What is said in a room to those alone who keep it in order.
    Operators(RoomName),
    /// That of the direct messages between two people, the smaller id first.
    Direct(PersonId, PersonId),
}

impl LogId {
    /// The log of the direct messages between two people, whoever speaks.
    #[must_use]
    pub fn direct(a: PersonId, b: PersonId) -> Self {
        Self::Direct(a.min(b), a.max(b))
    }
}

/// Who an entry is from, as they were called then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The person.
    pub person: PersonId,
    /// Which of their sessions.
    pub session: SessionId,
    /// What they were called.
    pub nick: Nick,
    /// Whose account they had proved to be theirs, if any: its name.
    pub account: Option<Nick>,
    /// What else was seen of them.
    pub guise: Guise,
}

impl Author {
    /// Somebody without an account, of whom nothing else is known.
    #[must_use]
    pub fn guest(person: PersonId, session: SessionId, nick: Nick) -> Self {
        Self { person, session, nick, account: None, guise: Guise::unknown() }
    }
}

/// What a person wrote: free of NUL and CR, which no dialect could carry, and of LF unless it was written as several lines
/// ([`Text::of_lines`]): whoever shows one splits it.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Arc<str>);

impl Text {
    /// The text on one line: NUL goes, and each CR or LF becomes a space.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        if raw.contains(['\0', '\r', '\n']) {
            let line: String =
                raw.chars().filter(|&c| c != '\0').map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }).collect();
            return Self(line.into());
        }
        Self(raw.into())
    }

    /// The text with the lines that it was written in, a LF between them: NUL and CR go.
    #[must_use]
    pub fn of_lines(raw: &str) -> Self {
        if raw.contains(['\0', '\r']) {
            return Self(raw.chars().filter(|c| !matches!(c, '\0' | '\r')).collect::<String>().into());
        }
        Self(raw.into())
    }

    /// Its lines, of which there is at least one.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n')
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something said.
    Say,
    /// Something done (`/me`).
    Action,
    /// Something that is not to be answered by programs (IRC's NOTICE).
    Notice,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message(Kind, Text),
    /// Tags and no text: what was added to another message, say (IRC's TAGMSG).
    Tags,
    /// The author came into the room, where they are this.
    Join(Standing),
    /// The author left the room, for this reason. May be empty.
    Part(Text),
    /// The author left the hall, for this reason. May be empty.
    Quit(Text),
    /// The author is called this from now on.
    Nick(Nick),
    /// The author is away from now on, for this reason; is back, if there is none.
    Away(Text),
    /// The author is seen so from now on, and known by this account or by none.
    Guise(Guise, Option<Nick>),
    /// The room's topic is this from now on.
    Topic(Text),
    /// The room is called otherwise from now on, for this reason. May be empty. Whatever came before is in the log of the
    /// room that is called so now.
    Rename {
        /// What it was called.
        from: RoomName,
        /// What it is called.
        to: RoomName,
        /// Why.
        reason: Text,
    },
    /// The author takes back the message with this number, for this reason, which may be empty: what it said is gone from
    /// the ledger with this entry.
    Redact(Seq, Text),
    /// A message that was taken back: what stands in its place. It is only ever read, never proposed.
    Redacted,
    /// A rule of the room is another from now on.
    Rule(Rule),
    /// This person, called so, was put out of the room, for this reason.
    Kick(PersonId, Nick, Text),
    /// Whom the author speaks to may come into that room.
    Invite(RoomName),
    /// Something about the author's account, told to its sessions alone.
    Account(Deed),
    /// Something an admin did, in the words in which it was asked for.
    Audit(Text),
    /// This is noted for clients from now on: about the room, or, in the author's own log, about the author.
    Noted(Notes),
}

/// The logs an entry belongs to: nearly always one. A change of nick belongs to every room its author is in.
pub type Logs = SmallVec<[LogId; 1]>;

/// What somebody wants to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Who.
    pub author: Author,
    /// Where.
    pub logs: Logs,
    /// What.
    pub event: Event,
    /// Whom it is said to, as they were called: only in the log of two people.
    pub to: Option<Nick>,
    /// What the author's client has added for other clients (IRCv3's client-only tags), escaped: `+a=b;+c`.
    pub tags: Option<Box<str>>,
    /// What is to be remembered with it, and forgotten.
    pub keeps: Vec<Keep>,
    /// The last entry that whoever proposes it knew of: the rooms in it are called as they were then.
    pub as_of: Seq,
}

impl Proposal {
    /// Something that changes nothing beside the log, of somebody who knows of everything.
    #[must_use]
    pub fn new(author: Author, logs: Logs, event: Event) -> Self {
        Self { author, logs, event, to: None, tags: None, keeps: Vec::new(), as_of: Seq(u64::MAX) }
    }
}

/// What happened: a proposal that the ledger has numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the order.
    pub seq: Seq,
    /// When the ledger took it.
    pub at: Time,
    /// Who.
    pub author: Author,
    /// Where.
    pub logs: Logs,
    /// What.
    pub event: Event,
    /// Whom it is said to, as they were called: only in the log of two people.
    pub to: Option<Nick>,
    /// What the author's client has added for other clients, escaped.
    pub tags: Option<Box<str>>,
    /// What is remembered with it, and forgotten. Whoever reads it again later finds nothing here: it is known by then.
    pub keeps: Vec<Keep>,
}

impl Entry {
    /// The proposal, numbered.
    #[must_use]
    pub fn new(seq: Seq, at: Time, proposal: Proposal) -> Self {
        let Proposal { author, logs, event, to, tags, keeps, .. } = proposal;
        Self { seq, at, author, logs, event, to, tags, keeps }
    }

    /// What stands in this entry's place when it was taken back.
    #[must_use]
    pub fn redacted(&self) -> Self {
        Self { event: Event::Redacted, tags: None, ..self.clone() }
    }

    /// The text that counts when memory is bounded, in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let text = match &self.event {
            Event::Message(_, text)
            | Event::Topic(text)
            | Event::Kick(_, _, text)
            | Event::Audit(text)
            | Event::Part(text)
            | Event::Quit(text)
            | Event::Away(text)
            | Event::Rename { reason: text, .. }
            | Event::Redact(_, text) => text.as_str().len(),
            Event::Noted(notes) => notes.text_bytes(),
            Event::Tags
            | Event::Join(_)
            | Event::Nick(_)
            | Event::Guise(..)
            | Event::Redacted
            | Event::Rule(_)
            | Event::Invite(_)
            | Event::Account(_) => 0,
        };
        text + self.tags.as_ref().map_or(0, |tags| tags.len())
    }
}
