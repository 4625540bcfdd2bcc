//! One speaks and everybody hears: what a delivery costs the server, how many it makes a second, how late they come.
//!
//! Closed loop: a window of messages is kept in flight, and a message has arrived when everybody has it. Open loop:
//! messages are due at a steady rate, and the latency of each delivery counts from when its message was *due*, so that
//! a server that holds us up is not spared the messages that we could not send meanwhile. Before either, probes go
//! out until everybody is seen to hear everybody else, and then some messages that are not measured. Everybody must
//! see each message once and in order; whatever else happens is a fault, and the figures of a faulty run mean nothing.

mod engine;
mod tally;

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;

use crate::dialect::Dialect;
use crate::net::Target;
use crate::os::CpuClock;
use crate::process::{self, own_cpu};
use engine::Engine;
pub(crate) use tally::Faults;

/// How messages are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// Closed loop: this many messages in flight.
    Window(u64),
    /// Open loop: this many messages a second.
    Rate(f64),
}

/// What one run measures.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The server.
    pub(crate) target: Target,
    /// Its process, whose CPU time counts.
    pub(crate) pid: u32,
    /// How it is spoken to.
    pub(crate) dialect: Dialect,
    /// The room that everybody joins, in IRC.
    pub(crate) room: String,
    /// Connections that only listen.
    pub(crate) members: usize,
    /// Connections that speak, in turn; more than one hear one another.
    pub(crate) senders: usize,
    /// Size of a message with its newline; in IRC that of its text and one byte.
    pub(crate) bytes: usize,
    /// How they are sent.
    pub(crate) pace: Pace,
    /// Messages measured.
    pub(crate) messages: u64,
    /// Messages sent before, unmeasured.
    pub(crate) warmup: u64,
    /// Silence after which what has not come counts as lost.
    pub(crate) stall: Duration,
}

/// What a run showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    /// Copies of messages that reached somebody while it was measured.
    pub(crate) deliveries: u64,
    /// From before the first message to the last delivery.
    pub(crate) elapsed: Duration,
    /// CPU time of the server's process in that time.
    pub(crate) server_cpu: Duration,
    /// CPU time of our own in that time: a load generator should not be what is measured.
    pub(crate) own_cpu: Duration,
    /// What went wrong with messages.
    pub(crate) faults: Faults,
    /// Open loop only.
    pub(crate) latency: Option<Latency>,
}

/// How late deliveries came, in nanoseconds from when their message was due.
#[derive(Debug, Clone)]
pub(crate) struct Latency {
    /// One value a delivery.
    pub(crate) histogram: Histogram<u64>,
    /// How late we ourselves sent a message, at worst. It is part of what the histogram holds.
    pub(crate) sent_late_max: Duration,
}

/// The percentiles that are reported, with their names.
pub(crate) const PERCENTILES: [(&str, f64); 5] =
    [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9), ("max", 100.0)];

impl Latency {
    fn new() -> Result<Self> {
        let histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).context("cannot make a histogram")?;
        Ok(Self { histogram, sent_late_max: Duration::ZERO })
    }

    /// A percentile in microseconds.
    pub(crate) fn percentile_us(&self, percentile: f64) -> f64 {
        self.histogram.value_at_percentile(percentile) as f64 / 1000.0
    }
}

impl Report {
    /// Nanoseconds of the server's CPU for one delivery.
    pub(crate) fn cpu_ns_per_delivery(&self) -> f64 {
        self.server_cpu.as_nanos() as f64 / self.deliveries as f64
    }

    /// Deliveries a second.
    pub(crate) fn deliveries_per_s(&self) -> f64 {
        self.deliveries as f64 / self.elapsed.as_secs_f64()
    }
}

/// A server with everybody connected and warmed up, to be measured in one go or in several.
pub(crate) struct Session {
    engine: Engine,
    server: CpuClock,
    pace: Pace,
    report: Report,
}

impl Session {
    /// Connects everybody, waits until all who should hear each other do, and warms up.
    pub(crate) fn start(plan: &Plan) -> Result<Self> {
        process::allow_files(plan.members + plan.senders + 64)?;
        let server =
            CpuClock::of(plan.pid).with_context(|| format!("cannot read the CPU clock of process {}", plan.pid))?;
        let mut engine = Engine::connect(plan)?;
        engine.join()?;
        let (window, latency) = match plan.pace {
            Pace::Window(window) => (window, None),
            Pace::Rate(_) => (1, Some(Latency::new()?)),
        };
        engine.closed_loop(window, plan.warmup)?;
        let report = Report { latency, ..Report::default() };
        Ok(Self { engine, server, pace: plan.pace, report })
    }

    /// Sends `messages` and adds what they cost to the report.
    pub(crate) fn measure(&mut self, messages: u64) -> Result<()> {
        let delivered = self.engine.tally().delivered();
        let (server, own, began) = (self.server.now()?, own_cpu(), Instant::now());
        match (self.pace, &mut self.report.latency) {
            (Pace::Rate(rate), Some(latency)) => self.engine.open_loop(rate, messages, latency)?,
            (Pace::Window(window), _) => self.engine.closed_loop(window, messages)?,
            (Pace::Rate(_), None) => unreachable!("an open loop has a place for its latency from the start"),
        }
        self.report.elapsed += began.elapsed();
        self.report.own_cpu += own_cpu().saturating_sub(own);
        self.report.server_cpu += self.server.now().context("the server has ended")?.saturating_sub(server);
        self.report.deliveries += self.engine.tally().delivered() - delivered;
        Ok(())
    }

    /// Makes sure that nothing is still on its way, and hands the report over.
    pub(crate) fn finish(mut self) -> Result<Report> {
        self.engine.settle()?;
        ensure!(self.report.deliveries > 0, "nobody heard anything");
        self.report.faults = self.engine.tally().faults();
        Ok(self.report)
    }
}

/// Measures everything in one go.
pub(crate) fn measure(plan: &Plan) -> Result<Report> {
    let mut session = Session::start(plan)?;
    session.measure(plan.messages)?;
    session.finish()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own_ns = self.own_cpu.as_nanos() as f64 / self.deliveries as f64;
        writeln!(f, "deliveries               {}", self.deliveries)?;
        writeln!(f, "deliveries per second    {:.0}", self.deliveries_per_s())?;
        writeln!(f, "server CPU per delivery  {:.0} ns", self.cpu_ns_per_delivery())?;
        writeln!(f, "load generator's own     {own_ns:.0} ns")?;
        if let Some(latency) = &self.latency {
            for (name, percentile) in PERCENTILES {
                writeln!(f, "latency {name:<16} {:.0} us", latency.percentile_us(percentile))?;
            }
            writeln!(f, "sent late, at worst      {:.0} us", latency.sent_late_max.as_secs_f64() * 1e6)?;
        }
        write!(f, "faults                   {}", self.faults)
    }
}
