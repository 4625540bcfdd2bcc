//! The rooms that one is in, and how each goes on where it was left.

use std::collections::VecDeque;

use hall::{Event, Reply, RoomName, Text, Time, Topic};

use super::IrcTalk;
use super::happened::Happened;
use super::send::About;
use crate::limits::{HELD_EVENTS, REPLAY_MESSAGES, ROOMS};

/// How far a room has been shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is not known.
    Unknown,
    /// Nothing was ever said there.
    Beginning,
    /// Up to the entry of this id, of this time.
    After(String, Time),
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: RoomName,
    pub(super) mark: Mark,
    /// Whether one has been asked in on this connection, and whether one is in.
    asked: bool,
    pub(super) inside: bool,
    /// Whether the history of this connection has been seen to be that of before.
    pub(super) proved: bool,
    /// Whether one comes back as somebody else, of which nothing is to be told.
    quietly: bool,
    /// What is told of the room while one comes in: how many are there, and what they talk about.
    coming: Option<(usize, Option<Text>)>,
    /// What happens while the history is told, and whether it became too much.
    held: Option<VecDeque<Happened>>,
    overflowed: bool,
}

/// Where everybody begins.
pub(super) fn lobby() -> Option<RoomName> {
    super::incoming::room("#lobby")
}

impl Room {
    pub(super) fn new(name: RoomName) -> Self {
        Self {
            name,
            mark: Mark::Unknown,
            asked: false,
            inside: false,
            proved: false,
            quietly: false,
            coming: None,
            held: None,
            overflowed: false,
        }
    }

    /// One asks to be let in.
    pub(super) fn ask(&mut self) -> RoomName {
        self.asked = true;
        self.name.clone()
    }

    /// What came of asking is known.
    pub(super) fn answered(&mut self) {
        self.asked = false;
    }

    /// How much is held back.
    #[cfg(test)]
    pub(super) fn held_len(&self) -> Option<usize> {
        self.held.as_ref().map(VecDeque::len)
    }

    /// Whether it is still to be seen what comes of coming in, or what was said before.
    pub(super) fn is_under_way(&self) -> bool {
        self.asked || self.held.is_some()
    }
}

impl IrcTalk {
    /// The room spoken in, or that will be when one has come into it.
    pub(super) fn focus(&self) -> Option<&RoomName> {
        self.rooms.iter().rev().find(|room| room.inside || room.asked).map(|room| &room.name)
    }

    pub(super) fn room(&mut self, name: &RoomName) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.name == *name)
    }

    pub(super) fn is_in(&self, name: &RoomName) -> bool {
        self.rooms.iter().any(|room| room.inside && room.name == *name)
    }

    /// From now on one speaks there.
    pub(super) fn speak_in(&mut self, name: &RoomName) {
        if let Some(at) = self.rooms.iter().position(|room| room.name == *name) {
            let room = self.rooms.remove(at);
            self.rooms.push(room);
        }
    }

    /// One has come into a room.
    pub(super) fn joined(&mut self, name: &RoomName) {
        if self.room(name).is_none() {
            if self.rooms.len() == ROOMS {
                self.rooms.remove(0);
            }
            self.rooms.push(Room::new(name.clone()));
        }
        let history = self.server.has_history();
        let Some(room) = self.room(name) else { return };
        let asked = std::mem::take(&mut room.asked);
        room.inside = true;
        room.coming = Some((0, None));
        room.held = history.then(VecDeque::new);
        (room.overflowed, room.proved) = (false, false);
        let mark = room.mark.clone();
        // Whoever comes back goes on in the order of before.
        if !asked && !room.quietly {
            self.speak_in(name);
        }
        self.helper_room = Some(name.clone());
        match mark {
            _ if !history => {}
            Mark::Unknown => self.ask_replay(name),
            _ => self.ask_since(name),
        }
    }

    /// Somebody is there: names, as many as one line has.
    pub(super) fn count_people(&mut self, name: &RoomName, count: usize) {
        if let Some((people, _)) = self.room(name).and_then(|room| room.coming.as_mut()) {
            *people += count;
        }
    }

    /// A room's topic is told. Whether it belongs to one's coming in.
    pub(super) fn topic_of_coming(&mut self, name: &RoomName, text: &str) -> bool {
        let Some((_, topic)) = self.room(name).and_then(|room| room.coming.as_mut()) else { return false };
        *topic = Some(Text::new(text));
        true
    }

    /// Everything is told of a room into which one has come.
    pub(super) fn is_there(&mut self, name: &RoomName) {
        let greeting = !matches!(self.phase, super::Phase::Open);
        let Some((people, topic)) = self.room(name).and_then(|room| room.coming.take()) else { return };
        if self.room(name).is_some_and(|room| std::mem::take(&mut room.quietly)) {
            return;
        }
        // Everybody is in the lobby.
        if greeting && !self.been_open && self.rooms.len() == 1 {
            return;
        }
        let topic = topic.map(|text| Topic { text, by: None, at: None });
        let how = hall::Coming::Asked;
        self.tell(&Reply::Joined { read: None, room: name.clone(), topic, people, how });
    }

    /// One leaves a room to come back as the person of an account, or as a guest.
    pub(super) fn changes_person(&mut self, name: &RoomName) {
        if let Some(room) = self.room(name) {
            (room.inside, room.quietly, room.held) = (false, true, None);
        }
        self.helper_room = None;
    }

    /// One is in no room any more, and goes where everybody begins.
    pub(super) fn begin_in_lobby(&mut self) {
        let Some(lobby) = lobby().filter(|lobby| !self.is_in(lobby)) else { return };
        self.rooms.retain(|room| room.inside || room.name == lobby);
        if self.room(&lobby).is_none() {
            self.rooms.push(Room { quietly: true, ..Room::new(lobby.clone()) });
        }
        self.ask_about(About::Join { room: lobby.clone(), led: false }, None, |line| {
            line.command("JOIN").param(lobby.as_str())
        });
    }

    /// A room is called otherwise: everything that is known of it goes with it.
    pub(super) fn renamed(&mut self, from: &RoomName, to: &RoomName) {
        self.rooms.retain(|room| room.name == *from || room.name != *to);
        let told = self.asked.values_mut().filter_map(|asked| asked.about.room());
        let said = self.unacked.iter_mut().chain(&mut self.doubted).filter_map(|sent| sent.said.as_mut());
        let own = self.own.iter_mut().filter(|(target, _)| *target == from.as_str());
        own.for_each(|(target, _)| to.as_str().clone_into(target));
        let names = self.rooms.iter_mut().map(|room| &mut room.name).chain(told).chain(said.map(|said| &mut said.0));
        for name in names.chain(&mut self.helper_room).filter(|name| *name == from) {
            name.clone_from(to);
        }
    }

    /// The room that one wants to come into has another name now, where one goes by oneself.
    pub(super) fn led_on(&mut self, from: &RoomName, to: RoomName, sent: Option<u64>) {
        self.renamed(from, &to);
        self.tell(&Reply::Redirected(from.clone(), to.clone()));
        if self.is_in(&to) {
            return self.speak_in(&to);
        }
        let about = About::Join { room: to.clone(), led: true };
        self.ask_about(about, sent, |line| line.command("JOIN").param(to.as_str()));
    }

    /// One is not in a room any more, or was not let in.
    pub(super) fn out_of(&mut self, name: &RoomName) -> Option<RoomName> {
        self.rooms.retain(|room| room.name != *name);
        self.helper_room = None;
        self.focus().cloned()
    }

    /// What came of asking to be let in is known.
    pub(super) fn join_answered(&mut self, name: &RoomName) {
        if self.rooms.iter().any(|room| room.name == *name && !room.inside) {
            self.out_of(name);
        }
    }

    /// The connection is gone.
    pub(super) fn leave_rooms(&mut self) {
        for room in &mut self.rooms {
            (room.asked, room.inside, room.coming, room.held) = (false, false, None, None);
        }
    }

    /// What was said before one came is asked for.
    pub(super) fn ask_replay(&mut self, name: &RoomName) {
        let shown = self.setup.typed;
        // What is piped in is not answered by what others said before; but it is to be known where that ends.
        let most = if shown { REPLAY_MESSAGES } else { 1 }.to_string();
        let about = About::Replay { room: name.clone(), entries: Vec::new(), empty: true, shown };
        self.ask_history(about, &["LATEST", name.as_str(), "*", &most]);
    }

    /// What was said since is asked for.
    pub(super) fn ask_since(&mut self, name: &RoomName) {
        let place = match self.room(name).map(|room| &room.mark) {
            Some(Mark::After(id, _)) => format!("msgid={id}"),
            Some(Mark::Beginning) => "timestamp=1970-01-01T00:00:00.000Z".to_owned(),
            _ => return self.ask_replay(name),
        };
        let most = self.server.history.to_string();
        let about = About::Since { room: name.clone(), lines: 0 };
        self.ask_history(about, &["AFTER", name.as_str(), &place, &most]);
    }

    /// Something happens: it is shown, or held back as long as the history of its room is being told.
    pub(super) fn happen(&mut self, happened: Happened) {
        let everywhere = happened.is_everywhere();
        let room = happened.room().cloned();
        let here = |other: &Room| everywhere || room.as_ref() == Some(&other.name);
        let Some(room) = self.rooms.iter_mut().find(|other| here(other) && other.held.is_some()) else {
            return self.pass(happened, room.as_ref());
        };
        let Some(held) = &mut room.held else { return };
        if held.len() < HELD_EVENTS {
            // The history must not tell it again.
            let key = happened.key.as_ref().filter(|_| happened.silent);
            key.into_iter().for_each(|key| {
                self.seen.is_new(key);
            });
            held.push_back(happened);
        } else {
            // The history will tell it.
            held.clear();
            room.overflowed = true;
        }
    }

    /// The room goes on behind this, if it was not shown before. Whether it was not.
    pub(super) fn note(&mut self, happened: &Happened, room: Option<&RoomName>) -> bool {
        let (Some(id), Some(key)) = (&happened.id, &happened.key) else { return true };
        let known = !self.seen.is_new(key);
        self.latest = self.latest.max(happened.at);
        if known && !happened.silent {
            return false;
        }
        let room = room.and_then(|name| self.room(name));
        if let Some(room) = room {
            room.mark = Mark::After(id.clone(), happened.at);
        }
        !known
    }

    /// Shows what happens, once.
    pub(super) fn pass(&mut self, happened: Happened, room: Option<&RoomName>) {
        let new = self.note(&happened, room);
        if !new || happened.silent {
            return;
        }
        // One's own coming and going is told otherwise.
        let event = happened.entries.first().map(|entry| &entry.event);
        let coming = matches!(event, Some(Event::Join(_) | Event::Part(_) | Event::Quit(_) | Event::Nick(_)));
        if !(happened.own && coming) {
            self.show_entries(happened);
        }
    }

    /// The history of a room has been told: what was held back is shown.
    pub(super) fn go_on(&mut self, name: &RoomName) {
        let Some(room) = self.room(name) else { return };
        if std::mem::take(&mut room.overflowed) {
            return self.ask_since(name);
        }
        for happened in room.held.take().unwrap_or_default() {
            let here = happened.room().cloned();
            self.pass(happened, here.as_ref());
        }
    }
}
