//! A room that is called otherwise: what was said there is found under the new name, and what is kept of it is, too.

use hall::{Event, Kind, LogId, PersonId, Proposal, Search, Seq, Subject, Text};

use super::{begun, commit, find, keeping, kept_are, message, proposal, reader, room, room_name, seqs, set};
use crate::Ledger;

pub(super) fn check(make: &impl Fn() -> Box<dyn Ledger>) {
    what_was_said_is_found_under_the_new_name(&mut *make());
    what_is_kept_goes_with_the_room(&mut *make());
    a_rename_that_nobody_knew_of_is_followed(&mut *make());
    another_room_of_that_name_is_kept_apart(&mut *make());
    a_name_is_written_otherwise(&mut *make());
    a_room_is_renamed_and_back(&mut *make());
}

/// A room gets another name.
fn rename(from: &str, to: &str) -> Proposal {
    let (old, new) = (room_name(from), room_name(to));
    let event = Event::Rename { from: old.clone(), to: new.clone(), reason: Text::new("새  이름") };
    Proposal { keeps: vec![hall::Keep::Rename(old, new)], ..proposal(&[from], event) }
}

fn all(ledger: &dyn Ledger, name: &str) -> Vec<u64> {
    seqs(&reader(ledger).read(&room(name), Seq(0), 99).expect("readable").entries)
}

fn what_was_said_is_found_under_the_new_name(ledger: &mut dyn Ledger) {
    let whispered = |text: &str| {
        let event = Event::Message(Kind::Say, Text::new(text));
        let logs = [LogId::Operators(room_name("#old"))].into_iter().collect();
        Proposal { logs, ..proposal(&[], event) }
    };
    // Readers that have seen the old name.
    let before = reader(ledger);
    commit(
        ledger,
        vec![message("#old", "하나 말"), proposal(&["#old"], Event::Topic(Text::new("주제"))), whispered("쉿")],
    );
    commit(ledger, vec![proposal(&["#x", "#old"], Event::Quit(Text::new(""))), message("#x", "다른 말")]);
    assert_eq!(before.read(&room("#old"), Seq(0), 9).expect("readable").entries.len(), 3);
    let given = commit(ledger, vec![rename("#old", "#new"), message("#new", "둘 말")]);
    assert_eq!(given[0].logs[..], [room("#old")], "who reads it is told in the room as it was called");
    assert_eq!(all(ledger, "#new"), [1, 2, 4, 6, 7]);
    let page = before.read(&room("#new"), Seq(0), 9).expect("readable");
    assert!(page.entries.iter().all(|entry| entry.logs.contains(&room("#new"))), "{page:?}");
    assert_eq!(seqs(&before.read(&LogId::Operators(room_name("#new")), Seq(0), 9).expect("readable").entries), [3]);
    assert_eq!(seqs(&before.read(&room("#x"), Seq(0), 9).expect("readable").entries), [4, 5]);
    let last = before.last_messages(&room("#new"), Seq(9), 9).expect("readable").entries;
    assert_eq!(seqs(&last), [1, 7]);
    let search = |name: &str| Search { logs: vec![room(name)], words: vec!["말".into()], ..Search::default() };
    assert_eq!(find(ledger, &search("#new"), 9), [7, 1]);
    // Who asks under the old name did not know of the new one yet.
    assert_eq!(seqs(&before.read(&room("#old"), Seq(4), 9).expect("readable").entries), [6, 7]);
    let topics = begun(ledger).topics;
    assert_eq!(topics.iter().map(|(room, seq, _)| (room.as_str(), seq.0)).collect::<Vec<_>>(), [("#new", 2)]);
    commit(ledger, vec![proposal(&["#new"], Event::Redact(Seq(1), Text::new("")))]);
    assert_eq!(find(ledger, &search("#new"), 9), [7]);
    // The old name is free: what is said there now is another room's.
    commit(ledger, vec![message("#old", "새 말")]);
    assert_eq!((all(ledger, "#old"), all(ledger, "#new")), (vec![9], vec![1, 2, 4, 6, 7, 8]));
    assert_eq!(find(ledger, &search("#old"), 9), [9]);
}

fn what_is_kept_goes_with_the_room(ledger: &mut dyn Ledger) {
    let (old, new) = (Subject::Room(room_name("#old")), Subject::Room(room_name("#New")));
    let person = |n| Subject::Account(PersonId(n));
    commit(
        ledger,
        vec![keeping(vec![
            set(old.clone(), "owner", "1"),
            set(old.clone(), "key", "열쇠"),
            set(new.clone(), "floor", "3"),
            set(person(1), "name", "a"),
            set(person(1), "read:#old", "5 0"),
            set(person(1), "stays:#old", "#old"),
            set(person(2), "read:#new", "6 0"),
            set(person(2), "read:#x", "7 0"),
        ])],
    );
    commit(ledger, vec![rename("#old", "#New")]);
    let expect = [
        (&new, "key", "열쇠"),
        (&new, "owner", "1"),
        (&person(1), "name", "a"),
        (&person(1), "read:#new", "5 0"),
        (&person(1), "stays:#new", "#New"),
        (&person(2), "read:#x", "7 0"),
    ];
    kept_are(ledger, &expect);
    assert_eq!(format!("{:?}", begun(ledger).kept[0].0), format!("{new:?}"), "the name as it was written");
}

fn a_rename_that_nobody_knew_of_is_followed(ledger: &mut dyn Ledger) {
    commit(ledger, vec![message("#old", "1")]);
    let late = |text: &str, as_of: u64| {
        let keeps = vec![set(Subject::Room(room_name("#old")), "limit", text)];
        Proposal { as_of: Seq(as_of), keeps, ..message("#old", text) }
    };
    // In one group with it, and in a later one.
    let given = commit(ledger, vec![late("2", 1), rename("#old", "#new"), late("4", 1)]);
    assert_eq!((&given[0].logs[0], &given[2].logs[0]), (&room("#old"), &room("#new")));
    let given = commit(ledger, vec![late("5", 2)]);
    assert_eq!(given[0].logs[0], room("#new"), "it comes back in the log that it is in");
    kept_are(ledger, &[(&Subject::Room(room_name("#new")), "limit", "5")]);
    // Who knew of it means another room.
    let given = commit(ledger, vec![late("6", 3)]);
    assert_eq!(given[0].logs[0], room("#old"));
    assert_eq!((all(ledger, "#new"), all(ledger, "#old")), (vec![1, 2, 3, 4, 5], vec![6]));
}

fn another_room_of_that_name_is_kept_apart(ledger: &mut dyn Ledger) {
    let topic = proposal(&["#new"], Event::Topic(Text::new("옛 주제")));
    commit(ledger, vec![message("#new", "남의 말"), topic, message("#old", "우리 말")]);
    commit(ledger, vec![rename("#old", "#new"), message("#new", "곧")]);
    assert_eq!(all(ledger, "#new"), [3, 4, 5], "nobody reads what was said in the other room");
    let apart = LogId::Room(room_name("#new").apart(4));
    let kept = reader(ledger).read(&apart, Seq(0), 9).expect("readable").entries;
    assert_eq!(seqs(&kept), [1, 2], "it is there all the same");
    assert_eq!(kept[0].logs[..], [apart]);
    assert!(begun(ledger).topics.is_empty());
    commit(ledger, vec![message("#new", "지금 말")]);
    assert_eq!(all(ledger, "#new"), [3, 4, 5, 6]);
}

fn a_name_is_written_otherwise(ledger: &mut dyn Ledger) {
    let old = Subject::Room(room_name("#old"));
    let staying = set(Subject::Account(PersonId(1)), "stays:#old", "#old");
    commit(ledger, vec![message("#old", "1"), keeping(vec![set(old, "owner", "1"), staying])]);
    commit(ledger, vec![rename("#old", "#OLD"), message("#OLD", "2")]);
    assert_eq!(all(ledger, "#old"), [1, 3, 4]);
    let page = reader(ledger).read(&room("#old"), Seq(0), 9).expect("readable");
    assert_eq!(format!("{:?}", page.entries[0].logs), "[Room(\"#OLD\")]");
    kept_are(
        ledger,
        &[(&Subject::Room(room_name("#old")), "owner", "1"), (&Subject::Account(PersonId(1)), "stays:#old", "#OLD")],
    );
    assert_eq!(format!("{:?}", begun(ledger).kept[0].0), "Room(\"#OLD\")");
}

fn a_room_is_renamed_and_back(ledger: &mut dyn Ledger) {
    let before = reader(ledger);
    commit(ledger, vec![message("#a", "1"), rename("#a", "#b"), message("#b", "3"), rename("#b", "#a")]);
    commit(ledger, vec![message("#a", "5")]);
    assert_eq!(all(ledger, "#a"), [1, 2, 3, 4, 5]);
    let page = before.read(&room("#a"), Seq(0), 9).expect("readable");
    assert!(page.entries.iter().all(|entry| entry.logs[..] == [room("#a")]), "{page:?}");
}
