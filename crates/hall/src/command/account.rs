//! Accounts: made of a nick and a password, and everything that is their owner's affair.

use smallvec::smallvec;

use super::Pending;
use super::admin::unbarred;
use super::login::set_verifier;
use super::metadata::kept;
use crate::state::Effects;
use crate::{
    AccountInfo, Deed, Effect, Event, Hall, Keep, LogId, Nick, Notes, PersonId, Proof, Refusal, Reply, SERVICES,
    Secret, SessionId, SessionInfo, accounts,
};

impl Hall {
    pub(super) fn register(&mut self, session: SessionId, password: Secret, out: &mut Effects) -> Result<(), Refusal> {
        let nick = self.may_register(session)?;
        self.prove(session, Pending::Register(nick), Proof::Derive(password), out);
        Ok(())
    }

    /// The nick of which a session may make an account.
    fn may_register(&self, session: SessionId) -> Result<Nick, Refusal> {
        let id = self.person_of(session);
        let person = &self.people[&id];
        if let Some(account) = self.accounts.get(id) {
            return Err(Refusal::HasAccount(account.name.clone()));
        }
        if !self.policy.registration && !self.is_admin(session) {
            return Err(Refusal::RegistrationClosed);
        }
        if person.guest {
            return Err(Refusal::ChooseNick);
        }
        let (most, address) = (self.limits.registrations_per_hour, self.sessions[&session].origin.address);
        if self.registrations.reached(address, most, self.now) {
            return Err(Refusal::TooManyRegistrations);
        }
        let nick = person.called().clone();
        if self.accounts.len() >= self.limits.accounts {
            return Err(Refusal::TooManyAccounts(self.limits.accounts));
        }
        self.may_be_called(&nick, Some(id))?;
        Ok(nick)
    }

    /// Whether an account may have this name.
    pub(super) fn may_be_account(&self, nick: &Nick) -> Result<(), Refusal> {
        if self.accounts.len() >= self.limits.accounts {
            return Err(Refusal::TooManyAccounts(self.limits.accounts));
        }
        self.may_be_called(nick, None)
    }

    /// Whether a nick is nobody else's, nor could be taken for one.
    pub(crate) fn may_be_called(&self, nick: &Nick, id: Option<PersonId>) -> Result<(), Refusal> {
        let services = SERVICES.iter().any(|name| name.eq_ignore_ascii_case(nick.as_str()));
        if services || self.policy.reserved.contains(nick) {
            return Err(Refusal::NickInUse(nick.clone()));
        }
        // Somebody else's account may be on its way to the ledger.
        let reserved =
            |(whose, other): &(PersonId, Nick)| Some(*whose) != id && (other == nick || other.looks_like(nick));
        if self.reserved.iter().any(reserved) {
            return Err(Refusal::NickInUse(nick.clone()));
        }
        match self.accounts.resembled(nick) {
            Some(owner) if Some(owner) != id => {
                if self.accounts.owner(nick).is_some() {
                    return Err(Refusal::NickRegistered(nick.clone()));
                }
                let other = self.accounts.get(owner).map_or_else(|| nick.clone(), |account| account.name.clone());
                Err(Refusal::LooksLike(nick.clone(), other))
            }
            _ => Ok(()),
        }
    }

    /// The account of a session's person is made.
    pub(super) fn make_account(
        &mut self,
        session: SessionId,
        nick: Nick,
        verifier: Secret,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        // Somebody else may have had it made meanwhile.
        if self.may_register(session)? != nick {
            return Err(Refusal::ChooseNick);
        }
        let (id, address) = (self.person_of(session), self.sessions[&session].origin.address);
        self.registrations.note(address, self.limits.watched_addresses, self.now);
        let mut keeps = self.new_account(id, &nick, verifier);
        // What a guest has noted about themselves stays.
        for (key, value) in self.metadata_of(id).into_iter().flatten() {
            keeps.extend(kept(&accounts::subject(id), &Notes::one(key.clone(), Some(value.clone()))));
        }
        self.reserved.push((id, nick.clone()));
        let deed = Event::Account(Deed::Registered(nick));
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], deed, keeps, out);
        Ok(())
    }

    /// What makes an account.
    pub(super) fn new_account(&self, id: PersonId, nick: &Nick, verifier: Secret) -> Vec<Keep> {
        let set = |field: &str, value: &str| accounts::field(id, field, Some(value.to_owned()));
        vec![
            set(accounts::NAME, nick.as_str()),
            set(&format!("nick:{}", nick.key()), nick.as_str()),
            set("created", &self.now.0.to_string()),
            set_verifier(id, verifier),
        ]
    }

    pub(super) fn password(
        &mut self,
        session: SessionId,
        old: Secret,
        new: Secret,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.check_own(session, old, Pending::Change(new), out)
    }

    pub(super) fn unregister(
        &mut self,
        session: SessionId,
        password: Secret,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.check_own(session, password, Pending::Unregister, out)
    }

    /// Has the password of the session's own account checked.
    fn check_own(
        &mut self,
        session: SessionId,
        password: Secret,
        pending: Pending,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.may_authenticate(session, out)?;
        let account = self.accounts.get(self.person_of(session)).ok_or(Refusal::NoAccount)?;
        let verifier = account.verifier.clone();
        self.prove(session, pending, Proof::Check { verifier, password }, out);
        Ok(())
    }

    pub(super) fn delete_own(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let rooms = self.rooms_owned(id);
        if !rooms.is_empty() {
            return Err(Refusal::OwnsRooms(rooms));
        }
        let name = self.accounts.get(id).ok_or(Refusal::NoAccount)?.name.clone();
        let keeps = vec![Keep::Forget(accounts::subject(id)), unbarred(&name)];
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], Event::Account(Deed::Deleted), keeps, out);
        Ok(())
    }

    pub(super) fn account(&mut self, session: SessionId, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let reply = match self.accounts.get(id) {
            None => Reply::NoAccount,
            Some(account) => Reply::Account(Box::new(AccountInfo {
                name: account.name.clone(),
                nicks: account.nicks.iter().cloned().collect(),
                created: account.created,
                admin: account.admin,
                always_on: account.always_on,
                certificates: account.certificates.iter().cloned().collect(),
                rooms: self.rooms_owned(id),
                sessions: self.people[&id].sessions.iter().filter_map(|s| self.session_info(*s)).collect(),
            })),
        };
        out.push(Effect::Reply(session, reply, self.head));
        Ok(())
    }

    pub(super) fn session_info(&self, session: SessionId) -> Option<SessionInfo> {
        let known = self.sessions.get(&session)?;
        Some(SessionInfo {
            session,
            nick: self.people.get(&known.person)?.nick.clone(),
            account: self.accounts.get(known.person).map(|account| account.name.clone()),
            address: known.origin.address,
            secure: known.origin.secure,
        })
    }

    pub(super) fn account_nick(
        &mut self,
        session: SessionId,
        nick: Nick,
        on: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let account = self.accounts.get(id).ok_or(Refusal::NoAccount)?;
        if on {
            if account.nicks.len() >= self.limits.nicks_per_account {
                return Err(Refusal::TooMany(self.limits.nicks_per_account));
            }
            self.may_be_called(&nick, Some(id))?;
            // What somebody else wears right now they chose first.
            if self.nicks.get(&nick).is_some_and(|owner| *owner != id) {
                return Err(Refusal::NickInUse(nick));
            }
        } else if nick == account.name || !account.nicks.contains(&nick) {
            return Err(Refusal::NotYourNick(nick));
        }
        if on {
            self.reserved.push((id, nick.clone()));
        }
        let keep = accounts::field(id, format!("nick:{}", nick.key()), on.then(|| nick.as_str().to_owned()));
        self.do_deed(session, Deed::Nick(nick, on), vec![keep], out)
    }

    pub(super) fn certificate(&mut self, session: SessionId, on: bool, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let account = self.accounts.get(id).ok_or(Refusal::NoAccount)?;
        if !on {
            let keeps = account.certificates.iter().map(|c| accounts::field(id, format!("certificate:{c}"), None));
            let keeps = keeps.collect();
            return self.do_deed(session, Deed::Certificate("-".to_owned(), false), keeps, out);
        }
        let shown = self.certificate_of(session).ok_or(Refusal::NoCertificate)?;
        if self.accounts.certified(&shown).is_some_and(|owner| owner != id) {
            return Err(Refusal::CertificateTaken);
        }
        if account.certificates.len() >= self.limits.certificates_per_account {
            return Err(Refusal::TooMany(self.limits.certificates_per_account));
        }
        let keep = accounts::field(id, format!("certificate:{shown}"), Some("on".to_owned()));
        self.do_deed(session, Deed::Certificate(shown, true), vec![keep], out)
    }

    pub(super) fn always_on(&mut self, session: SessionId, on: bool, out: &mut Effects) -> Result<(), Refusal> {
        let id = self.person_of(session);
        let account = self.accounts.get(id).ok_or(Refusal::NoAccount)?;
        let mut keeps = vec![accounts::field(id, "always-on", on.then(|| "on".to_owned()))];
        if on {
            keeps.extend(self.rooms_of(id).iter().map(|room| accounts::stays(id, room, true)));
        } else {
            keeps.extend(account.stays_in.iter().map(|room| accounts::stays(id, room, false)));
        }
        self.do_deed(session, Deed::AlwaysOn(on), keeps, out)
    }

    /// Does something to the session's own account, on the record.
    pub(super) fn do_deed(
        &mut self,
        session: SessionId,
        deed: Deed,
        keeps: Vec<Keep>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let id = self.person_of(session);
        self.propose_keeping(session, smallvec![LogId::direct(id, id)], Event::Account(deed), keeps, out);
        Ok(())
    }

    /// The rooms that an account owns.
    pub(crate) fn rooms_owned(&self, id: PersonId) -> Vec<crate::RoomName> {
        self.rules.iter().filter(|(_, rules)| rules.owner == Some(id)).map(|(room, _)| room.clone()).collect()
    }
}
