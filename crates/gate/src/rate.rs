//! How fast a connection may speak: a bucket of tokens that fills at a rate and holds as many as may be used at once.

use crate::Limits;

/// A connection's bucket. It is told the time; a new one is full.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Thousandths of a message used up.
    used: u32,
    /// When that was worked out, in milliseconds on the driver's clock.
    at_ms: u64,
    /// Since when the sender has had to wait again and again, and when it had to last, in seconds; 0 if it has not.
    slowed_s: u32,
    waited_s: u32,
}

/// A sender who has not had to wait for so long is not too fast any more, in seconds.
const CALM_S: u32 = 3;

impl Bucket {
    /// How many messages may be taken now.
    pub fn available(&mut self, now_ms: u64, limits: &Limits) -> usize {
        let Some(rate) = limits.messages_per_second else { return usize::MAX };
        self.refill(now_ms, rate);
        let burst = u64::from(limits.messages_burst.max(1)) * 1000;
        usize::try_from(burst.saturating_sub(self.used.into()) / 1000).unwrap_or(usize::MAX)
    }

    /// So many messages were taken.
    pub fn take(&mut self, messages: usize) {
        let used = u32::try_from(messages).unwrap_or(u32::MAX).saturating_mul(1000);
        self.used = self.used.saturating_add(used);
    }

    /// When the next message may be taken, on the driver's clock in milliseconds; and whether this is the first time in
    /// a while that the sender has to wait, so that it should be told.
    pub fn wait(&mut self, limits: &Limits) -> (u64, bool) {
        let rate = u64::from(limits.messages_per_second.unwrap_or(1).max(1));
        let burst = u64::from(limits.messages_burst.max(1)) * 1000;
        let short = (u64::from(self.used) + 1000).saturating_sub(burst);
        let now_s = self.now_s();
        let begins = self.slowed_s == 0;
        if begins {
            self.slowed_s = now_s;
        }
        self.waited_s = now_s;
        (self.at_ms + short.div_ceil(rate), begins)
    }

    /// Whether the sender has been too fast for longer than it may, without a pause.
    #[must_use]
    pub fn floods(&self, limits: &Limits) -> bool {
        let slowed_s = if self.slowed_s == 0 { 0 } else { self.waited_s.saturating_sub(self.slowed_s) };
        limits.flood_s.is_some_and(|most| u64::from(slowed_s) > most)
    }

    /// The seconds of the driver's clock, never 0.
    fn now_s(&self) -> u32 {
        u32::try_from(self.at_ms / 1_000 + 1).unwrap_or(u32::MAX)
    }

    fn refill(&mut self, now_ms: u64, rate: u32) {
        let gained = now_ms.saturating_sub(self.at_ms).saturating_mul(u64::from(rate));
        self.used = self.used.saturating_sub(u32::try_from(gained).unwrap_or(u32::MAX));
        self.at_ms = now_ms;
        if self.used == 0 || self.now_s().saturating_sub(self.waited_s) > CALM_S {
            self.slowed_s = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_through_and_then_the_rate_holds() {
        let limits = Limits { messages_per_second: Some(10), messages_burst: 5, ..Limits::default() };
        let mut bucket = Bucket::default();
        assert_eq!(bucket.available(1_000, &limits), 5);
        bucket.take(5);
        assert_eq!(bucket.available(1_000, &limits), 0);
        assert_eq!(bucket.wait(&limits), (1_100, true));
        assert_eq!(bucket.wait(&limits), (1_100, false), "told once");
        assert_eq!(bucket.available(1_099, &limits), 0);
        assert_eq!(bucket.available(1_100, &limits), 1);
        assert_eq!(bucket.available(1_000_000, &limits), 5, "no more than a burst is saved up");
        bucket.take(6);
        assert!(bucket.wait(&limits).1, "told again after it was quiet");
    }

    #[test]
    fn who_never_pauses_floods() {
        let limits =
            Limits { messages_per_second: Some(10), messages_burst: 5, flood_s: Some(60), ..Limits::default() };
        let sends = |bucket: &mut Bucket, from_ms: u64, to_ms: u64| {
            let mut now_ms = from_ms;
            while now_ms < to_ms {
                let most = bucket.available(now_ms, &limits);
                bucket.take(most);
                now_ms = bucket.wait(&limits).0;
            }
        };
        let mut bucket = Bucket::default();
        sends(&mut bucket, 1, 59_000);
        assert!(!bucket.floods(&limits));
        let mut paused = Bucket::default();
        sends(&mut paused, 1, 59_000);
        sends(&mut paused, 65_000, 100_000);
        assert!(!paused.floods(&limits), "it has paused");
        sends(&mut bucket, 59_000, 62_000);
        assert!(bucket.floods(&limits));
    }

    #[test]
    fn lifted_limits_let_everything_through() {
        let limits = Limits::default().lifted();
        let mut bucket = Bucket::default();
        bucket.take(1_000_000);
        assert_eq!(bucket.available(0, &limits), usize::MAX);
    }
}
