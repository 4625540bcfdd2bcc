//! A world: its clock, its network, its ledger's thread, and what happens in it in the order of its fake time.

use std::collections::{BTreeMap, VecDeque};

use hall::{LogId, Reply, Seq, SessionId, Time};
use ledger::{Error, Ledger, Page};
use wire::Codec;

use crate::client::{Kind, Reader};
use crate::conn::{Conn, Pumped};
use crate::hub::{Conns, Hub, Outcome, Request};
use crate::record::Record;
use crate::truth::Truth;
use crate::{Faulty, Plan, Rng};

mod verdict;

/// What a client that sends no newlines takes in one go, in bytes.
const RECV_BYTES: usize = 1024;
/// How long such a client takes at most to come back for more, in milliseconds.
const KEEPS_UP_MS: u64 = 49;
/// How long a reader rests after the ledger could not be read.
const READ_AGAIN_MS: u64 = 1_000;
/// More things than this happen in no world: it does not come to rest.
const EVENTS_MAX: usize = 400_000;

/// What a world came to, for those who want to know that something was tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries on the ledger.
    pub entries: usize,
    /// Proposals that the ledger did not take.
    pub failed: usize,
    /// Rooms that were given another name.
    pub renames: usize,
    /// Holes that clients were told of.
    pub gaps: usize,
    /// Pages read from the ledger.
    pub pages: usize,
    /// Bytes written to clients.
    pub bytes: usize,
    /// Clients there to the end.
    pub survivors: usize,
    /// What happened, in a number: the same for the same seed.
    pub print: u64,
}

#[derive(Debug)]
enum Event {
    Arrive(usize),
    Act(usize, usize),
    Deliver(SessionId, Vec<u8>),
    End(SessionId),
    Vanish(SessionId),
    Pause(SessionId, u64),
    Pace,
    Drain(SessionId),
    Work,
    Outcome,
    Paged(SessionId, LogId, Seq, Result<Page, Error>),
    PageAgain(SessionId),
}

/// What the ledger's thread is asked.
#[derive(Debug)]
enum Job {
    Hub(Request),
    Page(SessionId, LogId, Seq),
}

pub(crate) struct World {
    now_ms: u64,
    rng: Rng,
    plan: Plan,
    codec: Codec,
    hub: Hub,
    conns: Conns,
    ledger: Faulty,
    truth: Truth,
    events: BTreeMap<(u64, u64), Event>,
    tie: u64,
    jobs: VecDeque<Job>,
    working: bool,
    outcomes: VecDeque<Outcome>,
    handed_ms: u64,
    /// Until when each client's bytes are on their way.
    net_ms: Vec<u64>,
    /// For when the latest paced write of each client is set.
    pace_ms: Vec<u64>,
    draining: Vec<bool>,
    /// Clients who read at once from the beginning.
    always_fast: Vec<bool>,
    summary: Summary,
}

/// Lets the world of this seed live, and checks it.
///
/// # Panics
/// When something that must always hold does not.
#[must_use]
pub fn run(seed: u64) -> Summary {
    let mut world = World::new(seed);
    world.live();
    world.calm();
    world.live();
    world.last_words();
    world.live();
    world.judge();
    world.summary
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let plan = Plan::draw(&mut rng);
        let mut ledger = Faulty::new(plan.ledger.clone(), Rng::new(rng.number()));
        ledger.commits_lost_percent = plan.commits_lost_percent;
        ledger.reads_lost_percent = plan.reads_lost_percent;
        let codec = Codec::default();
        let people = plan.clients.len();
        let mut world = Self {
            now_ms: 1_000,
            hub: Hub::new(plan.hall.clone(), codec.clone(), hall::Beginning::default()),
            always_fast: plan.clients.iter().map(|c| c.reader == Reader::Fast).collect(),
            rng,
            plan,
            codec,
            conns: Conns::default(),
            ledger,
            truth: Truth::default(),
            events: BTreeMap::new(),
            tie: 0,
            jobs: VecDeque::new(),
            working: false,
            outcomes: VecDeque::new(),
            handed_ms: 0,
            net_ms: vec![0; people],
            pace_ms: vec![0; people],
            draining: vec![false; people],
            summary: Summary::default(),
        };
        for n in 0..people {
            let at_ms = world.now_ms + world.rng.between(0, 2_000);
            world.at(at_ms, Event::Arrive(n));
        }
        world
    }

    fn at(&mut self, at_ms: u64, event: Event) {
        self.tie += 1;
        self.events.insert((at_ms.max(self.now_ms), self.tie), event);
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.at(self.now_ms + ms, event);
    }

    /// Lets things happen until nothing more does.
    fn live(&mut self) {
        let mut count = 0;
        while let Some(((at_ms, _), event)) = self.events.pop_first() {
            self.now_ms = at_ms;
            self.hub.hall.set_now(hall::Time(at_ms));
            self.happen(event);
            self.settle();
            self.check_limits();
            count += 1;
            assert!(count < EVENTS_MAX, "the world does not come to rest");
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(n) => self.arrive(n),
            Event::Act(n, left) => self.act(n, left),
            Event::Deliver(session, bytes) => {
                if let Some(conn) = self.conns.of.get_mut(&session) {
                    conn.arrived.extend(bytes);
                }
            }
            Event::End(session) => {
                if let Some(conn) = self.conns.of.get_mut(&session) {
                    conn.eof = true;
                }
            }
            Event::Vanish(session) => self.gone(session, true),
            Event::Pause(session, at_ms) => {
                if let Some(conn) = self.conns.of.get_mut(&session)
                    && conn.pause_at_ms == Some(at_ms)
                {
                    conn.pause_at_ms = None;
                    conn.paused = true;
                }
            }
            Event::Pace => {}
            Event::Drain(session) => self.drain(session),
            Event::Work => self.work(),
            Event::Outcome => {
                if let Some(outcome) = self.outcomes.pop_front() {
                    if let Outcome::Committed(entries) = &outcome {
                        self.truth.applied_ms.extend(entries.iter().map(|_| self.now_ms));
                    }
                    self.hub.outcome(outcome, &mut self.conns);
                }
            }
            Event::Paged(session, log, after, page) => self.paged(session, &log, after, page),
            Event::PageAgain(session) => {
                if let Some(conn) = self.conns.of.get_mut(&session) {
                    conn.paging = false;
                }
            }
        }
    }

    fn arrive(&mut self, n: usize) {
        let client = &self.plan.clients[n];
        let session = SessionId(n as u64 + 1);
        let mut conn = Conn::new(session);
        (conn.window_bytes, conn.write_bytes) = match client.reader {
            Reader::Fast => (usize::MAX, usize::MAX),
            Reader::Slow => (1 + self.rng.below(300), 1 + self.rng.below(100)),
            Reader::Stuck => (self.rng.below(200), 50),
        };
        conn.whole_writes = client.kind == Kind::Unframed && client.reader == Reader::Fast;
        let name = format!("{}({:?}, {:?}, {session:?})", client.name, client.kind, client.reader);
        let greet = client.kind == Kind::Silent;
        self.conns.records.insert(session, Record::new(session, &name, client.kind == Kind::Unframed));
        self.conns.of.insert(session, conn);
        self.truth.arrived(session);
        let how = if greet { hall::Arrival::Greeted } else { hall::Arrival::Unasked };
        self.hub.arrive(session, hall::Origin::default(), how, &mut self.conns);
        self.at(self.now_ms, Event::Act(n, self.plan.acts));
    }

    fn act(&mut self, n: usize, left: usize) {
        let session = SessionId(n as u64 + 1);
        if !self.conns.of.contains_key(&session) {
            return;
        }
        let people = self.plan.clients.len();
        if left > 0 {
            let bytes = self.plan.clients[n].next_bytes(&mut self.rng, people);
            self.send(n, &bytes);
            let rest_ms = if self.rng.chance(20) { 0 } else { self.rng.between(1, 400) };
            self.after(rest_ms, Event::Act(n, left - 1));
        } else if self.plan.clients[n].mortal {
            match self.rng.below(3) {
                0 => self.at(self.net_ms[n], Event::End(session)),
                1 if self.plan.clients[n].kind == Kind::Framed => self.send(n, b"/quit\n"),
                _ => self.at(self.net_ms[n], Event::Vanish(session)),
            }
        }
    }

    /// Puts bytes on their way, cut anywhere. What belongs to one message is never as late as a pause.
    fn send(&mut self, n: usize, bytes: &[u8]) {
        let session = SessionId(n as u64 + 1);
        let late_ms = self.rng.pick(&[0, 5, 30]);
        let mut rest = bytes;
        self.net_ms[n] = self.net_ms[n].max(self.now_ms + self.rng.between(0, late_ms));
        while !rest.is_empty() {
            let cut = if self.rng.chance(50) { rest.len() } else { 1 + self.rng.below(rest.len()) };
            let (now, later) = rest.split_at(cut);
            self.at(self.net_ms[n], Event::Deliver(session, now.to_vec()));
            self.net_ms[n] += self.rng.between(0, late_ms.min(8));
            rest = later;
        }
    }

    /// A connection is over; `cut_off`: before it was given everything.
    fn gone(&mut self, session: SessionId, cut_off: bool) {
        if self.conns.of.remove(&session).is_some() {
            if let Some(record) = self.conns.records.get_mut(&session) {
                record.cut_off = cut_off;
            }
            self.hub.leave(session, &mut self.conns);
        }
    }

    /// Lets every connection do what it can, until none can do anything.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            for session in self.conns.of.keys().copied().collect::<Vec<_>>() {
                moved |= self.touch(session);
            }
            self.jobs.extend(self.hub.requests.drain(..).map(Job::Hub));
            if !moved {
                break;
            }
        }
        if !self.working && !self.jobs.is_empty() {
            self.working = true;
            let ms = self.rng.between(0, self.plan.ledger_ms);
            self.after(ms, Event::Work);
        }
    }

    fn touch(&mut self, session: SessionId) -> bool {
        let Some(conn) = self.conns.of.get_mut(&session) else { return false };
        if conn.paging {
            return false;
        }
        if let Some(record) = self.conns.records.get_mut(&session) {
            record.held(self.now_ms, conn.outbox.is_held());
        }
        let before = conn.pause_at_ms;
        let batch = conn.next_batch(self.now_ms, &self.plan, &self.codec);
        if let (Some(answer), Some(record)) = (conn.answer_telnet(), self.conns.records.get_mut(&session)) {
            record.answered(Seq(0), &answer);
        }
        let pause = conn.pause_at_ms.filter(|at| Some(*at) != before);
        if let Some(at_ms) = pause {
            self.at(at_ms, Event::Pause(session, at_ms));
        }
        let asked = batch.is_some();
        if let Some(batch) = batch {
            self.hub.batch(session, batch, &mut self.conns);
        }
        self.write(session) || asked
    }

    fn write(&mut self, session: SessionId) -> bool {
        let Some(conn) = self.conns.of.get_mut(&session) else { return false };
        let Some(record) = self.conns.records.get_mut(&session) else { return false };
        let (now_ms, head) = (self.now_ms, self.ledger.head());
        let was_crowded = conn.crowded;
        let was_empty = conn.sent.is_empty();
        let pumped =
            conn.pump(now_ms, &self.plan, &self.codec, &mut self.rng, |bytes| record.wrote(now_ms, head, bytes));
        let (pace, n) = (conn.pace_at_ms.take(), index(session));
        let client = &self.plan.clients[n];
        let delay_ms = match (client.reader, client.kind) {
            (Reader::Stuck, _) => None,
            (Reader::Fast, Kind::Unframed) => Some(self.rng.between(1, KEEPS_UP_MS)),
            (Reader::Fast, _) => {
                conn.sent.clear();
                None
            }
            (Reader::Slow, _) => Some(self.rng.between(1, 300)),
        };
        let to_drain = !conn.sent.is_empty() && !self.draining[n];
        if was_empty && !conn.sent.is_empty() {
            conn.mixed = !conn.outbox.style().as_lines().unframed;
        }
        conn.mixed |= !conn.outbox.style().as_lines().unframed;
        let closing = conn.closing;
        let relieved = was_crowded && !conn.crowded;
        if let (true, Some(ms)) = (to_drain, delay_ms) {
            self.draining[n] = true;
            self.after(ms, Event::Drain(session));
        }
        if let Some(at_ms) = pace.filter(|at_ms| self.pace_ms[n] != *at_ms) {
            self.pace_ms[n] = at_ms;
            self.at(at_ms, Event::Pace);
        }
        match pumped {
            Pumped::Idle if closing => {
                self.gone(session, false);
                true
            }
            Pumped::Page(log, after) => {
                conn_of(&mut self.conns, session).paging = true;
                self.summary.pages += 1;
                self.jobs.push_back(Job::Page(session, log, after));
                false
            }
            Pumped::Idle | Pumped::Later => relieved,
        }
    }

    /// A client takes some of what was written.
    fn drain(&mut self, session: SessionId) {
        let n = index(session);
        self.draining[n] = false;
        let Some(conn) = self.conns.of.get_mut(&session) else { return };
        if self.plan.clients[n].kind == Kind::Unframed && self.plan.clients[n].reader == Reader::Fast {
            while !conn.sent.is_empty() {
                let end = conn.sent.len().min(RECV_BYTES);
                let received: Vec<u8> = conn.sent.drain(..end).collect();
                let whole = std::str::from_utf8(&received).is_ok() || conn.mixed || !self.always_fast[n];
                assert!(whole, "one recv(1024) got {}", received.escape_ascii());
            }
        } else {
            let taken = (1 + self.rng.below(64)).min(conn.sent.len());
            conn.sent.drain(..taken);
            if !conn.sent.is_empty() && self.plan.clients[n].reader == Reader::Slow {
                self.draining[n] = true;
                let ms = self.rng.between(1, 300);
                self.after(ms, Event::Drain(session));
            }
        }
    }

    /// The ledger's thread does what it was asked first; proposals that wait behind proposals join their group.
    fn work(&mut self) {
        self.working = false;
        match self.jobs.pop_front() {
            Some(Job::Hub(Request::Commit(mut group))) => {
                while let Some(Job::Hub(Request::Commit(_))) = self.jobs.front() {
                    if let Some(Job::Hub(Request::Commit(more))) = self.jobs.pop_front() {
                        group.extend(more);
                    }
                }
                match self.ledger.commit(Time(self.now_ms), group) {
                    Ok(entries) => {
                        self.truth.entries.extend(entries.iter().cloned());
                        self.hand(Outcome::Committed(entries));
                    }
                    Err(rejected) => {
                        let had = self.truth.entries.len();
                        self.truth.failed.extend(rejected.group.iter().map(|proposal| (had, proposal.clone())));
                        self.hand(Outcome::Failed(rejected.group, rejected.error.refusal()));
                    }
                }
            }
            Some(Job::Hub(Request::Ask(session, query))) => {
                let answer = self.ledger.answer(&query).ok();
                self.hand(Outcome::Answered(session, query, answer));
            }
            Some(Job::Page(session, log, after)) => {
                let page = self.ledger.read(&log, after, self.plan.page_entries);
                let ms = self.rng.between(0, self.plan.ledger_ms);
                self.after(ms, Event::Paged(session, log, after, page));
            }
            None => {}
        }
    }

    /// What came of a request is on its way to the hall, behind what came of those before.
    fn hand(&mut self, outcome: Outcome) {
        self.handed_ms = self.handed_ms.max(self.now_ms + self.rng.between(0, self.plan.ledger_ms / 2));
        self.outcomes.push_back(outcome);
        self.at(self.handed_ms, Event::Outcome);
    }

    fn paged(&mut self, session: SessionId, log: &LogId, after: Seq, page: Result<Page, Error>) {
        let Some(conn) = self.conns.of.get_mut(&session) else { return };
        let Ok(page) = page else { return self.after(READ_AGAIN_MS, Event::PageAgain(session)) };
        conn.paging = false;
        let gap = page.gap.then(|| conn.outbox.style().aside(&Reply::Gap, &self.codec));
        let before = conn.outbox.answer_bytes();
        conn.outbox.catch_up(log, after, page.entries.clone(), gap.clone());
        let told = conn.outbox.answer_bytes() > before;
        if let (true, Some(gap), Some(record)) = (told, &gap, self.conns.records.get_mut(&session)) {
            let first = page.entries.first().map(|e| e.seq).filter(|seq| *seq <= self.hub.hall.head());
            let floor = self.hub.feeds.get(log).map_or(after, |feed| feed.floor());
            record.gap(log, after, first, floor, gap);
            self.summary.gaps += 1;
        }
    }

    /// Faults end: everybody reads, and the ledger takes everything.
    fn calm(&mut self) {
        self.plan.calm();
        self.ledger.commits_lost_percent = 0;
        self.ledger.reads_lost_percent = 0;
        for conn in self.conns.of.values_mut() {
            conn.sent.clear();
            (conn.window_bytes, conn.write_bytes) = (usize::MAX, usize::MAX);
        }
        self.at(self.now_ms, Event::Work);
    }

    fn last_words(&mut self) {
        self.now_ms += 1_000;
        for session in self.conns.of.keys().copied().collect::<Vec<_>>() {
            let words = self.plan.clients[index(session)].last_words();
            self.send(index(session), words.as_bytes());
        }
    }
}

fn index(session: SessionId) -> usize {
    usize::try_from(session.0 - 1).expect("a small number")
}

fn conn_of(conns: &mut Conns, session: SessionId) -> &mut Conn {
    conns.of.get_mut(&session).expect("the connection is there")
}
