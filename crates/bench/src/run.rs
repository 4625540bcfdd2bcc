//! `just bench`: Maru against the floor in one run, as tables.
//!
//! Each round starts a fresh floor and a fresh Maru and lets them take many short turns, so that whatever the machine
//! does meanwhile happens to both. A ratio is the median of the rounds' ratios; the columns are medians of their own.
//! Servers are killed when their round is over, on every way out of here.

mod irc;
mod server;
pub(crate) mod store;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum as _;

use crate::cli::{ROOM, RunArgs, Table};
use crate::dialect::Dialect;
use crate::fanout::{self, PERCENTILES, Pace, Plan, Session};
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

/// Two servers that take turns, the one that the other is measured against first.
#[derive(Debug, Clone, Copy)]
struct Pair {
    kinds: [Kind; 2],
    /// How Maru is spoken to. The floor knows no dialect and relays plain lines.
    dialect: Dialect,
    /// What stands before the names of its figures.
    label: &'static str,
}

impl Pair {
    const LINES: Self = Self { kinds: Kind::BOTH, dialect: Dialect::Lines, label: "" };
    const LEDGERS: Self = Self { kinds: Kind::LEDGERS, ..Self::LINES };

    fn dialect_of(self, kind: Kind) -> Dialect {
        if kind == Kind::Floor { Dialect::Lines } else { self.dialect }
    }
}

/// What is run, how often and how long.
struct Course<'a> {
    maru: &'a Path,
    members: usize,
    rounds: usize,
    /// Turns that each of two servers takes in a round.
    turns: u64,
    /// Whether every message reached everybody so far.
    clean: bool,
}

/// Messages of one turn at window 1: a few tenths of a second.
const TURN_MESSAGES: u64 = 50;

/// Runs everything that is wanted and prints each table when it is there. Whether every bar holds and no message went
/// astray.
pub(crate) fn run(args: &RunArgs) -> Result<bool> {
    patience::heed_signals()?;
    process::allow_files(args.connections.max(2 * args.members) + 64)?;
    let maru = match &args.maru {
        Some(path) => path.clone(),
        None => beside_us()?,
    };
    ensure!(maru.is_file(), "no program at {}\nhint: cargo build --release, or say --maru PATH", maru.display());
    println!("{} members, {MESSAGE_BYTES}-byte messages, two servers in turn", args.members);
    println!("medians; a ratio is the median of the rounds' ratios (lowest to highest)");
    let (mut holds, mut clean) = (true, true);
    for &table in Table::value_variants() {
        if args.only.is_some_and(|only| only != table) {
            continue;
        }
        let mut course = Course::new(&maru, args, table);
        let (heading, kinds, rows) = match table {
            Table::Lines => ("plain lines, against the floor", Kind::BOTH, course.lines(args)?),
            Table::Ledgers => {
                let heading = "a ledger that survives the end of the server, against one in memory";
                (heading, Kind::LEDGERS, course.ledgers(args)?)
            }
            Table::Irc => ("IRC, against the floor", Kind::BOTH, irc::rows(&mut course, args)?),
        };
        println!("\n{heading}; rounds: {}\n\n{}", course.rounds, table::render(kinds, &rows).trim_end());
        holds &= rows.iter().all(|row| row.holds() != Some(false));
        clean &= course.clean;
    }
    if !clean {
        println!("\nmessages went astray: the figures above mean nothing");
    }
    Ok(clean && holds)
}

/// `maru` in the directory of this program, where cargo puts both.
fn beside_us() -> Result<PathBuf> {
    let us = std::env::current_exe().context("cannot tell where this program is")?;
    Ok(us.with_file_name("maru"))
}

impl<'a> Course<'a> {
    /// As long as the figures of a table need, or as it takes to see that they can be measured.
    fn new(maru: &'a Path, args: &RunArgs, table: Table) -> Self {
        let (rounds, turns) = match (args.quick, table) {
            (true, Table::Irc) => (1, 4),
            (true, _) => (3, 4),
            (false, _) => (5, 16),
        };
        Self { maru, members: args.members, rounds: args.rounds.unwrap_or(rounds), turns, clean: true }
    }

    /// Maru in plain lines and as it comes.
    fn lines(&mut self, args: &RunArgs) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for (window, bar) in WINDOWS {
            rows.extend(self.closed_loop(Pair::LINES, window, bar)?);
        }
        rows.extend(self.open_loop(Pair::LINES, args.rate, Bar::None)?);
        rows.extend(self.idle(args.connections)?);
        Ok(rows)
    }

    /// What a ledger costs that survives the end of the server.
    fn ledgers(&mut self, args: &RunArgs) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for (window, _) in WINDOWS {
            rows.extend(self.closed_loop(Pair::LEDGERS, window, LEDGER_RATIO)?);
        }
        rows.extend(self.open_loop(Pair::LEDGERS, args.rate, Bar::More(LEDGER_ADDS_US))?);
        Ok(rows)
    }

    /// CPU per delivery and deliveries a second with a window of messages in flight.
    fn closed_loop(&mut self, pair: Pair, window: u64, bar: f64) -> Result<[Row; 2]> {
        // A message in a batch costs a fraction of one alone, so more of them take as long.
        let messages = if window == 1 { TURN_MESSAGES } else { TURN_MESSAGES * window };
        let name = |what| format!("{}{what}, window {window}", pair.label);
        let mut cpu = Row::new(name("CPU per delivery"), Unit::Microseconds, Bar::Ratio(bar));
        let mut speed = Row::new(name("deliveries per second"), Unit::Count, Bar::None);
        for round in 1..=self.rounds {
            eprintln!("measuring {}window {window}, round {round} of {}", pair.label, self.rounds);
            for (kind, report) in self.round(pair, Pace::Window(window), messages, self.turns)? {
                cpu.push(kind, report.cpu_ns_per_delivery() / 1000.0);
                speed.push(kind, report.deliveries_per_s());
            }
        }
        Ok([cpu, speed])
    }

    /// How late messages come that are due at a steady rate.
    fn open_loop(&mut self, pair: Pair, rate: f64, median: Bar) -> Result<Vec<Row>> {
        let name = |percentile| format!("latency {percentile} at {rate} messages/s");
        let mut rows: Vec<_> =
            PERCENTILES.iter().map(|(label, _)| Row::new(name(label), Unit::Microseconds, Bar::None)).collect();
        if let (Some(row), Some((label, _))) = (rows.first_mut(), PERCENTILES.first()) {
            *row = Row::new(name(label), Unit::Microseconds, median);
        }
        let rounds = self.rounds.min(3);
        for round in 1..=rounds {
            eprintln!("measuring latency, round {round} of {rounds}");
            for (kind, report) in self.round(pair, Pace::Rate(rate), TURN_MESSAGES, self.turns.div_ceil(3))? {
                let latency = report.latency.context("an open loop measures latency")?;
                for (row, (_, percentile)) in rows.iter_mut().zip(PERCENTILES) {
                    row.push(kind, latency.percentile_us(percentile));
                }
            }
        }
        Ok(rows)
    }

    /// Two fresh servers, everybody connected to both, taking turns: the one that waits costs nothing.
    fn round(&mut self, pair: Pair, pace: Pace, messages: u64, turns: u64) -> Result<Vec<(Kind, fanout::Report)>> {
        let mut sides = Vec::new();
        for kind in pair.kinds {
            let server = Server::start(kind, self.maru)?;
            let plan = self.plan(&server, pair.dialect_of(kind), pace, messages * turns, messages);
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

    fn plan(&self, server: &Server, dialect: Dialect, pace: Pace, messages: u64, warmup: u64) -> Plan {
        Plan {
            target: server.target(),
            pid: server.pid(),
            dialect,
            room: ROOM.to_owned(),
            members: self.members,
            senders: 1,
            bytes: MESSAGE_BYTES,
            pace,
            messages,
            warmup,
            stall: STALL_LIMIT,
        }
    }

    /// What a silent connection costs.
    fn idle(&self, connections: usize) -> Result<[Row; 2]> {
        let name = |what| format!("{what} per idle connection, {connections}");
        let mut resident = Row::new(name("memory"), Unit::Bytes, Bar::AtMost(IDLE_BYTES_MAX));
        let mut anonymous = Row::new(name("anonymous memory"), Unit::Bytes, Bar::None);
        for kind in Kind::BOTH {
            eprintln!("measuring {connections} idle connections, {kind}");
            let server = Server::start(kind, self.maru)?;
            let report = idle::measure(server.target(), server.pid(), Dialect::Lines, connections)
                .map_err(|error| server.explain(error))?;
            resident.push(kind, report.resident_bytes());
            anonymous.push(kind, report.anonymous_bytes());
        }
        Ok([resident, anonymous])
    }
}
