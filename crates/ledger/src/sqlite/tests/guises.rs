//! What others saw of an author and what clients added for each other, in the store's files.

use hall::{Author, Guise, Kind as Meant, Proposal};

use super::*;
use crate::conformance::everything;

fn guise(n: u64) -> Guise {
    Guise::new("minsu", &format!("host-{n}."), false, "민수")
}

fn seen(n: u64, text: &str) -> Proposal {
    let said = message("#a", text);
    Proposal { author: Author { guise: guise(n), ..said.author.clone() }, ..said }
}

fn number(ledger: &Sqlite, sql: &str) -> i64 {
    ledger.conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A ledger that lets go of what is older than a day.
fn forgetful(dir: &TempDir) -> Sqlite {
    let retention = Retention { days: Some(1), room_bytes: None };
    Sqlite::open(dir.path(), SqliteSettings { retention, ..settings() }).unwrap()
}

#[test]
fn everything_is_there_when_it_is_opened_again() {
    let dir = TempDir::new().unwrap();
    let mut few = settings();
    (few.limits.known_guises, few.limits.known_logs) = (1, 1);
    let mut ledger = Sqlite::open(dir.path(), few.clone()).unwrap();
    let given = ledger.commit(Time(1), everything()).unwrap();
    // Its process ends without a word.
    std::mem::forget(ledger);
    for settings in [settings(), few] {
        let ledger = Sqlite::open(dir.path(), settings).unwrap();
        assert_eq!(ledger.reader().unwrap().read(&room("#lobby"), Seq(0), 99).unwrap().entries, given);
    }
    assert!(crate::verify(dir.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
}

#[test]
fn each_guise_is_there_once() {
    let dir = TempDir::new().unwrap();
    for round in 0..3 {
        let mut ledger = opened(&dir);
        for n in 0..1_000 {
            ledger.commit(Time(round), vec![seen(n % 3, "x"), message("#a", "from somebody unknown")]).unwrap();
        }
        assert_eq!(number(&ledger, "SELECT count(*) FROM guises"), 3);
        assert_eq!(number(&ledger, "SELECT count(*) FROM entries WHERE guise IS NULL") as u64, 1_000 * (round + 1));
        assert_eq!(number(&ledger, "SELECT count(*) FROM entries JOIN guises ON id = guise AND seq > seen"), 0);
    }
}

#[test]
fn a_group_that_was_refused_leaves_no_number_behind() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    ledger.commit(Time(1), vec![message("#a", "1"), message("#a", "2")]).unwrap();
    // The second of the group has a number that is there already.
    ledger
        .conn
        .execute_batch("UPDATE entries SET seq = 4 WHERE seq = 2; UPDATE places SET seq = 4 WHERE seq = 2")
        .unwrap();
    ledger.commit(Time(2), vec![seen(1, "x"), seen(2, "y")]).expect_err("it is there already");
    ledger
        .conn
        .execute_batch("UPDATE entries SET seq = 2 WHERE seq = 4; UPDATE places SET seq = 2 WHERE seq = 4")
        .unwrap();
    // What would have been the number of the first is that of another one now.
    ledger.commit(Time(3), vec![seen(3, "z")]).unwrap();
    ledger.commit(Time(3), vec![seen(1, "x"), seen(2, "y")]).unwrap();
    let read = ledger.reader().unwrap().read(&room("#a"), Seq(2), 9).unwrap().entries;
    let guises: Vec<_> = read.iter().map(|entry| entry.author.guise.clone()).collect();
    assert_eq!(guises, [guise(3), guise(1), guise(2)]);
}

#[test]
fn a_guise_goes_with_its_last_entry_and_its_number_is_not_given_again() {
    let dir = TempDir::new().unwrap();
    let mut ledger = forgetful(&dir);
    let reader = ledger.reader().unwrap();
    let read = |after| reader.read(&room("#a"), Seq(after), 9).unwrap().entries;
    ledger.commit(Time(0), vec![seen(1, "old"), seen(2, "old")]).unwrap();
    ledger.commit(Time(DAY_MS), vec![seen(1, "new")]).unwrap();
    assert_eq!(read(0)[1].author.guise, guise(2));
    tend(&mut ledger, DAY_MS + 1_000);
    index(&ledger);
    tend(&mut ledger, DAY_MS + 1_000);
    assert!(is_in_files(dir.path(), "host-1.") && !is_in_files(dir.path(), "host-2."));
    // Another one, and the same again, while a reader remembers the number of the one that is gone.
    let given = ledger.commit(Time(DAY_MS), vec![seen(3, "new"), seen(2, "again")]).unwrap();
    assert_eq!(read(3), given);
    assert_eq!(read(0)[0].author.guise, guise(1));
    let is_whole = || crate::verify(dir.path(), &SqliteLimits::default()).unwrap().findings.is_empty();
    assert!(is_whole(), "whoever remembers nothing reads the same");
    tend(&mut ledger, 3 * DAY_MS);
    assert_eq!(number(&ledger, "SELECT count(*) FROM guises"), 0);
    let given = ledger.commit(Time(3 * DAY_MS), vec![seen(1, "as new")]).unwrap();
    assert_eq!(read(5), given);
    assert!(is_whole());
}

#[test]
fn whatever_is_let_go_every_guise_that_is_left_has_an_entry_and_every_entry_its_guise() {
    let dir = TempDir::new().unwrap();
    let mut ledger = forgetful(&dir);
    // Some speak all the time, some for a while, some once.
    for n in 0..6_000_u64 {
        let who = match n % 4 {
            0 => n % 3,
            1 => 10 + n / 500,
            2 => 100 + n,
            _ => 50 + (n * n) % 20,
        };
        ledger.commit(Time(n), vec![seen(who, "x")]).unwrap();
        if n % 1_500 == 1_499 {
            tend(&mut ledger, DAY_MS + n - 700);
            let left = "SELECT count(*) FROM guises";
            assert_eq!(number(&ledger, left), number(&ledger, "SELECT count(DISTINCT guise) FROM entries"), "at {n}");
            let report = crate::verify(dir.path(), &SqliteLimits::default()).unwrap();
            assert_eq!((report.entries, report.findings), (701, Vec::new()), "at {n}");
        }
    }
}

#[test]
fn a_guise_that_is_missing_is_found() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    ledger.commit(Time(1), vec![seen(1, "x"), seen(2, "y")]).unwrap();
    ledger.conn.execute("DELETE FROM guises WHERE id = 1", []).unwrap();
    let findings = crate::verify(dir.path(), &SqliteLimits::default()).unwrap().findings;
    assert!(matches!(&findings[..], [crate::Finding::NotAnEntry(why)] if why.contains("guise 1")), "{findings:?}");
}

#[test]
fn tags_count_as_text_does_and_are_in_no_file_when_they_were_taken_back() {
    let dir = TempDir::new().unwrap();
    let mut ledger = forgetful(&dir);
    let bytes = |ledger: &mut Sqlite| {
        ledger.count().unwrap();
        number(ledger, "SELECT bytes FROM logs")
    };
    let tagged = |event| Proposal { tags: Some("+hunter2=1".into()), ..proposal(&["#a"], event) };
    let said = |text| Event::Message(Meant::Notice, Text::new(text));
    ledger.commit(Time(1), vec![tagged(said("four")), tagged(Event::Tags), tagged(said("five"))]).unwrap();
    assert_eq!(bytes(&mut ledger), 3 * (ENTRY_BYTES + 10) + 8);
    let redact = |target| proposal(&["#a"], Event::Redact(Seq(target), Text::new("why")));
    ledger.commit(Time(2), vec![redact(1), redact(3)]).unwrap();
    assert_eq!(bytes(&mut ledger), 5 * ENTRY_BYTES + 10 + 2 * 5);
    tend(&mut ledger, 3);
    index(&ledger);
    tend(&mut ledger, 3);
    assert!(is_in_files(dir.path(), "hunter2"), "that of the reaction");
    tend(&mut ledger, 2 * DAY_MS);
    assert_eq!(bytes(&mut ledger), 0, "what is let go counts as it did");
    assert!(!is_in_files(dir.path(), "hunter2"));
}

#[test]
fn a_topic_outlives_the_entry_that_set_it() {
    let dir = TempDir::new().unwrap();
    let mut ledger = forgetful(&dir);
    ledger.commit(Time(5), vec![proposal(&["#a"], Event::Topic(Text::new("주제")))]).unwrap();
    let topic = |ledger: &Sqlite| ledger.beginning(9).unwrap().topics[0].2.clone();
    let by = Nick::new("민수", 30).ok();
    assert_eq!(topic(&ledger), Topic { text: Text::new("주제"), by, at: Some(Time(5)) });
    tend(&mut ledger, 2 * DAY_MS);
    assert_eq!(topic(&ledger), Topic { text: Text::new("주제"), by: None, at: None });
}

#[test]
fn a_part_of_a_log_is_found_by_its_places() {
    let dir = TempDir::new().unwrap();
    let ledger = opened(&dir);
    let plan = |newest, events| {
        let sql = read::Part { first: 1, last: 9, newest, events }.sql();
        let mut explain = ledger.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = explain.query_map([1, 1, 9, 5], |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    };
    for (newest, events) in [(false, false), (false, true), (true, false), (true, true)] {
        let plan = plan(newest, events);
        let places = plan.matches("SEARCH places USING PRIMARY KEY (log=? AND side=? AND seq>? AND seq<?)").count();
        assert_eq!(places, if events { 2 } else { 1 }, "{plan}");
        assert!(plan.contains("SEARCH entries USING INTEGER PRIMARY KEY") && !plan.contains("SCAN entries"), "{plan}");
    }
}
