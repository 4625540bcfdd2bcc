//! What is said in a run and when, and what becomes of it.
//!
//! The crowd reads and writes; here it is decided who says what next, and every message that somebody hears is entered
//! in the books. Nothing here knows which server it talks to.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::tally::Tally;
use super::{Latency, Plan};
use crate::codec::{Codec, Kind, Message};
use crate::crowd::Crowd;
use crate::patience::Patience;

/// Time for everybody to be heard, and between one probe and the next.
const PROBE_LIMIT: Duration = Duration::from_secs(30);
const PROBE_INTERVAL: Duration = Duration::from_millis(50);

/// All connections of a run, of which the first are the senders, and the books.
pub(super) struct Engine {
    crowd: Crowd,
    senders: usize,
    codec: Codec,
    tally: Tally,
    stall: Duration,
    /// The number of the next probe, and of the first that counts in this round.
    probes: u32,
    probes_from: u32,
}

impl Engine {
    /// Connects everybody of the plan and has them join its room.
    pub(super) fn connect(plan: &Plan) -> Result<Self> {
        let count = plan.senders + plan.members;
        let mut crowd = Crowd::new(plan.target, plan.dialect)?;
        crowd.admit(count)?;
        crowd.join(&plan.room)?;
        let codec = Codec::new(plan.bytes, crowd.run());
        Ok(Self {
            crowd,
            senders: plan.senders,
            codec: if plan.dialect.is_irc() { codec.in_irc(&plan.room) } else { codec },
            tally: Tally::new(count, plan.senders, plan.messages + plan.warmup),
            stall: plan.stall,
            probes: 0,
            probes_from: 0,
        })
    }

    /// The books.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Sends probes until everybody has heard everybody who speaks.
    pub(super) fn join(&mut self) -> Result<()> {
        let patience = Patience::new("everybody to hear everybody who speaks", PROBE_LIMIT);
        self.probes_from = self.probes;
        self.tally.begin_probes();
        let mut due = Instant::now();
        while self.tally.unprobed() > 0 {
            patience.check().map_err(|error| self.crowd.explain(error))?;
            if Instant::now() >= due {
                self.probe()?;
                due += PROBE_INTERVAL;
                self.crowd.wake_in(PROBE_INTERVAL)?;
            }
            self.turn(|_, _| {})?;
        }
        Ok(())
    }

    /// Sends a last probe and waits until everybody has it: whatever was on its way before has come then.
    pub(super) fn settle(&mut self) -> Result<()> {
        let patience = Patience::new("the last probe", self.stall);
        self.probes_from = self.probes;
        self.tally.begin_probes();
        self.probe()?;
        // A server that loses messages may lose this one too. That is told by the faults, not by an error.
        while self.tally.unprobed() > 0 {
            if patience.is_over()? && !self.tally.faults().is_clean() {
                break;
            }
            patience.check()?;
            self.turn(|_, _| {})?;
        }
        Ok(())
    }

    /// Sends `messages` more, never more than `window` of them in flight, until all have arrived or nothing comes.
    pub(super) fn closed_loop(&mut self, window: u64, messages: u64) -> Result<()> {
        let end = self.tally.sent() + messages;
        let mut patience = Patience::new("deliveries", self.stall);
        loop {
            while self.tally.sent() < end && self.tally.sent() - self.tally.completed() < window {
                self.queue_next();
            }
            self.crowd.flush()?;
            if self.tally.completed() >= end || patience.is_over()? {
                return Ok(());
            }
            if self.turn(|_, _| {})? {
                patience.renew();
            }
        }
    }

    /// Sends `messages` more, `rate` of them a second whatever comes back, until all have arrived or nothing comes.
    pub(super) fn open_loop(&mut self, rate: f64, messages: u64, latency: &mut Latency) -> Result<()> {
        let (first, senders) = (self.tally.sent(), self.senders as u64);
        let end = first + messages;
        let began = Instant::now();
        let due = |index: u64| began + Duration::from_secs_f64((index - first) as f64 / rate);
        let mut patience = Patience::new("deliveries", self.stall);
        loop {
            let (sent, now) = (self.tally.sent(), Instant::now());
            while self.tally.sent() < end && due(self.tally.sent()) <= now {
                latency.sent_late_max = latency.sent_late_max.max(now - due(self.tally.sent()));
                self.queue_next();
            }
            self.crowd.flush()?;
            if self.tally.sent() != sent && self.tally.sent() < end {
                self.crowd.wake_in(due(self.tally.sent()).saturating_duration_since(Instant::now()))?;
            }
            if self.tally.completed() >= end || patience.is_over()? {
                return Ok(());
            }
            let heard = self.turn(|message, now| {
                let index = u64::from(message.seq) * senders + u64::from(message.sender);
                let late = now.saturating_duration_since(due(index));
                latency.histogram.saturating_record(late.as_nanos() as u64);
            })?;
            if heard || self.tally.sent() < end {
                patience.renew();
            }
        }
    }

    fn probe(&mut self) -> Result<()> {
        for sender in 0..self.senders {
            let probe = Message { kind: Kind::Probe, sender: sender as u16, seq: self.probes };
            self.codec.encode(probe, self.crowd.queue(sender));
        }
        self.probes += 1;
        self.crowd.flush()
    }

    fn queue_next(&mut self) {
        let (sender, seq) = self.tally.send();
        let message = Message { kind: Kind::Counted, sender: sender as u16, seq };
        self.codec.encode(message, self.crowd.queue(sender));
    }

    /// Waits for what comes next and reads it. Whether any of it was a delivery.
    fn turn(&mut self, mut on_delivery: impl FnMut(Message, Instant)) -> Result<bool> {
        let Self { crowd, codec, tally, probes_from, .. } = self;
        let delivered = tally.delivered();
        crowd.turn(|heard| {
            let Some(message) = codec.decode(heard.line) else { return false };
            match message.kind {
                Kind::Probe if message.seq >= *probes_from => tally.probe(heard.who, message.sender.into()),
                Kind::Probe => {}
                Kind::Counted => {
                    if tally.deliver(heard.who, message.sender.into(), message.seq) {
                        on_delivery(message, heard.at);
                    }
                }
            }
            true
        })?;
        crowd.ensure_whole()?;
        Ok(tally.delivered() != delivered)
    }
}
