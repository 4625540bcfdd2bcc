//! Every limit of the gate, in one place. The configuration can set each of them; `None` means that there is none.

/// The named limits of connections that come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time, of all addresses together.
    pub connections: Option<usize>,
    /// Connections at one time from one address.
    pub connections_per_address: Option<usize>,
    /// Connections from one address in a minute.
    pub connections_per_minute: Option<u32>,
    /// Addresses of which it is remembered how often they came in the last minute.
    pub recent_addresses: usize,
    /// Silence after which a client counts as one of plain lines, in milliseconds.
    pub silence_ms: u64,
    /// Time from the first byte until the dialect must be known, in milliseconds.
    pub handshake_ms: u64,
    /// TLS handshakes at one time; whoever comes meanwhile waits for its turn, within that same time.
    pub handshakes: usize,
    /// Bytes that a client may send in one TLS handshake, its certificate included.
    pub handshake_bytes: usize,
    /// Bytes encrypted for one client that its socket has not taken yet.
    pub tls_buffer_bytes: usize,
    /// Longest PROXY header (version 2; one of version 1 has 107 bytes at most).
    pub proxy_header_bytes: usize,
    /// Connections at one time to the local socket, which are not among the others.
    pub local_connections: usize,
    /// Connections over a limit that are told so at one time; any more are closed without a word.
    pub refusals: usize,
    /// Messages a second from one connection, in the long run. A faster sender is slowed, and told so.
    pub messages_per_second: Option<u32>,
    /// Messages one connection may send at once before that rate holds.
    pub messages_burst: u32,
    /// Time for which a connection may go on sending faster than that without a pause, in seconds. Then it is closed.
    pub flood_s: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Some(10_000),
            connections_per_address: Some(128),
            connections_per_minute: Some(600),
            recent_addresses: 100_000,
            silence_ms: 300,
            handshake_ms: 10_000,
            handshakes: 1_024,
            handshake_bytes: 32 * 1024,
            tls_buffer_bytes: 64 * 1024,
            proxy_header_bytes: 2 * 1024,
            local_connections: 16,
            refusals: 64,
            messages_per_second: Some(10),
            messages_burst: 50,
            flood_s: Some(600),
        }
    }
}

impl Limits {
    /// These limits with every one that holds for a single connection or address lifted: what `--limits off` means.
    #[must_use]
    pub fn lifted(self) -> Self {
        Self {
            connections_per_address: None,
            connections_per_minute: None,
            messages_per_second: None,
            flood_s: None,
            ..self
        }
    }
}
