//! `maru-bench`: the load generator and the benchmarks.
//!
//! `fanout`, `idle` and `joins` measure any server that is running, `floor` is the cheapest broadcaster there can be,
//! and `run` starts Maru and the floor in turn and prints one against the other. Bars are set for ratios between the two
//! in the same run and for bytes, where there can be such: times say more about the machine than about the server.
//! `ledger` fills a store and measures what a large one costs. `docs/BENCH.md` says what is measured and how. It knows
//! nothing of the server's code, only its port and its process; of the house it has the ledger alone.

mod cli;
mod codec;
mod crowd;
mod dialect;
mod fanout;
mod floor;
mod idle;
mod joins;
mod net;
mod os;
mod patience;
mod process;
mod run;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use cli::{Cli, Command};

fn main() -> ExitCode {
    match dispatch(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("maru-bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does what was asked for. Whether everything held that should hold.
fn dispatch(cli: Cli) -> Result<bool> {
    match cli.command {
        Command::Floor { listen } => floor::serve(listen).map(|()| true),
        Command::Fanout(args) => {
            let report = fanout::measure(&args.plan()?)?;
            println!("{report}");
            Ok(report.faults.is_clean())
        }
        Command::Idle { server, dialect, connections } => {
            println!("{}", idle::measure(server.target(), server.pid, dialect, connections)?);
            Ok(true)
        }
        Command::Joins { server, clients, room } => {
            let report = joins::measure(server.target(), server.pid, clients, &room)?;
            println!("{report}");
            Ok(report.lost == 0)
        }
        Command::Run(args) => run::run(&args),
        Command::Ledger(args) => run::store::run(&args),
    }
}
