//! Direct messages: a log of two people, followed by the sessions of both.

use crate::state::Effects;
use crate::{Event, Hall, Kind, LogId, Nick, Refusal, SessionId, Text};

impl Hall {
    pub(super) fn direct(
        &mut self,
        session: SessionId,
        to: &Nick,
        kind: Kind,
        text: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let from = self.person_of(session);
        let to = match self.nicks.get(to) {
            Some(id) => *id,
            None => return Err(Refusal::NoSuchPerson(to.clone())),
        };
        if to == from {
            return Err(Refusal::ToYourself);
        }
        let log = LogId::direct(from, to);
        for id in [from, to] {
            for session in self.people[&id].sessions.clone() {
                self.follow_direct(session, &log, out);
            }
        }
        let nick = self.people[&to].nick.clone();
        if let Some(direct) = self.directs.get_mut(&log) {
            direct.called.retain(|(id, _)| *id != to);
            direct.called.push((to, nick));
        }
        self.propose(session, log, Event::Message(kind, text), out);
        Ok(())
    }
}
