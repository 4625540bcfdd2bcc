//! The loop that owns the hall. It takes what clients ask, has the ledger number what is to happen, applies what comes
//! back, and wakes whom it concerns. It waits for nobody but the ledger's and the clients' next word.
//!
//! Each session has at most one batch of commands under way, and gets the answers to it in the order of its commands,
//! although some of them wait for the ledger: a [`Slot`] keeps each answer's place.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use auth::{Exchange, Failure, MECHANISMS, Mechanism, Step};
use gate::Bar;
use hall::{
    Beginning, Command, Effect, Entry, Event, Hall, LogId, Nick, Origin, Proposal, Proven, Query, Refusal, Reply,
    RoomName, Seq, SessionId, Span, Time,
};
use ipnet::IpNet;
use tokio::sync::mpsc;
use wire::lines::{self, Asked, Auth, Said, Style};

use crate::conn::Conn;
use crate::fanout::Audience;
use crate::ledgerer::{Outcome, now};
use crate::shared::Shared;

/// Inputs that wait for the loop; whoever has another one waits.
const INPUTS: usize = 1_024;
/// Inputs taken before what they propose goes to the ledger.
const INPUTS_AT_ONCE: usize = 256;
/// What an entry of an answer counts for beside its text: its time, its room, its author.
const ENTRY_SHARE_BYTES: usize = 128;
/// How often it is looked at who has waited too long to be let in.
const TICK: Duration = Duration::from_secs(1);
/// Where everybody starts.
const LOBBY: &str = "#lobby";

/// What the loop is told.
#[derive(Debug)]
pub(crate) enum Input {
    /// A client has come from there, and waits to be greeted or does not. It came when this entry had just been applied.
    Arrive(Arc<Conn>, Box<Origin>, bool, Seq),
    /// What came of work with a password.
    Proved(SessionId, Proven),
    /// What a client asks. It asks nothing more before its connection is released.
    Batch(SessionId, Vec<Asked>),
    /// A client whose batch waits for it to take its answers has taken them.
    Proceed(SessionId),
    /// A client has gone.
    Leave(SessionId),
    /// The settings are others.
    Reload,
    /// The server stops.
    Stop,
}

/// A channel for inputs.
pub(crate) fn inputs() -> (mpsc::Sender<Input>, mpsc::Receiver<Input>) {
    mpsc::channel(INPUTS)
}

/// The loop.
#[derive(Debug)]
pub(crate) struct Hub {
    shared: Arc<Shared>,
    hall: Hall,
    inputs: mpsc::Receiver<Input>,
    outcomes: mpsc::Receiver<Outcome>,
    seats: HashMap<SessionId, Seat>,
    audiences: HashMap<LogId, Audience>,
    /// Exchanges that are to prove whose an account is, one a session at most.
    exchanges: HashMap<SessionId, Box<Exchange>>,
    effects: Vec<Effect>,
    /// What is to be proposed to the ledger next, as one group.
    group: Vec<Proposal>,
    /// Who is to be closed when they have been told what an applied group tells them.
    closing: Vec<SessionId>,
    /// Whom an applied group answers, and the entry it answers.
    told: Vec<(SessionId, Seq, Vec<u8>)>,
    /// The logs that an applied group has let grow.
    grown: Vec<LogId>,
    /// Work with passwords that there was no place for: what is told of it.
    unproved: Vec<SessionId>,
    stopping: bool,
}

/// A session's place in the loop.
#[derive(Debug)]
struct Seat {
    conn: Arc<Conn>,
    /// Only while a batch is under way: an idle session holds no memory for it.
    busy: Option<Box<Busy>>,
}

/// A batch under way.
#[derive(Debug, Default)]
struct Busy {
    /// What is left of it.
    batch: VecDeque<Asked>,
    /// Whether the client waits to be released: it is also busy while it is told something that it did not ask for.
    asked: bool,
    /// Whether something is under way that what comes next has to wait for: the session will be elsewhere or called
    /// otherwise, or a long answer is on its way to it.
    changing: bool,
    slots: VecDeque<Slot>,
}

impl Busy {
    /// Whether what comes next takes back something that may still be on its way to the ledger, or makes somebody else of
    /// the one who said it.
    fn has_to_wait(&self) -> bool {
        let waits = match self.batch.front() {
            Some(Asked::Do(command)) => command.waits_for_all(),
            Some(Asked::Auth(_)) => true,
            _ => false,
        };
        waits && self.slots.iter().any(|slot| matches!(slot, Slot::Ledger))
    }
}

/// What a session's batch has come to, in order.
#[derive(Debug)]
enum Slot {
    /// The ledger is at work on a proposal or a question, or somebody on a password.
    Ledger,
    /// To be told when what is before it is done.
    Tell(Seq, Vec<u8>),
    /// It is shown again what it was held from.
    Show,
    /// The batch is done with.
    Release,
    /// The connection is to be closed.
    Close,
}

impl Hub {
    pub(crate) fn new(
        shared: Arc<Shared>,
        beginning: Beginning,
        inputs: mpsc::Receiver<Input>,
        outcomes: mpsc::Receiver<Outcome>,
    ) -> Self {
        let lobby = RoomName::new(LOBBY, usize::MAX).expect("the lobby's name is one");
        let limits = shared.settings.load().hall.clone();
        let mut this = Self {
            shared,
            hall: Hall::new(limits, lobby, beginning),
            inputs,
            outcomes,
            seats: HashMap::new(),
            audiences: HashMap::new(),
            exchanges: HashMap::new(),
            effects: Vec::new(),
            group: Vec::new(),
            told: Vec::new(),
            closing: Vec::new(),
            grown: Vec::new(),
            unproved: Vec::new(),
            stopping: false,
        };
        this.hall.set_policy(this.shared.settings.load().policy.clone());
        this.bar(this.hall.bars());
        this
    }

    /// Runs for as long as there is anybody to listen to.
    pub(crate) async fn run(mut self) {
        let mut inputs = Vec::new();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                Some(outcome) = self.outcomes.recv() => {
                    self.hall.set_now(now());
                    self.outcome(outcome);
                }
                // Nobody is woken for this while nobody waits to be let in.
                _ = ticks.tick(), if self.hall.has_somebody_at_door() => {
                    self.hall.set_now(now());
                    self.hall.expire(&mut self.effects);
                    self.run_effects();
                }
                count = self.inputs.recv_many(&mut inputs, INPUTS_AT_ONCE) => {
                    if count == 0 {
                        return;
                    }
                    self.hall.set_now(now());
                    for input in inputs.drain(..) {
                        self.input(input);
                    }
                }
            }
            for session in std::mem::take(&mut self.unproved) {
                self.proved(session, Proven::Busy);
            }
            if !self.group.is_empty() {
                self.shared.ledger.commit(std::mem::take(&mut self.group));
            }
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Arrive(conn, origin, greet, since) => self.arrive(conn, *origin, greet, since),
            Input::Batch(session, batch) => {
                if let Some(seat) = self.seats.get_mut(&session) {
                    let busy = seat.busy.get_or_insert_default();
                    (busy.batch, busy.asked) = (batch.into(), true);
                    self.proceed(session);
                }
            }
            Input::Proceed(session) => self.proceed(session),
            Input::Proved(session, proven) => self.proved(session, proven),
            Input::Leave(session) => {
                if let (Some(seat), Some(nick)) = (self.seats.get(&session), self.hall.nick_of(session)) {
                    tracing::info!(peer = %seat.conn.peer, session = session.0, %nick, "left");
                }
                // A hall that closes is left by everybody, and nobody is there to be told.
                if !self.stopping {
                    self.hall.leave(session, &mut self.effects);
                    self.run_effects();
                    self.forget(session);
                }
            }
            Input::Reload => {
                let settings = self.shared.settings.load();
                self.hall.set_limits(settings.hall.clone());
                self.hall.set_policy(settings.policy.clone());
            }
            Input::Stop => self.stop(),
        }
    }

    fn arrive(&mut self, conn: Arc<Conn>, origin: Origin, greet: bool, since: Seq) {
        let session = conn.session;
        let peer = conn.peer;
        self.seats.insert(session, Seat { conn, busy: None });
        self.hall.arrive(session, origin, greet, &mut self.effects);
        for effect in &mut self.effects {
            // It took a while to find out what the client speaks; what was said meanwhile is for it too.
            match effect {
                Effect::Follow(_, _, _, at, _) | Effect::Ask(_, Query::Replay { until: at, .. }) => {
                    *at = since.min(*at)
                }
                _ => {}
            }
        }
        self.run_effects();
        if let Some(nick) = self.hall.nick_of(session) {
            tracing::info!(%peer, session = session.0, %nick, "arrived");
        }
        if self.stopping {
            self.put(session, Slot::Close);
        }
    }

    /// Goes on with a session's batch, until it is done with or has to wait for the ledger: what comes after a change of
    /// room or name is asked in the new room, by the new name.
    fn proceed(&mut self, session: SessionId) {
        let reply_bytes = self.shared.settings.load().server.reply_bytes;
        while let Some(seat) = self.seats.get_mut(&session) {
            let Some(busy) = seat.busy.as_mut() else { return };
            // Whoever asks and does not listen is answered no further until they have listened.
            if busy.changing || seat.conn.stall_over(reply_bytes) {
                return;
            }
            if busy.has_to_wait() {
                busy.changing = true;
                return;
            }
            let Some(asked) = busy.batch.pop_front() else { break };
            self.asked(session, asked);
        }
        self.put(session, Slot::Release);
    }

    fn asked(&mut self, session: SessionId, asked: Asked) {
        let said = match asked {
            Asked::Do(command) => {
                let resumes = matches!(command, hall::Command::Resume { .. });
                if resumes {
                    // Its cursors move back: until it has been told so, it is shown nothing.
                    self.restyle(session, |style| style.numbered = true);
                    self.hold(session);
                }
                self.hall.handle(session, command, &mut self.effects);
                self.run_effects();
                if resumes {
                    self.put(session, Slot::Show);
                }
                return;
            }
            Asked::Help(topic) => Said::Help(topic),
            Asked::Auth(step) => return self.auth(session, step),
            Asked::Misuse(misuse) => Said::Misuse(misuse),
            Asked::Lang(lang) => {
                self.restyle(session, |style| style.lang = lang);
                Said::LangSet
            }
        };
        let bytes = said.lines(self.style(session), &self.shared.codec);
        self.put(session, Slot::Tell(self.hall.head(), bytes));
    }

    /// A step of an exchange that proves whose an account is.
    fn auth(&mut self, session: SessionId, asked: Auth) {
        let said = match self.auth_step(session, asked) {
            Ok(said) => said,
            Err(refusal) => {
                self.effects.push(Effect::Refuse(session, refusal, self.hall.head()));
                None
            }
        };
        self.run_effects();
        if let Some(said) = said {
            let bytes = said.lines(self.style(session), &self.shared.codec);
            self.put(session, Slot::Tell(self.hall.head(), bytes));
        }
    }

    fn auth_step(&mut self, session: SessionId, asked: Auth) -> Result<Option<Said>, Refusal> {
        self.hall.may_authenticate(session, &mut self.effects)?;
        if !self.seats.contains_key(&session) {
            return Ok(None);
        }
        let message = match asked {
            Auth::Abort => {
                self.exchanges.remove(&session);
                return Ok(Some(Said::AuthAborted));
            }
            Auth::Go(message) => message,
            Auth::Begin(name, first) => {
                let Some(mechanism) = Mechanism::from_name(&name) else {
                    return Ok(Some(Said::NoMechanism(MECHANISMS.map(Mechanism::name).to_vec())));
                };
                let exchange =
                    Exchange::start(mechanism, crate::random::bytes(), self.hall.secret(), &self.shared.cost);
                self.exchanges.insert(session, Box::new(exchange));
                // All mechanisms begin with a message of the client's.
                let Some(first) = first else { return Ok(Some(Said::Auth("+".to_owned()))) };
                first
            }
        };
        let hall = &self.hall;
        let nick_chars = self.shared.settings.load().hall.nick_chars;
        let called = |name: &str| Nick::new(name, nick_chars).ok();
        let mut exchange = self.exchanges.remove(&session);
        let step = auth::go_on(&mut exchange, message.expose(), |name| hall.verifier(&called(name)?).cloned());
        self.exchanges.extend(exchange.map(|exchange| (session, exchange)));
        let effects = &mut self.effects;
        match step {
            Step::Challenge(bytes) => return Ok(Some(Said::Auth(auth::encode_message(&bytes)))),
            Step::Password { account, password } => match called(&account) {
                Some(account) => {
                    self.hall.handle(session, Command::Login { account: Some(account), password }, effects)
                }
                None => self.hall.not_authenticated(session, effects),
            },
            Step::External { account } => {
                let account = account.as_deref().map(called);
                match account {
                    Some(None) => self.hall.not_authenticated(session, effects),
                    other => self.hall.handle(session, Command::LoginByCertificate(other.flatten()), effects),
                }
            }
            Step::Done { account, last } => {
                // The server's own proof comes before what follows from the client's.
                let said = Said::Auth(auth::encode_message(&last));
                let bytes = said.lines(self.style(session), &self.shared.codec);
                self.put(session, Slot::Tell(self.hall.head(), bytes));
                match called(&account) {
                    Some(account) => self.hall.authenticated(session, &account, &mut self.effects),
                    None => self.hall.not_authenticated(session, &mut self.effects),
                }
            }
            Step::Failed(Failure::Refused) => self.hall.not_authenticated(session, effects),
            Step::Failed(_) | Step::Lookup { .. } => return Ok(Some(Said::AuthFailed)),
        }
        Ok(None)
    }

    /// Somebody is done with a session's password.
    fn proved(&mut self, session: SessionId, proven: Proven) {
        self.hall.proved(session, proven, &mut self.effects);
        self.run_effects();
        self.resolve(session);
    }

    /// The gate keeps these networks out from now on.
    fn bar(&self, bars: Vec<(IpNet, Option<Time>)>) {
        let bar = |(network, until): (IpNet, Option<Time>)| Bar { network, until_ms: until.map(|time| time.0) };
        self.shared.admission.bar(bars.into_iter().map(bar).collect());
    }

    fn restyle(&mut self, session: SessionId, change: impl FnOnce(&mut Style)) {
        if let Some(seat) = self.seats.get(&session) {
            let mut outbox = seat.conn.outbox();
            let mut style = outbox.style();
            change(&mut style);
            outbox.set_style(style);
        }
    }

    fn hold(&self, session: SessionId) {
        if let Some(seat) = self.seats.get(&session) {
            seat.conn.outbox().hold();
        }
    }

    fn style(&self, session: SessionId) -> Style {
        self.seats.get(&session).map(|seat| seat.conn.outbox().style()).unwrap_or_default()
    }

    /// Takes what the ledger made of a group or a question.
    fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Committed(entries) => self.committed(&entries),
            Outcome::Failed(group, why) => {
                for proposal in &group {
                    self.hall.fail(proposal, why.clone(), &mut self.effects);
                    self.run_commit_effects();
                    self.tell_all();
                    self.resolve(proposal.author.session);
                }
            }
            Outcome::Answered(session, query, answer) => {
                let (style, codec) = (self.style(session), &self.shared.codec);
                let bytes = match answer {
                    Some(mut reply) => {
                        self.hall.sift(session, &mut reply);
                        self.shorten(&query, &mut reply);
                        lines::reply(&reply, style, codec)
                    }
                    None => lines::refusal(&Refusal::NotRead, style, codec),
                };
                let after = match query {
                    Query::Replay { until, .. } => until,
                    _ => self.hall.head(),
                };
                self.tell(session, after, bytes);
                if let Some(seat) = self.seats.get_mut(&session).filter(|_| query.holds()) {
                    seat.act(Slot::Show);
                }
                self.resolve(session);
            }
        }
    }

    /// Leaves of an answer as much as may wait for one client: the newest, or the first of what begins at a time.
    fn shorten(&self, query: &Query, reply: &mut Reply) {
        let mut left = self.shared.settings.load().server.reply_bytes;
        let mut fits = |entry: &Arc<Entry>| {
            let bytes = entry.text_bytes() + ENTRY_SHARE_BYTES;
            let fits = bytes <= left;
            left = left.saturating_sub(bytes);
            fits
        };
        match reply {
            Reply::Replay(entries) => {
                let kept = entries.iter().rev().take_while(|entry| fits(entry)).count();
                entries.drain(..entries.len() - kept);
            }
            Reply::History { entries, more } => {
                let all = entries.len();
                if matches!(query, Query::History { span: Span::Since(_), .. }) {
                    let kept = entries.iter().take_while(|entry| fits(entry)).count();
                    entries.truncate(kept);
                } else {
                    let kept = entries.iter().rev().take_while(|entry| fits(entry)).count();
                    entries.drain(..all - kept);
                }
                *more |= entries.len() < all;
            }
            Reply::Found { entries, .. } => {
                let kept = entries.iter().take_while(|entry| fits(entry)).count();
                entries.truncate(kept);
            }
            _ => {}
        }
    }

    fn committed(&mut self, entries: &[Arc<Entry>]) {
        self.hall.commit(entries, &mut self.effects);
        self.shared.set_head(self.hall.head());
        self.run_commit_effects();
        // They are in the order of the entries, as the entries are.
        let mut told = std::mem::take(&mut self.told).into_iter().peekable();
        for entry in entries {
            log_names(entry);
            // What an entry answers comes before what the same batch was told after it.
            while let Some((to, after, bytes)) = told.next_if(|(_, after, _)| *after <= entry.seq) {
                self.tell(to, after, bytes);
            }
            self.resolve(entry.author.session);
        }
        self.told = told.collect();
        self.tell_all();
    }

    /// Does what a command asked for: its answers take their place behind what the ledger is at work on.
    fn run_effects(&mut self) {
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Reply(session, reply, after) => {
                    let bytes = lines::reply(&reply, self.style(session), &self.shared.codec);
                    self.put(session, Slot::Tell(after, bytes));
                }
                Effect::Refuse(session, refusal, after) => {
                    let bytes = lines::refusal(&refusal, self.style(session), &self.shared.codec);
                    self.put(session, Slot::Tell(after, bytes));
                }
                effect => self.run_effect(effect),
            }
        }
        self.effects = effects;
    }

    /// Does what an entry brought about: its answers are kept until their place has come.
    fn run_commit_effects(&mut self) {
        let mut left = Vec::new();
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Reply(session, reply, after) => {
                    let bytes = lines::reply(&reply, self.style(session), &self.shared.codec);
                    self.told.push((session, after, bytes));
                }
                Effect::Refuse(session, refusal, after) => {
                    let bytes = lines::refusal(&refusal, self.style(session), &self.shared.codec);
                    self.told.push((session, after, bytes));
                }
                Effect::Unfollow(session, log, until) => {
                    // Its last entries are yet to come: it is still woken for them.
                    if let Some(seat) = self.seats.get(&session) {
                        seat.conn.outbox().unfollow(&log, until);
                    }
                    left.push((session, log));
                }
                Effect::Close(session) => self.closing.push(session),
                effect => self.run_effect(effect),
            }
        }
        self.effects = effects;
        // Only now that all logs have grown: who follows several is shown their entries in the order of the numbers.
        for log in self.grown.drain(..) {
            if let Some(audience) = self.audiences.get(&log) {
                audience.deliver();
            }
        }
        for (session, log) in left {
            self.stop_waking(session, &log);
        }
    }

    fn run_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Propose(proposal) => {
                let session = proposal.author.session;
                if let Some(seat) = self.seats.get_mut(&session) {
                    seat.busy.get_or_insert_default().changing |= !matches!(proposal.event, Event::Message(..));
                }
                self.put(session, Slot::Ledger);
                self.group.push(proposal);
            }
            Effect::Ask(session, query) => {
                let Some(seat) = self.seats.get_mut(&session) else { return };
                seat.busy.get_or_insert_default().changing = true;
                if query.holds() {
                    self.hold(session);
                }
                self.put(session, Slot::Ledger);
                // What was proposed before is to be found.
                if !self.group.is_empty() {
                    self.shared.ledger.commit(std::mem::take(&mut self.group));
                }
                self.shared.ledger.ask(session, query);
            }
            Effect::Grow(log, feed, block) => {
                feed.append(block, &self.shared.settings.load().hall);
                self.grown.push(log);
            }
            Effect::Follow(session, log, feed, at, second) => {
                if let Some(seat) = self.seats.get(&session) {
                    let more = seat.conn.outbox().follow(log.clone(), feed, at, second);
                    seat.conn.wake();
                    if more {
                        let audience = self.audiences.entry(log).or_default();
                        audience.add(Arc::clone(&seat.conn), &self.shared.deliverers);
                    }
                }
            }
            effect => self.run_rare_effect(effect),
        }
    }

    /// Does what does not happen with every message.
    fn run_rare_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Redact(log, feed, seq) => {
                feed.redact(seq);
                if let Some(audience) = self.audiences.get(&log) {
                    audience.each(|conn| conn.outbox().redact(&log, seq));
                }
            }
            Effect::Unfollow(session, log, until) => {
                if let Some(seat) = self.seats.get(&session) {
                    seat.conn.outbox().unfollow(&log, until);
                    seat.conn.wake();
                }
                self.stop_waking(session, &log);
            }
            Effect::Focus(session, room) => {
                if let Some(seat) = self.seats.get(&session) {
                    seat.conn.outbox().focus(room.as_ref());
                }
            }
            Effect::Close(session) => self.put(session, Slot::Close),
            Effect::Prove(session, proof) => {
                let Some(seat) = self.seats.get_mut(&session) else { return };
                seat.busy.get_or_insert_default().changing = true;
                let address = seat.conn.peer.ip();
                self.put(session, Slot::Ledger);
                if !self.shared.proofs.ask(session, address, proof, &self.shared.settings.load().server) {
                    self.unproved.push(session);
                }
            }
            Effect::Ignore(session, people) => {
                if let Some(seat) = self.seats.get(&session) {
                    seat.conn.outbox().ignore(people);
                }
            }
            Effect::Bars(bars) => self.bar(bars),
            Effect::Drain => self.shared.stop.notify_one(),
            Effect::Reply(..) | Effect::Refuse(..) => unreachable!("answers have a place of their own"),
            _ => unreachable!("what happens with every message was done"),
        }
    }

    fn stop_waking(&mut self, session: SessionId, log: &LogId) {
        if let Some(audience) = self.audiences.get_mut(log) {
            audience.remove(session);
            if audience.is_empty() {
                self.audiences.remove(log);
            }
        }
    }

    /// A session has gone: nothing is woken or told for it any more.
    fn forget(&mut self, session: SessionId) {
        self.exchanges.remove(&session);
        if let Some(seat) = self.seats.remove(&session) {
            let logs = seat.conn.outbox().finish();
            for log in logs {
                self.stop_waking(session, &log);
            }
        }
    }

    /// Gives a slot its place, and does it if it is its turn.
    fn put(&mut self, session: SessionId, slot: Slot) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let waits = seat.busy.as_ref().is_some_and(|busy| !busy.slots.is_empty());
        if waits || matches!(slot, Slot::Ledger) {
            seat.busy.get_or_insert_default().slots.push_back(slot);
        } else {
            seat.act(slot);
        }
    }

    /// Tells a session something, at once.
    fn tell(&mut self, session: SessionId, after: Seq, bytes: Vec<u8>) {
        if let Some(seat) = self.seats.get_mut(&session) {
            seat.act(Slot::Tell(after, bytes));
        }
    }

    fn tell_all(&mut self) {
        for (session, after, bytes) in std::mem::take(&mut self.told) {
            self.tell(session, after, bytes);
        }
        for session in std::mem::take(&mut self.closing) {
            self.put(session, Slot::Close);
        }
    }

    /// The ledger is done with what stands first in a session's slots: those behind it have their turn.
    fn resolve(&mut self, session: SessionId) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let Some(mut busy) = seat.busy.take() else { return };
        let first = busy.slots.pop_front();
        debug_assert!(matches!(first, Some(Slot::Ledger)), "the ledger answers what it was asked");
        while !matches!(busy.slots.front(), Some(Slot::Ledger) | None) {
            if let Some(slot) = busy.slots.pop_front() {
                seat.act(slot);
            }
        }
        let proceed = busy.slots.is_empty() && std::mem::take(&mut busy.changing);
        let proceed = proceed && busy.asked;
        if proceed || !busy.slots.is_empty() || !busy.batch.is_empty() {
            seat.busy = Some(busy);
        }
        if proceed {
            self.proceed(session);
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        let sessions: Vec<SessionId> = self.seats.keys().copied().collect();
        for session in sessions {
            let bytes = lines::reply(&Reply::Closing, self.style(session), &self.shared.codec);
            self.put(session, Slot::Tell(self.hall.head(), bytes));
            self.put(session, Slot::Close);
        }
    }
}

/// A guest's arrival is logged under a name that the hall gave: what they are called later leads back to it.
fn log_names(entry: &Entry) {
    let (session, nick) = (entry.author.session.0, &entry.author.nick);
    match &entry.event {
        Event::Join => tracing::info!(session, %nick, "joined"),
        Event::Nick(to) => tracing::info!(session, %nick, %to, "renamed"),
        _ => {}
    }
}

impl Seat {
    fn act(&mut self, slot: Slot) {
        match slot {
            Slot::Ledger => {}
            Slot::Tell(after, bytes) => {
                self.conn.outbox().answer(after, bytes);
                self.conn.wake();
            }
            Slot::Show => {
                self.conn.outbox().release();
                self.conn.wake();
            }
            Slot::Release => {
                self.busy = None;
                self.conn.release();
            }
            Slot::Close => self.conn.close(),
        }
    }
}
