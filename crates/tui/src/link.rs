//! One connection: threads that connect, read and write, so that nothing else ever waits for the network.
//!
//! Each thread reports to the loop with the number of its connection; what an older connection still reports is not
//! heard. The queue of writes is bounded by what the conversation lets be unacknowledged.
//!
//! With TLS both threads share its state, behind a lock that is never held while the network is waited for. Only the
//! writing thread writes, also what TLS itself has to say, so that everything goes out in the order of its sealing.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::Error;
use crate::address::Address;
use crate::dial::Dialed;
use crate::drive::Event;
use crate::limits::{CONNECT_TIMEOUT, DEAD, KEEPALIVE, READ_BYTES, TLS_WRITE_BYTES};
use crate::tls::Tls;

/// Connects to the first address of the server that takes the connection.
pub(crate) fn connect(address: &Address) -> Result<TcpStream, Error> {
    let sockets: Vec<SocketAddr> = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .map_err(|why| Error::Unresolved(address.clone(), why))?
        .collect();
    let mut tried: Vec<(SocketAddr, io::Error)> = Vec::new();
    for socket in sockets {
        if tried.iter().any(|(before, _)| *before == socket) {
            continue;
        }
        match TcpStream::connect_timeout(&socket, CONNECT_TIMEOUT).and_then(prepared) {
            Ok(stream) => return Ok(stream),
            Err(why) => tried.push((socket, why)),
        }
    }
    Err(Error::Unreachable(address.clone(), tried))
}

/// Messages go out at once, and a peer whose machine has vanished is noticed even by who only listens.
fn prepared(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(DEAD))?;
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(Duration::from_secs(5));
    socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

/// What the writing thread is told.
enum Order {
    Bytes(Vec<u8>),
    /// TLS itself has something to say.
    Flush,
    Close,
}

/// The encryption, as the two threads share it.
type Shared = Arc<Mutex<Tls>>;

fn locked(tls: &Shared) -> MutexGuard<'_, Tls> {
    tls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that is read and written by threads of its own.
pub(crate) struct Link {
    stream: TcpStream,
    writes: Sender<Order>,
    writer: JoinHandle<()>,
}

impl Link {
    /// Starts the threads of connection number `id`.
    pub(crate) fn start(dialed: Dialed, id: u64, events: &SyncSender<Event>) -> io::Result<Self> {
        let Dialed { stream, tls, .. } = dialed;
        let tls: Option<Shared> = tls.map(|tls| Arc::new(Mutex::new(tls)));
        let (writes, queue) = channel();
        let (to_read, to_write) = (stream.try_clone()?, stream.try_clone()?);
        let (read_events, write_events) = (events.clone(), events.clone());
        let (sealed, orders) = (tls.clone(), writes.clone());
        thread::Builder::new().name("read".into()).spawn(move || match sealed {
            None => read(to_read, id, &read_events),
            Some(tls) => read_sealed(to_read, &tls, id, &read_events, &orders),
        })?;
        let writer = thread::Builder::new().name("write".into()).spawn(move || {
            if let Err(why) = write(to_write, tls.as_ref(), &queue) {
                let _ = write_events.send(Event::Closed(id, Some(why)));
            }
        })?;
        Ok(Self { stream, writes, writer })
    }

    /// Has these bytes written, in one write.
    pub(crate) fn send(&self, bytes: Vec<u8>) {
        // A writer that is gone has reported why.
        let _ = self.writes.send(Order::Bytes(bytes));
    }

    /// Sends nothing more once everything is written.
    pub(crate) fn close_write(&self) {
        let _ = self.writes.send(Order::Close);
    }

    /// Ends the connection at once.
    pub(crate) fn cut(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Ends the connection once everything is written; a peer that takes nothing is not waited for long.
    pub(crate) fn finish(self) {
        let _ = self.stream.set_write_timeout(Some(Duration::from_secs(1)));
        self.close_write();
        let Self { writes, writer, .. } = self;
        drop(writes);
        let _ = writer.join();
    }
}

fn read(mut stream: TcpStream, id: u64, events: &SyncSender<Event>) {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let event = match stream.read(&mut buffer) {
            Ok(0) => Event::Closed(id, None),
            Ok(n) => Event::Received(id, buffer[..n].to_vec()),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => Event::Closed(id, Some(why)),
        };
        let ended = matches!(event, Event::Closed(..));
        if events.send(event).is_err() || ended {
            return;
        }
    }
}

/// The same, of what is encrypted.
fn read_sealed(mut stream: TcpStream, tls: &Shared, id: u64, events: &SyncSender<Event>, writer: &Sender<Order>) {
    let mut buffer = vec![0; READ_BYTES];
    // What came together with the end of the handshake is there already.
    let mut came = 0;
    loop {
        let (text, end, tell) = {
            let mut tls = locked(tls);
            let (text, end) = tls.open(&buffer[..came]);
            (text, end, tls.has_to_tell())
        };
        if tell {
            let _ = writer.send(Order::Flush);
        }
        if !text.is_empty() && events.send(Event::Received(id, text)).is_err() {
            return;
        }
        let end = end.or_else(|| match read_some(&mut stream, &mut buffer) {
            // An end that the peer did not announce may be somebody else's doing (RFC 8446, 6.1).
            Ok(0) => Some(Some(io::ErrorKind::UnexpectedEof.into())),
            Ok(n) => {
                came = n;
                None
            }
            Err(why) => Some(Some(why)),
        });
        if let Some(why) = end {
            let _ = events.send(Event::Closed(id, why));
            return;
        }
    }
}

fn read_some(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Writes until it is told to close, or nobody is left to tell it anything.
fn write(mut stream: TcpStream, tls: Option<&Shared>, queue: &Receiver<Order>) -> io::Result<()> {
    for order in queue {
        match (order, tls) {
            (Order::Bytes(bytes), None) => stream.write_all(&bytes)?,
            (Order::Bytes(bytes), Some(tls)) => {
                for text in bytes.chunks(TLS_WRITE_BYTES) {
                    let sealed = locked(tls).seal(text)?;
                    stream.write_all(&sealed)?;
                }
            }
            (Order::Flush, None) => {}
            (Order::Flush, Some(tls)) => {
                let sealed = locked(tls).seal(&[])?;
                stream.write_all(&sealed)?;
            }
            (Order::Close, tls) => {
                if let Some(tls) = tls {
                    let sealed = locked(tls).close()?;
                    stream.write_all(&sealed)?;
                }
                return stream.shutdown(Shutdown::Write);
            }
        }
    }
    Ok(())
}
