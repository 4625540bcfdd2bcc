//! Accounts: people whom the hall knows again. An account is its person: its number stays the same, whoever is connected.

use std::collections::{BTreeMap, BTreeSet};

use crate::keep::{READ, STAYS};
use crate::metadata::{self, Metadata};
use crate::{Keep, Nick, PersonId, RoomName, Secret, Seq, Subject, Time};

/// What is known of one account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// What it is called, by whoever logs in.
    pub(crate) name: Nick,
    /// Its nicks, the name among them.
    pub(crate) nicks: BTreeSet<Nick>,
    /// What its password is checked against. None: nobody can log in with one.
    pub(crate) verifier: Option<Secret>,
    /// Certificates that prove whose it is: fingerprints in hexadecimal.
    pub(crate) certificates: BTreeSet<String>,
    pub(crate) admin: bool,
    pub(crate) always_on: bool,
    pub(crate) created: Time,
    /// People who are not heard, as they were called.
    pub(crate) ignored: BTreeMap<PersonId, Nick>,
    /// Up to where it has read a room, or what was said with somebody, by the folded name.
    pub(crate) read: BTreeMap<String, ReadUntil>,
    /// Who wrote while it was away, and the entry behind which that begins.
    pub(crate) waiting: BTreeMap<PersonId, Seq>,
    /// Where it is although nobody is connected.
    pub(crate) stays_in: BTreeSet<RoomName>,
    /// What is noted about it.
    pub(crate) metadata: Metadata,
}

impl Account {
    fn new(name: Nick) -> Self {
        Self {
            name,
            nicks: BTreeSet::new(),
            verifier: None,
            certificates: BTreeSet::new(),
            admin: false,
            always_on: false,
            created: Time(0),
            ignored: BTreeMap::new(),
            read: BTreeMap::new(),
            waiting: BTreeMap::new(),
            stays_in: BTreeSet::new(),
            metadata: Metadata::new(),
        }
    }
}

/// Up to where something has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct ReadUntil {
    /// By time, if that is known.
    pub(crate) at: Time,
    /// By entry, if that is known.
    pub(crate) seq: Seq,
}

impl ReadUntil {
    pub(crate) fn write(self) -> String {
        format!("{} {}", self.seq.0, self.at.0)
    }

    /// Older programs wrote down the entry alone.
    fn read(words: &str) -> Option<Self> {
        let (seq, at) = words.split_once(' ').unwrap_or((words, "0"));
        Some(Self { seq: Seq(seq.parse().ok()?), at: Time(at.parse().ok()?) })
    }
}

/// All accounts.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    people: BTreeMap<PersonId, Account>,
    nicks: BTreeMap<Nick, PersonId>,
    /// What nicks look like, however they are spelt.
    looks: BTreeMap<String, PersonId>,
    certificates: BTreeMap<String, PersonId>,
    /// Those of admins.
    admins: BTreeSet<PersonId>,
}

impl Accounts {
    /// The accounts of admins.
    pub(crate) fn admins(&self) -> impl Iterator<Item = PersonId> {
        self.admins.iter().copied()
    }

    pub(crate) fn get(&self, id: PersonId) -> Option<&Account> {
        self.people.get(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PersonId, &Account)> {
        self.people.iter().map(|(id, account)| (*id, account))
    }

    /// Whose nick this is.
    pub(crate) fn owner(&self, nick: &Nick) -> Option<PersonId> {
        self.nicks.get(nick).copied()
    }

    /// Whose nick this is, or could be taken for.
    pub(crate) fn resembled(&self, nick: &Nick) -> Option<PersonId> {
        self.owner(nick).or_else(|| nick.skeletons().iter().find_map(|looks| self.looks.get(looks)).copied())
    }

    /// Whose certificate this is.
    pub(crate) fn certified(&self, fingerprint: &str) -> Option<PersonId> {
        self.certificates.get(fingerprint).copied()
    }

    /// Takes over what is remembered of accounts. What cannot be understood is passed over: a later program wrote it.
    pub(crate) fn fold(&mut self, keep: &Keep) {
        match keep {
            Keep::Set(Subject::Account(id), field, value) => self.fold_field(*id, field, Some(value)),
            Keep::Unset(Subject::Account(id), field) => self.fold_field(*id, field, None),
            Keep::Forget(Subject::Account(id)) => {
                self.people.remove(id);
                self.admins.remove(id);
                self.nicks.retain(|_, owner| owner != id);
                self.looks.retain(|_, owner| owner != id);
                self.certificates.retain(|_, owner| owner != id);
            }
            Keep::Rename(from, to) => self.people.values_mut().for_each(|account| account.room_renamed(from, to)),
            _ => {}
        }
    }

    fn fold_field(&mut self, id: PersonId, field: &str, secret: Option<&Secret>) {
        let value = secret.map(Secret::expose);
        let (what, rest) = field.split_once(':').unwrap_or((field, ""));
        if what == NAME {
            let Some(name) = value.and_then(|v| Nick::recorded(v, usize::MAX).ok()) else { return };
            match self.people.get_mut(&id) {
                Some(account) => account.name = name,
                None => drop(self.people.insert(id, Account::new(name))),
            }
            return;
        }
        let Some(account) = self.people.get_mut(&id) else { return };
        let on = value.is_some();
        match what {
            "nick" => {
                let Some(nick) = Nick::recorded(value.unwrap_or(rest), usize::MAX).ok() else { return };
                if on {
                    self.looks.entry(nick.skeleton()).or_insert(id);
                    self.nicks.insert(nick.clone(), id);
                    account.nicks.insert(nick);
                } else {
                    account.nicks.remove(&nick);
                    self.nicks.remove(&nick);
                    // Its other nicks may look the same.
                    self.looks.retain(|_, owner| *owner != id);
                    let left = account.nicks.iter().map(Nick::skeleton);
                    self.looks.extend(left.map(|looks| (looks, id)));
                }
            }
            "admin" => {
                account.admin = on;
                if on {
                    self.admins.insert(id)
                } else {
                    self.admins.remove(&id)
                };
            }
            "verifier" => account.verifier = secret.cloned(),
            "certificate" => {
                if on {
                    account.certificates.insert(rest.to_owned());
                    self.certificates.insert(rest.to_owned(), id);
                } else {
                    account.certificates.remove(rest);
                    self.certificates.remove(rest);
                }
            }
            _ => account.fold(what, rest, value),
        }
    }
}

impl Account {
    /// What is remembered of a room is remembered under its new name, and nothing of another room that was called so.
    fn room_renamed(&mut self, from: &RoomName, to: &RoomName) {
        if from != to {
            self.read.remove(to.key());
            self.stays_in.remove(to);
        }
        if let Some(until) = self.read.remove(from.key()) {
            self.read.insert(to.key().to_owned(), until);
        }
        if self.stays_in.remove(from) {
            self.stays_in.insert(to.clone());
        }
    }

    /// A field that nobody is found by.
    fn fold(&mut self, what: &str, rest: &str, value: Option<&str>) {
        let on = value.is_some();
        match what {
            "always-on" => self.always_on = on,
            "created" => self.created = Time(value.and_then(|v| v.parse().ok()).unwrap_or(0)),
            "ignored" => {
                let Ok(whom) = rest.parse().map(PersonId) else { return };
                match value.and_then(|v| Nick::recorded(v, usize::MAX).ok()) {
                    Some(nick) => self.ignored.insert(whom, nick),
                    None => self.ignored.remove(&whom),
                };
            }
            READ => {
                match value.and_then(ReadUntil::read) {
                    Some(until) => self.read.insert(rest.to_owned(), until),
                    None => self.read.remove(rest),
                };
            }
            "waiting" => {
                let Ok(from) = rest.parse().map(PersonId) else { return };
                match value.and_then(|v| v.parse().ok()) {
                    // Only the first of what waits says where it begins.
                    Some(seq) => drop(self.waiting.entry(from).or_insert(Seq(seq))),
                    None => drop(self.waiting.remove(&from)),
                }
            }
            metadata::FIELD => metadata::fold(&mut self.metadata, rest, value),
            STAYS => {
                // By its key, so that it is one room however it is written; the value is how.
                let Ok(room) = RoomName::recorded(value.unwrap_or(rest), usize::MAX) else { return };
                if on {
                    self.stays_in.insert(room)
                } else {
                    self.stays_in.remove(&room)
                };
            }
            _ => {}
        }
    }
}

/// The field that makes an account, which every account has. It sorts before none of the others: a hall that begins looks
/// for it first.
pub(crate) const NAME: &str = "name";

/// The account is in a room although nobody is connected, or is not.
pub(crate) fn stays(id: PersonId, room: &RoomName, on: bool) -> Keep {
    field(id, format!("{STAYS}:{}", room.key()), on.then(|| room.as_str().to_owned()))
}

/// What the fields of an account are about.
pub(crate) fn subject(id: PersonId) -> Subject {
    Subject::Account(id)
}

/// A field of an account, with a value or without.
pub(crate) fn field(id: PersonId, field: impl Into<String>, value: Option<String>) -> Keep {
    Keep::field(Subject::Account(id), field, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_a_fold_over_fields() {
        let (id, other) = (PersonId(7), PersonId(8));
        let nick = |raw: &str| Nick::new(raw, 30).unwrap();
        let mut accounts = Accounts::default();
        let set = |name: &str, value: &str| field(id, name, Some(value.to_owned()));
        for keep in [
            set("verifier", "before the name: not an account"),
            set("name", "Minsu"),
            set("nick:minsu", "Minsu"),
            set("nick:민수", "민수"),
            set("certificate:ab", "on"),
            set("waiting:8", "12"),
            set("waiting:8", "30"),
            set("read:#수다", "5"),
        ] {
            accounts.fold(&keep);
        }
        let account = accounts.get(id).unwrap();
        assert_eq!((account.nicks.len(), &account.verifier), (2, &None));
        assert_eq!(account.waiting.get(&other), Some(&Seq(12)));
        assert_eq!((accounts.owner(&nick("민수")), accounts.owner(&nick("MINSU"))), (Some(id), Some(id)));
        assert_eq!((accounts.certified("ab"), accounts.resembled(&nick("영희"))), (Some(id), None));
        accounts.fold(&field(id, "nick:민수", None));
        assert_eq!(accounts.owner(&nick("민수")), None);
        accounts.fold(&Keep::Forget(Subject::Account(id)));
        assert_eq!((accounts.len(), accounts.owner(&nick("minsu")), accounts.certified("ab")), (0, None, None));
    }
}
