//! What clients say that is not of the hall alone, and what they are told, in the words of their dialect.
//!
//! A client of IRC comes to the hall step by step ([`irc::Step`]), and what it is answered may be gathered, and told as one.

use std::sync::Arc;

use auth::{Exchange, Failure, MECHANISMS, Mechanism, Step};
use hall::{Author, Command, Effect, Entry, LogId, Nick, Refusal, Seq, SessionId};
use wire::irc::{self, Around};
use wire::lines::{self, Said};
use wire::{Asked, Auth, Dialog, Style};

use super::{Hub, Slot, Word};
use crate::ledgerer::now;

impl Hub {
    /// A message of IRC: what it comes to is taken step by step, before anything else of the batch.
    pub(super) fn heard(&mut self, session: SessionId, heard: &irc::Heard) {
        if self.hall.me(session).is_some_and(|me| !me.inside) && self.hall.knocks(session, &mut self.effects) {
            return self.run_effects();
        }
        let steps = self.with_dialog(session, |dialog, _, around| {
            dialog.as_irc().map(|client| client.hear(heard, around)).unwrap_or_default()
        });
        let Some(busy) = self.seats.get_mut(&session).and_then(|seat| seat.busy.as_mut()) else { return };
        for step in steps.unwrap_or_default().into_iter().rev() {
            busy.batch.push_front(Asked::Step(Box::new(step)));
        }
    }

    pub(super) fn step(&mut self, session: SessionId, step: irc::Step) {
        match step {
            irc::Step::Do(command) => {
                self.hall.handle(session, command, &mut self.effects);
                self.run_effects();
            }
            irc::Step::Tell(bytes) => {
                let bytes = self.gather(session, bytes);
                self.put(session, Slot::Tell(self.hall.head(), bytes));
            }
            irc::Step::Auth(step) => self.auth(session, step),
            irc::Step::About(about) => {
                if let Some(client) = self.seats.get_mut(&session).and_then(|seat| seat.dialog.as_irc()) {
                    client.ask_about(about);
                }
            }
            irc::Step::Restyle => {
                let Some(seat) = self.seats.get_mut(&session) else { return };
                if let Some(client) = seat.dialog.as_irc() {
                    seat.conn.outbox().set_style(Style::Irc(client.style()));
                }
            }
            irc::Step::Enter => {
                let seat = self.seats.get_mut(&session);
                if seat.and_then(|seat| seat.dialog.as_irc()).is_some_and(|client| client.may_enter()) {
                    self.hall.handle(session, Command::Enter, &mut self.effects);
                    self.run_effects();
                }
            }
            irc::Step::Done => {
                let bytes = self.with_dialog(session, |dialog, _, around| {
                    dialog.as_irc().map(|client| client.release(around)).unwrap_or_default()
                });
                self.put(session, Slot::Tell(self.hall.head(), bytes.unwrap_or_default()));
            }
        }
    }

    /// Does something with a session's side of the conversation. None when it has gone.
    pub(super) fn with_dialog<T>(
        &mut self,
        session: SessionId,
        with: impl FnOnce(&mut Dialog, Style, &Around<'_>) -> T,
    ) -> Option<T> {
        let seat = self.seats.get_mut(&session)?;
        let settings = self.shared.settings.load();
        let me = self.hall.me(session)?;
        let around = Around {
            codec: &self.codec,
            hall: &settings.hall,
            wire: &settings.wire,
            me: &me,
            now: now(),
            secure: self.hall.origin(session).is_some_and(|origin| origin.secure),
            offer: &self.offer,
            lang: settings.language,
        };
        let style = seat.conn.outbox().style();
        Some(with(&mut seat.dialog, style, &around))
    }

    /// What a session is told, in its words. What it asks for next to complete an answer comes before everything else.
    pub(super) fn worded(&mut self, session: SessionId, word: &Word, answers: bool) -> Vec<u8> {
        let Some(seat) = self.seats.get(&session) else { return Vec::new() };
        if matches!(seat.dialog, Dialog::Lines) {
            let style = seat.conn.outbox().style().as_lines();
            return match word {
                Word::Reply(reply) => lines::reply(reply, style, &self.shared.codec),
                Word::Refusal(refusal) => lines::refusal(refusal, style, &self.shared.codec),
            };
        }
        let bytes = self.worded_whole(session, word, true);
        if answers { self.gather(session, bytes) } else { bytes }
    }

    /// An answer with what completes it: the first part of that at once, so that it stands before whatever comes next, and
    /// the rest when the client has taken so much.
    fn worded_whole(&mut self, session: SessionId, word: &Word, first: bool) -> Vec<u8> {
        let told = self.with_dialog(session, |dialog, style, around| match word {
            Word::Reply(reply) => dialog.reply(reply, style, around),
            Word::Refusal(refusal) => wire::Told { bytes: dialog.refusal(refusal, style, around), then: None },
        });
        let wire::Told { mut bytes, then } = told.unwrap_or_default();
        let Some(then) = then else { return bytes };
        if !first {
            if let Some(seat) = self.seats.get_mut(&session) {
                let busy = seat.busy.get_or_insert_default();
                busy.batch.push_front(Asked::Step(Box::new(irc::Step::Do(then))));
                // Who has asked for nothing is gone on with all the same.
                if !busy.asked {
                    self.unasked.push(session);
                }
            }
            return bytes;
        }
        // What is asked changes nothing, so that there are only answers.
        let mut effects = Vec::new();
        self.hall.handle(session, then, &mut effects);
        for effect in effects {
            if let Effect::Reply(_, reply, _) = effect {
                bytes.extend(self.worded_whole(session, &Word::Reply(reply), false));
            }
        }
        bytes
    }

    /// An answer, unless it is gathered to be told with others as one.
    pub(super) fn gather(&mut self, session: SessionId, bytes: Vec<u8>) -> Vec<u8> {
        match self.seats.get_mut(&session).and_then(|seat| seat.dialog.as_irc()) {
            Some(client) => client.gather(bytes),
            None => bytes,
        }
    }

    /// Says something that has nothing to do with the hall's state.
    pub(super) fn say(&mut self, session: SessionId, said: &Said) {
        let bytes = self.with_dialog(session, |dialog, style, around| dialog.said(said, style, around));
        let bytes = self.gather(session, bytes.unwrap_or_default());
        self.put(session, Slot::Tell(self.hall.head(), bytes));
    }

    /// A step of an exchange that proves whose an account is.
    pub(super) fn auth(&mut self, session: SessionId, asked: Auth) {
        let said = match self.auth_step(session, asked) {
            Ok(said) => said,
            Err(refusal) => {
                self.effects.push(Effect::Refuse(session, refusal, self.hall.head()));
                None
            }
        };
        self.run_effects();
        if let Some(said) = said {
            self.say(session, &said);
        }
    }

    pub(super) fn auth_step(&mut self, session: SessionId, asked: Auth) -> Result<Option<Said>, Refusal> {
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
                self.say(session, &Said::Auth(auth::encode_message(&last)));
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

    pub(super) fn restyle(&mut self, session: SessionId, change: impl FnOnce(&mut lines::Style)) {
        if let Some(seat) = self.seats.get(&session) {
            let mut outbox = seat.conn.outbox();
            if let Style::Lines(mut style) = outbox.style() {
                change(&mut style);
                outbox.set_style(Style::Lines(style));
            }
        }
    }

    /// Gives what a session is told its place behind what the ledger is at work on.
    pub(super) fn put_word(&mut self, session: SessionId, after: Seq, word: &Word) {
        let bytes = self.worded(session, word, self.asking == Some(session));
        if self.takes(session, bytes.len()) {
            self.put(session, Slot::Tell(after, bytes));
        }
    }

    pub(super) fn tell_word(&mut self, session: SessionId, after: Seq, word: &Word) {
        let bytes = self.worded(session, word, self.asking == Some(session));
        if self.takes(session, bytes.len()) {
            self.tell(session, after, bytes);
        }
    }

    /// Whether a session can be told so much more. Who has asked is not read from until they have taken it; who has not, and
    /// takes less than they are told, is not waited for.
    fn takes(&self, session: SessionId, bytes: usize) -> bool {
        let Some(seat) = self.seats.get(&session).filter(|_| self.asking != Some(session)) else { return true };
        let most = self.shared.settings.load().server.unasked_bytes;
        let takes = bytes == 0 || seat.conn.outbox().answer_bytes().saturating_add(bytes) <= most;
        if !takes {
            tracing::info!(session = session.0, "closed: it did not take what it was told");
            seat.conn.abandon();
        }
        takes
    }

    /// Acknowledges what a session has done, where its dialect does so.
    pub(super) fn echo(&mut self, entry: &Arc<Entry>) {
        let session = entry.author.session;
        let Some(seat) = self.seats.get_mut(&session) else { return };
        let bytes = seat.dialog.echo(entry, &self.shared.codec);
        if !bytes.is_empty() {
            let bytes = self.gather(session, bytes);
            self.tell(session, entry.seq, bytes);
        }
    }

    /// Shows those who follow a log what is no entry. Who lags, or waits for something else, is not shown it.
    pub(super) fn signal(&self, session: SessionId, log: &LogId, author: &Author, tags: &str) {
        let Some(audience) = self.audiences.get(log) else { return };
        audience.each(|conn| {
            let mut outbox = conn.outbox();
            let Style::Irc(style) = outbox.style() else { return };
            let ignored = outbox.ignores(author.person);
            if conn.session == session || ignored || outbox.is_held() || outbox.answer_bytes() > 0 {
                return;
            }
            let me = self.hall.me(conn.session).map(|me| me.nick);
            let target = match log {
                LogId::Room(room) => Some(room.as_str()),
                LogId::Operators(_) => None,
                // One's own other clients need not be told.
                LogId::Direct(..) => me.as_ref().filter(|me| **me != author.nick).map(Nick::as_str),
            };
            let Some(target) = target else { return };
            outbox.answer(Seq(0), irc::signal(author, target, tags, now(), style));
            drop(outbox);
            conn.wake();
        });
    }
}
