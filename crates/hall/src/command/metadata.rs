//! What is noted about people and rooms: who may note it, who is told, and what of it a session wants to know.

use std::collections::BTreeSet;
use std::ops::Bound;

use smallvec::smallvec;

use crate::metadata::{About, FIELD, Key, Metadata, NoNote, Noted, Notes, Noting, note};
use crate::state::Effects;
use crate::{
    Effect, Entry, Event, Hall, Keep, LogId, PersonId, Refusal, Reply, SessionId, Standing, Subject, Target, Text,
    accounts,
};

impl Hall {
    pub(super) fn metadata(
        &mut self,
        session: SessionId,
        of: Option<Target>,
        asked: Noting,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        match asked {
            Noting::Get(keys) => {
                let about = self.noted_about(session, of)?;
                let none = Metadata::new();
                let known = self.notes_of(&about).unwrap_or(&none);
                let values = keys.into_iter().map(|key| (key.clone(), known.get(&key).cloned())).collect();
                self.tell_noted(session, Noted::Values(self.name_of(&about), values), out);
            }
            Noting::List => {
                let about = self.noted_about(session, of)?;
                let values = self.notes_of(&about).into_iter().flatten();
                let values = values.map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
                self.tell_noted(session, Noted::Values(self.name_of(&about), values), out);
            }
            Noting::Set(key, value) => return self.set_note(session, of, key, value, out),
            Noting::Clear => return self.clear_notes(session, of, out),
            Noting::Sync(after) => {
                let about = self.noted_about(session, of)?;
                self.sync(session, &about, after, out);
            }
            Noting::SyncSoon => {
                let about = self.noted_about(session, of)?;
                let people = |room| self.rooms.get(room).map_or(0, |there| there.members.len());
                match &about {
                    About::Room(room) if people(room) > self.limits.metadata_told_people => {
                        self.tell_noted(session, Noted::Later(Some(room.to_string())), out);
                    }
                    _ => self.sync(session, &about, None, out),
                }
            }
            Noting::SyncAll(after) => {
                let keys = self.subscriptions(session).cloned().unwrap_or_default();
                self.sync_all(session, &keys, after, out);
            }
            Noting::Subscribe(keys) => self.subscribe(session, keys, out),
            Noting::Unsubscribe(Some(keys)) => {
                self.unsubscribe(session, &keys);
                self.tell_noted(session, Noted::Unsubscribed(keys), out);
            }
            Noting::Unsubscribe(None) => self.unsubscribe_all(session),
            Noting::Subscriptions => {
                let keys = self.subscriptions(session).into_iter().flatten().cloned().collect();
                self.tell_noted(session, Noted::Subscriptions(keys), out);
            }
        }
        Ok(())
    }

    fn tell_noted(&self, session: SessionId, noted: Noted, out: &mut Effects) {
        out.push(Effect::Reply(session, Reply::Noted(Box::new(noted)), self.head));
    }

    /// Whom or which room a session means: itself, if it names none.
    fn noted_about(&self, session: SessionId, of: Option<Target>) -> Result<About, Refusal> {
        let own = self.person_of(session);
        let nobody = |name: &str| Refusal::NotNoted(Box::new(NoNote::Target(name.to_owned())));
        match of {
            None => Ok(About::Person(own)),
            Some(Target::Person(nick)) if self.people[&own].nick == nick => Ok(About::Person(own)),
            Some(Target::Person(nick)) => self.seen_as(&nick).map(About::Person).ok_or_else(|| nobody(nick.as_str())),
            Some(Target::Room(room)) => match self.rooms.get_key_value(&room) {
                Some((name, _)) if !self.is_hidden(session, &room) => Ok(About::Room(name.clone())),
                _ => Err(nobody(room.as_str())),
            },
        }
    }

    fn name_of(&self, about: &About) -> String {
        match about {
            About::Room(room) => room.to_string(),
            About::Person(id) => self.people.get(id).map(|person| person.nick.to_string()).unwrap_or_default(),
        }
    }

    fn notes_of(&self, about: &About) -> Option<&Metadata> {
        match about {
            About::Room(room) => self.rules.of(room).map(|rules| &rules.metadata),
            About::Person(id) => self.metadata_of(*id),
        }
    }

    /// What is noted about a person.
    pub(crate) fn metadata_of(&self, id: PersonId) -> Option<&Metadata> {
        match self.accounts.get(id) {
            Some(account) => Some(&account.metadata),
            None => self.people.get(&id)?.rare.as_ref().map(|rare| &rare.metadata),
        }
    }

    /// What is noted about a person, as it is told.
    pub(crate) fn notes(&self, id: PersonId) -> Vec<(Key, Text)> {
        self.metadata_of(id).into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Whether a session may note something about somebody, or about a room.
    fn may_note(&self, session: SessionId, about: &About, key: Option<&Key>) -> Result<(), Refusal> {
        let may = match about {
            About::Person(id) => *id == self.person_of(session),
            About::Room(room) => self.standing(session, room) >= Standing::Operator,
        };
        let denied = || Refusal::NotNoted(Box::new(NoNote::Denied(self.name_of(about), key.cloned())));
        may.then_some(()).ok_or_else(denied)
    }

    fn set_note(
        &mut self,
        session: SessionId,
        of: Option<Target>,
        key: Key,
        value: Option<Text>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let about = self.noted_about(session, of)?;
        self.may_note(session, &about, Some(&key))?;
        if value.as_ref().is_some_and(|value| value.as_str().len() > self.limits.metadata_value_bytes) {
            return Err(Refusal::NotNoted(Box::new(NoNote::Value(key))));
        }
        let (before, count) = self.notes_of(&about).map_or((None, 0), |known| (known.get(&key).cloned(), known.len()));
        let notes = Notes::one(key, value);
        let now = notes.iter().next().and_then(|(_, value)| value.clone());
        if before == now {
            let changed = Noted::Changed { of: self.name_of(&about), notes, anew: false };
            self.tell_noted(session, changed, out);
            return Ok(());
        }
        let most = self.limits.metadata_keys;
        if before.is_none() && count >= most {
            return Err(Refusal::NotNoted(Box::new(NoNote::Full(self.name_of(&about), most))));
        }
        self.change_notes(session, about, notes, out)
    }

    fn clear_notes(&mut self, session: SessionId, of: Option<Target>, out: &mut Effects) -> Result<(), Refusal> {
        let about = self.noted_about(session, of)?;
        self.may_note(session, &about, None)?;
        let notes = Notes::without(self.notes_of(&about).into_iter().flatten().map(|(key, _)| key.clone()));
        if notes.iter().next().is_none() {
            let changed = Noted::Changed { of: self.name_of(&about), notes, anew: false };
            self.tell_noted(session, changed, out);
            return Ok(());
        }
        self.change_notes(session, about, notes, out)
    }

    /// Has something noted: on the record, unless nobody knows of the one whom it is about.
    fn change_notes(
        &mut self,
        session: SessionId,
        about: About,
        notes: Notes,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let (now, most, own) = (self.now, self.limits.metadata_changes_per_minute, self.person_of(session));
        if let Some(person) = self.people.get_mut(&own) {
            let too_often = |seconds| Refusal::NotNoted(Box::new(NoNote::TooOften(seconds)));
            person.rare_mut().noted.once_more(most, now).map_err(too_often)?;
        }
        let (log, subject) = match about {
            About::Room(room) => (LogId::Room(room.clone()), Some(Subject::Room(room))),
            About::Person(id) if self.accounts.get(id).is_some() => {
                (LogId::direct(id, id), Some(accounts::subject(id)))
            }
            About::Person(id) if self.is_at_door(id) => {
                self.note_of_guest(id, &notes);
                let changed = Noted::Changed { of: self.name_of(&about), notes, anew: true };
                self.tell_noted(session, changed, out);
                return Ok(());
            }
            About::Person(id) => (LogId::direct(id, id), None),
        };
        let keeps = subject.map(|subject| kept(&subject, &notes)).unwrap_or_default();
        self.propose_keeping(session, smallvec![log], Event::Noted(notes), keeps, out);
        Ok(())
    }

    fn note_of_guest(&mut self, id: PersonId, notes: &Notes) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let metadata = &mut person.rare_mut().metadata;
        notes.iter().for_each(|(key, value)| note(metadata, key, value.as_ref()));
        self.is_annotated(id);
    }

    /// What is noted about a person has changed: they are found by it, or are not any more.
    pub(crate) fn is_annotated(&mut self, id: PersonId) {
        if self.metadata_of(id).is_some_and(|known| !known.is_empty()) {
            self.annotated.insert(id);
        } else {
            self.annotated.remove(&id);
        }
    }

    /// Something is noted from now on: who has asked for it is answered, and whoever wants to know is told.
    pub(crate) fn noted(&mut self, entry: &Entry, notes: &Notes, out: &mut Effects) {
        let id = entry.author.person;
        let about = match entry.logs.first() {
            Some(LogId::Room(room)) => About::Room(room.clone()),
            _ => About::Person(id),
        };
        if about == About::Person(id) && self.accounts.get(id).is_none() {
            self.note_of_guest(id, notes);
        }
        let of = self.name_of(&about);
        for (key, value) in notes.iter() {
            for session in self.subscribers.get(key).into_iter().flatten() {
                if *session == entry.author.session || !self.sees(*session, &about) {
                    continue;
                }
                let (by, of, key, value) = (Box::new(entry.author.clone()), of.clone(), key.clone(), value.clone());
                let told = Reply::Noted(Box::new(Noted::Told { by, of, key, value }));
                out.push(Effect::Reply(*session, told, entry.seq));
            }
        }
        let changed = Noted::Changed { of, notes: notes.clone(), anew: true };
        out.push(Effect::Reply(entry.author.session, Reply::Noted(Box::new(changed)), entry.seq));
    }

    /// Whether a session is told of what is noted about somebody, or about a room.
    fn sees(&self, session: SessionId, about: &About) -> bool {
        let Some(known) = self.sessions.get(&session).filter(|_| !self.door(session).any()) else { return false };
        let Some(reader) = self.people.get(&known.person) else { return false };
        match about {
            About::Room(room) => reader.presence(room).is_some(),
            About::Person(id) if *id == known.person => true,
            About::Person(id) => {
                let Some(person) = self.people.get(id).filter(|person| person.known) else { return false };
                let monitored = known.rare.as_ref().is_some_and(|rare| rare.monitored.contains(&person.nick));
                let rooms = self.rooms_shown(*id);
                let shared = |log: &LogId| matches!(log, LogId::Room(room) if reader.presence(room).is_some());
                monitored || rooms.iter().any(shared)
            }
        }
    }

    fn subscriptions(&self, session: SessionId) -> Option<&BTreeSet<Key>> {
        self.sessions.get(&session)?.rare.as_ref().map(|rare| &rare.subscriptions)
    }

    fn subscribe(&mut self, session: SessionId, keys: Vec<Key>, out: &mut Effects) {
        let most = self.limits.metadata_subscriptions;
        let Some(known) = self.sessions.get_mut(&session) else { return };
        let subscriptions = &mut known.rare_mut().subscriptions;
        let (mut all, mut anew, mut over) = (Vec::new(), BTreeSet::new(), None);
        for key in keys {
            if subscriptions.len() >= most {
                over = Some((key, most));
                break;
            }
            if subscriptions.insert(key.clone()) {
                anew.insert(key.clone());
            }
            all.push(key);
        }
        for key in &anew {
            self.subscribers.entry(key.clone()).or_default().insert(session);
        }
        self.tell_noted(session, Noted::Subscribed(all, over), out);
        if anew.is_empty() || self.door(session).any() {
            return;
        }
        let rooms = self.rooms_of(self.person_of(session));
        let people: usize = rooms.iter().filter_map(|room| self.rooms.get(room)).map(|r| r.members.len()).sum();
        if people > self.limits.metadata_told_people {
            self.tell_noted(session, Noted::Later(None), out);
        } else {
            self.sync_all(session, &anew, None, out);
        }
    }

    fn unsubscribe(&mut self, session: SessionId, keys: &[Key]) {
        if let Some(rare) = self.sessions.get_mut(&session).and_then(|known| known.rare.as_mut()) {
            rare.subscriptions.retain(|key| !keys.contains(key));
        }
        for key in keys {
            if let Some(sessions) = self.subscribers.get_mut(key) {
                sessions.remove(&session);
                if sessions.is_empty() {
                    self.subscribers.remove(key);
                }
            }
        }
    }

    /// A session is told of no key any more.
    pub(crate) fn unsubscribe_all(&mut self, session: SessionId) {
        let keys: Vec<_> = self.subscriptions(session).into_iter().flatten().cloned().collect();
        self.unsubscribe(session, &keys);
    }

    /// Tells a session what it wants to know of somebody, or of a room and all who are in it.
    fn sync(&self, session: SessionId, about: &About, after: Option<PersonId>, out: &mut Effects) {
        let keys = self.subscriptions(session).cloned().unwrap_or_default();
        let begins = after.is_none();
        let mut values = Vec::new();
        if begins {
            self.pick(about, &keys, &mut values);
        }
        let more = match about {
            About::Room(room) => self.rooms.get(room).and_then(|there| {
                // Whichever are fewer are looked through.
                if self.annotated.len() < there.members.len() {
                    let people = self.annotated.range(behind(after)).filter(|id| there.members.contains(*id));
                    self.pick_all(people, &keys, &mut values)
                } else {
                    self.pick_all(there.members.range(behind(after)), &keys, &mut values)
                }
            }),
            About::Person(_) => None,
        };
        let of = Some(self.name_of(about));
        self.tell_noted(session, Noted::Known { of, values, begins, more }, out);
    }

    /// Tells a session what it wants to know of all rooms and people whom it sees.
    fn sync_all(&self, session: SessionId, keys: &BTreeSet<Key>, after: Option<PersonId>, out: &mut Effects) {
        let begins = after.is_none();
        let mut values = Vec::new();
        if begins {
            for room in self.rooms_of(self.person_of(session)) {
                self.pick(&About::Room(room), keys, &mut values);
            }
        }
        let seen = |id: &&PersonId| self.people.contains_key(*id) && self.sees(session, &About::Person(**id));
        let more = self.pick_all(self.annotated.range(behind(after)).filter(seen), keys, &mut values);
        self.tell_noted(session, Noted::Known { of: None, values, begins, more }, out);
    }

    /// What is noted under these keys.
    fn pick(&self, about: &About, keys: &BTreeSet<Key>, values: &mut Vec<(String, Key, Text)>) {
        let Some(known) = self.notes_of(about).filter(|known| !known.is_empty()) else { return };
        for (key, value) in keys.iter().filter_map(|key| known.get_key_value(key)) {
            values.push((self.name_of(about), key.clone(), value.clone()));
        }
    }

    /// What is noted about people under these keys, until it is as much as is told in one go: then, behind whom there is
    /// more.
    fn pick_all<'a>(
        &self,
        people: impl Iterator<Item = &'a PersonId>,
        keys: &BTreeSet<Key>,
        values: &mut Vec<(String, Key, Text)>,
    ) -> Option<PersonId> {
        let mut last = None;
        for id in people {
            if values.len() >= self.limits.people_per_answer {
                return last;
            }
            self.pick(&About::Person(*id), keys, values);
            last = Some(*id);
        }
        None
    }

    /// What a guest has noted about themselves goes on with the account whose person they are from now on.
    pub(crate) fn take_notes_along(&mut self, session: SessionId, from: &Metadata, out: &mut Effects) {
        let id = self.person_of(session);
        let mut room = self.limits.metadata_keys.saturating_sub(self.metadata_of(id).map_or(0, Metadata::len));
        for (key, value) in from {
            let known = self.metadata_of(id).and_then(|known| known.get(key));
            let fits = known.is_some() || room > 0;
            if fits && known != Some(value) {
                room -= usize::from(known.is_none());
                let notes = Notes::one(key.clone(), Some(value.clone()));
                let keeps = kept(&accounts::subject(id), &notes);
                self.propose_keeping(session, smallvec![LogId::direct(id, id)], Event::Noted(notes), keeps, out);
            }
        }
    }
}

/// All who come behind somebody, or behind nobody.
pub(super) fn behind(after: Option<PersonId>) -> (Bound<PersonId>, Bound<PersonId>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

/// What is kept beside the log of what is noted.
pub(crate) fn kept(subject: &Subject, notes: &Notes) -> Vec<Keep> {
    let keep = |(key, value): &(Key, Option<Text>)| {
        let value = value.as_ref().map(|value| value.as_str().to_owned());
        Keep::field(subject.clone(), format!("{FIELD}:{key}"), value)
    };
    notes.iter().map(keep).collect()
}
