//! Being called something.
//!
//! A nick is taken at once, so that nobody else is given it while the ledger works, and worn when the entry that says so
//! has been numbered.

use crate::state::Effects;
use crate::{Clash, Effect, Event, Hall, Nick, PersonId, Refusal, Reply, SessionId};

/// How many numbers are tried behind a nick that is in use.
const NUMBERS_TRIED: u32 = 10_000;

impl Hall {
    pub(super) fn nick(
        &mut self,
        session: SessionId,
        asked: Nick,
        clash: Clash,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let adopt = clash == Clash::Adopt;
        let id = self.person_of(session);
        let person = &self.people[&id];
        let mine = self.nicks.get(&asked) == Some(&id);
        let nick =
            if (self.nicks.contains_key(&asked) && !mine) || (adopt && self.may_be_called(&asked, Some(id)).is_err()) {
                if !adopt {
                    self.may_be_called(&asked, Some(id))?;
                }
                if clash == Clash::Refuse || (!adopt && !person.guest) {
                    return Err(Refusal::NickInUse(asked));
                }
                self.next_free(&asked).ok_or(Refusal::NickInUse(asked.clone()))?
            } else {
                self.may_be_called(&asked, Some(id))?;
                asked.clone()
            };
        self.may_be_renamed(id)?;
        let taken = (nick != asked).then_some(asked);
        self.wear(session, nick, taken, adopt, out);
        Ok(())
    }

    /// Nobody changes their nick all the time: everybody around them would be told.
    pub(super) fn may_be_renamed(&mut self, id: PersonId) -> Result<(), Refusal> {
        let (now, most) = (self.now, self.limits.nick_changes_per_minute);
        // Others see it in rooms, or are told of it by the name.
        let seen = !self.rooms_shown(id).is_empty() || !self.monitors.is_empty();
        let Some(person) = self.people.get_mut(&id).filter(|_| seen) else { return Ok(()) };
        person.rare_mut().renamed.once_more(most, now).map_err(|_| Refusal::TooManyNicks(most))
    }

    /// A nick that is nobody's is this person's; everybody who sees them is told.
    fn wear(&mut self, session: SessionId, nick: Nick, taken: Option<Nick>, adopt: bool, out: &mut Effects) {
        let id = self.person_of(session);
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
            if old != nick && self.me(session).is_some_and(|me| me.inside) {
                self.nick_gone(&old, out);
                self.nick_here(&nick, id, out);
            }
            for other in self.people[&id].sessions.iter().filter(|other| **other != session) {
                let named = Reply::Named { nick: nick.clone(), taken: None, old: Some(old.clone()) };
                out.push(Effect::Reply(*other, named, self.head));
            }
            if !quiet {
                out.push(Effect::Reply(session, Reply::Named { nick, taken, old: Some(old) }, self.head));
            }
            for room in self.rooms_of(id) {
                self.show_up(session, &room, out);
            }
        } else if person.called().as_str() == nick.as_str() {
            // They are called so: nobody else has to be told of anything.
            if !quiet {
                let old = Some(nick.clone());
                out.push(Effect::Reply(session, Reply::Named { nick, taken, old }, self.head));
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
    }

    /// A nick of an account is its person's; whoever else wears it is a guest again, unless it is the guest that the person
    /// was.
    pub(crate) fn reclaim(&mut self, nick: &Nick, id: PersonId, was: PersonId, out: &mut Effects) {
        let holder = self.nicks.get(nick).copied().filter(|holder| *holder != id && *holder != was);
        if let Some(holder) = holder {
            let guest = self.guest_nick();
            match self.people.get(&holder).and_then(|person| person.sessions.first().copied()) {
                Some(other) => {
                    self.wear(other, guest, Some(nick.clone()), false, out);
                    if let Some(person) = self.people.get_mut(&holder) {
                        person.guest = true;
                    }
                }
                None => self.rename_absent(holder, guest),
            }
        }
        self.nicks.insert(nick.clone(), id);
    }

    /// Somebody without a session is called otherwise, which nobody asked for and nobody is told of.
    fn rename_absent(&mut self, id: PersonId, nick: Nick) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let old = std::mem::replace(&mut person.nick, nick.clone());
        self.nicks.remove(&old);
        self.nicks.insert(nick, id);
    }

    pub(crate) fn next_free(&self, asked: &Nick) -> Option<Nick> {
        (2..NUMBERS_TRIED)
            .filter_map(|n| asked.numbered(n, self.limits.nick_chars).ok())
            .find(|nick| !self.nicks.contains_key(nick) && self.accounts.resembled(nick).is_none())
    }
}
