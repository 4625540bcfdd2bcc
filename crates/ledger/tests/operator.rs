//! What an operator does with a store from outside: taking it out and in, backing it up, looking through it.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use hall::{Deed, Event, Keep, LogId, Nick, PersonId, Proposal, RoomName, Rule, Search, Seq, Subject, Text, Time};
use ledger::conformance::{everything, keeping, message, proposal, room, set};
use ledger::line::Why;
use ledger::{
    Durability, ExportOptions, Finding, ImportError, Imported, LEDGER_FILE, Ledger, Retention, Sqlite, SqliteLimits,
    SqliteSettings,
};
use tempfile::TempDir;

fn opened(dir: &Path) -> Sqlite {
    let settings = SqliteSettings { durability: Durability::Process, ..SqliteSettings::default() };
    Sqlite::open(dir, settings).unwrap()
}

/// A hall in which something of everything has happened.
fn lived_in(dir: &Path) -> Sqlite {
    let mut ledger = opened(dir);
    for n in 0..50 {
        let room = if n % 3 == 0 { "#b" } else { "#a" };
        ledger.commit(Time(1_000 + n), vec![message(room, &format!("말 {n} \"인용\" \\ 👋"))]).unwrap();
    }
    let mut direct = message("#a", "둘만의 말");
    direct.logs = [LogId::direct(PersonId(1), PersonId(2))].into_iter().collect();
    let group = vec![
        proposal(&["#a", "#b"], Event::Nick(hall::Nick::new("민호", 30).unwrap())),
        proposal(&["#a"], Event::Topic(Text::new("주제"))),
        direct,
        proposal(&["#a"], Event::Redact(Seq(2), Text::new(""))),
        proposal(&["#b"], Event::Quit(Text::new(""))),
    ];
    ledger.commit(Time(2_000), group).unwrap();
    ledger
}

fn exported(dir: &Path, options: &ExportOptions) -> String {
    let mut out = Vec::new();
    ledger::export(dir, &SqliteLimits::default(), options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn all(dir: &Path) -> String {
    exported(dir, &ExportOptions::default())
}

fn imported(dir: &Path, text: &str) -> Result<Imported, ImportError> {
    ledger::import(dir, &SqliteLimits::default(), &mut Cursor::new(text.as_bytes()))
}

/// What a hall begins with of what an export carries.
fn began(ledger: &Sqlite) -> hall::Beginning {
    hall::Beginning { kept: Vec::new(), secret: None, ..ledger.beginning(9).unwrap() }
}

fn found(dir: &Path, word: &str) -> usize {
    let search = Search { words: vec![word.to_owned()], ..Search::default() };
    ledger::look_up(dir, &SqliteLimits::default(), search, 1_000).unwrap().entries.len()
}

fn index(ledger: &Sqlite) {
    let mut indexer = ledger.indexer().unwrap().unwrap();
    while indexer.work().unwrap() {}
}

#[test]
fn what_is_taken_out_is_the_same_when_it_is_taken_in_and_out_again() {
    let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let ledger = lived_in(from.path());
    let text = all(from.path());
    assert_eq!(text.lines().count(), 1 + 55);
    assert!(!text.contains("말 1 ") && text.contains("\"event\":\"redacted\""), "what was taken back is gone");
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: 55, known: 0 });
    assert_eq!(all(to.path()), text);
    assert_eq!(began(&opened(to.path())), began(&ledger));
    // Once more changes nothing.
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: 0, known: 55 });
    assert_eq!(all(to.path()), text);
    assert!(ledger::verify(to.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
    // The hall goes on where the other one was.
    let mut ledger = opened(to.path());
    assert_eq!(ledger.commit(Time(3_000), vec![message("#a", "다음")]).unwrap()[0].seq, Seq(56));
    index(&ledger);
    assert_eq!((found(to.path(), "말"), found(to.path(), "다음")), (49, 1));
}

#[test]
fn accounts_and_rules_are_carried_by_a_backup_and_what_is_told_of_them_by_an_export() {
    let (from, to, copied) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = lived_in(from.path());
    let nick = |raw| Nick::new(raw, 30).unwrap();
    let (minsu, of_minsu) = (PersonId(5), Subject::Account(PersonId(5)));
    let lobby = Subject::Room(RoomName::new("#Lobby", 50).unwrap());
    let mut registered = proposal(&[], Event::Account(Deed::Registered(nick("민수"))));
    registered.logs = [LogId::direct(minsu, minsu)].into_iter().collect();
    registered.keeps = vec![set(of_minsu.clone(), "password", "hunter2"), set(lobby, "key", "참깨")];
    let mut invited = proposal(&[], Event::Invite(RoomName::new("#Lobby", 50).unwrap()));
    invited.logs = [LogId::direct(minsu, PersonId(9))].into_iter().collect();
    (invited.author.account, invited.to) = (Some(nick("민수")), Some(nick("영희")));
    let group = vec![
        registered,
        proposal(&["#a"], Event::Rule(Rule::Limit(Some(30)))),
        proposal(&["#a"], Event::Kick(PersonId(9), nick("영희"), Text::new(""))),
        invited,
        proposal(&["#a"], Event::Audit(Text::new("drop  everybody"))),
        keeping(vec![set(of_minsu, "name", "민수"), Keep::Forget(Subject::Hall)]),
    ];
    ledger.commit(Time(3_000), group).unwrap();
    let text = all(from.path());
    assert!(!text.contains("hunter2") && !text.contains("참깨"), "an export holds no secret");
    assert!(text.contains(r#""between":[5,5]"#) && text.contains(r#""account":"민수","to":"영희","event":"invite""#));
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: 61, known: 0 });
    assert_eq!(all(to.path()), text);
    let new = opened(to.path()).beginning(9).unwrap();
    assert!(new.kept.is_empty() && new.secret != ledger.beginning(9).unwrap().secret);
    let copy = copied.path().join("copy.db");
    ledger::backup(from.path(), &SqliteLimits::default(), &copy).unwrap();
    ledger::restore(to.path(), &SqliteLimits::default(), &mut fs::File::open(&copy).unwrap()).unwrap();
    assert_eq!(opened(to.path()).beginning(9).unwrap(), ledger.beginning(9).unwrap());
    assert_eq!(all(to.path()), text);
    assert!(ledger::verify(to.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
}

#[test]
fn every_event_and_all_that_an_entry_has_is_carried_by_an_export() {
    let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = opened(from.path());
    let given = ledger.commit(Time(1_000), everything()).unwrap();
    let text = all(from.path());
    assert!(text.starts_with("{\"maru\":2,"), "{text}");
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: given.len() as u64, known: 0 });
    let read = opened(to.path()).reader().unwrap().read(&room("#lobby"), Seq(0), 99).unwrap().entries;
    assert_eq!(read, given);
    assert_eq!(all(to.path()), text);
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: 0, known: given.len() as u64 });
}

#[test]
fn what_was_taken_back_on_one_side_has_no_tags_on_either() {
    let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = opened(from.path());
    let said = |text| Proposal { tags: Some("+secret=1".into()), ..message("#a", text) };
    ledger.commit(Time(1_000), vec![said("하나"), said("둘"), said("셋")]).unwrap();
    let before = all(from.path());
    ledger.commit(Time(2_000), vec![proposal(&["#a"], Event::Redact(Seq(2), Text::new("잘못")))]).unwrap();
    let after = all(from.path());
    assert_eq!((before.matches("+secret").count(), after.matches("+secret").count()), (3, 2));
    // There before it was taken back, and taken in once more when it had been.
    imported(to.path(), &before).unwrap();
    assert_eq!(imported(to.path(), &after).unwrap(), Imported { entries: 1, known: 3 });
    assert_eq!(all(to.path()), after);
    assert_eq!(imported(to.path(), &before).unwrap(), Imported { entries: 0, known: 3 });
    assert_eq!(all(to.path()), after);
    // A hole, filled with what was exported before.
    let retention = Retention { days: Some(1), room_bytes: None };
    let mut ledger = Sqlite::open(to.path(), SqliteSettings { retention, ..SqliteSettings::default() }).unwrap();
    while ledger.tend(Time(24 * 60 * 60 * 1_000 + 1_500)).unwrap() {}
    drop(ledger);
    assert_eq!(imported(to.path(), &before).unwrap(), Imported { entries: 3, known: 0 });
    assert_eq!(all(to.path()), after);
}

#[test]
fn what_the_document_shows_is_an_export() {
    let lines = include_str!("../../../docs/export.md").lines().filter_map(|line| line.strip_prefix("    {\"seq\""));
    let mut count = 0;
    for line in lines.map(|rest| format!("{{\"seq\"{rest}")) {
        let entry = ledger::line::entry(&line).unwrap_or_else(|why| panic!("{line}: {why:?}"));
        assert_eq!(ledger::line::of_entry(&entry), line);
        count += 1;
    }
    assert!(count >= 8, "the examples are elsewhere");
}

#[test]
fn an_export_of_the_first_version_is_taken_in_and_may_be_gone_on_with() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let hall = "0123456789abcdef0123456789abcdef";
    let line = |seq: u64, rest: &str| {
        format!(
            "{{\"seq\":{seq},\"at\":\"2026-11-25T12:00:00.000Z\",\"in\":[\"#a\"],\"nick\":\"민수\",\"person\":1,\"session\":1,{rest}}}\n"
        )
    };
    let old = format!("{{\"maru\":1,\"hall\":\"{hall}\",\"head\":4,\"after\":0}}\n")
        + &line(1, r#""event":"join""#)
        + &line(2, r#""event":"redacted""#)
        + &line(3, r#""event":"redact","target":2"#)
        + &line(4, r#""event":"quit""#);
    assert_eq!(imported(dir.path(), &old).unwrap(), Imported { entries: 4, known: 0 });
    assert_eq!(all(dir.path()), old.replacen("\"maru\":1", "\"maru\":2", 1), "it says the same");
    let given = opened(dir.path()).commit(Time(3_000), everything()).unwrap();
    let goes_on = ExportOptions { after: Seq(4), goes_on: true, ..ExportOptions::default() };
    let both = old + &exported(dir.path(), &goes_on);
    assert_eq!(imported(other.path(), &both).unwrap(), Imported { entries: 4 + given.len() as u64, known: 0 });
    assert_eq!(all(other.path()), all(dir.path()));
}

#[test]
fn an_export_that_broke_off_goes_on_behind_its_last_line() {
    let dir = TempDir::new().unwrap();
    let _ledger = lived_in(dir.path());
    let whole = all(dir.path());
    let half: Vec<&str> = whole.lines().take(31).collect();
    let rest = exported(dir.path(), &ExportOptions { after: Seq(30), ..ExportOptions::default() });
    let joined: Vec<&str> = half.into_iter().chain(rest.lines().skip(1)).collect();
    assert_eq!(joined.join("\n") + "\n", whole);
    assert!(rest.starts_with(&whole[..50]) && rest.lines().next().unwrap().contains("\"after\":30"), "{rest}");
}

#[test]
fn an_export_that_was_gone_on_with_is_taken_in_whatever_has_happened_meanwhile() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = lived_in(dir.path());
    let mut text = all(dir.path());
    ledger.commit(Time(3_000), vec![message("#a", "그사이에")]).unwrap();
    text += &exported(dir.path(), &ExportOptions { after: Seq(55), goes_on: true, ..ExportOptions::default() });
    assert_eq!(imported(other.path(), &text).unwrap(), Imported { entries: 56, known: 0 });
    assert_eq!(opened(other.path()).head(), Seq(56));
}

#[test]
fn rooms_that_are_taken_in_one_after_the_other_have_their_topics() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = lived_in(dir.path());
    let topic = |room: &str, text: &str| proposal(&[room], Event::Topic(Text::new(text)));
    ledger
        .commit(Time(3_000), vec![topic("#b", "옛것"), topic("#c", "남은 것"), topic("#b", "새것"), topic("#c", "")])
        .unwrap();
    let room = |name| RoomName::new(name, 50).unwrap();
    let only = exported(dir.path(), &ExportOptions { rooms: vec![room("#a")], ..ExportOptions::default() });
    imported(other.path(), &only).unwrap();
    imported(other.path(), &all(dir.path())).unwrap();
    assert_eq!(began(&opened(other.path())), began(&ledger));
    assert_eq!(all(other.path()), all(dir.path()));
}

#[test]
fn rooms_and_times_narrow_an_export() {
    let dir = TempDir::new().unwrap();
    let _ledger = lived_in(dir.path());
    let room = |name| RoomName::new(name, 50).unwrap();
    let rooms = exported(dir.path(), &ExportOptions { rooms: vec![room("#B")], ..ExportOptions::default() });
    assert_eq!(rooms.lines().count(), 1 + 17 + 2);
    let times = ExportOptions { since: Some(Time(1_010)), until: Some(Time(1_020)), ..ExportOptions::default() };
    assert_eq!(exported(dir.path(), &times).lines().count(), 1 + 10);
}

#[test]
fn a_hole_is_filled_from_an_export_and_what_was_taken_back_stays_so() {
    let dir = TempDir::new().unwrap();
    let mut ledger = lived_in(dir.path());
    index(&ledger);
    let text = all(dir.path());
    ledger.commit(Time(2_100), vec![proposal(&["#a"], Event::Redact(Seq(5), Text::new("")))]).unwrap();
    drop(ledger);
    let retention = Retention { days: Some(1), room_bytes: None };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..SqliteSettings::default() }).unwrap();
    while ledger.tend(Time(24 * 60 * 60 * 1_000 + 1_020)).unwrap() {}
    index(&ledger);
    assert_eq!(found(dir.path(), "말"), 30);
    drop(ledger);
    let more = imported(dir.path(), &text).unwrap();
    assert_eq!(more, Imported { entries: 20, known: 35 });
    let ledger = opened(dir.path());
    index(&ledger);
    assert_eq!(found(dir.path(), "말"), 48, "that number 5 was taken back is still known");
    // Taken back on one side only.
    let other = TempDir::new().unwrap();
    imported(other.path(), &text).unwrap();
    let mut ledger = opened(other.path());
    ledger.commit(Time(2_100), vec![proposal(&["#a"], Event::Redact(Seq(5), Text::new("")))]).unwrap();
    drop(ledger);
    imported(other.path(), &text).unwrap();
    assert!(!all(other.path()).contains("말 4 "));
}

/// A file, the line that is wrong in it, and why.
type Check = (String, u64, fn(&Why) -> bool);

#[test]
fn a_hostile_file_gets_a_line_and_a_reason_and_changes_nothing() {
    let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let _ledger = lived_in(from.path());
    let text = all(from.path());
    imported(to.path(), &text.lines().take(20).map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    let before = all(to.path());
    let lines: Vec<&str> = text.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at - 1] = line;
        lines.join("\n")
    };
    let long = "x".repeat(5 * 1024 * 1024);
    let checks: Vec<Check> = vec![
        (String::new(), 1, |why| *why == Why::NoHeader),
        (with(1, "[]"), 1, |why| *why == Why::NoHeader),
        (with(1, &lines[0].replace("\"maru\":2", "\"maru\":3")), 1, |why| *why == Why::Version(3)),
        (with(1, r#"{"maru":1,"hall":"00000000000000000000000000000000","head":55,"after":0}"#), 1, |why| {
            *why == Why::OtherHall
        }),
        (with(40, "nonsense"), 40, |why| matches!(why, Why::Json(_))),
        (with(40, &long), 40, |why| matches!(why, Why::TooLong(_))),
        (with(40, lines[38]), 40, |why| *why == Why::Order(38)),
        (with(40, &"[".repeat(100_000)), 40, |why| matches!(why, Why::Json(_))),
        (with(10, &lines[9].replace("말", "딴말")), 10, |why| *why == Why::Differs(9)),
        (with(10, &lines[9].replace("#a", "#c")), 10, |why| *why == Why::Differs(9)),
    ];
    for (text, line, is_why) in checks {
        match imported(to.path(), &text) {
            Err(ImportError::Line { line: at, why }) => {
                assert!(at == line && is_why(&why), "line {at}, not {line}: {why:?}");
            }
            other => panic!("{line}: {other:?}"),
        }
        assert_eq!(all(to.path()), before, "after line {line}");
    }
    let bad = [text.as_bytes(), b"\xff\xfe\n"].concat();
    let refused = ledger::import(to.path(), &SqliteLimits::default(), &mut Cursor::new(bad));
    assert!(matches!(refused, Err(ImportError::Line { line: 57, why: Why::NotUtf8 })), "{refused:?}");
    assert_eq!(all(to.path()), before);
}

#[test]
fn a_backup_of_a_hall_that_runs_is_a_hall() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = lived_in(dir.path());
    let before = all(dir.path());
    let copy = other.path().join("copy.db");
    assert!(ledger::backup(dir.path(), &SqliteLimits::default(), &copy).unwrap() > 4096);
    ledger.commit(Time(3_000), vec![message("#a", "danach")]).unwrap();
    fs::rename(&copy, other.path().join(LEDGER_FILE)).unwrap();
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1, "nothing but the copy is left");
    assert_eq!(all(other.path()), before);
    assert_eq!(opened(other.path()).commit(Time(4_000), vec![message("#a", "x")]).unwrap()[0].seq, Seq(56));
    let nowhere = other.path().join("no/such/dir/copy.db");
    assert!(matches!(ledger::backup(dir.path(), &SqliteLimits::default(), &nowhere), Err(ledger::Error::Io(_))));
    let nothing = TempDir::new().unwrap();
    assert!(ledger::backup(nothing.path(), &SqliteLimits::default(), &copy).is_err());
    assert_eq!(fs::read_dir(nothing.path()).unwrap().count(), 0, "reading makes no store");
}

#[test]
fn what_is_wrong_in_a_store_is_found() {
    let dir = TempDir::new().unwrap();
    let ledger = lived_in(dir.path());
    index(&ledger);
    drop(ledger);
    let limits = SqliteLimits::default();
    let report = ledger::verify(dir.path(), &limits).unwrap();
    assert_eq!((report.entries, report.findings), (55, Vec::new()));
    let conn = rusqlite::Connection::open(dir.path().join(LEDGER_FILE)).unwrap();
    conn.execute_batch(
        "UPDATE entries SET kind = 99 WHERE seq = 3;
         UPDATE entries SET nick = 'a b' WHERE seq = 4;
         DELETE FROM places WHERE seq = 7;
         INSERT INTO places VALUES (1, 0, 900);
         INSERT INTO kept VALUES ('nobody', 'a', '1'), ('nobody', 'b', '2'), ('account:1', 'a', '1');
         UPDATE meta SET secret = '';",
    )
    .unwrap();
    let findings = ledger::verify(dir.path(), &limits).unwrap().findings;
    let not_entries = findings.iter().filter(|f| matches!(f, Finding::NotAnEntry(_))).count();
    assert_eq!(not_entries, 2, "{findings:?}");
    assert!(findings.contains(&Finding::Stray(1)), "{findings:?}");
    let kept: Vec<_> = findings.iter().filter(|f| matches!(f, Finding::NotKept(_))).collect();
    assert_eq!(kept, [&Finding::NotKept("nobody".to_owned())]);
    assert!(findings.contains(&Finding::NoSecret), "{findings:?}");
    assert!(findings.iter().any(|f| matches!(f, Finding::Unplaced(_))), "{findings:?}");
    drop(conn);
    let path = dir.path().join(LEDGER_FILE);
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len();
    bytes[len / 2..len / 2 + 3_000].fill(0x5A);
    fs::write(&path, bytes).unwrap();
    let findings = ledger::verify(dir.path(), &limits).unwrap().findings;
    assert!(findings.iter().any(|f| matches!(f, Finding::Damaged(_))), "{findings:?}");
}

#[test]
fn an_operator_takes_a_message_back() {
    let dir = TempDir::new().unwrap();
    let ledger = lived_in(dir.path());
    index(&ledger);
    drop(ledger);
    let limits = SqliteLimits::default();
    assert_eq!(found(dir.path(), "13"), 1);
    assert!(ledger::redact(dir.path(), &limits, Seq(14)).unwrap());
    assert!(!ledger::redact(dir.path(), &limits, Seq(14)).unwrap(), "it is gone");
    assert!(!ledger::redact(dir.path(), &limits, Seq(99)).unwrap());
    assert_eq!(found(dir.path(), "13"), 0);
    for file in fs::read_dir(dir.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|w| w == "말 13 \"".as_bytes()), "it is still there");
    }
    let page = opened(dir.path()).reader().unwrap().read(&room("#a"), Seq(13), 1).unwrap();
    assert_eq!(page.entries[0].event, Event::Redacted);
}

/// A room gets another name, which another room had before.
fn renamed(ledger: &mut Sqlite) {
    let (old, new) = (RoomName::new("#a", 50).unwrap(), RoomName::new("#b", 50).unwrap());
    let event = Event::Rename { from: old.clone(), to: new.clone(), reason: Text::new("이사") };
    let rename = Proposal { keeps: vec![Keep::Rename(old, new)], ..proposal(&["#a"], event) };
    ledger.commit(Time(3_000), vec![rename, message("#b", "새집")]).unwrap();
}

#[test]
fn a_renamed_room_is_taken_out_under_its_name_of_today_and_is_not_renamed_when_it_is_taken_in() {
    let (from, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = lived_in(from.path());
    let before = all(from.path());
    renamed(&mut ledger);
    let text = all(from.path());
    let has = |text: &str, what: &str| text.matches(what).count();
    assert_eq!(has(&text, "\"in\":[\"#a\""), 0, "{text}");
    assert_eq!(has(&text, "\"text\":\"#a #b 이사\""), 1, "{text}");
    assert!(has(&text, "\"in\":[\"#b（56）\"]") > 10, "another room had the name: {text}");
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: 57, known: 0 });
    assert_eq!(all(to.path()), text);
    assert_eq!(began(&opened(to.path())), began(&ledger));
    assert_eq!(imported(to.path(), &text).unwrap(), Imported { entries: 0, known: 57 });
    assert_eq!(all(to.path()), text);
    for dir in [&from, &to] {
        assert!(ledger::verify(dir.path(), &SqliteLimits::default()).unwrap().findings.is_empty());
    }
    // What was taken out before names the rooms of then.
    assert_eq!(imported(from.path(), &before).unwrap(), Imported { entries: 0, known: 55 });
    assert_eq!(all(from.path()), text);
    assert_eq!(found(from.path(), "새집"), 1);
}

#[test]
fn what_was_let_go_is_taken_in_again_into_the_room_by_its_name_of_today() {
    let dir = TempDir::new().unwrap();
    let mut ledger = lived_in(dir.path());
    let before = all(dir.path());
    renamed(&mut ledger);
    let after = all(dir.path());
    drop(ledger);
    let retention = Retention { days: Some(1), room_bytes: None };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..SqliteSettings::default() }).unwrap();
    while ledger.tend(Time(24 * 60 * 60 * 1_000 + 2_500)).unwrap() {}
    drop(ledger);
    assert_eq!(imported(dir.path(), &before).unwrap(), Imported { entries: 55, known: 0 });
    assert_eq!(all(dir.path()), after);
}

#[test]
fn the_bytes_of_a_renamed_room_are_those_that_are_let_go() {
    let dir = TempDir::new().unwrap();
    let retention = Retention { days: None, room_bytes: Some(200) };
    let mut ledger = Sqlite::open(dir.path(), SqliteSettings { retention, ..SqliteSettings::default() }).unwrap();
    ledger.commit(Time(1), vec![message("#a", "하나"), message("#a", "둘"), message("#a", "셋")]).unwrap();
    renamed(&mut ledger);
    while ledger.tend(Time(9)).unwrap() {}
    let page = ledger.reader().unwrap().read(&room("#b"), Seq(0), 9).unwrap();
    assert_eq!((page.entries.iter().map(|e| e.seq.0).collect::<Vec<_>>(), page.gap), (vec![4, 5], true));
}

#[test]
fn an_export_that_was_gone_on_with_after_a_rename_is_taken_in_as_often_as_one_likes() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut ledger = lived_in(dir.path());
    let mut text = all(dir.path());
    renamed(&mut ledger);
    text += &exported(dir.path(), &ExportOptions { after: Seq(55), goes_on: true, ..ExportOptions::default() });
    for known in [0, 57] {
        assert_eq!(imported(other.path(), &text).unwrap(), Imported { entries: 57 - known, known });
    }
    assert_eq!(imported(dir.path(), &text).unwrap(), Imported { entries: 0, known: 57 });
}
