//! Which dialect a connection speaks, from its first bytes, under a deadline and a byte cap.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};
use wire::{DECIDING_BYTES, Dialect, Guess, detect};

use crate::Limits;
use crate::proxy::may_begin;

/// What the first bytes told.
#[derive(Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// The dialect. None when bytes that begin no text came too slowly to tell.
    pub dialect: Option<Dialect>,
    /// The bytes read so far, which belong to whoever speaks the dialect.
    pub first: Vec<u8>,
    /// Whether the client waited to be spoken to.
    pub silent: bool,
}

/// Whose first bytes they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody's, who may wait to be spoken to.
    Anybody,
    /// A proxy's, which begins by saying for whom it speaks. That is waited for as long as for a binary handshake, and
    /// its beginning is never taken for text.
    Proxy,
}

/// Reads until the dialect is known; `first` has been read already. Silence means plain lines, and so does text that
/// stops short of being the beginning of anything else; the beginning of a binary handshake is waited for longer, and is
/// never taken for text.
///
/// # Errors
/// When reading fails, or the client is gone before its first byte or within a binary handshake.
pub async fn sniff<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut first: Vec<u8>,
    origin: Origin,
    limits: &Limits,
) -> io::Result<Sniffed> {
    let start = Instant::now();
    loop {
        if let Guess::Is(dialect) = detect(&first) {
            return Ok(Sniffed { dialect: Some(dialect), first, silent: false });
        }
        let never_text = is_binary(&first) || (origin == Origin::Proxy && !first.is_empty() && may_begin(&first));
        let patient = never_text || origin == Origin::Proxy && first.is_empty();
        let wait = if patient { limits.handshake_ms } else { limits.silence_ms };
        let mut bytes = [0; DECIDING_BYTES];
        let room = DECIDING_BYTES - first.len();
        match timeout_at(start + Duration::from_millis(wait), stream.read(&mut bytes[..room])).await {
            Err(_) if never_text => return Ok(Sniffed { dialect: None, first, silent: false }),
            Err(_) => return Ok(Sniffed { dialect: Some(Dialect::Lines), silent: first.is_empty(), first }),
            Ok(Ok(0)) if first.is_empty() || never_text => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Ok(0)) => return Ok(Sniffed { dialect: Some(Dialect::Lines), first, silent: false }),
            Ok(Ok(n)) => first.extend_from_slice(&bytes[..n]),
            Ok(Err(error)) => return Err(error),
        }
    }
}

/// Whether these are bytes with which no text begins.
fn is_binary(first: &[u8]) -> bool {
    first.first() == Some(&0x16) || first.contains(&0)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Timers are a millisecond late, each time.
    const TIMER_SLACK_MS: u64 = 10;

    /// What is found when these packets come, each after so many milliseconds.
    async fn check(packets: &'static [(u64, &[u8])], expect: Option<Dialect>, silent: bool, within_ms: u64) {
        check_from(Origin::Anybody, packets, expect, silent, within_ms).await;
    }

    async fn check_from(
        origin: Origin,
        packets: &'static [(u64, &[u8])],
        expect: Option<Dialect>,
        silent: bool,
        within_ms: u64,
    ) {
        let (mut near, mut far) = tokio::io::duplex(64);
        let sender = tokio::spawn(async move {
            for (ms, bytes) in packets {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                far.write_all(bytes).await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        let start = Instant::now();
        let sniffed = sniff(&mut near, Vec::new(), origin, &Limits::default()).await.unwrap();
        assert_eq!((sniffed.dialect, sniffed.silent), (expect, silent), "{packets:?}");
        assert!(
            start.elapsed() <= Duration::from_millis(within_ms + TIMER_SLACK_MS),
            "{packets:?} took {:?}",
            start.elapsed()
        );
        sender.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn silence_means_plain_lines() {
        check(&[], Some(Dialect::Lines), true, 300).await;
    }

    #[tokio::test(start_paused = true)]
    async fn text_is_recognised_at_once_and_a_beginning_after_a_pause() {
        check(&[(0, b"hello")], Some(Dialect::Lines), false, 0).await;
        check(&[(10, b"GE")], Some(Dialect::Lines), false, 300).await;
        check(&[(10, b"GE"), (10, b"T / HTTP/1.1")], Some(Dialect::Http), false, 20).await;
        check(&[(0, b"N"), (1, b"I"), (1, b"C"), (1, b"K"), (1, b" a")], Some(Dialect::Irc), false, 4).await;
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_handshake_is_never_text() {
        check(&[(0, b"\x16")], None, false, 10_000).await;
        check(&[(0, b"\x16"), (5_000, b"\x03")], Some(Dialect::Tls), false, 5_000).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_is_waited_for_and_what_it_begins_is_never_text() {
        let check = |packets, expect, silent, within_ms| check_from(Origin::Proxy, packets, expect, silent, within_ms);
        check(&[(1_000, b"PROXY TCP4 ")], Some(Dialect::Proxy), false, 1_000).await;
        check(&[(0, b"PRO"), (1_000, b"XY TCP4 ")], Some(Dialect::Proxy), false, 1_000).await;
        check(&[(0, b"\r\n\r"), (1_000, b"\n\0\r\nQUIT\n")], Some(Dialect::Proxy), false, 1_000).await;
        check(&[(0, b"PROX")], None, false, 10_000).await;
        check(&[(0, b"hello")], Some(Dialect::Lines), false, 0).await;
        check(&[(0, b"GE")], Some(Dialect::Lines), false, 300).await;
        check(&[], Some(Dialect::Lines), true, 10_000).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_counts() {
        let limits = Limits::default();
        let mut nothing = tokio::io::empty();
        let sniffed = sniff(&mut nothing, b"GET / HTTP/1.1\r\n".to_vec(), Origin::Anybody, &limits).await.unwrap();
        assert_eq!((sniffed.dialect, sniffed.first.len()), (Some(Dialect::Http), 16));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_gone_is_no_client() {
        let (mut near, far) = tokio::io::duplex(64);
        drop(far);
        assert!(sniff(&mut near, Vec::new(), Origin::Anybody, &Limits::default()).await.is_err());
    }
}
