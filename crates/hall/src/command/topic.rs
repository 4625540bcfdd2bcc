//! A room's topic.

use crate::state::Effects;
use crate::{Effect, Event, Flag, Hall, LogId, Refusal, Reply, RoomName, SessionId, Standing, Text};

impl Hall {
    pub(super) fn topic(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        text: Option<Text>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let Some(text) = text else {
            let room = self.room_seen(session, room)?;
            let topic = self.topic_of(&room);
            out.push(Effect::Reply(session, Reply::Topic(room, topic), self.head));
            return Ok(());
        };
        let room = self.room_meant(session, room)?;
        if text.as_str().chars().nth(self.limits.topic_chars).is_some() {
            return Err(Refusal::TopicTooLong(self.limits.topic_chars));
        }
        let locked = self.rules.of(&room).is_some_and(|rules| rules.flags.contains(&Flag::TopicLocked));
        if locked && self.standing(session, &room) < Standing::Operator {
            return Err(Refusal::NotOperator(room));
        }
        self.may_speak(session, &room)?;
        self.show_up(session, &room, out);
        self.propose(session, LogId::Room(room), Event::Topic(text), out);
        Ok(())
    }
}
