//! The rules of rooms: who may come in, who may speak, who keeps order. A room without any is open to everybody.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::Looks;
use crate::metadata;
use crate::rule::listing;
use crate::{Flag, Keep, Key, List, Listing, Mask, PersonId, Rank, RoomName, Secret, Seq, Subject, Text, Time};

/// The rules of one room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The account to which it belongs: only then does it keep its rules when nobody is there.
    pub owner: Option<PersonId>,
    /// What holds.
    pub flags: BTreeSet<Flag>,
    /// What is asked of those who come in.
    pub key: Option<Secret>,
    /// How many people may be in it.
    pub limit: Option<u32>,
    /// Seconds between two messages of one person.
    pub slow_s: Option<u32>,
    /// What people are in it.
    pub ranks: BTreeMap<PersonId, Rank>,
    /// Its lists.
    pub lists: BTreeMap<(List, Mask), Listed>,
    /// What was said up to this entry was said behind closed doors, among others than those who are there now.
    pub floor: Option<Seq>,
    /// What is noted about the room.
    pub metadata: BTreeMap<Key, Text>,
    /// Whether the ledger keeps something of it.
    pub kept: bool,
}

/// A mask in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Until when, and why.
    pub listing: Listing,
    /// Who put it there, as they were called.
    pub by: Box<str>,
    /// When.
    pub at: Time,
}

/// What somebody is in a room, the lesser first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nobody in particular.
    None,
    /// A member.
    Member,
    /// One with a voice.
    Voice,
    /// An operator.
    Operator,
    /// The owner.
    Owner,
    /// An admin of the hall.
    Admin,
}

impl From<Rank> for Standing {
    fn from(rank: Rank) -> Self {
        match rank {
            Rank::Member => Self::Member,
            Rank::Voice => Self::Voice,
            Rank::Operator => Self::Operator,
        }
    }
}

impl Rules {
    /// What a person is here, admins apart.
    pub(crate) fn standing(&self, person: PersonId) -> Standing {
        if self.owner == Some(person) {
            return Standing::Owner;
        }
        self.ranks.get(&person).map_or(Standing::None, |rank| Standing::from(*rank))
    }

    /// Whether somebody is in a list now.
    pub(crate) fn lists(&self, list: List, looks: &Looks<'_>, now: Time) -> bool {
        let of_list = self.lists.iter().filter(|((l, _), _)| *l == list);
        of_list.filter(|(_, listed)| listed.holds(now)).any(|((_, mask), _)| mask.fits(looks))
    }

    /// Whether anybody keeps order here.
    pub(crate) fn has_operators(&self) -> bool {
        self.ranks.values().any(|rank| *rank == Rank::Operator)
    }

    /// Whether not everybody may come in, or know of the room.
    fn is_closed(&self) -> bool {
        self.key.is_some()
            || self
                .flags
                .iter()
                .any(|flag| matches!(flag, Flag::InviteOnly | Flag::Secret | Flag::MembersOnly | Flag::AccountsOnly))
    }

    /// Takes over a field that was set or unset. What cannot be understood is passed over: a later program wrote it.
    fn fold(&mut self, field: &str, value: Option<&str>) {
        self.kept = true;
        let (what, rest) = field.split_once(':').unwrap_or((field, ""));
        match what {
            "owner" => self.owner = value.and_then(|v| v.parse().ok()).map(PersonId),
            "flag" => {
                if let Some(flag) = Flag::of_word(rest) {
                    if value.is_some() {
                        self.flags.insert(flag)
                    } else {
                        self.flags.remove(&flag)
                    };
                }
            }
            "key" => self.key = value.map(Secret::new),
            "limit" => self.limit = value.and_then(|v| v.parse().ok()),
            "floor" => self.floor = value.and_then(|v| v.parse().ok()).map(Seq),
            "slow" => self.slow_s = value.and_then(|v| v.parse().ok()),
            "rank" => {
                let Ok(person) = rest.parse().map(PersonId) else { return };
                match value.and_then(Rank::of_word) {
                    Some(rank) => self.ranks.insert(person, rank),
                    None => self.ranks.remove(&person),
                };
            }
            metadata::FIELD => metadata::fold(&mut self.metadata, rest, value),
            "list" => {
                let place =
                    rest.split_once(':').and_then(|(list, mask)| Some((List::of_word(list)?, mask.parse().ok()?)));
                let Some(place) = place else { return };
                match value.and_then(Listed::read) {
                    Some(listed) => self.lists.insert(place, listed),
                    None => self.lists.remove(&place),
                };
            }
            _ => {}
        }
    }

    /// Whether nobody outside is told of the room.
    pub(crate) fn is_secret(&self) -> bool {
        self.flags.contains(&Flag::Secret)
    }

    fn is_empty(&self) -> bool {
        *self == Self { kept: self.kept, ..Self::default() }
    }
}

impl Listed {
    /// Whether it has not run out.
    #[must_use]
    pub fn holds(&self, now: Time) -> bool {
        self.listing.until.is_none_or(|until| now < until)
    }

    pub(crate) fn write(&self) -> String {
        let Listing { until, reason } = &self.listing;
        format!("{} {} {} {}", until.map_or(0, |t| t.0), self.at.0, self.by, reason.as_str())
    }

    pub(crate) fn read(words: &str) -> Option<Self> {
        let mut words = words.splitn(4, ' ');
        let (until, at, by) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        Some(Self { listing: listing(until, words.next()?).ok()?, by: by.into(), at: Time(at) })
    }
}

/// The rules of all rooms that have any.
#[derive(Debug, Default)]
pub(crate) struct AllRules {
    rooms: BTreeMap<RoomName, Box<Rules>>,
    /// Rooms without an owner of which the ledger may still keep something.
    remains: BTreeSet<RoomName>,
}

impl AllRules {
    pub(crate) fn of(&self, room: &RoomName) -> Option<&Rules> {
        self.rooms.get(room).map(|rules| &**rules)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&RoomName, &Rules)> {
        self.rooms.iter().map(|(room, rules)| (room, &**rules))
    }

    pub(crate) fn fold(&mut self, keep: &Keep) {
        match keep {
            Keep::Set(Subject::Room(room), field, value) => {
                self.rooms.entry(room.clone()).or_default().fold(field, Some(value.expose()));
            }
            Keep::Unset(Subject::Room(room), field) => {
                let Some(rules) = self.rooms.get_mut(room) else { return };
                rules.fold(field, None);
                if rules.is_empty() {
                    self.rooms.remove(room);
                }
            }
            Keep::Forget(Subject::Room(room)) => {
                self.rooms.remove(room);
                self.remains.remove(room);
            }
            Keep::Rename(from, to) => {
                if from != to {
                    self.rooms.remove(to);
                    self.remains.remove(to);
                }
                if let Some(rules) = self.rooms.remove(from) {
                    self.rooms.insert(to.clone(), rules);
                }
                if self.remains.remove(from) {
                    self.remains.insert(to.clone());
                }
            }
            _ => {}
        }
    }

    /// Somebody has opened a room: they keep it in order for as long as anybody is there.
    pub(crate) fn opened_by(&mut self, room: &RoomName, id: PersonId) {
        self.rooms.entry(room.clone()).or_default().ranks.insert(id, Rank::Operator);
    }

    /// Nobody is in a room any more, at this entry: without an owner it loses its rules, and who opens it again has the
    /// ledger forget them. What was said behind closed doors stays there.
    pub(crate) fn emptied(&mut self, room: &RoomName, head: Seq) {
        let Some(rules) = self.rooms.get(room).filter(|rules| rules.owner.is_none()) else { return };
        let floor = if rules.is_closed() { Some(head) } else { rules.floor };
        let kept = rules.kept;
        match floor {
            Some(_) => drop(self.rooms.insert(room.clone(), Box::new(Rules { floor, ..Rules::default() }))),
            None => drop(self.rooms.remove(room)),
        }
        if kept || floor.is_some() {
            self.remains.insert(room.clone());
        }
    }

    /// Of rooms without an owner nothing is left when a hall begins, behind this entry, but that they were closed.
    pub(crate) fn begin(&mut self, head: Seq) {
        let gone: Vec<_> = self.rooms.iter().filter(|(_, r)| r.owner.is_none()).map(|(name, _)| name.clone()).collect();
        gone.iter().for_each(|room| self.emptied(room, head));
    }

    /// Whether somebody would miss the room's name: whose it is, or what holds in it. That it was closed once holds nothing.
    pub(crate) fn hold_name(&self, room: &RoomName) -> bool {
        let bare = |rules: &Rules| *rules == Rules { kept: rules.kept, floor: rules.floor, ..Rules::default() };
        self.of(room).is_some_and(|rules| !bare(rules))
    }

    /// Whether the ledger may still keep something of a room that has no rules.
    pub(crate) fn has_remains(&self, room: &RoomName) -> bool {
        self.remains.contains(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(room: &RoomName, field: &str, value: &str) -> Keep {
        Keep::field(Subject::Room(room.clone()), field, Some(value.to_owned()))
    }

    #[test]
    fn rules_are_a_fold_over_fields() {
        let room = RoomName::new("#a", 9).unwrap();
        let mut all = AllRules::default();
        let listed = Listed {
            listing: Listing { until: Some(Time(9)), reason: Text::new("너무 시끄럽다") },
            by: "민수".into(),
            at: Time(3),
        };
        for (field, value) in [
            ("owner", "7"),
            ("flag:secret", "on"),
            ("key", "열쇠"),
            ("limit", "3"),
            ("rank:9", "voice"),
            ("list:ban:troll*!*@*", &listed.write()),
            ("of a later program", "x"),
        ] {
            all.fold(&set(&room, field, value));
        }
        let rules = all.of(&room).unwrap();
        assert_eq!((rules.owner, rules.limit, rules.slow_s), (Some(PersonId(7)), Some(3), None));
        assert_eq!((rules.standing(PersonId(7)), rules.standing(PersonId(9))), (Standing::Owner, Standing::Voice));
        assert_eq!(rules.lists.values().next(), Some(&listed));
        assert!(listed.holds(Time(8)) && !listed.holds(Time(9)));
        all.emptied(&room, Seq(5));
        assert!(all.of(&room).is_some_and(|rules| rules.key.is_some()), "it has an owner");
        all.fold(&Keep::Unset(Subject::Room(room.clone()), "owner".to_owned()));
        all.emptied(&room, Seq(6));
        // It was closed: what was said there is not for those who open it again.
        assert_eq!(all.of(&room), Some(&Rules { floor: Some(Seq(6)), ..Rules::default() }));
        assert!(all.has_remains(&room));
        all.fold(&Keep::Forget(Subject::Room(room.clone())));
        assert!(!all.has_remains(&room));
    }
}
