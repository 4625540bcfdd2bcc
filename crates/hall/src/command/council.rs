//! Saying something in a room to those alone who keep it in order (IRC's STATUSMSG). It has a log of its own; who follows it
//! is decided anew with each message, when that is on the record, so that nobody reads what was said when they were no
//! operator.

use std::sync::Arc;

use smallvec::smallvec;

use crate::state::{Council, Effects};
use crate::{
    Effect, Entry, Event, Feed, Hall, Kind, LogId, Proposal, Refusal, RoomName, Seq, SessionId, Standing, Text,
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
                Box::new(Council { feed: Arc::new(Feed::after(head)), sessions: std::collections::BTreeSet::new() })
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
        let sessions =
            keep_order.filter_map(|id| self.people.get(id)).flat_map(|person| person.sessions.iter().copied());
        let sessions: std::collections::BTreeSet<SessionId> = sessions.collect();
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
    }
}
