//! The command line: what can be measured, and what each measurement has to be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

use crate::codec::{IRC_MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN};
use crate::dialect::Dialect;
use crate::fanout::{Pace, Plan};
use crate::net::Target;

/// The room of the benchmarks.
pub(crate) const ROOM: &str = "#bench";

/// The load generator and the benchmarks of Maru.
///
/// Exit code: 0 if all is well, 1 if messages were lost or a bar was missed, 2 if nothing could be measured.
#[derive(Debug, Parser)]
#[command(name = "maru-bench", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the cheapest possible broadcaster until killed
    Floor {
        /// Where to listen; port 0 takes a free one. The first line printed says which
        #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
    /// Measure what it costs a running server to tell everybody
    Fanout(FanoutArgs),
    /// Measure the memory of a running server's silent connections
    Idle {
        /// The server.
        #[command(flatten)]
        server: ServerArgs,
        /// How it is spoken to; in IRC the connections register and join nothing
        #[arg(long, value_enum, default_value_t = Dialect::Lines)]
        dialect: Dialect,
        /// How many connections to open
        #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one)]
        connections: usize,
    },
    /// Measure what it costs a running IRC server that many join a room one after another
    Joins {
        /// The server.
        #[command(flatten)]
        server: ServerArgs,
        /// How many join
        #[arg(long, value_name = "N", default_value_t = 3000, value_parser = at_least_one)]
        clients: usize,
        /// The room that they join
        #[arg(long, value_name = "ROOM", default_value = ROOM, value_parser = room)]
        room: String,
    },
    /// Start Maru and the floor in turn, measure both, and print one table
    Run(RunArgs),
    /// Measure the ledger: how fast it takes entries, and what a large one costs
    Ledger(LedgerArgs),
}

/// A server that is running.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The server's address
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) addr: SocketAddr,
    /// The server's process
    #[arg(long)]
    pub(crate) pid: u32,
    /// Connect from many addresses of 127.0.0.0/8, for a server that limits the connections of one
    #[arg(long)]
    pub(crate) spread: bool,
}

impl ServerArgs {
    /// Where its connections go.
    pub(crate) fn target(&self) -> Target {
        Target { address: self.addr, spread: self.spread }
    }
}

/// What `fanout` is told.
#[derive(Debug, Args)]
pub(crate) struct FanoutArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// How it is spoken to
    #[arg(long, value_enum, default_value_t = Dialect::Lines)]
    dialect: Dialect,
    /// The room that everybody joins, in IRC
    #[arg(long, value_name = "ROOM", default_value = ROOM, value_parser = room)]
    room: String,
    /// Connections that only listen
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one)]
    members: usize,
    /// Connections that speak, in turn; several hear one another
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = at_least_one)]
    senders: usize,
    /// Size of a message, its newline included; in IRC its text and one byte
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = message_bytes)]
    bytes: usize,
    #[command(flatten)]
    pace: PaceArgs,
    /// Messages that are measured
    #[arg(long, value_name = "M", default_value_t = 1000, value_parser = value_parser!(u64).range(1..=1 << 24))]
    messages: u64,
    /// Messages sent before, unmeasured
    #[arg(long, value_name = "M", default_value_t = 100, value_parser = value_parser!(u64).range(1..=1 << 24))]
    warmup: u64,
    /// Silence after which what has not come counts as lost
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u64).range(1..=3600))]
    stall: u64,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PaceArgs {
    /// Closed loop: keep W messages in flight; one has arrived when everybody has it
    #[arg(long, value_name = "W", value_parser = value_parser!(u64).range(1..=1 << 20))]
    window: Option<u64>,
    /// Open loop: R messages a second; latency counts from when each was due
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
}

/// What `run` is told.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The program to measure [default: `maru` beside this program]
    #[arg(long, value_name = "PATH")]
    pub(crate) maru: Option<PathBuf>,
    /// Fewer rounds and messages: to see that it works, not to be quoted
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only one of the tables
    #[arg(long, value_enum)]
    pub(crate) only: Option<Table>,
    /// Members in the room
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one)]
    pub(crate) members: usize,
    /// Rounds of each measurement; each starts the floor and Maru anew [default: 5, quick: 3]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) rounds: Option<usize>,
    /// Messages a second for the latency
    #[arg(long, value_name = "R", default_value = "50", value_parser = rate)]
    pub(crate) rate: f64,
    /// Silent connections for the memory
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one)]
    pub(crate) connections: usize,
}

/// The tables of `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// Plain lines against the floor
    Lines,
    /// A ledger that survives the end of the server against one in memory
    Ledgers,
    /// IRC against the floor
    Irc,
}

/// What `ledger` is told.
#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    /// The program to measure [default: `maru` beside this program]
    #[arg(long, value_name = "PATH")]
    pub(crate) maru: Option<PathBuf>,
    /// Fewer entries: to see that it works, not to be quoted
    #[arg(long)]
    pub(crate) quick: bool,
}

impl FanoutArgs {
    /// The plan that these arguments make, if there can be such messages.
    pub(crate) fn plan(&self) -> Result<Plan> {
        let fits = !self.dialect.is_irc() || self.bytes <= IRC_MESSAGE_BYTES_MAX;
        ensure!(fits, "a line of IRC has no place for {} bytes\nhint: at most {IRC_MESSAGE_BYTES_MAX}", self.bytes);
        let pace = match (self.pace.window, self.pace.rate) {
            (Some(window), _) => Pace::Window(window),
            (None, rate) => Pace::Rate(rate.unwrap_or(1.0)),
        };
        Ok(Plan {
            target: self.server.target(),
            pid: self.server.pid,
            dialect: self.dialect,
            room: self.room.clone(),
            members: self.members,
            senders: self.senders,
            bytes: self.bytes,
            pace,
            messages: self.messages,
            warmup: self.warmup,
            stall: Duration::from_secs(self.stall),
        })
    }
}

/// Descriptors set the true bound; this one keeps the arithmetic of senders and receivers in range.
const CONNECTIONS_MAX: usize = 60_000;

/// As much as [`IRC_MESSAGE_BYTES_MAX`] leaves a place for.
const ROOM_BYTES_MAX: usize = 50;

fn at_least_one(text: &str) -> Result<usize, String> {
    in_range(text, 1, CONNECTIONS_MAX)
}

fn message_bytes(text: &str) -> Result<usize, String> {
    in_range(text, MESSAGE_BYTES_MIN, MESSAGE_BYTES_MAX)
}

/// A room's name goes into a line as it is.
fn room(text: &str) -> Result<String, String> {
    let breaks = |c: char| c.is_control() || matches!(c, ' ' | ',' | ':');
    match text.strip_prefix('#') {
        Some(name) if !name.is_empty() && text.len() <= ROOM_BYTES_MAX && !name.contains(breaks) => Ok(text.to_owned()),
        _ => Err(format!("expected # and a name without spaces, {ROOM_BYTES_MAX} bytes at most")),
    }
}

fn in_range(text: &str, min: usize, max: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(format!("expected a number from {min} to {max}")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.001..=1e6).contains(&value) => Ok(value),
        _ => Err("expected messages a second, from 0.001 to 1000000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_makes_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_fanout_is_either_a_closed_or_an_open_loop() {
        let with = |more: &[&str]| {
            let common = ["maru-bench", "fanout", "--addr", "127.0.0.1:1", "--pid", "1"];
            Cli::try_parse_from(common.iter().chain(more)).is_ok()
        };
        assert!(with(&["--window", "32"]) && with(&["--rate", "0.5"]));
        assert!(!with(&[]) && !with(&["--window", "1", "--rate", "1"]));
        assert!(!with(&["--window", "0"]) && !with(&["--rate", "0"]) && !with(&["--rate", "nan"]));
        assert!(!with(&["--window", "1", "--bytes", "10"]) && !with(&["--window", "1", "--members", "0"]));
        assert!(with(&["--window", "1", "--dialect", "irc-tags", "--room", "#마루"]));
        assert!(!with(&["--window", "1", "--room", "마루"]) && !with(&["--window", "1", "--room", "#a b"]));
    }
}
