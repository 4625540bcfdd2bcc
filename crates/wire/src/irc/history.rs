//! What was said: CHATHISTORY, read markers, SEARCH, and what somebody is told who comes into a room.

use std::sync::Arc;

use hall::{Command, Entry, LogId, Mark, Nick, Search, Seq, Span, Target, Time};

use super::caps::Cap;
use super::client::{Around, Asking, Client, Step};
use super::commands::shown;
use super::line::Line;
use super::message::Message;
use super::show::{Place, put, server_time};
use super::unescape_tag;

/// What of what was said has been asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// In which room, or with whom; as the client named it.
    pub(crate) target: String,
    /// The kind of batch in which it is told.
    batch: &'static str,
    /// How it was asked for.
    pub(crate) what: String,
    /// At most so much of it is told, the latest or the earliest.
    most: usize,
    earliest: bool,
}

impl Asked {
    /// Whether it is looked for, wherever it was said.
    pub(crate) fn is_search(&self) -> bool {
        self.batch == SEARCH
    }

    fn new(target: &str, batch: &'static str, what: &str) -> Box<Self> {
        let (target, what) = (target.to_owned(), what.to_owned());
        Box::new(Self { target, batch, what, most: usize::MAX, earliest: false })
    }
}

impl Client {
    pub(crate) fn chathistory(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let what = message.param(0).unwrap_or("").to_ascii_uppercase();
        let param = |at: usize| message.param(at).unwrap_or("");
        let lang = self.lang();
        let asked_params = match what.as_str() {
            "LATEST" | "BEFORE" | "AFTER" | "AROUND" | "TARGETS" => 4,
            "BETWEEN" => 5,
            "" => 1,
            _ => {
                let text = lang.pick("Unknown command", "그런 명령은 없습니다");
                return vec![self.fail(around, "CHATHISTORY", "UNKNOWN_COMMAND", &[shown(&what)], text)];
            }
        };
        let context: &[&str] = if what.is_empty() { &[] } else { &[shown(&what)] };
        if what.is_empty() || message.param_count() < asked_params {
            let text = lang.pick("Missing parameters", "빠진 것이 있습니다");
            return vec![self.fail(around, "CHATHISTORY", "NEED_MORE_PARAMS", context, text)];
        }
        let wrong = |client: &Self| {
            let text = lang.pick("Invalid parameters", "잘못된 값입니다");
            vec![client.fail(around, "CHATHISTORY", "INVALID_PARAMS", context, text)]
        };
        let most = param(asked_params - 1).parse::<usize>().map(|most| most.min(around.hall.history_entries));
        // Only what is the latest can be asked for without naming a place.
        if what != "LATEST" && message.params().skip(1).any(|param| param == "*") {
            return wrong(self);
        }
        if what == "TARGETS" {
            let (Some(first), Some(second), Ok(most)) = (mark(param(1)), mark(param(2)), most) else {
                return wrong(self);
            };
            let (after, before) = ordered(first, second);
            self.asking = Asking::History(Asked::new("", TARGETS, &what));
            return vec![Step::Do(Command::Targets { after, before, most })];
        }
        let (Some(span), Ok(most)) = (span_of(&what, param(2), param(3)), most) else { return wrong(self) };
        let target = param(1);
        self.asking = Asking::History(Asked::new(shown(target), "chathistory", shown(&what)));
        match self.target(target, around) {
            Ok(to) => vec![Step::Do(Command::Said { to, span, most, events: self.style.caps.has(Cap::EventPlayback) })],
            Err(_) => {
                let text = lang.pick("There is no such target", "그런 사람이나 방은 없습니다");
                vec![self.fail(around, "CHATHISTORY", "INVALID_TARGET", &[shown(&what), shown(target)], text)]
            }
        }
    }

    pub(crate) fn markread(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let Some(target) = message.param(0).filter(|target| !target.is_empty()) else {
            return vec![self.fail(
                around,
                "MARKREAD",
                "NEED_MORE_PARAMS",
                &[],
                self.lang().pick("Missing parameters", "빠진 것이 있습니다"),
            )];
        };
        let to = match self.target(target, around) {
            Ok(to) => to,
            Err(_) => {
                return vec![self.fail(
                    around,
                    "MARKREAD",
                    "INVALID_PARAMS",
                    &[shown(target)],
                    self.lang().pick("There is no such target", "그런 사람이나 방은 없습니다"),
                )];
            }
        };
        self.asking = Asking::Marker(shown(target).to_owned());
        let until = match message.param(1) {
            None => None,
            Some(raw) => match mark(raw) {
                Some(Mark::Time(time)) => Some(time),
                _ => {
                    return vec![self.fail(
                        around,
                        "MARKREAD",
                        "INVALID_PARAMS",
                        &[shown(target)],
                        self.lang().pick("Invalid timestamp", "잘못된 시각입니다"),
                    )];
                }
            },
        };
        vec![Step::Do(Command::Marker(to, until))]
    }

    /// Up to where something has been read.
    pub(crate) fn put_marker(&self, target: &str, until: Option<Time>, around: &Around<'_>, out: &mut Vec<u8>) {
        if self.style.caps.has(Cap::ReadMarker) {
            let until = until.map_or("*".to_owned(), |time| format!("timestamp={}", server_time(time)));
            Line::new(out).source(&around.house().server).command("MARKREAD").param(target).param(&until).end();
        }
    }

    pub(crate) fn search(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (mut search, mut with, mut most) = (Search::default(), None, usize::MAX);
        let mut place = String::new();
        for part in message.param(0).unwrap_or("").split(';') {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = unescape_tag(value);
            let time =
                || if let Some(Mark::Time(time)) = mark(&format!("timestamp={value}")) { Some(time) } else { None };
            let fits = match key {
                "from" => {
                    Nick::recorded(&value, around.hall.nick_chars).is_ok_and(|nick| search.from.replace(nick).is_none())
                }
                "in" => {
                    shown(part).clone_into(&mut place);
                    self.target(&value, around).is_ok_and(|to| match to {
                        Target::Room(room) => {
                            search.logs.push(LogId::Room(room));
                            true
                        }
                        Target::Person(nick) => with.replace(nick).is_none(),
                    })
                }
                "text" => {
                    search.words.extend(value.split_whitespace().map(str::to_owned));
                    true
                }
                "after" => time().is_some_and(|time| search.after.replace(time).is_none()),
                // Whatever was said at that time is in it, too.
                "before" => time().is_some_and(|Time(at)| search.before.replace(Time(at.saturating_add(1))).is_none()),
                "limit" => value.parse().is_ok_and(|limit| {
                    most = limit;
                    true
                }),
                "" => true,
                _ => false,
            };
            if !fits {
                return vec![self.fail(
                    around,
                    "SEARCH",
                    "INVALID_PARAMS",
                    &[shown(part)],
                    self.lang().pick("Invalid parameters", "잘못된 값입니다"),
                )];
            }
        }
        let asked = Asked { most, earliest: search.after.is_some(), ..*Asked::new("", SEARCH, &place) };
        self.asking = Asking::History(Box::new(asked));
        vec![Step::Do(Command::Search(search, with))]
    }

    /// What was said since a moment, as clients ask for it that keep their place themselves (znc.in/playback):
    /// `PLAY BUFFER [FROM [TO]]`, in seconds.
    pub(crate) fn playback(&mut self, text: &str, around: &Around<'_>) -> Vec<Step> {
        let mut words = text.split_ascii_whitespace();
        if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("play")) {
            return vec![];
        }
        let buffer = words.next().unwrap_or("*");
        let moment = |word: Option<&str>| {
            let seconds = word.and_then(|word| word.parse::<f64>().ok()).filter(|s| s.is_finite() && *s > 0.0)?;
            Some(Mark::Time(Time((seconds * 1_000.0) as u64)))
        };
        let after = moment(words.next()).unwrap_or(Mark::Beginning);
        let span = Span::Between { after, before: moment(words.next()).unwrap_or(Mark::End), newest: true };
        let events = self.style.caps.has(Cap::EventPlayback);
        let most = around.hall.history_entries;
        // Of several each is told by its name.
        let one = if buffer == "*" || buffer.contains(',') { "" } else { shown(buffer) };
        self.asking = Asking::History(Asked::new(one, "chathistory", ""));
        if buffer == "*" {
            return vec![Step::Do(Command::SaidEverywhere { span, most, events })];
        }
        let each = |raw| match self.target(raw, around) {
            Ok(to) => Step::Do(Command::Said { to, span, most, events }),
            Err(refused) => refused,
        };
        super::commands::listed(buffer).take(super::talk::TARGETS).map(each).collect()
    }

    /// What was said before the client came, told without having been asked for.
    pub(crate) fn put_replay(&mut self, entries: &[Arc<Entry>], around: &Around<'_>, out: &mut Vec<u8>) {
        if entries.is_empty() {
            return;
        }
        let target = place_of(entries, around);
        self.put_batch(&target, "chathistory", entries, around, out);
    }

    /// What was said, asked for.
    pub(crate) fn put_history(&mut self, entries: &[Arc<Entry>], around: &Around<'_>, out: &mut Vec<u8>) {
        if let Asking::History(asked) = &self.asking {
            let Asked { target, batch, .. } = (**asked).clone();
            // Who has asked for several is told of each by its name.
            let target = if target.is_empty() { place_of(entries, around) } else { target };
            if !target.is_empty() {
                self.put_batch(&target, batch, entries, around, out);
            }
        }
    }

    /// What was found, the oldest first.
    pub(crate) fn put_found(&mut self, entries: &[Arc<Entry>], around: &Around<'_>, out: &mut Vec<u8>) {
        let (most, earliest) = match &self.asking {
            Asking::History(asked) => (asked.most, asked.earliest),
            _ => (usize::MAX, false),
        };
        let passed_over = if earliest { entries.len().saturating_sub(most) } else { 0 };
        let entries: Vec<_> = entries.iter().skip(passed_over).take(most).rev().cloned().collect();
        self.put_batch("", SEARCH, &entries, around, out);
    }

    /// In which rooms and with whom something was said, and when last.
    pub(crate) fn put_targets(&mut self, targets: &[(String, Time)], around: &Around<'_>, out: &mut Vec<u8>) {
        let server = &around.house().server;
        let batch = self.open_batch("", TARGETS, around, out);
        for (target, at) in targets {
            let line = Line::new(out);
            let line = batch.iter().fold(line, |line, batch| line.tag("batch", batch));
            let line = line.source(server).command("CHATHISTORY").param("TARGETS").param(target);
            line.param(&server_time(*at)).end();
        }
        close_batch(batch.as_deref(), around, out);
    }

    fn put_batch(&mut self, target: &str, kind: &str, entries: &[Arc<Entry>], around: &Around<'_>, out: &mut Vec<u8>) {
        let batch = self.open_batch(target, kind, around, out);
        let playback = self.style.caps.has(Cap::EventPlayback);
        for entry in entries {
            let said = matches!(entry.event, hall::Event::Message(..) | hall::Event::Audit(_));
            // What one did with one's account stands where one's own messages to oneself do, and is none of them.
            let own = matches!(entry.event, hall::Event::Account(_));
            if said || (playback && !own && self.style.shows(entry, None)) {
                put(entry, self.style, around.codec, Place::History(batch.as_deref()), out);
            }
        }
        close_batch(batch.as_deref(), around, out);
    }

    pub(crate) fn open_batch(
        &mut self,
        target: &str,
        kind: &str,
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) -> Option<String> {
        if !self.style.caps.has(Cap::Batch) {
            return None;
        }
        let batch = self.batch();
        let line =
            Line::new(out).source(&around.house().server).command("BATCH").param(&format!("+{batch}")).param(kind);
        if target.is_empty() {
            line.end()
        } else {
            line.param(target).end()
        }
        Some(batch)
    }
}

/// Where entries were said; nothing if there are none.
fn place_of(entries: &[Arc<Entry>], around: &Around<'_>) -> String {
    // What stands in several logs does not say which of them is meant, nor may the others be known of.
    let placed = entries.iter().find(|entry| entry.logs.len() == 1);
    match placed.map(|entry| (entry, entry.logs.first())) {
        Some((_, Some(LogId::Room(room)))) => room.as_str().to_owned(),
        Some((_, Some(LogId::Operators(room)))) => format!("@{room}"),
        Some((entry, _)) if entry.author.nick != around.me.nick => entry.author.nick.as_str().to_owned(),
        Some((entry, _)) => entry.to.as_ref().map_or_else(String::new, ToString::to_string),
        None => String::new(),
    }
}

/// The kind of batch in which is told what was found: it has no `draft/`, which only the capability has.
const SEARCH: &str = "search";
/// The kind of batch that tells where something was said.
const TARGETS: &str = "draft/chathistory-targets";

/// Lines without tags, in a batch that is closed behind them.
pub(crate) fn put_into_batch(batch: Option<&str>, lines: &[u8], around: &Around<'_>, out: &mut Vec<u8>) {
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        if let Some(batch) = batch {
            out.extend_from_slice(format!("@batch={batch} ").as_bytes());
        }
        out.extend_from_slice(line);
    }
    close_batch(batch, around, out);
}

pub(crate) fn close_batch(batch: Option<&str>, around: &Around<'_>, out: &mut Vec<u8>) {
    if let Some(batch) = batch {
        Line::new(out).source(&around.house().server).command("BATCH").param(&format!("-{batch}")).end();
    }
}

/// A place in a log, as a client writes it: `*`, `msgid=ID` or `timestamp=TIME`.
fn mark(raw: &str) -> Option<Mark> {
    if raw == "*" {
        return Some(Mark::Beginning);
    }
    match raw.split_once('=')? {
        ("msgid", id) => id.parse().ok().map(|seq| Mark::Seq(Seq(seq))),
        ("timestamp", time) => {
            let moment: jiff::Timestamp = time.parse().ok()?;
            Some(Mark::Time(Time(u64::try_from(moment.as_millisecond()).ok()?)))
        }
        _ => None,
    }
}

/// What of a log a subcommand of CHATHISTORY asks for, by its one or two marks.
fn span_of(what: &str, first: &str, second: &str) -> Option<Span> {
    let first = mark(first)?;
    Some(match what {
        "BEFORE" => Span::Between { after: Mark::Beginning, before: first, newest: true },
        "AFTER" => Span::Between { after: first, before: Mark::End, newest: false },
        "LATEST" => Span::Between { after: first, before: Mark::End, newest: true },
        "AROUND" => Span::Around(first),
        _ => {
            // From the first mark on, whichever of the two comes first in time.
            let (after, before) = ordered(first, mark(second)?);
            Span::Between { after, before, newest: after != first }
        }
    })
}

/// Two marks, the earlier first.
fn ordered(a: Mark, b: Mark) -> (Mark, Mark) {
    let later = match (a, b) {
        (Mark::Seq(a), Mark::Seq(b)) => a > b,
        (Mark::Time(a), Mark::Time(b)) => a > b,
        (Mark::End, _) | (_, Mark::Beginning) => true,
        _ => false,
    };
    if later { (b, a) } else { (a, b) }
}
