//! Who may come in: connections are counted, in total and per address, and none is let in over a limit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use wire::refuse::Why;

use crate::{Bar, Bars, Limits};

/// The count of connections.
#[derive(Debug, Default)]
pub struct Admission {
    counts: Mutex<Counts>,
    bars: Bars,
    fewer: Notify,
    fewer_handshakes: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    refusing: usize,
    local: usize,
    handshakes: usize,
    by_address: HashMap<IpAddr, usize>,
    /// Who has come lately: when the minute began, and how often since.
    lately: HashMap<IpAddr, (Instant, u32)>,
}

/// A connection's place in the count, given back when it is dropped.
#[derive(Debug)]
pub struct Ticket {
    admission: Arc<Admission>,
    place: Place,
}

/// How a connection is counted.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In total, and for this address.
    Of(IpAddr),
    /// In total: whose it is will be said.
    Open,
    /// In total: a proxy speaks for itself.
    OfProxy,
    /// Among those of the local socket.
    Local,
    /// Among those who are being told that there is no place.
    Refused,
}

/// A turn at a TLS handshake, given back when it is dropped.
#[derive(Debug)]
pub struct Turn(Arc<Admission>);

impl Admission {
    /// A place for a connection from this address.
    ///
    /// # Errors
    /// When there is none, and why; with it, while there is one, a place among those who are told so.
    pub fn admit(self: &Arc<Self>, address: IpAddr, limits: &Limits) -> Result<Ticket, (Why, Option<Ticket>)> {
        if self.bars.keep_out(address) {
            return Err(self.refuse(Why::Barred, limits));
        }
        self.place(Place::Of(site(address)), limits)
    }

    /// These networks are kept out from now on, and no others.
    pub fn bar(&self, bars: Vec<Bar>) {
        self.bars.set(bars);
    }

    /// A place for a connection from where one may speak for others. Whom it counts for is said [later](Ticket::settle).
    ///
    /// # Errors
    /// As for [`admit`](Self::admit).
    pub fn admit_open(self: &Arc<Self>, limits: &Limits) -> Result<Ticket, (Why, Option<Ticket>)> {
        self.place(Place::Open, limits)
    }

    /// A place for a connection to the local socket, while there is one. The others do not take it away.
    pub fn admit_local(self: &Arc<Self>, limits: &Limits) -> Option<Ticket> {
        let mut counts = self.lock();
        (counts.local < limits.local_connections).then(|| {
            counts.local += 1;
            self.ticket(Place::Local)
        })
    }

    fn ticket(self: &Arc<Self>, place: Place) -> Ticket {
        Ticket { admission: Arc::clone(self), place }
    }

    fn place(self: &Arc<Self>, place: Place, limits: &Limits) -> Result<Ticket, (Why, Option<Ticket>)> {
        let mut counts = self.lock();
        let why = if limits.connections.is_some_and(|most| counts.total >= most) {
            Why::Full
        } else {
            match counts.take(place, limits) {
                Ok(()) => {
                    counts.total += 1;
                    return Ok(self.ticket(place));
                }
                Err(why) => why,
            }
        };
        drop(counts);
        Err(self.refuse(why, limits))
    }

    /// Why somebody is not taken in and, while there is one, a place among those who are told so.
    fn refuse(self: &Arc<Self>, why: Why, limits: &Limits) -> (Why, Option<Ticket>) {
        let mut counts = self.lock();
        if counts.refusing >= limits.refusals {
            return (why, None);
        }
        counts.refusing += 1;
        (why, Some(self.ticket(Place::Refused)))
    }

    /// A turn at a TLS handshake. Waits until there is one.
    pub async fn turn(self: &Arc<Self>, limits: &Limits) -> Turn {
        loop {
            let fewer = self.fewer_handshakes.notified();
            {
                let mut counts = self.lock();
                if counts.handshakes < limits.handshakes {
                    counts.handshakes += 1;
                    return Turn(Arc::clone(self));
                }
            }
            fewer.await;
        }
    }

    /// How many connections are in.
    #[must_use]
    pub fn count(&self) -> usize {
        let counts = self.lock();
        counts.total + counts.local
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

impl Counts {
    /// One more from an address, if that may be.
    fn take(&mut self, place: Place, limits: &Limits) -> Result<(), Why> {
        let Place::Of(address) = place else { return Ok(()) };
        let here = self.by_address.get(&address).copied().unwrap_or(0);
        if limits.connections_per_address.is_some_and(|most| here >= most) {
            return Err(Why::Crowded);
        }
        if let Some(most) = limits.connections_per_minute {
            self.comes(address, most, limits.recent_addresses)?;
        }
        self.by_address.insert(address, here + 1);
        Ok(())
    }

    /// One less from an address.
    fn give_back(&mut self, place: Place) {
        let Place::Of(address) = place else { return };
        if let Some(here) = self.by_address.get_mut(&address) {
            *here -= 1;
            if *here == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Somebody comes from an address from which not too many have come in the last minute.
    fn comes(&mut self, address: IpAddr, most: u32, addresses: usize) -> Result<(), Why> {
        const MINUTE: Duration = Duration::from_secs(60);
        let now = Instant::now();
        if !self.lately.contains_key(&address) && self.lately.len() >= addresses {
            self.lately.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
            if self.lately.len() >= addresses {
                // So many addresses at once are not held off by counting them.
                self.lately.clear();
            }
        }
        let (since, count) = self.lately.entry(address).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        if *count >= most {
            return Err(Why::TooOften);
        }
        *count += 1;
        Ok(())
    }
}

impl Ticket {
    /// The place of somebody from this address, for whom somebody else speaks.
    ///
    /// # Errors
    /// When there is none for that address; as for [`Admission::admit`].
    pub fn settle(mut self, address: IpAddr, limits: &Limits) -> Result<Self, (Why, Option<Self>)> {
        match self.move_to(address, limits) {
            Ok(()) => Ok(self),
            Err(why) => Err(self.admission.refuse(why, limits)),
        }
    }

    /// From now on it is the place of somebody from this address, and that of nobody else.
    ///
    /// # Errors
    /// When there is none for that address, and why. Then it is what it was.
    pub fn move_to(&mut self, address: IpAddr, limits: &Limits) -> Result<(), Why> {
        if self.admission.bars.keep_out(address) {
            return Err(Why::Barred);
        }
        let place = Place::Of(site(address));
        if matches!(self.place, Place::Of(own) if own == site(address)) {
            return Ok(());
        }
        let mut counts = self.admission.lock();
        counts.take(place, limits)?;
        counts.give_back(self.place);
        self.place = place;
        Ok(())
    }

    /// Whether it has not been said yet whose it is.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.place, Place::Open)
    }

    /// A proxy speaks for itself: it counts for no address.
    pub fn keep(&mut self) {
        if self.is_open() {
            self.place = Place::OfProxy;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        match self.place {
            Place::Refused => {
                counts.refusing -= 1;
                return;
            }
            Place::Local => counts.local -= 1,
            place @ (Place::Open | Place::OfProxy | Place::Of(_)) => {
                counts.total -= 1;
                counts.give_back(place);
            }
        }
        if counts.total + counts.local == 0 {
            self.admission.fewer.notify_waiters();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().handshakes -= 1;
        self.0.fewer_handshakes.notify_one();
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
    #[test]
    fn whom_a_proxy_speaks_for_counts_and_its_own_address_does_not() {
        let limits = Limits { connections: Some(4), connections_per_address: Some(1), ..Limits::default() };
        let admission = Arc::new(Admission::default());
        let proxied = |address: &str| {
            let ticket = admission.admit_open(&limits).map_err(|(why, _)| why)?;
            ticket.settle(address.parse().unwrap(), &limits).map_err(|(why, _)| why)
        };
        let first = proxied("192.0.2.1").unwrap();
        let _second = proxied("192.0.2.2").unwrap();
        assert_eq!(proxied("192.0.2.1").unwrap_err(), Why::Crowded);
        assert_eq!(admission.admit("192.0.2.2".parse().unwrap(), &limits).unwrap_err().0, Why::Crowded);
        let _own = (admission.admit_open(&limits).unwrap(), admission.admit_open(&limits).unwrap());
        assert_eq!(proxied("192.0.2.3").unwrap_err(), Why::Full);
        drop(first);
        let _again = proxied("192.0.2.1").unwrap();
        assert_eq!(admission.count(), 4);
    }

    #[test]
    fn a_place_is_moved_to_whom_a_gateway_speaks_for_or_stays_where_it_was() {
        let limits = Limits { connections_per_address: Some(1), ..Limits::default() };
        let admission = Arc::new(Admission::default());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let (mut open, mut own) =
            (admission.admit_open(&limits).unwrap(), admission.admit(address("10.0.0.1"), &limits).unwrap());
        assert!(open.is_open() && !own.is_open());
        own.move_to(address("10.0.0.1"), &limits).expect("it is there already");
        own.move_to(address("192.0.2.1"), &limits).unwrap();
        let _again = admission.admit(address("10.0.0.1"), &limits).expect("its own place was given back");
        assert_eq!(open.move_to(address("192.0.2.1"), &limits), Err(Why::Crowded));
        assert!(open.is_open());
        drop(own);
        open.move_to(address("192.0.2.1"), &limits).unwrap();
        admission.bar(vec![Bar { network: "192.0.2.9/32".parse().unwrap(), until_ms: None }]);
        assert_eq!(open.move_to(address("192.0.2.9"), &limits), Err(Why::Barred));
        assert_eq!(admission.admit(address("192.0.2.1"), &limits).unwrap_err().0, Why::Crowded, "it is still there");
        drop(open);
        assert_eq!(admission.count(), 1);
    }

    #[test]
    fn a_full_hall_has_places_at_its_local_socket() {
        let limits = Limits { connections: Some(0), local_connections: 1, ..Limits::default() };
        let admission = Arc::new(Admission::default());
        let local = admission.admit_local(&limits);
        assert!(local.is_some() && admission.admit_local(&limits).is_none());
        drop(local);
        assert!(admission.admit_local(&limits).is_some());
    }

    #[tokio::test]
    async fn only_so_many_are_at_a_handshake_and_the_next_one_has_its_turn() {
        let limits = Limits { handshakes: 2, ..Limits::default() };
        let admission = Arc::new(Admission::default());
        let (first, _second) = (admission.turn(&limits).await, admission.turn(&limits).await);
        let mut third = std::pin::pin!(admission.turn(&limits));
        let waits = std::future::poll_fn(|cx| std::task::Poll::Ready(third.as_mut().poll(cx).is_pending()));
        assert!(waits.await);
        drop(first);
        let _third = third.await;
    }
}
