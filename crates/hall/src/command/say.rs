//! Saying something in a room.

use crate::state::Effects;
use crate::{Event, Hall, Kind, LogId, Refusal, RoomName, SessionId, Text};

impl Hall {
    pub(super) fn say(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        kind: Kind,
        text: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        // A first word is what makes a listener's arrival visible.
        self.show_up(session, &room, out);
        self.propose(session, LogId::Room(room), Event::Message(kind, text), out);
        Ok(())
    }
}
