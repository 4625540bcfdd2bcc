//! Who may come in: connections are counted, in total and per address, and none is let in over a limit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use wire::refuse::Why;

use crate::Limits;

/// The count of connections.
#[derive(Debug, Default)]
pub struct Admission {
    counts: Mutex<Counts>,
    fewer: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    refusing: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place in the count, given back when it is dropped.
#[derive(Debug)]
pub struct Ticket {
    admission: Arc<Admission>,
    /// None: a place among those who are being told that there is no place.
    address: Option<IpAddr>,
}

impl Admission {
    /// A place for a connection from this address.
    ///
    /// # Errors
    /// When there is none, and why; with it, while there is one, a place among those who are told so.
    pub fn admit(self: &Arc<Self>, address: IpAddr, limits: &Limits) -> Result<Ticket, (Why, Option<Ticket>)> {
        let address = site(address);
        let mut counts = self.lock();
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        let why = if limits.connections.is_some_and(|most| counts.total >= most) {
            Why::Full
        } else if limits.connections_per_address.is_some_and(|most| here >= most) {
            Why::Crowded
        } else {
            counts.total += 1;
            *counts.by_address.entry(address).or_default() += 1;
            return Ok(Ticket { admission: Arc::clone(self), address: Some(address) });
        };
        if counts.refusing >= limits.refusals {
            return Err((why, None));
        }
        counts.refusing += 1;
        Err((why, Some(Ticket { admission: Arc::clone(self), address: None })))
    }

    /// How many connections are in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().total
    }

    /// Waits until nobody is in.
    pub async fn empty(&self) {
        loop {
            let fewer = self.fewer.notified();
            if self.count() == 0 {
                return;
            }
            fewer.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        let Some(address) = self.address else {
            counts.refusing -= 1;
            return;
        };
        counts.total -= 1;
        if let Some(here) = counts.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&address);
            }
        }
        if counts.total == 0 {
            self.admission.fewer.notify_waiters();
        }
    }
}

/// The address under which a connection counts: IPv6 by its /64, which is what one site is given, and IPv4 as itself,
/// however it is written.
#[must_use]
pub fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_comes_in_over_a_limit_and_a_place_is_given_back() {
        let limits =
            Limits { connections: Some(3), connections_per_address: Some(2), refusals: 1, ..Limits::default() };
        let admission = Arc::new(Admission::default());
        let admit = |address: &str| {
            admission.admit(address.parse().unwrap(), &limits).map_err(|(why, told)| (why, told.is_some()))
        };
        let first = admit("10.0.0.1").unwrap();
        let _second = admit("::ffff:10.0.0.1").unwrap();
        assert_eq!(admit("10.0.0.1").unwrap_err(), (Why::Crowded, true));
        let _third = admit("2001:db8::1").unwrap();
        assert_eq!(admit("10.0.0.2").unwrap_err(), (Why::Full, true));
        drop(first);
        let _fourth = admit("2001:db8::2").unwrap();
        let Err((Why::Full, told)) = admission.admit("10.0.0.3".parse().unwrap(), &limits) else { panic!("full") };
        assert!(told.is_some());
        assert_eq!(admit("10.0.0.3").unwrap_err(), (Why::Full, false), "one is being told already");
    }
}
