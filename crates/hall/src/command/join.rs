//! Coming into a room.

use crate::state::{Effects, Presence};
use crate::{Effect, Event, Hall, LogId, Refusal, Reply, RoomName, SessionId};

impl Hall {
    pub(super) fn join(&mut self, session: SessionId, room: RoomName, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let person = &self.people[&id];
        if person.presence(&room).is_some() {
            self.focus(session, Some(room.clone()), out);
            self.show_up(session, &room, out);
            out.push(Effect::Reply(session, Reply::Focused(room), self.head));
            return Ok(());
        }
        if person.rooms.len() >= self.limits.rooms_per_session {
            return Err(Refusal::TooManyRooms(self.limits.rooms_per_session));
        }
        if !self.rooms.contains_key(&room) && self.rooms.len() >= self.limits.rooms {
            return Err(Refusal::HallFull(self.limits.rooms));
        }
        self.enter(id, &room, Presence::Joining);
        self.propose(session, LogId::Room(room), Event::Join, out);
        Ok(())
    }
}
