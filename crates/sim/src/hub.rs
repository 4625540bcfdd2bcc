//! The loop that owns the hall, without tasks: it does with the hall's effects what the server's loop does with them.
//!
//! The server cannot be imported here, so the order of things is written once more, as briefly as it can be: each session
//! has one batch under way, each answer keeps its place behind what the ledger is at work on, and what comes after a
//! change of room or name waits for that change. Whatever a session is given is noted for the checks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use auth::{BadPassword, Cost, Exchange, Failure, MECHANISMS, Mechanism, Step};
use hall::{
    Beginning, Command, Effect, Entry, Event, Feed, Hall, LogId, Nick, Origin, Proof, Proposal, Proven, Query, Refusal,
    Reply, RoomName, Seq, SessionId, Unfit,
};
use wire::Codec;
use wire::lines::{self, Asked, Auth, Said, Style};

use crate::conn::Conn;
use crate::record::Record;

/// What the ledger is asked.
#[derive(Debug)]
pub(crate) enum Request {
    Commit(Vec<Proposal>),
    Ask(SessionId, Query),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    Committed(Vec<Arc<Entry>>),
    Failed(Vec<Proposal>, Refusal),
    Answered(SessionId, Query, Option<Reply>),
}

#[derive(Debug)]
enum Slot {
    Ledger,
    Tell(Seq, Vec<u8>),
    Show,
    Release,
    Close,
}

#[derive(Debug, Default)]
struct Seat {
    batch: VecDeque<Asked>,
    /// Whether the client waits to be released.
    asked: bool,
    changing: bool,
    slots: VecDeque<Slot>,
    exchange: Option<Box<Exchange>>,
}

/// What the loop and the connections share.
#[derive(Debug, Default)]
pub(crate) struct Conns {
    pub(crate) of: BTreeMap<SessionId, Conn>,
    pub(crate) records: BTreeMap<SessionId, Record>,
}

#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) hall: Hall,
    limits: hall::Limits,
    codec: Codec,
    seats: BTreeMap<SessionId, Seat>,
    effects: Vec<Effect>,
    group: Vec<Proposal>,
    told: Vec<(SessionId, Seq, Vec<u8>)>,
    closing: Vec<SessionId>,
    /// What came of work with passwords, which takes no time here.
    proven: VecDeque<(SessionId, Proven)>,
    /// How many nonces and salts were needed so far: the next one follows from that.
    drawn: u8,
    /// What the ledger is to be asked, in order.
    pub(crate) requests: Vec<Request>,
    /// Every log that has grown.
    pub(crate) feeds: BTreeMap<LogId, Arc<Feed>>,
}

impl Hub {
    pub(crate) fn new(limits: hall::Limits, codec: Codec, beginning: Beginning) -> Self {
        let lobby = RoomName::new("#lobby", usize::MAX).expect("the lobby's name is one");
        Self {
            hall: Hall::new(limits.clone(), lobby, beginning),
            limits,
            codec,
            seats: BTreeMap::new(),
            effects: Vec::new(),
            group: Vec::new(),
            told: Vec::new(),
            closing: Vec::new(),
            proven: VecDeque::new(),
            drawn: 0,
            requests: Vec::new(),
            feeds: BTreeMap::new(),
        }
    }

    pub(crate) fn arrive(&mut self, session: SessionId, origin: Origin, greet: bool, conns: &mut Conns) {
        self.seats.insert(session, Seat::default());
        self.hall.arrive(session, origin, greet, &mut self.effects);
        self.run_effects(conns);
        self.flush(conns);
    }

    pub(crate) fn batch(&mut self, session: SessionId, batch: Vec<Asked>, conns: &mut Conns) {
        if let Some(seat) = self.seats.get_mut(&session) {
            (seat.batch, seat.asked) = (batch.into(), true);
            self.proceed(session, conns);
        }
        self.flush(conns);
    }

    pub(crate) fn leave(&mut self, session: SessionId, conns: &mut Conns) {
        self.hall.leave(session, &mut self.effects);
        self.run_effects(conns);
        self.seats.remove(&session);
        self.flush(conns);
    }

    pub(crate) fn outcome(&mut self, outcome: Outcome, conns: &mut Conns) {
        match outcome {
            Outcome::Committed(entries) => self.committed(&entries, conns),
            Outcome::Failed(group, why) => {
                for proposal in &group {
                    self.hall.fail(proposal, why.clone(), &mut self.effects);
                    self.run_commit_effects(conns);
                    self.tell_all(conns);
                    self.resolve(proposal.author.session, conns);
                }
            }
            Outcome::Answered(session, query, answer) => {
                let style = style(session, conns);
                let bytes = match answer {
                    Some(mut reply) => {
                        self.hall.sift(session, &mut reply);
                        lines::reply(&reply, style, &self.codec)
                    }
                    None => lines::refusal(&Refusal::NotRead, style, &self.codec),
                };
                let after = match query {
                    Query::Replay { until, .. } => until,
                    _ => self.hall.head(),
                };
                self.tell(session, after, bytes, conns);
                if let Some(conn) = conns.of.get_mut(&session).filter(|_| query.holds()) {
                    conn.outbox.release();
                }
                self.resolve(session, conns);
            }
        }
        self.flush(conns);
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.is_empty() && self.seats.values().all(|s| s.slots.is_empty() && s.batch.is_empty())
    }

    /// Does what takes no time, and hands over what the ledger is to number.
    fn flush(&mut self, conns: &mut Conns) {
        while let Some((session, proven)) = self.proven.pop_front() {
            self.hall.proved(session, proven, &mut self.effects);
            self.run_effects(conns);
            if self.seats.contains_key(&session) {
                self.resolve(session, conns);
            }
        }
        self.hand_over();
    }

    fn hand_over(&mut self) {
        if !self.group.is_empty() {
            self.requests.push(Request::Commit(std::mem::take(&mut self.group)));
        }
    }

    fn proceed(&mut self, session: SessionId, conns: &mut Conns) {
        while let Some(seat) = self.seats.get_mut(&session) {
            if seat.changing {
                return;
            }
            let waits = match seat.batch.front() {
                Some(Asked::Do(command)) => command.waits_for_all(),
                Some(Asked::Auth(_)) => true,
                _ => false,
            };
            if waits && seat.slots.iter().any(|slot| matches!(slot, Slot::Ledger)) {
                seat.changing = true;
                return;
            }
            let Some(asked) = seat.batch.pop_front() else { break };
            self.asked(session, asked, conns);
        }
        self.put(session, Slot::Release, conns);
    }

    fn asked(&mut self, session: SessionId, asked: Asked, conns: &mut Conns) {
        let said = match asked {
            Asked::Do(command) => {
                let resumes = matches!(command, Command::Resume { .. });
                if let Some(conn) = conns.of.get_mut(&session).filter(|_| resumes) {
                    conn.outbox.hold();
                    restyle(session, conns, |style| style.numbered = true);
                }
                self.hall.handle(session, command, &mut self.effects);
                self.run_effects(conns);
                if resumes {
                    self.put(session, Slot::Show, conns);
                }
                return;
            }
            Asked::Help(topic) => Said::Help(topic),
            Asked::Auth(step) => return self.auth(session, step, conns),
            Asked::Misuse(misuse) => Said::Misuse(misuse),
            Asked::Lang(lang) => {
                restyle(session, conns, |style| style.lang = lang);
                Said::LangSet
            }
        };
        let bytes = said.lines(style(session, conns), &self.codec);
        self.put(session, Slot::Tell(self.hall.head(), bytes), conns);
    }

    /// Bytes that are others each time, and the same in every run.
    fn draw<const N: usize>(&mut self) -> [u8; N] {
        self.drawn = self.drawn.wrapping_add(1);
        [self.drawn; N]
    }

    /// A step of an exchange that proves whose an account is.
    fn auth(&mut self, session: SessionId, asked: Auth, conns: &mut Conns) {
        let said = match self.auth_step(session, asked, conns) {
            Ok(said) => said,
            Err(refusal) => {
                self.effects.push(Effect::Refuse(session, refusal, self.hall.head()));
                None
            }
        };
        self.run_effects(conns);
        if let Some(said) = said {
            let bytes = said.lines(style(session, conns), &self.codec);
            self.put(session, Slot::Tell(self.hall.head(), bytes), conns);
        }
    }

    fn auth_step(&mut self, session: SessionId, asked: Auth, conns: &mut Conns) -> Result<Option<Said>, Refusal> {
        self.hall.may_authenticate(session, &mut self.effects)?;
        let nonce = self.draw();
        let Some(seat) = self.seats.get_mut(&session) else { return Ok(None) };
        let message = match asked {
            Auth::Abort => {
                seat.exchange = None;
                return Ok(Some(Said::AuthAborted));
            }
            Auth::Go(message) => message,
            Auth::Begin(name, first) => {
                let Some(mechanism) = Mechanism::from_name(&name) else {
                    return Ok(Some(Said::NoMechanism(MECHANISMS.map(Mechanism::name).to_vec())));
                };
                let exchange = Exchange::start(mechanism, nonce, self.hall.secret(), &Cost::least());
                seat.exchange = Some(Box::new(exchange));
                let Some(first) = first else { return Ok(Some(Said::Auth("+".to_owned()))) };
                first
            }
        };
        let (hall, effects) = (&mut self.hall, &mut self.effects);
        let called = |name: &str| Nick::new(name, usize::MAX).ok();
        let step = auth::go_on(&mut seat.exchange, message.expose(), |name| hall.verifier(&called(name)?).cloned());
        match step {
            Step::Challenge(bytes) => return Ok(Some(Said::Auth(auth::encode_message(&bytes)))),
            Step::Password { account, password } => {
                hall.handle(session, Command::Login { account: called(&account), password }, effects);
            }
            Step::External { account } => {
                hall.handle(session, Command::LoginByCertificate(account.as_deref().and_then(called)), effects);
            }
            Step::Done { account, last } => {
                let said = Said::Auth(auth::encode_message(&last));
                let bytes = said.lines(style(session, conns), &self.codec);
                self.put(session, Slot::Tell(self.hall.head(), bytes), conns);
                if let Some(account) = called(&account) {
                    self.hall.authenticated(session, &account, &mut self.effects);
                }
            }
            Step::Failed(Failure::Refused) => hall.not_authenticated(session, effects),
            Step::Failed(_) | Step::Lookup { .. } => return Ok(Some(Said::AuthFailed)),
        }
        Ok(None)
    }

    fn committed(&mut self, entries: &[Arc<Entry>], conns: &mut Conns) {
        for entry in entries {
            for record in conns.records.values_mut() {
                record.entry_applied(entry);
            }
        }
        self.hall.commit(entries, &mut self.effects);
        self.run_commit_effects(conns);
        for entry in entries {
            let session = entry.author.session;
            let answers = self.told.extract_if(.., |(to, after, _)| *to == session && *after == entry.seq);
            for (to, after, bytes) in answers.collect::<Vec<_>>() {
                self.tell(to, after, bytes, conns);
            }
            self.resolve(session, conns);
        }
        self.tell_all(conns);
    }

    /// An answer to what a session asked, if the effect is one.
    fn answer(&self, effect: &Effect, conns: &Conns) -> Option<(SessionId, Seq, Vec<u8>)> {
        match effect {
            Effect::Reply(to, reply, after) => Some((*to, *after, lines::reply(reply, style(*to, conns), &self.codec))),
            Effect::Refuse(to, refusal, after) => {
                Some((*to, *after, lines::refusal(refusal, style(*to, conns), &self.codec)))
            }
            _ => None,
        }
    }

    fn run_effects(&mut self, conns: &mut Conns) {
        for effect in std::mem::take(&mut self.effects) {
            match self.answer(&effect, conns) {
                Some((to, after, bytes)) => self.put(to, Slot::Tell(after, bytes), conns),
                None => self.run_effect(effect, conns),
            }
        }
    }

    fn run_commit_effects(&mut self, conns: &mut Conns) {
        for effect in std::mem::take(&mut self.effects) {
            match self.answer(&effect, conns) {
                Some(answer) => self.told.push(answer),
                None if matches!(effect, Effect::Close(_)) => {
                    if let Effect::Close(session) = effect {
                        self.closing.push(session);
                    }
                }
                None => self.run_effect(effect, conns),
            }
        }
    }

    fn run_effect(&mut self, effect: Effect, conns: &mut Conns) {
        match effect {
            Effect::Propose(proposal) => {
                let session = proposal.author.session;
                if let Some(seat) = self.seats.get_mut(&session) {
                    seat.changing |= !matches!(proposal.event, Event::Message(..));
                }
                self.put(session, Slot::Ledger, conns);
                self.group.push(proposal);
            }
            Effect::Ask(session, query) => {
                if let Some(seat) = self.seats.get_mut(&session) {
                    seat.changing = true;
                }
                if let Some(conn) = conns.of.get_mut(&session).filter(|_| query.holds()) {
                    conn.outbox.hold();
                }
                self.put(session, Slot::Ledger, conns);
                self.hand_over();
                self.requests.push(Request::Ask(session, query));
            }
            Effect::Grow(log, feed, block) => {
                feed.append(block, &self.limits);
                self.feeds.insert(log, feed);
            }
            Effect::Follow(session, log, feed, at, second) => {
                if let Some(conn) = conns.of.get_mut(&session) {
                    conn.outbox.follow(log.clone(), feed, at, second);
                }
                if let Some(record) = conns.records.get_mut(&session) {
                    record.followed(&log, at);
                }
            }
            effect => self.run_rare_effect(effect, conns),
        }
    }

    fn run_rare_effect(&mut self, effect: Effect, conns: &mut Conns) {
        match effect {
            Effect::Redact(log, feed, seq) => {
                feed.redact(seq);
                for conn in conns.of.values_mut() {
                    conn.outbox.redact(&log, seq);
                }
            }
            Effect::Unfollow(session, log, until) => {
                if let Some(conn) = conns.of.get_mut(&session) {
                    conn.outbox.unfollow(&log, until);
                }
                if let Some(record) = conns.records.get_mut(&session) {
                    record.unfollowed(&log, until);
                }
            }
            Effect::Focus(session, room) => {
                if let Some(conn) = conns.of.get_mut(&session) {
                    conn.outbox.focus(room.as_ref());
                }
            }
            Effect::Close(session) => self.put(session, Slot::Close, conns),
            Effect::Prove(session, proof) => {
                if let Some(seat) = self.seats.get_mut(&session) {
                    seat.changing = true;
                }
                self.put(session, Slot::Ledger, conns);
                let proven = prove(&proof, self.draw());
                self.proven.push_back((session, proven));
            }
            Effect::Ignore(session, people) => {
                if let Some(conn) = conns.of.get_mut(&session) {
                    conn.outbox.ignore(people);
                }
            }
            // There is no gate, and nobody who stops a world.
            Effect::Bars(_) | Effect::Drain => {}
            Effect::Reply(..) | Effect::Refuse(..) => unreachable!("answers have a place of their own"),
            _ => unreachable!("what happens with every message was done"),
        }
    }

    fn put(&mut self, session: SessionId, slot: Slot, conns: &mut Conns) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        if seat.slots.is_empty() && !matches!(slot, Slot::Ledger) {
            seat.asked &= !matches!(slot, Slot::Release);
            act(session, slot, conns);
        } else {
            seat.slots.push_back(slot);
        }
    }

    fn tell(&self, session: SessionId, after: Seq, bytes: Vec<u8>, conns: &mut Conns) {
        if self.seats.contains_key(&session) {
            act(session, Slot::Tell(after, bytes), conns);
        }
    }

    fn tell_all(&mut self, conns: &mut Conns) {
        for (session, after, bytes) in std::mem::take(&mut self.told) {
            self.tell(session, after, bytes, conns);
        }
        for session in std::mem::take(&mut self.closing) {
            self.put(session, Slot::Close, conns);
        }
    }

    fn resolve(&mut self, session: SessionId, conns: &mut Conns) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let first = seat.slots.pop_front();
        assert!(matches!(first, Some(Slot::Ledger)), "the ledger answers what it was asked");
        while !matches!(seat.slots.front(), Some(Slot::Ledger) | None) {
            if let Some(slot) = seat.slots.pop_front() {
                seat.asked &= !matches!(slot, Slot::Release);
                act(session, slot, conns);
            }
        }
        if seat.slots.is_empty() && std::mem::take(&mut seat.changing) && seat.asked {
            self.proceed(session, conns);
        }
    }
}

fn prove(proof: &Proof, salts: [u8; auth::SALT_BYTES]) -> Proven {
    let cost = Cost::least();
    match proof {
        Proof::Check { verifier, password } if auth::check(verifier.as_ref(), password.expose(), &cost) => {
            Proven::Right
        }
        Proof::Check { .. } => Proven::Wrong,
        Proof::Derive(password) => match auth::prepare(password.expose()) {
            Err(BadPassword::TooShort(least)) => Proven::Unfit(Unfit::TooShort(least)),
            Err(BadPassword::TooLong(most)) => Proven::Unfit(Unfit::TooLong(most)),
            Err(BadPassword::Refused) => Proven::Unfit(Unfit::Refused),
            Ok(password) => auth::derive(&password, salts, &cost).map_or(Proven::Busy, Proven::Derived),
        },
    }
}

fn act(session: SessionId, slot: Slot, conns: &mut Conns) {
    let Some(conn) = conns.of.get_mut(&session) else { return };
    match slot {
        Slot::Ledger => {}
        Slot::Tell(after, bytes) => {
            if let Some(record) = conns.records.get_mut(&session).filter(|_| !bytes.is_empty()) {
                record.answered(after, &bytes);
            }
            conn.outbox.answer(after, bytes);
        }
        Slot::Show => conn.outbox.release(),
        Slot::Release => conn.asking = false,
        Slot::Close => conn.closing = true,
    }
}

fn style(session: SessionId, conns: &Conns) -> Style {
    conns.of.get(&session).map(|conn| conn.outbox.style()).unwrap_or_default()
}

fn restyle(session: SessionId, conns: &mut Conns, change: impl FnOnce(&mut Style)) {
    if let Some(conn) = conns.of.get_mut(&session) {
        let mut style = conn.outbox.style();
        change(&mut style);
        conn.outbox.set_style(style);
    }
}
