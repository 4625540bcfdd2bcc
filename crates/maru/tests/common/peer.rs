//! Somebody on a raw socket, who reads only when the test says so.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustls::client::ClientConnection;
use socket2::{Domain, SockRef, Socket, Type};

use super::PATIENCE;

/// How many pings have been sent by anybody.
static BARRIERS: AtomicU32 = AtomicU32::new(0);

/// A connection, and what was read from it and not yet looked at.
pub(crate) struct Peer {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    seen: Vec<u8>,
}

impl Peer {
    #[track_caller]
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("somebody listens");
        stream.set_nodelay(true).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, tls: None, seen: Vec::new() }
    }

    /// One whose socket takes only a little that it does not read.
    #[track_caller]
    pub(crate) fn narrow(address: SocketAddr) -> Self {
        const RECEIVE_BYTES: usize = 4096;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap();
        socket.connect(&address.into()).expect("somebody listens");
        Self { stream: socket.into(), tls: None, seen: Vec::new() }
    }

    /// One who comes from this address of the loopback.
    pub(crate) fn connect_from(from: Ipv4Addr, address: SocketAddr) -> std::io::Result<Self> {
        Self::from_socket(Socket::new(Domain::IPV4, Type::STREAM, None)?, from, address)
    }

    /// The same, whose socket takes only a little that it does not read.
    pub(crate) fn narrow_from(from: Ipv4Addr, address: SocketAddr) -> std::io::Result<Self> {
        const RECEIVE_BYTES: usize = 4096;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        Self::from_socket(socket, from, address)
    }

    fn from_socket(socket: Socket, from: Ipv4Addr, address: SocketAddr) -> std::io::Result<Self> {
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        socket.connect(&address.into())?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, tls: None, seen: Vec::new() })
    }

    /// The same in TLS from here on, with a client that offers these protocols.
    #[track_caller]
    pub(crate) fn secured(self, alpn: &[&str]) -> Self {
        self.try_secured(alpn).expect("the handshake succeeds")
    }

    /// The same, with a certificate and its key, as files.
    #[track_caller]
    pub(crate) fn certified(self, own: &(PathBuf, PathBuf)) -> Self {
        self.shake_hands(super::tls::client(&[], Some(own))).expect("the handshake succeeds")
    }

    /// The same; an error when the handshake fails.
    pub(crate) fn try_secured(self, alpn: &[&str]) -> std::io::Result<Self> {
        self.shake_hands(super::tls::client(alpn, None))
    }

    fn shake_hands(mut self, mut tls: ClientConnection) -> std::io::Result<Self> {
        self.stream.set_read_timeout(Some(PATIENCE)).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut self.stream)?;
        }
        while tls.wants_write() {
            tls.write_tls(&mut self.stream)?;
        }
        self.tls = Some(Box::new(tls));
        Ok(self)
    }

    /// The server's certificate, in DER.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        self.tls.as_ref().and_then(|tls| tls.peer_certificates()?.first()).expect("it is in TLS").to_vec()
    }

    /// Its own address, as the server sees it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// Sends bytes, in one go.
    #[track_caller]
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.write(bytes.as_ref()).expect("the server takes it");
    }

    /// Sends bytes, if there is still anybody to take them.
    pub(crate) fn try_say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.write(bytes.as_ref());
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.stream).write_all(bytes),
            None => self.stream.write_all(bytes),
        }
    }

    /// One `recv` of at most so many bytes. None at the end, and when the server has reset the connection.
    #[track_caller]
    pub(crate) fn recv(&mut self, most: usize) -> Option<Vec<u8>> {
        assert!(self.seen.is_empty(), "what was read before has been looked at");
        let mut buffer = vec![0; most];
        let n = self.read_before(Instant::now() + PATIENCE, &mut buffer)?;
        buffer.truncate(n);
        Some(buffer)
    }

    #[track_caller]
    fn read_before(&mut self, deadline: Instant, buffer: &mut [u8]) -> Option<usize> {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left)).unwrap();
        let read = match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.stream).read(buffer),
            None => self.stream.read(buffer),
        };
        match read {
            Ok(0) => None,
            Ok(n) => Some(n),
            Err(e) if e.kind() == ErrorKind::ConnectionReset => None,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing more came in time; so far:\n{}", String::from_utf8_lossy(&self.seen))
            }
            Err(e) => panic!("can't read: {e}"),
        }
    }

    /// Reads on; whether there was anything.
    #[track_caller]
    fn more(&mut self, deadline: Instant) -> bool {
        let mut buffer = [0; 64 * 1024];
        let Some(n) = self.read_before(deadline, &mut buffer) else { return false };
        self.seen.extend_from_slice(&buffer[..n]);
        true
    }

    /// The next line, as bytes, without its newline. None at the end.
    #[track_caller]
    pub(crate) fn raw_line(&mut self) -> Option<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let mut searched = 0;
        loop {
            if let Some(at) = self.seen[searched..].iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.seen.drain(..=searched + at).collect();
                line.pop();
                return Some(line);
            }
            searched = self.seen.len();
            if !self.more(deadline) {
                assert!(self.seen.is_empty(), "half a line at the end: {:?}", String::from_utf8_lossy(&self.seen));
                return None;
            }
        }
    }

    /// The next line.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let line = self.raw_line().expect("another line, not the end");
        String::from_utf8(line).expect("what the server sends is UTF-8")
    }

    /// The lines up to one that contains `needle`, and that one.
    #[track_caller]
    pub(crate) fn until(&mut self, needle: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let Some(line) = self.raw_line() else { panic!("the end instead of {needle:?}: {lines:#?}") };
            lines.push(String::from_utf8(line).expect("what the server sends is UTF-8"));
            if lines.last().is_some_and(|line| line.contains(needle)) {
                return lines;
            }
        }
    }

    /// The barrier: everything that came before the answer to a ping, which comes after everything that was there.
    #[track_caller]
    pub(crate) fn sync(&mut self) -> Vec<String> {
        let token = format!("barrier{}", BARRIERS.fetch_add(1, Ordering::Relaxed));
        self.say(format!("/ping {token}\n"));
        let mut lines = self.until(&format!("* pong {token}"));
        lines.pop();
        lines
    }

    /// The same, as bytes: what is sent to those who speak an old charset, or telnet, is no UTF-8.
    #[track_caller]
    pub(crate) fn raw_sync(&mut self) -> Vec<Vec<u8>> {
        let token = format!("raw{}", BARRIERS.fetch_add(1, Ordering::Relaxed));
        self.say(format!("\n/ping {token}\n"));
        let (pong, mut lines) = (format!("* pong {token}"), Vec::new());
        loop {
            let line = self.raw_line().expect("an answer to the ping, not the end");
            if line == pong.as_bytes() {
                return lines;
            }
            lines.push(line);
        }
    }

    /// Asks something; the answer, and whatever else came until it was complete.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.say(format!("{command}\n"));
        self.sync().join("\n")
    }

    /// Everything up to the end, as bytes.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let deadline = Instant::now() + PATIENCE;
        while self.more(deadline) {}
        std::mem::take(&mut self.seen)
    }

    /// Everything up to the end.
    #[track_caller]
    pub(crate) fn rest_text(&mut self) -> String {
        String::from_utf8(self.rest()).expect("what the server sends is UTF-8")
    }

    /// Sends no more, and still reads.
    pub(crate) fn end_input(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            tls.write_tls(&mut self.stream).unwrap();
        }
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Goes away without a goodbye: the server sees a reset.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}
