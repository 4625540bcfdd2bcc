mod guises;
mod kept;
mod older;

use std::fs;
use std::path::Path;

use hall::{Event, Kind as Meant, Search};
use tempfile::TempDir;

use super::write::NUMBERS_AHEAD;
use super::*;
use crate::conformance::{check, message, proposal, room};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

fn settings() -> SqliteSettings {
    SqliteSettings { durability: Durability::Process, ..SqliteSettings::default() }
}

fn opened(dir: &TempDir) -> Sqlite {
    Sqlite::open(dir.path(), settings()).expect("a ledger")
}

fn say(ledger: &mut Sqlite, at: u64, room: &str, text: &str) -> u64 {
    ledger.commit(Time(at), vec![message(room, text)]).expect("it is taken")[0].seq.0
}

fn read(ledger: &Sqlite, log: &str) -> Vec<String> {
    let page = ledger.reader().unwrap().read(&room(log), Seq(0), 1_000).unwrap();
    page.entries.iter().map(|entry| text_of(entry)).collect()
}

fn text_of(entry: &Entry) -> String {
    match &entry.event {
        Event::Message(Meant::Say, text) => text.as_str().to_owned(),
        other => format!("{other:?}"),
    }
}

fn find(ledger: &Sqlite, word: &str) -> Vec<u64> {
    let search = Search { logs: vec![room("#a"), room("#b")], words: vec![word.to_owned()], ..Search::default() };
    let found = ledger.reader().unwrap().search(&search, 10).unwrap();
    assert_eq!(found.unindexed, 0);
    found.entries.iter().map(|entry| entry.seq.0).collect()
}

fn index(ledger: &Sqlite) {
    let mut indexer = ledger.indexer().unwrap().expect("it has an index");
    while indexer.work().expect("it is indexed") {}
}

fn tend(ledger: &mut Sqlite, now: u64) {
    for _ in 0..1_000 {
        if !ledger.tend(Time(now)).expect("it is tended") {
            return;
        }
    }
    panic!("there is always more to do");
}

/// Whether any file of the ledger's holds these bytes.
fn is_in_files(dir: &Path, needle: &str) -> bool {
    fs::read_dir(dir).unwrap().any(|file| {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

#[test]
fn passes_what_every_ledger_passes() {
    let dirs = std::cell::RefCell::new(Vec::new());
    check(|| {
        let dir = TempDir::new().unwrap();
        let ledger = opened(&dir);
        dirs.borrow_mut().push(dir);
        Box::new(ledger)
    });
}

#[test]
fn what_was_committed_is_there_when_it_is_opened_again() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    let began = ledger.beginning(9).unwrap();
    say(&mut ledger, 1, "#a", "하나");
    ledger.commit(Time(2), vec![proposal(&["#a", "#b"], Event::Quit(Text::new("")))]).unwrap();
    // Its process ends without a word.
    std::mem::forget(ledger);
    let mut ledger = opened(&dir);
    assert_eq!(read(&ledger, "#a"), ["하나", "Quit(\"\")"]);
    assert_eq!(
        ledger.beginning(9).unwrap(),
        Beginning { head: Seq(2), person: NUMBERS_AHEAD, session: NUMBERS_AHEAD, ..began }
    );
    assert_eq!(say(&mut ledger, 3, "#b", "셋"), 3);
}

#[test]
fn a_group_is_taken_whole_or_not_at_all() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    say(&mut ledger, 1, "#a", "1");
    // What no store would take: an entry's number that is there already.
    ledger.head = Seq(0);
    let group = vec![message("#new", "x"), message("#new", "y")];
    let rejected = ledger.commit(Time(2), group.clone()).expect_err("it is there already");
    assert_eq!(rejected.group, group);
    ledger.head = Seq(1);
    assert_eq!(ledger.commit(Time(2), group).unwrap().len(), 2);
    assert_eq!(read(&ledger, "#new"), ["x", "y"]);
    assert_eq!(read(&ledger, "#a"), ["1"]);
}

#[test]
fn an_older_store_is_brought_up_to_date_and_a_newer_one_is_refused() {
    let dir = TempDir::new().unwrap();
    // A store as the first version made it, stored as it was.
    fs::write(dir.path().join(LEDGER_FILE), include_bytes!("../../tests/data/ledger-1.db")).unwrap();
    let old = SqliteReader::open(dir.path(), &SqliteLimits::default(), Lately::default()).err();
    assert!(matches!(old, Some(Error::Older { found: 1, known: schema::VERSION })), "{old:?}");
    let mut ledger = opened(&dir);
    assert_eq!(read(&ledger, "#Lobby"), ["Join(None)", "안녕하세요", "Topic(\"첫 주제\")", "Quit(\"\")"]);
    assert_eq!(ledger.beginning(9).unwrap().head, Seq(5));
    assert_eq!(say(&mut ledger, 9, "#lobby", "다시"), 6);
    ledger.count().unwrap();
    let bytes: i64 = ledger.conn.query_row("SELECT bytes FROM logs WHERE id = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(bytes, 5 * ENTRY_BYTES + 15 + 10 + 6);
    ledger.conn.pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    drop(ledger);
    let refused = Sqlite::open(dir.path(), settings()).expect_err("it is newer");
    assert!(matches!(refused, Error::Newer { found, known: schema::VERSION } if found == schema::VERSION + 1));
    assert!(SqliteReader::open(dir.path(), &SqliteLimits::default(), Lately::default()).is_err());
}

#[test]
fn the_stored_file_is_what_the_first_version_made() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("new.db");
    let conn = schema::make_old(&path, 1);
    conn.execute_batch(
        "INSERT INTO logs (id, key, name) VALUES (1, '#lobby', '#Lobby'), (2, '1:2', NULL);
         INSERT INTO entries VALUES
             (1, 1000, 1, 1, 7, '민수', 4, NULL), (2, 1001, 1, 1, 7, '민수', 1, '안녕하세요'),
             (3, 1002, 1, 1, 7, '민수', 8, '첫 주제'), (4, 1003, 2, 2, 8, '영희', 1, '둘만'),
             (5, 1004, 1, 1, 7, '민수', 5, NULL);
         UPDATE entries SET kind = 6 WHERE seq = 5;
         INSERT INTO places VALUES (1, 1, 1), (1, 0, 2), (1, 1, 3), (2, 0, 4), (1, 1, 5);
         INSERT INTO topics VALUES (1, 3, '첫 주제');
         UPDATE meta SET head = 5, person = 2;
         PRAGMA journal_mode = DELETE;",
    )
    .unwrap();
    drop(conn);
    let stored = dir.path().join("stored.db");
    fs::write(&stored, include_bytes!("../../tests/data/ledger-1.db")).unwrap();
    let shown = |path: &Path| {
        let conn = Connection::open(path).unwrap();
        let texts = |sql: &str| -> Vec<String> {
            let mut find = conn.prepare(sql).unwrap();
            find.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        let rows = "SELECT seq || at || nick || kind || coalesce(text, '') FROM entries";
        (version, texts("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"), texts(rows))
    };
    // A step that was released is never changed.
    assert_eq!(shown(&path), shown(&stored));
}

#[test]
fn rooms_that_have_become_one_are_one_with_all_that_was_said_in_both() {
    let dir = TempDir::new().unwrap();
    let conn = schema::make_old(&dir.path().join(LEDGER_FILE), 2);
    conn.execute_batch(
        "INSERT INTO logs (id, key, name, bytes) VALUES (1, '#dev', '#dev', 70), (2, '#ｄｅｖ', '#ＤＥＶ', 80), (3, '#ｂ', '#Ｂ', 64);
         INSERT INTO entries VALUES (1, 10, 1, 1, 7, 'a', 1, 'one'), (2, 11, 2, 1, 7, 'a', 1, 'two'),
             (3, 12, NULL, 1, 7, 'a', 7, 'b'), (4, 13, 1, 1, 7, 'b', 8, 'old'), (5, 14, 2, 1, 7, 'b', 8, 'new');
         INSERT INTO places VALUES (1, 0, 1), (2, 0, 2), (2, 1, 3), (3, 1, 3), (1, 1, 4), (2, 1, 5);
         INSERT INTO several VALUES (3, 0, 2), (3, 1, 3);
         INSERT INTO topics VALUES (1, 4, 'old'), (2, 5, 'new');
         UPDATE meta SET head = 5, person = 2;",
    )
    .unwrap();
    drop(conn);
    let mut ledger = Sqlite::open(dir.path(), settings()).unwrap();
    let reader = ledger.reader().unwrap();
    let seqs = |name: &str| {
        let log = LogId::Room(RoomName::new(name, 50).unwrap());
        reader.read(&log, Seq(0), 10).unwrap().entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>()
    };
    assert_eq!((seqs("#dev"), seqs("#ＤＥＶ"), seqs("#b")), (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5], vec![3]));
    let topics = ledger.beginning(9).unwrap().topics;
    assert_eq!(topics.iter().map(|(_, seq, topic)| (seq.0, topic.text.as_str())).collect::<Vec<_>>(), [(5, "new")]);
    say(&mut ledger, 20, "#ＤＥＶ", "three");
    assert_eq!(seqs("#dev"), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn another_programs_file_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(LEDGER_FILE);
    fs::write(&path, "just some notes, long enough to be looked at as a header of a database file, and more than that")
        .unwrap();
    assert!(matches!(Sqlite::open(dir.path(), settings()), Err(Error::NotOurs)));
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text)").unwrap();
    assert!(matches!(Sqlite::open(dir.path(), settings()), Err(Error::NotOurs)));
}

#[test]
fn what_was_taken_back_is_in_no_file() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    let mut indexer = ledger.indexer().unwrap().unwrap();
    let secret = "비밀번호는hunter2";
    for n in 0..200 {
        say(&mut ledger, n, "#a", &format!("여느 말 {n}"));
        if n == 100 {
            say(&mut ledger, n, "#a", secret);
        }
    }
    while indexer.work().unwrap() {}
    assert!(is_in_files(dir.path(), secret) && is_in_files(dir.path(), "hunter2"));
    assert_eq!(find(&ledger, "hunter"), [102]);
    assert_eq!(find(&ledger, "비밀번"), [102]);
    ledger.commit(Time(300), vec![proposal(&["#a"], Event::Redact(Seq(102), Text::new("")))]).unwrap();
    while indexer.work().unwrap() {}
    tend(&mut ledger, 400);
    tend(&mut ledger, 400);
    assert!(find(&ledger, "비밀번").is_empty());
    assert!(!is_in_files(dir.path(), "hunter2") && !is_in_files(dir.path(), "비밀번호"), "it is still there");
    assert_eq!(find(&ledger, "100"), [101]);
}

#[test]
fn what_is_too_old_is_let_go_and_its_readers_are_told() {
    let dir = TempDir::new().unwrap();
    let retention = Retention { days: Some(1), room_bytes: None };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..settings() }).unwrap();
    for n in 0..2_000 {
        say(&mut ledger, n, "#a", &format!("old {n}"));
    }
    ledger.commit(Time(0), vec![proposal(&["#a", "#b"], Event::Quit(Text::new("")))]).unwrap();
    index(&ledger);
    let new = say(&mut ledger, DAY_MS, "#a", "new");
    tend(&mut ledger, DAY_MS + 2_000);
    index(&ledger);
    tend(&mut ledger, DAY_MS + 2_000);
    let page = ledger.reader().unwrap().read(&room("#a"), Seq(5), 10).unwrap();
    assert_eq!((page.entries.len(), page.gap), (1, true));
    assert!(!ledger.reader().unwrap().read(&room("#a"), Seq(2_001), 10).unwrap().gap);
    assert!(find(&ledger, "old").is_empty() && find(&ledger, "new") == [new]);
    assert!(!is_in_files(dir.path(), "old 7"));
    assert_eq!(ledger.head(), Seq(new), "numbers go on");
    assert_eq!(opened(&dir).head(), Seq(new));
}

#[test]
fn a_room_keeps_its_latest_bytes() {
    let dir = TempDir::new().unwrap();
    let retention = Retention { days: None, room_bytes: Some(10_000) };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..settings() }).unwrap();
    for n in 0..3_000_u64 {
        say(&mut ledger, n, "#a", &"가".repeat(12));
        if n % 100 == 0 {
            say(&mut ledger, n, "#b", "조용한 방");
        }
    }
    tend(&mut ledger, 9);
    assert_eq!(read(&ledger, "#a").len(), 10_000 / 100);
    assert_eq!(read(&ledger, "#b").len(), 30);
}

#[test]
fn an_index_that_is_gone_or_another_ones_is_made_anew() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    say(&mut ledger, 1, "#a", "학교에서");
    index(&ledger);
    // Gone.
    remove_index_files(dir.path());
    assert_eq!(find(&ledger, "학교"), [1], "what is not indexed is looked through");
    index(&ledger);
    // Nonsense.
    fs::write(dir.path().join(SEARCH_FILE), "nonsense".repeat(1_000)).unwrap();
    assert_eq!(find(&ledger, "학교"), [1]);
    index(&ledger);
    assert_eq!(find(&ledger, "학교"), [1]);
    // Another hall's.
    let other = TempDir::new().unwrap();
    let mut others = opened(&other);
    for n in 0..5 {
        say(&mut others, n, "#a", "학교 학교");
    }
    index(&others);
    drop(others);
    remove_index_files(dir.path());
    fs::copy(other.path().join(SEARCH_FILE), dir.path().join(SEARCH_FILE)).unwrap();
    assert_eq!(find(&ledger, "학교"), [1]);
    index(&ledger);
    assert_eq!(find(&ledger, "학교"), [1]);
    // One that is ahead of a store that was put back.
    drop(ledger);
    let saved = fs::read(dir.path().join(LEDGER_FILE)).unwrap();
    let mut ledger = opened(&dir);
    for n in 2..5 {
        say(&mut ledger, n, "#a", "나중에");
    }
    index(&ledger);
    drop(ledger);
    fs::write(dir.path().join(LEDGER_FILE), saved).unwrap();
    let mut ledger = opened(&dir);
    for n in 5..10 {
        say(&mut ledger, n * 10, "#a", "다르게");
    }
    index(&ledger);
    assert!(find(&ledger, "나중").is_empty());
    assert_eq!(find(&ledger, "다르게"), [6, 5, 4, 3, 2]);
}

fn remove_index_files(dir: &Path) {
    index::remove_index(dir).unwrap();
}

#[test]
fn a_damaged_store_is_told_from_one_that_is_held() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    for n in 0..2_000 {
        say(&mut ledger, n, "#a", &format!("{n} {}", "말".repeat(50)));
    }
    ledger.conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    let holder = Connection::open(dir.path().join(LEDGER_FILE)).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(ledger.commit(Time(1), vec![message("#a", "x")]).unwrap_err().error, Error::Busy));
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(say(&mut ledger, 1, "#a", "it goes on"), 2_001);
    drop((ledger, holder));
    let path = dir.path().join(LEDGER_FILE);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xAA);
    fs::write(&path, bytes).unwrap();
    let ledger = opened(&dir);
    let reader = ledger.reader().unwrap();
    let mut after = Seq(0);
    let error = loop {
        match reader.read(&room("#a"), after, 100) {
            Ok(page) => after = page.entries.last().expect("the damage comes before the end").seq,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
}

#[test]
fn a_search_says_what_it_could_not_look_through() {
    let dir = TempDir::new().unwrap();
    let mut few = settings();
    few.limits.search.unindexed_entries = 10;
    few.limits.search.candidates = 10;
    let mut ledger = Sqlite::open(dir.path(), few).unwrap();
    for n in 0..50 {
        say(&mut ledger, n, "#a", "가나 다라");
    }
    let search = |words: &str| {
        let words = words.split(' ').map(str::to_owned).collect();
        ledger.reader().unwrap().search(&Search { logs: vec![room("#a")], words, ..Search::default() }, 3).unwrap()
    };
    assert_eq!(search("없음").unindexed, 40);
    assert_eq!(search("가나").unindexed, 0, "there are enough");
    index(&ledger);
    assert_eq!(search("없음").unindexed, 0);
    // The index has every pair, but not their order.
    assert_eq!((search("가나 다라").entries.len(), search("가나 다라").unindexed), (3, 0));
    assert_eq!(search("!").unindexed, 40, "a sign is in no index");
}

#[test]
fn a_damaged_index_is_made_anew_and_forgets_what_it_has_to() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    let mut indexer = ledger.indexer().unwrap().unwrap();
    for n in 0..3_000 {
        say(&mut ledger, n, "#a", &format!("말 {n} word{n}"));
    }
    let secret = say(&mut ledger, 3_000, "#a", "hunter2");
    while indexer.work().unwrap() {}
    drop(indexer);
    let path = dir.path().join(SEARCH_FILE);
    Connection::open(&path).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len();
    bytes[6 * 4096..len].fill(0x5A);
    fs::write(&path, bytes).unwrap();
    ledger
        .commit(
            Time(4_000),
            vec![proposal(&["#a"], Event::Redact(Seq(secret), Text::new(""))), message("#a", "나중에")],
        )
        .unwrap();
    index(&ledger);
    tend(&mut ledger, 5_000);
    assert_eq!((find(&ledger, "word2999"), find(&ledger, "나중")), (vec![3_000], vec![secret + 2]));
    assert!(!is_in_files(dir.path(), "hunter2"));
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("INSERT INTO words (words) VALUES ('integrity-check')").expect("the index is whole");
}

#[test]
fn what_is_let_go_of_a_full_room_stays_in_the_others() {
    let dir = TempDir::new().unwrap();
    let retention = Retention { days: None, room_bytes: Some(5_000) };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..settings() }).unwrap();
    say(&mut ledger, 1, "#b", "조용한 방");
    let nick = hall::Nick::new("민호", 30).unwrap();
    ledger.commit(Time(1), vec![proposal(&["#a", "#b"], Event::Nick(nick))]).unwrap();
    for n in 0..500 {
        say(&mut ledger, n, "#a", "시끄러운 방");
    }
    tend(&mut ledger, 9);
    let reader = ledger.reader().unwrap();
    let quiet = reader.read(&room("#b"), Seq(0), 9).unwrap();
    assert_eq!((quiet.entries.len(), quiet.gap), (2, false), "{quiet:?}");
    assert!(reader.read(&room("#a"), Seq(0), 9).unwrap().gap);
    assert!(crate::verify(dir.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
}

#[test]
fn what_is_let_go_before_it_was_indexed_is_never_taken_out_of_the_index() {
    let dir = TempDir::new().unwrap();
    let retention = Retention { days: Some(1), room_bytes: None };
    let mut few = SqliteSettings { retention, ..settings() };
    few.limits.index_entries = 10;
    let mut ledger = Sqlite::open(dir.path(), few).unwrap();
    for n in 0..100 {
        say(&mut ledger, n, "#a", &format!("옛말 {n}"));
    }
    let mut indexer = ledger.indexer().unwrap().unwrap();
    for _ in 0..3 {
        indexer.work().unwrap();
    }
    let new = say(&mut ledger, DAY_MS + 1_000, "#a", "새말");
    tend(&mut ledger, DAY_MS + 1_000);
    while indexer.work().unwrap() {}
    assert!(find(&ledger, "옛말").is_empty() && find(&ledger, "새말") == [new]);
    let conn = Connection::open(dir.path().join(SEARCH_FILE)).unwrap();
    conn.execute_batch("INSERT INTO words (words) VALUES ('integrity-check')").expect("the index is whole");
}
