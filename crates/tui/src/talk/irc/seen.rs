//! What has been shown lately, so that nothing is shown twice: not what history tells again, and not what belongs to
//! several rooms.

use std::collections::{HashSet, VecDeque};

use crate::limits::SEEN_IDS;

/// The latest of what was shown, each by its id and its time: two halls may number alike.
#[derive(Debug, Default)]
pub(super) struct Seen {
    order: VecDeque<String>,
    known: HashSet<String>,
}

impl Seen {
    /// Whether this was not shown before. From now on it was.
    pub(super) fn is_new(&mut self, key: &str) -> bool {
        if !self.known.insert(key.to_owned()) {
            return false;
        }
        self.order.push_back(key.to_owned());
        if self.order.len() > SEEN_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.known.contains(key)
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let mut seen = Seen::default();
        for n in 0..=SEEN_IDS {
            assert!(seen.is_new(&n.to_string()) && !seen.is_new(&n.to_string()));
        }
        assert_eq!((seen.order.len(), seen.known.len()), (SEEN_IDS, SEEN_IDS));
        assert!(seen.is_new("0"));
    }
}
