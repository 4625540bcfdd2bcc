//! A scene: a hall, a ledger in memory and people on connections without sockets, in fake time that passes only when
//! nothing else can happen. It does what it is told, and nothing in it fails: what transcripts are played on.
//!
//! The bytes go the way they go in a [world](crate::run), through the same connections and the same loop.

use std::collections::BTreeMap;
use std::sync::Arc;

use auth::MachinePassword;
use hall::{Arrival, Beginning, Entry, Origin, Reply, Secret, SessionId, Time};
use ledger::Ledger;
use wire::irc::House;
use wire::{Codec, Lang, Style};

use crate::conn::{Conn, Pumped};
use crate::faulty::HALL;
use crate::hub::{Conns, Hub, Outcome, Request};
use crate::{Faulty, Plan, Rng};

/// How often everybody is given a turn before a scene counts as one that does not come to rest.
const ROUNDS_MAX: usize = 100_000;

/// What a client reads next.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// These bytes, one or more.
    Bytes(Vec<u8>),
    /// The end of its connection.
    End,
    /// Nothing, however long it waits.
    Nothing,
}

/// The scene.
#[derive(Debug)]
pub struct Scene {
    now_ms: u64,
    plan: Plan,
    lang: Lang,
    codec: Codec,
    hub: Hub,
    conns: Conns,
    ledger: Faulty,
    heard: BTreeMap<SessionId, Vec<u8>>,
    gateway: Option<MachinePassword>,
    sessions: u64,
    entries: Vec<Arc<Entry>>,
}

impl Scene {
    /// An empty hall with these limits, at this time, that speaks this language.
    #[must_use]
    pub fn new(hall: hall::Limits, wire: wire::Limits, lang: Lang, at: Time) -> Self {
        let codec = Codec { house: Arc::new(House { since: at, ..House::default() }), ..Codec::default() };
        let mut hub = Hub::new(hall.clone(), codec.clone(), beginning());
        hub.set_wire(wire.clone());
        Self {
            now_ms: at.0,
            hub,
            plan: plan(hall, wire),
            lang,
            codec,
            conns: Conns::default(),
            ledger: Faulty::new(ledger::Limits::default(), Rng::new(0)),
            heard: BTreeMap::new(),
            gateway: None,
            sessions: 0,
            entries: Vec::new(),
        }
    }

    /// Who may come in from now on.
    pub fn set_policy(&mut self, policy: hall::Policy) {
        self.hub.hall.set_policy(policy);
    }

    /// The settings are others from now on: who may come in, the limits of the dialects, what the house says of itself.
    pub fn reload(&mut self, policy: hall::Policy, wire: wire::Limits, house: House) {
        let house = House { since: self.codec.house.since, ..house };
        self.plan.wire = wire.clone();
        self.hub.reload(policy, wire, house, &mut self.conns);
        self.settle();
    }

    /// Whoever says this may say for whom they speak.
    pub fn set_gateway(&mut self, password: MachinePassword) {
        self.gateway = Some(password);
    }

    /// Everything that has happened so far.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// Somebody connects from there, and is greeted or not.
    pub fn arrive(&mut self, origin: Origin, greet: bool) -> SessionId {
        self.arrive_as(origin, if greet { Arrival::Greeted } else { Arrival::Unasked })
    }

    /// Somebody connects from there who speaks IRC.
    pub fn arrive_irc(&mut self, origin: Origin) -> SessionId {
        self.arrive_as(origin, Arrival::Introduced)
    }

    fn arrive_as(&mut self, origin: Origin, how: Arrival) -> SessionId {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let mut conn = Conn::new(session);
        (conn.window_bytes, conn.write_bytes, conn.whole_writes) = (usize::MAX, usize::MAX, true);
        if how == Arrival::Introduced {
            conn.speak_irc(self.lang);
            conn.gateway = self.gateway;
        } else {
            conn.outbox.set_style(Style::lines(self.lang));
        }
        self.conns.of.insert(session, conn);
        self.heard.insert(session, Vec::new());
        self.hub.set_now(Time(self.now_ms));
        self.hub.arrive(session, origin, how, &mut self.conns);
        self.settle();
        session
    }

    /// A client sends bytes in one go.
    pub fn send(&mut self, session: SessionId, bytes: &[u8]) {
        if let Some(conn) = self.conns.of.get_mut(&session) {
            conn.arrived.extend_from_slice(bytes);
        }
        self.settle();
    }

    /// A client sends no more, and still reads.
    pub fn end(&mut self, session: SessionId) {
        if let Some(conn) = self.conns.of.get_mut(&session) {
            conn.eof = true;
        }
        self.settle();
    }

    /// A client goes away.
    pub fn vanish(&mut self, session: SessionId) {
        self.close(session);
        self.settle();
    }

    /// What a client reads next. As much time passes as it takes until there is something, and no more.
    pub fn hear(&mut self, session: SessionId) -> Heard {
        loop {
            match self.heard.get_mut(&session).map(std::mem::take) {
                Some(bytes) if !bytes.is_empty() => return Heard::Bytes(bytes),
                _ if !self.conns.of.contains_key(&session) => return Heard::End,
                _ => {}
            }
            if !self.pass_time() {
                return Heard::Nothing;
            }
        }
    }

    /// Lets time pass until something is due; whether anything is.
    fn pass_time(&mut self) -> bool {
        let due = |conn: &Conn| conn.pause_at_ms.into_iter().chain(conn.pace_at_ms).min();
        let Some(next_ms) = self.conns.of.values().filter_map(due).min() else { return false };
        self.now_ms = self.now_ms.max(next_ms);
        let now_ms = self.now_ms;
        for conn in self.conns.of.values_mut() {
            conn.paused |= conn.pause_at_ms.take_if(|at_ms| *at_ms <= now_ms).is_some();
            conn.pace_at_ms.take_if(|at_ms| *at_ms <= now_ms);
        }
        self.settle();
        true
    }

    /// Lets everything happen that can without time.
    fn settle(&mut self) {
        self.hub.set_now(Time(self.now_ms));
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for session in self.conns.of.keys().copied().collect::<Vec<_>>() {
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
        panic!("the scene does not come to rest");
    }

    /// Lets a connection do what it can; whether it did anything that others may have to react to.
    fn touch(&mut self, session: SessionId) -> bool {
        let Some(conn) = self.conns.of.get_mut(&session) else { return false };
        let batch = conn.next_batch(self.now_ms, &self.plan, &self.codec);
        let asked = batch.is_some();
        conn.answer_telnet();
        if let Some(batch) = batch {
            self.hub.batch(session, batch, &mut self.conns);
        }
        let Some(conn) = self.conns.of.get_mut(&session) else { return true };
        let heard = self.heard.entry(session).or_default();
        let wrote = |bytes: &[u8]| heard.extend_from_slice(bytes);
        let pumped = conn.pump(self.now_ms, &self.plan, &self.codec, &mut Rng::new(0), wrote);
        conn.sent.clear();
        match pumped {
            Pumped::Page(log, after) => {
                let page = self.ledger.read(&log, after, self.plan.page_entries).expect("memory can be read");
                let gap = page.gap.then(|| conn.outbox.style().aside(&Reply::Gap, &self.codec));
                conn.outbox.catch_up(&log, after, page.entries, gap);
                true
            }
            Pumped::Idle if conn.closing => {
                self.close(session);
                true
            }
            Pumped::Idle | Pumped::Later => asked,
        }
    }

    fn close(&mut self, session: SessionId) {
        if self.conns.of.remove(&session).is_some() {
            self.hub.leave(session, &mut self.conns);
        }
    }

    fn answer(&mut self, request: Request) -> Outcome {
        match request {
            Request::Commit(group) => match self.ledger.commit(Time(self.now_ms), group) {
                Ok(entries) => {
                    self.entries.extend(entries.iter().cloned());
                    Outcome::Committed(entries)
                }
                Err(rejected) => Outcome::Failed(rejected.group, rejected.error.refusal()),
            },
            Request::Ask(session, query) => {
                let answer = self.ledger.answer(&query).ok();
                Outcome::Answered(session, query, answer)
            }
        }
    }
}

/// What the hall of a scene begins with: nothing but what it is called.
fn beginning() -> Beginning {
    Beginning { hall: HALL.to_owned(), secret: Some(Secret::new(HALL)), ..Beginning::default() }
}

/// A plan in which nothing is small, slow or lost.
fn plan(hall: hall::Limits, wire: wire::Limits) -> Plan {
    Plan {
        hall,
        wire,
        ledger: ledger::Limits::default(),
        batch_commands: 256,
        write_bytes: 256 * 1024,
        reply_bytes: 64 * 1024,
        page_entries: 256,
        ledger_ms: 0,
        commits_lost_percent: 0,
        reads_lost_percent: 0,
        acts: 0,
        clients: Vec::new(),
    }
}
