//! Every limit of the dialects, in one place. The configuration can set each of them.

/// The named limits of what a client may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest line, in bytes of UTF-8 without its newline. A longer one is refused and dropped to its end.
    pub line_bytes: usize,
    /// Silence after bytes without a newline that ends a message, in milliseconds.
    pub pause_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: 8 * 1024, pause_ms: 50 }
    }
}
