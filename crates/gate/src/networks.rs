//! Networks that the configuration names, and whether an address is in one of them.

use std::net::IpAddr;

use ipnet::IpNet;

/// A list of networks. IPv4 is IPv4, however it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

impl Networks {
    /// This host alone.
    #[must_use]
    pub fn loopback() -> Self {
        Self(["127.0.0.0/8", "::1/128"].iter().filter_map(|network| network.parse().ok()).collect())
    }

    /// Whether an address is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_it_is_written() {
        let check = |networks: &Networks, address: &str| networks.contain(address.parse().unwrap());
        let loopback = Networks::loopback();
        for inside in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(check(&loopback, inside), "{inside}");
        }
        for outside in ["128.0.0.1", "::2", "::ffff:10.0.0.1"] {
            assert!(!check(&loopback, outside), "{outside}");
        }
        assert!(!check(&Networks::default(), "127.0.0.1"));
    }
}
