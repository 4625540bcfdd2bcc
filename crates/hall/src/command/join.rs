//! Coming into a room.

use smallvec::smallvec;

use super::admin::audit_room;
use super::rule::set;
use crate::state::{Effects, Presence};
use crate::{
    Effect, Event, Flag, Guests, Hall, Keep, List, LogId, Refusal, Reply, RoomName, Secret, Seq, SessionId, Standing,
    Subject, accounts,
};

impl Hall {
    pub(super) fn join(
        &mut self,
        session: SessionId,
        room: RoomName,
        key: Option<&Secret>,
        led: bool,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = match self.led_to(session, &room) {
            Some(other) if !led => return Err(Refusal::RoomRenamed(room, other)),
            Some(other) => {
                out.push(Effect::Reply(session, Reply::Redirected(room, other.clone()), self.head));
                other
            }
            // A name that a room is about to have is that room's.
            None => self.renames.is_taking(&room).filter(|_| !self.rooms.contains_key(&room)).cloned().unwrap_or(room),
        };
        let id = self.person_of(session);
        let person = &self.people[&id];
        if person.presence(&room).is_some() {
            self.focus(session, Some(room.clone()), out);
            self.show_up(session, &room, out);
            out.push(Effect::Reply(session, Reply::Focused(room), self.head));
            return Ok(());
        }
        if person.rooms.len() >= self.limits.rooms_per_session {
            return Err(Refusal::TooManyRooms(self.limits.rooms_per_session, room));
        }
        let new = !self.rooms.contains_key(&room);
        if new && self.rooms.len() >= self.limits.rooms {
            return Err(Refusal::HallFull(self.limits.rooms, room));
        }
        // Guests who only listen open no rooms.
        let guest = self.accounts.get(id).is_none() && !self.is_admin(session);
        if new && guest && self.policy.guests == Guests::ReadOnly {
            return Err(Refusal::GuestsListen);
        }
        self.may_come(session, &room, key)?;
        let mut keeps = Vec::new();
        // Nothing of what was ruled there before holds in a room that is opened anew.
        if new && self.rules.has_remains(&room) {
            keeps.push(Keep::Forget(Subject::Room(room.clone())));
            let floor = self.floor(&room);
            keeps.extend((floor > Seq(0)).then(|| set(&room, "floor", Some(floor.0.to_string()))));
        }
        if self.accounts.get(id).is_some_and(|account| account.always_on) {
            keeps.push(accounts::stays(id, &room, true));
        }
        if new && self.rules.of(&room).is_none_or(|rules| rules.owner.is_none()) {
            self.renames.opened(&room);
        }
        self.enter(id, &room, Presence::Joining);
        let join = Event::Join(self.rank_in(id, &room));
        self.propose_keeping(session, smallvec![LogId::Room(room)], join, keeps, out);
        Ok(())
    }

    /// Whether somebody may come into a room.
    pub(crate) fn may_come(&self, session: SessionId, room: &RoomName, key: Option<&Secret>) -> Result<(), Refusal> {
        let standing = self.standing(session, room);
        if *room == audit_room() && standing < Standing::Admin {
            return Err(Refusal::NotAdmin);
        }
        let Some(rules) = self.rules.of(room) else { return Ok(()) };
        if standing >= Standing::Operator {
            return Ok(());
        }
        let id = self.person_of(session);
        let there = self.rooms.get(room);
        if there.is_some_and(|there| there.invited.contains(&id)) {
            return Ok(());
        }
        let listed = |list| !rules.lists.is_empty() && self.with_looks(session, |l| rules.lists(list, l, self.now));
        let invited = || listed(List::Invited);
        if listed(List::Ban) && !listed(List::Exception) && !invited() {
            return Err(Refusal::Banned(room.clone()));
        }
        if rules.flags.contains(&Flag::AccountsOnly) && self.accounts.get(id).is_none() {
            return Err(Refusal::AccountsOnly(room.clone()));
        }
        if rules.flags.contains(&Flag::MembersOnly) && standing < Standing::Member && !invited() {
            return Err(Refusal::MembersOnly(room.clone()));
        }
        if rules.flags.contains(&Flag::InviteOnly) && standing < Standing::Member && !invited() {
            return Err(Refusal::InviteOnly(room.clone()));
        }
        if rules.key.as_ref().is_some_and(|asked| key != Some(asked)) && standing < Standing::Member {
            return Err(Refusal::WrongKey(room.clone()));
        }
        let inside = there.map_or(0, |there| there.inside);
        if rules.limit.is_some_and(|most| inside >= most as usize) {
            return Err(Refusal::RoomFull(room.clone()));
        }
        Ok(())
    }
}
