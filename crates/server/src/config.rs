//! What a server is told when it starts. Plain data: where it comes from (flags, environment, a file) is `maru`'s affair.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ledger::Retention;
use wire::Lang;

/// The port of the house.
pub const PORT: u16 = 55_555;

/// Everything a server can be told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses to listen on. Port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Where the hall keeps its data; made if it is missing.
    pub data_dir: PathBuf,
    /// What can be changed while the server runs.
    pub settings: Settings,
}

/// What can be changed while the server runs (SIGHUP).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The language for clients that have not said theirs.
    pub language: Lang,
    /// The charset in which bytes that are no UTF-8 are read (a WHATWG label such as `euc-kr`).
    pub legacy_charset: String,
    /// Where entries are kept, and how safely.
    pub durability: Durability,
    /// How long they are kept.
    pub retention: Retention,
    /// Who may come in at all.
    pub policy: hall::Policy,
    /// Limits of the domain.
    pub hall: hall::Limits,
    /// Limits of the dialects.
    pub wire: wire::Limits,
    /// Limits of connections.
    pub gate: gate::Limits,
    /// Limits of the ledger that keeps its entries in memory.
    pub ledger: ledger::Limits,
    /// Limits of the server's own buffers and waits.
    pub server: crate::Limits,
}

/// What committed entries survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The end of the machine: they are on the disk before anybody is shown them.
    #[default]
    Disk,
    /// The end of the process, not a power cut.
    Process,
    /// Nothing: they are kept in memory, and only the latest of them.
    Memory,
}

impl Config {
    /// The default: the house's port on every address, the data in `data_dir`.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            listen: vec![(Ipv4Addr::UNSPECIFIED, PORT).into(), (Ipv6Addr::UNSPECIFIED, PORT).into()],
            data_dir,
            settings: Settings::default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Lang::En,
            legacy_charset: "euc-kr".to_owned(),
            durability: Durability::default(),
            retention: Retention::default(),
            policy: hall::Policy::default(),
            hall: hall::Limits::default(),
            wire: wire::Limits::default(),
            gate: gate::Limits::default(),
            ledger: ledger::Limits::default(),
            server: crate::Limits::default(),
        }
    }
}
