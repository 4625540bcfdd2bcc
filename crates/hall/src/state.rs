//! The hall's state, and the small steps that commands and entries share.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

use smallvec::{SmallVec, smallvec};

use crate::accounts::{Accounts, NAME};
use crate::command::{Barred, Pending};
use crate::identity::Door;
use crate::metadata::Metadata;
use crate::renamed::Renames;
use crate::rules::AllRules;
use crate::watch::{PerMinute, Watch};
use crate::{
    Author, Beginning, Effect, Event, Feed, Guise, Keep, Key, Limits, LogId, Logs, Nick, Origin, PersonId, Policy,
    Proposal, Refusal, RoomName, Secret, Seq, SessionId, Standing, Subject, Text, Time, Topic,
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
    /// Whether one of their sessions has been let in: nobody is told of others.
    pub(crate) known: bool,
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
    /// When they last spoke where one may not speak often.
    pub(crate) spoke: SmallVec<[(RoomName, Time); 0]>,
    /// How often they changed how they are seen.
    pub(crate) renamed: PerMinute,
    /// How often they noted something.
    pub(crate) noted: PerMinute,
    /// Whom they do not hear, for as long as they are here: accounts remember it otherwise.
    pub(crate) ignored: SmallVec<[(PersonId, Nick); 0]>,
    /// Whether they are only waited for to be seen leaving.
    pub(crate) leaving: bool,
    /// What their clients say of them.
    pub(crate) profile: Profile,
    /// What others see of them beside the name, made of that when it is first asked for.
    pub(crate) guise: OnceLock<Guise>,
    /// Why they are away, if they are. Not to be mistaken for having no connection.
    pub(crate) away: Option<Text>,
    /// When they last said something.
    pub(crate) active: Time,
    /// What is noted about them, for as long as they are here: accounts remember it otherwise.
    pub(crate) metadata: Metadata,
}

/// What somebody's client says of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The user that it was started by. Nobody checks it.
    pub(crate) user: Option<Box<str>>,
    /// What they call themselves at length.
    pub(crate) real_name: Option<Box<str>>,
    /// Whether a program speaks.
    pub(crate) bot: bool,
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
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// When it came.
    pub(crate) since: Time,
    /// Whether it has introduced itself, and is in no room that it has not asked for.
    pub(crate) introduced: bool,
    /// Boxed, because hardly anybody has any of it.
    pub(crate) rare: Option<Box<SessionRare>>,
}

/// What hardly any session has.
#[derive(Debug, Default)]
pub(crate) struct SessionRare {
    /// The direct conversations it follows, the latest last.
    pub(crate) directs: SmallVec<[LogId; 1]>,
    /// The entry behind which it goes on in the rooms that it comes into, until it says or asks something else.
    pub(crate) resumes: Option<Seq>,
    /// What is still asked of it before it comes in.
    pub(crate) door: Door,
    /// What is to be done when a password has been looked at.
    pub(crate) pending: Option<Pending>,
    /// Wrong passwords so far.
    pub(crate) failures: u32,
    /// What it has asked for without having been let in.
    pub(crate) asked: u32,
    /// Whether it hears what admins tell each other.
    pub(crate) wallops: bool,
    /// Whether nobody looks at it, as it says.
    pub(crate) unattended: bool,
    /// Why it leaves.
    pub(crate) parting: Option<Text>,
    /// Whose coming and going it is told of.
    pub(crate) monitored: Vec<Nick>,
    /// Of which keys it is told what is noted.
    pub(crate) subscriptions: BTreeSet<Key>,
}

impl SessionRare {
    /// Whether it says nothing that matters of a session that has been let in.
    pub(crate) fn is_nothing(&self) -> bool {
        let Self {
            directs,
            resumes,
            door,
            pending,
            failures,
            asked: _,
            wallops,
            unattended,
            parting,
            monitored,
            subscriptions,
        } = self;
        directs.is_empty()
            && resumes.is_none()
            && !door.any()
            && pending.is_none()
            && *failures == 0
            && !wallops
            && !unattended
            && parting.is_none()
            && monitored.is_empty()
            && subscriptions.is_empty()
    }
}

impl Session {
    pub(crate) fn rare_mut(&mut self) -> &mut SessionRare {
        self.rare.get_or_insert_default()
    }
}

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) feed: Arc<Feed>,
    /// Everybody whom others can see here.
    pub(crate) members: BTreeSet<PersonId>,
    /// Everybody here, those who listen or are about to come in too. A room with nobody inside is forgotten.
    pub(crate) inside: usize,
    /// Who may come in once, whatever the rules are.
    pub(crate) invited: BTreeSet<PersonId>,
    /// Since when there is anybody.
    pub(crate) since: Time,
    /// When it was given its name, if it had another one before.
    pub(crate) renamed: Option<Time>,
    /// What is said to those alone who keep it in order, once anything has been.
    pub(crate) council: Option<Box<Council>>,
}

/// What those who keep a room in order read, and who follows it.
#[derive(Debug)]
pub(crate) struct Council {
    pub(crate) feed: Arc<Feed>,
    pub(crate) sessions: BTreeSet<SessionId>,
    /// Behind which entry somebody has been told all that was said, without a break.
    pub(crate) since: BTreeMap<PersonId, Seq>,
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

/// Somebody who was here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// What they were called last.
    pub nick: Nick,
    /// What else was seen of them.
    pub guise: Guise,
    /// When they went.
    pub at: Time,
}

/// The hall: a plain value, owned by one loop.
#[derive(Debug)]
pub struct Hall {
    pub(crate) limits: Limits,
    pub(crate) lobby: RoomName,
    /// Boxed: the map is filled in order, so that its nodes are half empty.
    pub(crate) people: BTreeMap<PersonId, Box<Person>>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) nicks: BTreeMap<Nick, PersonId>,
    pub(crate) rooms: BTreeMap<RoomName, Room>,
    pub(crate) directs: BTreeMap<LogId, Direct>,
    /// The topics of rooms, whether anybody is in them or not, with the entries that set them.
    pub(crate) topics: BTreeMap<RoomName, (Seq, Topic)>,
    pub(crate) accounts: Accounts,
    pub(crate) rules: AllRules,
    /// Rooms that had other names.
    pub(crate) renames: Renames,
    /// Who is kept out of the hall.
    pub(crate) barred: BTreeMap<String, Barred>,
    /// Sessions that have not been let in yet, and since when.
    pub(crate) at_door: BTreeMap<SessionId, Time>,
    /// Names that are about to be accounts', and whose.
    pub(crate) reserved: Vec<(PersonId, Nick)>,
    pub(crate) policy: Policy,
    /// What addresses are cloaked with.
    pub(crate) secret: Secret,
    /// What time it is.
    pub(crate) now: Time,
    /// Wrong passwords, and accounts made, by address.
    pub(crate) failures: Watch,
    pub(crate) registrations: Watch,
    /// Who is told when somebody of this name comes and goes.
    pub(crate) monitors: BTreeMap<Nick, SmallVec<[SessionId; 1]>>,
    /// Who is told what is noted under a key.
    pub(crate) subscribers: BTreeMap<Key, BTreeSet<SessionId>>,
    /// About whom something is noted: accounts, here or not, and guests.
    pub(crate) annotated: BTreeSet<PersonId>,
    /// Sessions that have proved to be an admin's, whoever they speak as.
    pub(crate) opers: BTreeSet<SessionId>,
    /// Who was here, the latest last.
    pub(crate) gone: VecDeque<Gone>,
    /// As many sessions as there ever were at one time.
    pub(crate) most_sessions: usize,
    /// Which hall this is.
    pub(crate) id: String,
    /// The last entry that was applied.
    pub(crate) head: Seq,
    pub(crate) next_person: u64,
    next_guest: u64,
}

impl Hall {
    /// A hall with nobody in it, which goes on from what its ledger remembers.
    #[must_use]
    pub fn new(limits: Limits, lobby: RoomName, beginning: Beginning) -> Self {
        let Beginning { hall, head, person, topics, kept, secret, .. } = beginning;
        let mut this = Self {
            limits,
            lobby,
            people: BTreeMap::new(),
            sessions: BTreeMap::new(),
            nicks: BTreeMap::new(),
            rooms: BTreeMap::new(),
            directs: BTreeMap::new(),
            topics: topics.into_iter().map(|(room, seq, topic)| (room, (seq, topic))).collect(),
            accounts: Accounts::default(),
            rules: AllRules::default(),
            renames: Renames::default(),
            barred: BTreeMap::new(),
            at_door: BTreeMap::new(),
            reserved: Vec::new(),
            policy: Policy::default(),
            secret: secret.unwrap_or_else(|| Secret::new("")),
            now: Time::default(),
            failures: Watch::default(),
            registrations: Watch::default(),
            monitors: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            annotated: BTreeSet::new(),
            opers: BTreeSet::new(),
            gone: VecDeque::new(),
            most_sessions: 0,
            id: hall,
            head,
            next_person: person + 1,
            next_guest: 1,
        };
        // What makes an account comes before what is known of it.
        let (names, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(_, field, _)| field == NAME);
        for (subject, field, value) in names.into_iter().chain(others) {
            this.fold(&Keep::Set(subject, field, value));
        }
        this.rules.begin(this.head);
        this.seat_always_on();
        this
    }

    /// Takes over what is remembered beside the log.
    pub(crate) fn fold(&mut self, keep: &Keep) {
        match keep {
            Keep::Set(Subject::Hall, field, value) => {
                if let Some((bar, barred)) = Barred::read(field, value.expose()) {
                    self.barred.insert(bar, barred);
                }
            }
            Keep::Unset(Subject::Hall, field) => {
                self.barred.retain(|bar, _| Barred::field(bar) != *field);
            }
            Keep::Forget(Subject::Hall) => self.barred.clear(),
            other => {
                self.accounts.fold(other);
                if let Keep::Set(Subject::Account(id), ..)
                | Keep::Unset(Subject::Account(id), _)
                | Keep::Forget(Subject::Account(id)) = other
                {
                    self.is_annotated(*id);
                }
                self.rules.fold(other);
            }
        }
    }

    /// What was said in a room up to this entry is not for those who are there now.
    pub(crate) fn floor(&self, room: &RoomName) -> Seq {
        self.rules.of(room).and_then(|rules| rules.floor).unwrap_or_default()
    }

    /// It is this time now. Whoever drives the hall says so before what happens at that time.
    pub fn set_now(&mut self, now: Time) {
        self.now = now;
    }

    /// Replaces the limits; they hold for what is asked from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Names that were about to be an account's are it, or will not be.
    pub(crate) fn unreserve(&mut self, keeps: &[Keep]) {
        if self.reserved.is_empty() {
            return;
        }
        for keep in keeps {
            if let Keep::Set(Subject::Account(id), ..) = keep {
                self.reserved.retain(|(whose, _)| whose != id);
            }
        }
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

    /// The room's topic, if it has one.
    pub(crate) fn topic_of(&self, room: &RoomName) -> Option<Topic> {
        self.topics.get(room).map(|(_, topic)| topic.clone())
    }

    /// A room has another topic, by this entry. Of the rooms where nobody is, those whose topics are oldest lose them when
    /// there are too many.
    pub(crate) fn set_topic(&mut self, room: &RoomName, seq: Seq, topic: Topic) {
        if topic.text.as_str().is_empty() {
            self.topics.remove(room);
            return;
        }
        self.topics.insert(room.clone(), (seq, topic));
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
        for log in gone.rare.as_ref().map(|rare| rare.directs.clone()).unwrap_or_default() {
            self.unfollow_direct(&log);
        }
        self.monitor_nobody(session);
        self.unsubscribe_all(session);
        self.opers.remove(&session);
        // The person goes when the entry that says so comes back.
        self.detach(session, out);
        self.sessions.remove(&session);
        self.at_door.remove(&session);
    }

    pub(crate) fn guest_nick(&mut self) -> Nick {
        loop {
            let nick = Nick::new(&format!("guest{}", self.next_guest), usize::MAX).expect("a guest's nick is one");
            self.next_guest += 1;
            if !self.nicks.contains_key(&nick) && self.accounts.owner(&nick).is_none() {
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
            None if self.rooms.contains_key(&room) || self.is_hidden(session, &room) => Err(Refusal::NotInRoom(room)),
            None => Err(Refusal::NoSuchRoom(room)),
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
        self.show_up_keeping(session, room, Vec::new(), out);
    }

    pub(crate) fn show_up_keeping(&mut self, session: SessionId, room: &RoomName, keeps: Vec<Keep>, out: &mut Effects) {
        let id = self.person_of(session);
        let Some(person) = self.people.get_mut(&id) else { return };
        if person.presence(room) == Some(Presence::Listening) {
            person.set_presence(room, Presence::Appearing);
            let join = Event::Join(self.rank_in(id, room));
            self.propose_keeping(session, smallvec![LogId::Room(room.clone())], join, keeps, out);
        }
    }

    pub(crate) fn propose(&self, session: SessionId, log: LogId, event: Event, out: &mut Effects) {
        self.propose_in(session, smallvec![log], event, out);
    }

    pub(crate) fn propose_in(&self, session: SessionId, logs: Logs, event: Event, out: &mut Effects) {
        self.propose_keeping(session, logs, event, Vec::new(), out);
    }

    /// Proposes something together with what is to be remembered of it.
    pub(crate) fn propose_keeping(
        &self,
        session: SessionId,
        logs: Logs,
        event: Event,
        keeps: Vec<Keep>,
        out: &mut Effects,
    ) {
        let author = self.author(session, matches!(event, Event::Nick(_)));
        self.put_forward(Proposal { keeps, ..Proposal::new(author, logs, event) }, out);
    }

    /// Has the ledger asked to number something, with the names of now.
    pub(crate) fn put_forward(&self, proposal: Proposal, out: &mut Effects) {
        out.push(Effect::Propose(Proposal { as_of: self.head, ..proposal }));
    }

    /// Who a session is, as others will know them when everything proposed so far is on the ledger, or as they do now.
    pub(crate) fn author(&self, session: SessionId, now: bool) -> Author {
        let person = self.person_of(session);
        let known = &self.people[&person];
        // A change of nick is told by the one who changes it.
        let nick = if now { &known.nick } else { known.called() }.clone();
        let account = self.accounts.get(person).map(|account| account.name.clone());
        Author { person, session, nick, account, guise: self.guise_of(person) }
    }

    /// What a person is in a room, admins of the hall apart, whom nobody sees there.
    pub(crate) fn rank_in(&self, id: PersonId, room: &RoomName) -> Standing {
        self.rules.of(room).map_or(Standing::None, |rules| rules.standing(id))
    }

    /// Puts a person into a room, which is made if there is none.
    pub(crate) fn enter(&mut self, id: PersonId, room: &RoomName, presence: Presence) {
        let (head, now) = (self.head, self.now);
        let there = self.rooms.entry(room.clone()).or_insert_with(|| Room {
            feed: Arc::new(Feed::after(head)),
            members: BTreeSet::new(),
            inside: 0,
            invited: BTreeSet::new(),
            since: now,
            renamed: None,
            council: None,
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
                self.rules.emptied(room, self.head);
            }
        }
    }

    /// Forgets a person who is in no room and has no session.
    pub(crate) fn forget(&mut self, id: PersonId, out: &mut Effects) {
        let guise = self.guise_of(id);
        let Some(person) = self.people.remove(&id) else { return };
        for nick in std::iter::once(&person.nick).chain(person.next_nick()) {
            self.free_nick(nick, id);
        }
        self.is_annotated(id);
        if !person.known {
            return;
        }
        self.nick_gone(&person.nick, out);
        // Who has shown nothing of themselves is nobody to be asked about.
        if person.rare.is_some() {
            self.note_gone(person.nick, guise);
        }
    }

    /// Gives a nick back unless its owner still wears or awaits it, or it is another's.
    pub(crate) fn free_nick(&mut self, nick: &Nick, owner: PersonId) {
        let kept = self.people.get(&owner).is_some_and(|p| p.nick == *nick || p.next_nick() == Some(nick));
        if !kept && self.nicks.get(nick) == Some(&owner) {
            self.nicks.remove(nick);
        }
    }
}
