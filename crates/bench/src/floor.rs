//! The cheapest possible broadcaster, against which every server is measured.
//!
//! One thread, one epoll loop, level-triggered: what one `recv` returned is sent to everybody else, one `send` each
//! (`write` goes a longer way through the kernel and costs a few per cent more). It knows no names, rooms, lines or
//! history, and for a message it allocates nothing, locks nothing and looks nothing up but the place of the one who
//! spoke. Its sockets block, which saves it all the bookkeeping of a full socket: someone who does not read makes
//! everybody wait. A real server must do better; what that costs is the ratio that the benchmarks report.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd as _, OwnedFd};

use anyhow::{Context as _, Result};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::{self, Errno};
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};

const BACKLOG: i32 = 4096;
const EVENTS_MAX: usize = 1024;
const READ_BYTES: usize = 64 * 1024;
const LISTENER: u64 = u64::MAX;
const NOBODY: u32 = u32::MAX;

/// Everybody who is connected, one after another in memory, since the whole work is to walk over them.
#[derive(Default)]
struct Crowd {
    members: Vec<OwnedFd>,
    /// The place in `members` of each descriptor, or [`NOBODY`].
    places: Vec<u32>,
}

impl Crowd {
    fn enter(&mut self, member: OwnedFd) {
        let fd = member.as_raw_fd() as usize;
        if self.places.len() <= fd {
            self.places.resize(fd + 1, NOBODY);
        }
        self.places[fd] = self.members.len() as u32;
        self.members.push(member);
    }

    /// Takes the member at `place` out; the last one moves into its place.
    fn leave(&mut self, place: usize) {
        let gone = self.members.swap_remove(place);
        self.places[gone.as_raw_fd() as usize] = NOBODY;
        if let Some(moved) = self.members.get(place) {
            self.places[moved.as_raw_fd() as usize] = place as u32;
        }
    }

    fn tell_all_but(&self, speaker: usize, bytes: &[u8]) {
        let (before, rest) = self.members.split_at(speaker);
        for member in before.iter().chain(&rest[1..]) {
            // Whoever is gone says so by an event of its own. A blocking socket takes all or is broken.
            let _ = net::send(member, bytes, SendFlags::NOSIGNAL);
        }
    }
}

/// Listens on `listen`, says on which address, and relays until the process is killed.
pub(crate) fn serve(listen: SocketAddr) -> Result<()> {
    let listener = bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    let address: SocketAddr = net::getsockname(&listener)?.try_into()?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    writeln!(std::io::stdout(), "listening on {address}")?;

    let mut crowd = Crowd::default();
    let mut events = Vec::with_capacity(EVENTS_MAX);
    let mut scratch = vec![0; READ_BYTES];
    loop {
        events.clear();
        match epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for events"),
        }
        for event in &events {
            let token = event.data.u64();
            if token == LISTENER {
                let member = net::accept_with(&listener, SocketFlags::CLOEXEC).context("cannot accept")?;
                sockopt::set_tcp_nodelay(&member, true)?;
                epoll::add(&epoll, &member, EventData::new_u64(member.as_raw_fd() as u64), EventFlags::IN)?;
                crowd.enter(member);
            } else {
                let place = crowd.places[token as usize] as usize;
                match net::recv(&crowd.members[place], &mut scratch[..], RecvFlags::empty()) {
                    Ok((0, _)) | Err(_) => crowd.leave(place),
                    Ok((length, _)) => crowd.tell_all_but(place, &scratch[..length]),
                }
            }
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let listener = net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&listener, true)?;
    net::bind(&listener, &address)?;
    net::listen(&listener, BACKLOG)?;
    Ok(listener)
}
