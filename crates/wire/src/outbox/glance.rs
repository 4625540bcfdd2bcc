//! What a pass over many clients picks up of a log once, for all who stand at the same place in it.
//!
//! Nearly everybody in a room has taken everything up to the last message, is shown all of the next one, and takes it
//! whole. For them a glance holds the blocks that wait, so that a pass neither locks the feed nor counts references for
//! each: those are words of memory that the threads of several passes would otherwise take from one another. It never
//! shows more or less than a reading of the feed would; whoever stands elsewhere is served by [`Outbox::next`].

use std::io::IoSlice;
use std::sync::Arc;

use hall::{Block, Blocks, Feed, Read, Seq, SessionId};
use smallvec::SmallVec;

use super::{BLOCKS, Gathered, Outbox, Piece, SLICES};
use crate::lines::Codec;
use crate::style::is_for_all;

/// Different authors of what waits; with more of them, each client is served by itself.
const AUTHORS: usize = 4;

/// What waits in a log behind one place.
#[derive(Debug, Default)]
pub struct Glance {
    feed: Option<Arc<Feed>>,
    /// The place.
    at: Seq,
    /// How far the log had come.
    head: Seq,
    /// Everything between the two; empty if that is more than a glance holds, or not for everybody.
    blocks: Blocks,
    authors: SmallVec<[SessionId; AUTHORS]>,
}

impl Glance {
    /// What stands in `feed` behind `at`, if one glance can say it for all who stand there.
    fn of(&mut self, feed: &Arc<Feed>, at: Seq) -> &[Arc<Block>] {
        let same = self.at == at && self.feed.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, feed));
        if !same || self.head != feed.head() {
            *self = Self { feed: Some(Arc::clone(feed)), at, head: feed.head(), ..Self::default() };
            self.pick_up(feed);
        }
        &self.blocks
    }

    /// The bytes of what is seen, in a class that [`Outbox::whole`] returned.
    #[must_use]
    pub fn slices(&self, class: usize) -> SmallVec<[IoSlice<'_>; 4]> {
        self.blocks.iter().map(|block| IoSlice::new(&super::encoded(block, class).bytes)).collect()
    }

    fn pick_up(&mut self, feed: &Feed) {
        let Read::Blocks(blocks) = feed.read(self.at, BLOCKS.min(SLICES)) else { return };
        // The log may have grown since its head was read, or have more than was picked up.
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return };
        if first.entries()[0].seq <= self.at || last.last() != self.head {
            return;
        }
        for entry in blocks.iter().flat_map(|block| block.entries()) {
            if !self.authors.contains(&entry.author.session) {
                self.authors.push(entry.author.session);
            }
            if self.authors.len() > AUTHORS || entry.logs.len() > 1 || !is_for_all(entry) {
                return;
            }
        }
        self.blocks = blocks;
    }
}

impl Outbox {
    /// The class of the client, if all that waits for it is what is seen at a glance, which is at most `most` bytes. The
    /// caller writes the [slices](Glance::slices) at once and says how much was [taken](Self::took).
    pub fn whole(&self, glance: &mut Glance, most: usize, codec: &Codec) -> Option<usize> {
        let [cursor] = &self.cursors[..] else { return None };
        if !self.rest.is_empty()
            || !self.answers.is_empty()
            || self.pace.is_some()
            || cursor.page.is_some()
            || self.held > 0
            || self.ignored.is_some()
        {
            return None;
        }
        if cursor.until != Seq(u64::MAX) || cursor.at >= cursor.feed.head() {
            return None;
        }
        let blocks = glance.of(&cursor.feed, cursor.at);
        let class = self.style.class(cursor.named);
        let encode = |entries: &[_]| self.style.encode(entries, cursor.named, codec);
        let bytes = blocks.iter().map(|block| block.encoded(class, encode).bytes.len()).sum::<usize>();
        (bytes > 0 && bytes <= most && !glance.authors.contains(&self.session)).then_some(class)
    }

    /// The client took the first `written` bytes of [what it was found to wait for](Self::whole).
    pub fn took(&mut self, glance: &Glance, class: usize, written: usize) {
        let Some(last) = glance.blocks.last() else { return };
        let bytes = glance.blocks.iter().map(|block| super::encoded(block, class).bytes.len()).sum::<usize>();
        if written == bytes {
            self.cursors[0].at = last.last();
            return;
        }
        let mut gathered = Gathered::default();
        for block in &glance.blocks {
            let to = block.entries().len();
            let piece = Piece::Entries { cursor: 0, block: Arc::clone(block), from: 0, to, class: Some(class) };
            gathered.push(piece, super::encoded(block, class).bytes.len());
        }
        self.wrote(gathered, written);
    }
}
