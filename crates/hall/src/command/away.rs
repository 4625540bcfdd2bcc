//! Being away: those who are in a room with somebody see it, and those who write to them are told why.

use crate::state::Effects;
use crate::{Author, Effect, Entry, Event, Hall, PersonId, Refusal, Reply, RoomName, SessionId, Text};

impl Hall {
    pub(super) fn away(&mut self, session: SessionId, reason: Option<Text>, out: &mut Effects) -> Result<(), Refusal> {
        let reason = reason.unwrap_or_else(|| Text::new(""));
        self.fits(&reason)?;
        let id = self.person_of(session);
        let before = self.people[&id].rare.as_ref().and_then(|rare| rare.away.clone());
        if before.as_ref().map_or("", Text::as_str) == reason.as_str() {
            out.push(Effect::Reply(session, Reply::Away(before.is_some()), self.head));
            return Ok(());
        }
        let rooms = self.rooms_shown(id);
        if rooms.is_empty() {
            // Nobody sees them anywhere.
            let author = self.author(session, true);
            self.is_away(id, &author, &reason, out);
            out.push(Effect::Reply(session, Reply::Away(!reason.as_str().is_empty()), self.head));
            return Ok(());
        }
        self.may_be_renamed(id)?;
        self.propose_in(session, rooms, Event::Away(reason), out);
        Ok(())
    }

    /// Somebody has come into a room and is away: those who see them come are told so.
    pub(crate) fn comes_away(&self, entry: &Entry, room: &RoomName, out: &mut Effects) {
        let id = entry.author.person;
        let away = self.people.get(&id).and_then(|person| person.rare.as_ref()?.away.clone());
        let there = self.rooms.get(room).filter(|there| there.members.len() < self.limits.announced_people);
        let (Some(away), Some(there)) = (away, there) else { return };
        for person in there.members.iter().filter(|other| **other != id).filter_map(|other| self.people.get(other)) {
            for session in &person.sessions {
                let seen = Box::new((entry.author.clone(), Event::Away(away.clone())));
                out.push(Effect::Reply(*session, Reply::Beside(seen), entry.seq));
            }
        }
    }

    /// Somebody is away from now on, or is back.
    pub(crate) fn is_away(&mut self, id: PersonId, author: &Author, reason: &Text, out: &mut Effects) {
        let Some(person) = self.people.get_mut(&id) else { return };
        person.rare_mut().away = (!reason.as_str().is_empty()).then(|| reason.clone());
        if self.is_at_door(id) {
            return;
        }
        self.tell_monitors(author, &Event::Away(reason.clone()), out);
    }
}
