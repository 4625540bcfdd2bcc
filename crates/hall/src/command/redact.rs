//! Taking back what one has said.

use smallvec::smallvec;

use crate::state::Effects;
use crate::{Event, Hall, LogId, Proposal, Refusal, Seq, SessionId, Standing, Target, Text};

impl Hall {
    pub(super) fn redact(&mut self, session: SessionId, back: usize, out: &mut Effects) -> Result<(), Refusal> {
        let rare = self.people[&self.person_of(session)].rare.as_ref().ok_or(Refusal::NothingToRedact)?;
        let said = &rare.said;
        let place = said.len().checked_sub(back).ok_or(Refusal::NothingToRedact)?;
        let (seq, log) = said.get(place).cloned().ok_or(Refusal::NothingToRedact)?;
        self.take_back(session, log, Event::Redact(seq, Text::new("")), out);
        Ok(())
    }

    pub(super) fn redact_that(
        &mut self,
        session: SessionId,
        to: Target,
        seq: Seq,
        reason: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.fits(&reason)?;
        let id = self.person_of(session);
        let (log, keeps_order) = match to {
            Target::Room(room) => {
                let room = self.room_meant(session, Some(room))?;
                let keeps_order = self.standing(session, &room) >= Standing::Operator;
                (LogId::Room(room), keeps_order)
            }
            Target::Person(nick) => {
                let other = self.person_called(&nick).ok_or(Refusal::NoSuchPerson(nick))?;
                (LogId::direct(id, other), false)
            }
        };
        // What has been said can be seen in memory, for as long as it can be taken back.
        let said = self.people[&id].rare.as_ref().is_some_and(|rare| rare.said.contains(&(seq, log.clone())));
        let entry = || self.feed(&log)?.find(seq).filter(|entry| matches!(entry.event, Event::Message(..)));
        if !said {
            let entry = entry().ok_or(Refusal::NoSuchMessage(seq))?;
            match &log {
                _ if keeps_order => {}
                // Who hears others in a room knows that there is such a message.
                LogId::Room(room) if entry.author.person != id => return Err(Refusal::NotOperator(room.clone())),
                _ => return Err(Refusal::NoSuchMessage(seq)),
            }
        }
        self.take_back(session, log, Event::Redact(seq, reason), out);
        Ok(())
    }

    /// Proposes that a message is taken back. In a conversation of two it is said to whom the message was.
    fn take_back(&self, session: SessionId, log: LogId, event: Event, out: &mut Effects) {
        let id = self.person_of(session);
        let to = match &log {
            LogId::Direct(a, b) => Some(if *a == id { *b } else { *a }),
            LogId::Room(_) | LogId::Operators(_) => None,
        };
        let called = |other| self.people.get(&other).map(|person| person.nick.clone());
        let to = to.and_then(|other| called(other).or_else(|| Some(self.accounts.get(other)?.name.clone())));
        let proposal = Proposal::new(self.author(session, false), smallvec![log], event);
        self.put_forward(Proposal { to, ..proposal }, out);
    }
}
