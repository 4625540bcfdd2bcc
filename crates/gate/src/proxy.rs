//! The PROXY protocol, versions 1 and 2 (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>): a proxy says
//! for whom it speaks. Who may say so is the caller's affair.

use std::io;
use std::net::SocketAddr;

use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest header of version 1, its newline included (section 2.1).
const VERSION_1_BYTES: usize = 107;
/// The first bytes of either version.
const SIGNS: [&[u8]; 2] = [b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"];
/// Bytes of version 2 up to the length of the rest (section 2.2).
const VERSION_2_HEAD_BYTES: usize = 16;
/// Bytes read in one go.
const READ_BYTES: usize = 512;

/// What a header says, and what came behind it.
#[derive(Debug, PartialEq, Eq)]
pub struct Proxied {
    /// The address that is spoken for. None when the proxy speaks for itself (LOCAL) or does not say (UNKNOWN).
    pub source: Option<SocketAddr>,
    /// Whether the client came to the proxy in TLS.
    pub secure: bool,
    /// Bytes that were read and belong to what follows.
    pub rest: Vec<u8>,
}

/// Whether these bytes may become a header, or have.
pub(crate) fn may_begin(first: &[u8]) -> bool {
    SIGNS.iter().any(|sign| sign.starts_with(first) || first.starts_with(sign))
}

/// Reads a header of which `first` has come already, of at most `most` bytes. It waits for as long as the client takes:
/// the time for it is the caller's.
///
/// # Errors
/// When it is no header, is too long, speaks of something else than TCP, or ends within.
pub async fn proxied<S: AsyncRead + Unpin>(stream: &mut S, mut first: Vec<u8>, most: usize) -> io::Result<Proxied> {
    loop {
        if let Some(proxied) = parse(&first, most)? {
            return Ok(proxied);
        }
        let mut bytes = [0; READ_BYTES];
        match stream.read(&mut bytes).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => first.extend_from_slice(&bytes[..n]),
        }
    }
}

/// What these bytes say; none when there have to be more.
fn parse(bytes: &[u8], most: usize) -> io::Result<Option<Proxied>> {
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidData, why);
    if let Some([high, low]) = bytes.get(VERSION_2_HEAD_BYTES - 2..VERSION_2_HEAD_BYTES)
        && bytes[0] == b'\r'
        && VERSION_2_HEAD_BYTES + usize::from(u16::from_be_bytes([*high, *low])) > most
    {
        return Err(invalid("too long a PROXY header"));
    }
    let (header, used) = match ProxyHeader::parse(bytes, ParseConfig::default()) {
        Ok(parsed) => parsed,
        Err(proxy_header::Error::BufferTooShort) => return Ok(None),
        Err(_) => return Err(invalid("not a PROXY header")),
    };
    if bytes[0] == b'P' && used > VERSION_1_BYTES {
        return Err(invalid("too long a PROXY header"));
    }
    let source = match header.proxied_address() {
        Some(address) if address.protocol != Protocol::Stream => return Err(invalid("a PROXY header not of TCP")),
        address => address.map(|address| SocketAddr::new(address.source.ip().to_canonical(), address.source.port())),
    };
    let secure = header.ssl().is_some_and(|ssl| ssl.client_ssl());
    Ok(Some(Proxied { source, secure, rest: bytes[used..].to_vec() }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::Limits;

    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

    /// A header of version 2.
    fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[command, family], &length, rest].concat()
    }

    /// What is made of these bytes when they come one by one.
    async fn read(bytes: &[u8]) -> io::Result<Proxied> {
        let (mut near, mut far) = tokio::io::duplex(1);
        let bytes = bytes.to_vec();
        let sender = tokio::spawn(async move {
            let _ = far.write_all(&bytes).await;
        });
        let proxied = proxied(&mut near, Vec::new(), Limits::default().proxy_header_bytes).await;
        sender.abort();
        proxied
    }

    async fn check(bytes: &[u8], source: Option<&str>) {
        let proxied = read(bytes).await.unwrap();
        assert_eq!(proxied.source, source.map(|text| text.parse().unwrap()), "{}", bytes.escape_ascii());
    }

    async fn check_refused(bytes: &[u8]) {
        assert!(read(bytes).await.is_err(), "{}", bytes.escape_ascii());
    }

    #[tokio::test]
    async fn a_proxy_says_for_whom_it_speaks() {
        check(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 55555\r\n", Some("192.0.2.7:4711")).await;
        check(b"PROXY TCP6 2001:db8::7 ::1 4711 55555\r\n", Some("[2001:db8::7]:4711")).await;
        check(b"PROXY TCP6 ::ffff:192.0.2.7 ::1 4711 55555\r\n", Some("192.0.2.7:4711")).await;
        check(b"PROXY UNKNOWN\r\n", None).await;
        check(b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None).await;
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0xd9, 0x03];
        check(&version_2(0x21, 0x11, &v4), Some("192.0.2.7:4711")).await;
        let v6 = ["2001:db8::7", "::1"].map(|ip| ip.parse::<std::net::Ipv6Addr>().unwrap().octets()).concat();
        check(&version_2(0x21, 0x21, &[&v6[..], &v4[8..]].concat()), Some("[2001:db8::7]:4711")).await;
        check(&version_2(0x20, 0x00, &[]), None).await;
        check(&version_2(0x20, 0x11, &v4), None).await;
        check(&version_2(0x21, 0x31, &[b'/'; 216]), None).await;
    }

    #[tokio::test]
    async fn it_may_say_that_the_client_came_in_tls() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0xd9, 0x03];
        // Section 2.2.6: PP2_TYPE_SSL, its length, PP2_CLIENT_SSL or not, the result of a verification.
        for (client, secure) in [(1, true), (0, false)] {
            let tls = [&v4[..], &[0x20, 0, 5, client, 0, 0, 0, 0]].concat();
            assert_eq!(read(&version_2(0x21, 0x11, &tls)).await.unwrap().secure, secure);
        }
        assert!(!read(&version_2(0x21, 0x11, &v4)).await.unwrap().secure);
    }

    #[tokio::test]
    async fn what_came_behind_it_is_kept() {
        let first = b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 55555\r\nhello\n".to_vec();
        let read = proxied(&mut tokio::io::empty(), first, 2048).await.unwrap();
        assert_eq!(read.rest, b"hello\n");
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        check_refused(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 ").await;
        check_refused(b"PROXY TCP4 192.0.2.300 10.0.0.1 4711 55555\r\n").await;
        check_refused(b"PROXY TCP4 2001:db8::7 ::1 4711 55555\r\n").await;
        check_refused(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 555555\r\n").await;
        check_refused(b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 55555\n\n").await;
        check_refused(b"PROXY UDP4 192.0.2.7 10.0.0.1 4711 55555\r\n").await;
        check_refused(&[&b"PROXY TCP4 "[..], &[b'1'; 200]].concat()).await;
        check_refused(&[&b"PROXY UNKNOWN "[..], &[b'x'; 200], b"\r\n"].concat()).await;
        // Another version, another command, UDP, addresses that are not all there, more than may be.
        check_refused(&version_2(0x11, 0x11, &[0; 12])).await;
        check_refused(&version_2(0x22, 0x11, &[0; 12])).await;
        check_refused(&version_2(0x21, 0x12, &[0; 12])).await;
        check_refused(&version_2(0x21, 0x11, &[0; 11])).await;
        check_refused(&version_2(0x21, 0x11, &[0; 4096])).await;
        check_refused(&version_2(0x21, 0x11, &[0; 12])[..20]).await;
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_much_for_it(
            sign in 0..SIGNS.len(),
            command in prop::sample::select(vec![0x20_u8, 0x21, 0x11]),
            family in prop::sample::select(vec![0x00_u8, 0x11, 0x21, 0x31]),
            tail in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let head = if sign == 0 { Vec::new() } else { vec![command, family, 0, u8::try_from(tail.len().min(255)).unwrap()] };
            let bytes = [SIGNS[sign], &head, &tail].concat();
            let mut done = None;
            for end in 0..=bytes.len() {
                // More bytes change nothing once it is known what they say.
                match (parse(&bytes[..end], 2048), &done) {
                    (Ok(Some(now)), None) => done = Some(now.source),
                    (Ok(Some(now)), Some(before)) => prop_assert_eq!(&now.source, before),
                    (Ok(None) | Err(_), Some(_)) => prop_assert!(false, "taken back at {}", end),
                    (Ok(None) | Err(_), None) => {}
                }
            }
        }
    }
}
