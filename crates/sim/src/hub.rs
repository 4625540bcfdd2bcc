//! The loop that owns the hall, without tasks: it does with the hall's effects what the server's loop does with them.
//!
//! The server cannot be imported here, so the order of things is written once more, as briefly as it can be: each session
//! has one batch under way, each answer keeps its place behind what the ledger is at work on, and what comes after a
//! change of room or name waits for that change. Whatever a session is given is noted for the checks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use auth::{BadPassword, Cost, Exchange, Failure, MECHANISMS, Mechanism, Step};
use hall::{
    Arrival, Beginning, Command, Effect, Entry, Event, Feed, Hall, LogId, Nick, Origin, Policy, Proof, Proposal,
    Proven, Query, Refusal, Renamed, Reply, RoomName, Seq, SessionId, Time, Unfit,
};
use wire::irc::{self, Around, House};
use wire::lines::{self, Said};
use wire::{Asked, Auth, Codec, Dialog, Style};

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

/// Something that a session is told.
#[derive(Debug)]
enum Word {
    Reply(Reply),
    Refusal(Refusal),
}

#[derive(Debug, Default)]
struct Seat {
    batch: VecDeque<Asked>,
    /// Whether the client waits to be released.
    asked: bool,
    changing: bool,
    slots: VecDeque<Slot>,
    dialog: Dialog,
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
    /// What clients of IRC may ask for.
    offer: irc::Offer,
    seats: BTreeMap<SessionId, Seat>,
    effects: Vec<Effect>,
    group: Vec<Proposal>,
    told: Vec<(SessionId, Seq, Word)>,
    /// Whom whatever is answered answers.
    asking: Option<SessionId>,
    /// What time it is.
    now: Time,
    wire: wire::Limits,
    closing: Vec<SessionId>,
    /// What came of work with passwords, which takes no time here.
    proven: VecDeque<(SessionId, Proven)>,
    /// Sessions for which more is to be asked, although they have asked for nothing.
    unasked: Vec<SessionId>,
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
            offer: irc::Offer::new(&codec.house, &wire::Limits::default(), &limits, true),
            limits,
            codec,
            seats: BTreeMap::new(),
            effects: Vec::new(),
            group: Vec::new(),
            told: Vec::new(),
            asking: None,
            now: Time::default(),
            wire: wire::Limits::default(),
            closing: Vec::new(),
            proven: VecDeque::new(),
            unasked: Vec::new(),
            drawn: 0,
            requests: Vec::new(),
            feeds: BTreeMap::new(),
        }
    }

    pub(crate) fn arrive(&mut self, session: SessionId, origin: Origin, how: Arrival, conns: &mut Conns) {
        let dialog = match style(session, conns) {
            Style::Lines(_) => Dialog::Lines,
            Style::Irc(style) => Dialog::irc(style.lang),
        };
        self.seats.insert(session, Seat { dialog, ..Seat::default() });
        self.hall.arrive(session, origin, how, &mut self.effects);
        self.run_effects(conns);
        self.flush(conns);
    }

    pub(crate) fn batch(&mut self, session: SessionId, batch: Vec<Asked>, conns: &mut Conns) {
        if let Some(seat) = self.seats.get_mut(&session) {
            seat.batch.extend(batch);
            seat.asked = true;
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
                    self.asking = Some(proposal.author.session);
                    self.tell_all(conns);
                    self.asking = None;
                    self.resolve(proposal.author.session, conns);
                }
            }
            Outcome::Answered(session, query, answer) => {
                let word = match answer {
                    Some(mut reply) => {
                        self.hall.sift(session, &query, &mut reply);
                        Word::Reply(reply)
                    }
                    None => Word::Refusal(Refusal::NotRead),
                };
                let after = match query {
                    Query::Replay { until, .. } => until,
                    _ => self.hall.head(),
                };
                let bytes = self.worded(session, &word, true, conns);
                self.tell(session, after, bytes, conns);
                if let Some(conn) = conns.of.get_mut(&session).filter(|_| query.holds()) {
                    conn.outbox.release();
                }
                self.resolve(session, conns);
            }
        }
        self.go_on(conns);
        self.flush(conns);
    }

    /// It is this time now, and so long may what is sent be.
    pub(crate) fn set_now(&mut self, now: Time) {
        self.now = now;
        self.hall.set_now(now);
    }

    /// These are the limits of the dialects, before anybody is there.
    pub(crate) fn set_wire(&mut self, wire: wire::Limits) {
        self.offer = irc::Offer::new(&self.codec.house, &wire, &self.limits, true);
        self.wire = wire;
    }

    /// The settings are others: clients are told what they may ask for that is otherwise than before.
    pub(crate) fn reload(&mut self, policy: Policy, wire: wire::Limits, house: House, conns: &mut Conns) {
        let offer = irc::Offer::new(&house, &wire, &self.limits, policy.registration);
        self.hall.set_policy(policy);
        self.codec.house = Arc::new(house);
        self.wire = wire;
        let news = irc::News::between(&self.offer, &offer);
        self.offer = offer;
        let Some(news) = news else { return };
        for session in self.seats.keys().copied().collect::<Vec<_>>() {
            let told = self.with_dialog(session, conns, |dialog, _, around| {
                dialog.as_irc().map(|client| (client.notify(&news, around), client.style()))
            });
            let Some((bytes, style)) = told.flatten() else { continue };
            if let Some(conn) = conns.of.get_mut(&session) {
                conn.outbox.set_style(Style::Irc(style));
            }
            self.put(session, Slot::Tell(self.hall.head(), bytes), conns);
        }
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.is_empty() && self.seats.values().all(|s| s.slots.is_empty() && s.batch.is_empty())
    }

    /// Does what takes no time, and hands over what the ledger is to number.
    fn flush(&mut self, conns: &mut Conns) {
        while let Some((session, proven)) = self.proven.pop_front() {
            self.hall.proved(session, proven, &mut self.effects);
            self.asking = Some(session);
            self.run_effects(conns);
            self.asking = None;
            if self.seats.contains_key(&session) {
                self.resolve(session, conns);
            }
        }
        self.go_on(conns);
        self.hand_over();
    }

    /// Asks what is to be asked for those who have asked for nothing.
    fn go_on(&mut self, conns: &mut Conns) {
        for session in std::mem::take(&mut self.unasked) {
            if self.seats.get(&session).is_some_and(|seat| !seat.asked) {
                self.proceed(session, conns);
            }
        }
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
                Some(Asked::Step(step)) => match &**step {
                    irc::Step::Do(command) => command.waits_for_all(),
                    irc::Step::Auth(_) => true,
                    _ => false,
                },
                _ => false,
            };
            if waits && seat.slots.iter().any(|slot| matches!(slot, Slot::Ledger)) {
                seat.changing = true;
                return;
            }
            let Some(asked) = seat.batch.pop_front() else { break };
            self.asking = Some(session);
            self.asked(session, asked, conns);
            self.asking = None;
        }
        if self.seats.get(&session).is_some_and(|seat| seat.asked) {
            self.put(session, Slot::Release, conns);
        }
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
            Asked::Irc(heard) => return self.heard(session, &heard, conns),
            Asked::Step(step) => return self.step(session, *step, conns),
            Asked::Misuse(misuse) => Said::Misuse(misuse),
            Asked::Lang(lang) => {
                restyle(session, conns, |style| style.lang = lang);
                Said::LangSet
            }
        };
        self.say(session, &said, conns);
    }

    fn heard(&mut self, session: SessionId, heard: &irc::Heard, conns: &mut Conns) {
        if self.hall.me(session).is_some_and(|me| !me.inside) && self.hall.knocks(session, &mut self.effects) {
            return self.run_effects(conns);
        }
        let steps = self.with_dialog(session, conns, |dialog, _, around| {
            dialog.as_irc().map(|client| client.hear(heard, around)).unwrap_or_default()
        });
        let Some(seat) = self.seats.get_mut(&session) else { return };
        for step in steps.unwrap_or_default().into_iter().rev() {
            seat.batch.push_front(Asked::Step(Box::new(step)));
        }
    }

    fn step(&mut self, session: SessionId, step: irc::Step, conns: &mut Conns) {
        match step {
            irc::Step::Do(command) => {
                self.hall.handle(session, command, &mut self.effects);
                self.run_effects(conns);
            }
            irc::Step::Tell(bytes) => {
                let bytes = self.gather(session, bytes);
                self.put(session, Slot::Tell(self.hall.head(), bytes), conns);
            }
            irc::Step::Auth(step) => self.auth(session, step, conns),
            irc::Step::About(about) => {
                if let Some(client) = self.seats.get_mut(&session).and_then(|seat| seat.dialog.as_irc()) {
                    client.ask_about(about);
                }
            }
            irc::Step::Restyle => {
                let client = self.seats.get_mut(&session).and_then(|seat| seat.dialog.as_irc());
                if let (Some(client), Some(conn)) = (client, conns.of.get_mut(&session)) {
                    conn.outbox.set_style(Style::Irc(client.style()));
                }
            }
            irc::Step::Enter => {
                let client = self.seats.get_mut(&session).and_then(|seat| seat.dialog.as_irc());
                if client.is_some_and(|client| client.may_enter()) {
                    self.hall.handle(session, Command::Enter, &mut self.effects);
                    self.run_effects(conns);
                }
            }
            irc::Step::Done => {
                let bytes = self.with_dialog(session, conns, |dialog, _, around| {
                    dialog.as_irc().map(|client| client.release(around)).unwrap_or_default()
                });
                self.put(session, Slot::Tell(self.hall.head(), bytes.unwrap_or_default()), conns);
            }
        }
    }

    fn with_dialog<T>(
        &mut self,
        session: SessionId,
        conns: &Conns,
        with: impl FnOnce(&mut Dialog, Style, &Around<'_>) -> T,
    ) -> Option<T> {
        let seat = self.seats.get_mut(&session)?;
        let me = self.hall.me(session)?;
        let around = Around {
            codec: &self.codec,
            hall: &self.limits,
            wire: &self.wire,
            me: &me,
            now: self.now,
            secure: self.hall.origin(session).is_some_and(|origin| origin.secure),
            offer: &self.offer,
            lang: wire::Lang::En,
        };
        Some(with(&mut seat.dialog, style(session, conns), &around))
    }

    fn worded(&mut self, session: SessionId, word: &Word, answers: bool, conns: &Conns) -> Vec<u8> {
        let bytes = self.worded_whole(session, word, true, conns);
        if answers { self.gather(session, bytes) } else { bytes }
    }

    fn worded_whole(&mut self, session: SessionId, word: &Word, first: bool, conns: &Conns) -> Vec<u8> {
        let told = self.with_dialog(session, conns, |dialog, style, around| match word {
            Word::Reply(reply) => dialog.reply(reply, style, around),
            Word::Refusal(refusal) => wire::Told { bytes: dialog.refusal(refusal, style, around), then: None },
        });
        let wire::Told { mut bytes, then } = told.unwrap_or_default();
        let Some(then) = then else { return bytes };
        if !first {
            if let Some(seat) = self.seats.get_mut(&session) {
                seat.batch.push_front(Asked::Step(Box::new(irc::Step::Do(then))));
                // Who has asked for nothing is gone on with all the same.
                if !seat.asked {
                    self.unasked.push(session);
                }
            }
            return bytes;
        }
        let mut effects = Vec::new();
        self.hall.handle(session, then, &mut effects);
        for effect in effects {
            if let Effect::Reply(_, reply, _) = effect {
                bytes.extend(self.worded_whole(session, &Word::Reply(reply), false, conns));
            }
        }
        bytes
    }

    fn gather(&mut self, session: SessionId, bytes: Vec<u8>) -> Vec<u8> {
        match self.seats.get_mut(&session).and_then(|seat| seat.dialog.as_irc()) {
            Some(client) => client.gather(bytes),
            None => bytes,
        }
    }

    fn say(&mut self, session: SessionId, said: &Said, conns: &mut Conns) {
        let bytes = self.with_dialog(session, conns, |dialog, style, around| dialog.said(said, style, around));
        let bytes = self.gather(session, bytes.unwrap_or_default());
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
            self.say(session, &said, conns);
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
            Step::Password { account, password } => match called(&account) {
                Some(account) => hall.handle(session, Command::Login { account: Some(account), password }, effects),
                None => hall.not_authenticated(session, effects),
            },
            Step::External { account } => match account.as_deref().map(called) {
                Some(None) => hall.not_authenticated(session, effects),
                other => hall.handle(session, Command::LoginByCertificate(other.flatten()), effects),
            },
            Step::Done { account, last } => {
                self.say(session, &Said::Auth(auth::encode_message(&last)), conns);
                match called(&account) {
                    Some(account) => self.hall.authenticated(session, &account, &mut self.effects),
                    None => self.hall.not_authenticated(session, &mut self.effects),
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
                if let Event::Rename { from, to, .. } = &entry.event {
                    record.renamed(&Renamed { seq: entry.seq, from: from.clone(), to: to.clone() });
                }
                record.entry_applied(entry);
            }
        }
        self.hall.commit(entries, &mut self.effects);
        self.run_commit_effects(conns);
        // They are in the order of the entries, as the entries are.
        let mut told = std::mem::take(&mut self.told).into_iter().peekable();
        for entry in entries {
            let session = entry.author.session;
            self.asking = Some(session);
            while let Some((to, after, word)) = told.next_if(|(_, after, _)| *after < entry.seq) {
                self.tell_word(to, after, &word, conns);
            }
            self.echo(entry, conns);
            // What an entry answers comes before what the same batch was told after it.
            while let Some((to, after, word)) = told.next_if(|(_, after, _)| *after <= entry.seq) {
                self.tell_word(to, after, &word, conns);
            }
            self.asking = None;
            self.resolve(session, conns);
        }
        self.told = told.collect();
        self.tell_all(conns);
    }

    fn echo(&mut self, entry: &Arc<Entry>, conns: &mut Conns) {
        let session = entry.author.session;
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let bytes = seat.dialog.echo(entry, &self.codec);
        if !bytes.is_empty() {
            let bytes = self.gather(session, bytes);
            self.tell(session, entry.seq, bytes, conns);
        }
    }

    fn tell_word(&mut self, session: SessionId, after: Seq, word: &Word, conns: &mut Conns) {
        let bytes = self.worded(session, word, self.asking == Some(session), conns);
        self.tell(session, after, bytes, conns);
    }

    fn run_effects(&mut self, conns: &mut Conns) {
        for effect in std::mem::take(&mut self.effects) {
            let (session, word, after) = match effect {
                Effect::Reply(session, reply, after) => (session, Word::Reply(reply), after),
                Effect::Refuse(session, refusal, after) => (session, Word::Refusal(refusal), after),
                effect => {
                    self.run_effect(effect, conns);
                    continue;
                }
            };
            let bytes = self.worded(session, &word, self.asking == Some(session), conns);
            self.put(session, Slot::Tell(after, bytes), conns);
        }
    }

    fn run_commit_effects(&mut self, conns: &mut Conns) {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Reply(session, reply, after) => self.told.push((session, after, Word::Reply(reply))),
                Effect::Refuse(session, refusal, after) => self.told.push((session, after, Word::Refusal(refusal))),
                Effect::Close(session) => self.closing.push(session),
                effect => self.run_effect(effect, conns),
            }
        }
    }

    fn run_effect(&mut self, effect: Effect, conns: &mut Conns) {
        match effect {
            Effect::Propose(proposal) => {
                let session = proposal.author.session;
                if let Some(seat) = self.seats.get_mut(&session) {
                    seat.changing |= !matches!(proposal.event, Event::Message(..)) || seat.dialog.is_gathering();
                }
                self.put(session, Slot::Ledger, conns);
                self.group.push(proposal);
            }
            Effect::Ask(session, query) => {
                if self.seats.get(&session).is_none_or(|seat| !seat.dialog.wants(&query)) {
                    return;
                }
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
            Effect::Rename(renamed) => self.rename(&renamed, conns),
            Effect::Called(session, renamed) => {
                if let Some(conn) = conns.of.get_mut(&session) {
                    conn.outbox.called(&renamed);
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
            Effect::Bars(_) | Effect::Drain | Effect::Reload => {}
            Effect::Signal(session, log, author, tags) => {
                for (other, conn) in conns.of.iter_mut().filter(|(other, _)| **other != session) {
                    let Style::Irc(style) = conn.outbox.style() else { continue };
                    let me = self.hall.me(*other).map(|me| me.nick);
                    let target = match &log {
                        LogId::Room(room) => Some(room.as_str()),
                        LogId::Operators(_) => None,
                        LogId::Direct(..) => me.as_ref().filter(|me| **me != author.nick).map(Nick::as_str),
                    };
                    let told = conn.outbox.logs().contains(&log) && !conn.outbox.ignores(author.person);
                    if let Some(target) = target.filter(|_| told) {
                        conn.outbox.answer(Seq(0), irc::signal(&author, target, &tags, self.now, style));
                    }
                }
            }
            Effect::Reply(..) | Effect::Refuse(..) => unreachable!("answers have a place of their own"),
            _ => unreachable!("what happens with every message was done"),
        }
    }

    fn rename(&mut self, renamed: &Renamed, conns: &mut Conns) {
        conns.of.values_mut().for_each(|conn| conn.outbox.rename(renamed));
        for old in [LogId::Room(renamed.from.clone()), LogId::Operators(renamed.from.clone())] {
            let Some(new) = renamed.log(&old) else { continue };
            if let Some(feed) = self.feeds.remove(&old) {
                self.feeds.insert(new, feed);
            }
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
        for (session, after, word) in std::mem::take(&mut self.told) {
            self.tell_word(session, after, &word, conns);
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
        if seat.slots.is_empty() && std::mem::take(&mut seat.changing) && (seat.asked || !seat.batch.is_empty()) {
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

fn restyle(session: SessionId, conns: &mut Conns, change: impl FnOnce(&mut lines::Style)) {
    if let Some(conn) = conns.of.get_mut(&session)
        && let Style::Lines(mut style) = conn.outbox.style()
    {
        change(&mut style);
        conn.outbox.set_style(Style::Lines(style));
    }
}
