use hall::{Event, LogId, Search, Seq, Text, Time};
use tempfile::TempDir;

use super::super::{Durability, LEDGER_FILE, SEARCH_FILE, Sqlite, SqliteSettings, schema};
use super::*;
use crate::conformance::{message, room};
use crate::{Ledger, SqliteLimits};

/// A room of an older store, with the key that it had there.
struct Old {
    id: i64,
    key: &'static str,
    name: &'static str,
}

/// A store of the second version with these rooms and nothing in them.
fn store(dir: &TempDir, rooms: &[Old]) -> Connection {
    let conn = schema::make_old(&dir.path().join(LEDGER_FILE), 2);
    for Old { id, key, name } in rooms {
        conn.execute("INSERT INTO logs (id, key, name) VALUES (?,?,?)", params![id, key, name]).unwrap();
    }
    conn.execute_batch("INSERT INTO logs (id, key, name) VALUES (90, '1:2', NULL)").unwrap();
    conn
}

/// Writes an entry as the second version did.
fn put(conn: &Connection, seq: i64, logs: &[i64], kind: Kind, text: Option<&str>) {
    let one = if let [one] = logs { Some(one) } else { None };
    let side = kind.side();
    conn.execute(
        "INSERT INTO entries (seq, at, log, person, session, nick, kind, text) VALUES (?1,?1,?2,1,1,'민수',?3,?4)",
        params![seq, one, kind as i64, text],
    )
    .unwrap();
    for (nth, log) in logs.iter().enumerate() {
        conn.execute("INSERT INTO places (log, side, seq) VALUES (?,?,?)", params![log, side, seq]).unwrap();
        let bytes = ENTRY_BYTES + i64::try_from(text.map_or(0, str::len)).unwrap();
        conn.execute("UPDATE logs SET bytes = bytes + ? WHERE id = ?", [bytes, *log]).unwrap();
        if one.is_none() {
            let nth = i64::try_from(nth).unwrap();
            conn.execute("INSERT INTO several (seq, nth, log) VALUES (?,?,?)", params![seq, nth, log]).unwrap();
        }
    }
    match (kind, text) {
        (Kind::Topic, Some("")) => conn.execute("DELETE FROM topics WHERE log = ?", [logs[0]]).unwrap(),
        (Kind::Topic, _) => conn
            .execute("INSERT OR REPLACE INTO topics (log, seq, text) VALUES (?,?,?)", params![logs[0], seq, text])
            .unwrap(),
        _ => 0,
    };
}

/// What the store comes to, and that a second time changes nothing.
fn refolded(conn: &mut Connection) -> Vec<(i64, String, Option<String>, i64, i64)> {
    let rows = |conn: &Connection| {
        let mut find = conn.prepare("SELECT id, key, name, bytes, gone FROM logs ORDER BY id").unwrap();
        let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let within = conn.transaction().unwrap();
    refold(&within).unwrap();
    within.commit().unwrap();
    let once = rows(conn);
    refold(conn).unwrap();
    assert_eq!(rows(conn), once);
    once
}

fn settings() -> SqliteSettings {
    SqliteSettings { durability: Durability::Process, ..SqliteSettings::default() }
}

fn read(ledger: &Sqlite, name: &str) -> Vec<u64> {
    let page = ledger.reader().unwrap().read(&room(name), Seq(0), 1_000).unwrap();
    page.entries.iter().map(|entry| entry.seq.0).collect()
}

fn topics(ledger: &Sqlite) -> Vec<(String, u64, String)> {
    let topics = ledger.beginning(9).unwrap().topics;
    topics
        .into_iter()
        .map(|(room, seq, topic)| (room.as_str().to_owned(), seq.0, topic.text.as_str().to_owned()))
        .collect()
}

const WIDE: Old = Old { id: 1, key: "#ａ", name: "#Ａ" };
const NARROW: Old = Old { id: 2, key: "#a", name: "#a" };
const OTHER: Old = Old { id: 3, key: "#수다", name: "#수다" };

#[test]
fn two_rooms_that_are_one_today_have_one_log_with_all_of_both() {
    let dir = TempDir::new().unwrap();
    let mut conn = store(&dir, &[WIDE, NARROW, OTHER]);
    put(&conn, 1, &[1], Kind::Say, Some("넓은 방"));
    put(&conn, 2, &[2], Kind::Say, Some("좁은 방"));
    put(&conn, 3, &[1, 2], Kind::Quit, None);
    put(&conn, 4, &[2, 3, 1], Kind::Nick, Some("민호"));
    put(&conn, 5, &[2], Kind::Topic, Some("뒤의 주제"));
    put(&conn, 6, &[3], Kind::Say, Some("수다"));
    put(&conn, 7, &[90], Kind::Say, Some("귓속말"));
    conn.execute("UPDATE logs SET gone = id * 10 WHERE id < 3", []).unwrap();
    conn.execute("INSERT INTO topics VALUES (1, 2, '앞의 주제')", []).unwrap();
    conn.execute("INSERT INTO forgetting (seq, log, nick, text) VALUES (9, 2, '민수', 'x')", []).unwrap();
    let bytes = 5 * ENTRY_BYTES + 10 + 10 + 6 + 13;
    assert_eq!(
        refolded(&mut conn),
        [
            (1, "#a".to_owned(), Some("#Ａ".to_owned()), bytes, 20),
            (3, "#수다".to_owned(), Some("#수다".to_owned()), 2 * ENTRY_BYTES + 12, 0),
            (90, "1:2".to_owned(), None, ENTRY_BYTES + 9, 0),
        ]
    );
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT log FROM forgetting"), 1);
    assert_eq!(count("SELECT count(*) FROM several WHERE seq = 3"), 0, "it is in one room only");
    assert_eq!(count("SELECT count(*) FROM several WHERE seq = 4"), 2);
    drop(conn);
    let mut ledger = Sqlite::open(dir.path(), settings()).unwrap();
    assert_eq!(read(&ledger, "#a"), [1, 2, 3, 4, 5]);
    assert_eq!(read(&ledger, "#ａ"), [1, 2, 3, 4, 5]);
    assert_eq!(read(&ledger, "#수다"), [4, 6]);
    assert_eq!(topics(&ledger), [("#Ａ".to_owned(), 5, "뒤의 주제".to_owned())]);
    let reader = ledger.reader().unwrap();
    assert!(reader.read(&room("#a"), Seq(19), 9).unwrap().gap && !reader.read(&room("#a"), Seq(20), 9).unwrap().gap);
    let both = reader.read(&room("#수다"), Seq(0), 9).unwrap().entries[0].logs.clone();
    assert_eq!(both[..], [LogId::Room(hall_room("#수다")), LogId::Room(hall_room("#a"))]);
    assert_eq!(ledger.commit(Time(9), vec![message("#A", "다시")]).unwrap()[0].seq, Seq(8));
    assert_eq!(read(&ledger, "#Ａ").last(), Some(&8));
    let report = crate::verify(dir.path(), &SqliteLimits::default()).unwrap();
    assert_eq!((report.entries, report.findings), (8, vec![]));
}

fn hall_room(name: &str) -> RoomName {
    RoomName::new(name, 50).unwrap()
}

#[test]
fn a_topic_that_was_taken_away_last_stays_away() {
    let dir = TempDir::new().unwrap();
    let mut conn = store(&dir, &[WIDE, NARROW]);
    put(&conn, 1, &[2], Kind::Topic, Some("좁은 방의 주제"));
    put(&conn, 2, &[1], Kind::Topic, Some("넓은 방의 주제"));
    put(&conn, 3, &[1], Kind::Topic, Some(""));
    refolded(&mut conn);
    drop(conn);
    assert_eq!(topics(&Sqlite::open(dir.path(), settings()).unwrap()), []);
}

#[test]
fn a_room_may_take_the_key_that_another_one_leaves() {
    let dir = TempDir::new().unwrap();
    let capital = Old { id: 1, key: "#aσ", name: "#AΣ" };
    let wide = Old { id: 2, key: "#ａσ", name: "#ａσ" };
    let mut conn = store(&dir, &[capital, wide]);
    put(&conn, 1, &[1], Kind::Say, Some("하나"));
    put(&conn, 2, &[2], Kind::Say, Some("둘"));
    let keys: Vec<String> = refolded(&mut conn).into_iter().map(|row| row.1).collect();
    assert_eq!(keys, ["#aς", "#aσ", "1:2"]);
    drop(conn);
    let ledger = Sqlite::open(dir.path(), settings()).unwrap();
    assert_eq!((read(&ledger, "#AΣ"), read(&ledger, "#aσ")), (vec![1], vec![2]));
}

#[test]
fn rooms_whose_names_would_be_refused_today_are_kept() {
    let dir = TempDir::new().unwrap();
    let mixed = Old { id: 1, key: "#aאב", name: "#aאב" };
    let sign = Old { id: 2, key: "#a：b", name: "#A：b" };
    let mut conn = store(&dir, &[mixed, sign]);
    put(&conn, 1, &[1], Kind::Say, Some("하나"));
    put(&conn, 2, &[2], Kind::Topic, Some("둘"));
    refolded(&mut conn);
    drop(conn);
    let ledger = Sqlite::open(dir.path(), settings()).unwrap();
    let reader = ledger.reader().unwrap();
    for (seq, name) in [(1, "#aאב"), (2, "#a：b")] {
        let log = LogId::Room(RoomName::recorded(name, 50).unwrap());
        assert_eq!(reader.read(&log, Seq(0), 9).unwrap().entries[0].seq, Seq(seq));
    }
    assert_eq!(topics(&ledger), [("#A：b".to_owned(), 2, "둘".to_owned())]);
    assert!(crate::verify(dir.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
}

#[test]
fn an_index_of_the_earlier_folding_is_not_asked_and_is_made_anew() {
    let dir = TempDir::new().unwrap();
    let mut conn = store(&dir, &[WIDE, NARROW]);
    put(&conn, 1, &[1], Kind::Say, Some("학교에서"));
    put(&conn, 2, &[2], Kind::Say, Some("학교까지"));
    // As the index of the second version had it: each in its room, under the log's number of then.
    let index = Connection::open(dir.path().join(SEARCH_FILE)).unwrap();
    let hall: String = conn.query_row("SELECT hall FROM meta", [], |row| row.get(0)).unwrap();
    index.execute_batch(super::super::index::SCHEMA).unwrap();
    index.execute("INSERT INTO mark VALUES (0, ?, 2, 2, 0)", [hall]).unwrap();
    index.execute("INSERT INTO words (rowid, text) VALUES (2, '\u{F8F0}2 학 교 학교')", []).unwrap();
    index.pragma_update(None, "user_version", 1).unwrap();
    drop(index);
    refolded(&mut conn);
    drop(conn);
    let mut ledger = Sqlite::open(dir.path(), settings()).unwrap();
    let find = |ledger: &Sqlite| {
        let search = Search { logs: vec![room("#a")], words: vec!["학교".to_owned()], ..Search::default() };
        let found = ledger.reader().unwrap().search(&search, 9).unwrap();
        (found.entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), found.unindexed)
    };
    assert_eq!(find(&ledger), (vec![2, 1], 0), "it is looked through without the index");
    let mut indexer = ledger.indexer().unwrap().unwrap();
    while indexer.work().unwrap() {}
    assert_eq!(find(&ledger), (vec![2, 1], 0));
    ledger.commit(Time(9), vec![crate::conformance::proposal(&["#a"], Event::Redact(Seq(1), Text::new("")))]).unwrap();
    while indexer.work().unwrap() {}
    assert_eq!(find(&ledger), (vec![2], 0));
    let index = Connection::open(dir.path().join(SEARCH_FILE)).unwrap();
    index.execute_batch("INSERT INTO words (words) VALUES ('integrity-check')").expect("the index is whole");
    assert_eq!(index.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), 2);
}
