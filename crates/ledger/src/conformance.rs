//! What every ledger must do, as one suite. A ledger's own tests call [`check`].

use std::sync::Arc;

use hall::{Author, Entry, Event, Kind, LogId, Nick, PersonId, Proposal, RoomName, Seq, SessionId, Text, Time};

use crate::Ledger;

/// The log of a room.
///
/// # Panics
/// When the name is none.
#[must_use]
pub fn room(name: &str) -> LogId {
    LogId::Room(RoomName::new(name, 50).expect("a room's name"))
}

/// A message to a room.
///
/// # Panics
/// When the name of the room is none.
#[must_use]
pub fn message(to: &str, text: &str) -> Proposal {
    proposal(&[to], Event::Message(Kind::Say, Text::new(text)))
}

fn proposal(rooms: &[&str], event: Event) -> Proposal {
    let nick = Nick::new("민수", 30).expect("a nick");
    let author = Author { person: PersonId(1), session: SessionId(1), nick };
    Proposal { author, logs: rooms.iter().map(|r| room(r)).collect(), event }
}

/// Runs the suite; each part on a ledger made anew.
///
/// # Panics
/// When the ledger does not do what every ledger must.
pub fn check(make: impl Fn() -> Box<dyn Ledger>) {
    numbers_without_a_hole(&mut *make());
    reads_a_log_and_no_other(&mut *make());
    an_entry_of_several_logs_is_in_each(&mut *make());
    finds_words_of_any_length(&mut *make());
}

fn seqs(entries: &[Arc<Entry>]) -> Vec<u64> {
    entries.iter().map(|e| e.seq.0).collect()
}

fn commit(ledger: &mut dyn Ledger, group: Vec<Proposal>) -> Vec<Arc<Entry>> {
    ledger.commit(Time(7), group).expect("the ledger takes it")
}

fn numbers_without_a_hole(ledger: &mut dyn Ledger) {
    assert_eq!(ledger.head(), Seq(0));
    assert_eq!(seqs(&commit(ledger, vec![message("#a", "1"), message("#b", "2")])), [1, 2]);
    assert!(commit(ledger, Vec::new()).is_empty());
    assert_eq!(seqs(&commit(ledger, vec![message("#a", "3")])), [3]);
    assert_eq!(ledger.head(), Seq(3));
}

fn reads_a_log_and_no_other(ledger: &mut dyn Ledger) {
    let group = (0..20).map(|n| message(if n % 2 == 0 { "#a" } else { "#b" }, &n.to_string())).collect();
    let given = commit(ledger, group);
    let page = ledger.read(&room("#a"), Seq(4), 3).expect("readable");
    assert_eq!((seqs(&page.entries), page.gap), (vec![5, 7, 9], false));
    assert_eq!(page.entries[0], given[4], "what is read again is what was committed");
    assert!(ledger.read(&room("#a"), ledger.head(), 3).expect("readable").entries.is_empty());
    assert!(ledger.read(&room("#none"), Seq(0), 3).expect("readable").entries.is_empty());
    assert_eq!(seqs(&ledger.last_messages(&room("#b"), 2).expect("readable").entries), [18, 20]);
}

fn an_entry_of_several_logs_is_in_each(ledger: &mut dyn Ledger) {
    commit(ledger, vec![message("#a", "x"), proposal(&["#a", "#b"], Event::Quit)]);
    for (log, expect) in [("#a", vec![1, 2]), ("#b", vec![2])] {
        assert_eq!(seqs(&ledger.read(&room(log), Seq(0), 9).expect("readable").entries), expect);
    }
    assert_eq!(seqs(&ledger.last_messages(&room("#a"), 9).expect("readable").entries), [1], "only messages");
}

fn finds_words_of_any_length(ledger: &mut dyn Ledger) {
    commit(
        ledger,
        vec![message("#a", "학교에서 Build OK"), message("#b", "학교"), message("#c", "학교"), message("#a", "강")],
    );
    let found = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|w| (*w).to_owned()).collect();
        seqs(&ledger.search(&[room("#a"), room("#b")], &words, 10).expect("searchable"))
    };
    assert_eq!(found(&["학교"]), [2, 1], "newest first, only in the logs asked for");
    assert_eq!(found(&["학교", "build"]), [1]);
    assert_eq!(found(&["강"]), [4]);
    assert_eq!(found(&["\u{1112}\u{1161}\u{11a8}\u{1100}\u{116d}"]), [2, 1], "decomposed");
    assert!(found(&["없음"]).is_empty() && found(&[]).is_empty());
}
