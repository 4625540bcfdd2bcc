//! The ledger in memory: the order of the hall for as long as the process lives, the latest entries of it kept.
//!
//! It serves tests, the simulation and halls that are to forget. Both of its limits hold for all logs together; the
//! oldest entries go first, whichever log they are in, and a reader who wanted them is told of the gap.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hall::{Entry, Event, LogId, Proposal, Seq, Time};
use unicode_normalization::UnicodeNormalization;

use crate::{Error, Ledger, Limits, Page, Rejected};

/// The ledger in memory.
#[derive(Debug, Default)]
pub struct Memory {
    limits: Limits,
    head: Seq,
    bytes: usize,
    order: VecDeque<Arc<Entry>>,
    logs: BTreeMap<LogId, Kept>,
    /// The last entry that was let go.
    gone: Seq,
}

/// What is kept of one log.
#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Arc<Entry>>,
    /// The last entry of this log that was let go.
    gone: Seq,
}

impl Memory {
    /// An empty ledger with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    fn keep(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.text_bytes();
        for log in &entry.logs {
            // Of a log that is new here, or of which nothing was left, entries may be gone.
            let gone = self.gone;
            let kept = self.logs.entry(log.clone()).or_insert_with(|| Kept { entries: VecDeque::new(), gone });
            kept.entries.push_back(Arc::clone(&entry));
        }
        self.order.push_back(entry);
        while self.order.len() > self.limits.entries || self.bytes > self.limits.bytes {
            let Some(old) = self.order.pop_front() else { break };
            self.let_go(&old);
        }
    }

    fn let_go(&mut self, old: &Entry) {
        self.bytes -= old.text_bytes();
        self.gone = old.seq;
        for log in &old.logs {
            if let Some(kept) = self.logs.get_mut(log) {
                kept.entries.pop_front();
                kept.gone = old.seq;
                if kept.entries.is_empty() {
                    self.logs.remove(log);
                }
            }
        }
    }
}

impl Ledger for Memory {
    fn commit(&mut self, at: Time, group: Vec<Proposal>) -> Result<Vec<Arc<Entry>>, Rejected> {
        let mut entries = Vec::with_capacity(group.len());
        for proposal in group {
            self.head.0 += 1;
            let entry = Arc::new(Entry::new(self.head, at, proposal));
            self.keep(Arc::clone(&entry));
            entries.push(entry);
        }
        Ok(entries)
    }

    fn head(&self) -> Seq {
        self.head
    }

    fn read(&self, log: &LogId, after: Seq, most: usize) -> Result<Page, Error> {
        let Some(kept) = self.logs.get(log) else { return Ok(Page { entries: Vec::new(), gap: after < self.gone }) };
        let first = kept.entries.partition_point(|e| e.seq <= after);
        Ok(Page { entries: kept.entries.range(first..).take(most).cloned().collect(), gap: after < kept.gone })
    }

    fn last_messages(&self, log: &LogId, most: usize) -> Result<Page, Error> {
        let Some(kept) = self.logs.get(log) else { return Ok(Page::default()) };
        let mut entries: Vec<_> = kept.entries.iter().rev().filter(|e| is_message(e)).take(most).cloned().collect();
        entries.reverse();
        Ok(Page { entries, gap: false })
    }

    fn search(&self, logs: &[LogId], words: &[String], most: usize) -> Result<Vec<Arc<Entry>>, Error> {
        let words: Vec<String> = words.iter().map(|w| folded(w)).filter(|w| !w.is_empty()).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.order.iter().rev().filter(|e| e.logs.iter().any(|log| logs.contains(log)) && holds(e, &words));
        Ok(found.take(most).cloned().collect())
    }
}

fn is_message(entry: &Entry) -> bool {
    matches!(entry.event, Event::Message(..))
}

fn holds(entry: &Entry, words: &[String]) -> bool {
    let Event::Message(_, text) = &entry.event else { return false };
    let text = folded(text.as_str());
    words.iter().all(|word| text.contains(word))
}

fn folded(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{check, message, room};

    #[test]
    fn passes_what_every_ledger_passes() {
        check(|| Box::new(Memory::default()));
    }

    #[test]
    fn the_oldest_go_first_and_the_reader_is_told() {
        let mut ledger = Memory::new(Limits { entries: 3, bytes: 1_000 });
        ledger.commit(Time(1), (0..5).map(|n| message("#a", &n.to_string())).collect()).unwrap();
        let page = ledger.read(&room("#a"), Seq(0), 10).unwrap();
        assert!(page.gap);
        assert_eq!(page.entries.iter().map(|e| e.seq.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(!ledger.read(&room("#a"), Seq(2), 10).unwrap().gap);
        let mut ledger = Memory::new(Limits { entries: 100, bytes: 10 });
        ledger.commit(Time(1), (0..5).map(|_| message("#a", "four")).collect()).unwrap();
        assert_eq!(ledger.read(&room("#a"), Seq(0), 10).unwrap().entries.len(), 2);
    }
}
