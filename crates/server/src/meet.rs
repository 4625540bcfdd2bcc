//! What becomes of a connection until its dialect is known: a proxy says for whom it speaks, TLS is begun, the first
//! bytes are looked at, once more inside each of them. All of it has a deadline, and ends in the hall, with HTTP, or with
//! a refusal in the client's own words.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gate::{Alpn, Origin, Secured, Sniffed, Ticket, proxied, sniff};
use hall::Arrival;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use wire::Dialect;
use wire::irc::Webirc;
use wire::refuse::{Why, refusal};

use crate::Settings;
use crate::plain::{self, Plain};
use crate::shared::Shared;
use crate::transport::Transport;

/// A connection, and what is known of it so far.
pub(crate) struct Guest {
    transport: Transport,
    peer: SocketAddr,
    secure: bool,
    certificate: Option<Box<[u8; 32]>>,
    ticket: Ticket,
    /// Whether it may be a proxy's.
    origin: Origin,
    /// Why it cannot come in, if that is known already.
    refused: Option<Why>,
}

/// What has become clear.
enum Met {
    Hall(Vec<u8>, Arrival),
    Http(Vec<u8>),
    Refused(Option<Dialect>, Why),
}

impl Guest {
    /// Somebody who has connected.
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr, origin: Origin, ticket: Ticket) -> Self {
        let transport = Transport::Tcp(stream);
        Self { transport, peer, secure: false, certificate: None, ticket, origin, refused: None }
    }

    /// One for whom there is no place, and why; the ticket is for being told so.
    pub(crate) fn refused(self, why: Why) -> Self {
        Self { refused: Some(why), ..self }
    }

    fn arrival(self, first: Vec<u8>, how: Arrival, since: hall::Seq) -> plain::Arrival {
        plain::Arrival {
            transport: self.transport,
            peer: self.peer,
            secure: self.secure,
            certificate: self.certificate,
            local: false,
            ticket: self.ticket,
            first,
            how,
            since,
        }
    }
}

/// Finds out what a connection speaks, and takes it into the hall if one can talk in it.
///
/// Thousands may be met at one time, most of them silent: what waits for the first bytes is small, and whatever is rare
/// is boxed.
pub(crate) async fn meet(mut guest: Box<Guest>, shared: Arc<Shared>) -> Option<Plain> {
    let since = shared.head();
    let settings = shared.settings.load_full();
    let start = Instant::now();
    let sniffed = tokio::select! {
        sniffed = sniff(&mut guest.transport, Vec::new(), guest.origin, &settings.gate) => sniffed.ok()?,
        () = shared.stopping.notified() => return None,
    };
    let met = if guest.origin == Origin::Anybody && sniffed.dialect != Some(Dialect::Tls) {
        guest = settle_own(guest, &sniffed, &settings)?;
        judge(&guest, sniffed, &settings)
    } else {
        let deadline = start + Duration::from_millis(settings.gate.handshake_ms);
        let met;
        (guest, met) = tokio::select! {
            met = Box::pin(find_out(guest, sniffed, deadline, &settings, &shared)) => met?,
            () = shared.stopping.notified() => return None,
        };
        met
    };
    match met {
        Met::Hall(first, how) => return Some(Plain::enter(guest.arrival(first, how, since), shared)),
        Met::Http(first) => drop(tokio::spawn(crate::web::serve(guest.transport, first, guest.ticket, shared))),
        Met::Refused(dialect, why) => Box::pin(say_no(guest, dialect, why, &shared)).await,
    }
    None
}

/// What a connection speaks that may be a proxy's, or begins with TLS. None when it is gone, or has been closed.
async fn find_out(
    mut guest: Box<Guest>,
    mut sniffed: Sniffed,
    mut deadline: Instant,
    settings: &Settings,
    shared: &Arc<Shared>,
) -> Option<(Box<Guest>, Met)> {
    let limits = &settings.gate;
    if guest.origin == Origin::Proxy && sniffed.dialect == Some(Dialect::Proxy) {
        (guest, sniffed) = spoken_for(guest, sniffed.first, deadline, settings).await?;
        deadline = Instant::now() + Duration::from_millis(limits.handshake_ms);
    }
    if sniffed.dialect == Some(Dialect::Tls) && guest.refused.is_none() {
        let alpn;
        (guest, alpn) = secure(*guest, &sniffed.first, deadline, settings, shared).await?;
        if alpn == Some(Alpn::Http) {
            // What it said that it would speak is all that it is listened to for.
            sniffed = Sniffed { dialect: Some(Dialect::Http), first: Vec::new(), silent: false };
            guest = settle_own(guest, &sniffed, settings)?;
            let met = judge(&guest, sniffed, settings);
            return Some((guest, met));
        }
        sniffed = sniff(&mut guest.transport, Vec::new(), Origin::Anybody, limits).await.ok()?;
        if alpn == Some(Alpn::Irc) && sniffed.dialect == Some(Dialect::Http) {
            return Some((guest, Met::Refused(None, Why::Unspoken)));
        }
    }
    guest = settle_own(guest, &sniffed, settings)?;
    let met = judge(&guest, sniffed, settings);
    Some((guest, met))
}

/// What is to be done with a dialect.
fn judge(guest: &Guest, sniffed: Sniffed, settings: &Settings) -> Met {
    let Sniffed { dialect, first, silent } = sniffed;
    let may_be_plain = || !settings.tls.only || settings.tls.plain_networks.contain(guest.peer.ip());
    let why = match (guest.refused, dialect) {
        (Some(why), _) => why,
        (None, None) => Why::Slow,
        (None, Some(Dialect::Proxy)) => Why::Untrusted,
        (None, Some(_)) if !guest.secure && !may_be_plain() => Why::TlsOnly,
        (None, Some(Dialect::Lines)) => {
            return Met::Hall(first, if silent { Arrival::Greeted } else { Arrival::Unasked });
        }
        (None, Some(Dialect::Irc)) => return Met::Hall(first, Arrival::Introduced),
        (None, Some(Dialect::Http)) => return Met::Http(first),
        (None, Some(Dialect::Ssh | Dialect::Tls)) => Why::Unspoken,
    };
    Met::Refused(dialect, why)
}

/// Reads for whom a trusted proxy speaks, and what that client begins to say.
async fn spoken_for(
    mut guest: Box<Guest>,
    first: Vec<u8>,
    deadline: Instant,
    settings: &Settings,
) -> Option<(Box<Guest>, Sniffed)> {
    let proxy = guest.peer;
    let header = proxied(&mut guest.transport, first, settings.gate.proxy_header_bytes);
    let header = match timeout_at(deadline, header).await {
        Ok(Ok(header)) => header,
        Ok(Err(error)) => {
            tracing::warn!(%proxy, %error, "a proxy's header is wrong");
            return None;
        }
        Err(_) => {
            tracing::warn!(%proxy, "a proxy's header came too slowly");
            return None;
        }
    };
    match header.source {
        // For whom a gateway speaks is yet to be said.
        Some(source) if settings.gateways.may_be_at(source.ip()) => guest.peer = source,
        Some(source) => guest = settle(*guest, source, settings)?,
        None => guest.ticket.keep(),
    }
    tracing::debug!(%proxy, peer = %guest.peer, "came by a proxy");
    guest.secure = header.secure;
    let sniffed = sniff(&mut guest.transport, header.rest, Origin::Anybody, &settings.gate).await.ok()?;
    Some((guest, sniffed))
}

/// Who could have spoken for others and does not speaks for themselves. A gateway has yet to say for whom it speaks.
fn settle_own(guest: Box<Guest>, sniffed: &Sniffed, settings: &Settings) -> Option<Box<Guest>> {
    let says = sniffed.dialect == Some(Dialect::Irc) && Webirc::may_begin(&sniffed.first);
    if says || !guest.ticket.is_open() {
        return Some(guest);
    }
    let own = guest.peer;
    settle(*guest, own, settings)
}

/// From now on it is this address's. None when there is no place for it, not even to be told so.
fn settle(guest: Guest, peer: SocketAddr, settings: &Settings) -> Option<Box<Guest>> {
    if guest.refused.is_some() {
        return Some(Box::new(Guest { peer, ..guest }));
    }
    match guest.ticket.settle(peer.ip(), &settings.gate) {
        Ok(ticket) => Some(Box::new(Guest { peer, ticket, ..guest })),
        Err((why, Some(ticket))) => Some(Box::new(Guest { peer, ticket, refused: Some(why), ..guest })),
        Err((why, None)) => {
            tracing::warn!(%peer, ?why, "turned away without a word");
            None
        }
    }
}

/// Begins TLS, in its turn. A client that fails at it is told so by its alert, and closed.
async fn secure(
    guest: Guest,
    first: &[u8],
    deadline: Instant,
    settings: &Settings,
    shared: &Arc<Shared>,
) -> Option<(Box<Guest>, Option<Alpn>)> {
    let Guest { transport: Transport::Tcp(mut stream), peer, .. } = guest else { return None };
    let tls = shared.tls.load_full();
    let shaken = timeout_at(deadline, async {
        let _turn = shared.admission.turn(&settings.gate).await;
        tls.handshake(&mut stream, first, &settings.gate).await
    });
    match shaken.await {
        Ok(Ok(handshake)) => {
            let (certificate, alpn) = (handshake.certificate.map(|known| Box::new(known.0)), handshake.alpn);
            let transport = Transport::Tls(Box::new(Secured::new(stream, handshake)));
            Some((Box::new(Guest { transport, secure: true, certificate, ..guest }), alpn))
        }
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a TLS handshake failed");
            let transport = Transport::Tcp(stream);
            transport.goodbye().await;
            linger(&transport, Duration::from_millis(settings.gate.silence_ms)).await;
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a TLS handshake took too long");
            None
        }
    }
}

async fn say_no(guest: Box<Guest>, dialect: Option<Dialect>, why: Why, shared: &Shared) {
    let Guest { mut transport, peer, .. } = *guest;
    tracing::info!(%peer, ?dialect, ?why, "turned away");
    let settings = shared.settings.load_full();
    let bytes = dialect.map(|dialect| refusal(dialect, why, settings.language, &shared.codec)).unwrap_or_default();
    let time = Duration::from_millis(settings.gate.silence_ms);
    let said = async {
        // A new connection takes this much at once, or it is gone.
        transport.write_all(&bytes).await?;
        transport.flush().await
    };
    if let Ok(Ok(())) = timeout(time, said).await {
        let _ = timeout(time, transport.goodbye()).await;
        linger(&transport, time).await;
    }
}

/// Reads what the client still sends for a while: closing on unread bytes would take our last words from it.
pub(crate) async fn linger(transport: &Transport, time: Duration) {
    /// What is read at most.
    const LAST_BYTES: usize = 16 * 1024;
    let drain = async {
        let mut left = LAST_BYTES;
        let mut scratch = [0; 512];
        while left > 0 && transport.drainable().await.is_ok() {
            match transport.try_drain(&mut scratch) {
                Ok(0) => return,
                Ok(n) => left = left.saturating_sub(n),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = timeout(time, drain).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of what a function returns.
    fn returned<A, B, F>(_: impl Fn(A, B) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn what_waits_for_the_first_bytes_is_small() {
        let size = returned(meet) + size_of::<Guest>();
        assert!(size <= 640, "{size} bytes");
    }
}
