//! A log and a cursor against a `Vec`: whatever was appended, a reader who goes on from where they were sees what comes
//! next, or is told that it is no longer there.

use std::sync::Arc;

use hall::{
    Author, Block, Entry, Event, Feed, Kind, Limits, LogId, Nick, PersonId, Proposal, Read, RoomName, Seq, SessionId,
    Text, Time,
};
use proptest::prelude::*;

fn entry(seq: u64, len: usize) -> Arc<Entry> {
    let author = Author::guest(PersonId(1), SessionId(1), Nick::new("a", 9).expect("a name"));
    let logs = [LogId::Room(RoomName::new("#a", 9).expect("a name"))].into_iter().collect();
    let event = Event::Message(Kind::Say, Text::new(&"x".repeat(len)));
    Arc::new(Entry::new(Seq(seq), Time(0), Proposal::new(author, logs, event)))
}

proptest! {
    #[test]
    fn a_reader_sees_what_comes_next_or_is_told(
        // Blocks, each of entries that are so much further and so long.
        blocks in prop::collection::vec(prop::collection::vec((1..4u64, 0..50usize), 1..6), 0..30),
        readers in prop::collection::vec((0..200u64, 1..5usize), 1..20),
        tail_entries in 1..20usize,
        tail_bytes in prop::sample::select(vec![1usize, 500, 1_000_000]),
        start in 0..50u64,
    ) {
        let limits = Limits { tail_entries, tail_bytes, ..Limits::default() };
        let feed = Feed::after(Seq(start));
        let mut model: Vec<Arc<Entry>> = Vec::new();
        let mut head = start;
        for block in blocks {
            let entries: Vec<_> = block.into_iter().map(|(step, len)| { head += step; entry(head, len) }).collect();
            model.extend(entries.iter().cloned());
            feed.append(Block::new(entries), &limits);
            prop_assert_eq!(feed.head(), Seq(head));
            for (at, most) in &readers {
                let at = Seq(*at);
                let expected: Vec<_> = model.iter().filter(|e| e.seq > at).map(|e| e.seq).collect();
                match feed.read(at, *most) {
                    Read::Behind => prop_assert!(at < feed.floor() && !expected.is_empty()),
                    Read::Blocks(read) => {
                        prop_assert!(read.len() <= *most);
                        let from = read.first().map_or(0, |b| b.index_after(at));
                        let seen: Vec<_> =
                            read.iter().flat_map(|b| b.entries()).skip(from).map(|e| e.seq).collect();
                        prop_assert_eq!(&seen[..], &expected[..seen.len()]);
                        prop_assert_eq!(seen.is_empty(), expected.is_empty());
                    }
                }
            }
            if let Read::Blocks(kept) = feed.read(feed.floor(), usize::MAX) {
                let count: usize = kept.iter().map(|b| b.entries().len()).sum();
                prop_assert!(count <= tail_entries || kept.len() == 1, "{} entries are kept", count);
            } else {
                prop_assert!(false, "the floor is where memory begins");
            }
        }
    }
}
