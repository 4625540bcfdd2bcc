//! Taking what a server needs of its host: the data directory and the listeners.

use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::{TcpListener, UnixListener};

use crate::Error;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4_096;
/// The file in the data directory that is locked while a server uses it.
const LOCK_FILE: &str = "maru.lock";
/// The socket in the data directory, for those who may write to it.
pub const LOCAL_SOCKET: &str = "admin.sock";

/// A socket of this machine that is listened on. Its file is gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) listener: Option<UnixListener>,
    path: PathBuf,
}

impl Drop for Local {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

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

/// Listens on the socket in the data directory, which is ours: what an earlier server has left there is replaced. Nobody
/// but this user (and root) can connect, not even for a moment.
pub(crate) fn bind_local(data_dir: &Path) -> Result<Local, Error> {
    let path = data_dir.join(LOCAL_SOCKET);
    let bound = || -> io::Result<UnixListener> {
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(&path)?,
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SockAddr::unix(&path)?)?;
        // Before it is listened on: until then nobody can connect.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        socket.listen(BACKLOG)?;
        UnixListener::from_std(socket.into())
    };
    match bound() {
        Ok(listener) => Ok(Local { listener: Some(listener), path }),
        Err(source) => Err(Error::LocalSocket { path, source }),
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
