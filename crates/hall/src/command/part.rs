//! Leaving a room.

use crate::state::{Effects, Presence};
use crate::{Effect, Event, Hall, LogId, Refusal, Reply, RoomName, SessionId};

impl Hall {
    pub(super) fn part(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        let id = self.person_of(session);
        if self.people[&id].presence(&room) == Some(Presence::Listening) {
            let heard = self.rooms.get(&room).map_or(self.head, |r| r.feed.head());
            self.exit(id, &room);
            out.push(Effect::Unfollow(session, LogId::Room(room.clone()), heard));
            let focus = self.refocus(session, &room, out);
            out.push(Effect::Reply(session, Reply::Parted { room, focus }, self.head));
        } else {
            self.propose(session, LogId::Room(room), Event::Part, out);
        }
        Ok(())
    }
}
