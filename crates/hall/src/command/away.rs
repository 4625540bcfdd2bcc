//! Being away: those who are in a room with somebody see it, and those who write to them are told why.

use crate::state::Effects;
use crate::{Author, Effect, Entry, Event, Hall, PersonId, Refusal, Reply, RoomName, SessionId, Text};

/// The reason of somebody of whose clients none is looked at, who has said nothing else (draft/pre-away).
pub const UNATTENDED: &str = "*";

impl Hall {
    pub(super) fn away(&mut self, session: SessionId, reason: Option<Text>, out: &mut Effects) -> Result<(), Refusal> {
        if let Some(rare) = self.sessions.get_mut(&session).and_then(|known| known.rare.as_mut()) {
            rare.unattended = false;
        }
        self.be_away(session, reason, out)
    }

    /// Nobody looks at a client: its person is away if that holds of all their clients, and if they have not said why they are.
    pub(super) fn unattended(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.rare_mut().unattended = true;
        }
        let id = self.person_of(session);
        if self.is_attended(id) || self.away_reason(id).is_some() {
            out.push(Effect::Reply(session, Reply::Away(true), self.head));
            return Ok(());
        }
        self.be_away(session, Some(Text::new(UNATTENDED)), out)
    }

    fn away_reason(&self, id: PersonId) -> Option<&Text> {
        self.people.get(&id)?.rare.as_ref()?.away.as_ref()
    }

    /// Whether somebody looks at one of a person's clients, as far as they say.
    fn is_attended(&self, id: PersonId) -> bool {
        let unattended = |session: &SessionId| {
            self.sessions.get(session).and_then(|known| known.rare.as_ref()).is_some_and(|rare| rare.unattended)
        };
        self.people.get(&id).is_some_and(|person| !person.sessions.iter().all(unattended))
    }

    /// A person has one client more or less: whether anybody looks at one of them may be otherwise than before.
    pub(crate) fn is_looked_at(&mut self, id: PersonId, out: &mut Effects) {
        let Some(session) = self.people.get(&id).and_then(|person| person.sessions.last().copied()) else { return };
        let attended = self.is_attended(id);
        // More changes than there may be are left out.
        let _ = match self.away_reason(id).map(Text::as_str) {
            Some(UNATTENDED) if attended => self.be_away(session, None, out),
            None if !attended => self.be_away(session, Some(Text::new(UNATTENDED)), out),
            _ => Ok(()),
        };
    }

    fn be_away(&mut self, session: SessionId, reason: Option<Text>, out: &mut Effects) -> Result<(), Refusal> {
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
