//! Every limit of the ledgers, in one place. The configuration can set each of them.

/// The named limits of the ledger that keeps its entries in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Entries kept, of all rooms together; the oldest go first.
    pub entries: usize,
    /// Bytes of text kept, of all rooms together.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 * 1024 * 1024 }
    }
}
