//! The accept loop of one listener, and what becomes of a connection until its dialect is known.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gate::{Sniffed, Ticket, sniff};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use wire::Dialect;
use wire::refuse::{Why, refusal};

use crate::plain::{Arrival, Plain};
use crate::shared::Shared;

/// How long accepting rests after it failed for want of files or memory.
const REST: Duration = Duration::from_millis(100);
/// Keepalive probes that go unanswered before a silent peer counts as gone, of which the first has the rest of the time.
const PROBES: u32 = 4;

/// Takes connections in until it is aborted.
pub(crate) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => welcome(stream, peer, &shared),
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::error!(%error, "can't take connections in; trying again");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Whether accepting failed because a client went away again at once.
fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

fn welcome(stream: TcpStream, peer: SocketAddr, shared: &Arc<Shared>) {
    let settings = shared.settings.load();
    if let Err(error) = tune(&stream, settings.server.peer_dead_s) {
        tracing::debug!(%peer, %error, "gone before it was here");
        return;
    }
    match shared.admission.admit(peer.ip(), &settings.gate) {
        Ok(ticket) => {
            tokio::spawn(Connection::Meeting(Box::pin(meet(stream, peer, ticket, Arc::clone(shared)))));
        }
        Err((why, Some(place))) => drop(tokio::spawn(turn_away(stream, peer, why, place, Arc::clone(shared)))),
        Err((why, None)) => tracing::warn!(%peer, ?why, "turned away without a word"),
    }
}

fn tune(stream: &TcpStream, peer_dead_s: u64) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let dead = Duration::from_secs(peer_dead_s);
    // The kernel counts both in whole seconds, and takes none for a mistake.
    let whole = |time: Duration| time.max(Duration::from_secs(1));
    let (silent, probe) = (whole(dead / 2), whole(dead / (2 * PROBES)));
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silent).with_interval(probe).with_retries(PROBES))?;
    // The same for a peer that vanishes while something is on its way to it.
    socket.set_tcp_user_timeout(Some(dead))
}

/// The task of a connection, for its whole life. While its dialect is not known it is something boxed, which is gone when
/// it is; from then on it is what an idle connection holds, and nothing else.
enum Connection {
    Meeting(Pin<Box<dyn Future<Output = Option<Plain>> + Send>>),
    Plain(Plain),
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut *self {
                Self::Plain(plain) => return plain.poll(cx),
                Self::Meeting(meeting) => match ready!(meeting.as_mut().poll(cx)) {
                    Some(plain) => *self = Self::Plain(plain),
                    None => return Poll::Ready(()),
                },
            }
        }
    }
}

/// Finds out what a connection speaks, and takes it into the hall if that is plain lines.
async fn meet(mut stream: TcpStream, peer: SocketAddr, ticket: Ticket, shared: Arc<Shared>) -> Option<Plain> {
    let since = shared.head();
    let sniffed = {
        let settings = shared.settings.load_full();
        tokio::select! {
            sniffed = sniff(&mut stream, &settings.gate) => sniffed,
            () = shared.stopping.notified() => return None,
        }
    };
    let Sniffed { dialect, first, silent } = sniffed.ok()?;
    let why = match dialect {
        Some(Dialect::Lines) => {
            let arrival = Arrival { stream, peer, ticket, first, silent, since };
            return Some(Plain::enter(arrival, shared));
        }
        Some(Dialect::Http) => {
            tokio::spawn(crate::web::serve(stream, first, ticket, shared));
            return None;
        }
        Some(Dialect::Proxy) => Why::Untrusted,
        Some(_) => Why::Unspoken,
        None => Why::Slow,
    };
    // Boxed: it is large, and thousands may be met at one time without any of them being turned away.
    Box::pin(say_no(&mut stream, peer, dialect, why, &shared)).await;
    drop(ticket);
    None
}

/// Tells a connection for which there is no place that there is none.
async fn turn_away(mut stream: TcpStream, peer: SocketAddr, why: Why, place: Ticket, shared: Arc<Shared>) {
    let limits = shared.settings.load().gate.clone();
    if let Ok(sniffed) = sniff(&mut stream, &limits).await {
        say_no(&mut stream, peer, sniffed.dialect, why, &shared).await;
    }
    drop(place);
}

async fn say_no(stream: &mut TcpStream, peer: SocketAddr, dialect: Option<Dialect>, why: Why, shared: &Shared) {
    tracing::info!(%peer, ?dialect, ?why, "turned away");
    let Some(dialect) = dialect else { return };
    let bytes = refusal(dialect, why, shared.settings.load().language, &shared.codec);
    // A new connection takes this much at once, or it is gone.
    if stream.try_write(&bytes).is_ok() {
        let _ = tokio::io::AsyncWriteExt::shutdown(stream).await;
        linger(stream, Duration::from_millis(shared.settings.load().gate.silence_ms)).await;
    }
}

/// Reads what the client still sends for a while: closing on unread bytes would take our last words from it.
pub(crate) async fn linger(stream: &TcpStream, time: Duration) {
    /// What is read at most.
    const LAST_BYTES: usize = 16 * 1024;
    let drain = async {
        let mut left = LAST_BYTES;
        let mut scratch = [0; 512];
        while left > 0 && stream.readable().await.is_ok() {
            match stream.try_read(&mut scratch) {
                Ok(0) => return,
                Ok(n) => left = left.saturating_sub(n),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = tokio::time::timeout(time, drain).await;
}
