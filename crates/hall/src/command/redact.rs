//! Taking back what one has said.

use crate::state::Effects;
use crate::{Event, Hall, Refusal, SessionId};

impl Hall {
    pub(super) fn redact(&mut self, session: SessionId, back: usize, out: &mut Effects) -> Result<(), Refusal> {
        let rare = self.people[&self.person_of(session)].rare.as_ref().ok_or(Refusal::NothingToRedact)?;
        let said = &rare.said;
        let place = said.len().checked_sub(back).ok_or(Refusal::NothingToRedact)?;
        let (seq, log) = said.get(place).cloned().ok_or(Refusal::NothingToRedact)?;
        self.propose(session, log, Event::Redact(seq), out);
        Ok(())
    }
}
