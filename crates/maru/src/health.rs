//! `maru health`: asks a running server whether it is well, as the container's own probe does.
//!
//! One HTTP/1.1 request over a plain socket, a short deadline for the whole, one line of output. Nothing of the server
//! is needed for it, so it is quick enough to be run every few seconds.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use wire::Lang;

use crate::config::{self, Flags};
use crate::env::Env;
use crate::wrong::{Wrong, Wrongs};

/// The time for everything together. Less than the timeout of the image's `HEALTHCHECK`.
const DEADLINE: Duration = Duration::from_secs(2);
/// Longest answer that is read, in bytes; the first line is all that counts.
const ANSWER_BYTES_MAX: usize = 1024;

/// Asks the server of the configuration, or the one at `addr`. The line to print when it is well.
pub(crate) fn check(addr: Option<&str>, flags: &Flags, env: &Env, lang: Lang) -> Result<String, Wrongs> {
    let deadline = Instant::now() + DEADLINE;
    let (target, addresses) = match addr {
        Some(addr) => {
            let (host, port) = host_and_port(addr);
            let unhealthy = |source| Wrong::Unhealthy { target: addr.to_owned(), source: Some(source) };
            (addr.to_owned(), (host, port).to_socket_addrs().map_err(unhealthy)?.collect())
        }
        None => configured(flags, env)?,
    };
    // Of several that fail, the first is the one that people mean.
    let mut failed = None;
    for address in addresses {
        let (said, source) = match ask(address, deadline) {
            Ok(true) => {
                return Ok(lang.pick(format!("{address} is healthy"), format!("서버 상태가 정상입니다: {address}")));
            }
            Ok(false) => (address.to_string(), None),
            Err(error) => (address.to_string(), Some(error)),
        };
        failed.get_or_insert((said, source));
    }
    let no_address = || (target, Some(io::ErrorKind::NotFound.into()));
    let (target, source) = failed.unwrap_or_else(no_address);
    Err(Wrong::Unhealthy { target, source }.into())
}

/// Where the configured server listens, as seen from this host.
fn configured(flags: &Flags, env: &Env) -> Result<(String, Vec<SocketAddr>), Wrongs> {
    let setup = config::load(flags, env).map_err(Wrongs)?;
    let addresses: Vec<SocketAddr> =
        setup.listen.iter().filter(|address| address.port() != 0).map(|address| from_here(*address)).collect();
    let first = addresses.first().ok_or(Wrong::NoPort)?;
    Ok((first.to_string(), addresses))
}

fn from_here(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        _ => address,
    }
}

/// The two halves of `HOST[:PORT]`; an IPv6 address with a port is in brackets.
fn host_and_port(text: &str) -> (&str, u16) {
    if text.parse::<Ipv6Addr>().is_ok() {
        return (text, server::PORT);
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => (host, port),
            Err(_) => (text, server::PORT),
        },
        None => (text, server::PORT),
    };
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}

/// Whether the server at an address says that it is well.
fn ask(address: SocketAddr, deadline: Instant) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, left(deadline)?)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut piece = [0; ANSWER_BYTES_MAX];
    while !answer.contains(&b'\n') && answer.len() < ANSWER_BYTES_MAX {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(&mut piece)? {
            0 => break,
            read => answer.extend_from_slice(&piece[..read]),
        }
    }
    // RFC 9112, 4: HTTP-version SP status-code SP.
    Ok(answer.starts_with(b"HTTP/1.1 200 "))
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that answers one connection with these bytes, and what the check makes of them.
    fn answered(answer: &'static [u8]) -> Result<String, Wrongs> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            assert!(request.starts_with(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:"));
            stream.write_all(answer).unwrap();
        });
        let result = check(Some(&addr), &Flags::default(), &Env::default(), Lang::En);
        server.join().unwrap();
        result.map(|line| line.replace(&addr, "ADDR"))
    }

    #[test]
    fn only_a_server_that_is_well_is_healthy() {
        assert_eq!(answered(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n").unwrap(), "ADDR is healthy");
        answered(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap_err();
        answered(b"220 mail.example ESMTP\r\n").unwrap_err();
        answered(b"").unwrap_err();
    }

    #[test]
    fn the_configuration_says_where_to_ask() {
        let check = |listen: &str, expect: &[&str]| {
            let env = [("MARU_LISTEN", listen)].into();
            let found = configured(&Flags::default(), &env).map(|(_, addresses)| addresses);
            let expect: Vec<SocketAddr> = expect.iter().map(|text| text.parse().unwrap()).collect();
            assert_eq!(found.unwrap_or_default(), expect);
        };
        check("", &["127.0.0.1:55555", "[::1]:55555"]);
        check("192.0.2.1:7000,[::]:7001", &["192.0.2.1:7000", "[::1]:7001"]);
        check("127.0.0.1:0", &[]);
    }

    #[test]
    fn a_host_may_have_a_port() {
        let check = |text, host, port| assert_eq!(host_and_port(text), (host, port));
        check("localhost", "localhost", 55555);
        check("localhost:7000", "localhost", 7000);
        check("::1", "::1", 55555);
        check("[::1]", "::1", 55555);
        check("[::1]:7000", "::1", 7000);
    }
}
