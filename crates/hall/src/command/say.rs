//! Saying something in a room.

use smallvec::smallvec;

use crate::state::Effects;
use crate::{Event, Flag, Hall, Kind, List, LogId, Proposal, Refusal, RoomName, SessionId, Standing, Text};

impl Hall {
    pub(super) fn say(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        kind: Kind,
        text: Text,
        tags: Option<Box<str>>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_meant(session, room)?;
        self.may_speak(session, &room)?;
        // A first word is what makes a listener's arrival visible.
        self.show_up(session, &room, out);
        self.is_active(session);
        let author = self.author(session, false);
        let proposal = Proposal::new(author, smallvec![LogId::Room(room)], Event::Message(kind, text));
        self.put_forward(Proposal { tags, ..proposal }, out);
        Ok(())
    }

    /// A session's person does something now.
    pub(super) fn is_active(&mut self, session: SessionId) {
        let (id, now) = (self.person_of(session), self.now);
        if let Some(rare) = self.people.get_mut(&id).and_then(|person| person.rare.as_mut()) {
            rare.active = now;
        }
    }

    /// Whether somebody may speak in a room now.
    pub(super) fn may_speak(&mut self, session: SessionId, room: &RoomName) -> Result<(), Refusal> {
        self.may_speak_at_all(session, room)?;
        let Some(rules) = self.rules.of(room) else { return Ok(()) };
        let Some(slow_ms) = rules.slow_s.map(|s| u64::from(s) * 1_000) else { return Ok(()) };
        if self.standing(session, room) >= Standing::Voice {
            return Ok(());
        }
        let (id, now) = (self.person_of(session), self.now);
        let spoke = &mut self.people.get_mut(&id).expect("a session has a person").rare_mut().spoke;
        let last = spoke.iter().find(|(where_, _)| where_ == room).map(|(_, at)| *at);
        if let Some(left) = last.and_then(|at| (at.0 + slow_ms).checked_sub(now.0)).filter(|left| *left > 0) {
            return Err(Refusal::SlowDown(left.div_ceil(1_000)));
        }
        let most = self.limits.rooms_per_session;
        spoke.retain(|(where_, _)| where_ != room);
        if spoke.len() >= most {
            spoke.remove(0);
        }
        spoke.push((room.clone(), now));
        Ok(())
    }

    /// Whether somebody may speak in a room, however often they do.
    pub(super) fn may_speak_at_all(&self, session: SessionId, room: &RoomName) -> Result<(), Refusal> {
        let Some(rules) = self.rules.of(room) else { return Ok(()) };
        let standing = self.standing(session, room);
        if standing >= Standing::Voice {
            return Ok(());
        }
        if rules.flags.contains(&Flag::Moderated) {
            return Err(Refusal::MayNotSpeak(room.clone()));
        }
        if !rules.lists.is_empty() {
            let kept_quiet = self.with_looks(session, |looks| {
                let listed = |list| rules.lists(list, looks, self.now);
                (listed(List::Quiet) || listed(List::Ban)) && !listed(List::Exception)
            });
            if kept_quiet {
                return Err(Refusal::MayNotSpeak(room.clone()));
            }
        }
        Ok(())
    }
}
