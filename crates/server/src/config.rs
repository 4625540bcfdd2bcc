//! What a server is told when it starts. Plain data: where it comes from (flags, environment, a file) is `maru`'s affair.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use auth::MachinePassword;
use gate::Networks;
use hall::Secret;
use ipnet::IpNet;
use ledger::Retention;
use wire::Lang;
use wire::irc::Disbelief;

/// The port of the house.
pub const PORT: u16 = 55_555;

/// Everything a server can be told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses to listen on. Port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Where the hall keeps its data; made if it is missing.
    pub data_dir: PathBuf,
    /// Whether to listen on a socket in the data directory too, for administration: [`LOCAL_SOCKET`](crate::LOCAL_SOCKET).
    pub local_socket: bool,
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
    /// TLS.
    pub tls: TlsSettings,
    /// What IRC tells of the hall as a whole.
    pub irc: IrcSettings,
    /// Networks of proxies that may say for whom they speak (PROXY protocol).
    pub proxies: Networks,
    /// Gateways of IRC that may say for whom they speak (WEBIRC).
    pub gateways: Gateways,
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

/// Gateways of IRC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gateways(pub Vec<Gateway>);

/// A gateway of IRC, or several with one password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where it comes from.
    pub network: IpNet,
    /// What it says to be believed.
    pub password: MachinePassword,
}

impl Gateways {
    /// Those that come from there.
    fn at(&self, address: IpAddr) -> impl Iterator<Item = &Gateway> {
        let address = address.to_canonical();
        self.0.iter().filter(move |gateway| gateway.network.contains(&address))
    }

    /// Whether there may be one at this address.
    pub(crate) fn may_be_at(&self, address: IpAddr) -> bool {
        self.at(address).next().is_some()
    }
}

impl Settings {
    /// Whether somebody at this address who gives this password may say for whom they speak. A trusted proxy need not give
    /// one, unless it is among the gateways, too.
    pub(crate) fn believes(&self, address: IpAddr, password: &Secret) -> Result<(), Disbelief> {
        if self.gateways.may_be_at(address) {
            let known = self.gateways.at(address).any(|gateway| gateway.password.is(password));
            return if known { Ok(()) } else { Err(Disbelief::Password) };
        }
        if self.proxies.contain(address) { Ok(()) } else { Err(Disbelief::NoGateway) }
    }
}

/// What IRC tells of the hall as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IrcSettings {
    /// What the server is called: one word. It holds from the start of the server.
    pub server_name: String,
    /// What the hall is called: one word.
    pub network: String,
    /// The message of the day; its lines are told one by one. May be empty.
    pub motd: String,
    /// Whom to turn to. May be empty.
    pub admin: String,
}

impl Default for IrcSettings {
    fn default() -> Self {
        let house = wire::irc::House::default();
        Self { server_name: house.server, network: house.network, motd: String::new(), admin: String::new() }
    }
}

/// What holds for TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// A file with the certificate, its issuers behind it, in PEM. Without it, or without the key, the server has one of
    /// its own, which it makes in the data directory.
    pub certificate: Option<PathBuf>,
    /// A file with its private key, in PEM.
    pub key: Option<PathBuf>,
    /// Whether whoever does not come in TLS is turned away.
    pub only: bool,
    /// Networks from which one may come without TLS all the same.
    pub plain_networks: Networks,
    /// Whether clients of IRC are told to come in TLS from now on (IRCv3 sts).
    pub sts: bool,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self { certificate: None, key: None, only: false, plain_networks: Networks::loopback(), sts: false }
    }
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
            local_socket: false,
            settings: Settings::default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Lang::En,
            legacy_charset: "euc-kr".to_owned(),
            tls: TlsSettings::default(),
            irc: IrcSettings::default(),
            proxies: Networks::default(),
            gateways: Gateways::default(),
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
