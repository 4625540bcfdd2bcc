//! A server that a benchmark starts for itself: on a free port, with its data in a directory that goes with it.
//!
//! It is killed when the value is dropped; if we are killed ourselves, the kernel kills it. What it says of itself goes
//! to a file, of which the end is shown when something fails.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Error, Result, bail};
use tempfile::TempDir;

use crate::net::Target;
use crate::os;
use crate::patience::Patience;

const START_LIMIT: Duration = Duration::from_secs(20);
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// Over the default limit of all connections together, and more than descriptors allow here.
const CONNECTIONS_LIMIT: &str = "100000";
const LOG_BYTES_SHOWN: usize = 2000;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The cheapest broadcaster.
    Floor,
    /// Maru as it comes: every message is on the disk before anybody is shown it.
    Maru,
    /// Maru with a ledger that survives the end of the server.
    Process,
    /// Maru with a ledger in memory.
    Memory,
}

impl Kind {
    /// Maru and what it is measured against, in the order in which they take turns.
    pub(super) const BOTH: [Self; 2] = [Self::Floor, Self::Maru];
    /// The ledger on disk and what it is measured against.
    pub(super) const LEDGERS: [Self; 2] = [Self::Memory, Self::Process];

    /// Whether others are measured against it.
    pub(super) fn is_measure(self) -> bool {
        matches!(self, Self::Floor | Self::Memory)
    }

    fn durability(self) -> Option<&'static str> {
        match self {
            Self::Floor | Self::Maru => None,
            Self::Process => Some("process"),
            Self::Memory => Some("memory"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Floor => "floor",
            Self::Maru => "maru",
            Self::Process => "process",
            Self::Memory => "memory",
        })
    }
}

/// A running server.
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Server {
    /// Starts one and waits until it says where it listens.
    pub(super) fn start(kind: Kind, maru: &Path) -> Result<Self> {
        Self::start_on(kind, maru, None)
    }

    /// The same, on data that is there.
    pub(super) fn start_on(kind: Kind, maru: &Path, data: Option<&Path>) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("maru-bench-").tempdir().context("cannot make a directory")?;
        let mut command = match kind {
            Kind::Floor => floor()?,
            _ => serve(maru, data.unwrap_or(&directory.path().join("data")), kind.durability()),
        };
        let log = File::create(log_path(directory.path())).context("cannot make a log file")?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        os::die_with_parent(&mut command);
        let child = command.spawn().with_context(|| format!("cannot start {kind}"))?;
        // From here on the child is killed when this is dropped, also by an error below.
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), directory };
        let stdout = server.child.stdout.take().context("the server has no standard output")?;
        server.address = first_address(stdout).map_err(|error| server.explain(error.context(format!("{kind}"))))?;
        Ok(server)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for connections that come from one address.
    pub(super) fn target(&self) -> Target {
        Target { address: self.address, spread: false }
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The error with the end of what the server said, if it said anything.
    pub(super) fn explain(&self, error: Error) -> Error {
        match std::fs::read(log_path(self.directory.path())) {
            Ok(log) if !log.is_empty() => {
                let end = String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_BYTES_SHOWN)..]).into_owned();
                anyhow::anyhow!("{error:#}\nwhat the server said last:\n{}", end.trim_end())
            }
            _ => error,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_path(directory: &Path) -> std::path::PathBuf {
    directory.join("stderr")
}

fn floor() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot tell where this program is")?);
    command.args(["floor", "--listen", "127.0.0.1:0"]);
    Ok(command)
}

fn serve(maru: &Path, data: &Path, durability: Option<&str>) -> Command {
    let mut command = Command::new(maru);
    command.args(["serve", "--listen", "127.0.0.1:0", "--limits", "off", "--data-dir"]).arg(data);
    // Nothing of the caller's own settings, or two runs would not measure the same.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MARU_") {
            command.env_remove(name);
        }
    }
    command.env("MARU_LIMITS_CONNECTIONS", CONNECTIONS_LIMIT);
    command.envs(durability.map(|durability| ("MARU_DURABILITY", durability)));
    command
}

/// The first address that the server prints. What it prints later is read too, so that it never waits for us.
fn first_address(stdout: ChildStdout) -> Result<SocketAddr> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            if let Some(address) = find_address(&line) {
                // Nobody listens any more after the first one.
                let _ = tell.send(address);
            }
        }
    });
    let patience = Patience::new("the server to say where it listens", START_LIMIT);
    loop {
        match told.recv_timeout(LOOK_INTERVAL) {
            Ok(address) => return Ok(address),
            Err(RecvTimeoutError::Timeout) => patience.check()?,
            Err(RecvTimeoutError::Disconnected) => bail!("it ended without saying where it listens"),
        }
    }
}

/// The first `127.0.0.1:PORT` in a line.
fn find_address(line: &str) -> Option<SocketAddr> {
    line.match_indices("127.0.0.1:").find_map(|(start, host)| {
        let digits = line[start + host.len()..].bytes().take_while(u8::is_ascii_digit).count();
        let address: SocketAddr = line[start..start + host.len() + digits].parse().ok()?;
        (address.port() != 0).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: Option<u16>) {
        assert_eq!(find_address(line).map(|address| address.port()), expect);
    }

    #[test]
    fn an_address_is_found_in_whatever_a_server_prints() {
        check("listening on 127.0.0.1:4321", Some(4321));
        check("마루가 127.0.0.1:55555에서 열렸습니다", Some(55_555));
        check("asked for 127.0.0.1:0, got 127.0.0.1:99.", Some(99));
        check("nc 127.0.0.1 4321", None);
        check("127.0.0.1:", None);
        check("127.0.0.1:99999", None);
    }

    #[test]
    fn a_program_that_ends_at_once_is_an_error_and_one_that_is_missing_too() {
        assert!(Server::start(Kind::Maru, Path::new("/bin/false")).is_err());
        assert!(Server::start(Kind::Maru, Path::new("/there/is/no/such/program")).is_err());
    }
}
