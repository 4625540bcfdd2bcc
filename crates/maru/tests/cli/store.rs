//! What an operator does with a hall's store, from the command line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::harness::{DEADLINE, Outcome, Running, User};

fn ok(outcome: &Outcome) -> &str {
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    &outcome.stdout
}

/// A hall in which somebody has said these things and still is: nothing more is on its way to the ledger.
fn hall(user: &User, said: &[&str]) -> (Running, TcpStream) {
    let mut server = user.serve(&["--data-dir", "data"]);
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let all: String = said.iter().map(|line| format!("{line}\n")).collect();
    (&stream).write_all(format!("/nick 민수\n{all}/ping done\n").as_bytes()).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "* pong done"), "the server has closed");
    (server, stream)
}

fn stop((mut server, _person): (Running, TcpStream)) {
    server.signal(Signal::TERM);
    assert!(server.ended().success());
}

#[test]
fn what_was_said_is_found_taken_out_and_taken_in_elsewhere() {
    let user = User::new();
    let server = hall(&user, &["학교에서 만나요", "build is green", "/join #개발", "학교 앞"]);
    let run = |args: &[&str]| user.run(args);
    let dated = |text: &str| text.lines().map(|line| line[15..].to_owned()).collect::<Vec<_>>();
    // Found while the server runs.
    let found = run(&["search", "학교", "--data-dir", "data"]);
    assert_eq!(dated(ok(&found)), ["#개발] 민수: *학교* 앞", "#lobby] 민수: *학교*에서 만나요"]);
    let found = run(&["search", "--from", "민수", "--in", "개발", "--after", "1h", "-n", "1", "--data-dir", "data"]);
    assert_eq!(dated(ok(&found)), ["#개발] 민수: 학교 앞"]);
    assert_eq!(ok(&run(&["search", "없는 말", "--data-dir", "data"])), "* nothing found\n");
    // Taken out.
    let exported = run(&["export", "--data-dir", "data"]);
    let text = ok(&exported).to_owned();
    assert!(text.starts_with("{\"maru\":2,\"hall\":\"") && text.contains("\"in\":[\"#개발\"]"), "{text}");
    assert_eq!(
        ok(&run(&["export", "out.jsonl", "--data-dir", "data"])),
        "5 entries, up to number 5, are in out.jsonl\n"
    );
    assert_eq!(std::fs::read_to_string(user.home.path().join("out.jsonl")).unwrap(), text);
    assert_eq!(ok(&run(&["export", "--after", "4", "--data-dir", "data"])).lines().count(), 2);
    // Gone on with: nothing that is there is lost.
    let file = user.home.path().join("part.jsonl");
    std::fs::write(&file, text.lines().take(4).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    assert_eq!(
        ok(&run(&["export", "part.jsonl", "--after", "3", "--data-dir", "data"])),
        "2 entries, up to number 5, are in part.jsonl\n"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_eq!(run(&["export", "part.jsonl", "--data-dir", "nowhere"]).code, Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "a file is not touched for nothing");
    // Taken in, as often as one likes, but not into a hall that runs.
    assert_eq!(
        run(&["import", "out.jsonl", "--data-dir", "data"]).stderr.lines().next(),
        Some("error: another server uses the data directory data")
    );
    assert_eq!(ok(&run(&["import", "out.jsonl", "--data-dir", "new"])), "5 entries are new, 0 were there already\n");
    assert_eq!(ok(&run(&["import", "out.jsonl", "--data-dir", "new"])), "0 entries are new, 5 were there already\n");
    assert_eq!(ok(&run(&["export", "--data-dir", "new"])), text);
    // A wrong line is told, and nothing is changed.
    user.write("bad.jsonl", &text.replace("\"event\":\"join\"", "\"event\":\"jump\""));
    let refused = run(&["import", "bad.jsonl", "--data-dir", "newer"]);
    assert!(
        refused.stderr.starts_with("error: nothing was imported; line 2 of bad.jsonl can't be read: "),
        "{refused:?}"
    );
    assert_eq!(ok(&run(&["export", "--data-dir", "newer"])).lines().count(), 1);
    stop(server);
}

#[test]
fn a_backup_is_put_back_and_goes_on() {
    let user = User::new();
    let server = hall(&user, &["하나", "둘"]);
    let run = |args: &[&str]| user.run(args);
    let said = run(&["backup", "copy.db", "--data-dir", "data"]);
    assert!(ok(&said).starts_with("copy.db: ") && ok(&said).ends_with(" bytes\n"));
    drop(server);
    let home = user.home.path();
    assert_eq!(ok(&run(&["restore", "copy.db", "--data-dir", "back"])), "back has the ledger of the backup\n");
    // Over a store that has grown on since, whose server was killed.
    assert_eq!(ok(&run(&["restore", "copy.db", "--data-dir", "data"])), "data has the ledger of the backup\n");
    assert_eq!(run(&["export", "--data-dir", "data"]), run(&["export", "--data-dir", "back"]));
    // What is no whole backup changes nothing.
    let whole = std::fs::read(home.join("copy.db")).unwrap();
    std::fs::write(home.join("half.db"), &whole[..whole.len() / 2]).unwrap();
    user.write("text.db", &"some text, which is no database at all\n".repeat(200));
    for wrong in ["half.db", "text.db"] {
        let refused = run(&["restore", wrong, "--data-dir", "data"]);
        let told = format!("error: nothing was changed; {wrong} is not a whole backup of a ledger\n");
        assert!(refused.code == Some(1) && refused.stderr.starts_with(&told), "{refused:?}");
    }
    assert_eq!(ok(&run(&["verify", "--data-dir", "back"])), "all is well: 3 entries\n");
    let exported = run(&["export", "--data-dir", "back"]);
    assert!(ok(&exported).contains("하나") && ok(&exported).contains("둘"));
    let missing = run(&["backup", "no/such/copy.db", "--data-dir", "back"]);
    assert_eq!(missing.stderr, "error: can't write no/such/copy.db: there is no such file or directory\n");
    // Where there is nothing, nothing is made.
    let nothing = "error: there is no ledger in nowhere\nhint: name the server's data directory: `--data-dir DIR`\n";
    for words in [&["backup", "x.db"][..], &["verify"], &["search", "x"], &["export"], &["redact", "1"]] {
        let outcome = run(&[words, &["--data-dir", "nowhere"]].concat());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), nothing), "{words:?}");
    }
    assert!(!home.join("nowhere").exists());
}

#[test]
fn damage_is_found_and_told() {
    let user = User::new();
    stop(hall(&user, &["하나"]));
    let path = user.home.path().join("data/ledger.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let len = bytes.len();
    bytes[4096..len].fill(0x5A);
    std::fs::write(&path, bytes).unwrap();
    let verified = user.run(&["verify", "--data-dir", "data"]);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    let told = verified.stdout + &verified.stderr;
    assert!(told.contains("damaged"), "{told}");
}

#[test]
fn a_message_is_taken_back_by_its_number() {
    let user = User::korean();
    let server = hall(&user, &["비밀번호는 hunter2"]);
    let run = |args: &[&str]| user.run(args);
    let busy = run(&["redact", "2", "--data-dir", "data"]);
    assert!(busy.stderr.starts_with("오류: 다른 서버가 쓰고 있는 자료 폴더입니다: data\n"), "{busy:?}");
    stop(server);
    assert_eq!(ok(&run(&["redact", "2", "--data-dir", "data"])), "2번 메시지를 거두었습니다\n");
    let exported = run(&["export", "--data-dir", "data"]);
    assert!(!ok(&exported).contains("hunter2") && ok(&exported).contains("\"event\":\"redacted\""), "{exported:?}");
    let again = run(&["redact", "2", "--data-dir", "data"]);
    assert!(again.stderr.starts_with("오류: 그런 메시지가 없습니다: 2번\n"), "{again:?}");
    for file in std::fs::read_dir(user.home.path().join("data")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "it is still in a file");
    }
}

#[test]
fn what_cannot_be_meant_is_told() {
    let user = User::new();
    let check = |args: &[&str], code: i32, stderr: &str| {
        let outcome = user.run(args);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(code), stderr), "{args:?}");
    };
    check(&["search"], 2, "error: there is nothing to search for\nhint: write words: `maru search WORDS`\n");
    check(
        &["search", "x", "--after", "teatime"],
        2,
        "error: `teatime` is not a time\nhint: write 10:30, 2h, yesterday, 2026-11-25 or 2026-11-25T10:30\n",
    );
    check(&["search", "x", "--in", "a b"], 2, "error: `a b` can't be a name for `--in`\n");
    check(&["import", "missing.jsonl"], 1, "error: can't read missing.jsonl: there is no such file or directory\n");
}
