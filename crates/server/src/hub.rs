//! The loop that owns the hall. It takes what clients ask, has the ledger number what is to happen, applies what comes
//! back, and wakes whom it concerns. It waits for nobody but the ledger's and the clients' next word.
//!
//! Each session has at most one batch of commands under way, and gets the answers to it in the order of its commands,
//! although some of them wait for the ledger: a [`Slot`] keeps each answer's place.

mod dialogs;
mod rename;
mod renewal;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use auth::Exchange;
use gate::Bar;
use hall::{
    Arrival, Beginning, Effect, Entry, Event, Hall, LogId, Origin, Proposal, Proven, Query, Refusal, Reply, RoomName,
    Seq, SessionId, Span, Time,
};
use ipnet::IpNet;
use tokio::sync::mpsc;
use wire::irc;
use wire::lines::Said;
use wire::{Asked, Codec, Dialog, Style};

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
    /// A client has come from there, in this way. It came when this entry had just been applied.
    Arrive(Arc<Conn>, Box<Origin>, Arrival, Seq),
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
    /// What answers are worded with: as what all share, with what the house says of itself now.
    codec: Codec,
    /// What clients of IRC may ask for.
    offer: irc::Offer,
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
    told: Vec<(SessionId, Seq, Word)>,
    /// Whom whatever is answered answers.
    asking: Option<SessionId>,
    /// The logs that an applied group has let grow, and whether by more than comings and goings.
    grown: Vec<(LogId, bool)>,
    /// Logs of rooms with many people that have grown by comings and goings, which are told together, and when.
    held_back: HashSet<LogId>,
    held_until: Option<tokio::time::Instant>,
    /// Work with passwords that there was no place for: what is told of it.
    unproved: Vec<SessionId>,
    /// Sessions for which more is to be asked, although they have asked for nothing.
    unasked: Vec<SessionId>,
    stopping: bool,
}

/// A session's place in the loop.
#[derive(Debug)]
struct Seat {
    conn: Arc<Conn>,
    /// Its side of the conversation.
    dialog: Dialog,
    /// Only while a batch is under way: an idle session holds no memory for it.
    busy: Option<Box<Busy>>,
}

/// Something that a session is told.
#[derive(Debug)]
enum Word {
    Reply(Reply),
    Refusal(Refusal),
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
            Some(Asked::Step(step)) => match &**step {
                irc::Step::Do(command) => command.waits_for_all(),
                irc::Step::Auth(_) => true,
                _ => false,
            },
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
        let settings = shared.settings.load_full();
        let codec = shared.codec.clone();
        let mut this = Self {
            shared,
            hall: Hall::new(settings.hall.clone(), lobby, beginning),
            offer: irc::Offer::new(&codec.house, &settings.wire, &settings.hall, settings.policy.registration),
            codec,
            inputs,
            outcomes,
            seats: HashMap::new(),
            audiences: HashMap::new(),
            exchanges: HashMap::new(),
            effects: Vec::new(),
            group: Vec::new(),
            told: Vec::new(),
            asking: None,
            closing: Vec::new(),
            grown: Vec::new(),
            held_back: HashSet::new(),
            held_until: None,
            unproved: Vec::new(),
            unasked: Vec::new(),
            stopping: false,
        };
        this.set_policy();
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
                () = until(self.held_until), if self.held_until.is_some() => self.tell_held_back(),
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
            for session in std::mem::take(&mut self.unasked) {
                if self.seats.get(&session).and_then(|seat| seat.busy.as_ref()).is_some_and(|busy| !busy.asked) {
                    self.proceed(session);
                }
            }
            if !self.group.is_empty() {
                self.shared.ledger.commit(std::mem::take(&mut self.group));
            }
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Arrive(conn, origin, how, since) => self.arrive(conn, *origin, how, since),
            Input::Batch(session, batch) => {
                if let Some(seat) = self.seats.get_mut(&session) {
                    let busy = seat.busy.get_or_insert_default();
                    busy.batch.extend(batch);
                    busy.asked = true;
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
            Input::Reload => self.reload(),
            Input::Stop => self.stop(),
        }
    }

    fn arrive(&mut self, conn: Arc<Conn>, origin: Origin, how: Arrival, since: Seq) {
        let session = conn.session;
        let peer = conn.peer;
        let style = conn.outbox().style();
        let dialog = if let Style::Irc(style) = style { Dialog::irc(style.lang) } else { Dialog::Lines };
        self.seats.insert(session, Seat { conn, dialog, busy: None });
        self.hall.arrive(session, origin, how, &mut self.effects);
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
            self.asking = Some(session);
            self.asked(session, asked);
            self.asking = None;
        }
        let Some(seat) = self.seats.get_mut(&session) else { return };
        match &mut seat.busy {
            Some(busy) if busy.asked => self.put(session, Slot::Release),
            Some(busy) if busy.slots.is_empty() => seat.busy = None,
            _ => {}
        }
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
            Asked::Irc(heard) => return self.heard(session, &heard),
            Asked::Step(step) => return self.step(session, *step),
            Asked::Misuse(misuse) => Said::Misuse(misuse),
            Asked::Lang(lang) => {
                self.restyle(session, |style| style.lang = lang);
                Said::LangSet
            }
        };
        self.say(session, &said);
    }

    /// Somebody is done with a session's password.
    fn proved(&mut self, session: SessionId, proven: Proven) {
        self.hall.proved(session, proven, &mut self.effects);
        self.asking = Some(session);
        self.run_effects();
        self.asking = None;
        self.resolve(session);
    }

    /// The gate keeps these networks out from now on.
    fn bar(&self, bars: Vec<(IpNet, Option<Time>)>) {
        let bar = |(network, until): (IpNet, Option<Time>)| Bar { network, until_ms: until.map(|time| time.0) };
        self.shared.admission.bar(bars.into_iter().map(bar).collect());
    }

    fn hold(&self, session: SessionId) {
        if let Some(seat) = self.seats.get(&session) {
            seat.conn.outbox().hold();
        }
    }

    /// Takes what the ledger made of a group or a question.
    fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Committed(entries) => self.committed(&entries),
            Outcome::Failed(group, why) => {
                for proposal in &group {
                    self.hall.fail(proposal, why.clone(), &mut self.effects);
                    self.run_commit_effects();
                    self.asking = Some(proposal.author.session);
                    self.tell_all();
                    self.asking = None;
                    self.resolve(proposal.author.session);
                }
            }
            Outcome::Answered(session, query, answer) => {
                let word = match answer {
                    Some(mut reply) => {
                        self.hall.sift(session, &query, &mut reply);
                        self.shorten(&query, &mut reply);
                        Word::Reply(reply)
                    }
                    None => Word::Refusal(Refusal::NotRead),
                };
                let after = match query {
                    Query::Replay { until, .. } => until,
                    _ => self.hall.head(),
                };
                let bytes = self.worded(session, &word, true);
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
                if matches!(query, Query::History { span: Span::Since(_) | Span::Between { newest: false, .. }, .. }) {
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
            let author = entry.author.session;
            self.asking = Some(author);
            while let Some((to, after, word)) = told.next_if(|(_, after, _)| *after < entry.seq) {
                self.tell_word(to, after, &word);
            }
            self.echo(entry);
            // What an entry answers comes before what the same batch was told after it.
            while let Some((to, after, word)) = told.next_if(|(_, after, _)| *after <= entry.seq) {
                self.tell_word(to, after, &word);
            }
            self.asking = None;
            self.resolve(author);
        }
        self.told = told.collect();
        self.tell_all();
    }

    /// Does what a command asked for: its answers take their place behind what the ledger is at work on.
    fn run_effects(&mut self) {
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain(..) {
            match effect {
                Effect::Reply(session, reply, after) => self.put_word(session, after, &Word::Reply(reply)),
                Effect::Refuse(session, refusal, after) => self.put_word(session, after, &Word::Refusal(refusal)),
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
                Effect::Reply(session, reply, after) => self.told.push((session, after, Word::Reply(reply))),
                Effect::Refuse(session, refusal, after) => self.told.push((session, after, Word::Refusal(refusal))),
                Effect::Unfollow(session, log, until) => {
                    // Its last entries are yet to come: it is still woken for them.
                    if let Some(seat) = self.seats.get(&session) {
                        seat.conn.outbox().unfollow(&log, until);
                    }
                    left.push((session, log));
                }
                Effect::Rename(renamed) => {
                    for (_, log) in &mut left {
                        *log = renamed.log(log).unwrap_or_else(|| log.clone());
                    }
                    self.rename(&renamed);
                }
                Effect::Close(session) => self.closing.push(session),
                effect => self.run_effect(effect),
            }
        }
        self.effects = effects;
        // Only now that all logs have grown: who follows several is shown their entries in the order of the numbers.
        for (log, prompt) in std::mem::take(&mut self.grown) {
            self.deliver(log, prompt);
        }
        for (session, log) in left {
            self.stop_waking(session, &log);
        }
    }

    /// Has those who follow a log written what it has grown by. That people come and go is told to many together, a little
    /// later or with the next message: otherwise a crowd that comes costs as many writes as it has pairs.
    fn deliver(&mut self, log: LogId, prompt: bool) {
        let Some(audience) = self.audiences.get(&log) else { return };
        let limits = &self.shared.settings.load().server;
        if prompt || limits.announcements_ms == 0 || audience.len() < limits.prompt_people {
            self.held_back.remove(&log);
            audience.deliver();
            return;
        }
        let time = Duration::from_millis(limits.announcements_ms);
        self.held_until.get_or_insert_with(|| tokio::time::Instant::now() + time);
        self.held_back.insert(log);
    }

    /// What was held back is told now.
    fn tell_held_back(&mut self) {
        self.held_until = None;
        for log in self.held_back.drain() {
            if let Some(audience) = self.audiences.get(&log) {
                audience.deliver();
            }
        }
    }

    fn run_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Propose(proposal) => {
                let session = proposal.author.session;
                if let Some(seat) = self.seats.get_mut(&session) {
                    let alone = !matches!(proposal.event, Event::Message(..)) || seat.dialog.is_gathering();
                    seat.busy.get_or_insert_default().changing |= alone;
                }
                self.put(session, Slot::Ledger);
                self.group.push(proposal);
            }
            Effect::Ask(session, query) => {
                let Some(seat) = self.seats.get_mut(&session).filter(|seat| seat.dialog.wants(&query)) else { return };
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
                let prompt = block.entries().iter().any(|entry| !is_announcement(&entry.event));
                feed.append(block, &self.shared.settings.load().hall);
                self.grown.push((log, prompt));
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
            Effect::Called(session, renamed) => {
                if let Some(seat) = self.seats.get(&session) {
                    seat.conn.outbox().called(&renamed);
                }
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
                let address = self.hall.origin(session).map_or(seat.conn.peer.ip(), |origin| origin.address);
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
            Effect::Reload => self.shared.reload.notify_one(),
            Effect::Signal(session, log, author, tags) => self.signal(session, &log, &author, &tags),
            Effect::Reply(..) | Effect::Refuse(..) => unreachable!("answers have a place of their own"),
            Effect::Rename(_) => unreachable!("only an entry renames a room"),
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
        for (session, after, word) in std::mem::take(&mut self.told) {
            self.tell_word(session, after, &word);
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
        let proceed = proceed && (busy.asked || !busy.batch.is_empty());
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
            self.put_word(session, self.hall.head(), &Word::Reply(Reply::Closing));
            self.put(session, Slot::Close);
        }
    }
}

/// Waits for a moment, if there is one to wait for.
async fn until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Whether it says no more than that somebody comes, goes, or is otherwise than before.
fn is_announcement(event: &Event) -> bool {
    matches!(
        event,
        Event::Join(_) | Event::Part(_) | Event::Quit(_) | Event::Nick(_) | Event::Away(_) | Event::Guise(..)
    )
}

/// A guest's arrival is logged under a name that the hall gave: what they are called later leads back to it.
fn log_names(entry: &Entry) {
    let (session, nick) = (entry.author.session.0, &entry.author.nick);
    match &entry.event {
        Event::Join(_) => tracing::info!(session, %nick, "joined"),
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
