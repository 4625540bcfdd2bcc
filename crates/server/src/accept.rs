//! The accept loop of one listener, and the task of a connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gate::Origin;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::meet::{Guest, meet};
use crate::plain::{Arrival, Plain};
use crate::shared::Shared;
use crate::transport::Transport;

/// How long accepting rests after it failed for want of files or memory.
const REST: Duration = Duration::from_millis(100);
/// Keepalive probes that go unanswered before a silent peer counts as gone, of which the first has the rest of the time.
const PROBES: u32 = 4;

/// Takes connections in until it is aborted.
pub(crate) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                welcome(stream, peer, &shared);
                // A crowd waits in the system's queue, not in that of the runtime, in front of those who talk.
                tokio::task::yield_now().await;
            }
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::error!(%error, "can't take connections in; trying again");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Takes connections of the local socket in until it is aborted.
pub(crate) async fn run_local(listener: UnixListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => welcome_local(stream, &shared),
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::error!(%error, "can't take connections to the local socket in; trying again");
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
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let proxy = settings.proxies.contain(peer.ip());
    let origin = if proxy { Origin::Proxy } else { Origin::Anybody };
    let place = if proxy || settings.gateways.may_be_at(peer.ip()) {
        shared.admission.admit_open(&settings.gate)
    } else {
        shared.admission.admit(peer.ip(), &settings.gate)
    };
    let guest = match place {
        Ok(ticket) => Guest::new(stream, peer, origin, ticket),
        Err((why, Some(ticket))) => Guest::new(stream, peer, origin, ticket).refused(why),
        Err((why, None)) => {
            tracing::warn!(%peer, ?why, "turned away without a word");
            return;
        }
    };
    tokio::spawn(Connection::Meeting(Box::pin(meet(Box::new(guest), Arc::clone(shared)))));
}

/// Somebody at the local socket speaks plain lines and nothing else.
fn welcome_local(stream: UnixStream, shared: &Arc<Shared>) {
    let Some(ticket) = shared.admission.admit_local(&shared.settings.load().gate) else {
        tracing::warn!("turned away from the local socket without a word");
        return;
    };
    let arrival = Arrival {
        transport: Transport::Unix(Box::new(stream)),
        peer: (Ipv4Addr::LOCALHOST, 0).into(),
        secure: false,
        certificate: None,
        local: true,
        ticket,
        first: Vec::new(),
        how: hall::Arrival::Unasked,
        since: shared.head(),
    };
    tokio::spawn(Connection::Plain(Plain::enter(arrival, Arc::clone(shared))));
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
