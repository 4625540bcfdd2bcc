//! Questions that change nothing: who, which rooms, what was said, are you there.

use crate::state::{Effects, Room};
use crate::{
    Effect, Hall, LogId, Mark, Nick, Query, Refusal, Reply, RoomInfo, RoomName, Search, SessionId, Span, Standing,
    Target, Time,
};

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

    pub(super) fn list_rooms(&mut self, session: SessionId, all: bool, out: &mut Effects) -> Result<(), Refusal> {
        let seen = self.rooms.iter().filter(|(name, _)| !self.is_hidden(session, name));
        let mut rooms: Vec<_> = seen.map(|(name, room)| self.room_info(name, room)).collect();
        rooms.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
        let most = if all { usize::MAX } else { self.limits.history_entries };
        let more = rooms.len().saturating_sub(most);
        rooms.truncate(most);
        out.push(Effect::Reply(session, Reply::Rooms { rooms, more }, self.head));
        Ok(())
    }

    fn room_info(&self, name: &RoomName, room: &Room) -> RoomInfo {
        RoomInfo { name: name.clone(), people: room.members.len(), topic: self.topic_of(name), since: room.since }
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
        out.push(Effect::Ask(session, Query::History { log: LogId::Room(room), span, most, events: false }));
        Ok(())
    }

    /// What was said in a room, or with somebody.
    pub(super) fn what_was_said(
        &mut self,
        session: SessionId,
        to: Target,
        span: Span,
        most: usize,
        events: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let log = match to {
            Target::Room(room) => LogId::Room(self.room_meant(session, Some(room))?),
            Target::Person(nick) => {
                let other = self.person_called(&nick).ok_or(Refusal::NoSuchPerson(nick))?;
                LogId::direct(self.person_of(session), other)
            }
        };
        let most = most.min(self.limits.history_entries);
        out.push(Effect::Ask(session, Query::History { log, span, most, events }));
        Ok(())
    }

    /// Where something was said last between two marks.
    pub(super) fn targets(
        &mut self,
        session: SessionId,
        after: Mark,
        before: Mark,
        most: usize,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let logs = self.logs_seen(session);
        let most = most.min(self.limits.history_entries);
        // A guest is somebody else each time; with an account one has spoken before.
        let of = Some(self.person_of(session)).filter(|id| self.accounts.get(*id).is_some());
        out.push(Effect::Ask(session, Query::Targets { logs, of, after, before, most }));
        Ok(())
    }

    /// The logs of which a session may read what was said: its rooms, and the conversations that it follows.
    fn logs_seen(&self, session: SessionId) -> Vec<LogId> {
        let id = self.person_of(session);
        let rooms = self.rooms_of(id);
        let kept = rooms.iter().filter(|room| self.rank_in(id, room) >= Standing::Operator);
        let councils: Vec<_> = kept.map(|room| LogId::Operators(room.clone())).collect();
        let rooms = rooms.into_iter().map(LogId::Room).chain(councils);
        let directs = self.sessions[&session].rare.as_ref();
        rooms.chain(directs.into_iter().flat_map(|rare| rare.directs.iter().cloned())).collect()
    }

    /// The ledger's answer to where something was said, in the names by which the session knows those places.
    pub(crate) fn named_targets(&self, session: SessionId, found: &[(LogId, Time)]) -> Vec<(String, Time)> {
        let Some(known) = self.sessions.get(&session) else { return Vec::new() };
        let name = |log: &LogId| match log {
            LogId::Room(room) => Some(room.as_str().to_owned()),
            LogId::Direct(a, b) if a != b => {
                let other = if known.person == *a { *b } else { *a };
                let nick = self.people.get(&other).map(|person| &person.nick);
                let nick = nick.or_else(|| self.accounts.get(other).map(|account| &account.name));
                nick.map(ToString::to_string)
            }
            LogId::Direct(..) | LogId::Operators(_) => None,
        };
        found.iter().filter_map(|(log, at)| Some((name(log)?, *at))).collect()
    }

    pub(super) fn search(
        &mut self,
        session: SessionId,
        mut search: Search,
        with: Option<Nick>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let mut seen = self.logs_seen(session);
        if let Some(nick) = with {
            let other = self.person_called(&nick).ok_or(Refusal::NoSuchPerson(nick))?;
            let log = LogId::direct(self.person_of(session), other);
            search.logs.push(log.clone());
            seen.push(log);
        }
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
