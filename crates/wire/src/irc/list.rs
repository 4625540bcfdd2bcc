//! LIST, and what narrows it down (ELIST: by creation, mask, its contrary, topic and people).

use hall::{Command, Glob, RoomInfo, RoomName, Time};

use super::client::{Around, Asking, Client, Step};
use super::commands::listed;
use super::message::Message;
use super::numeric as n;

/// Masks of LIST, and masks of what it leaves out; each is held against every room.
const MASKS: usize = 20;

/// What a room has to be to be listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    rooms: Vec<RoomName>,
    masks: Vec<Glob>,
    not: Vec<Glob>,
    people_over: Option<usize>,
    people_under: Option<usize>,
    /// Made less, or more, than so many minutes ago.
    made_within: Option<u64>,
    made_before: Option<u64>,
    /// Their topic set less, or more, than so many minutes ago.
    topic_within: Option<u64>,
    topic_before: Option<u64>,
}

impl Filter {
    fn parse(raw: &str, around: &Around<'_>) -> Self {
        let mut filter = Self::default();
        for word in listed(raw) {
            let (kind, rest) = match word.chars().next() {
                Some(c @ ('C' | 'T' | 'c' | 't')) if word[1..].starts_with(['<', '>']) => {
                    (c.to_ascii_uppercase(), &word[1..])
                }
                _ => ('U', word),
            };
            match (kind, rest.split_at_checked(1)) {
                ('U', Some(("<", most))) => filter.people_under = most.parse().ok(),
                ('U', Some((">", least))) => filter.people_over = least.parse().ok(),
                ('C', Some(("<", minutes))) => filter.made_within = minutes.parse().ok(),
                ('C', Some((">", minutes))) => filter.made_before = minutes.parse().ok(),
                ('T', Some(("<", minutes))) => filter.topic_within = minutes.parse().ok(),
                ('T', Some((">", minutes))) => filter.topic_before = minutes.parse().ok(),
                (_, Some(("!", mask))) => filter.not.push(Glob::new(mask)),
                _ if word.contains(['*', '?']) => filter.masks.push(Glob::new(word)),
                _ => filter.rooms.extend(RoomName::new(word, around.hall.room_name_chars).ok()),
            }
        }
        filter.not.truncate(MASKS);
        filter.masks.truncate(MASKS);
        filter
    }

    fn fits(&self, room: &RoomInfo, now: Time) -> bool {
        let minutes = |at: Time| now.0.saturating_sub(at.0) / 60_000;
        let (made, topic) = (minutes(room.since), room.topic.as_ref().and_then(|topic| topic.at).map(minutes));
        let name = room.name.as_str();
        let named = self.rooms.is_empty() && self.masks.is_empty()
            || self.rooms.contains(&room.name)
            || self.masks.iter().any(|mask| mask.matches(name));
        named
            && !self.not.iter().any(|mask| mask.matches(name))
            && self.people_over.is_none_or(|least| room.people > least)
            && self.people_under.is_none_or(|most| room.people < most)
            && self.made_within.is_none_or(|minutes| made < minutes)
            && self.made_before.is_none_or(|minutes| made > minutes)
            && self.topic_within.is_none_or(|minutes| topic.is_some_and(|topic| topic < minutes))
            && self.topic_before.is_none_or(|minutes| topic.is_some_and(|topic| topic > minutes))
    }
}

impl Client {
    pub(crate) fn list(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        // Names and conditions come in one list, or one behind the other (Modern IRC, "LIST message").
        let conditions: Vec<_> = message.params().take(2).collect();
        self.asking = Asking::List(Box::new(Filter::parse(&conditions.join(","), around)));
        vec![Step::Do(Command::Rooms(true))]
    }

    pub(crate) fn put_list(&self, rooms: &[RoomInfo], around: &Around<'_>, out: &mut Vec<u8>) {
        let Asking::List(filter) = &self.asking else { return };
        self.put(out, around, n::RPL_LISTSTART, &["Channel"], self.lang().pick("Users  Name", "사람  주제"));
        for room in rooms.iter().filter(|room| filter.fits(room, around.now)) {
            let topic = room.topic.as_ref().map_or("", |topic| topic.text.as_str());
            self.put(out, around, n::RPL_LIST, &[room.name.as_str(), &room.people.to_string()], topic);
        }
        self.put(out, around, n::RPL_LISTEND, &[], self.lang().pick("End of /LIST", "방 목록 끝"));
    }
}
