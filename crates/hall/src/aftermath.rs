//! What follows from an entry for those whom it is about.

use crate::identity::Door;
use crate::state::{Effects, Person, Presence};
use crate::{
    Author, Deed, Effect, Entry, Event, Hall, LogId, PersonId, Proposal, Reply, RoomName, Seq, SessionId, Text,
};

impl Hall {
    /// Somebody is put out of a room, and told so, when they have seen the given entry.
    pub(crate) fn put_out(&mut self, id: PersonId, room: &RoomName, until: Seq, out: &mut Effects) {
        if self.people.get(&id).is_none_or(|person| person.presence(room).is_none()) {
            return;
        }
        self.leave_council(id, room, out);
        self.exit(id, room);
        let sessions = self.people.get(&id).map(|p| p.sessions.clone()).unwrap_or_default();
        for session in sessions {
            out.push(Effect::Unfollow(session, LogId::Room(room.clone()), until));
            let focus = self.refocus(session, room, out);
            out.push(Effect::Reply(session, Reply::PutOut { room: room.clone(), focus }, self.head));
        }
    }

    /// Something was done to an account: what follows from it at once.
    pub(crate) fn done_to_account(&mut self, entry: &Entry, deed: &Deed, out: &mut Effects) {
        let (id, session) = (entry.author.person, entry.author.session);
        let there = self.sessions.get(&session).is_some_and(|known| known.person == id);
        let reply = match deed {
            Deed::Registered(name) => Reply::Registered(name.clone()),
            Deed::Ignored(_, nick, on) => Reply::Ignoring(nick.clone(), *on),
            Deed::Read(room, _) => Reply::Read(room.clone()),
            Deed::ReadUntil(target, at) => Reply::Marker(target.to_string(), Some(*at)),
            Deed::Waiting | Deed::Fetched => return,
            _ => Reply::Deed(deed.clone()),
        };
        out.push(Effect::Reply(session, reply, self.head));
        match deed {
            Deed::Registered(name) if there => {
                if !self.door(session).register {
                    self.follow_own(session, out);
                }
                self.give_at_door(session, Door { account: true, ..Door::default() }, out);
                self.is_known_as(session, name.clone(), entry, out);
            }
            Deed::Ignored(..) => self.tell_ignored(id, out),
            Deed::Deleted => self.send_home(id, out),
            _ => {}
        }
    }

    /// An account is no more: its sessions are guests from now on, and its person is gone.
    pub(crate) fn send_home(&mut self, id: PersonId, out: &mut Effects) {
        let sessions = self.people.get(&id).map(|person| person.sessions.clone()).unwrap_or_default();
        for session in sessions {
            self.become_guest(session, out);
        }
        self.forget_deleted(out);
    }

    /// Somebody has left on the record. Who has come back meanwhile is in the lobby and nowhere else.
    pub(crate) fn has_left(&mut self, id: PersonId, logs: &[LogId], until: Seq, out: &mut Effects) {
        let rooms: Vec<RoomName> =
            logs.iter().filter_map(|log| if let LogId::Room(room) = log { Some(room.clone()) } else { None }).collect();
        for room in &rooms {
            self.leave_council(id, room, out);
            self.exit(id, room);
        }
        let sessions = self.people.get(&id).map(|person| person.sessions.clone()).unwrap_or_default();
        let Some(first) = sessions.first().copied() else { return self.forget(id, out) };
        if let Some(person) = self.people.get_mut(&id) {
            person.rare_mut().leaving = false;
        }
        for session in &sessions {
            for room in &rooms {
                out.push(Effect::Unfollow(*session, LogId::Room(room.clone()), until));
            }
        }
        let lobby = self.lobby.clone();
        if self.people[&id].presence(&lobby).is_none() {
            self.enter(id, &lobby, Presence::Listening);
        }
        let head = self.rooms.get(&lobby).map_or(until, |there| there.feed.head().max(until));
        for session in &sessions {
            self.follow_room(*session, &lobby, head, out);
        }
        self.show_up(first, &lobby, out);
    }

    /// Whoever is nobody's person any more and has no connection is gone.
    pub(crate) fn forget_deleted(&mut self, out: &mut Effects) {
        let absent = |id: &PersonId, person: &Person| {
            let leaving = person.rare.as_ref().is_some_and(|rare| rare.leaving);
            (person.sessions.is_empty() && !leaving && self.accounts.get(*id).is_none()).then_some(*id)
        };
        let gone: Vec<_> = self.people.iter().filter_map(|(id, person)| absent(id, person)).collect();
        for id in gone {
            let logs = self.rooms_shown(id);
            if logs.is_empty() {
                self.forget(id, out);
                continue;
            }
            let author = Author::guest(id, SessionId(0), self.people[&id].called().clone());
            if let Some(person) = self.people.get_mut(&id) {
                person.rare_mut().leaving = true;
            }
            self.put_forward(Proposal::new(author, logs, Event::Quit(Text::new(""))), out);
        }
    }
}
