//! How far one has read: remembered for each room of an account, whichever of its sessions says so.

use smallvec::smallvec;

use crate::accounts::{Account, ReadUntil};
use crate::keep::READ;
use crate::state::Effects;
use crate::{
    Deed, Effect, Event, Hall, Keep, LogId, Mark, PersonId, Query, Refusal, Reply, RoomName, Seq, SessionId, Span,
    Target, Time, accounts,
};

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
        let until = ReadUntil { seq: self.head, at: self.now };
        let keeps = self.keep_read(id, account, room.key(), until);
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
        let read = account.read.get(room.key()).copied().unwrap_or_default();
        let span = match (read.seq, read.at) {
            (Seq(0), at) if at > Time(0) => Span::Between { after: Mark::Time(at), before: Mark::End, newest: false },
            (seq, _) => Span::After(seq.max(self.floor(&room))),
        };
        let most = self.limits.history_entries;
        let query = Query::History { log: LogId::Room(room), span, most, events: false };
        out.push(Effect::Ask(session, query));
        Ok(())
    }

    /// Remembers up to where an account has read something.
    fn keep_read(&self, id: PersonId, account: &Account, target: &str, until: ReadUntil) -> Vec<Keep> {
        let mut keeps = vec![accounts::field(id, format!("{READ}:{target}"), Some(until.write()))];
        if !account.read.contains_key(target) && account.read.len() >= self.limits.rooms_per_session {
            // The one read longest ago makes room.
            let oldest = account.read.iter().min_by_key(|(_, until)| **until).map(|(target, _)| target);
            keeps.extend(oldest.map(|target| accounts::field(id, format!("{READ}:{target}"), None)));
        }
        keeps
    }

    /// Up to when a session's account has read in a room.
    pub(crate) fn read_until(&self, session: SessionId, room: &RoomName) -> Option<Time> {
        let account = self.accounts.get(self.person_of(session))?;
        account.read.get(room.key()).map(|until| until.at).filter(|at| at.0 > 0)
    }

    pub(super) fn marker(
        &mut self,
        session: SessionId,
        to: &Target,
        until: Option<Time>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let (key, name) = match to {
            Target::Room(room) => {
                if self.people[&id].presence(room).is_none() {
                    return Err(Refusal::NotInRoom(room.clone()));
                }
                (room.key(), room.as_str())
            }
            Target::Person(nick) => (nick.key(), nick.as_str()),
        };
        let account = self.accounts.get(id);
        let before = account.and_then(|account| account.read.get(key)).map(|until| until.at).filter(|at| at.0 > 0);
        // It only goes on: who has read something has read it.
        let Some((at, account)) = until.filter(|at| Some(*at) > before).zip(account) else {
            out.push(Effect::Reply(session, Reply::Marker(name.to_owned(), before.max(until)), self.head));
            return Ok(());
        };
        let keeps = self.keep_read(id, account, key, ReadUntil { at, seq: Seq(0) });
        let deed = Event::Account(Deed::ReadUntil(name.into(), at));
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], deed, keeps, out);
        Ok(())
    }
}
