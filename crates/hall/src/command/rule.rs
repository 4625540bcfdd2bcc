//! A room's rules: shown, and changed by those who may.

use smallvec::smallvec;

use super::{Change, Whom};
use crate::origin::cloak;
use crate::state::Effects;
use crate::{
    Effect, Event, Hall, Keep, List, Listed, Listing, LogId, Mask, Nick, PersonId, Rank, Refusal, Reply, RoomName,
    Rule, SessionId, Standing, Subject, Text, Time,
};

impl Hall {
    pub(super) fn rules(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_seen(session, room)?;
        let mut rules = self.rules.of(&room).cloned().unwrap_or_default();
        let owner = rules.owner.and_then(|id| self.accounts.get(id)).map(|account| account.name.clone());
        let since = self.rooms.get(&room).map(|there| there.since);
        if self.standing(session, &room) < Standing::Operator {
            rules.key = rules.key.map(|_| crate::Secret::new("*"));
            rules.lists.clear();
        }
        out.push(Effect::Reply(session, Reply::Rules { room, rules: Box::new(rules), owner, since }, self.head));
        Ok(())
    }

    pub(super) fn list(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        list: List,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = self.room_seen(session, room)?;
        // Whom a room keeps out is told to those in it; whom it asks in, to those who keep it in order.
        if list != List::Ban && self.standing(session, &room) < Standing::Operator {
            return Err(Refusal::NotOperator(room));
        }
        let now = self.now;
        let of_list = self.rules.of(&room).map(|rules| {
            let entries = rules.lists.iter().filter(|((l, _), listed)| *l == list && listed.holds(now));
            entries.map(|((_, mask), listed)| (mask.clone(), listed.clone())).collect()
        });
        out.push(Effect::Reply(session, Reply::List(room, list, of_list.unwrap_or_default()), self.head));
        Ok(())
    }

    /// The room a session means, which it is in or may know of.
    pub(super) fn room_seen(&self, session: SessionId, room: Option<RoomName>) -> Result<RoomName, Refusal> {
        let Some(room) = room else { return self.room_meant(session, None) };
        let known = self.rooms.contains_key(&room) || self.rules.of(&room).is_some();
        if known && !self.is_hidden(session, &room) { Ok(room) } else { Err(Refusal::NoSuchRoom(room)) }
    }

    pub(super) fn rule(
        &mut self,
        session: SessionId,
        room: Option<RoomName>,
        change: Change,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let room = match room {
            // An admin keeps every room in order.
            Some(room) if self.is_admin(session) => self.room_seen(session, Some(room))?,
            room => self.room_meant(session, room)?,
        };
        let Some(change) = self.raised(session, &room, change)? else { return Ok(()) };
        self.may_change(session, &room, &change)?;
        let id = self.person_of(session);
        let (rule, keeps) = match change {
            Change::Flag(flag, on) => {
                (Rule::Flag(flag, on), vec![set(&room, format!("flag:{}", flag.word()), on.then(|| "on".to_owned()))])
            }
            Change::Key(key) => {
                (Rule::Key(key.is_some()), vec![set(&room, "key", key.map(|key| key.expose().to_owned()))])
            }
            Change::Limit(most) => (Rule::Limit(most), vec![set(&room, "limit", most.map(|n| n.to_string()))]),
            Change::Slow(s) => (Rule::Slow(s), vec![set(&room, "slow", s.map(|n| n.to_string()))]),
            Change::Raise(nick, rank, on) => self.rank(session, &room, &nick, on.then_some(rank))?,
            Change::Rank(nick, rank) => self.rank(session, &room, &nick, rank)?,
            Change::List(list, whom, listing) => self.listing(session, &room, list, whom, listing)?,
            Change::Own => {
                let name = self.accounts.get(id).ok_or(Refusal::NoAccount)?.name.clone();
                let mut keeps = vec![set(&room, "owner", Some(id.0.to_string()))];
                // What people are in the room so far they stay.
                let ranks = self.rules.of(&room).into_iter().flat_map(|rules| &rules.ranks);
                let known = ranks.filter(|(id, _)| self.accounts.get(**id).is_some());
                keeps.extend(known.map(|(id, rank)| rank_of(&room, *id, Some(*rank))));
                (Rule::Owner(Some(name), None), keeps)
            }
            Change::Disown(_) => (Rule::Owner(None, self.owner_before(&room)), vec![set(&room, "owner", None)]),
            Change::Transfer(nick) => {
                let to = self.accounts.owner(&nick).ok_or_else(|| Refusal::NoSuchAccount(nick.clone()))?;
                if self.rooms_owned(to).len() >= self.limits.rooms_per_owner {
                    return Err(Refusal::TooMany(self.limits.rooms_per_owner));
                }
                let name = self.accounts.get(to).map_or(nick, |account| account.name.clone());
                let before = self.rules.of(&room).and_then(|rules| rules.owner);
                let mut keeps = vec![set(&room, "owner", Some(to.0.to_string()))];
                // Who gives a room away goes on keeping it in order.
                keeps.extend(before.map(|id| rank_of(&room, id, Some(Rank::Operator))));
                let before = self.owner_before(&room).map(|(nick, _)| (nick, Some(Rank::Operator)));
                (Rule::Owner(Some(name), before), keeps)
            }
        };
        self.propose_keeping(session, smallvec![LogId::Room(room)], Event::Rule(rule), keeps, out);
        Ok(())
    }

    /// Whose the room is so far, as they are called, and what else they are in it.
    fn owner_before(&self, room: &RoomName) -> Option<(Nick, Option<Rank>)> {
        let rules = self.rules.of(room)?;
        let owner = rules.owner?;
        let called = self.people.get(&owner).map(|person| person.called().clone());
        let called = called.or_else(|| self.accounts.get(owner).map(|account| account.name.clone()))?;
        Some((called, rules.ranks.get(&owner).copied()))
    }

    /// A change that may change nothing: who is to be something that they are, or are more than, or is not to be what they
    /// are not. None then.
    fn raised(&self, session: SessionId, room: &RoomName, change: Change) -> Result<Option<Change>, Refusal> {
        if let Change::Disown(Some(nick)) = &change {
            self.may_change(session, room, &change)?;
            let owner = self.rules.of(room).and_then(|rules| rules.owner);
            return Ok((owner == self.person_called(nick)).then_some(change));
        }
        let Change::Raise(nick, rank, on) = &change else { return Ok(Some(change)) };
        let change = Change::Rank(nick.clone(), on.then_some(*rank));
        self.may_change(session, room, &Change::Rank(nick.clone(), Some(*rank)))?;
        let id = self.person_called(nick).ok_or_else(|| Refusal::NoSuchPerson(nick.clone()))?;
        if self.people.get(&id).is_none_or(|person| person.presence(room).is_none()) {
            return Err(Refusal::NotThere(nick.clone(), room.clone()));
        }
        let is = self.rules.of(room).and_then(|rules| rules.ranks.get(&id).copied());
        let changes = if *on { is.is_none_or(|is| is < *rank) } else { is == Some(*rank) };
        Ok(changes.then_some(change))
    }

    /// Whether a session may change a rule so.
    fn may_change(&self, session: SessionId, room: &RoomName, change: &Change) -> Result<(), Refusal> {
        let standing = self.standing(session, room);
        let owner = self.rules.of(room).and_then(|rules| rules.owner);
        let least = match change {
            // Where there is an owner, they say who is an operator.
            Change::Rank(_, Some(Rank::Operator)) if owner.is_some() => Standing::Owner,
            Change::Disown(_) | Change::Transfer(_) => Standing::Owner,
            _ => Standing::Operator,
        };
        if standing < least {
            let refusal = if least == Standing::Owner { Refusal::NotOwner } else { Refusal::NotOperator };
            return Err(refusal(room.clone()));
        }
        match change {
            Change::Own if owner.is_some() => Err(Refusal::RoomOwned(room.clone())),
            Change::Own | Change::Transfer(_) if *room == self.lobby || room.as_str() == crate::identity::AUDIT => {
                Err(Refusal::NotWithThis(room.clone()))
            }
            Change::Own if self.rooms_owned(self.person_of(session)).len() >= self.limits.rooms_per_owner => {
                Err(Refusal::TooMany(self.limits.rooms_per_owner))
            }
            Change::Disown(_) if owner.is_none() => Err(Refusal::RoomNotOwned(room.clone())),
            _ => Ok(()),
        }
    }

    fn rank(
        &self,
        session: SessionId,
        room: &RoomName,
        nick: &Nick,
        rank: Option<Rank>,
    ) -> Result<(Rule, Vec<Keep>), Refusal> {
        let to = self.person_called(nick).ok_or_else(|| Refusal::NoSuchPerson(nick.clone()))?;
        let rules = self.rules.of(room);
        let is = rules.map_or(Standing::None, |rules| rules.standing(to));
        let mine = self.standing(session, room);
        if to != self.person_of(session) && is >= mine && is > Standing::None {
            return Err(Refusal::NotAbove(nick.clone()));
        }
        let known = rules.is_some_and(|rules| rules.ranks.contains_key(&to));
        if rank.is_some() && !known && rules.is_some_and(|rules| rules.ranks.len() >= self.limits.list_entries) {
            return Err(Refusal::TooMany(self.limits.list_entries));
        }
        let called = self.people.get(&to).map_or_else(|| nick.clone(), |person| person.called().clone());
        // Nobody can take a rank from a guest who is gone.
        let ranks = rules.into_iter().flat_map(|rules| rules.ranks.keys());
        let gone = ranks.filter(|id| !self.people.contains_key(id) && self.accounts.get(**id).is_none());
        let mut keeps: Vec<_> = gone.map(|id| rank_of(room, *id, None)).collect();
        keeps.push(rank_of(room, to, rank));
        let before = rules.and_then(|rules| rules.ranks.get(&to).copied());
        Ok((Rule::Rank(to, called, rank, before), keeps))
    }

    fn listing(
        &self,
        session: SessionId,
        room: &RoomName,
        list: List,
        whom: Whom,
        listing: Option<(Option<u64>, Text)>,
    ) -> Result<(Rule, Vec<Keep>), Refusal> {
        let mask = match whom {
            Whom::Mask(mask) => mask,
            Whom::Nick(nick) => self.mask_of(&nick).ok_or(Refusal::NoSuchPerson(nick))?,
            Whom::Network(text) => return Err(Refusal::BadNetwork(text)),
        };
        let rules = self.rules.of(room);
        let field = format!("list:{}:{mask}", list.word());
        let place = (list, mask);
        let Some((seconds, reason)) = listing else {
            if rules.is_none_or(|rules| !rules.lists.contains_key(&place)) {
                return Err(Refusal::NotListed(place.1.to_string()));
            }
            return Ok((Rule::List(list, place.1, None), vec![set(room, field, None)]));
        };
        let mut keeps = self.run_out(room);
        let left = rules.map_or(0, |rules| rules.lists.len()) - keeps.len();
        if left >= self.limits.list_entries {
            return Err(Refusal::ListFull(self.limits.list_entries, room.clone(), list));
        }
        let listing = Listing { until: self.until(seconds), reason };
        let by = self.people[&self.person_of(session)].called().as_str().into();
        let listed = Listed { listing: listing.clone(), by, at: self.now };
        keeps.push(set(room, field, Some(listed.write())));
        Ok((Rule::List(list, place.1, Some(listing)), keeps))
    }

    /// What has run out of a room's lists is forgotten when there is an occasion.
    fn run_out(&self, room: &RoomName) -> Vec<Keep> {
        let lists = self.rules.of(room).into_iter().flat_map(|rules| &rules.lists);
        let over = lists.filter(|(_, listed)| !listed.holds(self.now));
        over.map(|((list, mask), _)| set(room, format!("list:{}:{mask}", list.word()), None)).collect()
    }

    /// When so many seconds from now are over.
    pub(super) fn until(&self, seconds: Option<u64>) -> Option<Time> {
        seconds.map(|s| Time(self.now.0.saturating_add(s.saturating_mul(1_000))))
    }

    /// What stands for somebody in a list: their account or, for a guest, where they come from.
    fn mask_of(&self, nick: &Nick) -> Option<Mask> {
        let id = self.person_called(nick)?;
        if let Some(account) = self.accounts.get(id) {
            return Some(Mask::account(&account.name));
        }
        let session = self.people.get(&id)?.sessions.first()?;
        Some(Mask::cloak(&cloak(&self.secret, self.sessions.get(session)?.origin.address)))
    }

    /// Who is called so, or whose account has this nick.
    pub(crate) fn person_called(&self, nick: &Nick) -> Option<PersonId> {
        self.nicks.get(nick).copied().filter(|id| !self.is_at_door(*id)).or_else(|| self.accounts.owner(nick))
    }

    /// A rule is another now: what follows from it at once.
    pub(crate) fn ruled(&mut self, session: SessionId, room: &RoomName, rule: &Rule, out: &mut Effects) {
        if let (Rule::List(List::Ban, _, Some(_)), Some(there)) = (rule, self.rooms.get_mut(room)) {
            // Who was asked in before is not let in past it.
            there.invited.clear();
        }
        out.push(Effect::Reply(session, Reply::RuleSet(room.clone(), rule.clone()), self.head));
    }
}

/// A field of a room, with a value or without.
pub(crate) fn set(room: &RoomName, field: impl Into<String>, value: Option<String>) -> Keep {
    Keep::field(Subject::Room(room.clone()), field, value)
}

/// Somebody is something in a room.
pub(crate) fn rank_of(room: &RoomName, id: PersonId, rank: Option<Rank>) -> Keep {
    set(room, format!("rank:{}", id.0), rank.map(|rank| rank.word().to_owned()))
}
