//! The ledger in memory: the order of the hall for as long as the process lives, the latest entries of it kept.
//!
//! It serves tests, the simulation and halls that are to forget. Both of its limits hold for all logs together; the
//! oldest entries go first, whichever log they are in, and a reader who wanted them is told of the gap. Its readers share
//! what it holds, behind a lock that is held for as long as it takes to look.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hall::{
    Beginning, Entry, Event, Keep, LogId, PersonId, Proposal, Renamed, RoomName, Search, Secret, Seq, Subject, Text,
    Time, Topic, fields_of_room,
};

use crate::lately::Lately;
use crate::words::Wanted;
use crate::{Error, Found, Indexer, Ledger, Limits, Page, Reader, Rejected, SearchLimits, Stretch};

/// The ledger in memory.
#[derive(Debug)]
pub struct Memory {
    limits: Limits,
    hall: String,
    secret: Secret,
    state: Arc<RwLock<State>>,
    lately: Lately,
}

#[derive(Debug, Default)]
struct State {
    head: Seq,
    person: u64,
    session: u64,
    bytes: usize,
    order: VecDeque<Arc<Entry>>,
    logs: BTreeMap<LogId, Kept>,
    /// Logs that have the former name of another, which was renamed lately: that name is theirs now, whatever is left of them.
    own: BTreeSet<LogId>,
    topics: BTreeMap<RoomName, (Seq, Text)>,
    /// What is remembered beside the log. The hall has as much of it, and bounds it.
    kept: BTreeMap<Subject, BTreeMap<String, Secret>>,
    /// The last entry that was let go, and the latest time of any that were.
    gone: (Seq, Time),
}

/// What is kept of one log.
#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Arc<Entry>>,
    /// The last entry of this log that was let go.
    gone: Seq,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Memory {
    /// An empty ledger with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let random = || RandomState::new().hash_one(0_u8);
        let id = || format!("{:016x}{:016x}", random(), random());
        Self { limits, hall: id(), secret: Secret::new(id() + &id()), state: Arc::default(), lately: Lately::default() }
    }

    /// An empty ledger of the hall with this id, for worlds in which nothing may be random: its secret is the id, twice.
    #[must_use]
    pub fn of_hall(limits: Limits, hall: String) -> Self {
        Self { limits, secret: Secret::new(hall.repeat(2)), hall, state: Arc::default(), lately: Lately::default() }
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, entry: Arc<Entry>, limits: &Limits) {
        self.bytes += entry.text_bytes();
        for log in &entry.logs {
            // Of a log that is new here, or of which nothing was left, entries may be gone.
            let gone = self.gone.0;
            let kept = self.logs.entry(log.clone()).or_insert_with(|| Kept { entries: VecDeque::new(), gone });
            kept.entries.push_back(Arc::clone(&entry));
        }
        self.order.push_back(entry);
        while self.order.len() > limits.entries || self.bytes > limits.bytes {
            let Some(old) = self.order.pop_front() else { break };
            self.let_go(&old);
        }
    }

    fn let_go(&mut self, old: &Entry) {
        self.bytes -= old.text_bytes();
        self.gone = (old.seq, self.gone.1.max(old.at));
        for log in &old.logs {
            if let Some(kept) = self.logs.get_mut(log) {
                kept.entries.pop_front();
                kept.gone = old.seq;
                if kept.entries.is_empty() {
                    self.logs.remove(log);
                }
            }
        }
    }

    /// What an entry changes beside being there.
    fn apply(&mut self, entry: &Entry) {
        self.person = self.person.max(entry.author.person.0);
        self.session = self.session.max(entry.author.session.0);
        match &entry.event {
            Event::Redact(target, _) => self.redact(*target),
            Event::Topic(text) => {
                let rooms = entry.logs.iter().filter_map(|log| match log {
                    LogId::Room(room) => Some(room),
                    LogId::Direct(..) | LogId::Operators(_) => None,
                });
                for room in rooms {
                    if text.as_str().is_empty() {
                        self.topics.remove(room);
                    } else {
                        self.topics.insert(room.clone(), (entry.seq, text.clone()));
                    }
                }
            }
            _ => {}
        }
        for keep in &entry.keeps {
            match keep {
                Keep::Rename(from, to) => {
                    let (from, to) = (from.clone(), to.clone());
                    self.rename(&Renamed { seq: entry.seq, from, to });
                }
                keep => self.remember(keep),
            }
        }
    }

    /// A room is called otherwise from now on.
    fn rename(&mut self, renamed: &Renamed) {
        let Renamed { from, to, .. } = renamed;
        self.own.remove(&LogId::Room(from.clone()));
        self.own.remove(&LogId::Operators(from.clone()));
        let another = |of: &LogId| renamed.log_apart(of);
        if from != to {
            self.topics.remove(to);
            self.relabel(&another);
        }
        self.relabel(&|of: &LogId| renamed.log(of));
        if let Some(topic) = self.topics.remove(from) {
            self.topics.insert(to.clone(), topic);
        }
        let (old, new) = (Subject::Room(from.clone()), Subject::Room(to.clone()));
        if let Some(fields) = self.kept.remove(&old) {
            self.kept.insert(new, fields);
        } else {
            self.kept.remove(&new);
        }
        for (subject, fields) in &mut self.kept {
            if !matches!(subject, Subject::Account(_)) {
                continue;
            }
            for ((old, _), (new, value)) in fields_of_room(from).into_iter().zip(fields_of_room(to)) {
                let before = fields.remove(&old);
                fields.remove(&new);
                if let Some(before) = before {
                    fields.insert(new, value.map_or(before, Secret::new));
                }
            }
        }
        self.kept.retain(|_, fields| !fields.is_empty());
    }

    /// Gives those logs other names for which there is one.
    fn relabel(&mut self, name: &dyn Fn(&LogId) -> Option<LogId>) {
        let logs: Vec<(LogId, LogId)> = self.logs.keys().filter_map(|log| Some((log.clone(), name(log)?))).collect();
        for (old, new) in logs {
            let Some(kept) = self.logs.remove(&old) else { continue };
            for entry in &kept.entries {
                let of = |log: &LogId| name(log).unwrap_or_else(|| log.clone());
                let called = Arc::new(Entry { logs: entry.logs.iter().map(of).collect(), ..(**entry).clone() });
                let Some(at) = self.place(entry.seq) else { continue };
                for log in called.logs.iter().filter(|log| **log != new) {
                    let Some(other) = self.logs.get_mut(log) else { continue };
                    if let Ok(at) = other.entries.binary_search_by_key(&called.seq, |e| e.seq) {
                        other.entries[at] = Arc::clone(&called);
                    }
                }
                self.order[at] = called;
            }
            let entries = kept.entries.iter().filter_map(|e| Some(Arc::clone(&self.order[self.place(e.seq)?])));
            let kept = Kept { entries: entries.collect(), gone: kept.gone };
            self.logs.insert(new, kept);
        }
    }

    /// Remembers and forgets.
    fn remember(&mut self, keep: &Keep) {
        match keep {
            Keep::Set(subject, field, value) => {
                self.kept.entry(subject.clone()).or_default().insert(field.clone(), value.clone());
            }
            Keep::Unset(subject, field) => {
                if let Some(fields) = self.kept.get_mut(subject) {
                    fields.remove(field);
                    if fields.is_empty() {
                        self.kept.remove(subject);
                    }
                }
            }
            Keep::Forget(subject) => drop(self.kept.remove(subject)),
            Keep::Rename(..) => {}
        }
    }

    /// Where an entry stands in the order, if it is kept.
    fn place(&self, seq: Seq) -> Option<usize> {
        self.order.binary_search_by_key(&seq, |e| e.seq).ok()
    }

    /// The number of an entry of this time or later whose predecessor was earlier; one more than the last if there is none.
    fn first_at(&self, time: Time) -> u64 {
        match self.order.partition_point(|e| e.at < time) {
            // There may have been earlier ones.
            0 if self.gone.1 >= time => 1,
            at => self.order.get(at).map_or(self.head.0 + 1, |e| e.seq.0),
        }
    }

    /// A topic, with what is still known of its entry.
    fn topic(&self, seq: Seq, text: &Text) -> Topic {
        let set = self.place(seq).map(|at| &self.order[at]);
        Topic { text: text.clone(), by: set.map(|entry| entry.author.nick.clone()), at: set.map(|entry| entry.at) }
    }

    /// Puts a tombstone in the place of a message.
    fn redact(&mut self, target: Seq) {
        let Some(at) = self.place(target) else { return };
        if !matches!(self.order[at].event, Event::Message(..)) {
            return;
        }
        self.bytes -= self.order[at].text_bytes();
        let stone = Arc::new(self.order[at].redacted());
        for log in &stone.logs {
            let Some(kept) = self.logs.get_mut(log) else { continue };
            if let Ok(at) = kept.entries.binary_search_by_key(&target, |e| e.seq) {
                kept.entries[at] = Arc::clone(&stone);
            }
        }
        self.order[at] = stone;
    }
}

impl Ledger for Memory {
    fn commit(&mut self, at: Time, group: Vec<Proposal>) -> Result<Vec<Arc<Entry>>, Rejected> {
        let (updated, renames) = self.lately.update(&group, self.head());
        let as_of = group.last().map_or(Seq(0), |last| last.as_of);
        let mut state = self.state_mut();
        let mut entries = Vec::with_capacity(group.len());
        for proposal in updated.unwrap_or(group) {
            state.head.0 += 1;
            let entry = Arc::new(Entry::new(state.head, at, proposal));
            // Who reads it again learns no secret.
            let bare = if entry.keeps.is_empty() {
                Arc::clone(&entry)
            } else {
                Arc::new(Entry { keeps: Vec::new(), ..(*entry).clone() })
            };
            let taken = bare.logs.iter().filter(|log| self.lately.now(log).is_some()).cloned();
            state.own.extend(taken);
            state.keep(bare, &self.limits);
            state.apply(&entry);
            entries.push(entry);
        }
        // Whoever reads finds the log by the one name or the other.
        if !renames.is_empty() {
            self.lately.add(renames, as_of);
            state.own.retain(|log| self.lately.now(log).is_some());
        }
        Ok(entries)
    }

    fn head(&self) -> Seq {
        self.state().head
    }

    fn beginning(&self, topics: usize) -> Result<Beginning, Error> {
        let state = self.state();
        let mut all: Vec<_> =
            state.topics.iter().map(|(room, (seq, text))| (room.clone(), *seq, state.topic(*seq, text))).collect();
        all.sort_by_key(|(_, seq, _)| *seq);
        let topics = all.split_off(all.len().saturating_sub(topics));
        Ok(Beginning {
            hall: self.hall.clone(),
            head: state.head,
            person: state.person,
            session: state.session,
            topics,
            kept: state.kept.iter().flat_map(fields).collect(),
            secret: Some(self.secret.clone()),
        })
    }

    fn reader(&self) -> Result<Box<dyn Reader>, Error> {
        Ok(Box::new(MemoryReader { state: Arc::clone(&self.state), lately: self.lately.clone() }))
    }

    fn indexer(&self) -> Result<Option<Box<dyn Indexer>>, Error> {
        Ok(None)
    }

    fn tend(&mut self, _: Time) -> Result<bool, Error> {
        Ok(false)
    }
}

/// A reader of the ledger in memory.
struct MemoryReader {
    state: Arc<RwLock<State>>,
    lately: Lately,
}

impl State {
    /// What is kept of a log, which may have been renamed lately.
    fn log(&self, log: &LogId, lately: &Lately) -> Option<&Kept> {
        let renamed = || self.logs.get(&lately.now(log).filter(|_| !self.own.contains(log))?);
        self.logs.get(log).or_else(renamed)
    }
}

impl MemoryReader {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader for MemoryReader {
    fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error> {
        let state = self.state();
        let Some(kept) = state.log(log, &self.lately) else {
            return Ok(Page { entries: Vec::new(), gap: after < state.gone.0 });
        };
        let first = kept.entries.partition_point(|e| e.seq <= after);
        Ok(Page { entries: kept.entries.range(first..).take(most).cloned().collect(), gap: after < kept.gone })
    }

    fn last_messages(&self, log: &LogId, until: Seq, most: usize) -> Result<Page, Error> {
        let state = self.state();
        let Some(kept) = state.log(log, &self.lately) else { return Ok(Page::default()) };
        let end = kept.entries.partition_point(|e| e.seq <= until);
        let mut entries: Vec<_> =
            kept.entries.range(..end).rev().filter(|e| is_message(e)).take(most).cloned().collect();
        entries.reverse();
        Ok(Page { entries, gap: false })
    }

    fn stretch(&self, log: &LogId, stretch: &Stretch, most: usize) -> Result<Page, Error> {
        let state = self.state();
        let (first, last) = stretch.numbers(|time| Ok(state.first_at(time)))?;
        let gone = |gone: Seq| gone.0 >= first.max(1);
        let Some(kept) = state.log(log, &self.lately) else {
            return Ok(Page { entries: Vec::new(), gap: gone(state.gone.0) });
        };
        let begin = kept.entries.partition_point(|e| e.seq.0 < first);
        let end = kept.entries.partition_point(|e| e.seq.0 <= last).max(begin);
        let wanted = kept.entries.range(begin..end).filter(|e| stretch.events || is_message(e));
        let entries = if stretch.newest {
            let mut entries: Vec<_> = wanted.rev().take(most).cloned().collect();
            entries.reverse();
            entries
        } else {
            wanted.take(most).cloned().collect()
        };
        Ok(Page { entries, gap: gone(kept.gone) })
    }

    fn conversations(&self, person: PersonId) -> Result<Vec<LogId>, Error> {
        let theirs = |log: &&LogId| matches!(log, LogId::Direct(a, b) if a != b && (*a == person || *b == person));
        Ok(self.state().logs.keys().filter(theirs).cloned().collect())
    }

    fn search(&self, search: &Search, most: usize) -> Result<Found, Error> {
        let Some(wanted) = Wanted::new(search, &SearchLimits::default()) else { return Ok(Found::default()) };
        let state = self.state();
        let entries = state.order.iter().rev().filter(|e| wanted.fits(e)).take(most).cloned().collect();
        Ok(Found { entries, unindexed: 0 })
    }
}

/// The fields of a subject, one by one.
fn fields<'a>(
    (subject, fields): (&'a Subject, &'a BTreeMap<String, Secret>),
) -> impl Iterator<Item = (Subject, String, Secret)> {
    fields.iter().map(|(field, value)| (subject.clone(), field.clone(), value.clone()))
}

fn is_message(entry: &Entry) -> bool {
    matches!(entry.event, Event::Message(..) | Event::Redacted | Event::Audit(_))
}

#[cfg(test)]
mod tests {
    use hall::Span;

    use super::*;
    use crate::conformance::{check, message, proposal, room};

    #[test]
    fn passes_what_every_ledger_passes() {
        check(|| Box::new(Memory::default()));
    }

    #[test]
    fn the_oldest_go_first_and_the_reader_is_told() {
        let mut ledger = Memory::new(Limits { entries: 3, bytes: 1_000 });
        ledger.commit(Time(1), (0..5).map(|n| message("#a", &n.to_string())).collect()).unwrap();
        let reader = ledger.reader().unwrap();
        let page = reader.read(&room("#a"), Seq(0), 10).unwrap();
        assert!(page.gap);
        assert_eq!(page.entries.iter().map(|e| e.seq.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(!reader.read(&room("#a"), Seq(2), 10).unwrap().gap);
        let since = |at| Stretch::of(Span::Since(Time(at)), false);
        assert!(reader.stretch(&room("#a"), &since(0), 10).unwrap().gap);
        assert!(!reader.stretch(&room("#a"), &since(2), 10).unwrap().gap);
        let mut ledger = Memory::new(Limits { entries: 100, bytes: 10 });
        ledger.commit(Time(1), (0..5).map(|_| message("#a", "four")).collect()).unwrap();
        assert_eq!(ledger.reader().unwrap().read(&room("#a"), Seq(0), 10).unwrap().entries.len(), 2);
    }

    #[test]
    fn a_new_room_of_a_former_name_is_none_of_the_renamed_one() {
        let mut ledger = Memory::new(Limits { entries: 4, bytes: 1_000 });
        let named = |raw: &str| RoomName::new(raw, 9).unwrap();
        let (from, to) = (named("#a"), named("#b"));
        let event = Event::Rename { from: from.clone(), to: to.clone(), reason: Text::new("") };
        let rename = Proposal { keeps: vec![Keep::Rename(from, to)], ..proposal(&["#a"], event) };
        ledger.commit(Time(1), vec![message("#a", "before"), rename]).unwrap();
        let read = |ledger: &Memory| ledger.reader().unwrap().read(&room("#a"), Seq(0), 10).unwrap().entries.len();
        assert_eq!(read(&ledger), 2, "who asks by the old name does not know yet");
        // Whoever writes there now knows of the rename, and has opened another room.
        let known = |text: &str, name: &str| Proposal { as_of: Seq(2), ..message(name, text) };
        ledger.commit(Time(2), vec![known("another", "#a"), known("1", "#b"), known("2", "#b")]).unwrap();
        assert_eq!(read(&ledger), 1);
        ledger.commit(Time(3), vec![known("3", "#b"), known("4", "#b"), known("5", "#b")]).unwrap();
        assert_eq!(read(&ledger), 0, "what was said there is gone, and what is said in the other is none of it");
    }

    #[test]
    fn a_topic_outlives_the_entry_that_set_it() {
        let mut ledger = Memory::new(Limits { entries: 2, bytes: 1_000 });
        ledger.commit(Time(1), vec![proposal(&["#a"], Event::Topic(Text::new("주제")))]).unwrap();
        let topic = |ledger: &Memory| ledger.beginning(1).unwrap().topics[0].2.clone();
        assert!(topic(&ledger).by.is_some() && topic(&ledger).at == Some(Time(1)));
        ledger.commit(Time(2), vec![message("#b", "1"), message("#b", "2")]).unwrap();
        assert_eq!(topic(&ledger), Topic { text: Text::new("주제"), by: None, at: None });
    }

    #[test]
    fn tags_count_as_text_does_and_are_taken_back_with_it() {
        let mut ledger = Memory::default();
        let tags = Some("+example/x=1".into());
        ledger.commit(Time(1), vec![Proposal { tags, ..message("#a", "four") }]).unwrap();
        assert_eq!(ledger.state().bytes, 16);
        ledger.commit(Time(2), vec![proposal(&["#a"], Event::Redact(Seq(1), Text::new("why")))]).unwrap();
        assert_eq!(ledger.state().bytes, 3);
    }
}
