//! Taking what a server needs of its host: the data directory and the listeners.

use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::Error;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4_096;
/// The file in the data directory that is locked while a server uses it.
const LOCK_FILE: &str = "maru.lock";

/// Makes the data directory if it is missing, and takes it for this process, for as long as the file is open.
///
/// # Errors
/// When it cannot be made or written to, and when another process has it.
pub fn take_data_dir(path: &Path) -> Result<File, Error> {
    let failed = |source| Error::DataDir { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK_FILE)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::DataDirBusy { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Binds all addresses. `[::]` takes IPv6 alone, so that `0.0.0.0` may be bound beside it; on a host without IPv6 it is left
/// out when something else is listened on.
pub(crate) fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, Error> {
    let mut listeners = Vec::with_capacity(addresses.len());
    let mut last = None;
    for addr in addresses {
        match listener(*addr) {
            Ok(listener) => listeners.push(listener),
            Err(error) if addr.is_ipv6() && addr.ip().is_unspecified() && is_no_ipv6(&error) => {
                tracing::warn!(%addr, "this host has no IPv6");
                last = Some((*addr, error));
            }
            Err(error) => return Err(named(*addr, error)),
        }
    }
    match last {
        Some((addr, error)) if listeners.is_empty() => Err(named(addr, error)),
        _ => Ok(listeners),
    }
}

fn listener(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A server that is started again must not wait for the old one's connections to be forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn is_no_ipv6(error: &io::Error) -> bool {
    // EAFNOSUPPORT and EADDRNOTAVAIL: IPv6 is not in the kernel, or switched off.
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(97)
}

fn named(addr: SocketAddr, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::AddrInUse => Error::AddressInUse { addr },
        io::ErrorKind::PermissionDenied => Error::PortPrivileged { addr },
        io::ErrorKind::AddrNotAvailable => Error::AddressUnavailable { addr },
        _ => Error::Listen { addr, source },
    }
}
