//! What one client is yet to be sent: cursors into the logs it follows, answers to what it asked, and the rest of a line
//! that was half written. No message is ever queued here: what a client has not taken is still in the log.
//!
//! The outbox is pure. Its driver asks what comes [`next`](Outbox::next), writes the [`slices`](Outbox::slices) in one
//! go, and tells how much was [`wrote`](Outbox::wrote). Every log's entries come in their order, each once; an answer comes
//! after the entries that were there when it was given, and entries of several logs come in the order of their numbers.

mod glance;
mod names;
mod pace;

use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::Arc;

use hall::{Block, Blocks, Encoded, Entry, Event, Feed, LogId, PersonId, Read, RoomName, Seq, SessionId};
use smallvec::{SmallVec, smallvec};

use crate::Style;
use crate::lines::{self, Codec};
pub use glance::Glance;
use names::called_then;
use pace::Pace;

/// Blocks looked at in one go.
const BLOCKS: usize = 64;
/// Slices written in one go; the kernel takes 1024 (`IOV_MAX`).
const SLICES: usize = 64;
/// Entries asked of the ledger in one go by a client that lags behind what is in memory.
pub const PAGE_ENTRIES: usize = 256;

/// What one client is yet to be sent.
#[derive(Debug)]
pub struct Outbox {
    session: SessionId,
    style: Style,
    cursors: SmallVec<[Cursor; 1]>,
    answers: VecDeque<Answer>,
    answer_bytes: usize,
    /// The rest of a line that was half written, or what has been picked up for a client that is written to in paces.
    rest: Vec<u8>,
    /// The last entry of several logs that was shown: the cursor that passed it may be gone since.
    shared: Seq,
    /// Only for a client that sends no newlines.
    pace: Option<Box<Pace>>,
    /// How many answers have to be there before anything more is shown.
    held: u8,
    /// Whose messages are not shown. Boxed, because hardly anybody has any.
    #[allow(clippy::box_collection)] // One word in every connection, and not three.
    ignored: Option<Box<Vec<PersonId>>>,
}

/// A place in a log.
#[derive(Debug)]
struct Cursor {
    log: LogId,
    feed: Arc<Feed>,
    /// The entry behind which it began, or behind which it went on after a hole.
    since: Seq,
    /// The last entry taken.
    at: Seq,
    /// The last entry to be taken.
    until: Seq,
    /// Whether the room has to be named, because the session speaks elsewhere; or, in the log of two people, whether its own
    /// is the second.
    named: bool,
    /// Entries that had to be read from the ledger.
    page: Option<Arc<Block>>,
    /// What the log was called up to which entry, of those that are still to be taken: they are shown under the name that it
    /// had then. Boxed, because hardly any has ever had another one.
    #[allow(clippy::box_collection)] // One word in every connection, and not three.
    was: Option<Box<Vec<(Seq, LogId)>>>,
}

/// An answer, and the entry it comes after.
#[derive(Debug)]
struct Answer {
    after: Seq,
    bytes: Box<[u8]>,
}

/// What is to be done for a client next.
#[derive(Debug)]
pub enum Next {
    /// Nothing: it has everything.
    Idle,
    /// Write this.
    Write(Gathered),
    /// Nothing before this moment (milliseconds on the driver's clock).
    Wait(u64),
    /// Read the log from the ledger, behind this entry, and call [`Outbox::catch_up`].
    Page(LogId, Seq),
}

/// Things to write in one go, in their order.
#[derive(Debug, Default)]
pub struct Gathered {
    pieces: SmallVec<[Piece; 2]>,
    bytes: usize,
}

#[derive(Debug)]
enum Piece {
    /// So many bytes of the rest.
    Rest(usize),
    /// Entries of a block, for the cursor with this index. Without bytes when the client is not shown them.
    Entries { cursor: usize, block: Arc<Block>, from: usize, to: usize, class: Option<usize> },
    /// The answer with this index.
    Answer(usize),
}

impl Outbox {
    /// An outbox with nothing in it.
    #[must_use]
    pub fn new(session: SessionId, style: Style) -> Self {
        Self {
            session,
            style,
            cursors: SmallVec::new(),
            answers: VecDeque::new(),
            answer_bytes: 0,
            rest: Vec::new(),
            shared: Seq(0),
            pace: None,
            held: 0,
            ignored: None,
        }
    }

    /// How the client reads.
    #[must_use]
    pub fn style(&self) -> Style {
        self.style
    }

    /// The client has shown to read otherwise. What is half written is finished in the old way.
    pub fn set_style(&mut self, style: Style) {
        self.style = style;
        if style.is_unframed() {
            self.pace.get_or_insert_default();
        } else {
            self.pace = None;
        }
    }

    /// Shows the client nothing until this is [released](Self::release): an answer is on its way that comes before everything
    /// else. As often as it is held it has to be released.
    pub fn hold(&mut self) {
        self.held = self.held.saturating_add(1);
    }

    /// Whether it is shown nothing for now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held > 0
    }

    /// The answer that the client was held for is there.
    pub fn release(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    /// Gives the client a cursor into a log, behind `at`. Whether it is one more: a client that follows the log already goes
    /// on from there instead.
    pub fn follow(&mut self, log: LogId, feed: Arc<Feed>, at: Seq, second: bool) -> bool {
        // Who follows a log again, having left it, is still to be shown what came before they left; the ledger has it,
        // so that a client that does not read keeps no room's memory alive.
        let before = self.cursors.len();
        self.cursors.retain(|c| c.log != log || c.until < Seq(u64::MAX));
        let more = self.cursors.len() == before;
        for left in self.cursors.iter_mut().filter(|c| c.log == log) {
            left.feed = Arc::new(Feed::after(left.until));
        }
        self.cursors.push(Cursor {
            log,
            feed,
            since: at,
            at,
            until: Seq(u64::MAX),
            named: second,
            page: None,
            was: None,
        });
        more
    }

    /// The cursor into this log goes when it has passed `until`.
    pub fn unfollow(&mut self, log: &LogId, until: Seq) {
        if let Some(cursor) = self.cursors.iter_mut().find(|c| c.log == *log && c.until == Seq(u64::MAX)) {
            cursor.until = until;
        }
        self.drop_finished();
    }

    /// The logs that the client follows.
    #[must_use]
    pub fn logs(&self) -> Vec<LogId> {
        self.cursors.iter().map(|c| c.log.clone()).collect()
    }

    /// The client has left the hall: it is sent what was there until now and nothing that comes later. Returns the logs that
    /// it followed.
    pub fn finish(&mut self) -> Vec<LogId> {
        let logs = self.logs();
        for cursor in &mut self.cursors {
            cursor.until = cursor.until.min(cursor.feed.head());
        }
        self.drop_finished();
        logs
    }

    /// The client speaks in this room: the entries of the others are shown with their room's name.
    pub fn focus(&mut self, room: Option<&RoomName>) {
        for cursor in &mut self.cursors {
            if let LogId::Room(there) = &cursor.log {
                cursor.named = Some(there) != room;
            }
        }
    }

    /// Adds an answer, to be given after the entry `after`.
    pub fn answer(&mut self, after: Seq, mut bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        if self.style.is_numbered() && after > Seq(0) {
            bytes.splice(0..0, lines::number(after).into_bytes());
        }
        self.answer_bytes += bytes.len();
        self.answers.push_back(Answer { after, bytes: bytes.into() });
    }

    /// Bytes of answers that wait.
    #[must_use]
    pub fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    /// What the ledger gave for [`Next::Page`]: entries of the log behind `after`, with a hole before the first of them if
    /// `gap`. Without entries, the log goes on with what is in memory. A client that has been put elsewhere since asks
    /// again.
    pub fn catch_up(&mut self, log: &LogId, after: Seq, mut entries: Vec<Arc<Entry>>, gap: Option<Vec<u8>>) {
        let is_behind = |c: &&mut Cursor| c.log == *log && c.at == after && matches!(c.read(), Read::Behind);
        let Some(cursor) = self.cursors.iter_mut().find(is_behind) else { return };
        let at = cursor.at;
        // The ledger may be ahead of the hall, which alone knows whether the client is still there by then.
        let last = cursor.feed.head().min(cursor.until);
        entries.retain(|entry| entry.seq <= last);
        let named_now = &self.cursors;
        entries.iter_mut().for_each(|entry| called_then(entry, named_now));
        let Some(cursor) = self.cursors.iter_mut().find(is_behind) else { return };
        if entries.is_empty() {
            cursor.at = cursor.feed.floor().max(at);
            cursor.since = cursor.at;
        } else {
            cursor.page = Some(Arc::new(Block::new(entries)));
        }
        if let Some(gap) = gap {
            self.answer_bytes += gap.len();
            self.answers.push_front(Answer { after: at, bytes: gap.into() });
        }
        self.drop_finished();
    }

    /// A message was taken back: the client is not shown it where it has read on from the ledger. What is half written is
    /// finished.
    pub fn redact(&mut self, log: &LogId, seq: Seq) {
        for cursor in self.cursors.iter_mut().filter(|c| c.log == *log) {
            if let Some(stones) = cursor.page.as_ref().and_then(|page| page.redacted(seq)) {
                cursor.page = Some(Arc::new(stones));
            }
        }
    }

    /// What is to be done next, at most about `most` bytes of it, at the moment `now_ms`.
    pub fn next(&mut self, now_ms: u64, most: usize, codec: &Codec) -> Next {
        if self.pace.is_some() {
            return self.next_paced(now_ms, codec);
        }
        self.gather(most, codec)
    }

    fn gather(&mut self, most: usize, codec: &Codec) -> Next {
        if self.rest.is_empty() && self.answers.is_empty() && self.cursors.iter().all(|c| c.at >= c.feed.head()) {
            return Next::Idle;
        }
        let mut gathered = Gathered::default();
        if !self.rest.is_empty() {
            gathered.push(Piece::Rest(self.rest.len()), self.rest.len());
        }
        if self.held > 0 {
            return if gathered.pieces.is_empty() { Next::Idle } else { Next::Write(gathered) };
        }
        let mut readings: SmallVec<[Reading; 1]> = SmallVec::new();
        for (index, cursor) in self.cursors.iter().enumerate() {
            match cursor.read() {
                Read::Blocks(blocks) if blocks.is_empty() => {}
                Read::Blocks(blocks) => readings.push(Reading::new(index, cursor, blocks)),
                // What is in memory of other logs may be newer than what this one is missing: first things first.
                Read::Behind if gathered.pieces.is_empty() => return Next::Page(cursor.log.clone(), cursor.at),
                Read::Behind => return Next::Write(gathered),
            }
        }
        // What comes after the end of what was picked up of one log waits until more of that log has been picked up.
        let bound = readings.iter().filter_map(|r| r.bound(&self.cursors[r.cursor])).min().unwrap_or(Seq(u64::MAX));
        let mut answer = 0;
        while gathered.bytes < most && gathered.pieces.len() < SLICES {
            let next = readings.iter().enumerate().filter_map(|(i, r)| Some((r.next()?, i))).min();
            let next = next.filter(|(seq, _)| *seq <= bound);
            let due = self.answers.get(answer).map(|a| a.after).filter(|after| *after <= bound);
            match (next, due) {
                (None, None) => break,
                (Some((seq, i)), due) if due.is_none_or(|due| seq <= due) => {
                    let before =
                        readings.iter().enumerate().filter(|(j, _)| *j != i).filter_map(|(_, r)| r.next()).min();
                    let ends = due.into_iter().chain([bound]).map(|last| Seq(last.0.saturating_add(1)));
                    let stop = before.into_iter().chain(ends).min();
                    self.take_run(&mut readings, i, stop, most, codec, &mut gathered);
                }
                (_, Some(_)) => {
                    gathered.push(Piece::Answer(answer), self.answers[answer].bytes.len());
                    answer += 1;
                }
                (Some(_), None) => unreachable!("taken by the first arm"),
            }
        }
        if gathered.bytes == 0 {
            // Only things that are not shown: pass over them and see whether anything is left.
            let passed = !gathered.pieces.is_empty();
            self.wrote(gathered, 0);
            return if passed { self.gather(most, codec) } else { Next::Idle };
        }
        Next::Write(gathered)
    }

    /// Takes entries of one reading: those shown, or those not shown, up to the entry `stop` or the end of the block.
    fn take_run(
        &self,
        readings: &mut [Reading],
        which: usize,
        stop: Option<Seq>,
        most: usize,
        codec: &Codec,
        gathered: &mut Gathered,
    ) {
        let (cursor, from) = (readings[which].cursor, readings[which].entry);
        let block = Arc::clone(&readings[which].blocks[readings[which].block]);
        let entries = block.entries();
        let limit = stop.unwrap_or(Seq(u64::MAX)).min(Seq(readings[which].until.0.saturating_add(1)));
        let shown = self.is_shown(&entries[from], cursor, readings);
        let mut to = from + 1;
        while to < entries.len() && entries[to].seq < limit && self.is_shown(&entries[to], cursor, readings) == shown {
            to += 1;
        }
        let mut bytes = 0;
        let mut class = None;
        if shown {
            let named = self.cursors[cursor].named;
            let of = self.style.class(named);
            let encoded = block.encoded(of, |entries| self.style.encode(entries, named, codec));
            bytes = encoded.range(from, to).len();
            while gathered.bytes + bytes > most && to > from + 1 {
                to -= 1;
                bytes = encoded.range(from, to).len();
            }
            class = Some(of);
        }
        readings[which].advance(to);
        gathered.push(Piece::Entries { cursor, block, from, to, class }, bytes);
    }

    /// Whether the client is shown an entry: it does not hear itself, and what stands in several of its logs it hears once.
    fn is_shown(&self, entry: &Entry, cursor: usize, readings: &[Reading]) -> bool {
        let passed = |other: usize| {
            let reading = readings.iter().find(|r| r.cursor == other);
            // A cursor that began behind the entry has not shown it.
            self.cursors[other].since < entry.seq && reading.map_or(self.cursors[other].at, |r| r.passed) >= entry.seq
        };
        entry.author.session != self.session
            && !self.is_ignored(entry)
            && self.style.shows(entry, self.reader(cursor))
            && (entry.logs.len() == 1
                || (entry.seq != self.shared
                    && !self
                        .cursors
                        .iter()
                        .enumerate()
                        .any(|(i, c)| i != cursor && entry.logs.contains(c.log_at(entry.seq)) && passed(i))))
    }

    /// Who reads, as far as a log of two people says.
    fn reader(&self, cursor: usize) -> Option<PersonId> {
        let cursor = &self.cursors[cursor];
        match cursor.log {
            LogId::Direct(first, second) => Some(if cursor.named { second } else { first }),
            LogId::Room(_) | LogId::Operators(_) => None,
        }
    }

    /// What these people say is not shown from now on.
    pub fn ignore(&mut self, people: Vec<PersonId>) {
        self.ignored = (!people.is_empty()).then(|| Box::new(people));
    }

    /// Whether what this person says is not shown.
    #[must_use]
    pub fn ignores(&self, person: PersonId) -> bool {
        self.ignored.as_ref().is_some_and(|ignored| ignored.contains(&person))
    }

    fn is_ignored(&self, entry: &Entry) -> bool {
        matches!(entry.event, Event::Message(..) | Event::Invite(_) | Event::Tags) && self.ignores(entry.author.person)
    }

    /// The bytes to write, to be taken in their order.
    #[must_use]
    pub fn slices<'a>(&'a self, gathered: &'a Gathered) -> SmallVec<[IoSlice<'a>; 4]> {
        gathered.pieces.iter().map(|piece| self.bytes_of(piece)).filter(|b| !b.is_empty()).map(IoSlice::new).collect()
    }

    fn bytes_of<'a>(&'a self, piece: &'a Piece) -> &'a [u8] {
        match piece {
            Piece::Rest(bytes) => &self.rest[..*bytes],
            Piece::Answer(index) => &self.answers[*index].bytes,
            Piece::Entries { class: None, .. } => &[],
            Piece::Entries { block, from, to, class: Some(class), .. } => {
                let encoded = encoded(block, *class);
                &encoded.bytes[encoded.range(*from, *to)]
            }
        }
    }

    /// The first `written` bytes of what was gathered have been written: the cursors move. A line that was written in
    /// part is kept as the rest; everything behind it stays where it was.
    pub fn wrote(&mut self, gathered: Gathered, written: usize) {
        let mut start = 0;
        let mut answers_given = 0;
        for piece in &gathered.pieces {
            let len = self.bytes_of(piece).len();
            let taken = written.saturating_sub(start).min(len);
            let cut = taken < len;
            if cut && taken == 0 {
                break;
            }
            start += len;
            match piece {
                Piece::Rest(_) => self.rest = self.rest[taken..].to_vec(),
                Piece::Answer(index) => {
                    answers_given += 1;
                    self.rest = self.answers[*index].bytes[taken..].to_vec();
                }
                Piece::Entries { cursor, block, from, to, class } => {
                    let mut last = *to;
                    if let (true, Some(class)) = (cut, class) {
                        let encoded = encoded(block, *class);
                        let at = encoded.range(*from, *to).start + taken;
                        last = from + encoded.ends[*from..*to].partition_point(|end| (*end as usize) < at) + 1;
                        self.rest = encoded.bytes[at..encoded.range(*from, last).end].to_vec();
                    }
                    let taken = &block.entries()[*from..last];
                    self.cursors[*cursor].at = taken[taken.len() - 1].seq;
                    if let (Some(_), Some(entry)) = (class, taken.iter().rfind(|entry| entry.logs.len() > 1)) {
                        self.shared = entry.seq;
                    }
                }
            }
            if cut {
                break;
            }
        }
        for answer in self.answers.drain(..answers_given) {
            self.answer_bytes -= answer.bytes.len();
        }
        self.let_go();
    }

    /// Lets go of what is not needed while the client is idle.
    fn let_go(&mut self) {
        for cursor in &mut self.cursors {
            if cursor.page.as_ref().is_some_and(|page| page.last() <= cursor.at) {
                cursor.page = None;
            }
            if cursor.was.as_ref().is_some_and(|was| was.last().is_none_or(|(until, _)| *until <= cursor.at)) {
                cursor.was = None;
            }
        }
        if self.answers.is_empty() {
            self.answers = VecDeque::new();
        }
        self.drop_finished();
    }

    fn drop_finished(&mut self) {
        self.cursors.retain(|c| c.at < c.until);
    }
}

impl Cursor {
    fn read(&self) -> Read {
        match &self.page {
            Some(page) if page.last() > self.at => Read::Blocks(smallvec![Arc::clone(page)]),
            _ => self.feed.read(self.at, BLOCKS),
        }
    }
}

impl Gathered {
    /// How many bytes these are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn push(&mut self, piece: Piece, bytes: usize) {
        self.pieces.push(piece);
        self.bytes += bytes;
    }
}

/// How far gathering has come in one log.
struct Reading {
    cursor: usize,
    until: Seq,
    blocks: Blocks,
    block: usize,
    entry: usize,
    /// The last entry gathered.
    passed: Seq,
}

impl Reading {
    fn new(index: usize, cursor: &Cursor, blocks: Blocks) -> Self {
        let entry = blocks[0].index_after(cursor.at);
        Self { cursor: index, until: cursor.until, blocks, block: 0, entry, passed: cursor.at }
    }

    /// The last entry picked up, if more of the log is to be picked up behind it.
    fn bound(&self, cursor: &Cursor) -> Option<Seq> {
        let last = self.blocks.last()?.last();
        (last < cursor.feed.head().min(self.until)).then_some(last)
    }

    /// The number of the next entry.
    fn next(&self) -> Option<Seq> {
        let seq = self.blocks.get(self.block)?.entries().get(self.entry)?.seq;
        (seq <= self.until).then_some(seq)
    }

    /// The entries of the current block before `to` have been gathered.
    fn advance(&mut self, to: usize) {
        let entries = self.blocks[self.block].entries();
        self.passed = entries[to - 1].seq;
        self.entry = to;
        if to == entries.len() {
            self.block += 1;
            self.entry = 0;
        }
    }
}

/// The bytes of a block that was gathered in this class.
fn encoded(block: &Block, class: usize) -> &Encoded {
    block.encoded(class, |_| unreachable!("a block is encoded when it is gathered"))
}

#[cfg(test)]
mod tests;
