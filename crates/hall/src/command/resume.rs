//! Going on where another session has ended.
//!
//! A client that lost its connection names the last entry it was shown. In the rooms that it comes into it is then shown
//! what came after that entry, instead of what was said last; so nothing is missing and nothing comes twice. That holds
//! until it says something or pings: by then it is where it was. A hall whose
//! entries have other numbers is another hall: there it begins anew. The direct messages of before are not among it: they
//! were another guest's.

use crate::state::{Effects, Presence};
use crate::{Effect, Hall, LogId, Refusal, Reply, Seq, SessionId};

impl Hall {
    /// A session is where it wants to be: what it comes into later it comes into as everybody does.
    pub(super) fn resumed(&mut self, session: SessionId) {
        if let Some(rare) = self.sessions.get_mut(&session).and_then(|known| known.rare.as_mut()) {
            rare.resumes = None;
        }
    }

    pub(super) fn resume(
        &mut self,
        session: SessionId,
        from: Option<(String, Seq)>,
        replay: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let from = from.filter(|(hall, _)| *hall == self.id).map(|(_, seq)| seq.min(self.head));
        let (head, id) = (self.head, self.id.clone());
        let Some(known) = self.sessions.get_mut(&session) else { return Ok(()) };
        let (person, focus) = (known.person, known.focus.clone());
        if from.is_some() || known.rare.is_some() {
            known.rare_mut().resumes = from;
        }
        let Some(person) = self.people.get(&person) else { return Ok(()) };
        // Where it is already it came a moment ago.
        let listens: Vec<_> =
            person.rooms.iter().filter(|(_, p)| *p != Presence::Joining).map(|(name, _)| name.clone()).collect();
        for room in &listens {
            self.follow_room(session, room, from.unwrap_or(head).max(self.floor(room)), out);
        }
        self.focus(session, focus, out);
        out.push(Effect::Reply(session, Reply::Resumed { hall: id, goes_on: from.is_some() }, from.unwrap_or(head)));
        if from.is_none() && replay {
            for room in listens {
                self.replay(session, LogId::Room(room), head, out);
            }
        }
        Ok(())
    }
}
