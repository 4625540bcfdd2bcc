//! Giving a room another name. All of it goes with it: who is there, what holds there and what was said there; its log is the
//! same one, so that nobody misses anything and nobody reads anything twice.

use smallvec::smallvec;

use super::admin::audit_room;
use crate::state::{Effects, Presence};
use crate::{
    Effect, Entry, Event, Hall, Keep, LogId, Refusal, Renamed, Reply, RoomName, SessionId, Standing, Text, Topic,
};

impl Hall {
    pub(super) fn rename(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        to: RoomName,
        reason: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = match room {
            Some(room) if self.is_admin(session) && self.rooms.contains_key(&room) => room,
            room => self.room_meant(session, room)?,
        };
        // As it is written in the list of rooms.
        let from = self.rooms.get_key_value(&room).map_or(room, |(name, _)| name.clone());
        let owned = self.rules.of(&from).is_some_and(|rules| rules.owner.is_some());
        let (least, refusal) = if owned {
            (Standing::Owner, Refusal::NotOwner as fn(RoomName) -> Refusal)
        } else {
            (Standing::Operator, Refusal::NotOperator as fn(RoomName) -> Refusal)
        };
        if self.standing(session, &from) < least {
            return Err(refusal(from));
        }
        self.fits(&reason)?;
        self.may_have_name(session, &from, &to)?;
        if from == to {
            // How it is written is changed as often as a nick, and no more often.
            self.may_be_renamed(self.person_of(session))?;
        }
        self.show_up(session, &from, out);
        self.renames.begin(from.clone(), to.clone());
        let keeps = vec![Keep::Rename(from.clone(), to.clone())];
        let log = LogId::Room(from.clone());
        self.propose_keeping(session, smallvec![log], Event::Rename { from, to, reason }, keeps, out);
        Ok(())
    }

    /// Whether a room may have another name, and this one.
    fn may_have_name(&self, session: SessionId, from: &RoomName, to: &RoomName) -> Result<(), Refusal> {
        let fixed = |room: &RoomName| *room == self.lobby || *room == audit_room();
        if fixed(from) || fixed(to) {
            return Err(Refusal::NotToBeRenamed(from.clone(), to.clone()));
        }
        let wait_ms = self.limits.room_rename_wait_s.saturating_mul(1_000);
        let left_ms = match self.rooms.get(from).and_then(|there| there.renamed) {
            _ if self.renames.is_leaving(from) => wait_ms.max(1),
            // How it is written may change at any time.
            Some(at) if from != to => at.0.saturating_add(wait_ms).saturating_sub(self.now.0),
            _ => 0,
        };
        if left_ms > 0 {
            return Err(Refusal::RenamedLately(from.clone(), to.clone(), left_ms.div_ceil(1_000)));
        }
        let another = self.rooms.contains_key(to)
            || self.rules.hold_name(to)
            || self.topics.contains_key(to)
            || self.renames.is_taking(to).is_some()
            // It is the way to another room still.
            || self.led_to(session, to).is_some_and(|other| other != *from);
        if from.as_str() == to.as_str() || (from != to && another) {
            return Err(Refusal::RoomNameInUse(from.clone(), to.clone()));
        }
        Ok(())
    }

    /// The room to which somebody is led who comes by a name that no room has any more.
    pub(super) fn led_to(&self, session: SessionId, name: &RoomName) -> Option<RoomName> {
        if self.rooms.contains_key(name) || self.rules.hold_name(name) {
            return None;
        }
        let to = self.renames.leads(name)?;
        let owned = || self.rules.of(&to).is_some_and(|rules| rules.owner.is_some());
        let is_there = self.rooms.contains_key(&to) || owned();
        // Who may not know of a room is not told of it.
        (is_there && !self.is_hidden(session, &to)).then_some(to)
    }

    /// A room is called otherwise now: whatever was known under its old name is known under the new one.
    pub(crate) fn room_renamed(&mut self, entry: &Entry, from: &RoomName, to: &RoomName, out: &mut Effects) {
        self.renames.end(from, to);
        let renamed = Renamed { seq: entry.seq, from: from.clone(), to: to.clone() };
        if let Some(mut there) = self.rooms.remove(from) {
            there.renamed = Some(entry.at);
            self.rooms.insert(to.clone(), there);
        }
        if let Some(topic) = self.topics.remove(from) {
            self.topics.insert(to.clone(), topic);
        }
        self.people_renamed(&renamed);
        // Who came just before is shown what was said under the name of then.
        let came = |effect: &Effect| match effect {
            Effect::Follow(session, log, _, at, _) if *at < entry.seq && renamed.log(log).is_some() => Some(*session),
            _ => None,
        };
        let came: Vec<SessionId> = out.iter().filter_map(came).collect();
        out.iter_mut().for_each(|effect| renamed.update_effect(effect));
        out.push(Effect::Rename(Box::new(renamed.clone())));
        out.extend(came.into_iter().map(|session| Effect::Called(session, Box::new(renamed.clone()))));
        self.renames.add(renamed, self.limits.renamed_rooms);
        self.tell_of_rename(entry, from, to, out);
    }

    /// What is known of people, whether they are in the room or have been.
    fn people_renamed(&mut self, renamed: &Renamed) {
        let Renamed { from, to, .. } = renamed;
        for person in self.people.values_mut() {
            for (room, _) in person.rooms.iter_mut().filter(|(room, _)| room == from) {
                *room = to.clone();
            }
            let Some(rare) = &mut person.rare else { continue };
            for (_, log) in &mut rare.said {
                if let Some(new) = renamed.log(log) {
                    *log = new;
                }
            }
            if from != to {
                rare.spoke.retain(|(room, _)| room != to);
            }
            for (room, _) in rare.spoke.iter_mut().filter(|(room, _)| room == from) {
                *room = to.clone();
            }
        }
        for known in self.sessions.values_mut().filter(|known| known.focus.as_ref() == Some(from)) {
            known.focus = Some(to.clone());
        }
    }

    /// Everybody in the room is told, whose dialect has no word for it.
    fn tell_of_rename(&self, entry: &Entry, from: &RoomName, to: &RoomName, out: &mut Effects) {
        let Event::Rename { reason, .. } = &entry.event else { return };
        let topic: Option<Topic> = self.topic_of(to);
        for person in self.people.values() {
            if person.presence(to).is_none_or(|presence| presence == Presence::Joining) {
                continue;
            }
            for session in &person.sessions {
                let reply = Reply::Renamed {
                    from: from.clone(),
                    to: to.clone(),
                    reason: reason.clone(),
                    own: *session == entry.author.session,
                    read: self.read_until(*session, to),
                    topic: topic.clone(),
                };
                out.push(Effect::Reply(*session, reply, entry.seq));
            }
        }
    }
}
