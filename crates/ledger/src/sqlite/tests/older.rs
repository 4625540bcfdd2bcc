//! A store as the third version made it, stored as it was, and what becomes of it.

use hall::{Guise, Nick, PersonId, Proposal, Rule, Standing, Subject};

use super::*;
use crate::conformance::set;

const STORED: &[u8] = include_bytes!("../../../tests/data/ledger-3.db");

/// Writes such a store, by the steps that are there today.
fn make(path: &Path) {
    let conn = schema::make_old(path, 3);
    conn.execute_batch(
        "INSERT INTO logs (id, key, name, bytes) VALUES (1, '#lobby', '#Lobby', 482), (2, '1:2', NULL, 70);
         INSERT INTO entries (seq, at, log, person, session, nick, kind, text, account, addressee) VALUES
             (1, 1000, 1, 1, 7, '민수', 4, NULL, NULL, NULL), (2, 1001, 1, 1, 7, '민수', 1, '안녕하세요', 'Minsu', NULL),
             (3, 1002, 1, 1, 7, '민수', 8, '첫 주제', NULL, NULL), (4, 1003, 2, 2, 8, '영희', 1, '둘만', NULL, '민수'),
             (5, 1004, 1, 1, 7, '민수', 3, NULL, NULL, NULL), (6, 1005, 1, 1, 7, '민수', 9, '5', NULL, NULL),
             (7, 1006, 1, 1, 7, '민수', 10, 'limit 30', NULL, NULL), (8, 1007, 1, 1, 7, '민수', 5, NULL, NULL, NULL);
         INSERT INTO places VALUES (1, 1, 1), (1, 0, 2), (1, 1, 3), (2, 0, 4), (1, 0, 5), (1, 1, 6), (1, 1, 7), (1, 1, 8);
         INSERT INTO topics VALUES (1, 3, '첫 주제');
         INSERT INTO kept VALUES ('account:1', 'name', 'Minsu'), ('room:#lobby', 'limit', '30');
         UPDATE meta SET head = 8, person = 1024, session = 1024;
         PRAGMA journal_mode = DELETE;",
    )
    .unwrap();
}

#[test]
fn the_stored_file_is_what_the_third_version_made() {
    let dir = TempDir::new().unwrap();
    let (made, stored) = (dir.path().join("made.db"), dir.path().join("stored.db"));
    make(&made);
    fs::write(&stored, STORED).unwrap();
    // A step that was released is never changed.
    assert_eq!(form(&made), form(&stored));
}

/// The version, the tables and the entries of a store.
fn form(path: &Path) -> (i64, Vec<String>, Vec<String>) {
    let conn = Connection::open(path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut find = conn.prepare(sql).unwrap();
        find.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let rows = "SELECT concat_ws('|', seq, at, log, nick, kind, text, account, addressee) FROM entries ORDER BY seq";
    (version, texts("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"), texts(rows))
}

#[test]
fn a_store_of_the_third_version_is_read_and_goes_on() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join(LEDGER_FILE), STORED).unwrap();
    let mut ledger = opened(&dir);
    let reader = ledger.reader().unwrap();
    let lobby = reader.read(&room("#lobby"), Seq(0), 99).unwrap().entries;
    let events: Vec<_> = lobby.iter().map(|entry| entry.event.clone()).collect();
    assert_eq!(
        events,
        [
            Event::Join(Standing::None),
            Event::Message(Meant::Say, Text::new("안녕하세요")),
            Event::Topic(Text::new("첫 주제")),
            Event::Redacted,
            Event::Redact(Seq(5), Text::new("")),
            Event::Rule(Rule::Limit(Some(30))),
            Event::Part(Text::new("")),
        ]
    );
    assert!(lobby.iter().all(|entry| entry.author.guise == Guise::unknown() && entry.tags.is_none()));
    let minsu = Nick::new("민수", 30).unwrap();
    assert_eq!(reader.read(&LogId::direct(PersonId(1), PersonId(2)), Seq(0), 9).unwrap().entries[0].to, Some(minsu));
    let began = ledger.beginning(9).unwrap();
    let topic = &began.topics[0].2;
    assert_eq!((topic.text.as_str(), topic.at), ("첫 주제", Some(Time(1_002))));
    assert!(began.kept.iter().any(|(subject, ..)| *subject == Subject::Account(PersonId(1))), "{began:?}");
    let mut seen = Proposal { tags: Some("+x".into()), ..message("#lobby", "다시") };
    seen.author.guise = Guise::new("minsu", "h", false, "민수");
    seen.keeps = vec![set(Subject::Hall, "motd", "x")];
    let given = ledger.commit(Time(2_000), vec![seen]).unwrap();
    let read = reader.read(&room("#lobby"), Seq(8), 9).unwrap().entries;
    assert_eq!((read[0].seq, &read[0].author, &read[0].tags), (Seq(9), &given[0].author, &given[0].tags));
    assert!(crate::verify(dir.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
}
