//! How far one has read: remembered for each room of an account, whichever of its sessions says so.

use smallvec::smallvec;

use crate::state::Effects;
use crate::{Deed, Effect, Event, Hall, LogId, Query, Refusal, RoomName, SessionId, Span, accounts};

impl Hall {
    pub(super) fn read(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        let id = self.person_of(session);
        let account = self.accounts.get(id).ok_or(Refusal::NoAccount)?;
        if !account.read.contains_key(&room) && account.read.len() >= self.limits.rooms_per_session {
            return Err(Refusal::TooMany(self.limits.rooms_per_session));
        }
        let keep = accounts::field(id, format!("read:{}", room.key()), Some(self.head.0.to_string()));
        let deed = Event::Account(Deed::Read(room, self.head));
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], deed, vec![keep], out);
        Ok(())
    }

    pub(super) fn unread(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        let account = self.accounts.get(self.person_of(session)).ok_or(Refusal::NoAccount)?;
        let after = account.read.get(&room).copied().unwrap_or_default();
        let query =
            Query::History { log: LogId::Room(room), span: Span::After(after), most: self.limits.history_entries };
        out.push(Effect::Ask(session, query));
        Ok(())
    }
}
