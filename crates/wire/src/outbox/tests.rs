//! The outbox against a model: whatever is appended, followed, left, answered and half written, in whatever order, a
//! client is shown each entry of each stay once and in order, with no hole that it is not told of, and answers in their
//! places; a client that sends no newlines is written to as one that takes whatever one `recv(1024)` returns.

use std::collections::VecDeque;
use std::sync::Arc;

use hall::{
    Author, Entry, Event, Feed, Kind, Limits, LogId, Nick, PersonId, Proposal, RoomName, Seq, SessionId, Text, Time,
};
use proptest::prelude::*;

use super::{Glance, Next, Outbox};
use crate::Style;
use crate::lines::{self, Codec};

const ME: SessionId = SessionId(1);
const GAP: &str = "* gap\n";
const ROOMS: [&str; 3] = ["#a", "#b", "#c"];

/// Something that happens to an outbox or around it.
#[derive(Debug, Clone)]
enum Step {
    /// A group is committed: for each entry, the rooms it is in (bits), whether it is our own, and how long its text is.
    Commit(Vec<(u8, bool, usize)>),
    Follow(usize),
    Unfollow(usize),
    Focus(Option<usize>),
    Answer(usize),
    /// Write, gathering so much, of which so much is taken.
    Write(usize, usize),
    /// Write as a pass does, at a glance: at most so much, of which so much is taken.
    Pass(usize, usize),
    /// The ledger lets go of the oldest entries.
    Forget(usize),
    Wait(u64),
    Framed(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let text = prop_oneof![8 => 0..30usize, 1 => 0..900usize];
    let entry =
        (prop_oneof![6 => prop::sample::select(vec![1u8, 2, 4]), 1 => 1..8u8], prop::bool::weighted(0.15), text);
    prop_oneof![
        6 => prop::collection::vec(entry, 1..6).prop_map(Step::Commit),
        2 => (0..3usize).prop_map(Step::Follow),
        1 => (0..3usize).prop_map(Step::Unfollow),
        1 => prop::option::of(0..3usize).prop_map(Step::Focus),
        2 => (0..60usize).prop_map(Step::Answer),
        6 => (1..2_000usize, 0..400usize).prop_map(|(most, taken)| Step::Write(most, taken)),
        4 => (1..2_000usize, 0..400usize).prop_map(|(most, taken)| Step::Pass(most, taken)),
        1 => (0..30usize).prop_map(Step::Forget),
        2 => (0..400u64).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Framed),
    ]
}

/// What is to be read next, if the client is to be shown it.
#[derive(Debug)]
struct Due {
    seq: u64,
    line: String,
    /// In which rooms the client is to be shown it, and in which of them it was told of a hole there.
    rooms: Vec<(usize, bool)>,
}

/// The world around one outbox.
struct Model {
    outbox: Outbox,
    /// That of all passes: it may have seen another place, or have been made before the log grew.
    glance: Glance,
    feeds: [Arc<Feed>; 3],
    limits: Limits,
    log: Vec<Arc<Entry>>,
    /// Entries up to this one are no longer kept.
    gone: u64,
    following: [bool; 3],
    due: VecDeque<Due>,
    answers: VecDeque<(u64, String)>,
    gaps: usize,
    answered: usize,
    now_ms: u64,
    unframed: bool,
    sent_lines: bool,
    /// What has been written and was not yet understood.
    seen: Vec<u8>,
    /// What was written lately, and when: the sizes of writes of which a client may not have taken any.
    recent: VecDeque<(u64, usize)>,
}

impl Model {
    fn new(tail_entries: usize, tail_bytes: usize) -> Self {
        let feed = || Arc::new(Feed::after(Seq(0)));
        Self {
            outbox: Outbox::new(ME, Style::default()),
            glance: Glance::default(),
            feeds: [feed(), feed(), feed()],
            limits: Limits { tail_entries, tail_bytes, ..Limits::default() },
            log: Vec::new(),
            gone: 0,
            following: [false; 3],
            due: VecDeque::new(),
            answers: VecDeque::new(),
            gaps: 0,
            answered: 0,
            now_ms: 1_000,
            unframed: false,
            sent_lines: false,
            seen: Vec::new(),
            recent: VecDeque::new(),
        }
    }

    fn head(&self) -> u64 {
        self.log.len() as u64
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Commit(entries) => self.commit(entries),
            Step::Follow(room) if !self.following[*room] => {
                self.following[*room] = true;
                let head = self.feeds[*room].head();
                self.outbox.follow(log_id(*room), Arc::clone(&self.feeds[*room]), head, false);
            }
            Step::Unfollow(room) if self.following[*room] => {
                self.following[*room] = false;
                self.outbox.unfollow(&log_id(*room), self.feeds[*room].head());
            }
            Step::Follow(_) | Step::Unfollow(_) => {}
            Step::Focus(room) => self.outbox.focus(room.map(room_name).as_ref()),
            Step::Answer(len) => {
                self.answered += 1;
                let line = format!("! {}.{}\n", self.answered, "답".repeat(*len));
                self.answers.push_back((self.head(), line.clone()));
                self.outbox.answer(Seq(self.head()), line.into_bytes());
            }
            Step::Write(most, taken) => drop(self.write(*most, Some(*taken))),
            Step::Pass(most, taken) => drop(self.pass(*most, *taken)),
            Step::Forget(count) => self.gone = (self.gone + *count as u64).min(self.head()),
            Step::Wait(ms) => self.now_ms += ms,
            Step::Framed(framed) => {
                // A client that has shown to send lines is never taken for one that does not.
                self.sent_lines |= *framed;
                self.unframed = !self.sent_lines;
                self.outbox
                    .set_style(Style::Lines(lines::Style { unframed: self.unframed, ..lines::Style::default() }));
            }
        }
    }

    fn commit(&mut self, entries: &[(u8, bool, usize)]) {
        let mut blocks: [Vec<Arc<Entry>>; 3] = Default::default();
        for (rooms, mine, len) in entries {
            let seq = self.head() + 1;
            let rooms: Vec<usize> = (0..3).filter(|r| rooms & (1 << r) != 0).collect();
            let text = format!("<{seq}>{}", "가".repeat(*len));
            let session = if *mine { ME } else { SessionId(2) };
            let author = Author::guest(PersonId(7), session, Nick::new("민수", 30).unwrap());
            let logs = rooms.iter().map(|r| log_id(*r)).collect();
            let said = Event::Message(Kind::Say, Text::new(&text));
            let entry = Arc::new(Entry::new(Seq(seq), Time(0), Proposal::new(author, logs, said)));
            let shown: Vec<_> = rooms.iter().filter(|r| self.following[**r]).map(|r| (*r, false)).collect();
            if !mine && !shown.is_empty() {
                self.due.push_back(Due { seq, line: format!("민수: {text}\n"), rooms: shown });
            }
            rooms.iter().for_each(|r| blocks[*r].push(Arc::clone(&entry)));
            self.log.push(entry);
        }
        for (room, block) in blocks.into_iter().enumerate().filter(|(_, b)| !b.is_empty()) {
            self.feeds[room].append(hall::Block::new(block), &self.limits);
        }
    }

    /// What a pass does for one client. False when that is not to be done at a glance.
    fn pass(&mut self, most: usize, taken: usize) -> bool {
        let Some(class) = self.outbox.whole(&mut self.glance, most, &Codec::default()) else { return false };
        let bytes: Vec<u8> = self.glance.slices(class).iter().flat_map(|s| s.to_vec()).collect();
        assert!(!self.unframed && !bytes.is_empty() && bytes.len() <= most);
        let taken = taken.min(bytes.len());
        self.outbox.took(&self.glance, class, taken);
        self.seen.extend_from_slice(&bytes[..taken]);
        self.understand();
        true
    }

    /// One round of the driver. False when there is nothing to do.
    fn write(&mut self, most: usize, taken: Option<usize>) -> bool {
        match self.outbox.next(self.now_ms, most, &Codec::default()) {
            Next::Idle => return false,
            Next::Wait(at_ms) => {
                assert!(self.unframed && self.now_ms < at_ms && at_ms <= self.now_ms + 50, "a pause is short");
                if taken.is_none() {
                    self.now_ms = at_ms;
                }
            }
            Next::Page(log, after) => self.page(&log, after),
            Next::Write(gathered) => {
                let bytes: Vec<u8> = self.outbox.slices(&gathered).iter().flat_map(|s| s.to_vec()).collect();
                assert_eq!(bytes.len(), gathered.bytes());
                assert!(!bytes.is_empty());
                let taken = taken.unwrap_or(bytes.len()).min(bytes.len());
                if self.unframed {
                    self.check_paced(&bytes, taken == bytes.len());
                }
                self.outbox.wrote(gathered, taken);
                self.seen.extend_from_slice(&bytes[..taken]);
                if self.unframed {
                    self.recent.push_back((self.now_ms, taken));
                }
                self.understand();
            }
        }
        true
    }

    /// Writes with less than a pause between one and the next are taken together: never more than one `recv(1024)` takes.
    fn check_paced(&mut self, bytes: &[u8], whole: bool) {
        while self.recent.back().is_some_and(|(at_ms, _)| self.now_ms >= at_ms + 50) {
            self.recent.clear();
        }
        let before: usize = self.recent.iter().map(|(_, len)| len).sum();
        assert!(before + bytes.len() <= 1024, "{before} bytes and {} more", bytes.len());
        let ends = self.outbox.rest.len() == bytes.len() && bytes.last() == Some(&b'\n');
        assert!(!ends, "lines are separated, not ended");
        if whole && std::str::from_utf8(&self.seen).is_ok() {
            std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{e}: a character is cut"));
        }
    }

    fn page(&mut self, log: &LogId, after: Seq) {
        let room = (0..3).find(|r| log_id(*r) == *log).unwrap();
        let kept = |e: &&Arc<Entry>| e.seq > after && e.seq.0 > self.gone && e.logs.contains(log);
        let entries: Vec<_> = self.log.iter().filter(kept).take(3).cloned().collect();
        let lost = self.log.iter().any(|e| e.seq > after && e.seq.0 <= self.gone && e.logs.contains(log));
        let gap = lost.then(|| GAP.as_bytes().to_vec());
        self.gaps += usize::from(lost);
        for due in self.due.iter_mut().filter(|due| due.seq > after.0 && due.seq <= self.gone) {
            due.rooms.iter_mut().filter(|(r, _)| *r == room).for_each(|(_, told)| *told = true);
        }
        self.outbox.catch_up(log, after, entries, gap);
    }

    /// Takes what has been written off what is due.
    fn understand(&mut self) {
        while let Some(len) = self.understood() {
            self.seen.drain(..len);
        }
    }

    fn understood(&mut self) -> Option<usize> {
        // To a client without newlines, the one that separates may be missing or stand in front.
        let front = self.seen.iter().take_while(|b| **b == b'\n').count();
        let seen = &self.seen[front..];
        let starts = |line: &str| seen.starts_with(line.trim_end().as_bytes());
        if seen.is_empty() || seen.len() < seen.iter().position(|b| *b == b'\n').map_or(1, |_| 0) {
            return None;
        }
        if self.gaps > 0 && starts(GAP) {
            self.gaps -= 1;
            return Some(front + GAP.len() - 1);
        }
        if let Some((after, line)) = self.answers.front()
            && starts(line)
        {
            let before = self.due.iter().find(|d| d.seq <= *after && d.rooms.iter().any(|(_, told)| !told));
            assert!(before.is_none(), "answered before {before:?}");
            let len = line.len() - 1;
            self.answers.pop_front();
            return Some(front + len);
        }
        let found = self.due.iter().position(|due| {
            let named = due.rooms.first().map(|(r, _)| format!("[{}] {}", ROOMS[*r], due.line));
            starts(&due.line) || named.is_some_and(|line| starts(&line))
        })?;
        let missed = self.due.iter().take(found).find(|d| d.rooms.iter().any(|(_, told)| !told));
        assert!(missed.is_none(), "{missed:?} was not shown, and nothing was told");
        let line = self.due[found].line.trim_end().len();
        let named = if seen.starts_with(b"[") { ROOMS[0].len() + 3 } else { 0 };
        self.due.drain(..=found);
        Some(front + named + line)
    }

    /// The client takes everything: it has everything then.
    fn finish(&mut self) {
        for _ in 0..100_000 {
            if !self.write(4_096, None) {
                break;
            }
        }
        self.understand();
        let rest: Vec<_> = self.seen.iter().filter(|b| **b != b'\n').collect();
        assert!(rest.is_empty(), "not understood: {:?}", String::from_utf8_lossy(&self.seen));
        let missing = self.due.iter().find(|d| d.rooms.iter().any(|(_, told)| !told));
        assert!(missing.is_none(), "never shown: {missing:?}");
        assert!(self.answers.is_empty(), "never answered: {:?}", self.answers);
        assert_eq!(self.gaps, 0, "not told of a hole");
        assert_eq!(self.outbox.answer_bytes(), 0);
        assert!(self.outbox.rest.len() <= 1, "an idle client holds no bytes but the newline between two lines");
        assert_eq!(self.outbox.logs().len(), self.following.iter().filter(|f| **f).count(), "cursors that are done go");
    }
}

fn room_name(room: usize) -> RoomName {
    RoomName::new(ROOMS[room], 50).unwrap()
}

fn log_id(room: usize) -> LogId {
    LogId::Room(room_name(room))
}

fn check(tail_entries: usize, tail_bytes: usize, steps: &[Step]) {
    let mut model = Model::new(tail_entries, tail_bytes);
    for step in steps {
        model.take(step);
        // What is half written is at most what one gathering adds to one write: a page of text at most.
        assert!(model.outbox.rest.len() <= 8_192, "{} bytes are kept", model.outbox.rest.len());
    }
    model.finish();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn a_client_is_shown_everything_once_and_in_order(
        tail_entries in prop::sample::select(vec![1usize, 3, 10, 1_000]),
        tail_bytes in prop::sample::select(vec![100usize, 1_000_000]),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        check(tail_entries, tail_bytes, &steps);
    }
}

#[test]
fn who_follows_one_log_and_is_not_its_author_is_served_at_a_glance() {
    let mut model = Model::new(100, 10_000);
    let said = |mine: bool| Step::Commit(vec![(1, mine, 5), (1, false, 5)]);
    for step in [Step::Follow(0), said(false), said(false)] {
        model.take(&step);
    }
    assert!(model.pass(2_000, 10), "two blocks at once, taken in part");
    assert!(!model.pass(2_000, 400), "half a line is to be ended first");
    model.write(2_000, None);
    model.take(&said(false));
    assert!(model.pass(2_000, 400));
    model.take(&said(true));
    assert!(!model.pass(2_000, 400), "nobody hears themselves");
    model.finish();
}

#[test]
fn a_room_left_while_its_line_is_half_written() {
    let steps =
        [Step::Follow(0), Step::Follow(1), Step::Commit(vec![(7, false, 72)]), Step::Unfollow(0), Step::Write(1, 1)];
    check(10, 1_000_000, &steps);
}

#[test]
fn a_lagging_client_without_newlines_reads_on_from_the_ledger() {
    let line = |n| Step::Commit(vec![(1, false, n)]);
    let lagging = [Step::Follow(0), Step::Framed(false), line(1), Step::Write(1_000, 400)];
    let steps: Vec<_> = lagging.into_iter().chain((0..20).map(line)).collect();
    check(2, 1_000_000, &steps);
}

#[test]
fn who_comes_back_to_a_room_is_still_shown_what_came_before() {
    let both = |mine| Step::Commit(vec![(3, mine, 4), (1, false, 4), (2, false, 4)]);
    check(
        1,
        1_000_000,
        &[Step::Follow(0), both(false), Step::Unfollow(0), both(false), Step::Follow(1), Step::Follow(0), both(false)],
    );
}

#[test]
fn what_stands_in_a_log_followed_later_is_shown_all_the_same() {
    check(
        1_000,
        1_000_000,
        &[Step::Follow(0), Step::Commit(vec![(3, false, 4)]), Step::Follow(1), Step::Commit(vec![(3, false, 4)])],
    );
}

#[test]
fn answers_and_other_rooms_wait_for_a_page() {
    let more = Step::Commit(vec![(1, false, 4); 10]);
    let other = Step::Commit(vec![(2, false, 4); 3]);
    check(2, 1_000_000, &[Step::Follow(0), Step::Follow(1), more.clone(), other, Step::Answer(3), more]);
}

#[test]
fn nothing_is_shown_while_it_is_held_and_no_page_of_another_place_is_taken() {
    let log = LogId::Room(RoomName::new("#a", 50).expect("a room's name"));
    let entry = |seq, text: &str| {
        let author = Author::guest(PersonId(2), SessionId(2), Nick::new("bob", 30).expect("a nick"));
        let event = Event::Message(Kind::Say, Text::new(text));
        Arc::new(Entry::new(Seq(seq), Time(0), Proposal::new(author, std::iter::once(log.clone()).collect(), event)))
    };
    let shown = |outbox: &mut Outbox| match outbox.next(0, 1_000, &Codec::default()) {
        Next::Write(gathered) => {
            let bytes: Vec<u8> = outbox.slices(&gathered).iter().flat_map(|slice| slice.to_vec()).collect();
            let all = gathered.bytes();
            outbox.wrote(gathered, all);
            String::from_utf8(bytes).expect("UTF-8")
        }
        other => format!("{other:?}"),
    };
    let mut outbox = Outbox::new(ME, Style::Lines(lines::Style { numbered: true, ..lines::Style::default() }));
    assert!(outbox.follow(log.clone(), Arc::new(Feed::after(Seq(9))), Seq(9), false));
    outbox.hold();
    assert!(
        !outbox.follow(log.clone(), Arc::new(Feed::after(Seq(9))), Seq(4), false),
        "the same log, from an earlier place"
    );
    outbox.answer(Seq(4), b"* resumed\n".to_vec());
    assert_eq!(shown(&mut outbox), "Idle");
    outbox.release();
    assert!(shown(&mut outbox).starts_with("Page("));
    outbox.catch_up(&log, Seq(9), vec![entry(10, "later")], None);
    assert!(shown(&mut outbox).starts_with("Page("), "what was read for another place");
    outbox.catch_up(&log, Seq(4), vec![entry(5, "secret"), entry(7, "word")], None);
    outbox.redact(&log, Seq(5));
    let all = "=4 * resumed\n=5 * (a message of bob was taken back)\n=7 bob: word\n";
    assert_eq!(shown(&mut outbox), all);
}

#[test]
fn who_lags_is_shown_each_entry_under_the_name_of_then_and_once() {
    let room = |name: &str| RoomName::new(name, 30).expect("a room");
    let log = |name: &str| LogId::Room(room(name));
    let entry = |seq, logs: &[&str], event: Event| {
        let author = Author::guest(PersonId(2), SessionId(2), Nick::new("bob", 30).expect("a nick"));
        let logs = logs.iter().map(|name| log(name)).collect();
        Arc::new(Entry::new(Seq(seq), Time(0), Proposal::new(author, logs, event)))
    };
    let said = |text: &str| Event::Message(Kind::Say, Text::new(text));
    let quit = || Event::Quit(Text::new(""));
    let rename = || Event::Rename { from: room("#a"), to: room("#b"), reason: Text::new("") };
    let limits = Limits { tail_entries: 1, ..Limits::default() };
    let (a, x) = (Arc::new(Feed::after(Seq(0))), Arc::new(Feed::after(Seq(0))));
    let mut outbox = Outbox::new(ME, Style::Lines(lines::Style::default()));
    outbox.follow(log("#a"), Arc::clone(&a), Seq(0), false);
    outbox.follow(log("#x"), Arc::clone(&x), Seq(0), false);
    outbox.focus(None);
    let both = entry(2, &["#a", "#x"], quit());
    x.append(hall::Block::new(vec![Arc::clone(&both)]), &limits);
    for entry in [entry(1, &["#a"], said("old")), both, entry(3, &["#a"], rename()), entry(4, &["#b"], said("new"))] {
        a.append(hall::Block::new(vec![entry]), &limits);
    }
    outbox.rename(&hall::Renamed { seq: Seq(3), from: room("#a"), to: room("#b") });
    assert_eq!(outbox.logs(), [log("#b"), log("#x")]);
    let mut seen = String::new();
    loop {
        match outbox.next(0, 1_000, &Codec::default()) {
            Next::Idle => break,
            Next::Write(gathered) => {
                let bytes: Vec<u8> = outbox.slices(&gathered).iter().flat_map(|slice| slice.to_vec()).collect();
                let all = gathered.bytes();
                outbox.wrote(gathered, all);
                seen += std::str::from_utf8(&bytes).expect("UTF-8");
            }
            Next::Page(of, after) => {
                assert_eq!(of, log("#b"), "it is asked for by the name of today");
                // And comes under it.
                let all = [
                    entry(1, &["#b"], said("old")),
                    entry(2, &["#b", "#x"], quit()),
                    entry(3, &["#b"], rename()),
                    entry(4, &["#b"], said("new")),
                ];
                let page = all.into_iter().filter(|entry| entry.seq > after).collect();
                outbox.catch_up(&of, after, page, None);
            }
            Next::Wait(_) => unreachable!("nobody is paced"),
        }
    }
    assert_eq!(seen, "[#a] bob: old\n* bob left\n[#a] * bob renamed the room: #a is now #b\n[#b] bob: new\n");
    assert!(outbox.cursors.iter().all(|cursor| cursor.was.is_none()), "it is let go of");
}
