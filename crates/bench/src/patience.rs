//! How long a benchmark waits: until what it waits for has come, a deadline has passed, or somebody presses Ctrl-C.
//!
//! Every loop of this program that could go on for ever asks a [`Patience`] in each turn. Ctrl-C ends such a loop with
//! an error, so that everything that was started is stopped on the way out; a second one ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on SIGINT, SIGTERM and SIGHUP run out everybody's patience.
pub(crate) fn heed_signals() -> Result<()> {
    let interrupted = INTERRUPTED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register_conditional_default(signal, Arc::clone(interrupted))
            .and_then(|_| flag::register(signal, Arc::clone(interrupted)))
            .context("cannot handle signals")?;
    }
    Ok(())
}

/// Waiting with an end.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    what: String,
    limit: Duration,
    since: Instant,
}

impl Patience {
    /// Waiting for `what` (as in "waited 3 s for {what}") for at most `limit`.
    pub(crate) fn new(what: impl Into<String>, limit: Duration) -> Self {
        Self { what: what.into(), limit, since: Instant::now() }
    }

    /// Begins the time anew, since something has come.
    pub(crate) fn renew(&mut self) {
        self.since = Instant::now();
    }

    /// Whether the deadline has passed. An error when somebody wants us to stop.
    pub(crate) fn is_over(&self) -> Result<bool> {
        if INTERRUPTED.get().is_some_and(|interrupted| interrupted.load(Ordering::Relaxed)) {
            bail!("interrupted");
        }
        Ok(self.since.elapsed() >= self.limit)
    }

    /// An error when the deadline has passed or somebody wants us to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_over()? {
            bail!("waited {:.1} s for {}, in vain", self.since.elapsed().as_secs_f64(), self.what);
        }
        Ok(())
    }
}
