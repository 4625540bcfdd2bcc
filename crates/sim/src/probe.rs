//! What every input of any shape must keep to: the bodies of the fuzz targets, which the ordinary tests run over the
//! stored corpus and over random bytes.
//!
//! [`detect`]: a decision is never taken back, however the bytes come. [`lines`]: the bytes go the whole way, from a
//! client's packets through the hall and a ledger to what two others are written, each line of which must be one of
//! those that `docs/plain-lines.md` knows. [`record`]: whatever is stored is an entry or is refused, and an entry stays
//! the same when it is exported and imported. [`import`]: a file is read in whole, or changes nothing. [`sasl`]:
//! whoever does not know the password is let in by no messages, and does not learn whether there is such an account.
//! [`irc`]: a line of IRC is the same message however it comes, and what is written of it is that again. [`irc_session`]:
//! a client of IRC asks for anything at all, and one of IRC and one of plain lines read what comes of it.

use std::ops::ControlFlow;

use hall::SessionId;
use ledger::Ledger;
use wire::lines::{End, Frame, Framer, Style};
use wire::{Codec, DECIDING_BYTES, Dialect, Guess};

use crate::conn::{Conn, Pumped};
use crate::hub::{Conns, Hub, Outcome, Request};
use crate::{Faulty, Plan, Rng};

mod irc;
mod sasl;

pub use irc::{irc, irc_session};
pub use sasl::sasl;

/// Bytes of a line that the probes allow: small, so that lines which are too long come often.
const LINE_BYTES: usize = 64;
/// How often a probe's clients are given their turn at most.
const ROUNDS_MAX: usize = 10_000;

/// Guesses the dialect from each beginning of the bytes, and frames them under two ways to cut them.
///
/// # Panics
/// When a decision is taken back or put off too long, or when packets make a difference.
pub fn detect(bytes: &[u8]) {
    let mut decided = None;
    for end in 0..=bytes.len().min(4 * DECIDING_BYTES) {
        match (wire::detect(&bytes[..end]), decided) {
            (Guess::Is(now), Some(before)) => assert_eq!(now, before, "taken back after {end} bytes"),
            (Guess::Is(now), None) => decided = Some(now),
            (Guess::Unsure, before) => assert!(before.is_none() && end < DECIDING_BYTES, "unsure after {end} bytes"),
        }
    }
    if bytes.starts_with(b"GET ") {
        assert_eq!(decided, Some(Dialect::Http));
    }
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(bytes.chunks(1)), whole, "byte by byte");
    let seed = bytes.iter().fold(7, |seed: u64, b| seed.wrapping_mul(31).wrapping_add(u64::from(*b)));
    assert_eq!(frames(chunks(bytes, &mut Rng::new(seed)).into_iter()), whole, "in packets");
}

/// Cuts bytes anywhere.
fn chunks<'a>(bytes: &'a [u8], rng: &mut Rng) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, later) = rest.split_at(1 + rng.below(rest.len().min(20)));
        chunks.push(chunk);
        rest = later;
    }
    chunks
}

fn frames<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<(&'static str, Vec<u8>)> {
    let mut seen = Vec::new();
    let mut framer = Framer::default();
    let mut each = |frame: Frame<'_>| {
        seen.push(match frame {
            Frame::Message(text, End::Newline) => ("line", text.to_vec()),
            Frame::Message(text, End::Pause) => ("rest", text.to_vec()),
            Frame::TooLong => ("too long", Vec::new()),
            Frame::Telnet(answer) => ("telnet", answer.to_vec()),
        });
        if seen.len() % 3 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    for chunk in chunks {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = framer.feed(rest, LINE_BYTES, &mut each);
            assert!(taken > 0, "a framer goes on");
            rest = &rest[taken..];
        }
    }
    framer.pause(LINE_BYTES, &mut each);
    assert!(!framer.is_partial(), "nothing is left after a pause");
    seen
}

/// Sends the bytes as one client, in packets with pauses where the bytes say, and reads what it and two others get.
///
/// # Panics
/// When anything is written that nobody asked for.
pub fn lines(bytes: &[u8]) {
    let mut room = Hallway::new();
    room.send(bytes);
    room.check(SessionId(2));
    room.check(SessionId(3));
}

/// Reads bytes as a row of the store, and the entry that it is, if it is one, as a line of an export.
///
/// # Panics
/// When an entry does not stay the same.
pub fn record(bytes: &[u8]) {
    let (numbers, rest) = bytes.split_at(bytes.len().min(40));
    let mut five = [0_i64; 5];
    for (number, chunk) in five.iter_mut().zip(numbers.chunks(8)) {
        let mut whole = [0; 8];
        whole[..chunk.len()].copy_from_slice(chunk);
        *number = i64::from_le_bytes(whole);
    }
    // Kinds are few, so that most of what is tried is one.
    five[4] %= 21;
    let text = String::from_utf8_lossy(rest);
    let mut parts = text.split('\n');
    let mut part = || parts.next().unwrap_or("");
    let (key, name, nick) = (part(), part(), part());
    let said: Vec<&str> = parts.collect();
    let said = said.first().map(|_| said.join("\n"));
    let name = (!name.is_empty()).then_some(name);
    // Behind the nick, an account, whom it is said to, how its author was seen, and tags.
    let mut names = nick.split('\t');
    let (nick, account, to) = (names.next().unwrap_or(""), names.next(), names.next());
    let (names, beside) = ((nick, account, to), (names.next(), names.next()));
    let Ok(entry) = ledger::decode(key, name, five, names, beside, said.as_deref()) else { return };
    let line = ledger::line::of_entry(&entry);
    match ledger::line::entry(&line) {
        Ok(again) => {
            // An export knows times that have a date.
            assert_eq!(
                (again.seq, &again.author, &again.logs, &again.event, &again.to, &again.tags),
                (entry.seq, &entry.author, &entry.logs, &entry.event, &entry.to, &entry.tags)
            );
            assert_eq!(ledger::line::of_entry(&again), line);
        }
        // What no hall has ever numbered so is not taken in.
        Err(why) => assert!(!matches!(why, ledger::line::Why::Json(_)), "{why:?}: {line}"),
    }
}

/// Reads bytes into a store, and out again.
///
/// # Panics
/// When a refused file has changed something, or what was read in is not what is there.
pub fn import(bytes: &[u8]) {
    let home = tempfile::tempdir().expect("a directory");
    let limits = ledger::SqliteLimits::default();
    let export = || {
        let mut out = Vec::new();
        ledger::export(home.path(), &limits, &ledger::ExportOptions::default(), &mut out).expect("it can be read");
        out
    };
    let first = ledger::import(home.path(), &limits, &mut &*bytes);
    let there = export();
    let entries = there.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    match first {
        Ok(imported) => {
            assert_eq!((imported.entries, imported.known), (entries, 0));
            let again = ledger::import(home.path(), &limits, &mut &*bytes).expect("it was taken before");
            assert_eq!((again.entries, again.known), (0, entries));
            assert_eq!(export(), there, "once more changes nothing");
            let report = ledger::verify(home.path(), &limits).expect("it can be read");
            assert!(report.findings.is_empty(), "{report:?}");
        }
        Err(ledger::ImportError::Line { line, .. }) => {
            assert!(line >= 1 && entries == 0, "a refused file has changed something");
        }
        Err(error) => panic!("{error}"),
    }
}

/// A hall with three clients: one that is fuzzed, one that reads lines, one that sends no newlines.
struct Hallway {
    now_ms: u64,
    plan: Plan,
    codec: Codec,
    hub: Hub,
    conns: Conns,
    ledger: Faulty,
    seen: [Vec<u8>; 3],
}

impl Hallway {
    fn new() -> Self {
        Self::of([false; 3])
    }

    /// One in which some of the clients speak IRC.
    fn of(irc: [bool; 3]) -> Self {
        let mut plan = Plan::draw(&mut Rng::new(1));
        plan.wire.line_bytes = 8 * LINE_BYTES;
        plan.hall.tail_entries = 4;
        plan.batch_commands = 5;
        plan.write_bytes = 512;
        let codec = Codec::default();
        let mut hallway = Self {
            now_ms: 1_000,
            hub: Hub::new(plan.hall.clone(), codec.clone(), hall::Beginning::default()),
            codec,
            conns: Conns::default(),
            ledger: Faulty::new(ledger::Limits { entries: 50, bytes: 10_000 }, Rng::new(1)),
            plan,
            seen: Default::default(),
        };
        hallway.hub.set_wire(hallway.plan.wire.clone());
        for (number, irc) in (1..=3).zip(irc) {
            let session = SessionId(number);
            let mut conn = Conn::new(session);
            (conn.window_bytes, conn.write_bytes, conn.whole_writes) = (usize::MAX, usize::MAX, true);
            let how = if irc { hall::Arrival::Introduced } else { hall::Arrival::Greeted };
            if irc {
                conn.speak_irc(wire::Lang::En);
            }
            hallway.conns.of.insert(session, conn);
            hallway.hub.arrive(session, hall::Origin::default(), how, &mut hallway.conns);
        }
        if irc.contains(&true) {
            return hallway;
        }
        for (number, words) in [(2, "/nick 듣는이\n/join #x\n"), (3, "민수: 안녕")] {
            let conn = hallway.conns.of.get_mut(&SessionId(number)).expect("it is there");
            conn.arrived.extend_from_slice(words.as_bytes());
        }
        hallway.run(true);
        hallway
    }

    /// The first client sends the bytes, in packets with pauses where the bytes say, and then ends its connection.
    ///
    /// # Panics
    /// When the connection does not end with it.
    fn send(&mut self, bytes: &[u8]) {
        let mut rng = Rng::new(bytes.first().map_or(0, |b| u64::from(*b)));
        for chunk in chunks(bytes, &mut rng) {
            if let Some(conn) = self.conns.of.get_mut(&SessionId(1)) {
                conn.arrived.extend_from_slice(chunk);
            }
            self.run(rng.chance(20));
        }
        if let Some(conn) = self.conns.of.get_mut(&SessionId(1)) {
            conn.eof = true;
        }
        self.run(true);
        assert!(!self.conns.of.contains_key(&SessionId(1)), "an end of file ends the connection");
    }

    /// Lets everything happen that can, and then, if there is to be a pause, what happens after it.
    fn run(&mut self, pause: bool) {
        self.settle();
        // A pause within a character is waited for once more.
        for _ in 0..if pause { 3 } else { 0 } {
            self.now_ms += self.plan.wire.pause_ms;
            for conn in self.conns.of.values_mut().filter(|conn| conn.pause_at_ms.is_some()) {
                conn.paused = true;
            }
            self.settle();
        }
    }

    fn settle(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for session in [SessionId(1), SessionId(2), SessionId(3)] {
                moved |= self.touch(session);
            }
            for request in std::mem::take(&mut self.hub.requests) {
                moved = true;
                let outcome = self.answer(request);
                self.hub.outcome(outcome, &mut self.conns);
            }
            if !moved {
                return;
            }
        }
        panic!("the hall does not come to rest");
    }

    fn touch(&mut self, session: SessionId) -> bool {
        let Some(conn) = self.conns.of.get_mut(&session) else { return false };
        let batch = conn.next_batch(self.now_ms, &self.plan, &self.codec);
        conn.answer_telnet();
        let mut moved = batch.is_some();
        if let Some(batch) = batch {
            self.hub.batch(session, batch, &mut self.conns);
        }
        let Some(conn) = self.conns.of.get_mut(&session) else { return true };
        let seen = &mut self.seen[usize::from(session == SessionId(2)) + 2 * usize::from(session == SessionId(3))];
        let mut rng = Rng::new(0);
        let pumped = conn.pump(self.now_ms, &self.plan, &self.codec, &mut rng, |bytes| seen.extend_from_slice(bytes));
        conn.sent.clear();
        if let Some(at_ms) = conn.pace_at_ms.take() {
            self.now_ms = at_ms;
            moved = true;
        }
        match pumped {
            Pumped::Page(log, after) => {
                let page = self.ledger.read(&log, after, 7).expect("this ledger can be read");
                let gap = page.gap.then(|| wire::lines::reply(&hall::Reply::Gap, Style::default(), &self.codec));
                conn.outbox.catch_up(&log, after, page.entries, gap);
                true
            }
            Pumped::Idle if conn.closing => {
                self.conns.of.remove(&session);
                self.hub.leave(session, &mut self.conns);
                true
            }
            Pumped::Idle | Pumped::Later => moved,
        }
    }

    fn answer(&mut self, request: Request) -> Outcome {
        match request {
            Request::Commit(group) => match self.ledger.commit(hall::Time(self.now_ms), group) {
                Ok(entries) => Outcome::Committed(entries),
                Err(rejected) => Outcome::Failed(rejected.group, rejected.error.refusal()),
            },
            Request::Ask(session, query) => {
                let answer = self.ledger.answer(&query).ok();
                Outcome::Answered(session, query, answer)
            }
        }
    }

    /// Each line that a client read begins in one of the ways the dialect has.
    fn check(&self, session: SessionId) {
        let seen = &self.seen[if session == SessionId(2) { 1 } else { 2 }];
        let text = std::str::from_utf8(seen).expect("UTF-8");
        if session == SessionId(3) {
            // Where a line ends is not to be seen in what such a client reads.
            return;
        }
        assert!(text.is_empty() || text.ends_with('\n'), "a line that was not ended: {text:?}");
        for line in text.lines() {
            assert!(is_documented(line), "what is this? {line:?}");
        }
    }
}

/// Whether a line is of the form of one that a client may receive.
fn is_documented(line: &str) -> bool {
    // The number that those are shown who have asked for it.
    let line = match line.strip_prefix('=').and_then(|numbered| numbered.split_once(' ')) {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => line,
    };
    let line = match line.strip_prefix("[#").and_then(|named| named.split_once("] ")) {
        Some((room, rest)) if !room.contains(char::is_whitespace) => rest,
        _ => line,
    };
    let says = |line: &str, sign: &str| line.split_once(sign).is_some_and(|(name, _)| is_name(name));
    line.starts_with("* ")
        || line.starts_with("! ")
        || line.strip_prefix("** ").is_some_and(|line| says(line, " "))
        || line.strip_prefix('-').is_some_and(|line| says(line, "- "))
        || line.strip_prefix('[').is_some_and(|line| says(line, " -> you] ") || says(line, " -> 나] "))
        || says(line, ": ")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['*', '!', '[', '#']) && !name.contains(char::is_whitespace)
}
