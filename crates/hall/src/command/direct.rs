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
            direct.pending += 1;
            direct.called.retain(|(id, _)| *id != to);
            direct.called.push((to, nick));
        }
        self.propose(session, log, Event::Message(kind, text), out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Beginning, Command, Effect, Limits, RoomName};

    #[test]
    fn who_is_written_to_by_many_at_once_follows_each_until_it_is_recorded() {
        let lobby = RoomName::new("#lobby", 50).unwrap();
        let mut hall = Hall::new(Limits { rooms_per_session: 1, ..Limits::default() }, lobby, Beginning::default());
        let mut out = Effects::new();
        (1..=3).for_each(|id| hall.arrive(SessionId(id), false, &mut out));
        let to = hall.nick_of(SessionId(3)).unwrap().clone();
        out.clear();
        for from in 1..=2 {
            let command = Command::Direct { to: to.clone(), kind: Kind::Say, text: Text::new("hi") };
            hall.handle(SessionId(from), command, &mut out);
        }
        let left = out.iter().any(|effect| matches!(effect, Effect::Unfollow(SessionId(3), ..)));
        assert!(!left, "{out:?}");
    }
}
