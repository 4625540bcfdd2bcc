//! Rooms: coming in and leaving, topics, names, asking in and putting out.

use hall::{Command, Look, Noting, Refusal, Reply, RoomName, Secret, Target, Text};

use super::caps::Cap;
use super::client::{Around, Asking, Client, Step};
use super::commands::{listed, shown};
use super::line::Line;
use super::message::Message;
use super::numeric as n;

/// Rooms or people that one message may name.
pub(crate) const TARGETS: usize = 20;

impl Client {
    pub(crate) fn join(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let rooms = message.param(0).unwrap_or("");
        if rooms == "0" {
            return vec![Step::Do(Command::PartAll)];
        }
        self.asking = Asking::Join;
        let mut keys = message.param(1).unwrap_or("").split(',');
        let each = |raw: &str| {
            let key = keys.next().filter(|key| !key.is_empty()).map(Secret::new);
            // Who understands that a room has another name goes there by itself.
            let join = if self.style.caps.has(Cap::ChannelRename) { Command::JoinAs } else { Command::Join };
            self.room_so(raw, around).map_or_else(|refused| refused, |room| Step::Do(join(room, key)))
        };
        listed(rooms).take(TARGETS).map(each).collect()
    }

    pub(crate) fn part(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let reason = self.reason(message.param(1), around);
        let each = |raw| match self.room_so(raw, around) {
            Ok(room) => Step::Do(Command::Part(Some(room), reason.clone())),
            Err(refused) => refused,
        };
        listed(message.param(0).unwrap_or("")).take(TARGETS).map(each).collect()
    }

    pub(crate) fn topic(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let room = match self.room_so(message.param(0).unwrap_or(""), around) {
            Ok(room) => room,
            Err(refused) => return vec![refused],
        };
        let cut = |text: &str| Text::new(&text.chars().take(around.hall.topic_chars).collect::<String>());
        vec![Step::Do(Command::Topic { room: Some(room), text: message.param(1).map(cut) })]
    }

    pub(crate) fn names(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let Some(rooms) = message.param(0) else {
            return vec![self.numeric(
                around,
                n::RPL_ENDOFNAMES,
                &["*"],
                self.lang().pick("End of NAMES list", "NAMES 목록 끝"),
            )];
        };
        let guises = self.style.caps.has(Cap::UserhostInNames);
        let each = |raw: &str| match RoomName::new(raw, around.hall.room_name_chars) {
            Ok(room) => Step::Do(Command::Look(Look::Names(room, None, guises))),
            Err(_) => self.numeric(
                around,
                n::RPL_ENDOFNAMES,
                &[shown(raw)],
                self.lang().pick("End of NAMES list", "NAMES 목록 끝"),
            ),
        };
        listed(rooms).take(TARGETS).map(each).collect()
    }

    pub(crate) fn invite(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (Some(nick), Some(room)) = (message.param(0), message.param(1)) else {
            return match message.param_count() {
                0 => vec![Step::Do(Command::Invitations)],
                _ => vec![self.need_more(around, "INVITE")],
            };
        };
        match (self.called_so(nick, around), self.room_so(room, around)) {
            (Ok(who), Ok(room)) => vec![Step::Do(Command::Invite { who, room: Some(room) })],
            (Err(refused), _) | (_, Err(refused)) => vec![refused],
        }
    }

    pub(crate) fn rename(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (old, new) = (message.param(0).unwrap_or(""), message.param(1).unwrap_or(""));
        let room = match self.room_so(old, around) {
            Ok(room) => room,
            Err(refused) => return vec![refused],
        };
        self.asking = Asking::Room(room.to_string());
        match RoomName::new(new, around.hall.room_name_chars) {
            Ok(to) => {
                let reason = self.reason(message.param(2), around);
                vec![Step::Do(Command::Rename { room: Some(room), to, reason })]
            }
            Err(why) => {
                let text = crate::lines::refused(&Refusal::BadRoom(new.to_owned(), why), self.lang());
                vec![self.fail(around, "RENAME", "CANNOT_RENAME", &[room.as_str(), shown(new)], &text)]
            }
        }
    }

    /// A room is called otherwise. Who has not asked to be told so leaves it, and comes into one of the new name, as it seems
    /// (draft/channel-rename, "Fallback"); where the name is only written otherwise, nothing has happened for them.
    pub(crate) fn put_renamed(&mut self, reply: &Reply, around: &Around<'_>, out: &mut Vec<u8>) -> Option<Command> {
        let Reply::Renamed { from, to, reason, own, read, topic } = reply else { return None };
        if *own && matches!(self.asking, Asking::Service(_)) {
            self.put_service_reply(reply, around, out);
        }
        if from == to || self.style.caps.has(Cap::ChannelRename) {
            return None;
        }
        let me = format!("{}!{}", around.me.nick, around.me.guise.seen());
        let line = Line::new(out).source(&me).command("PART").param(from.as_str());
        if reason.as_str().is_empty() {
            line.end();
        } else {
            line.trailing(reason.as_str()).end();
        }
        self.put_own_join(to, around, out);
        if let Some(topic) = topic {
            self.put_topic(to, topic, around, out);
        }
        self.put_marker(to.as_str(), *read, around, out);
        self.then_names(to)
    }

    /// What is asked next for a client that has come into a room: who is there, and what is noted about it.
    pub(crate) fn then_names(&mut self, room: &RoomName) -> Option<Command> {
        let notes = self.is_told_notes();
        if self.style.caps.has(Cap::NoImplicitNames) {
            return notes.then(|| Command::Metadata(Some(Target::Room(room.clone())), Noting::SyncSoon));
        }
        if notes && !self.to_sync.contains(room) {
            self.to_sync.push(room.clone());
        }
        let guises = self.style.caps.has(Cap::UserhostInNames);
        Some(Command::Look(Look::Names(room.clone(), None, guises)))
    }

    pub(crate) fn kick(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let rooms: Vec<_> = listed(message.param(0).unwrap_or("")).take(TARGETS).collect();
        let reason = self.reason(message.param(2), around);
        self.asking = Asking::Room(rooms.first().map_or("*", |room| shown(room)).to_owned());
        let people = listed(message.param(1).unwrap_or("")).take(TARGETS).enumerate();
        // One room and several people, or as many of both.
        let each = |(at, nick): (usize, &str)| {
            let room = self.room_so(rooms.get(at).or(rooms.first()).unwrap_or(&""), around)?;
            let who = self.called_so(nick, around)?;
            Ok(Step::Do(Command::Kick { room: Some(room), who, reason: reason.clone() }))
        };
        people.map(each).map(|step: Result<Step, Step>| step.unwrap_or_else(|refused| refused)).collect()
    }
}
