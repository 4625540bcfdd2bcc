//! What can keep a server from starting. Each says what happened, and on what; the hint is the caller's.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody listens there already.
    #[error("{addr} is in use")]
    AddressInUse {
        /// The address.
        addr: SocketAddr,
    },
    /// Only root may listen there.
    #[error("no permission to listen on {addr}")]
    PortPrivileged {
        /// The address.
        addr: SocketAddr,
    },
    /// This host has no such address.
    #[error("this host has no address {addr}")]
    AddressUnavailable {
        /// The address.
        addr: SocketAddr,
    },
    /// Listening failed otherwise.
    #[error("can't listen on {addr}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data directory cannot be made or written to.
    #[error("can't write to the data directory {}", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another server has the data directory.
    #[error("another server uses the data directory {}", path.display())]
    DataDirBusy {
        /// The directory.
        path: PathBuf,
    },
    /// The local socket cannot be listened on.
    #[error("can't listen on {}", path.display())]
    LocalSocket {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The ledger in the data directory cannot be used.
    #[error("the ledger cannot be used: {0}")]
    Ledger(#[source] ledger::Error),
    /// The certificate for TLS cannot be used.
    #[error(transparent)]
    Certificate(#[from] gate::CertificateError),
    /// There is no such charset.
    #[error("there is no charset {label}")]
    Charset {
        /// What was asked for.
        label: String,
    },
    /// Something else failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
