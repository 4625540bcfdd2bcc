//! Questions that change nothing: who, which rooms, what was said, are you there.

use crate::state::Effects;
use crate::{Effect, Hall, LogId, Query, Refusal, Reply, RoomInfo, RoomName, Search, SessionId, Span, Standing};

impl Hall {
    pub(super) fn who(&mut self, session: SessionId, room: Option<RoomName>, out: &mut Effects) -> Result<(), Refusal> {
        let room = match room {
            Some(room) => room,
            None => self.room_meant(session, None)?,
        };
        if self.is_hidden(session, &room) {
            return Err(Refusal::NoSuchRoom(room));
        }
        let there = self.rooms.get(&room).ok_or_else(|| Refusal::NoSuchRoom(room.clone()))?;
        let rules = self.rules.of(&room);
        let is = |id| rules.map_or(Standing::None, |rules| rules.standing(id));
        let known = there.members.iter().filter_map(|id| Some((self.people.get(id)?.nick.clone(), is(*id))));
        let mut nicks: Vec<_> = known.collect();
        nicks.sort();
        let more = nicks.len().saturating_sub(self.limits.history_entries);
        nicks.truncate(self.limits.history_entries);
        let listening = there.inside.saturating_sub(there.members.len());
        out.push(Effect::Reply(session, Reply::Who { room, nicks, more, listening }, self.head));
        Ok(())
    }

    pub(super) fn list_rooms(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let seen = self.rooms.iter().filter(|(name, _)| !self.is_hidden(session, name));
        let mut rooms: Vec<_> =
            seen.map(|(name, r)| RoomInfo { name: name.clone(), people: r.members.len() }).collect();
        rooms.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
        let more = rooms.len().saturating_sub(self.limits.history_entries);
        rooms.truncate(self.limits.history_entries);
        out.push(Effect::Reply(session, Reply::Rooms { rooms, more }, self.head));
        Ok(())
    }

    pub(super) fn history(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        span: Span,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        let most = self.limits.history_entries;
        out.push(Effect::Ask(session, Query::History { log: LogId::Room(room), span, most }));
        Ok(())
    }

    pub(super) fn search(&mut self, session: SessionId, mut search: Search, out: &mut Effects) -> Result<(), Refusal> {
        let rooms = self.rooms_of(self.person_of(session)).into_iter().map(LogId::Room);
        let directs = self.sessions[&session].rare.as_ref();
        let seen: Vec<_> = rooms.chain(directs.into_iter().flat_map(|rare| rare.directs.iter().cloned())).collect();
        if search.logs.is_empty() {
            search.logs = seen;
        } else if let Some(LogId::Room(room)) = search.logs.iter().find(|log| !seen.contains(log)) {
            return Err(Refusal::NotInRoom(room.clone()));
        } else {
            search.logs.retain(|log| seen.contains(log));
        }
        out.push(Effect::Ask(session, Query::Search { search, most: self.limits.history_entries }));
        Ok(())
    }

    pub(super) fn pong(&mut self, session: SessionId, token: String, out: &mut Effects) -> Result<(), Refusal> {
        out.push(Effect::Reply(session, Reply::Pong(token), self.head));
        Ok(())
    }
}
