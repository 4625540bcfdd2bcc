//! How long to wait before connecting again: twice as long each time, up to a limit, and never the same for all.
//!
//! When a hall restarts, all its clients lose it at one moment. Each waits somewhere between half and all of the step,
//! so that they do not all come back at one moment too.

use std::time::Duration;

use crate::limits::{BACKOFF_FIRST, BACKOFF_MOST};

/// The waits between attempts.
#[derive(Debug)]
pub(crate) struct Backoff {
    step: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { step: BACKOFF_FIRST }
    }
}

impl Backoff {
    /// The next wait. `random` is any number; where in the step the wait ends depends on it.
    pub(crate) fn next(&mut self, random: u64) -> Duration {
        let step = self.step;
        self.step = (step * 2).min(BACKOFF_MOST);
        let half = step / 2;
        let share = u32::try_from(random % 1024).unwrap_or(0);
        half + half * share / 1023
    }

    /// Begins with the short waits again.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let mut backoff = Backoff::default();
        let longest: Vec<u128> = (0..9).map(|_| backoff.next(1023).as_millis()).collect();
        assert_eq!(longest, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        backoff.reset();
        assert_eq!(backoff.next(0), Duration::from_millis(250));
    }

    #[test]
    fn a_wait_lies_between_half_and_all_of_its_step() {
        for random in [0, 1, 500, 1023, 1024, u64::MAX] {
            let wait = Backoff::default().next(random).as_millis();
            assert!((250..=500).contains(&wait), "{random}: {wait}");
        }
    }
}
