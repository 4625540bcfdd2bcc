//! What happens when the world fails the ledger: a full disk, a disk that cannot be written. Nothing that was acknowledged is
//! lost, nothing that was refused is shown, reading and presence go on, and so does writing when it can.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use common::{Peer, Setup, has, maru_within};

/// Tries after which something that has to happen soon has not happened.
const TRIES: usize = 5_000;

/// What somebody said, and whether it was taken.
fn says(peer: &mut Peer, text: &str) -> Result<(), String> {
    // Others may have come meanwhile.
    let answer = peer.ask(text);
    answer.lines().find(|line| line.starts_with("! ")).map_or(Ok(()), |refusal| Err(refusal.to_owned()))
}

/// Says things until the first is refused; which were taken.
fn until_refused(peer: &mut Peer, name: &str) -> (Vec<String>, String) {
    let mut taken = Vec::new();
    for n in 0..TRIES {
        let text = format!("{name}{n} {}", "가".repeat(1_000));
        match says(peer, &text) {
            Ok(()) => taken.push(short(&text)),
            Err(refusal) => return (taken, refusal),
        }
    }
    panic!("everything was taken");
}

/// The beginning of what was said, which tells it from everything else.
fn short(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Says things until one is taken.
fn until_taken(peer: &mut Peer, name: &str) -> String {
    for n in 0..TRIES {
        let text = format!("{name}{n}");
        if says(peer, &text).is_ok() {
            return text;
        }
    }
    panic!("nothing was taken");
}

/// What is on the ledger, as seen by a program that is run by another one.
fn recorded(within: &[&str], data: &str) -> Vec<String> {
    let exported = maru_within(within, Path::new("/")).args(["export", "--data-dir", data]).output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let text = String::from_utf8(exported.stdout).unwrap();
    let said =
        |line: &str| Some(line.split_once("\"event\":\"say\",\"text\":\"")?.1.trim_end_matches("\"}").to_owned());
    text.lines().filter_map(said).map(|said| short(&said)).collect()
}

#[test]
fn on_a_full_disk_everything_goes_on_but_writing_and_that_when_there_is_space() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let data = data.to_str().unwrap();
    // A small disk of the server's own: nobody else sees it mounted.
    let script = "mount -t tmpfs -o size=3m tmpfs \"$0\" && exec \"$@\"";
    let setup = Setup::new().args(&["--limits", "off"]).data(data.as_ref());
    let server = setup.within(&["unshare", "-rm", "sh", "-c", script, data]).start();
    let (mut friend, mut peer) = (server.peer("영희"), server.peer("민수"));
    let mut taken = vec!["하나".to_owned()];
    assert_eq!(says(&mut peer, "하나"), Ok(()));
    let (more, refusal) = until_refused(&mut peer, "전");
    taken.extend(more);
    assert_eq!(refusal, "! not sent: the server's disk is full; try again later");
    // Reading and presence go on.
    friend.sync();
    has(&peer.ask("/history 1"), taken.last().unwrap());
    has(&peer.ask("/search 하나"), "민수: *하나*");
    let mut late = server.silent();
    has(&late.ask("/who"), "* #lobby: 민수, 영희 (1 listening)");
    // Recorded or not: it takes so little that there may have been room for it.
    has(&late.ask("/join #새방"), "* you are in #새방: ");
    has(&late.ask("/join #lobby"), "* you speak in #lobby");
    // And writing, when there is space.
    let remount =
        ["-t", &server.pid().to_string(), "-m", "-U", "mount", "-o", "remount,size=16m", data].map(str::to_owned);
    let done = Command::new("nsenter").args(&remount).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    taken.push(until_taken(&mut peer, "후"));
    has(&friend.sync().join("\n"), taken.last().unwrap());
    // Its directory is where the server sees it.
    let inside = ["nsenter", "-t", &server.pid().to_string(), "-m", "-U", "--preserve-credentials"];
    assert_eq!(recorded(&inside, data), taken, "what was taken, once each, and nothing that was refused");
    let mut later = server.silent();
    has(&later.ask("/history 1"), "민수: 후");
}

#[test]
fn a_disk_that_cannot_be_written_loses_nothing_that_was_taken() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    // No file may grow beyond 256 KiB; whoever tries has an I/O error, instead of being killed.
    let script = "trap '' XFSZ; ulimit -S -f 512; exec \"$@\"";
    let setup = Setup::new().args(&["--limits", "off"]).data(&data).within(&["sh", "-c", script, "sh"]);
    let server = setup.start();
    let (mut friend, mut peer) = (server.peer("영희"), server.peer("민수"));
    let (mut taken, refusal) = until_refused(&mut peer, "전");
    has(&refusal, "! not sent: ");
    assert_eq!(friend.sync().len(), taken.len() + 1, "nothing more than what was taken, and the arrival");
    has(&peer.ask("/history 1"), taken.last().unwrap());
    let raise = ["--pid", &server.pid().to_string(), "--fsize=unlimited"].map(str::to_owned);
    assert!(Command::new("prlimit").args(&raise).status().unwrap().success());
    taken.push(until_taken(&mut peer, "후"));
    assert_eq!(recorded(&[], data.to_str().unwrap()), taken);
    has(&server.log().text(), "not recorded");
}

#[test]
fn a_ledger_that_is_none_of_ours_or_from_the_future_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let ledger = home.path().join("ledger.db");
    let mut file = File::create(&ledger).unwrap();
    file.write_all("some notes of mine, which nobody asked a chat server to write over\n".repeat(20).as_bytes())
        .unwrap();
    let (code, said) = Setup::new().data(home.path()).fail();
    assert_eq!(
        (code, said.as_str()),
        (1, "error: ledger.db is not a ledger of Maru's\nhint: choose another data directory: `--data-dir DIR`\n")
    );
    assert!(std::fs::read_to_string(&ledger).unwrap().starts_with("some notes"), "it is left alone");
    std::fs::remove_file(&ledger).unwrap();
    let mut server = Setup::new().data(home.path()).start();
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.exit_code(), 0);
    drop(server);
    // The version stands at byte 60 of the file (sqlite.org/fileformat.html, 1.3).
    let mut bytes = std::fs::read(&ledger).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&ledger, bytes).unwrap();
    let (code, said) = Setup::new().data(home.path()).fail();
    assert_eq!(code, 1);
    has(&said, "error: the ledger has format 99, this program knows formats up to 5\nhint: use the newer maru again\n");
}
