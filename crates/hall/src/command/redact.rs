//! Taking back what one has said.

use crate::state::Effects;
use crate::{Event, Hall, Refusal, SessionId};

impl Hall {
    pub(super) fn redact(&mut self, session: SessionId, back: usize, out: &mut Effects) -> Result<(), Refusal> {
        let said = &self.people[&self.person_of(session)].said;
        let place = said.len().checked_sub(back).ok_or(Refusal::NothingToRedact)?;
        let (seq, log) = said.get(place).cloned().ok_or(Refusal::NothingToRedact)?;
        self.propose(session, log, Event::Redact(seq), out);
        Ok(())
    }
}
