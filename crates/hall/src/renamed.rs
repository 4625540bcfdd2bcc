//! Rooms that are called otherwise than before: what was said or asked in their old names, and is done with in the new ones.
//!
//! A proposal names rooms as they were called when it was made. The ledger may number a rename before it, of which whoever
//! made it knew nothing; what it names is the same room all the same. Every proposal says as of which entry it was made, so
//! that the ledger and the hall give it the same names of today ([`Renamed::update`]).

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{Deed, Effect, Entry, Event, Keep, LogId, Proposal, Query, RoomName, Seq, Subject, fields_of_room};

/// A room was renamed, by this entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The entry.
    pub seq: Seq,
    /// What the room was called.
    pub from: RoomName,
    /// What it is called.
    pub to: RoomName,
}

impl Renamed {
    /// What a log is called since then; none if it is not one of the room's.
    #[must_use]
    pub fn log(&self, log: &LogId) -> Option<LogId> {
        match log {
            LogId::Room(room) if *room == self.from => Some(LogId::Room(self.to.clone())),
            LogId::Operators(room) if *room == self.from => Some(LogId::Operators(self.to.clone())),
            _ => None,
        }
    }

    /// What a log was called that is one of the room's.
    #[must_use]
    pub fn log_before(&self, log: &LogId) -> Option<LogId> {
        Self { seq: self.seq, from: self.to.clone(), to: self.from.clone() }.log(log)
    }

    /// What the log is called since then of another room that had the new name: if it has to be called otherwise.
    #[must_use]
    pub fn log_apart(&self, log: &LogId) -> Option<LogId> {
        if self.from == self.to {
            return None;
        }
        Self { seq: self.seq, from: self.to.clone(), to: self.to.apart(self.seq.0) }.log(log)
    }

    /// Has a proposal name the room as it is called now, if whoever made it could not know that.
    pub fn update(&self, proposal: &mut Proposal) {
        if proposal.as_of >= self.seq {
            return;
        }
        for log in &mut proposal.logs {
            if let Some(new) = self.log(log) {
                *log = new;
            }
        }
        match &mut proposal.event {
            Event::Invite(room) | Event::Account(Deed::Read(room, _)) if *room == self.from => *room = self.to.clone(),
            Event::Account(Deed::ReadUntil(target, _)) if **target == *self.from.as_str() => {
                *target = self.to.as_str().into();
            }
            _ => {}
        }
        proposal.keeps.iter_mut().for_each(|keep| self.update_keep(keep));
    }

    fn update_keep(&self, keep: &mut Keep) {
        let (Keep::Set(subject, ..) | Keep::Unset(subject, _) | Keep::Forget(subject)) = &mut *keep else { return };
        if matches!(subject, Subject::Room(room) if *room == self.from) {
            *subject = Subject::Room(self.to.clone());
        }
        if !matches!(subject, Subject::Account(_)) {
            return;
        }
        let (Keep::Set(_, field, _) | Keep::Unset(_, field)) = &mut *keep else { return };
        let old = fields_of_room(&self.from).into_iter().position(|(name, _)| name == *field);
        let Some((name, value)) = old.map(|at| fields_of_room(&self.to)[at].clone()) else { return };
        *field = name;
        if let (Keep::Set(_, _, before), Some(value)) = (keep, value) {
            *before = crate::Secret::new(value);
        }
    }

    /// Has an entry that came before it name the room as it is called now.
    pub(crate) fn update_entry(&self, entry: &mut Arc<Entry>) {
        if entry.seq <= self.seq && entry.logs.iter().any(|log| self.log(log).is_some()) {
            let logs = entry.logs.iter().map(|log| self.log(log).unwrap_or_else(|| log.clone())).collect();
            *entry = Arc::new(Entry { logs, ..(**entry).clone() });
        }
    }

    /// Has what is yet to be done name the room as it will be called when it is.
    pub(crate) fn update_effect(&self, effect: &mut Effect) {
        match effect {
            Effect::Follow(_, log, ..)
            | Effect::Redact(log, ..)
            | Effect::Ask(_, Query::Replay { log, .. } | Query::History { log, .. }) => {
                if let Some(new) = self.log(log) {
                    *log = new;
                }
            }
            Effect::Focus(_, room) if room.as_ref() == Some(&self.from) => *room = Some(self.to.clone()),
            _ => {}
        }
    }
}

/// The rooms that had other names, as far as that is remembered, and those that are about to have others.
#[derive(Debug, Default)]
pub(crate) struct Renames {
    /// In their order.
    done: VecDeque<Done>,
    /// What the ledger has been asked to record: the name so far, and the new one.
    pending: Vec<(RoomName, RoomName)>,
}

#[derive(Debug)]
struct Done {
    renamed: Renamed,
    /// Whether who comes by the old name is led to the new one.
    leads: bool,
}

impl Renames {
    /// The ledger is asked to record that a room is called otherwise.
    pub(crate) fn begin(&mut self, from: RoomName, to: RoomName) {
        self.pending.push((from, to));
    }

    /// The ledger has answered.
    pub(crate) fn end(&mut self, from: &RoomName, to: &RoomName) {
        self.pending.retain(|(old, new)| (old, new) != (from, to));
    }

    /// Whether a room of this name is about to have another one.
    pub(crate) fn is_leaving(&self, from: &RoomName) -> bool {
        self.pending.iter().any(|(old, _)| old == from)
    }

    /// The room that is about to have this name.
    pub(crate) fn is_taking(&self, to: &RoomName) -> Option<&RoomName> {
        self.pending.iter().find(|(_, new)| new == to).map(|(old, _)| old)
    }

    /// A room is called otherwise. Of all that are remembered, `most` are the latest.
    pub(crate) fn add(&mut self, renamed: Renamed, most: usize) {
        // Who comes by the name that it has now comes to it.
        for done in self.done.iter_mut().filter(|done| done.renamed.from == renamed.to) {
            done.leads = false;
        }
        if renamed.from == renamed.to {
            // Of how it was written only the last is remembered, so that no other room's old name is forgotten for it.
            let spelt = |done: &Done| done.renamed.from == done.renamed.to && done.renamed.to == renamed.to;
            self.done.retain(|done| !spelt(done));
        }
        self.done.push_back(Done { renamed, leads: true });
        while self.done.len() > most {
            self.done.pop_front();
        }
    }

    /// A room of this name is opened anew: nobody is led away from it, and nobody is led to it who means another one.
    pub(crate) fn opened(&mut self, room: &RoomName) {
        let mut names = vec![room.clone()];
        for done in self.done.iter_mut().rev() {
            let Renamed { from, to, .. } = &done.renamed;
            if done.leads && (names.contains(to) || from == room) {
                done.leads = false;
                names.push(from.clone());
            }
        }
    }

    /// What a room is called now that had this name last.
    pub(crate) fn leads(&self, name: &RoomName) -> Option<RoomName> {
        let leading = |from: &RoomName, done: &Done| done.leads && done.renamed.from == *from;
        let first = self.done.iter().rposition(|done| leading(name, done))?;
        let mut to = &self.done[first].renamed.to;
        // Each further name is that of a later entry, so that there is an end to it.
        for done in self.done.range(first + 1..) {
            if leading(to, done) {
                to = &done.renamed.to;
            }
        }
        (to != name).then(|| to.clone())
    }

    /// The proposal with the names of today.
    pub(crate) fn update(&self, proposal: &Proposal) -> Proposal {
        let mut updated = proposal.clone();
        self.done.iter().for_each(|done| done.renamed.update(&mut updated));
        updated
    }

    /// Has entries that were read before the hall knew of a rename name rooms as they are called now.
    pub(crate) fn update_entries(&self, entries: &mut [Arc<Entry>]) {
        for done in &self.done {
            entries.iter_mut().for_each(|entry| done.renamed.update_entry(entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Author, Logs, Nick, PersonId, SessionId, Text};

    fn room(name: &str) -> RoomName {
        RoomName::new(name, 50).unwrap()
    }

    fn renames(of: &[(&str, &str)]) -> Renames {
        let mut renames = Renames::default();
        for (n, (from, to)) in of.iter().enumerate() {
            renames.add(Renamed { seq: Seq(n as u64 + 1), from: room(from), to: room(to) }, 4);
        }
        renames
    }

    #[test]
    fn an_old_name_leads_to_the_latest_and_round_no_circle() {
        let check = |of: &[(&str, &str)], name: &str, expect: Option<&str>| {
            assert_eq!(renames(of).leads(&room(name)), expect.map(room), "{of:?} {name}");
        };
        check(&[("#a", "#b")], "#A", Some("#b"));
        check(&[("#a", "#b")], "#b", None);
        check(&[("#a", "#b"), ("#b", "#c")], "#a", Some("#c"));
        check(&[("#a", "#b"), ("#b", "#a")], "#a", None);
        check(&[("#a", "#b"), ("#b", "#a")], "#b", Some("#a"));
        check(&[("#a", "#b"), ("#b", "#a"), ("#a", "#b")], "#a", Some("#b"));
        // Another room has the name that leads on.
        check(&[("#a", "#b"), ("#c", "#a")], "#a", None);
        check(&[("#a", "#b"), ("#c", "#a"), ("#a", "#d")], "#c", Some("#d"));
        check(&[("#a", "#A")], "#a", None);
        check(&[("#a", "#b"), ("#b", "#B")], "#a", Some("#B"));
        check(&[("#a", "#b"), ("#1", "#2"), ("#2", "#3"), ("#3", "#4"), ("#4", "#5")], "#a", None);
    }

    #[test]
    fn a_room_that_is_opened_anew_is_no_old_one() {
        let mut renames = renames(&[("#a", "#b"), ("#x", "#y"), ("#b", "#c")]);
        renames.opened(&room("#c"));
        assert_eq!((renames.leads(&room("#a")), renames.leads(&room("#b"))), (None, None));
        assert_eq!(renames.leads(&room("#x")), Some(room("#y")));
        renames.opened(&room("#x"));
        assert_eq!(renames.leads(&room("#x")), None);
    }

    #[test]
    fn a_proposal_of_before_names_the_room_as_it_is_called_now() {
        let renamed = Renamed { seq: Seq(9), from: room("#old"), to: room("#New") };
        let author = Author::guest(PersonId(1), SessionId(1), Nick::new("a", 9).unwrap());
        let logs: Logs = [LogId::Room(room("#old")), LogId::Room(room("#x"))].into_iter().collect();
        let keeps = vec![
            crate::accounts::stays(PersonId(1), &room("#old"), true),
            Keep::Unset(Subject::Account(PersonId(1)), "read:#old".to_owned()),
            Keep::Forget(Subject::Room(room("#OLD"))),
        ];
        let mut proposal = Proposal { keeps, as_of: Seq(8), ..Proposal::new(author, logs, Event::Part(Text::new(""))) };
        let of_now = Proposal { as_of: Seq(9), ..proposal.clone() };
        renamed.update(&mut proposal);
        assert_eq!(proposal.logs[..], [LogId::Room(room("#new")), LogId::Room(room("#x"))]);
        let expect = [
            crate::accounts::stays(PersonId(1), &room("#New"), true),
            Keep::Unset(Subject::Account(PersonId(1)), "read:#new".to_owned()),
            Keep::Forget(Subject::Room(room("#new"))),
        ];
        assert_eq!(proposal.keeps, expect);
        let mut updated = of_now.clone();
        renamed.update(&mut updated);
        assert_eq!(updated, of_now, "who knew of it means another room");
    }
}
