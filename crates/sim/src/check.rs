//! Reads back every byte that a client was written, against the ledger: each must belong to an entry that the client was
//! to be shown, in order and once, or to an answer it was given, in order.
//!
//! What a client should read is rendered here anew, from `docs/plain-lines.md`, so that the encoder is checked too.

use std::sync::Arc;

use encoding_rs::EUC_KR;
use hall::{Entry, Event, Kind, LogId, Seq};

use crate::record::Record;

/// How long an entry may wait for a client that reads at once, in milliseconds.
const LATENCY_MS: u64 = 50;

/// One reading of a stream.
struct Reader<'a> {
    record: &'a Record,
    bytes: Vec<u8>,
    at: usize,
    /// What the client is to be shown, in order, and whether it may be missing.
    due: Vec<(&'a Entry, bool)>,
    next: usize,
    answer: usize,
    /// Which gaps it was not told of so far.
    gaps: Vec<usize>,
    /// Messages that were taken back at some time.
    taken_back: Vec<Seq>,
}

/// Checks the record of one client. `whole`: it is still there, and everything was to reach it.
///
/// # Panics
/// When something does not hold.
pub(crate) fn stream(record: &Record, entries: &[Arc<Entry>], whole: bool) {
    let due = entries.iter().filter_map(|entry| {
        let logs = record.logs_showing(entry);
        (!logs.is_empty()).then(|| (&**entry, logs.iter().all(|p| record.misses(entry, &p.log))))
    });
    let taken_back = entries.iter().filter_map(|entry| match entry.event {
        Event::Redact(target, _) => Some(target),
        _ => None,
    });
    let bytes = if record.unframed { stripped(&record.stream) } else { record.stream.clone() };
    let mut reader = Reader {
        record,
        bytes,
        at: 0,
        due: due.collect(),
        next: 0,
        answer: 0,
        gaps: (0..record.gaps.len()).collect(),
        taken_back: taken_back.collect(),
    };
    while reader.at < reader.bytes.len() {
        if !reader.step() {
            let rest = &reader.bytes[reader.at..];
            let half = record.cut_off && reader.could_begin_with(rest);
            assert!(half, "{}", reader.complaint());
            break;
        }
    }
    if whole {
        let missing = reader.due[reader.next..].iter().find(|(_, may_miss)| !may_miss);
        assert!(missing.is_none(), "{} never got {:?}\n{}", record.name, missing, reader.complaint());
        assert!(reader.answer == record.answers.len(), "{} lacks answers\n{}", record.name, reader.complaint());
        assert!(reader.gaps.is_empty(), "{} was not told of a gap\n{}", record.name, reader.complaint());
    }
}

impl Reader<'_> {
    /// Takes one entry or answer off the stream.
    fn step(&mut self) -> bool {
        // The latest gap is told first.
        let told = |gap: &&usize| self.starts_with(&self.record.gaps[**gap]).is_some();
        if let Some(gap) = self.gaps.iter().find(told).copied() {
            let len = self.starts_with(&self.record.gaps[gap]).unwrap_or(0);
            self.gaps.retain(|other| *other != gap);
            self.at += len;
            return true;
        }
        if let Some(answer) = self.record.answers.get(self.answer)
            && let Some(len) = self.starts_with_numbered(answer.after, &answer.bytes)
        {
            while self.due.get(self.next).is_some_and(|(entry, may_miss)| *may_miss && entry.seq <= answer.after) {
                self.next += 1;
            }
            let before = self.due.get(self.next).map_or(Seq(u64::MAX), |(entry, _)| entry.seq);
            assert!(before > answer.after, "answered before {before:?} was shown: {}", self.complaint());
            self.answer += 1;
            self.at += len;
            return true;
        }
        // Two entries may look the same: rather the one that has to be shown than one that may be missing before it.
        let required = self.due[self.next..].iter().position(|(_, may_miss)| !may_miss);
        let last = required.map_or(self.due.len(), |required| self.next + required + 1);
        let order = required.map(|required| self.next + required).into_iter().chain(self.next..last);
        // Nothing is shown before it is on the ledger.
        let head = self.head();
        for index in order.filter(|index| self.due[*index].0.seq <= head).collect::<Vec<_>>() {
            let entry = self.due[index].0;
            if let Some(len) = self.lines(entry).iter().find_map(|line| self.starts_with_numbered(entry.seq, line)) {
                self.next = index + 1;
                self.at += len;
                return true;
            }
        }
        false
    }

    /// The same for what may have its number in front.
    fn starts_with_numbered(&self, seq: Seq, line: &[u8]) -> Option<usize> {
        let numbered = [format!("={} ", seq.0).as_bytes(), line].concat();
        self.starts_with(line).or_else(|| self.starts_with(&numbered))
    }

    fn starts_with(&self, line: &[u8]) -> Option<usize> {
        let line = if self.record.unframed { stripped(line) } else { line.to_vec() };
        self.bytes[self.at..].starts_with(&line).then_some(line.len())
    }

    /// Whether something that could come next begins so.
    fn could_begin_with(&self, part: &[u8]) -> bool {
        let begins =
            |line: &[u8]| (if self.record.unframed { stripped(line) } else { line.to_vec() }).starts_with(part);
        let gap = self.gaps.iter().any(|gap| begins(&self.record.gaps[*gap]));
        let either =
            |seq: Seq, line: &[u8]| begins(line) || begins(&[format!("={} ", seq.0).as_bytes(), line].concat());
        let answer = self.record.answers.get(self.answer).is_some_and(|answer| either(answer.after, &answer.bytes));
        let mut due = self.due[self.next..].iter();
        gap || answer || due.any(|(entry, _)| self.lines(entry).iter().any(|line| either(entry.seq, line)))
    }

    /// All ways in which an entry may be shown, as what it was or as what is left of it.
    fn lines(&self, entry: &Entry) -> Vec<Vec<u8>> {
        let mut lines = renderings(entry);
        if self.taken_back.contains(&entry.seq) {
            lines.extend(renderings(&entry.redacted()));
        }
        lines
    }

    /// The end of the ledger when the byte at hand was written; a stripped stream is written later than its place says.
    fn head(&self) -> Seq {
        let place = if self.record.unframed { unstripped(&self.record.stream, self.at) } else { self.at };
        let after = self.record.written.partition_point(|w| w.start <= place);
        self.record.written[after - 1].head
    }

    fn complaint(&self) -> String {
        let show = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(160)]).into_owned();
        format!(
            "{} at byte {}:\n  before: {:?}\n  found:  {:?}\n  next entry: {:?}\n  next answer: {:?}\n  periods: {:?}\n  holes: {:?}",
            self.record.name,
            self.at,
            show(&self.bytes[self.at.saturating_sub(160)..self.at]),
            show(&self.bytes[self.at..]),
            self.due.get(self.next),
            self.record.answers.get(self.answer).map(|a| (a.after, show(&a.bytes))),
            self.record.periods,
            self.record.holes,
        )
    }
}

/// Checks that a client which takes everything at once was written each entry soon after the hall had it.
///
/// # Panics
/// When it was not.
pub(crate) fn latency(record: &Record, entries: &[Arc<Entry>], applied_ms: &[u64]) {
    for entry in entries.iter().filter(|e| !record.logs_showing(e).is_empty()) {
        let lines = renderings(entry);
        let find = |line: &Vec<u8>| record.stream.windows(line.len()).position(|w| w == line);
        // Only messages are told apart by their text.
        let (Event::Message(..), Some(place)) = (&entry.event, lines.iter().find_map(find)) else { continue };
        let written = &record.written[record.written.partition_point(|w| w.start <= place) - 1];
        let index = usize::try_from(entry.seq.0 - 1).expect("a small number");
        let late_ms = written.at_ms.saturating_sub(record.free_from(applied_ms[index]));
        assert!(late_ms <= LATENCY_MS, "{} waited {late_ms} ms for {:?}", record.name, entry.seq);
    }
}

fn stripped(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|b| *b != b'\n').collect()
}

/// The place in a stream of the byte at `at` of the stream without newlines.
fn unstripped(stream: &[u8], at: usize) -> usize {
    let mut places = stream.iter().enumerate().filter(|(_, b)| **b != b'\n').map(|(i, _)| i);
    places.nth(at).unwrap_or(stream.len() - 1)
}

/// All ways in which an entry may be shown.
pub(crate) fn renderings(entry: &Entry) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for line in [english(entry), korean(entry)] {
        let named = match (&entry.logs[..], &entry.event) {
            ([LogId::Room(room)], event) if !matches!(event, Event::Quit(_) | Event::Nick(_)) => {
                Some(format!("[{room}] {line}"))
            }
            _ => None,
        };
        for line in [Some(line), named].into_iter().flatten() {
            all.push(legacy(&line));
            all.push(format!("{line}\n").into_bytes());
        }
    }
    all
}

fn english(entry: &Entry) -> String {
    let nick = &entry.author.nick;
    match &entry.event {
        Event::Message(kind, text) => message(entry, *kind, text.as_str(), "you"),
        Event::Join(_) => format!("* {nick} joined"),
        Event::Part(_) => format!("* {nick} left the room"),
        Event::Quit(_) => format!("* {nick} left"),
        Event::Nick(to) => format!("* {nick} is now called {to}"),
        Event::Redact(..) => format!("* {nick} took a message back"),
        Event::Rename { from, to, .. } => format!("* {nick} renamed the room: {from} is now {to}"),
        Event::Redacted => format!("* (a message of {nick} was taken back)"),
        Event::Topic(text) if text.as_str().is_empty() => format!("* {nick} cleared the topic"),
        Event::Topic(text) => format!("* {nick} set the topic: {}", text.as_str()),
        Event::Rule(_)
        | Event::Kick(..)
        | Event::Invite(_)
        | Event::Account(_)
        | Event::Audit(_)
        | Event::Noted(_)
        | Event::Tags
        | Event::Away(_)
        | Event::Guise(..) => {
            unreachable!("nobody in a world asks for that")
        }
    }
}

fn korean(entry: &Entry) -> String {
    let nick = &entry.author.nick;
    match &entry.event {
        Event::Message(kind, text) => message(entry, *kind, text.as_str(), "나"),
        Event::Join(_) => format!("* {nick} 님이 들어왔습니다"),
        Event::Part(_) => format!("* {nick} 님이 방에서 나갔습니다"),
        Event::Quit(_) => format!("* {nick} 님이 나갔습니다"),
        Event::Nick(to) => format!("* {nick} 님의 이름이 이제 {to}입니다"),
        Event::Redact(..) => format!("* {nick} 님이 메시지를 거두었습니다"),
        Event::Rename { from, to, .. } => format!("* {nick} 님이 방의 이름을 바꿨습니다: {from} -> {to}"),
        Event::Redacted => format!("* ({nick} 님의 메시지가 거두어졌습니다)"),
        Event::Topic(text) if text.as_str().is_empty() => format!("* {nick} 님이 주제를 지웠습니다"),
        Event::Topic(text) => format!("* {nick} 님이 정한 주제: {}", text.as_str()),
        Event::Rule(_)
        | Event::Kick(..)
        | Event::Invite(_)
        | Event::Account(_)
        | Event::Audit(_)
        | Event::Noted(_)
        | Event::Tags
        | Event::Away(_)
        | Event::Guise(..) => {
            unreachable!("nobody in a world asks for that")
        }
    }
}

fn message(entry: &Entry, kind: Kind, text: &str, you: &str) -> String {
    let nick = &entry.author.nick;
    match (&entry.logs[0], kind) {
        (LogId::Operators(_), _) => unreachable!("nobody in a world asks for that"),
        (LogId::Direct(..), _) => format!("[{nick} -> {you}] {text}"),
        (LogId::Room(_), Kind::Say) => format!("{nick}: {text}"),
        (LogId::Room(_), Kind::Action) => format!("** {nick} {text}"),
        (LogId::Room(_), Kind::Notice) => format!("-{nick}- {text}"),
    }
}

/// A line in EUC-KR, with `?` for what that does not have.
fn legacy(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in line.chars() {
        let mut utf8 = [0; 4];
        let (encoded, _, lost) = EUC_KR.encode(c.encode_utf8(&mut utf8));
        bytes.extend_from_slice(if lost { b"?" } else { &encoded });
    }
    bytes.push(b'\n');
    bytes
}
