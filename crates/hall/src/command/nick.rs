//! Being called something.
//!
//! A nick is taken at once, so that nobody else is given it while the ledger works, and worn when the entry that says so
//! has been numbered.

use crate::state::Effects;
use crate::{Effect, Event, Hall, Nick, Refusal, Reply, SessionId};

/// How many numbers are tried behind a nick that is in use.
const NUMBERS_TRIED: u32 = 10_000;

impl Hall {
    pub(super) fn nick(
        &mut self,
        session: SessionId,
        asked: Nick,
        adopt: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let person = &self.people[&id];
        let mine = self.nicks.get(&asked) == Some(&id);
        let nick = match self.nicks.contains_key(&asked) && !mine {
            false => asked.clone(),
            true if adopt || person.guest => self.next_free(&asked).ok_or(Refusal::NickInUse(asked.clone()))?,
            true => return Err(Refusal::NickInUse(asked)),
        };
        let taken = (nick != asked).then_some(asked);
        let quiet = adopt && taken.is_none();
        self.nicks.insert(nick.clone(), id);
        let rooms = self.rooms_shown(id);
        let person = self.people.get_mut(&id).expect("a session has a person");
        person.guest = false;
        if rooms.is_empty() {
            // Nobody has seen this person yet: the name is worn at once, and with it they show up.
            let old = std::mem::replace(&mut person.nick, nick.clone());
            if let Some(rare) = &mut person.rare {
                rare.next_nick = None;
            }
            self.free_nick(&old, id);
            if !quiet {
                out.push(Effect::Reply(session, Reply::Named { nick, taken }, self.head));
            }
            for room in self.rooms_of(id) {
                self.show_up(session, &room, out);
            }
        } else if person.called().as_str() == nick.as_str() {
            // They are called so: nobody else has to be told of anything.
            if !quiet {
                out.push(Effect::Reply(session, Reply::Named { nick, taken }, self.head));
            }
        } else {
            let rare = person.rare_mut();
            rare.taken = taken;
            let unworn = rare.next_nick.replace(nick.clone());
            if let Some(unworn) = unworn {
                self.free_nick(&unworn, id);
            }
            self.propose_in(session, rooms, Event::Nick(nick), out);
        }
        Ok(())
    }

    fn next_free(&self, asked: &Nick) -> Option<Nick> {
        (2..NUMBERS_TRIED)
            .filter_map(|n| asked.numbered(n, self.limits.nick_chars).ok())
            .find(|nick| !self.nicks.contains_key(nick))
    }
}
