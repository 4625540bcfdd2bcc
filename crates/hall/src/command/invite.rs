//! Asking somebody in: they are told so in their direct conversation, and may come in once, whatever the rules are.

use smallvec::smallvec;

use crate::state::Effects;
use crate::{Effect, Event, Flag, Hall, Nick, PersonId, Rank, Refusal, Reply, RoomName, SessionId, Standing};

impl Hall {
    pub(super) fn invite(
        &mut self,
        session: SessionId,
        who: &Nick,
        room: Option<RoomName>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        let rules = self.rules.of(&room);
        let closed = rules.is_some_and(|rules| {
            rules.flags.contains(&Flag::InviteOnly) || rules.flags.contains(&Flag::MembersOnly) || rules.key.is_some()
        });
        if closed && self.standing(session, &room) < Standing::Operator {
            return Err(Refusal::NotOperator(room));
        }
        let (from, to) = (self.person_of(session), self.nicks.get(who).copied().filter(|id| !self.is_at_door(*id)));
        let to = to.ok_or_else(|| Refusal::NoSuchPerson(who.clone()))?;
        if to == from {
            return Err(Refusal::ToYourself);
        }
        if self.people[&to].presence(&room).is_some() {
            return Err(Refusal::AlreadyThere(who.clone(), room));
        }
        if self.rooms.get(&room).is_some_and(|there| there.invited.len() >= self.limits.list_entries) {
            return Err(Refusal::TooMany(self.limits.list_entries));
        }
        self.speak_to(session, to, Event::Invite(room), None, smallvec![], out);
        Ok(())
    }

    pub(super) fn invitations(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let asked = self.rooms.iter().filter(|(_, there)| there.invited.contains(&id));
        out.push(Effect::Reply(session, Reply::Invitations(asked.map(|(room, _)| room.clone()).collect()), self.head));
        Ok(())
    }

    /// Somebody was asked in: they may come.
    pub(crate) fn invited(&mut self, session: SessionId, to: PersonId, room: &RoomName, out: &mut Effects) {
        let Some(nick) = self.people.get(&to).map(|person| person.nick.clone()) else { return };
        // Whoever keeps no order asks as anybody may: that opens nothing.
        let keeps_order = self.sessions.contains_key(&session) && self.standing(session, room) >= Standing::Operator;
        if let Some(there) = self.rooms.get_mut(room).filter(|_| keeps_order) {
            there.invited.insert(to);
        }
        if self.sessions.contains_key(&session) {
            self.tell_operators(session, &nick, room, out);
        }
        out.push(Effect::Reply(session, Reply::Invited(nick, room.clone()), self.head));
    }

    /// Those who keep a room in order are told whom somebody asks in.
    fn tell_operators(&self, session: SessionId, who: &Nick, room: &RoomName, out: &mut Effects) {
        let Some(rules) = self.rules.of(room) else { return };
        let ranks = rules.ranks.iter().filter(|(_, rank)| **rank == Rank::Operator).map(|(id, _)| *id);
        for id in ranks.chain(rules.owner) {
            let there = self.people.get(&id).filter(|person| person.presence(room).is_some());
            for other in there.iter().flat_map(|person| &person.sessions).filter(|other| **other != session) {
                let by = Box::new(self.author(session, false));
                out.push(Effect::Reply(*other, Reply::Invites { by, who: who.clone(), room: room.clone() }, self.head));
            }
        }
    }
}
