//! What a committed entry changes: the hall's state is the fold of these over the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::identity::AUDIT;
use crate::state::{Effects, Presence};
use crate::{
    Author, Block, Coming, Deed, Effect, Entry, Event, Feed, Hall, Kind, LogId, Nick, PersonId, Proposal, Refusal,
    Reply, RoomName, Seq, SessionId, Topic, accounts,
};

/// What each log grows by, and the feed that readers see it through.
type Grown = BTreeMap<LogId, (Option<Arc<Feed>>, Vec<Arc<Entry>>)>;

impl Hall {
    /// Applies entries that the ledger committed together, in their order, and lets the logs they belong to grow.
    ///
    /// # Panics
    /// In debug builds, when the entries do not follow the last one: that is our bug.
    pub fn commit(&mut self, entries: &[Arc<Entry>], out: &mut Effects) {
        let mut grown = Grown::new();
        let mut after = Effects::new();
        for entry in entries {
            debug_assert!(entry.seq > self.head, "entries come in order");
            self.head = entry.seq;
            for log in &entry.logs {
                if self.is_unannounced(entry, log) {
                    continue;
                }
                // The feed is picked up before the entry is applied: a room's last entry may be the one that empties it.
                let (feed, block) = grown.entry(log.clone()).or_insert_with(|| (self.feed(log), Vec::new()));
                if feed.is_none() {
                    *feed = self.feed(log);
                }
                block.push(Arc::clone(entry));
            }
            for keep in &entry.keeps {
                self.fold(keep);
            }
            self.unreserve(&entry.keeps);
            let heard = |this: &Self, room: &RoomName| {
                let block = grown.get(&LogId::Room(room.clone())).and_then(|(_, block)| block.last());
                block.map_or_else(|| this.rooms.get(room).map_or(entry.seq, |r| r.feed.head()), |last| last.seq)
            };
            self.apply(entry, &heard, &mut after);
            rename_grown(entry, &mut grown);
        }
        let after = before_the_logs_grow(after, out);
        for (log, (feed, block)) in grown {
            if let Some(feed) = feed {
                out.push(Effect::Grow(log, feed, Block::new(block)));
            }
        }
        out.extend(after);
    }

    /// Takes back what a proposal had begun: the ledger did not take it, for the reason that is told. Who comes and goes
    /// does so all the same, only that nobody is told.
    pub fn fail(&mut self, proposal: &Proposal, why: Refusal, out: &mut Effects) {
        // What it names may have another name by now.
        let proposal = &self.renames.update(proposal);
        let author = &proposal.author;
        self.unreserve(&proposal.keeps);
        if let Event::Rename { from, to, .. } = &proposal.event {
            self.renames.end(from, to);
        }
        match &proposal.event {
            Event::Message(..) | Event::Tags | Event::Invite(_) => self.came_back(&proposal.logs),
            Event::Guise(..) => self.is_seen_as_before(author.person),
            Event::Topic(_)
            | Event::Rename { .. }
            | Event::Away(_)
            | Event::Redact(..)
            | Event::Redacted
            | Event::Rule(_)
            | Event::Kick(..)
            | Event::Account(_)
            | Event::Audit(_)
            | Event::Noted(_) => {}
            Event::Join(_) => {
                for room in rooms(&proposal.logs) {
                    self.joined_unseen(author.person, room, out);
                }
            }
            Event::Part(_) => {
                for room in rooms(&proposal.logs) {
                    let heard = self.rooms.get(room).map_or(self.head, |r| r.feed.head());
                    self.parted(author.person, room, heard, out);
                }
            }
            Event::Nick(nick) => {
                if let Some(person) = self.people.get_mut(&author.person) {
                    let rare = person.rare_mut();
                    (rare.next_nick, rare.taken) = (None, None);
                    self.free_nick(nick, author.person);
                }
            }
            // Whoever is gone is gone, on the record or not.
            Event::Quit(_) => {
                self.has_left(author.person, &proposal.logs, self.head, out);
                return;
            }
        }
        out.push(Effect::Refuse(author.session, why, self.head));
    }

    /// Somebody's arrival is not on the record: they are in the room, and listen.
    fn joined_unseen(&mut self, id: PersonId, room: &RoomName, out: &mut Effects) {
        let Some(person) = self.people.get_mut(&id) else { return };
        let before = person.presence(room);
        person.set_presence(room, Presence::Listening);
        let sessions = person.sessions.clone();
        let Some(there) = self.rooms.get(room).filter(|_| before == Some(Presence::Joining)) else { return };
        let (head, people) = (there.feed.head(), there.members.len());
        for session in sessions {
            self.come_in(session, room, head, people, Coming::Unrecorded, out);
        }
    }

    /// A session is in a room from an entry on: it goes on where another one ended, or is told what was said before.
    fn come_in(
        &mut self,
        session: SessionId,
        room: &RoomName,
        from: Seq,
        people: usize,
        how: Coming,
        out: &mut Effects,
    ) {
        // Who has come in is told so behind the entry that says it.
        let told = Seq(from.0 + 1).min(self.head);
        let resumes = self.sessions.get(&session).and_then(|s| s.rare.as_ref()?.resumes);
        let from = resumes.map_or(from, |seq| seq.min(from)).max(self.floor(room));
        self.follow_room(session, room, from, out);
        let read = self.read_until(session, room);
        let reply = Reply::Joined { read, room: room.clone(), topic: self.topic_of(room), people, how };
        out.push(Effect::Reply(session, reply, told));
        if resumes.is_none() {
            self.replay(session, LogId::Room(room.clone()), self.head, out);
        }
    }

    pub(crate) fn feed(&self, log: &LogId) -> Option<Arc<Feed>> {
        match log {
            LogId::Room(room) => self.rooms.get(room).map(|r| Arc::clone(&r.feed)),
            LogId::Operators(room) => self.rooms.get(room)?.council.as_ref().map(|council| Arc::clone(&council.feed)),
            LogId::Direct(..) => self.directs.get(log).map(|d| Arc::clone(&d.feed)),
        }
    }

    /// In a room with very many people nobody is told of those who come, go or change their nick.
    fn is_unannounced(&self, entry: &Entry, log: &LogId) -> bool {
        let LogId::Room(room) = log else { return false };
        matches!(
            entry.event,
            Event::Join(_) | Event::Part(_) | Event::Quit(_) | Event::Nick(_) | Event::Away(_) | Event::Guise(..)
        ) && self.rooms.get(room).is_some_and(|there| there.members.len() >= self.limits.announced_people)
    }

    fn apply(&mut self, entry: &Entry, heard: &dyn Fn(&Self, &RoomName) -> Seq, out: &mut Effects) {
        match &entry.event {
            Event::Message(..) => {
                self.said(entry);
                self.council_told(entry, out);
                self.delivered(entry, out);
            }
            Event::Tags => self.came_back(&entry.logs),
            Event::Away(reason) => {
                self.is_away(entry.author.person, &entry.author, reason, out);
                let away = Reply::Away(!reason.as_str().is_empty());
                out.push(Effect::Reply(entry.author.session, away, entry.seq));
            }
            Event::Guise(guise, _) => self.is_seen_as(entry, guise, out),
            Event::Redact(target, _) => self.redacted(entry, *target, out),
            Event::Redacted => {}
            Event::Rule(rule) => rooms(&entry.logs).for_each(|room| self.ruled(entry.author.session, room, rule, out)),
            Event::Kick(whom, nick, _) => rooms(&entry.logs).for_each(|room| {
                if let Some(there) = self.rooms.get_mut(room) {
                    there.invited.remove(whom);
                }
                self.put_out(*whom, room, entry.seq, out);
                let reply = Reply::Kicked(room.clone(), nick.clone());
                out.push(Effect::Reply(entry.author.session, reply, self.head));
            }),
            Event::Invite(room) => {
                self.came_back(&entry.logs);
                if let Some(to) = other(entry) {
                    self.invited(entry.author.session, to, room, out);
                }
            }
            Event::Account(deed) => self.done_to_account(entry, deed, out),
            Event::Audit(words) => self.audited(entry, words, out),
            Event::Noted(notes) => self.noted(entry, notes, out),
            Event::Join(_) => rooms(&entry.logs).for_each(|room| self.joined(entry, room, out)),
            Event::Part(_) => rooms(&entry.logs).for_each(|room| {
                let until = heard(self, room);
                self.parted(entry.author.person, room, until, out);
            }),
            Event::Quit(_) => {
                self.has_left(entry.author.person, &entry.logs, entry.seq, out);
            }
            Event::Nick(nick) => self.renamed(entry, nick, out),
            Event::Rename { from, to, .. } => self.room_renamed(entry, from, to, out),
            Event::Topic(text) => {
                for room in rooms(&entry.logs) {
                    let by = Some(entry.author.nick.clone());
                    self.set_topic(room, entry.seq, Topic { text: text.clone(), by, at: Some(entry.at) });
                    let reply = Reply::TopicSet(room.clone(), text.clone());
                    out.push(Effect::Reply(entry.author.session, reply, self.head));
                }
            }
        }
    }

    /// Somebody is called otherwise from now on.
    fn renamed(&mut self, entry: &Entry, nick: &Nick, out: &mut Effects) {
        let id = entry.author.person;
        let Some(person) = self.people.get_mut(&id) else { return };
        let old = std::mem::replace(&mut person.nick, nick.clone());
        let mut taken = None;
        if person.next_nick() == Some(nick) {
            let rare = person.rare_mut();
            rare.next_nick = None;
            taken = rare.taken.take();
        }
        self.free_nick(&old, id);
        // How a name is written makes nobody another.
        if old != *nick {
            self.nick_gone(&old, out);
            let guise = self.guise_of(id);
            self.note_gone(old, guise);
            self.nick_here(nick, id, out);
        }
        let reply = Reply::Named { nick: nick.clone(), taken, old: None };
        out.push(Effect::Reply(entry.author.session, reply, self.head));
    }

    /// Who said something can take it back, for as long as it is among the last things that they said.
    fn said(&mut self, entry: &Entry) {
        let most = self.limits.redactable_messages;
        let (Some(person), Some(log)) = (self.people.get_mut(&entry.author.person), entry.logs.first()) else { return };
        if most == 0 {
            return;
        }
        let said = &mut person.rare_mut().said;
        if said.len() >= most {
            said.pop_front();
        }
        said.push_back((entry.seq, log.clone()));
    }

    /// A message was taken back: it is nowhere in memory any more.
    fn redacted(&mut self, entry: &Entry, target: Seq, out: &mut Effects) {
        if let Some(person) = self.people.get_mut(&entry.author.person) {
            person.rare_mut().said.retain(|(seq, _)| *seq != target);
        }
        for log in &entry.logs {
            if let Some(feed) = self.feed(log) {
                out.push(Effect::Redact(log.clone(), feed, target));
            }
        }
        out.push(Effect::Reply(entry.author.session, Reply::Redacted, entry.seq));
    }

    /// A direct message is on the record: its author is told so, or that nobody was there any more to be given it. To what
    /// is not to be answered nothing is said.
    fn delivered(&mut self, entry: &Entry, out: &mut Effects) {
        self.came_back(&entry.logs);
        let answered = !matches!(entry.event, Event::Message(Kind::Notice, _));
        let (Some(log), Some(to)) = (entry.logs.first(), other(entry)) else { return };
        let (session, to) = (entry.author.session, &to);
        let there = self.people.get(to).filter(|person| !person.sessions.is_empty());
        if let Some(person) = there {
            let away = person.rare.as_ref().and_then(|rare| rare.away.clone());
            let reply = Reply::Delivered(person.nick.clone(), away);
            out.extend(answered.then(|| Effect::Reply(session, reply, entry.seq)));
            // They may have come between the question and the ledger's answer: then it waits for them, and they are here.
            let first = person.sessions[0];
            if self.accounts.get(*to).is_some_and(|account| account.waiting.contains_key(&entry.author.person)) {
                self.fetch(first, out);
            }
        } else if let Some(account) = self.accounts.get(*to) {
            let account_name = account.name.clone();
            let reply = Reply::Kept(account_name.clone());
            out.extend(answered.then(|| Effect::Reply(session, reply, entry.seq)));
            if !account.waiting.contains_key(&entry.author.person) {
                // They have left meanwhile: it is remembered with an entry of its own.
                let since = Some((entry.seq.0 - 1).to_string());
                let keep = accounts::field(*to, format!("waiting:{}", entry.author.person.0), since);
                self.fold(&keep);
                let author = Author::guest(*to, SessionId(0), account_name);
                let own = std::iter::once(LogId::direct(*to, *to)).collect();
                let proposal = Proposal::new(author, own, Event::Account(Deed::Waiting));
                self.put_forward(Proposal { keeps: vec![keep], ..proposal }, out);
            }
        } else if let Some((_, nick)) = self.directs.get(log).and_then(|d| d.called.iter().find(|(id, _)| id == to)) {
            let refusal = Refusal::NoSuchPerson(nick.clone());
            out.extend(answered.then(|| Effect::Refuse(session, refusal, entry.seq)));
        }
    }

    /// The ledger is done with a message: if it was a direct one, its conversation waits for one less.
    fn came_back(&mut self, logs: &[LogId]) {
        if let Some(direct) = logs.first().and_then(|log| self.directs.get_mut(log)) {
            direct.pending = direct.pending.saturating_sub(1);
        }
    }

    fn joined(&mut self, entry: &Entry, room: &RoomName, out: &mut Effects) {
        let id = entry.author.person;
        // Whoever was put out while the ledger worked does not come in any more.
        let before = self.people.get(&id).and_then(|person| person.presence(room));
        if !matches!(before, Some(Presence::Joining | Presence::Appearing)) {
            return;
        }
        self.opens(id, room);
        let Some(there) = self.rooms.get_mut(room) else { return };
        there.members.insert(id);
        there.invited.remove(&id);
        let people = there.members.len();
        let Some(person) = self.people.get_mut(&id) else { return };
        person.set_presence(room, Presence::Joined);
        let sessions = person.sessions.clone();
        self.comes_away(entry, room, out);
        if before == Some(Presence::Appearing) {
            // Who listened there has had a cursor since they came.
            for session in sessions {
                let (read, topic) = (self.read_until(session, room), self.topic_of(room));
                let reply = Reply::Joined { read, room: room.clone(), topic, people, how: Coming::Seen };
                out.push(Effect::Reply(session, reply, entry.seq));
            }
            return;
        }
        for session in sessions {
            let how = if session == entry.author.session { Coming::Asked } else { Coming::Shown };
            self.come_in(session, room, Seq(entry.seq.0 - 1), people, how, out);
        }
        // Who was an admin when they asked to come in may be none any more.
        if room.as_str() == AUDIT && !self.is_admin(entry.author.session) {
            self.put_out(id, room, entry.seq, out);
        }
    }

    /// Who opens a room that belongs to nobody keeps it in order.
    fn opens(&mut self, id: PersonId, room: &RoomName) {
        let empty = self.rooms.get(room).is_some_and(|there| there.members.is_empty());
        let ruled = self.rules.of(room).is_some_and(|rules| rules.owner.is_some() || rules.has_operators());
        if empty && !ruled && *room != self.lobby && room.as_str() != AUDIT {
            self.rules.opened_by(room, id);
        }
    }

    pub(crate) fn parted(&mut self, id: PersonId, room: &RoomName, until: Seq, out: &mut Effects) {
        self.leave_council(id, room, out);
        self.exit(id, room);
        let sessions = self.people.get(&id).map(|p| p.sessions.clone()).unwrap_or_default();
        for session in sessions {
            out.push(Effect::Unfollow(session, LogId::Room(room.clone()), until));
            let focus = self.refocus(session, room, out);
            out.push(Effect::Reply(session, Reply::Parted { room: room.clone(), focus }, self.head));
        }
    }
}

/// Who leaves a room is shown nothing after that, so that it is said before the room's log grows; unless they have come with
/// the same group, which is said first. Returns the rest: who is answered has been shown what came before.
fn before_the_logs_grow(effects: Effects, out: &mut Effects) -> Effects {
    let mut followed = BTreeSet::new();
    let mut rest = Effects::new();
    for effect in effects {
        match &effect {
            Effect::Unfollow(session, log, _) if !followed.contains(&(*session, log.clone())) => out.push(effect),
            Effect::Rename(_) => out.push(effect),
            Effect::Follow(session, log, ..) => {
                followed.insert((*session, log.clone()));
                rest.push(effect);
            }
            _ => rest.push(effect),
        }
    }
    rest
}

/// What a renamed room's logs have grown by in this group is what those of the new name have: their feeds are the same.
fn rename_grown(entry: &Entry, grown: &mut Grown) {
    let Event::Rename { from, to, .. } = &entry.event else { return };
    for (from, to) in [
        (LogId::Room(from.clone()), LogId::Room(to.clone())),
        (LogId::Operators(from.clone()), LogId::Operators(to.clone())),
    ] {
        if let Some(block) = grown.remove(&from) {
            grown.insert(to, block);
        }
    }
}

/// Whom an entry in the log of two people is said to.
fn other(entry: &Entry) -> Option<PersonId> {
    match entry.logs.first() {
        Some(LogId::Direct(a, b)) if a != b => Some(if entry.author.person == *a { *b } else { *a }),
        _ => None,
    }
}

fn rooms(logs: &[LogId]) -> impl Iterator<Item = &RoomName> {
    logs.iter().filter_map(|log| match log {
        LogId::Room(room) => Some(room),
        LogId::Direct(..) | LogId::Operators(_) => None,
    })
}
