//! What really happened: every entry the ledger took and every proposal it did not, folded by rules of its own, so that
//! what the hall says of itself can be compared with something that is not the hall.

use std::collections::BTreeMap;
use std::sync::Arc;

use hall::{Entry, Event, LogId, PersonId, Proposal, RoomName, Seq, SessionId};

/// The record of the ledger.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// All entries, in order, whether the ledger still keeps them or not.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// When the hall was given each of them.
    pub(crate) applied_ms: Vec<u64>,
    /// What the ledger did not take, and how many entries it had then.
    pub(crate) failed: Vec<(usize, Proposal)>,
    /// Whose each session is, in the order of arrival.
    pub(crate) sessions: BTreeMap<SessionId, PersonId>,
}

impl Truth {
    pub(crate) fn arrived(&mut self, session: SessionId) {
        let person = PersonId(self.sessions.len() as u64 + 1);
        self.sessions.insert(session, person);
    }

    /// The nicks of those whom others saw in a room at an entry, sorted as they are shown.
    pub(crate) fn members(&self, room: &RoomName, until: Seq) -> Vec<String> {
        let log = LogId::Room(room.clone());
        let mut members = BTreeMap::new();
        for (index, entry) in self.entries.iter().enumerate().take_while(|(_, entry)| entry.seq <= until) {
            self.left_unseen(&log, index, &mut members);
            let (person, nick) = (entry.author.person, &entry.author.nick);
            match &entry.event {
                Event::Join(_) if entry.logs.contains(&log) => drop(members.insert(person, nick.clone())),
                Event::Part(_) | Event::Quit(_) if entry.logs.contains(&log) => drop(members.remove(&person)),
                Event::Nick(nick) if members.contains_key(&person) => drop(members.insert(person, nick.clone())),
                _ => {}
            }
        }
        self.left_unseen(&log, self.entries.len(), &mut members);
        // Whoever is gone is gone, on the record or not.
        for (_, gone) in self.failed.iter().filter(|(_, p)| matches!(p.event, Event::Quit(_))) {
            members.remove(&gone.author.person);
        }
        let mut nicks: Vec<_> = members.into_values().collect();
        nicks.sort();
        nicks.iter().map(ToString::to_string).collect()
    }

    /// Takes out those whose leaving the ledger did not take, when it had so many entries.
    fn left_unseen(&self, log: &LogId, entries: usize, members: &mut BTreeMap<PersonId, hall::Nick>) {
        for (at, gone) in &self.failed {
            if *at == entries && matches!(gone.event, Event::Part(_)) && gone.logs.contains(log) {
                members.remove(&gone.author.person);
            }
        }
    }

    /// How often a text with this mark got onto the ledger, and how often it was turned away by it.
    pub(crate) fn count(&self, mark: &str) -> (usize, usize) {
        let has = |event: &Event| matches!(event, Event::Message(_, text) if text.as_str().contains(mark));
        let taken = self.entries.iter().filter(|e| has(&e.event)).count();
        (taken, self.failed.iter().filter(|(_, p)| has(&p.event)).count())
    }

    /// The direct messages of a session that got onto the ledger.
    pub(crate) fn directs_of(&self, session: SessionId) -> impl Iterator<Item = &Entry> {
        let is_direct = move |e: &&Entry| {
            e.author.session == session && matches!((&e.logs[0], &e.event), (LogId::Direct(..), Event::Message(..)))
        };
        self.entries.iter().map(|entry| &**entry).filter(is_direct)
    }

    /// The person at the other end of a direct message.
    pub(crate) fn addressee(&self, entry: &Entry) -> Option<SessionId> {
        let LogId::Direct(a, b) = entry.logs[0] else { return None };
        let other = if entry.author.person == a { b } else { a };
        self.sessions.iter().find(|(_, person)| **person == other).map(|(session, _)| *session)
    }
}
