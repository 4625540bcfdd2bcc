//! Every limit of the server's own buffers and waits, in one place. The configuration can set each of them.

/// The named limits of the running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of answers that may wait for one client; it is not read from until they are gone.
    pub reply_bytes: usize,
    /// Bytes of answers that may wait for all clients together. Beyond that nobody is read from whose own are not gone.
    pub replies_bytes: usize,
    /// Bytes of what a client is told without having asked for it that may wait for it. Beyond that it is closed.
    pub unasked_bytes: usize,
    /// Bytes written to one client in one go before the others have their turn.
    pub write_bytes: usize,
    /// Time for which it may be held back who comes and goes in a room with many people, to be told together, in
    /// milliseconds.
    pub announcements_ms: u64,
    /// People in a room below whom it is told at once.
    pub prompt_people: usize,
    /// Time without a sign of life from a peer's network after which it counts as gone, in seconds.
    pub peer_dead_s: u64,
    /// Passwords that wait to be looked at, of all clients together; any more are told to try again.
    pub logins_waiting: usize,
    /// Passwords that wait to be looked at, of one address (IPv6: /64).
    pub logins_per_address: usize,
    /// Time that a stopping server gives its clients to take what waits for them, in milliseconds.
    pub stop_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reply_bytes: 64 * 1024,
            replies_bytes: 256 * 1024 * 1024,
            unasked_bytes: 1024 * 1024,
            write_bytes: 256 * 1024,
            announcements_ms: 100,
            prompt_people: 64,
            peer_dead_s: 60,
            logins_waiting: 64,
            logins_per_address: 4,
            stop_ms: 5_000,
        }
    }
}
