//! `just bench`: Maru against the floor in one run, as one table.
//!
//! Each round starts a fresh floor and a fresh Maru and lets them take many short turns, so that whatever the machine
//! does meanwhile happens to both. A ratio is the median of the rounds' ratios; the columns are medians of their own.
//! Servers are killed when their round is over, on every way out of here.

mod server;
pub(crate) mod store;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::cli::{ROOM, RunArgs};
use crate::dialect::Dialect;
use crate::fanout::{self, PERCENTILES, Pace, Plan, Session};
use crate::net::Target;
use crate::{idle, patience, process};
use server::{Kind, Server};
use table::{Bar, Row, Unit};

const MESSAGE_BYTES: usize = 64;
/// Messages in flight, and the most that Maru's CPU per delivery may be of the floor's.
const WINDOWS: [(u64, f64); 2] = [(1, 1.25), (32, 1.5)];
/// Silence after which what has not come counts as lost.
const STALL_LIMIT: Duration = Duration::from_secs(10);
/// The most that CPU per delivery may be of the same with a ledger in memory.
const LEDGER_RATIO: f64 = 1.1;
/// The most that the ledger may add to the median latency, in microseconds.
const LEDGER_ADDS_US: f64 = 1_000.0;
/// The most resident memory that an idle connection may cost.
const IDLE_BYTES_MAX: f64 = 2048.0;

/// What is run, how often and how long.
struct Course<'a> {
    maru: &'a Path,
    members: usize,
    rounds: usize,
    /// Turns that floor and Maru each take in a round.
    turns: u64,
    /// Whether every message reached everybody so far.
    clean: bool,
}

/// Messages of one turn at window 1: a few tenths of a second.
const TURN_MESSAGES: u64 = 50;

/// Runs everything and prints the table. Whether every bar holds and no message went astray.
pub(crate) fn run(args: &RunArgs) -> Result<bool> {
    patience::heed_signals()?;
    process::allow_files(args.connections.max(2 * args.members) + 64)?;
    let maru = match &args.maru {
        Some(path) => path.clone(),
        None => beside_us()?,
    };
    ensure!(maru.is_file(), "no program at {}\nhint: cargo build --release, or say --maru PATH", maru.display());
    let (rounds, turns) = if args.quick { (3, 4) } else { (5, 16) };
    let rounds = args.rounds.unwrap_or(rounds);
    let mut course = Course { maru: &maru, members: args.members, rounds, turns, clean: true };

    let mut rows = Vec::new();
    for (window, bar) in WINDOWS {
        rows.extend(course.closed_loop(Kind::BOTH, window, bar)?);
    }
    rows.extend(course.open_loop(Kind::BOTH, args.rate, Bar::None)?);
    rows.extend(course.idle(args.connections)?);
    let mut ledgers = Vec::new();
    for (window, _) in WINDOWS {
        ledgers.extend(course.closed_loop(Kind::LEDGERS, window, LEDGER_RATIO)?);
    }
    ledgers.extend(course.open_loop(Kind::LEDGERS, args.rate, Bar::More(LEDGER_ADDS_US))?);

    println!("{} members, {MESSAGE_BYTES}-byte messages, {rounds} rounds of floor and maru in turn", args.members);
    println!("medians; a ratio is the median of the rounds' ratios (lowest to highest)\n");
    println!("{}", table::render(Kind::BOTH, &rows));
    println!("a ledger that survives the end of the server, against one in memory\n");
    print!("{}", table::render(Kind::LEDGERS, &ledgers));
    if !course.clean {
        println!("\nmessages went astray: the figures above mean nothing");
    }
    Ok(course.clean && rows.iter().chain(&ledgers).all(|row| row.holds() != Some(false)))
}

/// `maru` in the directory of this program, where cargo puts both.
fn beside_us() -> Result<PathBuf> {
    let us = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(us.with_file_name("maru"))
}

impl Course<'_> {
    /// CPU per delivery and deliveries a second with a window of messages in flight.
    fn closed_loop(&mut self, kinds: [Kind; 2], window: u64, bar: f64) -> Result<[Row; 2]> {
        // A message in a batch costs a fraction of one alone, so more of them take as long.
        let messages = if window == 1 { TURN_MESSAGES } else { TURN_MESSAGES * window };
        let mut cpu = Row::new(format!("CPU per delivery, window {window}"), Unit::Microseconds, Bar::Ratio(bar));
        let mut speed = Row::new(format!("deliveries per second, window {window}"), Unit::Count, Bar::None);
        for round in 1..=self.rounds {
            eprintln!("measuring window {window}, round {round} of {}", self.rounds);
            for (kind, report) in self.round(kinds, Pace::Window(window), messages, self.turns)? {
                cpu.push(kind, report.cpu_ns_per_delivery() / 1000.0);
                speed.push(kind, report.deliveries_per_s());
            }
        }
        Ok([cpu, speed])
    }

    /// How late messages come that are due at a steady rate.
    fn open_loop(&mut self, kinds: [Kind; 2], rate: f64, median: Bar) -> Result<Vec<Row>> {
        let name = |percentile| format!("latency {percentile} at {rate} messages/s");
        let mut rows: Vec<_> =
            PERCENTILES.iter().map(|(label, _)| Row::new(name(label), Unit::Microseconds, Bar::None)).collect();
        if let (Some(row), Some((label, _))) = (rows.first_mut(), PERCENTILES.first()) {
            *row = Row::new(name(label), Unit::Microseconds, median);
        }
        let rounds = self.rounds.min(3);
        for round in 1..=rounds {
            eprintln!("measuring latency, round {round} of {rounds}");
            for (kind, report) in self.round(kinds, Pace::Rate(rate), TURN_MESSAGES, self.turns.div_ceil(3))? {
                let latency = report.latency.context("an open loop measures latency")?;
                for (row, (_, percentile)) in rows.iter_mut().zip(PERCENTILES) {
                    row.push(kind, latency.percentile_us(percentile));
                }
            }
        }
        Ok(rows)
    }

    /// Two fresh servers, everybody connected to both, taking turns: the one that waits costs nothing.
    fn round(
        &mut self,
        kinds: [Kind; 2],
        pace: Pace,
        messages: u64,
        turns: u64,
    ) -> Result<Vec<(Kind, fanout::Report)>> {
        let mut sides = Vec::new();
        for kind in kinds {
            let server = Server::start(kind, self.maru)?;
            let plan = self.plan(&server, pace, messages, turns);
            let session = Session::start(&plan).map_err(|error| server.explain(error))?;
            sides.push((kind, server, session));
        }
        for _ in 0..turns {
            for (_, server, session) in &mut sides {
                session.measure(messages).map_err(|error| server.explain(error))?;
            }
            // Whoever was last is first in the next turn.
            sides.reverse();
        }
        let mut reports = Vec::new();
        for (kind, server, session) in sides {
            let report = session.finish().map_err(|error| server.explain(error))?;
            if !report.faults.is_clean() {
                eprintln!("{kind}: {}", report.faults);
                self.clean = false;
            }
            reports.push((kind, report));
        }
        Ok(reports)
    }

    fn plan(&self, server: &Server, pace: Pace, messages: u64, turns: u64) -> Plan {
        Plan {
            target: Target { address: server.address(), spread: false },
            pid: server.pid(),
            dialect: Dialect::Lines,
            room: ROOM.to_owned(),
            members: self.members,
            senders: 1,
            bytes: MESSAGE_BYTES,
            pace,
            messages: messages * turns,
            warmup: messages,
            stall: STALL_LIMIT,
        }
    }

    /// What a silent connection costs.
    fn idle(&self, connections: usize) -> Result<[Row; 2]> {
        let name = |what| format!("{what} per idle connection, {connections}");
        let mut resident = Row::new(name("memory"), Unit::Bytes, Bar::Bytes(IDLE_BYTES_MAX));
        let mut anonymous = Row::new(name("anonymous memory"), Unit::Bytes, Bar::None);
        for kind in Kind::BOTH {
            eprintln!("measuring {connections} idle connections, {kind}");
            let server = Server::start(kind, self.maru)?;
            let target = Target { address: server.address(), spread: false };
            let report = idle::measure(target, server.pid(), Dialect::Lines, connections)
                .map_err(|error| server.explain(error))?;
            resident.push(kind, report.resident_bytes());
            anonymous.push(kind, report.anonymous_bytes());
        }
        Ok([resident, anonymous])
    }
}
