//! Tags without text: what is added to somebody's message, and who is typing.

use smallvec::smallvec;

use crate::command::Target;
use crate::state::Effects;
use crate::{Effect, Event, Hall, LogId, Proposal, Refusal, Reply, SessionId};

impl Hall {
    pub(super) fn tag(
        &mut self,
        session: SessionId,
        to: Target,
        tags: Box<str>,
        passing: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let named = match &to {
            Target::Room(room) => room.to_string(),
            Target::Person(nick) => nick.to_string(),
        };
        let log = match to {
            Target::Room(room) => {
                let room = self.room_meant(session, Some(room))?;
                self.may_speak_at_all(session, &room)?;
                let people = self.rooms.get(&room).map_or(0, |there| there.inside);
                if passing && people > self.limits.typing_people {
                    return Ok(());
                }
                if !passing {
                    self.show_up(session, &room, out);
                }
                LogId::Room(room)
            }
            Target::Person(nick) => {
                let from = self.person_of(session);
                let to = self.seen_as(&nick).ok_or(Refusal::NoSuchPerson(nick))?;
                if !passing {
                    self.speak_to(session, to, Event::Tags, Some(tags), smallvec![], out);
                    return Ok(());
                }
                LogId::direct(from, to)
            }
        };
        let author = self.author(session, false);
        if passing {
            let passed = Reply::Passed(Box::new((author.clone(), named, tags.clone())));
            out.push(Effect::Signal(session, log, Box::new(author), tags));
            out.push(Effect::Reply(session, passed, self.head));
        } else {
            let proposal = Proposal::new(author, smallvec![log], Event::Tags);
            self.put_forward(Proposal { tags: Some(tags), ..proposal }, out);
        }
        Ok(())
    }
}
