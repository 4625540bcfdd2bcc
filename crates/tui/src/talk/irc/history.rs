//! What was said before: asked for (CHATHISTORY), and told in its place.

use std::sync::Arc;
use std::time::Instant;

use hall::{Event, Reply, RoomName, Span, Time};

use super::happened::Happened;
use super::incoming::nick;
use super::rooms::Mark;
use super::send::About;
use super::{IrcTalk, Phase};
use crate::limits::{CONVERSATIONS, GREETING_TIMEOUT, HISTORY_ENTRIES};

impl IrcTalk {
    /// Asks for a part of what was said, on nobody's behalf.
    pub(super) fn ask_history(&mut self, about: About, params: &[&str]) {
        self.ask_about(about, None, |line| {
            params.iter().fold(line.command("CHATHISTORY"), |line, param| line.param(param))
        });
    }

    /// The person asks what was said in the room that they speak in.
    pub(super) fn ask_span(&mut self, room: &RoomName, span: Span, sent: u64) {
        let limit = self.server.history;
        let (what, place, asked) = match span {
            Span::Since(Time(ms)) => ("AFTER", timestamp(Time(ms.saturating_sub(1))), usize::MAX),
            Span::Last(last) => ("LATEST", "*".to_owned(), last),
            _ => return,
        };
        let most = asked.min(limit);
        let about = About::History { entries: Vec::new(), most, all: asked <= limit };
        self.ask_about(about, Some(sent), |line| {
            let line = line.command("CHATHISTORY").param(what).param(room.as_str());
            line.param(&place).param(&most.to_string())
        });
    }

    /// Whether a label is that of a question about what was said.
    pub(super) fn is_past(&mut self, label: Option<u64>) -> bool {
        let about = self.about(label);
        if matches!(about, Some(About::Targets(_) | About::Conversation { .. })) {
            return true;
        }
        matches!(about, Some(About::History { .. } | About::Replay { .. } | About::Since { .. } | About::Known { .. }))
    }

    /// Something that happened before is told, as the answer to a question.
    pub(super) fn past(&mut self, happened: Happened, label: Option<u64>) {
        let said = happened.said().is_some();
        match self.about(label) {
            Some(About::History { entries, .. }) if said && entries.len() < HISTORY_ENTRIES => {
                entries.extend(happened.entries);
            }
            Some(About::Replay { entries, empty, room, .. }) => {
                *empty = false;
                let room = room.clone();
                if said && entries.len() < HISTORY_ENTRIES {
                    entries.extend(happened.entries.clone());
                }
                self.note(&happened, Some(&room));
            }
            Some(About::Since { lines, room }) => {
                *lines += 1;
                let room = room.clone();
                if let Some(room) = self.room(&room)
                    && let Some(id) = happened.id.clone()
                {
                    room.proved = true;
                    room.mark = Mark::After(id, happened.at);
                }
                if !self.is_doubted(&happened, &room) {
                    self.pass(happened, Some(&room));
                }
            }
            Some(About::Conversation { lines, last, .. }) => {
                *lines += 1;
                *last = happened.id.clone().or(last.take());
                self.pass(happened, None);
            }
            Some(About::Known { .. }) => {
                let seen = happened.key.is_some_and(|key| self.seen.contains(&key));
                if let Some(About::Known { known, .. }) = self.about(label) {
                    *known |= seen;
                }
            }
            _ => {}
        }
    }

    /// Whether this is what one said oneself when the last connection broke: then it is known to have arrived.
    fn is_doubted(&mut self, happened: &Happened, room: &RoomName) -> bool {
        let new = happened.key.as_ref().is_some_and(|key| !self.seen.contains(key));
        if !happened.own || happened.source != self.source || !new {
            return false;
        }
        let Some((_, text)) = happened.said() else { return false };
        let same = |said: &Option<(RoomName, String)>| {
            said.as_ref().is_some_and(|(at, said)| at == room && said == text.as_str())
        };
        let Some(at) = self.doubted.iter().position(|sent| same(&sent.said)) else { return false };
        let sent = self.doubted.remove(at);
        self.arrived.push(sent.line);
        self.note(happened, Some(room))
    }

    /// Such an answer is complete.
    pub(super) fn past_told(&mut self, about: About, refused: bool, now: Instant) {
        if matches!(self.phase, Phase::Greeting(_)) {
            // As long as there is more and more of it, nobody is kept waiting for nothing.
            self.phase = Phase::Greeting(now + GREETING_TIMEOUT);
        }
        match about {
            About::History { entries, most, all } => {
                let more = !all && entries.len() >= most;
                let entries = entries.into_iter().map(Arc::new).collect();
                self.tell(&Reply::History { entries, more });
            }
            About::Replay { room, entries, empty, shown } => {
                if let Some(room) = self.room(&room).filter(|_| !refused && empty) {
                    room.mark = Mark::Beginning;
                }
                if shown && entries.iter().any(|entry| matches!(entry.event, Event::Message(..))) {
                    self.tell(&Reply::Replay(entries.into_iter().map(Arc::new).collect()));
                }
                self.go_on(&room);
            }
            About::Since { room, .. } if refused => self.go_on(&room),
            About::Since { room, lines: 0 } => self.nothing_since(room),
            About::Since { room, .. } => self.ask_since(&room),
            About::Targets(people) => {
                let place = timestamp(Time(self.latest.0.saturating_sub(1)));
                people.into_iter().for_each(|with| self.ask_conversation(with, &place));
            }
            About::Conversation { with, lines: 1.., last: Some(last) } if !refused => {
                self.ask_conversation(with, &format!("msgid={last}"));
            }
            About::Known { room, known } => self.is_known(&room, known || refused),
            _ => {}
        }
    }

    /// With whom was something said while one was away? What is said to an account that is not there is kept for it; what is
    /// said while another client of it is there, is not.
    pub(super) fn ask_targets(&mut self) {
        let (from, most) = (timestamp(Time(self.latest.0.saturating_sub(1))), CONVERSATIONS.to_string());
        self.ask_history(About::Targets(Vec::new()), &["TARGETS", &from, "timestamp=9000-01-01T00:00:00.000Z", &most]);
    }

    /// There is somebody with whom something was said.
    pub(super) fn target(&mut self, with: &str, label: Option<u64>) {
        let known = nick(with).is_some();
        if let Some(About::Targets(people)) = self.about(label)
            && known
            && !with.starts_with('#')
            && people.len() < CONVERSATIONS
        {
            people.push(with.to_owned());
        }
    }

    fn ask_conversation(&mut self, with: String, place: &str) {
        let most = self.server.history.to_string();
        let about = About::Conversation { with: with.clone(), lines: 0, last: None };
        self.ask_history(about, &["AFTER", &with, place, &most]);
    }

    /// Whether it is still to be told what was said with people.
    pub(super) fn is_catching_up(&self) -> bool {
        let about = |about: &About| matches!(about, About::Targets(_) | About::Conversation { .. });
        self.asked.values().any(|asked| about(&asked.about))
    }

    /// The history has nothing new. Is it the one that is known?
    fn nothing_since(&mut self, room: RoomName) {
        match self.room(&room).map(|room| (room.proved, room.mark.clone())) {
            // What has something new behind the known place has that place.
            Some((false, Mark::After(_, at))) => {
                // Nothing that comes meanwhile is as old as that.
                let place = timestamp(Time(at.0.saturating_add(1)));
                let about = About::Known { room: room.clone(), known: false };
                self.ask_history(about, &["BEFORE", room.as_str(), &place, "1"]);
            }
            _ => self.go_on(&room),
        }
    }

    /// Whether the history is the one of before. If it is another hall's, everything begins anew.
    fn is_known(&mut self, name: &RoomName, known: bool) {
        if known {
            return self.go_on(name);
        }
        self.seen.forget();
        if let Some(room) = self.room(name) {
            room.mark = Mark::Unknown;
        }
        self.ask_replay(name);
    }
}

/// A time as a place in a history.
fn timestamp(at: Time) -> String {
    let at = i64::try_from(at.0).unwrap_or_default();
    format!("timestamp={:.3}", jiff::Timestamp::from_millisecond(at).unwrap_or_default())
}
