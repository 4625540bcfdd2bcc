//! Connections to the server under test: made one after another, never blocking afterwards.
//!
//! On a machine's own network a connection stands as soon as the server's kernel has it, so there is nothing to win
//! by making many at once. With `spread` they come from 127.0.0.1, 127.0.0.2 and so on in turn, for a server that
//! limits the connections of one address.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

use anyhow::{Context as _, Result};
use rustix::io::{self, Errno};
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

/// How many addresses `spread` takes turns with.
const SOURCES: usize = 250;

/// Where connections go to and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// The server's address.
    pub(crate) address: SocketAddr,
    /// Whether connections come from many addresses of 127.0.0.0/8.
    pub(crate) spread: bool,
}

impl Target {
    /// The connection number `index`.
    pub(crate) fn connect(&self, index: usize) -> Result<OwnedFd> {
        self.try_connect(index).with_context(|| format!("cannot make connection {} to {}", index + 1, self.address))
    }

    fn try_connect(&self, index: usize) -> io::Result<OwnedFd> {
        let family = if self.address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        if self.spread && self.address.is_ipv4() {
            let source = Ipv4Addr::new(127, 0, 0, 1 + (index % SOURCES) as u8);
            net::bind(&socket, &SocketAddr::from((source, 0)))?;
        }
        loop {
            match net::connect(&socket, &self.address) {
                Err(Errno::INTR) => {}
                Ok(()) | Err(Errno::ISCONN) => break,
                Err(error) => return Err(error),
            }
        }
        sockopt::set_tcp_nodelay(&socket, true)?;
        io::ioctl_fionbio(&socket, true)?;
        Ok(socket)
    }
}

/// Reads what there is, at most `scratch` holds. `None`: nothing now. `Some(0)`: the server has closed.
pub(crate) fn read_some(socket: &OwnedFd, scratch: &mut [u8]) -> Option<usize> {
    match io::read(socket, scratch) {
        Ok(length) => Some(length),
        Err(Errno::AGAIN | Errno::INTR) => None,
        Err(_) => Some(0),
    }
}
