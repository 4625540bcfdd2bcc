//! What a client says of its person, and what others see of that.

use std::net::IpAddr;

use crate::entry::Entry;
use crate::state::Effects;
use crate::{
    Author, Effect, Event, Guise, Hall, Nick, OwnMode, PersonId, Proof, Proposal, Refusal, Reply, Secret, SessionId,
};

use super::Pending;

impl Hall {
    pub(super) fn profile(
        &mut self,
        session: SessionId,
        user: Option<Box<str>>,
        real_name: Option<Box<str>>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let cut = |text: Box<str>, most: usize| text.chars().take(most).collect::<String>().into_boxed_str();
        let user = user.map(|user| cut(user, self.limits.user_chars));
        let real_name = real_name.map(|name| cut(name, self.limits.real_name_chars));
        self.change_profile(session, out, |profile| {
            profile.user = user.or(profile.user.take());
            profile.real_name = real_name.or(profile.real_name.take());
        })
    }

    pub(super) fn bot(&mut self, session: SessionId, bot: bool, out: &mut Effects) -> Result<(), Refusal> {
        let before = self.people[&self.person_of(session)].rare.as_ref().is_some_and(|rare| rare.profile.bot);
        if before == bot {
            return Ok(());
        }
        self.change_profile(session, out, |profile| profile.bot = bot)?;
        self.modes(session, Some(OwnMode::Bot), out)
    }

    fn change_profile(
        &mut self,
        session: SessionId,
        out: &mut Effects,
        change: impl FnOnce(&mut crate::state::Profile),
    ) -> Result<(), Refusal> {
        let id = self.person_of(session);
        self.people.get_mut(&id).expect("a session has a person").rare_mut();
        // Until others are told, they see what they have seen.
        let before = self.guise_of(id);
        let shown = self.rooms_shown(id);
        if !shown.is_empty() {
            self.may_be_renamed(id)?;
        }
        change(&mut self.people.get_mut(&id).expect("it is there").rare_mut().profile);
        let now = self.guise_anew(id);
        let inside = !self.door(session).any();
        if now == before || !inside {
            self.forget_guise(id);
            return Ok(());
        }
        if shown.is_empty() {
            self.forget_guise(id);
            let author = Author { guise: before, ..self.author(session, true) };
            let event = Event::Guise(now.clone(), author.account.clone());
            self.tell_monitors(&author, &event, out);
            out.push(Effect::Reply(session, Reply::Guise(now), self.head));
            return Ok(());
        }
        let account = self.accounts.get(id).map(|account| account.name.clone());
        self.propose_in(session, shown, Event::Guise(now, account), out);
        Ok(())
    }

    /// Somebody is seen otherwise from now on.
    pub(crate) fn is_seen_as(&mut self, entry: &Entry, guise: &Guise, out: &mut Effects) {
        let id = entry.author.person;
        let Some(person) = self.people.get_mut(&id) else { return };
        person.rare_mut().guise = guise.clone().into();
        self.tell_monitors(&entry.author, &entry.event, out);
    }

    /// The ledger did not take it: all is as it was.
    pub(crate) fn is_seen_as_before(&mut self, id: PersonId) {
        let Some(rare) = self.people.get_mut(&id).and_then(|person| person.rare.as_mut()) else { return };
        if let Some(guise) = rare.guise.get() {
            rare.profile.real_name = Some(guise.real_name().into());
            rare.profile.bot = guise.is_bot();
        }
    }

    /// Somebody has an account from now on: those who see them are told so.
    pub(crate) fn is_known_as(&mut self, session: SessionId, name: Nick, entry: &Entry, out: &mut Effects) {
        let id = entry.author.person;
        let (now, shown) = (self.guise_anew(id), self.rooms_shown(id));
        let author = Author { account: None, ..entry.author.clone() };
        let event = Event::Guise(now.clone(), Some(name.clone()));
        if shown.is_empty() {
            self.forget_guise(id);
            if !self.is_at_door(id) {
                self.tell_monitors(&author, &event, out);
            }
            out.push(Effect::Reply(session, Reply::Guise(now), self.head));
            return;
        }
        if let Some(person) = self.people.get_mut(&id) {
            person.rare_mut().guise = author.guise.clone().into();
        }
        // First whose account it is, then where that comes from: each is one change.
        let known = Author { account: Some(name), ..author.clone() };
        let first = Event::Guise(author.guise.clone(), known.account.clone());
        self.put_forward(Proposal::new(author, shown.clone(), first), out);
        self.put_forward(Proposal::new(known, shown, event), out);
    }

    pub(super) fn hear_wallops(&mut self, session: SessionId, on: bool, out: &mut Effects) -> Result<(), Refusal> {
        let Some(known) = self.sessions.get_mut(&session) else { return Ok(()) };
        let before = std::mem::replace(&mut known.rare_mut().wallops, on);
        if before == on { Ok(()) } else { self.modes(session, Some(OwnMode::Wallops), out) }
    }

    pub(super) fn modes(&self, session: SessionId, changed: Option<OwnMode>, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let bot = self.people[&id].rare.as_ref().is_some_and(|rare| rare.profile.bot);
        let wallops = self.sessions[&session].rare.as_ref().is_some_and(|rare| rare.wallops);
        let (admin, secure) = (self.is_admin(session), self.sessions[&session].origin.secure);
        out.push(Effect::Reply(session, Reply::Modes { bot, admin, wallops, secure, changed }, self.head));
        Ok(())
    }

    pub(super) fn oper(
        &mut self,
        session: SessionId,
        account: &Nick,
        password: Secret,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.may_authenticate(session, out)?;
        let id = self.accounts.owner(account);
        // Whether there is such an account takes as long to find out as whether the password is right.
        let verifier = id.and_then(|id| self.accounts.get(id)).and_then(|account| account.verifier.clone());
        self.prove(session, Pending::Oper(id), Proof::Check { verifier, password }, out);
        Ok(())
    }

    /// A session knows the password of an account: it may do what admins may, if that is one.
    pub(super) fn is_oper(&mut self, session: SessionId, id: PersonId, out: &mut Effects) -> Result<(), Refusal> {
        let account = self.accounts.get(id).filter(|account| account.admin).ok_or(Refusal::NotAdmin)?;
        if self.barred_account(&account.name).is_some() {
            return Err(Refusal::NotAdmin);
        }
        let words = format!("oper {}", account.name);
        self.opers.insert(session);
        out.push(Effect::Reply(session, Reply::Oper, self.head));
        self.audit(session, &words, Vec::new(), out);
        Ok(())
    }

    pub(super) fn no_oper(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let before = self.opers.remove(&session);
        if before { self.modes(session, Some(OwnMode::Admin), out) } else { Ok(()) }
    }

    /// A session comes from elsewhere than its connection: who is kept out there is kept out here. A gateway from where too
    /// many wrong passwords came is not listened to.
    pub(super) fn vouch(
        &mut self,
        session: SessionId,
        address: IpAddr,
        secure: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        if let Err(refusal) = self.may_try(session, out) {
            out.push(Effect::Refuse(session, refusal, self.head));
            out.push(Effect::Close(session));
            return Ok(());
        }
        let id = self.person_of(session);
        if let Some(known) = self.sessions.get_mut(&session) {
            known.origin.address = address.to_canonical();
            // Neither half of the way makes up for the other; and what the gateway has shown is not its client's.
            known.origin.secure &= secure;
            known.origin.certificate = None;
        }
        self.forget_guise(id);
        if let Some(barred) = self.barred_session(session) {
            let reason = barred.listing.reason.clone();
            self.put_away(&[session], &reason, out);
        }
        Ok(())
    }
}
