//! How often an address did what it may not do often. Bounded: those that began first are forgotten first.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::Time;
use crate::mask::network;

/// An hour, in milliseconds.
const HOUR_MS: u64 = 60 * 60 * 1_000;

/// A minute, in milliseconds.
const MINUTE_MS: u64 = 60_000;

/// How often one person has done something, over a minute that begins with the first time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PerMinute {
    since: Time,
    count: u32,
}

impl PerMinute {
    /// They do it once more.
    ///
    /// # Errors
    /// When they have done it as often as they may: in how many seconds they may again, in half minutes.
    pub(crate) fn once_more(&mut self, most: u32, now: Time) -> Result<(), u64> {
        let mut passed = now.0.saturating_sub(self.since.0);
        if passed >= MINUTE_MS {
            *self = Self { since: now, count: 0 };
            passed = 0;
        }
        if self.count >= most {
            return Err((MINUTE_MS - passed).div_ceil(MINUTE_MS / 2) * 30);
        }
        self.count += 1;
        Ok(())
    }
}

/// Counts of one kind of deed, by address (IPv6: by /64), each over an hour that begins with the first.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    counts: BTreeMap<IpNet, (Time, u32)>,
}

impl Watch {
    /// Whether an address has done it so often in its hour.
    pub(crate) fn reached(&self, address: IpAddr, most: u32, now: Time) -> bool {
        let count = site(address).and_then(|site| self.counts.get(&site));
        count.is_some_and(|(since, count)| !is_over(*since, now) && *count >= most)
    }

    /// It did it once more.
    pub(crate) fn note(&mut self, address: IpAddr, addresses: usize, now: Time) {
        let Some(site) = site(address) else { return };
        if !self.counts.contains_key(&site) && self.counts.len() >= addresses {
            self.counts.retain(|_, (since, _)| !is_over(*since, now));
            if self.counts.len() >= addresses {
                let first = self.counts.iter().min_by_key(|(_, (since, _))| *since).map(|(site, _)| *site);
                first.map(|site| self.counts.remove(&site));
            }
        }
        let (since, count) = self.counts.entry(site).or_insert((now, 0));
        if is_over(*since, now) {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
    }
}

fn site(address: IpAddr) -> Option<IpNet> {
    network(&address.to_string())
}

fn is_over(since: Time, now: Time) -> bool {
    now.0.saturating_sub(since.0) >= HOUR_MS || now < since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_watched_for_an_hour_and_the_oldest_is_forgotten() {
        let mut watch = Watch::default();
        let (a, b): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "2001:db8::1".parse().unwrap());
        watch.note(a, 2, Time(0));
        watch.note(a, 2, Time(1));
        watch.note(b, 2, Time(2));
        assert!(watch.reached(a, 2, Time(3)) && !watch.reached(a, 3, Time(3)));
        assert!(watch.reached("2001:db8::ffff".parse().unwrap(), 1, Time(3)), "one site");
        assert!(!watch.reached(a, 2, Time(HOUR_MS)), "its hour is over");
        watch.note("10.0.0.3".parse().unwrap(), 2, Time(4));
        assert!(!watch.reached(a, 1, Time(4)) && watch.reached(b, 1, Time(4)));
    }
}
