//! A room's log as its readers see it: the entries still in memory, in blocks that are encoded once per class of client.
//!
//! The hall appends; any number of connections read, each from its own cursor, which is nothing but the [`Seq`] of the
//! last entry it has taken. Appending copies no message to anyone. The tail is bounded: a reader further behind is told
//! so and reads on from the ledger. This is the one value of the domain that is shared between threads, and its lock is
//! held only to append a block or to pick some up.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use smallvec::SmallVec;

use crate::{Entry, Event, Limits, Seq};

/// Classes of clients that share an encoding. What each stands for is the dialects' affair.
pub const CLASSES: usize = CLASS_GROUPS * GROUP_CLASSES;
/// Classes that belong together: nobody who speaks one dialect has a place for the encodings of another.
pub const GROUP_CLASSES: usize = 16;
const CLASS_GROUPS: usize = 5;

/// The encodings of one group of classes.
type Group = [OnceLock<Box<Encoded>>; GROUP_CLASSES];

/// The bytes of a block's entries in one class, one after the other.
#[derive(Debug)]
pub struct Encoded {
    /// All bytes.
    pub bytes: Box<[u8]>,
    /// Where each entry's bytes end. An entry that the class does not show has none.
    pub ends: Box<[u32]>,
}

impl Encoded {
    /// The range of bytes of the entries `from..to`.
    #[must_use]
    pub fn range(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        self.start(from)..self.start(to)
    }

    fn start(&self, entry: usize) -> usize {
        if entry == 0 { 0 } else { self.ends[entry - 1] as usize }
    }
}

/// Entries that were committed together, in the order of their numbers. Never empty.
#[derive(Debug)]
pub struct Block {
    entries: Box<[Arc<Entry>]>,
    encoded: [OnceLock<Box<Group>>; CLASS_GROUPS],
}

impl Block {
    /// A block of these entries.
    ///
    /// # Panics
    /// When there are none: that is our bug.
    #[must_use]
    pub fn new(entries: Vec<Arc<Entry>>) -> Self {
        assert!(!entries.is_empty(), "a block has entries");
        debug_assert!(entries.is_sorted_by(|a, b| a.seq < b.seq), "a block is in order");
        Self { entries: entries.into(), encoded: [const { OnceLock::new() }; CLASS_GROUPS] }
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The number of the last entry.
    #[must_use]
    pub fn last(&self) -> Seq {
        self.entries[self.entries.len() - 1].seq
    }

    /// The index of the first entry after `seq`; the number of entries when there is none.
    #[must_use]
    pub fn index_after(&self, seq: Seq) -> usize {
        if self.entries[0].seq > seq { 0 } else { self.entries.partition_point(|e| e.seq <= seq) }
    }

    /// The block with a tombstone in the place of a message; none when there is no such message in it.
    #[must_use]
    pub fn redacted(&self, seq: Seq) -> Option<Self> {
        let is_it = |entry: &Arc<Entry>| entry.seq == seq && matches!(entry.event, Event::Message(..));
        let stone = |entry: &Arc<Entry>| if is_it(entry) { Arc::new(entry.redacted()) } else { Arc::clone(entry) };
        self.entries.iter().any(is_it).then(|| Self::new(self.entries.iter().map(stone).collect()))
    }

    /// The bytes of this block in a class, made by `encode` when they are first asked for and shared from then on.
    pub fn encoded(&self, class: usize, encode: impl FnOnce(&[Arc<Entry>]) -> Encoded) -> &Encoded {
        let group =
            self.encoded[class / GROUP_CLASSES].get_or_init(|| Box::new([const { OnceLock::new() }; GROUP_CLASSES]));
        group[class % GROUP_CLASSES].get_or_init(|| Box::new(encode(&self.entries)))
    }
}

/// Blocks that a reader picked up: nearly always one.
pub type Blocks = SmallVec<[Arc<Block>; 2]>;

/// What a reader finds after its cursor.
#[derive(Debug)]
pub enum Read {
    /// These blocks, oldest first; the first of them may begin before the cursor. None: the reader is at the head.
    Blocks(Blocks),
    /// The next entries are no longer in memory: read them from the ledger.
    Behind,
}

/// The part of one log that is in memory.
#[derive(Debug, Default)]
pub struct Feed {
    /// The last entry's number, so that a reader at the head need not take the lock.
    head: AtomicU64,
    tail: RwLock<Tail>,
}

#[derive(Debug, Default)]
struct Tail {
    blocks: VecDeque<Arc<Block>>,
    entries: usize,
    bytes: usize,
    /// The last entry that is no longer here.
    gone: Seq,
}

impl Feed {
    /// A feed that begins after `seq`: what the log had until then is only on the ledger.
    #[must_use]
    pub fn after(seq: Seq) -> Self {
        Self { head: AtomicU64::new(seq.0), tail: RwLock::new(Tail { gone: seq, ..Tail::default() }) }
    }

    /// The number of the last entry.
    #[must_use]
    pub fn head(&self) -> Seq {
        Seq(self.head.load(Ordering::Acquire))
    }

    /// The number of the last entry that is no longer in memory.
    #[must_use]
    pub fn floor(&self) -> Seq {
        self.tail.read().unwrap_or_else(PoisonError::into_inner).gone
    }

    /// Adds a block at the head and lets go of the oldest ones that no longer fit into memory.
    pub fn append(&self, block: Block, limits: &Limits) {
        let head = block.last();
        debug_assert!(block.entries[0].seq > self.head(), "a log only grows at its head");
        let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
        tail.entries += block.entries.len();
        tail.bytes += bytes_of(&block);
        tail.blocks.push_back(Arc::new(block));
        while tail.blocks.len() > 1 && (tail.entries > limits.tail_entries || tail.bytes > limits.tail_bytes) {
            if let Some(old) = tail.blocks.pop_front() {
                tail.entries -= old.entries.len();
                tail.bytes -= bytes_of(&old);
                tail.gone = old.last();
            }
        }
        drop(tail);
        self.head.store(head.0, Ordering::Release);
    }

    /// Puts a tombstone in the place of a message that was taken back, if it is still in memory: whoever has not been shown
    /// it is not shown it any more.
    pub fn redact(&self, seq: Seq) {
        let mut tail = self.tail.write().unwrap_or_else(PoisonError::into_inner);
        let at = tail.blocks.partition_point(|b| b.last() < seq);
        let Some(block) = tail.blocks.get(at).cloned() else { return };
        let Some(stones) = block.redacted(seq) else { return };
        tail.bytes = (tail.bytes + bytes_of(&stones)).saturating_sub(bytes_of(&block));
        tail.blocks[at] = Arc::new(stones);
    }

    /// The entry of this number, if it is still in memory.
    #[must_use]
    pub fn find(&self, seq: Seq) -> Option<Arc<Entry>> {
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        let block = tail.blocks.get(tail.blocks.partition_point(|b| b.last() < seq))?;
        block.entries.iter().find(|entry| entry.seq == seq).cloned()
    }

    /// Up to `most` blocks with what comes after `cursor`.
    #[must_use]
    pub fn read(&self, cursor: Seq, most: usize) -> Read {
        if cursor >= self.head() {
            return Read::Blocks(Blocks::new());
        }
        let tail = self.tail.read().unwrap_or_else(PoisonError::into_inner);
        if cursor < tail.gone {
            return Read::Behind;
        }
        // Nearly every reader is one block behind; only one that lags has to search.
        let len = tail.blocks.len();
        let first = match len.checked_sub(2).map(|i| tail.blocks[i].last() <= cursor) {
            Some(true) | None => len.saturating_sub(1),
            Some(false) => tail.blocks.partition_point(|b| b.last() <= cursor),
        };
        Read::Blocks(tail.blocks.range(first..).take(most).cloned().collect())
    }
}

/// What a block counts for in memory: its text, and a share for each entry.
fn bytes_of(block: &Block) -> usize {
    const ENTRY_SHARE_BYTES: usize = 64;
    block.entries.iter().map(|e| e.text_bytes() + ENTRY_SHARE_BYTES).sum()
}
