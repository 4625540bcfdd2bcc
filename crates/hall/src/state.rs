//! The hall's state, and the small steps that commands and entries share.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::{
    Author, Beginning, Effect, Event, Feed, Limits, LogId, Logs, Nick, PersonId, Proposal, Query, Refusal, Reply,
    RoomName, Seq, SessionId, Text,
};

/// The list of effects that a call adds to.
pub(crate) type Effects = Vec<Effect>;

/// How far a person is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// There since the arrival, hearing everything, unseen: neither named nor heard so far.
    Listening,
    /// Listening so far; the ledger has been asked to record the arrival.
    Appearing,
    /// Not there yet, but the ledger has been asked to record the arrival.
    Joining,
    /// In the room, as everybody can see.
    Joined,
}

#[derive(Debug)]
pub(crate) struct Person {
    /// What they are called.
    pub(crate) nick: Nick,
    /// Whether the hall gave them their nick.
    pub(crate) guest: bool,
    pub(crate) sessions: SmallVec<[SessionId; 1]>,
    pub(crate) rooms: SmallVec<[(RoomName, Presence); 1]>,
    /// What those do not have who only listen, so that they take no memory for it.
    pub(crate) rare: Option<Box<Rare>>,
}

/// What somebody has who does something.
#[derive(Debug, Default)]
pub(crate) struct Rare {
    /// What they will be called when the ledger has taken it.
    pub(crate) next_nick: Option<Nick>,
    /// The nick they asked for instead, if that was in use.
    pub(crate) taken: Option<Nick>,
    /// What they said last and can take back, the latest last.
    pub(crate) said: VecDeque<(Seq, LogId)>,
}

impl Person {
    /// What they will be called when everything proposed so far is on the ledger.
    pub(crate) fn called(&self) -> &Nick {
        self.next_nick().unwrap_or(&self.nick)
    }

    /// What they will be called when the ledger has taken it, if they are about to be called otherwise.
    pub(crate) fn next_nick(&self) -> Option<&Nick> {
        self.rare.as_ref()?.next_nick.as_ref()
    }

    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(crate) fn presence(&self, room: &RoomName) -> Option<Presence> {
        self.rooms.iter().find(|(name, _)| name == room).map(|(_, presence)| *presence)
    }

    pub(crate) fn set_presence(&mut self, room: &RoomName, presence: Presence) {
        if let Some(place) = self.rooms.iter_mut().find(|(name, _)| name == room) {
            place.1 = presence;
        }
    }
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) person: PersonId,
    /// The room it speaks in unless it says otherwise.
    pub(crate) focus: Option<RoomName>,
    /// The direct conversations it follows, the latest last.
    pub(crate) directs: SmallVec<[LogId; 0]>,
    /// The entry behind which it goes on in the rooms that it comes into, until it says or asks something else: boxed, because
    /// hardly anybody has one.
    pub(crate) resumes: Option<Box<Seq>>,
}

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) feed: Arc<Feed>,
    /// Everybody whom others can see here.
    pub(crate) members: BTreeSet<PersonId>,
    /// Everybody here, those who listen or are about to come in too. A room with nobody inside is forgotten.
    pub(crate) inside: usize,
}

#[derive(Debug)]
pub(crate) struct Direct {
    pub(crate) feed: Arc<Feed>,
    pub(crate) sessions: usize,
    /// Messages that the ledger has been asked to record: nobody stops following before they are shown them.
    pub(crate) pending: usize,
    /// What each of the two was called when last written to.
    pub(crate) called: SmallVec<[(PersonId, Nick); 2]>,
}

/// The hall: a plain value, owned by one loop.
#[derive(Debug)]
pub struct Hall {
    pub(crate) limits: Limits,
    pub(crate) lobby: RoomName,
    pub(crate) people: BTreeMap<PersonId, Person>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) nicks: BTreeMap<Nick, PersonId>,
    pub(crate) rooms: BTreeMap<RoomName, Room>,
    pub(crate) directs: BTreeMap<LogId, Direct>,
    /// The topics of rooms, whether anybody is in them or not, with the entries that set them.
    pub(crate) topics: BTreeMap<RoomName, (Seq, Text)>,
    /// Which hall this is.
    pub(crate) id: String,
    /// The last entry that was applied.
    pub(crate) head: Seq,
    next_person: u64,
    next_guest: u64,
}

impl Hall {
    /// A hall with nobody in it, which goes on from what its ledger remembers.
    #[must_use]
    pub fn new(limits: Limits, lobby: RoomName, beginning: Beginning) -> Self {
        let Beginning { hall, head, person, topics, .. } = beginning;
        Self {
            limits,
            lobby,
            people: BTreeMap::new(),
            sessions: BTreeMap::new(),
            nicks: BTreeMap::new(),
            rooms: BTreeMap::new(),
            directs: BTreeMap::new(),
            topics: topics.into_iter().map(|(room, seq, text)| (room, (seq, text))).collect(),
            id: hall,
            head,
            next_person: person + 1,
            next_guest: 1,
        }
    }

    /// Replaces the limits; they hold for what is asked from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The number of the last entry that was applied.
    #[must_use]
    pub fn head(&self) -> Seq {
        self.head
    }

    /// The nick of a session's person.
    #[must_use]
    pub fn nick_of(&self, session: SessionId) -> Option<&Nick> {
        Some(&self.people.get(&self.sessions.get(&session)?.person)?.nick)
    }

    /// How many sessions there are.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// A client has come: a guest who listens in the lobby. It is greeted if it waits to be.
    pub fn arrive(&mut self, session: SessionId, greet: bool, out: &mut Effects) {
        let id = PersonId(self.next_person);
        self.next_person += 1;
        let nick = self.guest_nick();
        self.nicks.insert(nick.clone(), id);
        let person =
            Person { nick: nick.clone(), guest: true, sessions: smallvec![session], rooms: smallvec![], rare: None };
        self.people.insert(id, person);
        self.sessions.insert(session, Session { person: id, focus: None, directs: smallvec![], resumes: None });
        let lobby = self.lobby.clone();
        self.enter(id, &lobby, Presence::Listening);
        let room = &self.rooms[&lobby];
        let people = room.members.len();
        let feed = Arc::clone(&room.feed);
        let head = feed.head();
        out.push(Effect::Follow(session, LogId::Room(lobby.clone()), feed, head));
        self.focus(session, Some(lobby.clone()), out);
        if greet {
            let log = LogId::Room(lobby.clone());
            out.push(Effect::Reply(session, Reply::Welcome { nick, room: lobby, people }, self.head));
            self.replay(session, log, head, out);
        }
    }

    /// Has a session told what was said last in a log, up to an entry, before it is shown anything else.
    pub(crate) fn replay(&self, session: SessionId, log: LogId, until: Seq, out: &mut Effects) {
        let last = self.limits.replay_entries;
        if last > 0 {
            out.push(Effect::Ask(session, Query::Replay { log, until, last }));
        }
    }

    /// Puts a session into a room's log behind an entry, and has it speak there.
    pub(crate) fn follow_room(&mut self, session: SessionId, room: &RoomName, at: Seq, out: &mut Effects) {
        let Some(there) = self.rooms.get(room) else { return };
        out.push(Effect::Follow(session, LogId::Room(room.clone()), Arc::clone(&there.feed), at));
        self.focus(session, Some(room.clone()), out);
    }

    /// The room's topic, if it has one.
    pub(crate) fn topic_of(&self, room: &RoomName) -> Option<Text> {
        self.topics.get(room).map(|(_, text)| text.clone())
    }

    /// A room has another topic, by this entry. Of the rooms where nobody is, those whose topics are oldest lose them when
    /// there are too many.
    pub(crate) fn set_topic(&mut self, room: &RoomName, seq: Seq, text: &Text) {
        if text.as_str().is_empty() {
            self.topics.remove(room);
            return;
        }
        self.topics.insert(room.clone(), (seq, text.clone()));
        if self.topics.len() > self.limits.rooms {
            let empty = self.topics.iter().filter(|(name, _)| !self.rooms.contains_key(name));
            if let Some(oldest) = empty.min_by_key(|(_, (seq, _))| *seq).map(|(name, _)| name.clone()) {
                self.topics.remove(&oldest);
            }
        }
    }

    /// A client has gone, for whatever reason. Whoever was seen in a room is seen leaving it.
    pub fn leave(&mut self, session: SessionId, out: &mut Effects) {
        let Some(gone) = self.sessions.get(&session) else { return };
        let id = gone.person;
        for log in gone.directs.clone() {
            self.unfollow_direct(&log);
        }
        let Some(person) = self.people.get_mut(&id) else { return };
        person.sessions.retain(|s| *s != session);
        if !person.sessions.is_empty() {
            self.sessions.remove(&session);
            return;
        }
        let seen = self.rooms_shown(id);
        for room in self.rooms_of(id) {
            if !seen.contains(&LogId::Room(room.clone())) {
                self.exit(id, &room);
            }
        }
        if seen.is_empty() {
            self.forget(id);
        } else {
            // The person goes when the entry that says so comes back.
            self.propose_in(session, seen, Event::Quit, out);
        }
        self.sessions.remove(&session);
    }

    fn guest_nick(&mut self) -> Nick {
        loop {
            let nick = Nick::new(&format!("guest{}", self.next_guest), usize::MAX).expect("a guest's nick is one");
            self.next_guest += 1;
            if !self.nicks.contains_key(&nick) {
                return nick;
            }
        }
    }

    pub(crate) fn person_of(&self, session: SessionId) -> PersonId {
        self.sessions[&session].person
    }

    /// The room a session means: the one it named, or the one it speaks in. It must be in it.
    pub(crate) fn room_meant(&self, session: SessionId, room: Option<RoomName>) -> Result<RoomName, Refusal> {
        let room = room.or_else(|| self.sessions[&session].focus.clone()).ok_or(Refusal::Nowhere)?;
        match self.people[&self.person_of(session)].presence(&room) {
            Some(_) => Ok(room),
            None => Err(Refusal::NotInRoom(room)),
        }
    }

    /// All rooms a person is in.
    pub(crate) fn rooms_of(&self, id: PersonId) -> Vec<RoomName> {
        self.people.get(&id).map(|p| p.rooms.iter().map(|(name, _)| name.clone()).collect()).unwrap_or_default()
    }

    /// The logs of the rooms in which others see this person, or are about to.
    pub(crate) fn rooms_shown(&self, id: PersonId) -> Logs {
        let rooms = self.people.get(&id).map(|p| p.rooms.as_slice()).unwrap_or_default();
        rooms.iter().filter(|(_, p)| *p != Presence::Listening).map(|(name, _)| LogId::Room(name.clone())).collect()
    }

    /// Makes a listener's arrival visible.
    pub(crate) fn show_up(&mut self, session: SessionId, room: &RoomName, out: &mut Effects) {
        let id = self.person_of(session);
        let Some(person) = self.people.get_mut(&id) else { return };
        if person.presence(room) == Some(Presence::Listening) {
            person.set_presence(room, Presence::Appearing);
            self.propose(session, LogId::Room(room.clone()), Event::Join, out);
        }
    }

    pub(crate) fn propose(&self, session: SessionId, log: LogId, event: Event, out: &mut Effects) {
        self.propose_in(session, smallvec![log], event, out);
    }

    pub(crate) fn propose_in(&self, session: SessionId, logs: Logs, event: Event, out: &mut Effects) {
        let person = self.person_of(session);
        let known = &self.people[&person];
        // A change of nick is told by the one who changes it.
        let nick = if matches!(event, Event::Nick(_)) { &known.nick } else { known.called() };
        let author = Author::guest(person, session, nick.clone());
        out.push(Effect::Propose(Proposal::new(author, logs, event)));
    }

    /// Puts a person into a room, which is made if there is none.
    pub(crate) fn enter(&mut self, id: PersonId, room: &RoomName, presence: Presence) {
        let head = self.head;
        let there = self.rooms.entry(room.clone()).or_insert_with(|| Room {
            feed: Arc::new(Feed::after(head)),
            members: BTreeSet::new(),
            inside: 0,
        });
        there.inside += 1;
        if let Some(person) = self.people.get_mut(&id) {
            person.rooms.push((room.clone(), presence));
        }
    }

    /// Takes a person out of a room, which is forgotten if nobody is left in it.
    pub(crate) fn exit(&mut self, id: PersonId, room: &RoomName) {
        // Somebody may leave twice: they part, and their connection ends before the ledger has taken it.
        let Some(person) = self.people.get_mut(&id) else { return };
        let Some(place) = person.rooms.iter().position(|(name, _)| name == room) else { return };
        person.rooms.remove(place);
        if let Some(there) = self.rooms.get_mut(room) {
            there.members.remove(&id);
            there.inside -= 1;
            if there.inside == 0 && *room != self.lobby {
                self.rooms.remove(room);
            }
        }
    }

    /// Forgets a person who is in no room and has no session.
    pub(crate) fn forget(&mut self, id: PersonId) {
        if let Some(person) = self.people.remove(&id) {
            for nick in std::iter::once(&person.nick).chain(person.next_nick()) {
                self.free_nick(nick, id);
            }
        }
    }

    /// Gives a nick back unless its owner still wears or awaits it, or it is another's.
    pub(crate) fn free_nick(&mut self, nick: &Nick, owner: PersonId) {
        let kept = self.people.get(&owner).is_some_and(|p| p.nick == *nick || p.next_nick() == Some(nick));
        if !kept && self.nicks.get(nick) == Some(&owner) {
            self.nicks.remove(nick);
        }
    }

    pub(crate) fn focus(&mut self, session: SessionId, room: Option<RoomName>, out: &mut Effects) {
        if let Some(s) = self.sessions.get_mut(&session) {
            s.focus.clone_from(&room);
            out.push(Effect::Focus(session, room));
        }
    }

    /// After a room was left: speak in the one joined last, if the room left was the one spoken in.
    pub(crate) fn refocus(&mut self, session: SessionId, left: &RoomName, out: &mut Effects) -> Option<RoomName> {
        let current = self.sessions.get(&session)?.focus.clone();
        if current.as_ref() != Some(left) {
            return current;
        }
        let next = self.rooms_of(self.person_of(session)).pop();
        self.focus(session, next.clone(), out);
        next
    }

    /// Has a session follow a direct conversation. If there are too many, the one that was
    /// quiet longest makes room.
    pub(crate) fn follow_direct(&mut self, session: SessionId, log: &LogId, out: &mut Effects) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        if let Some(at) = s.directs.iter().position(|l| l == log) {
            let log = s.directs.remove(at);
            s.directs.push(log);
            return;
        }
        let mut left = Vec::new();
        while s.directs.len() >= self.limits.rooms_per_session {
            let idle = |log: &LogId| self.directs.get(log).is_none_or(|direct| direct.pending == 0);
            let Some(oldest) = s.directs.iter().position(idle) else { break };
            left.push(s.directs.remove(oldest));
        }
        s.directs.push(log.clone());
        let head = self.head;
        let direct = self.directs.entry(log.clone()).or_insert_with(|| Direct {
            feed: Arc::new(Feed::after(head)),
            sessions: 0,
            pending: 0,
            called: smallvec![],
        });
        direct.sessions += 1;
        out.push(Effect::Follow(session, log.clone(), Arc::clone(&direct.feed), direct.feed.head()));
        for oldest in left {
            let until = self.directs.get(&oldest).map_or(head, |d| d.feed.head());
            self.unfollow_direct(&oldest);
            out.push(Effect::Unfollow(session, oldest, until));
        }
    }

    fn unfollow_direct(&mut self, log: &LogId) {
        if let Some(direct) = self.directs.get_mut(log) {
            direct.sessions -= 1;
            if direct.sessions == 0 {
                self.directs.remove(log);
            }
        }
    }
}
