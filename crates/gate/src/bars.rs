//! Networks that are kept out, each for a time or for ever.

use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use ipnet::IpNet;

/// The networks that are kept out. Whoever decides that says so again whenever it changes.
#[derive(Debug, Default)]
pub struct Bars(RwLock<Vec<Bar>>);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Which network.
    pub network: IpNet,
    /// Until when, in milliseconds since the Unix epoch; for ever if there is none.
    pub until_ms: Option<u64>,
}

impl Bars {
    /// These are kept out from now on, and no others.
    pub fn set(&self, bars: Vec<Bar>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = bars;
    }

    /// Whether somebody from this address is kept out now.
    #[must_use]
    pub fn keep_out(&self, address: IpAddr) -> bool {
        let bars = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if bars.is_empty() {
            return false;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let address = address.to_canonical();
        bars.iter().any(|bar| bar.network.contains(&address) && bar.until_ms.is_none_or(|ms| u128::from(ms) > now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_kept_out_is_kept_out_until_the_time_is_over() {
        let bar = |network: &str, until_ms| Bar { network: network.parse().unwrap(), until_ms };
        let bars = Bars::default();
        let out = |address: &str| bars.keep_out(address.parse().unwrap());
        assert!(!out("10.0.0.1"));
        bars.set(vec![bar("10.0.0.0/8", None), bar("192.0.2.0/24", Some(1)), bar("2001:db8::/32", Some(u64::MAX))]);
        assert!(out("10.0.0.1") && out("::ffff:10.9.9.9") && out("2001:db8:1::1"));
        assert!(!out("192.0.2.1") && !out("11.0.0.1"));
    }
}
