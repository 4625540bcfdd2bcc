//! Saying something in a room to those alone who keep it in order (IRC's STATUSMSG). It has a log of its own; who follows it
//! is decided anew with each message, when that is on the record, so that nobody reads what was said when they were no
//! operator, nor finds it later: since when somebody has been told is remembered for as long as they are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::smallvec;

use crate::state::{Council, Effects};
use crate::{
    Effect, Entry, Event, Feed, Hall, Kind, LogId, PersonId, Proposal, Refusal, RoomName, Seq, SessionId, Standing,
    Text,
};

impl Hall {
    pub(super) fn tell_council(
        &mut self,
        session: SessionId,
        room: RoomName,
        kind: Kind,
        text: Text,
        tags: Option<Box<str>>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, Some(room))?;
        self.may_speak(session, &room)?;
        self.show_up(session, &room, out);
        self.is_active(session);
        let head = self.head;
        if let Some(there) = self.rooms.get_mut(&room) {
            there.council.get_or_insert_with(|| {
                let feed = Arc::new(Feed::after(head));
                Box::new(Council { feed, sessions: BTreeSet::new(), since: BTreeMap::new() })
            });
        }
        let author = self.author(session, false);
        let proposal = Proposal::new(author, smallvec![LogId::Operators(room)], Event::Message(kind, text));
        self.put_forward(Proposal { tags, ..proposal }, out);
        Ok(())
    }

    /// Something was said to those who keep a room in order: they follow it, and nobody else does.
    pub(crate) fn council_told(&mut self, entry: &Entry, out: &mut Effects) {
        let Some(LogId::Operators(room)) = entry.logs.first() else { return };
        let Some(there) = self.rooms.get(room).filter(|there| there.council.is_some()) else { return };
        let keep_order = there.members.iter().filter(|id| self.rank_in(**id, room) >= Standing::Operator);
        let keep_order: BTreeSet<PersonId> = keep_order.copied().collect();
        let people = keep_order.iter().filter_map(|id| self.people.get(id));
        let sessions: BTreeSet<SessionId> = people.flat_map(|person| person.sessions.iter().copied()).collect();
        let before = Seq(entry.seq.0 - 1);
        let log = LogId::Operators(room.clone());
        let Some(council) = self.rooms.get_mut(room).and_then(|there| there.council.as_mut()) else { return };
        for gone in council.sessions.difference(&sessions) {
            out.push(Effect::Unfollow(*gone, log.clone(), before));
        }
        for new in sessions.difference(&council.sessions) {
            out.push(Effect::Follow(*new, log.clone(), Arc::clone(&council.feed), before, false));
        }
        council.sessions = sessions;
        council.since.retain(|id, _| keep_order.contains(id));
        for id in keep_order {
            council.since.entry(id).or_insert(before);
        }
    }

    /// Somebody leaves a room, or is no more in it: they follow what is said to those who keep it in order no longer.
    pub(crate) fn leave_council(&mut self, id: PersonId, room: &RoomName, out: &mut Effects) {
        let Some(council) = self.rooms.get_mut(room).and_then(|there| there.council.as_mut()) else { return };
        council.since.remove(&id);
        let head = council.feed.head();
        for session in self.people.get(&id).map(|person| person.sessions.as_slice()).unwrap_or_default() {
            if council.sessions.remove(session) {
                out.push(Effect::Unfollow(*session, LogId::Operators(room.clone()), head));
            }
        }
    }

    /// Whether somebody was among those to whom this was said who keep a room in order.
    pub(crate) fn was_told_in_council(&self, id: PersonId, room: &RoomName, entry: &Entry) -> bool {
        let since = || self.rooms.get(room)?.council.as_ref()?.since.get(&id).copied();
        entry.author.person == id || since().is_some_and(|since| since < entry.seq)
    }
}
