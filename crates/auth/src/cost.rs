//! What it costs to guess a password.

use argon2::Params;

use crate::limits::{ITERATIONS_MAX, ITERATIONS_MIN, LANES_MAX, MEMORY_KIB_MAX, PASSES_MAX};

/// Bytes of what argon2id makes of a password.
pub(crate) const HASH_BYTES: usize = 32;

/// How much work a verifier asks of whoever has a password, and so of whoever guesses one. A number out of its bounds
/// (in `limits`) counts as the nearest within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory that argon2id takes, in KiB: at least eight for each lane.
    pub memory_kib: u32,
    /// Passes of argon2id over its memory.
    pub passes: u32,
    /// Lanes of argon2id. Here they are worked through one after the other.
    pub lanes: u32,
    /// Iterations of PBKDF2 in SCRAM-SHA-256. The server pays for them when a verifier is made, and the client each
    /// time.
    pub scram_iterations: u32,
}

impl Default for Cost {
    /// OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB and two passes, PBKDF2-HMAC-SHA256 with 600,000
    /// iterations. Both guard the same password, so neither may be the weak one.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1, scram_iterations: 600_000 }
    }
}

impl Cost {
    /// The least there can be: for tests and simulations, not for passwords of people.
    #[must_use]
    pub fn least() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1, scram_iterations: ITERATIONS_MIN }
    }

    /// This cost, within its bounds.
    pub(crate) fn bounded(self) -> Self {
        let lanes = self.lanes.clamp(1, LANES_MAX);
        Self {
            memory_kib: self.memory_kib.clamp(8 * lanes, MEMORY_KIB_MAX),
            passes: self.passes.clamp(1, PASSES_MAX),
            lanes,
            scram_iterations: self.scram_iterations.clamp(ITERATIONS_MIN, ITERATIONS_MAX),
        }
    }

    /// What argon2id is told.
    pub(crate) fn params(self) -> Params {
        let Self { memory_kib, passes, lanes, .. } = self.bounded();
        Params::new(memory_kib, passes, lanes, Some(HASH_BYTES)).expect("bounded costs are valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_configured_is_a_cost() {
        for n in [0, 1, 7, 8, 100, u32::MAX] {
            for lanes in [0, 1, 3, u32::MAX] {
                let cost = Cost { memory_kib: n, passes: n, lanes, scram_iterations: n };
                assert_eq!(cost.bounded(), cost.bounded().bounded());
                assert_eq!(cost.params().m_cost(), cost.bounded().memory_kib);
            }
        }
        assert_eq!(Cost::least().bounded(), Cost::least());
        assert_eq!(Cost::default().bounded(), Cost::default());
    }
}
