//! Where a server is: `HOST[:PORT]` as people write it, with `tls://` or `tcp://` before it or neither.
//!
//! An IPv6 address is taken in brackets, with or without a port, and bare, without one: `[::1]:5`, `[::1]`, `::1`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The port of a hall.
pub const PORT: u16 = 55555;

/// What is asked for beneath the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// Whatever is right for the server: nothing was said.
    #[default]
    Any,
    /// TLS and nothing else: `tls://`.
    Tls,
    /// Plain TCP: `tcp://`.
    Plain,
}

/// A host and a port, not yet resolved. It is shown as `HOST:PORT`, whatever was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What stood before it.
    pub transport: Transport,
    /// A name or an IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAddress {
    /// There is no host in it.
    NoHost,
    /// The port is no number from 1 to 65535.
    Port,
    /// The brackets do not hold an IPv6 address.
    Brackets,
    /// A host holds no such characters.
    Host,
    /// What stands before `://` is neither `tls` nor `tcp`.
    Scheme,
}

impl Address {
    /// Whether it is this very machine, by what is written: no name is looked up.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        // RFC 6761, 6.3: names under `localhost.` are this machine too.
        let name = self.host.strip_suffix('.').unwrap_or(&self.host).to_ascii_lowercase();
        match self.host.parse::<IpAddr>() {
            Ok(ip) => ip.to_canonical().is_loopback(),
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        }
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let (transport, text) = match text.split_once("://") {
            None => (Transport::Any, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tls") => (Transport::Tls, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tcp") => (Transport::Plain, rest),
            Some(_) => return Err(BadAddress::Scheme),
        };
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(BadAddress::Brackets)?;
                if !host.contains(':') {
                    return Err(BadAddress::Brackets);
                }
                match port.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if port.is_empty() => (host, None),
                    None => return Err(BadAddress::Brackets),
                }
            }
            None => match text.split_once(':') {
                // More than one colon: an IPv6 address without a port.
                Some((_, rest)) if rest.contains(':') => (text, None),
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() {
            return Err(BadAddress::NoHost);
        }
        if host.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/' || c == ']') {
            return Err(BadAddress::Host);
        }
        let port = match port {
            None => PORT,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|&port| port != 0).ok_or(BadAddress::Port)?
            }
            Some(_) => return Err(BadAddress::Port),
        };
        Ok(Self { transport, host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<&str, BadAddress>) {
        assert_eq!(text.parse::<Address>().map(|a| a.to_string()), expect.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn an_address_is_taken_as_people_write_it() {
        check("localhost", Ok("localhost:55555"));
        check(" chat.example:6000 ", Ok("chat.example:6000"));
        check("10.0.0.1:1", Ok("10.0.0.1:1"));
        check("[::1]:5", Ok("[::1]:5"));
        check("[::1]", Ok("[::1]:55555"));
        check("::1", Ok("[::1]:55555"));
        check("fe80::1%eth0", Ok("[fe80::1%eth0]:55555"));
        check("마루.한국", Ok("마루.한국:55555"));
    }

    #[test]
    fn what_stands_before_an_address_says_what_is_asked_for() {
        let check = |text: &str, expect, address: &str| {
            let found: Address = text.parse().unwrap();
            assert_eq!((found.transport, found.to_string().as_str()), (expect, address));
        };
        check("host", Transport::Any, "host:55555");
        check("tls://host:6697", Transport::Tls, "host:6697");
        check("TCP://[::1]:5", Transport::Plain, "[::1]:5");
        check("tls://::1", Transport::Tls, "[::1]:55555");
    }

    #[test]
    fn this_machine_is_known_by_its_address_and_its_name() {
        let check = |host: &str, expect| {
            assert_eq!(host.parse::<Address>().unwrap().is_loopback(), expect, "{host}");
        };
        for host in
            ["localhost", "LOCALHOST.", "a.localhost:1", "127.0.0.1", "127.9.9.9", "::1", "[::ffff:127.0.0.1]:5"]
        {
            check(host, true);
        }
        for host in ["localhost.example", "notlocalhost", "10.0.0.1", "0.0.0.0", "::", "chat_server", "[::2]"] {
            check(host, false);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        check("", Err(BadAddress::NoHost));
        check(":5", Err(BadAddress::NoHost));
        check("host:", Err(BadAddress::Port));
        check("host:0", Err(BadAddress::Port));
        check("host:65536", Err(BadAddress::Port));
        check("host:+5", Err(BadAddress::Port));
        check("[::1", Err(BadAddress::Brackets));
        check("[::1]5", Err(BadAddress::Brackets));
        check("[localhost]:5", Err(BadAddress::Brackets));
        check("tcp//host", Err(BadAddress::Host));
        check("http://host", Err(BadAddress::Scheme));
        check("tls://", Err(BadAddress::NoHost));
        check("tls://host/", Err(BadAddress::Host));
        check("a b", Err(BadAddress::Host));
    }
}
