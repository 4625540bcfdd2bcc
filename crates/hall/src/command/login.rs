//! Proving to be somebody. Passwords are looked at beside the hall ([`Effect::Prove`]); what was to be done when that is known
//! is kept with the session, which asks for nothing else meanwhile.

use smallvec::smallvec;

use crate::identity::Door;
use crate::state::Effects;
use crate::{
    Deed, Effect, Event, Hall, Keep, LogId, Nick, PersonId, Proof, Proven, Refusal, Reply, Secret, SessionId, accounts,
};

/// What is to be done when a password has been looked at.
#[derive(Debug, Clone)]
pub(crate) enum Pending {
    /// An account is made of the nick.
    Register(Nick),
    /// The session is one of this account's; of none when there is no such account.
    Login(Option<PersonId>),
    /// The password is right, and this one is to be the next.
    Change(Secret),
    /// The account has another password.
    Changed,
    /// The account is deleted.
    Unregister,
    /// An admin makes an account.
    Create(Nick),
    /// The session may do what admins may, if this account is one's.
    Oper(Option<PersonId>),
    /// An admin sets an account's password.
    Reset(PersonId, Nick),
}

impl Hall {
    pub(super) fn pass(&mut self, session: SessionId, given: &Secret, out: &mut Effects) -> Result<(), Refusal> {
        if !self.door(session).password {
            return Ok(());
        }
        self.may_try(session, out)?;
        if self.policy.password.as_ref().is_none_or(|password| password == given) {
            self.give_at_door(session, Door { password: true, ..Door::default() }, out);
            return Ok(());
        }
        self.failed(session, out)
    }

    pub(super) fn login(
        &mut self,
        session: SessionId,
        account: Option<Nick>,
        password: Secret,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.may_try(session, out)?;
        let name = account.unwrap_or_else(|| self.people[&self.person_of(session)].called().clone());
        let id = self.accounts.owner(&name);
        let verifier = id.and_then(|id| self.accounts.get(id)).and_then(|account| account.verifier.clone());
        self.prove(session, Pending::Login(id), Proof::Check { verifier, password }, out);
        Ok(())
    }

    pub(super) fn login_by_certificate(
        &mut self,
        session: SessionId,
        account: Option<Nick>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.may_try(session, out)?;
        let shown = self.certificate_of(session).ok_or(Refusal::NoCertificate)?;
        let id = self.accounts.certified(&shown);
        match id.filter(|id| account.is_none_or(|account| self.accounts.owner(&account) == Some(*id))) {
            Some(id) => self.let_in(session, id, out),
            None => self.failed(session, out),
        }
    }

    /// A session has proved, by an exchange that its dialect knows, to be the owner of an account.
    pub fn authenticated(&mut self, session: SessionId, account: &Nick, out: &mut Effects) {
        if !self.sessions.contains_key(&session) {
            return;
        }
        let id = self.accounts.owner(account);
        let done = self.may_try(session, out).and_then(|()| match id {
            Some(id) => self.let_in(session, id, out),
            None => Err(Refusal::WrongPassword),
        });
        if let Err(refusal) = done {
            out.push(Effect::Refuse(session, refusal, self.head));
        }
    }

    /// An exchange that was to prove whose an account is has failed.
    pub fn not_authenticated(&mut self, session: SessionId, out: &mut Effects) {
        if let Err(refusal) = self.failed(session, out) {
            out.push(Effect::Refuse(session, refusal, self.head));
        }
    }

    /// Whether a session may try to prove something at all.
    ///
    /// # Errors
    /// When there were too many wrong passwords, or the hall's own has to come first.
    pub fn may_authenticate(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        if self.door(session).password {
            return Err(Refusal::PasswordFirst);
        }
        self.may_try(session, out)
    }

    /// What an account's password is checked against, for exchanges that need it themselves.
    #[must_use]
    pub fn verifier(&self, account: &Nick) -> Option<&Secret> {
        self.accounts.get(self.accounts.owner(account)?)?.verifier.as_ref()
    }

    /// What nobody outside knows: exchanges make of it what they say to those who have no account.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(super) fn logout(&mut self, session: SessionId, others: bool, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        if self.accounts.get(id).is_none() {
            return Err(Refusal::NoAccount);
        }
        if others {
            let others: Vec<_> = self.people[&id].sessions.iter().copied().filter(|s| *s != session).collect();
            for other in &others {
                out.push(Effect::Reply(*other, Reply::SentAway, self.head));
                out.push(Effect::Close(*other));
            }
            out.push(Effect::Reply(session, Reply::LoggedOutOthers(others.len()), self.head));
            return Ok(());
        }
        let was = self.people[&id].nick.clone();
        for room in self.rooms_of(id) {
            out.push(Effect::Reply(session, Reply::Left(room, was.clone()), self.head));
        }
        self.become_guest(session, out);
        let nick = self.people[&self.person_of(session)].nick.clone();
        out.push(Effect::Reply(session, Reply::LoggedOut(nick, was), self.head));
        Ok(())
    }

    /// Has something done with a password, and remembers what for.
    pub(crate) fn prove(&mut self, session: SessionId, pending: Pending, proof: Proof, out: &mut Effects) {
        if let Some(known) = self.sessions.get_mut(&session) {
            known.rare_mut().pending = Some(pending);
            out.push(Effect::Prove(session, proof));
        }
    }

    /// What came of [`Effect::Prove`].
    pub fn proved(&mut self, session: SessionId, proven: Proven, out: &mut Effects) {
        let pending = self.sessions.get_mut(&session).and_then(|s| s.rare.as_mut()).and_then(|r| r.pending.take());
        let Some(pending) = pending else { return };
        let done = match (pending, proven) {
            (_, Proven::Busy) => Err(Refusal::Busy),
            (_, Proven::Unfit(why)) => Err(Refusal::Unfit(why)),
            (_, Proven::Wrong) => self.failed(session, out),
            (Pending::Login(Some(id)), Proven::Right) => self.let_in(session, id, out),
            (Pending::Oper(Some(id)), Proven::Right) => self.is_oper(session, id, out),
            (Pending::Change(new), Proven::Right) => {
                self.prove(session, Pending::Changed, Proof::Derive(new), out);
                Ok(())
            }
            (Pending::Unregister, Proven::Right) => self.delete_own(session, out),
            (Pending::Register(nick), Proven::Derived(verifier)) => self.make_account(session, nick, verifier, out),
            (Pending::Changed, Proven::Derived(verifier)) => {
                let id = self.person_of(session);
                let keeps = vec![set_verifier(id, verifier)];
                self.propose_keeping(
                    session,
                    smallvec![LogId::direct(id, id)],
                    Event::Account(Deed::Password),
                    keeps,
                    out,
                );
                Ok(())
            }
            (Pending::Create(_) | Pending::Reset(..), _) if !self.is_admin(session) => Err(Refusal::NotAdmin),
            (Pending::Create(nick), Proven::Derived(verifier)) => self.create_account(session, nick, verifier, out),
            (Pending::Reset(id, name), Proven::Derived(verifier)) => {
                let words = format!("password {name}");
                self.audit(session, &words, vec![set_verifier(id, verifier)], out);
                Ok(())
            }
            _ => Err(Refusal::WrongPassword),
        };
        if let Err(refusal) = done {
            out.push(Effect::Refuse(session, refusal, self.head));
        }
    }

    /// A session has proved to be the owner of an account.
    fn let_in(&mut self, session: SessionId, id: PersonId, out: &mut Effects) -> Result<(), Refusal> {
        let account = self.accounts.get(id).ok_or(Refusal::WrongPassword)?;
        if let Some(barred) = self.barred_account(&account.name) {
            return Err(Refusal::AccountBarred(barred.listing.reason.clone()));
        }
        if let Some(rare) = self.sessions.get_mut(&session).and_then(|s| s.rare.as_mut()) {
            rare.failures = 0;
        }
        self.become_account(session, id, out);
        Ok(())
    }

    /// Whether a session may give a password.
    pub(super) fn may_try(&mut self, session: SessionId, _: &mut Effects) -> Result<(), Refusal> {
        let known = &self.sessions[&session];
        let failures = known.rare.as_ref().map_or(0, |rare| rare.failures);
        let most = self.limits.login_failures_per_hour;
        let local = known.origin.local;
        if failures >= self.limits.login_failures
            || (!local && self.failures.reached(known.origin.address, most, self.now))
        {
            return Err(Refusal::TooManyFailures);
        }
        Ok(())
    }

    /// A session has given a wrong password. After too many it is told so and closed.
    fn failed(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let Some(known) = self.sessions.get_mut(&session) else { return Ok(()) };
        let rare = known.rare_mut();
        rare.failures += 1;
        let over = rare.failures >= self.limits.login_failures;
        self.note_failure(session);
        if !over {
            return Err(Refusal::WrongPassword);
        }
        out.push(Effect::Refuse(session, Refusal::TooManyFailures, self.head));
        out.push(Effect::Close(session));
        Ok(())
    }

    /// A wrong password came from where a session comes from.
    pub(super) fn note_failure(&mut self, session: SessionId) {
        if let Some(known) = self.sessions.get(&session).filter(|known| !known.origin.local) {
            self.failures.note(known.origin.address, self.limits.watched_addresses, self.now);
        }
    }

    /// The fingerprint of the certificate that a session has shown.
    pub(crate) fn certificate_of(&self, session: SessionId) -> Option<String> {
        use std::fmt::Write as _;
        let shown = self.sessions.get(&session)?.origin.certificate.as_ref()?;
        let mut hex = String::with_capacity(2 * shown.len());
        for byte in shown.iter() {
            let _ = write!(hex, "{byte:02x}");
        }
        Some(hex)
    }
}

/// An account's password is checked against this from now on.
pub(super) fn set_verifier(id: PersonId, verifier: Secret) -> Keep {
    Keep::Set(accounts::subject(id), "verifier".to_owned(), verifier)
}
