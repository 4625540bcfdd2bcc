//! Who somebody is, who is in a room, how many there are: what one may ask about people, and how much of it one is told.

use super::metadata::behind;
use crate::command::Look;
use crate::name::fold;
use crate::state::{Effects, Gone, Presence};
use crate::{
    Census, Effect, Flag, Glob, Guise, Hall, Nick, PersonId, PersonInfo, Refusal, Reply, RoomName, SessionId, Standing,
};

impl Hall {
    pub(super) fn look(&mut self, session: SessionId, look: Look, out: &mut Effects) -> Result<(), Refusal> {
        let reply = match look {
            Look::Names(room, after, guises) => self.names(session, room, after, guises),
            Look::Members(room, after) => {
                let ids = self.ids_in(session, &room, after);
                self.told(session, ids, Some(&room), false)
            }
            Look::These(nicks) => {
                let most = self.limits.people_per_answer;
                let ids = nicks.iter().filter_map(|nick| self.seen_as(nick)).take(most).collect();
                self.told(session, ids, None, true)
            }
            Look::Masked(glob, after) => self.masked(session, &glob, after),
            Look::Gone(nick) => {
                let most = self.limits.people_per_answer;
                Reply::Gone(self.gone.iter().rev().filter(|gone| gone.nick == nick).take(most).cloned().collect())
            }
            Look::Census => Reply::Census(self.census()),
        };
        out.push(Effect::Reply(session, reply, self.head));
        Ok(())
    }

    /// Who wears a nick where others can see it.
    pub(crate) fn seen_as(&self, nick: &Nick) -> Option<PersonId> {
        let id = self.nicks.get(nick).copied().filter(|id| !self.is_at_door(*id))?;
        self.people.get(&id).filter(|person| person.nick == *nick).map(|_| id)
    }

    /// Those whom a session may see in a room, behind a person.
    fn ids_in(&self, session: SessionId, room: &RoomName, after: Option<PersonId>) -> Vec<PersonId> {
        let Some(there) = self.rooms.get(room).filter(|_| !self.is_hidden(session, room)) else { return Vec::new() };
        there.members.range(behind(after)).take(self.limits.people_per_answer.saturating_add(1)).copied().collect()
    }

    fn names(&self, session: SessionId, room: RoomName, after: Option<PersonId>, guises: bool) -> Reply {
        let mut ids = self.ids_in(session, &room, after);
        let more = self.cut(&mut ids);
        let rules = self.rules.of(&room);
        let names = ids.iter().filter_map(|id| {
            let standing = rules.map_or(Standing::None, |rules| rules.standing(*id));
            Some((self.people.get(id)?.nick.clone(), standing, guises.then(|| self.guise_of(*id))))
        });
        let names = names.collect();
        let secret = rules.is_some_and(|rules| rules.flags.contains(&Flag::Secret));
        Reply::Names { room, names, more, secret }
    }

    /// Whom is to be gone on behind, if there are more than are told in one go.
    fn cut(&self, ids: &mut Vec<PersonId>) -> Option<PersonId> {
        let most = self.limits.people_per_answer.max(1);
        let more = ids.len() > most;
        ids.truncate(most);
        ids.last().copied().filter(|_| more)
    }

    fn told(&self, session: SessionId, mut ids: Vec<PersonId>, room: Option<&RoomName>, rooms: bool) -> Reply {
        let more = self.cut(&mut ids);
        Reply::People { people: ids.iter().filter_map(|id| self.info(session, *id, room, rooms)).collect(), more }
    }

    fn masked(&self, session: SessionId, glob: &Glob, after: Option<PersonId>) -> Reply {
        // Guests of whom nothing was seen are seen by nobody.
        let seen =
            self.people.range(behind(after)).filter(|(id, p)| (!p.guest || p.rare.is_some()) && !self.is_at_door(**id));
        // Each text is folded once: a hall may have very many people.
        let fits = |id: PersonId, nick: &Nick| {
            let guise = self.guise_of(id);
            let seen = fold(guise.seen());
            let (user, host) = seen.split_once('@').unwrap_or((&seen, ""));
            let account = self.accounts.get(id).map(|account| account.name.key());
            let real_name = guise.real_name();
            if glob.is_of_whole() && glob.fits(&format!("{}!{seen}", nick.key())) {
                return true;
            }
            let named = glob.fits(nick.key()) || account.is_some_and(|account| glob.fits(account));
            named || glob.fits(user) || glob.fits(host) || (!real_name.is_empty() && glob.matches(real_name))
        };
        let most = self.limits.people_per_answer.saturating_add(1);
        let ids = seen.filter(|(id, person)| fits(**id, &person.nick)).map(|(id, _)| *id).take(most).collect();
        self.told(session, ids, None, false)
    }

    /// What a session is told of a person.
    fn info(&self, session: SessionId, id: PersonId, room: Option<&RoomName>, rooms: bool) -> Option<PersonInfo> {
        let person = self.people.get(&id)?;
        let close = id == self.person_of(session) || self.is_admin(session);
        let sessions = || person.sessions.iter().filter_map(|session| self.sessions.get(session));
        let first = person.sessions.first().copied();
        let since = sessions().map(|known| known.since).min();
        let rare = person.rare.as_ref();
        let in_room = |(room, presence): &(RoomName, Presence)| {
            let seen = *presence == Presence::Joined && !self.is_hidden(session, room);
            seen.then(|| (room.clone(), self.rank_in(id, room)))
        };
        Some(PersonInfo {
            person: id,
            nick: person.nick.clone(),
            guise: self.guise_of(id),
            account: self.accounts.get(id).map(|account| account.name.clone()),
            away: rare.and_then(|rare| rare.away.clone()),
            notes: self.notes(id),
            admin: self.accounts.get(id).is_some_and(|account| account.admin)
                || person.sessions.iter().any(|session| self.is_admin(*session)),
            secure: sessions().next().is_some() && sessions().all(|known| known.origin.secure),
            standing: room.map_or(Standing::None, |room| self.rank_in(id, room)),
            since,
            active: rare.map(|rare| rare.active).max(since),
            address: sessions().next().filter(|_| close).map(|known| known.origin.address),
            certificate: first.filter(|_| close).and_then(|session| self.certificate_of(session)),
            rooms: if rooms { person.rooms.iter().filter_map(in_room).collect() } else { Vec::new() },
        })
    }

    /// How many there are.
    pub(crate) fn census(&self) -> Census {
        let at_door = self.at_door.len();
        let secret =
            self.rules.iter().filter(|(room, rules)| rules.is_secret() && self.rooms.contains_key(room)).count();
        let hidden = secret + usize::from(self.rooms.contains_key(&super::admin::audit_room()));
        let admins = self.accounts.admins().filter_map(|id| self.people.get(&id));
        Census {
            sessions: self.sessions.len() - at_door.min(self.sessions.len()),
            at_door,
            admins: self.opers.len() + admins.map(|person| person.sessions.len()).sum::<usize>(),
            rooms: self.rooms.len() - hidden,
            most: self.most_sessions,
        }
    }

    /// Somebody of whom something was seen has gone.
    pub(crate) fn note_gone(&mut self, nick: Nick, guise: Guise) {
        while self.gone.len() >= self.limits.gone_people.max(1) {
            self.gone.pop_front();
        }
        if self.limits.gone_people > 0 {
            self.gone.push_back(Gone { nick, guise, at: self.now });
        }
    }
}
