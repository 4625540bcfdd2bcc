//! What a connection costs that does nothing: how much the server's memory grows by many silent ones.
//!
//! Every connection is seen to be accepted (the server's process has one descriptor more for each, or in IRC each is
//! welcomed), and the memory is read when it no longer moves: after the silence by which a server may recognise its
//! plain clients, and over several equal readings. In IRC the connections register, are sent all that a server has to
//! say to somebody new, and join nothing. At the end every connection must still stand, so that a server that turns
//! people away does not win.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::crowd::Crowd;
use crate::dialect::Dialect;
use crate::net::Target;
use crate::patience::Patience;
use crate::process::{self, Memory};

/// Connections made before the server has to have accepted them.
const BATCH: usize = 500;
/// Between two looks at whether it has.
const ACCEPT_INTERVAL: Duration = Duration::from_millis(5);
const ACCEPT_LIMIT: Duration = Duration::from_secs(30);
/// No reading earlier than this after the last connection counts: silence is recognised after 300 ms.
const SILENCE: Duration = Duration::from_millis(1500);
const READING_INTERVAL: Duration = Duration::from_millis(100);
/// Equal readings one after another that mean that nothing moves any more.
const READINGS_EQUAL: usize = 10;
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// What silent connections cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    /// How many there were.
    pub(crate) connections: usize,
    /// The server's memory before and with them.
    pub(crate) before: Memory,
    /// The same with all of them connected.
    pub(crate) after: Memory,
}

impl Report {
    /// Resident bytes for each connection.
    pub(crate) fn resident_bytes(&self) -> f64 {
        (self.after.resident as f64 - self.before.resident as f64) / self.connections as f64
    }

    /// Anonymous resident bytes for each connection.
    pub(crate) fn anonymous_bytes(&self) -> f64 {
        (self.after.anonymous as f64 - self.before.anonymous as f64) / self.connections as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kib = |bytes: u64| bytes / 1024;
        writeln!(f, "connections              {}", self.connections)?;
        writeln!(f, "server before            {} KiB", kib(self.before.resident))?;
        writeln!(f, "server with them         {} KiB", kib(self.after.resident))?;
        writeln!(f, "resident, each           {:.0} bytes", self.resident_bytes())?;
        write!(f, "anonymous, each          {:.0} bytes", self.anonymous_bytes())
    }
}

/// Opens the connections, waits until the server's memory has settled, and compares.
pub(crate) fn measure(target: Target, pid: u32, dialect: Dialect, connections: usize) -> Result<Report> {
    process::allow_files(connections + 64)?;
    let mut crowd = Crowd::new(target, dialect)?;
    let before = settled_memory(pid, Duration::ZERO, &mut crowd)?;
    let files = process::open_files(pid)?;
    while crowd.len() < connections {
        crowd.admit(BATCH.min(connections - crowd.len()))?;
        let patience = Patience::new(format!("the server to accept {} connections", crowd.len()), ACCEPT_LIMIT);
        // In IRC each has been welcomed by now.
        while !dialect.is_irc() && process::open_files(pid)? < files + crowd.len() {
            patience.check()?;
            crowd.rest(ACCEPT_INTERVAL)?;
            crowd.ensure_whole()?;
        }
    }
    if dialect.is_irc() {
        crowd.quiet(|_| false)?;
    }
    let after = settled_memory(pid, SILENCE, &mut crowd)?;
    crowd.ensure_whole()?;
    Ok(Report { connections, before, after })
}

/// The server's memory when it has stopped moving, and not before `at_least` has passed. What it says meanwhile to the
/// crowd is read and forgotten.
fn settled_memory(pid: u32, at_least: Duration, crowd: &mut Crowd) -> Result<Memory> {
    let began = Instant::now();
    let patience = Patience::new("the server's memory to settle", SETTLE_LIMIT);
    let mut last = Memory::of(pid)?;
    let mut equal = 1;
    while equal < READINGS_EQUAL {
        patience.check()?;
        crowd.rest(READING_INTERVAL)?;
        let memory = Memory::of(pid)?;
        let counts = memory == last && began.elapsed() >= at_least;
        equal = if counts { equal + 1 } else { 1 };
        last = memory;
    }
    Ok(last)
}
