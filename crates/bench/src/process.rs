//! What `/proc` tells of the server: its memory and how many descriptors it has open; and of ourselves the limit of
//! descriptors and the CPU time.
//!
//! The server is read from outside, so that none has to be built for being measured. Reading another process's
//! descriptors takes the same user or root.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// What a process holds in memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// All resident pages (`VmRSS`).
    pub(crate) resident: u64,
    /// The anonymous ones among them (`RssAnon`): heap and stacks, without the pages of files.
    pub(crate) anonymous: u64,
}

impl Memory {
    /// The memory of the process `pid` now.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let path = format!("/proc/{pid}/status");
        let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        parse(&status).with_context(|| format!("{path} says nothing of memory: has the process ended?"))
    }
}

fn parse(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    };
    Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")? })
}

/// How many descriptors the process `pid` has open.
pub(crate) fn open_files(pid: u32) -> Result<usize> {
    let path = format!("/proc/{pid}/fd");
    Ok(fs::read_dir(&path).with_context(|| format!("cannot read {path}"))?.count())
}

/// The CPU time that we have used ourselves.
pub(crate) fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Raises our limit of open descriptors, which a server that we start inherits, as far as it may be raised, and makes
/// sure that `needed` fit.
pub(crate) fn allow_files(needed: usize) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
            .context("cannot raise the limit of open files")?;
    }
    match limit.maximum {
        Some(maximum) if maximum < needed as u64 => {
            bail!("{needed} open files are needed and {maximum} are allowed\nhint: raise `ulimit -Hn`, or ask for less")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tmaru\nVmHWM:\t   9 kB\nVmRSS:\t   1028 kB\nRssAnon:\t     92 kB\nThreads:\t1\n";
        assert_eq!(parse(status), Some(Memory { resident: 1028 * 1024, anonymous: 92 * 1024 }));
        assert_eq!(parse("Name:\tmaru\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn we_have_memory_and_files_ourselves() {
        let memory = Memory::of(std::process::id()).unwrap();
        assert!(memory.resident >= memory.anonymous && memory.anonymous > 0);
        assert!(open_files(std::process::id()).unwrap() >= 3);
    }
}
