//! Where a session comes from, and what others may know of it.

use std::net::{IpAddr, Ipv4Addr};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{PersonId, Secret};

/// Where a session comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The address of its network.
    pub address: IpAddr,
    /// Whether what it sends and is sent is encrypted.
    pub secure: bool,
    /// Whether it came over the socket for administration, which only who runs the server can open.
    pub local: bool,
    /// The SHA-256 fingerprint of the certificate that it has shown and proved to own.
    pub certificate: Option<Box<[u8; 32]>>,
}

impl Origin {
    /// A connection from this address, of which nothing else is known.
    #[must_use]
    pub fn from(address: IpAddr) -> Self {
        Self { address, secure: false, local: false, certificate: None }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self::from(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

/// What stands for an address where others can see it: the same for the same address for as long as the hall lasts, and
/// with the same end for neighbours (IPv4: /16, IPv6: /32), so that both can be banned. An IPv6 address is its /64.
pub(crate) fn cloak(secret: &Secret, address: IpAddr) -> String {
    let (near, far): (Vec<u8>, Vec<u8>) = match address.to_canonical() {
        IpAddr::V4(v4) => (v4.octets().to_vec(), v4.octets()[..2].to_vec()),
        IpAddr::V6(v6) => (v6.octets()[..8].to_vec(), v6.octets()[..4].to_vec()),
    };
    format!("{}.{}", code(secret, &near), code(secret, &far))
}

/// What stands for the address of those who are known: the same wherever they come from, and said of nobody else.
pub(crate) fn account_cloak(secret: &Secret, id: PersonId) -> String {
    format!("{}.account", code(secret, &id.0.to_be_bytes()))
}

/// Letters and digits that say nothing of the bytes to who does not know the secret.
fn code(secret: &Secret, bytes: &[u8]) -> String {
    /// Without those that are taken for one another.
    const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    const SIGNS_SHOWN: usize = 10;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("a key of any length will do");
    mac.update(&[u8::try_from(bytes.len()).unwrap_or(u8::MAX)]);
    mac.update(bytes);
    let digest = mac.finalize().into_bytes();
    digest.iter().take(SIGNS_SHOWN).map(|byte| char::from(SIGNS[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloak_is_the_same_for_one_site_and_ends_alike_for_neighbours() {
        let secret = Secret::new("ab");
        let of = |address: &str| cloak(&secret, address.parse().unwrap());
        let end = |cloak: &str| cloak.split_once('.').unwrap().1.to_owned();
        assert_eq!(of("10.1.2.3"), of("::ffff:10.1.2.3"));
        assert_eq!(of("2001:db8:1:2::5"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("10.1.2.3"), of("10.1.2.4"));
        assert_eq!(end(&of("10.1.2.3")), end(&of("10.1.9.9")));
        assert_ne!(end(&of("10.1.2.3")), end(&of("10.2.2.3")));
        assert_ne!(of("10.1.2.3"), cloak(&Secret::new("cd"), "10.1.2.3".parse().unwrap()));
        assert!(of("10.1.2.3").len() == 21 && !of("10.1.2.3").contains("10.1"));
    }
}
