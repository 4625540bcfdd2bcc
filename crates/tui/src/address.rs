//! Where a server is: `HOST[:PORT]` as people write it.
//!
//! An IPv6 address is taken in brackets, with or without a port, and bare, without one: `[::1]:5`, `[::1]`, `::1`.

use std::fmt;
use std::str::FromStr;

/// The port of a hall.
pub const PORT: u16 = 55555;

/// A host and a port, not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
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
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
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
        Ok(Self { host: host.to_owned(), port })
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
        check("a b", Err(BadAddress::Host));
    }
}
