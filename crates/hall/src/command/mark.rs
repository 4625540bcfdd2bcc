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
        let mut keeps = vec![accounts::field(id, format!("read:{}", room.key()), Some(self.head.0.to_string()))];
        if !account.read.contains_key(&room) && account.read.len() >= self.limits.rooms_per_session {
            // The one read longest ago makes room.
            let oldest = account.read.iter().min_by_key(|(_, seq)| **seq).map(|(room, _)| room.key());
            keeps.extend(oldest.map(|key| accounts::field(id, format!("read:{key}"), None)));
        }
        let deed = Event::Account(Deed::Read(room, self.head));
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], deed, keeps, out);
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
        let after = account.read.get(&room).copied().unwrap_or_default().max(self.floor(&room));
        let query =
            Query::History { log: LogId::Room(room), span: Span::After(after), most: self.limits.history_entries };
        out.push(Effect::Ask(session, query));
        Ok(())
    }
}
