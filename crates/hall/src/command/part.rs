//! Leaving a room.

use smallvec::smallvec;

use crate::state::{Effects, Presence};
use crate::{Event, Hall, LogId, Refusal, RoomName, SessionId, Text, accounts};

impl Hall {
    pub(super) fn part(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        reason: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        self.fits(&reason)?;
        let id = self.person_of(session);
        if self.people[&id].presence(&room) == Some(Presence::Listening) {
            let heard = self.rooms.get(&room).map_or(self.head, |r| r.feed.head());
            self.parted(id, &room, heard, out);
        } else {
            let stays = self.accounts.get(id).is_some_and(|account| account.stays_in.contains(&room));
            let keeps = if stays { vec![accounts::stays(id, &room, false)] } else { Vec::new() };
            self.propose_keeping(session, smallvec![LogId::Room(room)], Event::Part(reason), keeps, out);
        }
        Ok(())
    }

    pub(super) fn part_all(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        for room in self.rooms_of(self.person_of(session)) {
            self.part(session, Some(room), Text::new(""), out)?;
        }
        Ok(())
    }
}
