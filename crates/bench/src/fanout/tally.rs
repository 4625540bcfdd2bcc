//! Who has heard what: the judge of whether every message reached everybody once and in order.
//!
//! Each pair of a receiver and a sender has the number that must come next. A later number is a gap, whose messages
//! are remembered: one that still comes was out of order, one that never does is lost, and one that comes again is a
//! duplicate. A sender must not hear itself. A message is complete when everybody else has it.

use std::collections::HashSet;
use std::fmt;

/// What went wrong with messages; all zero in a run that counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Copies that never came.
    pub(crate) lost: u64,
    /// Copies that came once more.
    pub(crate) duplicated: u64,
    /// Copies that came after a later one of the same sender.
    pub(crate) disordered: u64,
    /// Messages that their own sender heard.
    pub(crate) echoed: u64,
    /// Copies of what nobody had sent yet.
    pub(crate) unsent: u64,
}

impl Faults {
    /// Whether there are none.
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("none");
        }
        let Self { lost, duplicated, disordered, echoed, unsent } = self;
        write!(f, "{lost} lost, {duplicated} duplicated, {disordered} out of order, {echoed} echoed, {unsent} not sent")
    }
}

/// The books of one run. Connections are numbered, the senders first.
#[derive(Debug)]
pub(super) struct Tally {
    senders: usize,
    connections: usize,
    /// For each receiver and, within it, each sender: the number that comes next.
    next: Vec<u32>,
    /// What was passed over: receiver, sender, number.
    missing: HashSet<(usize, usize, u32)>,
    /// For each sender and each message of it: how many have not heard it yet.
    waiting: Vec<Vec<u32>>,
    sent: u64,
    completed: u64,
    delivered: u64,
    faults: Faults,
    /// For each receiver and, within it, each sender: whether this round's probe was heard.
    probed: Vec<bool>,
    unprobed: usize,
}

impl Tally {
    /// Books for `connections` connections, of which the first `senders` speak.
    pub(super) fn new(connections: usize, senders: usize, messages: u64) -> Self {
        let each = messages as usize / senders + 2;
        let pairs = connections * senders;
        Self {
            senders,
            connections,
            next: vec![0; pairs],
            missing: HashSet::new(),
            waiting: (0..senders).map(|_| Vec::with_capacity(each)).collect(),
            sent: 0,
            completed: 0,
            delivered: 0,
            faults: Faults::default(),
            probed: vec![false; pairs],
            unprobed: 0,
        }
    }

    /// Enters the next message; its sender and its number there. The senders take turns.
    pub(super) fn send(&mut self) -> (usize, u32) {
        let sender = (self.sent % self.senders as u64) as usize;
        let seq = self.waiting[sender].len() as u32;
        self.waiting[sender].push(self.connections as u32 - 1);
        self.sent += 1;
        (sender, seq)
    }

    /// Enters that `receiver` heard message `seq` of `sender`. Whether it was a delivery that counts.
    pub(super) fn deliver(&mut self, receiver: usize, sender: usize, seq: u32) -> bool {
        let Some(waiting) = self.waiting.get_mut(sender).and_then(|sent| sent.get_mut(seq as usize)) else {
            self.faults.unsent += 1;
            return false;
        };
        if receiver == sender {
            self.faults.echoed += 1;
            return false;
        }
        let next = &mut self.next[receiver * self.senders + sender];
        if seq >= *next {
            self.missing.extend((*next..seq).map(|missed| (receiver, sender, missed)));
            *next = seq + 1;
        } else if self.missing.remove(&(receiver, sender, seq)) {
            self.faults.disordered += 1;
        } else {
            self.faults.duplicated += 1;
            return false;
        }
        *waiting -= 1;
        self.completed += u64::from(*waiting == 0);
        self.delivered += 1;
        true
    }

    /// A new round of probes: nobody has heard anybody.
    pub(super) fn begin_probes(&mut self) {
        self.probed.fill(false);
        self.unprobed = (self.connections - 1) * self.senders;
    }

    /// Enters that `receiver` heard a probe of this round by `sender`.
    pub(super) fn probe(&mut self, receiver: usize, sender: usize) {
        if receiver == sender || sender >= self.senders {
            return;
        }
        let probed = &mut self.probed[receiver * self.senders + sender];
        if !*probed {
            *probed = true;
            self.unprobed -= 1;
        }
    }

    /// Pairs that have not heard each other in this round.
    pub(super) fn unprobed(&self) -> usize {
        self.unprobed
    }

    /// Messages sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Messages that everybody has.
    pub(super) fn completed(&self) -> u64 {
        self.completed
    }

    /// Copies that have reached somebody, each counted once.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// What went wrong, if nothing more were to come.
    pub(super) fn faults(&self) -> Faults {
        Faults { lost: self.sent * (self.connections as u64 - 1) - self.delivered, ..self.faults }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two senders (0 and 1) and one member (2); each sender sends `each` messages; `heard` is what reached whom.
    #[track_caller]
    fn check(each: u32, heard: &[(usize, usize, u32)], expect: Faults) -> Tally {
        let mut tally = Tally::new(3, 2, 2 * u64::from(each));
        for seq in 0..each {
            assert_eq!([tally.send(), tally.send()], [(0, seq), (1, seq)]);
        }
        for &(receiver, sender, seq) in heard {
            tally.deliver(receiver, sender, seq);
        }
        assert_eq!(tally.faults(), expect);
        tally
    }

    const ALL: [(usize, usize, u32); 8] =
        [(1, 0, 0), (2, 0, 0), (0, 1, 0), (2, 1, 0), (1, 0, 1), (2, 0, 1), (0, 1, 1), (2, 1, 1)];

    #[test]
    fn each_once_and_in_order_is_no_fault() {
        let tally = check(2, &ALL, Faults::default());
        assert_eq!((tally.sent(), tally.completed(), tally.delivered()), (4, 4, 8));
        assert!(tally.faults().is_clean());
    }

    #[test]
    fn what_never_came_is_lost() {
        let tally = check(2, &ALL[..7], Faults { lost: 1, ..Faults::default() });
        assert_eq!(tally.completed(), 3);
        check(2, &ALL[1..], Faults { lost: 1, ..Faults::default() });
    }

    #[test]
    fn what_came_late_is_out_of_order_and_not_lost() {
        let mut heard = ALL;
        heard.swap(0, 4);
        let tally = check(2, &heard, Faults { disordered: 1, ..Faults::default() });
        assert_eq!(tally.completed(), 4);
    }

    #[test]
    fn what_came_twice_is_a_duplicate_and_completes_nothing() {
        let heard = [(1, 0, 0), (1, 0, 0)];
        let tally = check(1, &heard, Faults { duplicated: 1, lost: 3, ..Faults::default() });
        assert_eq!(tally.completed(), 0);
    }

    #[test]
    fn an_echo_and_a_message_from_nowhere_are_faults() {
        let heard = [&ALL[..], &[(0, 0, 0), (2, 0, 9), (2, 7, 0)]].concat();
        check(2, &heard, Faults { echoed: 1, unsent: 2, ..Faults::default() });
    }

    #[test]
    fn probes_are_done_when_each_has_heard_each_other() {
        let mut tally = Tally::new(3, 2, 0);
        tally.begin_probes();
        for (receiver, sender) in [(0, 1), (0, 1), (0, 0), (2, 0), (2, 1), (2, 9)] {
            tally.probe(receiver, sender);
        }
        assert_eq!(tally.unprobed(), 1);
        tally.probe(1, 0);
        assert_eq!(tally.unprobed(), 0);
    }
}
