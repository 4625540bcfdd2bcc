//! Who a session is: from the door to the person it speaks as. Several sessions may be one person.

use std::sync::OnceLock;

use smallvec::smallvec;

use crate::accounts::Account;
use crate::command::rank_of;
use crate::mask::Looks;
use crate::origin::{account_cloak, cloak};
use crate::state::{Effects, Person, Presence, Profile, Rare, Session, SessionRare};
use crate::{
    Coming, Deed, Effect, Event, Guests, Guise, Hall, List, LogId, NO_HOST, NO_USER, Nick, Origin, PersonId, Policy,
    Query, Refusal, Reply, RoomName, Rules, Seq, SessionId, Standing, Text, Time, accounts,
};

/// Where everything that admins do is recorded, and only they may be.
pub(crate) const AUDIT: &str = "#audit";

/// What a session is still asked for before it may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Door {
    /// The hall's password.
    pub(crate) password: bool,
    /// To be the person of an account.
    pub(crate) account: bool,
    /// To say that it has introduced itself.
    pub(crate) register: bool,
}

impl Door {
    pub(crate) fn any(self) -> bool {
        self.password || self.account || self.register
    }
}

/// How a client comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It waits to be greeted.
    Greeted,
    /// It has begun to speak.
    Unasked,
    /// It introduces itself first, and is in no room before it asks to be.
    Introduced,
}

/// Who a session is to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// What its person is called.
    pub nick: Nick,
    /// What else is seen of them.
    pub guise: Guise,
    /// Their account.
    pub account: Option<Nick>,
    /// Whether it has been let in.
    pub inside: bool,
}

impl Hall {
    /// A client has come: a guest who listens in the lobby, unless something is asked of it first. It is greeted if it waits
    /// to be.
    pub fn arrive(&mut self, session: SessionId, origin: Origin, how: Arrival, out: &mut Effects) {
        let local = origin.local;
        let id = self.new_guest(session, local);
        let door = Door {
            password: self.policy.password.is_some() && !local,
            account: self.policy.guests == Guests::Refused && !local,
            register: how == Arrival::Introduced,
        };
        let introduced = door.register;
        let mut known = Session { person: id, focus: None, origin, since: self.now, introduced, rare: None };
        if door.any() {
            known.rare = Some(Box::new(SessionRare { door, ..SessionRare::default() }));
        }
        self.sessions.insert(session, known);
        self.most_sessions = self.most_sessions.max(self.sessions.len());
        if door.any() {
            self.at_door.insert(session, self.now);
        }
        if !door.any() {
            self.is_known(id);
        }
        if door.register {
            // Who introduces itself is told what is missing when it has done so.
        } else if door.any() {
            out.push(Effect::Reply(session, self.asked_at(door), self.head));
        } else if !local {
            self.come_into_lobby(session, how == Arrival::Greeted, out);
        }
    }

    /// Who introduced itself wants to be let in. If something is missing, it is told what, and sent away.
    pub(crate) fn come_in_at_door(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let Some(rare) = self.sessions.get_mut(&session).and_then(|s| s.rare.as_mut()) else { return Ok(()) };
        if !rare.door.register {
            return Ok(());
        }
        if rare.door.password || rare.door.account {
            let refusal = if rare.door.password { Refusal::PasswordFirst } else { Refusal::AccountFirst };
            out.push(Effect::Refuse(session, refusal, self.head));
            out.push(Effect::Close(session));
            return Ok(());
        }
        rare.door.register = false;
        // Of most there is nothing more to be remembered.
        if rare.is_nothing() {
            self.sessions.get_mut(&session).expect("it is there").rare = None;
        }
        self.at_door.remove(&session);
        // Before whatever waits for it.
        let id = self.person_of(session);
        self.is_known(id);
        let always_on = self.accounts.get(id).map(|account| account.always_on);
        let (census, admin, notes) = (self.census(), self.is_admin(session), self.notes(id));
        let entered = Reply::Entered { census, always_on, admin, notes };
        out.push(Effect::Reply(session, entered, Seq(0)));
        let nick = self.people[&id].called().clone();
        if self.people[&id].sessions.len() == 1 {
            self.nick_here(&nick, id, out);
        }
        let rooms: Vec<_> = self.people[&id].rooms.iter().map(|(room, p)| (room.clone(), *p)).collect();
        for (room, presence) in rooms {
            if presence == Presence::Joining {
                continue;
            }
            let Some(head) = self.rooms.get(&room).map(|there| there.feed.head()) else { continue };
            self.be_shown(session, &room, head, out);
        }
        if self.accounts.get(id).is_some() {
            self.follow_own(session, out);
            self.tell_ignored(id, out);
            self.fetch(session, out);
            self.is_looked_at(id, out);
        }
        Ok(())
    }

    /// A session is in a room where its person has been before it: it follows the room, and is told what was said.
    fn be_shown(&mut self, session: SessionId, room: &RoomName, head: Seq, out: &mut Effects) {
        self.follow_room(session, room, head, out);
        self.is_there(session, room, out);
        self.replay(session, LogId::Room(room.clone()), head, out);
    }

    /// A session is told that its person is in a room.
    fn is_there(&self, session: SessionId, room: &RoomName, out: &mut Effects) {
        let there = self.rooms.get(room);
        let (people, head) = there.map_or((0, self.head), |there| (there.members.len(), there.feed.head()));
        let (read, topic) = (self.read_until(session, room), self.topic_of(room));
        let reply = Reply::Joined { read, room: room.clone(), topic, people, how: Coming::There };
        out.push(Effect::Reply(session, reply, head));
    }

    /// A session that has not been let in asks for something. Whether it has asked for too much, and is sent away.
    pub fn knocks(&mut self, session: SessionId, out: &mut Effects) -> bool {
        let too_often = self.asks_at_door(session);
        if too_often {
            self.at_door.remove(&session);
            out.push(Effect::Refuse(session, Refusal::NotLetIn, self.head));
            out.push(Effect::Close(session));
        }
        too_often
    }

    /// Where a session comes from. None when it has gone.
    #[must_use]
    pub fn origin(&self, session: SessionId) -> Option<&Origin> {
        Some(&self.sessions.get(&session)?.origin)
    }

    /// Who a session is to others. None when it has gone.
    #[must_use]
    pub fn me(&self, session: SessionId) -> Option<Me> {
        let id = self.sessions.get(&session)?.person;
        let nick = self.people.get(&id)?.nick.clone();
        let account = self.accounts.get(id).map(|account| account.name.clone());
        Some(Me { nick, guise: self.guise_of(id), account, inside: !self.door(session).any() })
    }

    /// What others see of a person beside the name.
    pub(crate) fn guise_of(&self, id: PersonId) -> Guise {
        let Some(person) = self.people.get(&id) else { return Guise::unknown() };
        match &person.rare {
            Some(rare) => rare.guise.get_or_init(|| self.make_guise(id, person, &rare.profile)).clone(),
            None => self.make_guise(id, person, &Profile::default()),
        }
    }

    fn make_guise(&self, id: PersonId, person: &Person, profile: &Profile) -> Guise {
        let Profile { user, real_name, bot } = profile;
        let address = person.sessions.first().and_then(|session| Some(self.sessions.get(session)?.origin.address));
        let host = match (self.accounts.get(id), address) {
            // Whoever is known is so wherever they come from.
            (Some(_), _) => account_cloak(&self.secret, id),
            (None, Some(address)) => cloak(&self.secret, address),
            (None, None) => NO_HOST.to_owned(),
        };
        Guise::new(user.as_deref().unwrap_or(NO_USER), &host, *bot, real_name.as_deref().unwrap_or(""))
    }

    /// What others will see of a person when they have been told.
    pub(crate) fn guise_anew(&self, id: PersonId) -> Guise {
        let Some(person) = self.people.get(&id) else { return Guise::unknown() };
        let profile = person.rare.as_ref().map(|rare| rare.profile.clone()).unwrap_or_default();
        self.make_guise(id, person, &profile)
    }

    /// What is seen of a person has changed: it is made anew when it is asked for.
    pub(crate) fn forget_guise(&mut self, id: PersonId) {
        if let Some(rare) = self.people.get_mut(&id).and_then(|person| person.rare.as_mut()) {
            rare.guise = OnceLock::new();
        }
    }

    /// Somebody has been let in: others may know of them from now on.
    fn is_known(&mut self, id: PersonId) {
        if let Some(person) = self.people.get_mut(&id) {
            person.known = true;
        }
    }

    fn asked_at(&self, door: Door) -> Reply {
        Reply::Door { password: door.password, registration: self.policy.registration }
    }

    /// A person whom nobody knows so far. They are in no room.
    pub(crate) fn new_guest(&mut self, session: SessionId, local: bool) -> PersonId {
        let id = PersonId(self.next_person);
        self.next_person += 1;
        let nick = if local { self.console_nick() } else { self.guest_nick() };
        self.nicks.insert(nick.clone(), id);
        self.people.insert(
            id,
            Box::new(Person {
                nick,
                guest: true,
                known: false,
                sessions: smallvec![session],
                rooms: smallvec![],
                rare: None,
            }),
        );
        id
    }

    /// A session whose person is in no room yet listens in the lobby.
    pub(crate) fn come_into_lobby(&mut self, session: SessionId, greet: bool, out: &mut Effects) {
        if self.sessions[&session].introduced {
            // Who introduces itself comes into rooms by asking.
            return;
        }
        let id = self.person_of(session);
        let lobby = self.lobby.clone();
        self.enter(id, &lobby, Presence::Listening);
        let room = &self.rooms[&lobby];
        let people = room.members.len();
        let feed = std::sync::Arc::clone(&room.feed);
        let head = feed.head();
        out.push(Effect::Follow(session, LogId::Room(lobby.clone()), feed, head, false));
        self.focus(session, Some(lobby.clone()), out);
        if greet {
            let log = LogId::Room(lobby.clone());
            let nick = self.people[&id].nick.clone();
            out.push(Effect::Reply(session, Reply::Welcome { nick, room: lobby, people }, self.head));
            self.replay(session, log, head, out);
        }
    }

    pub(crate) fn door(&self, session: SessionId) -> Door {
        self.sessions.get(&session).and_then(|s| s.rare.as_ref()).map(|rare| rare.door).unwrap_or_default()
    }

    /// A session has given something that was asked of it: it comes in, or is told what else is.
    pub(crate) fn give_at_door(&mut self, session: SessionId, given: Door, out: &mut Effects) {
        let Some(rare) = self.sessions.get_mut(&session).and_then(|s| s.rare.as_mut()) else { return };
        let before = rare.door;
        rare.door.password &= !given.password;
        rare.door.account &= !given.account;
        let door = rare.door;
        if !before.any() || door.register {
            return;
        }
        if !door.any() {
            self.at_door.remove(&session);
            self.is_known(self.person_of(session));
        }
        if door.any() {
            let reply = self.asked_at(door);
            out.push(Effect::Reply(session, reply, self.head));
        } else if self.people[&self.person_of(session)].rooms.is_empty() {
            // Whoever was asked for something is told that it was right.
            self.come_into_lobby(session, true, out);
        }
    }

    /// Whether there is anybody who has not been let in yet: for them [`expire`](Self::expire) is to be called now and then.
    #[must_use]
    pub fn has_somebody_at_door(&self) -> bool {
        !self.at_door.is_empty()
    }

    /// Who has waited too long to give what is asked of them is sent away.
    pub fn expire(&mut self, out: &mut Effects) {
        let most = self.limits.unregistered_s.saturating_mul(1_000);
        let (now, head) = (self.now, self.head);
        let over = |since: &Time| now.0.saturating_sub(since.0) > most;
        for (session, _) in self.at_door.iter().filter(|(_, since)| over(since)) {
            out.push(Effect::Refuse(*session, Refusal::NotLetIn, head));
            out.push(Effect::Close(*session));
        }
        self.at_door.retain(|_, since| !over(since));
    }

    /// A session that has not been let in asks for something: whether it has asked for too much.
    pub(crate) fn asks_at_door(&mut self, session: SessionId) -> bool {
        let most = self.limits.unregistered_messages;
        if !self.door(session).any() {
            return false;
        }
        let Some(known) = self.sessions.get_mut(&session) else { return false };
        let rare = known.rare_mut();
        rare.asked += 1;
        rare.asked > most
    }

    /// Who may come in from now on. Who is in stays.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// Whether a session may do what admins may.
    pub(crate) fn is_admin(&self, session: SessionId) -> bool {
        let Some(known) = self.sessions.get(&session) else { return false };
        known.origin.local
            || self.opers.contains(&session)
            || self.accounts.get(known.person).is_some_and(|account| account.admin)
    }

    /// What a session's person is in a room.
    pub(crate) fn standing(&self, session: SessionId, room: &RoomName) -> Standing {
        if self.is_admin(session) {
            return Standing::Admin;
        }
        self.rules.of(room).map_or(Standing::None, |rules| rules.standing(self.person_of(session)))
    }

    /// What a person is in a room, whoever of their sessions asks.
    pub(crate) fn standing_of(&self, id: PersonId, room: &RoomName) -> Standing {
        if self.accounts.get(id).is_some_and(|account| account.admin) {
            return Standing::Admin;
        }
        self.rules.of(room).map_or(Standing::None, |rules| rules.standing(id))
    }

    /// Whether somebody who is not in a room may know that it is there.
    pub(crate) fn is_hidden(&self, session: SessionId, room: &RoomName) -> bool {
        if self.is_admin(session) || self.people[&self.person_of(session)].presence(room).is_some() {
            return false;
        }
        room.as_str() == AUDIT || self.rules.of(room).is_some_and(Rules::is_secret)
    }

    /// What can be seen of a session by masks.
    pub(crate) fn with_looks<T>(&self, session: SessionId, see: impl FnOnce(&Looks<'_>) -> T) -> T {
        let known = &self.sessions[&session];
        let cloak = cloak(&self.secret, known.origin.address);
        let guise = self.guise_of(known.person);
        see(&Looks {
            nick: self.people[&known.person].called(),
            account: self.accounts.get(known.person).map(|account| &account.name),
            user: guise.user(),
            host: guise.host(),
            address: known.origin.address,
            cloak: &cloak,
        })
    }

    /// What stands for a session's address where others can see it.
    #[must_use]
    pub fn cloak_of(&self, session: SessionId) -> Option<String> {
        Some(cloak(&self.secret, self.sessions.get(&session)?.origin.address))
    }

    /// A session becomes one of the account's: it has proved whose it is.
    pub(crate) fn become_account(&mut self, session: SessionId, id: PersonId, out: &mut Effects) {
        let from = self.person_of(session);
        if from != id && self.accounts.get(from).is_some() {
            self.become_guest(session, out);
        }
        let guest = &self.people[&self.person_of(session)];
        let was = guest.nick.clone();
        let noted = guest.rare.as_ref().map(|rare| rare.metadata.clone()).unwrap_or_default();
        self.left_behind(session, id, out);
        // It is told so before anything that follows from it.
        let first = out.len();
        if from != id {
            if self.people.contains_key(&id) {
                self.move_to(session, id, out);
            } else {
                self.wake_up(session, id, out);
            }
        }
        let Some(account) = self.accounts.get(id) else { return };
        let (name, nick) = (account.name.clone(), self.people[&id].called().clone());
        out.insert(first, Effect::Reply(session, Reply::LoggedIn { account: name, nick, was }, Seq(0)));
        self.take_notes_along(session, &noted, out);
        if self.door(session).register {
            // The rest follows when it has introduced itself.
            self.give_at_door(session, Door { account: true, ..Door::default() }, out);
            return;
        }
        self.follow_own(session, out);
        self.tell_ignored(id, out);
        self.give_at_door(session, Door { account: true, ..Door::default() }, out);
        self.fetch(session, out);
        self.is_looked_at(id, out);
    }

    /// A session becomes somebody else's: where it has been, it has been as another.
    fn left_behind(&self, session: SessionId, id: PersonId, out: &mut Effects) {
        let from = self.person_of(session);
        if from != id {
            for room in self.rooms_of(from) {
                let was = self.people[&from].nick.clone();
                out.push(Effect::Reply(session, Reply::Left(room, was), self.head));
            }
        }
    }

    /// The account's person is not there: they come, into the rooms where the session's guest was. Whoever saw the guest
    /// sees them go, and the person come.
    fn wake_up(&mut self, session: SessionId, id: PersonId, out: &mut Effects) {
        let from = self.person_of(session);
        let Some(guest) = self.people.get(&from) else { return };
        let (rooms, nick) = (guest.rooms.clone(), guest.called().clone());
        let profile = guest.rare.as_ref().map(|rare| rare.profile.clone());
        let Some(account) = self.accounts.get(id) else { return };
        let nick = if account.nicks.contains(&nick) { nick } else { account.name.clone() };
        self.reclaim(&nick, id, from, out);
        let (guest, sessions) = (false, smallvec![session]);
        let rare = profile.map(|profile| Box::new(Rare { profile, ..Rare::default() }));
        let known = !self.door(session).register;
        let person = Person { nick: nick.clone(), guest, known, sessions, rooms: smallvec![], rare };
        self.people.insert(id, Box::new(person));
        if !self.door(session).register {
            self.nick_here(&nick, id, out);
        }
        for (room, _) in &rooms {
            self.enter(id, room, Presence::Listening);
        }
        self.retire(session, out);
        self.sessions.get_mut(&session).expect("it is there").person = id;
        for (room, _) in rooms {
            if let Some(there) = self.rooms.get_mut(&room).filter(|there| there.invited.contains(&from)) {
                there.invited.insert(id);
            }
            if matches!(self.may_come(session, &room, None), Err(Refusal::Banned(_))) {
                let heard = self.rooms.get(&room).map_or(self.head, |r| r.feed.head());
                self.put_out(id, &room, heard, out);
                continue;
            }
            // Who has a name is seen.
            let rank = self.rules.of(&room).and_then(|rules| {
                let own = rules.ranks.get(&id).copied();
                rules.ranks.get(&from).copied().filter(|rank| own.is_none_or(|own| own < *rank))
            });
            let handed = rank.map(|rank| vec![rank_of(&room, from, None), rank_of(&room, id, Some(rank))]);
            self.show_up_keeping(session, &room, handed.unwrap_or_default(), out);
        }
    }

    /// The account's person is there already: the session's guest goes, and the session follows what the others follow.
    fn move_to(&mut self, session: SessionId, id: PersonId, out: &mut Effects) {
        let from = self.person_of(session);
        let theirs: Vec<_> = self.people[&id].rooms.iter().map(|(room, p)| (room.clone(), *p)).collect();
        let mine = self.rooms_of(from);
        let profile = self.people[&from].rare.as_ref().map(|rare| rare.profile.clone());
        self.retire(session, out);
        let known = self.sessions.get_mut(&session).expect("it is there");
        known.person = id;
        let focus = known.focus.clone();
        let person = self.people.get_mut(&id).expect("it is there");
        person.sessions.push(session);
        if let Some(profile) = profile.filter(|_| person.rare.as_ref().is_none_or(|r| r.profile == Profile::default()))
        {
            // Of somebody who was there without a client nothing was known.
            person.rare_mut().profile = profile;
            person.rare_mut().guise = OnceLock::new();
        }
        if self.door(session).register {
            return;
        }
        for room in mine.iter().filter(|room| !theirs.iter().any(|(other, _)| other == *room)) {
            let heard = self.rooms.get(room).map_or(self.head, |r| r.feed.head());
            out.push(Effect::Unfollow(session, LogId::Room(room.clone()), heard));
        }
        for (room, presence) in &theirs {
            // Who is about to come in is told so with all of their sessions.
            if *presence == Presence::Joining {
                continue;
            }
            if mine.contains(room) {
                self.is_there(session, room, out);
                continue;
            }
            let Some(feed) = self.rooms.get(room).map(|there| std::sync::Arc::clone(&there.feed)) else { continue };
            self.be_shown(session, room, feed.head(), out);
        }
        let focus = focus.filter(|f| theirs.iter().any(|(room, _)| room == f));
        let focus = focus.or_else(|| theirs.last().map(|(room, _)| room.clone()));
        self.focus(session, focus, out);
    }

    /// The person of a session goes, and the session stays: they have no other.
    fn retire(&mut self, session: SessionId, out: &mut Effects) {
        let id = self.person_of(session);
        let others = self.people.get(&id).is_some_and(|person| person.sessions.iter().any(|s| *s != session));
        if others {
            if let Some(person) = self.people.get_mut(&id) {
                person.sessions.retain(|s| *s != session);
            }
            return;
        }
        let seen = self.rooms_shown(id);
        for room in self.rooms_of(id) {
            if !seen.contains(&LogId::Room(room.clone())) {
                self.exit(id, &room);
            }
        }
        if !seen.is_empty() {
            let known = self.sessions.get_mut(&session).and_then(|known| known.rare.as_mut());
            let reason = known.and_then(|rare| rare.parting.take()).unwrap_or_else(|| Text::new(""));
            // Whose address is to be seen in it has it from their session.
            self.propose_in(session, seen.clone(), Event::Quit(reason), out);
        }
        if let Some(person) = self.people.get_mut(&id) {
            person.sessions.retain(|s| *s != session);
            if !seen.is_empty() {
                person.rare_mut().leaving = true;
            }
        }
        if seen.is_empty() {
            self.forget(id, out);
        }
    }

    /// A session is nobody's any more: a guest, who listens in the lobby.
    pub(crate) fn become_guest(&mut self, session: SessionId, out: &mut Effects) {
        let id = self.person_of(session);
        for room in self.rooms_of(id) {
            let heard = self.rooms.get(&room).map_or(self.head, |r| r.feed.head());
            out.push(Effect::Unfollow(session, LogId::Room(room), heard));
        }
        let rare = self.sessions.get_mut(&session).and_then(|known| known.rare.as_mut());
        for log in rare.map(|rare| std::mem::take(&mut rare.directs)).unwrap_or_default() {
            let until = self.directs.get(&log).map_or(self.head, |direct| direct.feed.head());
            self.unfollow_direct(&log);
            out.push(Effect::Unfollow(session, log, until));
        }
        let profile = self.people[&id].rare.as_ref().map(|rare| rare.profile.clone());
        let profile = profile.filter(|profile| *profile != Profile::default());
        self.detach(session, out);
        let guest = self.new_guest(session, false);
        out.push(Effect::Ignore(session, Vec::new()));
        if let (Some(profile), Some(person)) = (profile, self.people.get_mut(&guest)) {
            person.rare_mut().profile = profile;
        }
        let refused = self.policy.guests == Guests::Refused;
        let known = self.sessions.get_mut(&session).expect("it is there");
        known.person = guest;
        if refused && !known.origin.local {
            let rare = known.rare_mut();
            (rare.door, rare.asked) = (Door { account: true, ..Door::default() }, 0);
            self.at_door.insert(session, self.now);
            self.monitor_nobody(session);
            self.unsubscribe_all(session);
            self.focus(session, None, out);
            let reply = self.asked_at(Door { account: true, ..Door::default() });
            out.push(Effect::Reply(session, reply, self.head));
        } else {
            if !self.door(session).any() {
                self.is_known(guest);
            }
            self.come_into_lobby(session, false, out);
        }
    }

    /// Takes a session from its person, who goes with the last one unless they are always there.
    pub(crate) fn detach(&mut self, session: SessionId, out: &mut Effects) {
        let id = self.person_of(session);
        let others = self.people.get(&id).is_some_and(|person| person.sessions.iter().any(|s| *s != session));
        let stays = self.accounts.get(id).is_some_and(|account| account.always_on) && !self.rooms_shown(id).is_empty();
        if others || stays {
            if let Some(person) = self.people.get_mut(&id) {
                person.sessions.retain(|s| *s != session);
            }
            self.is_looked_at(id, out);
            return;
        }
        self.retire(session, out);
    }

    /// People who are there although nobody is connected, as a hall begins: those who may still be, where they may.
    pub(crate) fn seat_always_on(&mut self) {
        let most = self.limits.rooms_per_session;
        let always: Vec<_> = self
            .accounts
            .iter()
            .filter(|(_, account)| account.always_on && self.barred_account(&account.name).is_none())
            .map(|(id, account)| {
                let rooms = account.stays_in.iter().filter(|room| self.may_stay(id, account, room));
                (id, account.name.clone(), rooms.take(most).cloned().collect::<Vec<_>>())
            })
            .filter(|(_, _, rooms)| !rooms.is_empty())
            .collect();
        for (id, nick, rooms) in always {
            self.nicks.insert(nick.clone(), id);
            let person =
                Person { nick, guest: false, known: true, sessions: smallvec![], rooms: smallvec![], rare: None };
            self.people.insert(id, Box::new(person));
            for room in rooms {
                self.enter(id, &room, Presence::Joined);
                if let Some(there) = self.rooms.get_mut(&room) {
                    there.members.insert(id);
                }
            }
        }
    }

    /// Whether an account may be in a room without a connection.
    fn may_stay(&self, id: PersonId, account: &Account, room: &RoomName) -> bool {
        if room.as_str() == AUDIT {
            return account.admin;
        }
        let Some(rules) = self.rules.of(room) else { return true };
        let address = std::net::Ipv4Addr::UNSPECIFIED.into();
        let host = account_cloak(&self.secret, id);
        let looks =
            Looks { nick: &account.name, account: Some(&account.name), user: NO_USER, host: &host, address, cloak: "" };
        let banned = rules.lists(List::Ban, &looks, self.now) && !rules.lists(List::Exception, &looks, self.now);
        rules.standing(id) >= Standing::Operator || !banned
    }

    /// Whether a person has not been let in yet: nobody outside the door knows of them.
    pub(crate) fn is_at_door(&self, id: PersonId) -> bool {
        let sessions = self.people.get(&id).map(|person| person.sessions.as_slice()).unwrap_or_default();
        !sessions.is_empty() && sessions.iter().all(|session| self.door(*session).any())
    }

    /// The session follows what is told about its account.
    pub(crate) fn follow_own(&mut self, session: SessionId, out: &mut Effects) {
        let id = self.person_of(session);
        self.follow_direct(session, &LogId::direct(id, id), None, out);
    }

    /// Gives a session what was said to its account while it was away.
    pub(crate) fn fetch(&mut self, session: SessionId, out: &mut Effects) {
        let id = self.person_of(session);
        let Some(account) = self.accounts.get(id).filter(|account| !account.waiting.is_empty()) else { return };
        let waiting: Vec<_> = account.waiting.iter().map(|(from, since)| (*from, *since)).collect();
        let keeps = waiting.iter().map(|(from, _)| accounts::field(id, format!("waiting:{}", from.0), None)).collect();
        for (from, since) in waiting {
            for session in self.people[&id].sessions.clone() {
                self.follow_direct(session, &LogId::direct(id, from), Some(since), out);
            }
        }
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], Event::Account(Deed::Fetched), keeps, out);
    }

    /// Whom the sessions of a person do not hear.
    pub(crate) fn tell_ignored(&self, id: PersonId, out: &mut Effects) {
        let Some(person) = self.people.get(&id) else { return };
        for session in &person.sessions {
            out.push(Effect::Ignore(*session, self.ignored_by(id)));
        }
    }

    pub(crate) fn ignored_by(&self, id: PersonId) -> Vec<PersonId> {
        match self.accounts.get(id) {
            Some(account) => account.ignored.keys().copied().collect(),
            None => {
                let rare = self.people.get(&id).and_then(|person| person.rare.as_ref());
                rare.map(|rare| rare.ignored.iter().map(|(id, _)| *id).collect()).unwrap_or_default()
            }
        }
    }

    /// Leaves of an answer what a session wants to hear, and may.
    pub fn sift(&self, session: SessionId, query: &Query, reply: &mut Reply) {
        let Some(known) = self.sessions.get(&session) else { return };
        let ignored = self.ignored_by(known.person);
        if let Reply::Targets(found) = reply {
            *reply = Reply::Conversations(self.named_targets(session, found));
        }
        if let Reply::Replay(entries) | Reply::History { entries, .. } | Reply::Found { entries, .. } = reply {
            self.renames.update_entries(entries);
            // What stands in several logs is told as it stands in the one that was asked about.
            let asked = match query {
                Query::Replay { log: LogId::Room(room), .. } | Query::History { log: LogId::Room(room), .. } => self
                    .renames
                    .leads(room)
                    .map_or_else(|| self.floor(room), |now| self.floor(&now).max(self.floor(room))),
                _ => Seq(0),
            };
            entries.retain(|entry| {
                let closed = |log: &LogId| match log {
                    LogId::Room(room) => entry.seq <= self.floor(room),
                    LogId::Operators(room) => !self.was_told_in_council(known.person, room, entry),
                    LogId::Direct(..) => false,
                };
                let closed = entry.seq <= asked || entry.logs.iter().all(closed);
                !closed && !ignored.contains(&entry.author.person)
            });
        }
    }

    fn console_nick(&self) -> Nick {
        let console = Nick::new("console", usize::MAX).expect("it is a nick");
        if self.nicks.contains_key(&console) || self.accounts.owner(&console).is_some() {
            return self.next_free(&console).unwrap_or(console);
        }
        console
    }
}
