//! Direct messages: a log of two people, followed by the sessions of both.

use smallvec::smallvec;

use crate::state::{Direct, Effects};
use crate::{Event, Hall, Keep, Kind, LogId, Nick, PersonId, Proposal, Refusal, SessionId, Text, accounts};

impl Hall {
    pub(super) fn direct(
        &mut self,
        session: SessionId,
        to: &Nick,
        kind: Kind,
        text: Text,
        tags: Option<Box<str>>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let from = self.person_of(session);
        let to = self.person_called(to).ok_or_else(|| Refusal::NoSuchPerson(to.clone()))?;
        // Who introduces itself may write to itself: its clients take what comes back for notes, or for a sign of life.
        if to == from && !self.sessions[&session].introduced {
            return Err(Refusal::ToYourself);
        }
        let mut keeps: smallvec::SmallVec<[Keep; 1]> = smallvec![];
        let away = self.people.get(&to).is_none_or(|person| person.sessions.is_empty());
        if let Some(account) = self.accounts.get(to).filter(|_| away) {
            // It is kept for them. What is kept already says where that begins.
            if !account.waiting.contains_key(&from) {
                if account.waiting.len() >= self.limits.waiting_conversations {
                    return Err(Refusal::TooMany(self.limits.waiting_conversations));
                }
                keeps.push(accounts::field(to, format!("waiting:{}", from.0), Some(self.head.0.to_string())));
            }
        }
        self.is_active(session);
        self.speak_to(session, to, Event::Message(kind, text), tags, keeps, out);
        Ok(())
    }

    /// Proposes something in the conversation of a session's person with somebody.
    pub(super) fn speak_to(
        &mut self,
        session: SessionId,
        to: PersonId,
        event: Event,
        tags: Option<Box<str>>,
        keeps: smallvec::SmallVec<[Keep; 1]>,
        out: &mut Effects,
    ) {
        let from = self.person_of(session);
        let log = LogId::direct(from, to);
        for id in [from, to] {
            let sessions = self.people.get(&id).map(|person| person.sessions.clone()).unwrap_or_default();
            for session in sessions {
                self.follow_direct(session, &log, None, out);
            }
        }
        let present = self.people.get(&to).map(|person| person.nick.clone());
        let Some(nick) = present.or_else(|| self.accounts.get(to).map(|account| account.name.clone())) else { return };
        if let Some(Direct { pending, called, .. }) = self.directs.get_mut(&log) {
            *pending += 1;
            called.retain(|(id, _)| *id != to);
            called.push((to, nick.clone()));
        }
        let author = self.author(session, false);
        let keeps = keeps.into_vec();
        let proposal = Proposal::new(author, smallvec![log], event);
        self.put_forward(Proposal { to: Some(nick), tags, keeps, ..proposal }, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arrival, Beginning, Command, Effect, Limits, Origin, RoomName};

    #[test]
    fn who_is_written_to_by_many_at_once_follows_each_until_it_is_recorded() {
        let lobby = RoomName::new("#lobby", 50).unwrap();
        let mut hall = Hall::new(Limits { rooms_per_session: 1, ..Limits::default() }, lobby, Beginning::default());
        let mut out = Effects::new();
        (1..=3).for_each(|id| hall.arrive(SessionId(id), Origin::default(), Arrival::Unasked, &mut out));
        let to = hall.nick_of(SessionId(3)).unwrap().clone();
        out.clear();
        for from in 1..=2 {
            let command = Command::Direct { to: to.clone(), kind: Kind::Say, text: Text::new("hi"), tags: None };
            hall.handle(SessionId(from), command, &mut out);
        }
        let left = out.iter().any(|effect| matches!(effect, Effect::Unfollow(SessionId(3), ..)));
        assert!(!left, "{out:?}");
    }
}
