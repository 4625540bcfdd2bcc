//! Every limit of the ledgers, in one place; the unit is the last word of the name.

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

/// The named limits of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchLimits {
    /// Words in one search; further ones are passed over.
    pub words: usize,
    /// Characters in one word of a search; a longer one finds nothing.
    pub word_chars: usize,
    /// Pieces of words that one search asks the index for; the rest is compared with what those found.
    pub tokens: usize,
    /// Logs that one search asks the index for; with more, the entries themselves are looked at.
    pub logs: usize,
    /// Entries that one search looks at because the index named them.
    pub candidates: usize,
    /// Entries behind the index that a search looks through itself.
    pub unindexed_entries: u64,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self { words: 32, word_chars: 1_000, tokens: 16, logs: 256, candidates: 20_000, unindexed_entries: 20_000 }
    }
}

/// The named limits of the ledger that keeps its entries in SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteLimits {
    /// How long to wait for another program that holds the file, in milliseconds.
    pub busy_wait_ms: u64,
    /// Pages of the store that each connection keeps in memory, in KiB: the writer, the indexer and every reader.
    pub cache_kib: u32,
    /// The size of the write-ahead log from which on it is worked into the store beside the writing, in KiB.
    pub wal_kib: u32,
    /// The size from which on the writer itself does that, should it be too fast for that, in KiB.
    pub wal_most_kib: u32,
    /// Logs whose numbers a connection remembers.
    pub known_logs: usize,
    /// Guises whose numbers a connection remembers.
    pub known_guises: usize,
    /// Entries in one page, whatever was asked for.
    pub page_entries: usize,
    /// Entries that are let go in one slice of tending.
    pub tend_entries: usize,
    /// How long a value that was kept beside the log and is no longer may stay in the files before the write-ahead log is
    /// worked in for its sake, in milliseconds: some change often, and those who speak wait for that.
    pub outdated_wait_ms: u64,
    /// Pages that are given back to the disk in one slice of tending.
    pub tend_vacuum_pages: u32,
    /// Entries that the index takes in one piece.
    pub index_entries: usize,
    /// Limits of searches.
    pub search: SearchLimits,
}

impl Default for SqliteLimits {
    fn default() -> Self {
        Self {
            busy_wait_ms: 2_000,
            cache_kib: 4 * 1024,
            wal_kib: 8 * 1024,
            wal_most_kib: 64 * 1024,
            known_logs: 4_096,
            known_guises: 4_096,
            page_entries: 10_000,
            tend_entries: 512,
            outdated_wait_ms: 10_000,
            tend_vacuum_pages: 256,
            index_entries: 4_096,
            search: SearchLimits::default(),
        }
    }
}
