//! Not hearing somebody. What they say is recorded like everybody's, and not shown to those who do not want to hear it.

use smallvec::smallvec;

use crate::state::Effects;
use crate::{Deed, Effect, Event, Hall, LogId, Nick, PersonId, Refusal, Reply, SessionId, accounts};

impl Hall {
    pub(super) fn ignore(
        &mut self,
        session: SessionId,
        whom: Option<(Nick, bool)>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let known = self.ignored(id);
        let Some((nick, on)) = whom else {
            let nicks = known.into_iter().map(|(_, nick)| nick).collect();
            out.push(Effect::Reply(session, Reply::Ignored(nicks), self.head));
            return Ok(());
        };
        let whom = if on {
            if known.len() >= self.limits.ignored_people {
                return Err(Refusal::TooMany(self.limits.ignored_people));
            }
            self.person_called(&nick).ok_or_else(|| Refusal::NoSuchPerson(nick.clone()))?
        } else {
            // Who was ignored may be called otherwise by now, or be gone.
            let listed = known.iter().find(|(_, called)| *called == nick).map(|(id, _)| *id);
            let called = self.person_called(&nick).filter(|id| known.iter().any(|(known, _)| known == id));
            listed.or(called).ok_or_else(|| Refusal::NotListed(nick.to_string()))?
        };
        if whom == id {
            return Err(Refusal::ToYourself);
        }
        if self.accounts.get(id).is_some() {
            let keep = accounts::field(id, format!("ignored:{}", whom.0), on.then(|| nick.to_string()));
            let deed = Event::Account(Deed::Ignored(whom, nick, on));
            self.propose_keeping(session, smallvec![LogId::direct(id, id)], deed, vec![keep], out);
            return Ok(());
        }
        let ignored = &mut self.people.get_mut(&id).expect("a session has a person").rare_mut().ignored;
        ignored.retain(|(known, _)| *known != whom);
        if on {
            ignored.push((whom, nick.clone()));
        }
        self.tell_ignored(id, out);
        out.push(Effect::Reply(session, Reply::Ignoring(nick, on), self.head));
        Ok(())
    }

    /// Whom a person does not hear, as they were called.
    fn ignored(&self, id: PersonId) -> Vec<(PersonId, Nick)> {
        match self.accounts.get(id) {
            Some(account) => account.ignored.iter().map(|(id, nick)| (*id, nick.clone())).collect(),
            None => {
                let rare = self.people.get(&id).and_then(|person| person.rare.as_ref());
                rare.map(|rare| rare.ignored.to_vec()).unwrap_or_default()
            }
        }
    }
}
