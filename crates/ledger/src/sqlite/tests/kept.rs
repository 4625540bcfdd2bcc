//! What is remembered beside the log, in the store's files.

use hall::{Keep, PersonId, Subject};

use super::*;
use crate::conformance::{keeping, set};

fn person(n: u64) -> Subject {
    Subject::Account(PersonId(n))
}

fn keep(ledger: &mut Sqlite, keeps: Vec<Keep>) {
    ledger.commit(Time(1), vec![keeping(keeps)]).expect("it is taken");
}

/// A ledger that wipes what is outdated at once.
fn prompt(dir: &TempDir) -> Sqlite {
    let mut prompt = settings();
    prompt.limits.outdated_wait_ms = 0;
    Sqlite::open(dir.path(), prompt).unwrap()
}

#[test]
fn it_is_taken_with_its_group_or_not_at_all() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    keep(&mut ledger, vec![set(person(1), "name", "민수"), set(person(1), "nick", "minsu"), set(person(2), "x", "y")]);
    let began = ledger.beginning(9).unwrap();
    // The last of the group has a number that is there already.
    ledger
        .conn
        .execute_batch(
            "INSERT INTO entries SELECT 3, at, log, person, session, nick, kind, text, NULL, NULL, NULL, NULL FROM entries",
        )
        .unwrap();
    let changes = vec![
        set(person(1), "name", "영희"),
        set(person(3), "name", "철수"),
        Keep::Unset(person(1), "nick".to_owned()),
        Keep::Forget(person(2)),
    ];
    let group = vec![keeping(changes), message("#a", "x")];
    let rejected = ledger.commit(Time(2), group.clone()).expect_err("it is there already");
    assert_eq!(rejected.group, group, "given back whole");
    assert!(!format!("{rejected:?} {rejected}").contains("철수"));
    ledger.conn.execute("DELETE FROM entries WHERE seq = 3", []).unwrap();
    assert_eq!(ledger.beginning(9).unwrap(), began);
    ledger.commit(Time(2), group).unwrap();
    let kept: Vec<_> = ledger.beginning(9).unwrap().kept;
    let kept: Vec<_> = kept.iter().map(|(_, field, value)| (field.as_str(), value.expose())).collect();
    assert_eq!(kept, [("name", "영희"), ("name", "철수")]);
}

#[test]
fn it_is_there_when_the_ledger_is_opened_again_and_retention_leaves_it_alone() {
    let dir = TempDir::new().unwrap();
    let retention = Retention { days: Some(1), room_bytes: Some(10) };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..settings() }).unwrap();
    let lobby = Subject::Room(hall::RoomName::new("#Lobby", 50).unwrap());
    keep(
        &mut ledger,
        vec![set(Subject::Hall, "motd", "어서 오세요"), set(lobby, "key", "참깨"), set(person(7), "name", "z")],
    );
    let began = ledger.beginning(9).unwrap();
    assert_eq!(began.kept.len(), 3);
    for now in [DAY_MS, 9 * DAY_MS] {
        say(&mut ledger, now, "#b", "다음");
        tend(&mut ledger, now);
    }
    assert!(read(&ledger, "#a").is_empty(), "what it came with is gone");
    // Its process ends without a word.
    std::mem::forget(ledger);
    let again = opened(&dir).beginning(9).unwrap();
    assert_eq!((&again.kept, &again.secret), (&began.kept, &began.secret));
    assert_eq!(format!("{:?}", again.kept[0].0), "Room(\"#Lobby\")", "the name as it was written");
}

#[test]
fn what_is_kept_no_longer_is_in_no_file() {
    let dir = TempDir::new().unwrap();
    let mut ledger = prompt(&dir);
    // Enough for pages to be split and joined.
    for n in 0..500 {
        keep(&mut ledger, vec![set(person(n), "password", &format!("nobody-knows-{n}-{}", "x".repeat(200)))]);
    }
    let long = format!("hunter2-{}", "z".repeat(20_000));
    keep(&mut ledger, vec![set(person(250), "a", "hunter2-a"), set(person(250), "b", "hunter2-b")]);
    keep(&mut ledger, vec![set(person(251), "password", &long)]);
    tend(&mut ledger, 9);
    assert!(is_in_files(dir.path(), "hunter2-a") && is_in_files(dir.path(), "hunter2-z"));
    keep(&mut ledger, vec![set(person(250), "a", "another"), Keep::Unset(person(250), "b".to_owned())]);
    keep(&mut ledger, vec![set(person(251), "password", "short")]);
    tend(&mut ledger, 9);
    assert!(!is_in_files(dir.path(), "hunter2") && !is_in_files(dir.path(), "zzzzzzzz"), "it is still there");
    for n in 0..400 {
        keep(&mut ledger, vec![Keep::Forget(person(n))]);
    }
    tend(&mut ledger, 9);
    assert!(!is_in_files(dir.path(), "nobody-knows-399") && is_in_files(dir.path(), "nobody-knows-400"));
}

#[test]
fn who_is_forgotten_is_wiped_at_once_and_what_was_replaced_soon() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    tend(&mut ledger, 1);
    keep(&mut ledger, vec![set(person(1), "password", "hunter2"), set(person(2), "read", "41")]);
    keep(&mut ledger, vec![set(person(2), "read", "42"), set(person(1), "password", "hunter2")]);
    tend(&mut ledger, 2);
    assert!(!ledger.wiping && ledger.outdated.is_some(), "nobody waits for what changes often");
    keep(&mut ledger, vec![Keep::Forget(person(1)), Keep::Forget(person(3))]);
    assert!(ledger.wiping);
    tend(&mut ledger, 3);
    assert!(!is_in_files(dir.path(), "hunter2"));
    assert!(!ledger.wiping && ledger.outdated.is_none(), "that did for both");
    keep(&mut ledger, vec![set(person(2), "read", "42"), Keep::Forget(person(1)), Keep::Unset(person(2), "x".into())]);
    assert!(!ledger.wiping && ledger.outdated.is_none(), "nothing has changed");
}

#[test]
fn what_was_to_be_wiped_when_the_process_ended_is_wiped_by_the_next() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    keep(&mut ledger, vec![set(person(1), "password", "hunter2")]);
    keep(&mut ledger, vec![Keep::Forget(person(1))]);
    std::mem::forget(ledger);
    assert!(is_in_files(dir.path(), "hunter2"));
    let mut ledger = opened(&dir);
    tend(&mut ledger, 9);
    assert!(!is_in_files(dir.path(), "hunter2"));
}

#[test]
fn a_store_of_the_second_version_keeps_things_from_now_on() {
    let dir = TempDir::new().unwrap();
    let conn = schema::make_old(&dir.path().join(LEDGER_FILE), 2);
    conn.execute_batch(
        "INSERT INTO logs (id, key, name) VALUES (1, '#a', '#A'), (2, '1:2', NULL);
         INSERT INTO entries VALUES (1, 1000, 1, 1, 7, '민수', 1, '안녕'), (2, 1001, 2, 1, 7, '민수', 1, '둘만');
         INSERT INTO places VALUES (1, 0, 1), (2, 0, 2);",
    )
    .unwrap();
    drop(conn);
    let mut ledger = opened(&dir);
    let began = ledger.beginning(9).unwrap();
    assert!(began.kept.is_empty() && began.secret.as_ref().is_some_and(|secret| secret.expose().len() == 64));
    let entries = ledger.reader().unwrap().read(&LogId::Direct(PersonId(1), PersonId(2)), Seq(0), 9).unwrap().entries;
    assert_eq!((&entries[0].author.account, &entries[0].to), (&None, &None));
    keep(&mut ledger, vec![set(person(1), "name", "민수")]);
    drop(ledger);
    let again = opened(&dir).beginning(9).unwrap();
    assert_eq!((again.kept.len(), again.secret), (1, began.secret));
}

#[test]
fn what_cannot_be_read_is_told_without_its_value() {
    let dir = TempDir::new().unwrap();
    let mut ledger = opened(&dir);
    keep(&mut ledger, vec![set(Subject::Room(hall::RoomName::new("#방", 50).unwrap()), "key", "참깨")]);
    for (change, error) in [
        ("INSERT INTO kept VALUES ('account:x', 'password', 'hunter2')", "account:x"),
        ("UPDATE kept SET subject = 'account:07'", "account:07"),
        ("UPDATE kept SET subject = 'hall:'", "hall:"),
        ("UPDATE kept SET subject = 'room:#없음'", "room:#없음"),
        ("DELETE FROM kept; UPDATE meta SET secret = 'hunter2'", "no secret"),
    ] {
        ledger.conn.execute_batch(change).unwrap();
        let said = ledger.beginning(9).expect_err(change);
        assert!(matches!(&said, Error::Corrupt(why) if why.contains(error) && !why.contains("hunter2")), "{said:?}");
    }
}
