//! Putting somebody out of a room.

use smallvec::smallvec;

use crate::state::Effects;
use crate::{Event, Hall, LogId, Nick, Refusal, RoomName, SessionId, Standing, Text, accounts};

impl Hall {
    pub(super) fn kick(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        who: &Nick,
        reason: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = match room {
            Some(room) if self.is_admin(session) && self.rooms.contains_key(&room) => room,
            room => self.room_meant(session, room)?,
        };
        let standing = self.standing(session, &room);
        if standing < Standing::Operator {
            return Err(Refusal::NotOperator(room));
        }
        let id = self.nicks.get(who).copied().ok_or_else(|| Refusal::NoSuchPerson(who.clone()))?;
        if self.people[&id].presence(&room).is_none() {
            return Err(Refusal::NotThere(who.clone(), room));
        }
        if id != self.person_of(session) && self.standing_of(id, &room) > standing {
            return Err(Refusal::NotAbove(who.clone()));
        }
        self.fits(&reason)?;
        let called = self.people[&id].called().clone();
        let stays = self.accounts.get(id).is_some_and(|account| account.stays_in.contains(&room));
        let keeps = if stays { vec![accounts::stays(id, &room, false)] } else { Vec::new() };
        self.propose_keeping(session, smallvec![LogId::Room(room)], Event::Kick(id, called, reason), keeps, out);
        Ok(())
    }

    /// Whether a reason is no longer than one may be.
    pub(super) fn fits(&self, reason: &Text) -> Result<(), Refusal> {
        let most = self.limits.topic_chars;
        if reason.as_str().chars().nth(most).is_some() { Err(Refusal::ReasonTooLong(most)) } else { Ok(()) }
    }
}
