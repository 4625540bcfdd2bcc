//! The whole tool in IRC against a small server within this process: that it comes in as clients do, answers pings,
//! finds its messages, and tells what goes wrong.
#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

const BENCH: &str = env!("CARGO_BIN_EXE_maru-bench");

/// What is wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// It does not know one of the capabilities.
    NoTags,
    /// The third message that counts is told twice.
    Repeats,
    /// Nobody is let in behind the second who comes.
    Full,
    /// The third who comes is told so, and is disconnected.
    Drops,
    /// Every nickname is somebody's already.
    Taken,
}

/// Who is in the room, by nickname.
type Room = Arc<Mutex<HashMap<String, TcpStream>>>;

/// A server that pings everybody before it welcomes them and hears nothing else until they have answered.
fn serve(fault: Fault) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let room = Room::default();
        while let Ok((stream, _)) = listener.accept() {
            let room = Arc::clone(&room);
            thread::spawn(move || attend(&stream, &room, fault));
        }
    });
    address
}

fn attend(mut stream: &TcpStream, room: &Room, fault: Fault) {
    let (mut nick, mut tags) = (String::new(), "");
    let mut counted = 0;
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let mut answer = String::new();
        match command {
            "CAP" if rest.starts_with("REQ") && fault == Fault::NoTags => {
                write!(answer, ":t CAP * NAK :account-tag\r\n").unwrap();
            }
            "CAP" if rest.starts_with("REQ") => tags = "@time=2024-01-01T00:00:00.000Z;msgid=a ",
            "NICK" if fault == Fault::Taken => write!(answer, ":t 433 * {rest} :Nickname is in use\r\n").unwrap(),
            "NICK" => rest.clone_into(&mut nick),
            "USER" => write!(answer, "PING :are you {nick}\r\n").unwrap(),
            "PONG" => {
                assert_eq!(rest, format!(":are you {nick}"));
                write!(answer, ":t 001 {nick} :Hello\r\n:t 422 {nick} :There is no message\r\n").unwrap();
            }
            "JOIN" => join(stream, room, &nick, rest, fault),
            "PRIVMSG" => {
                counted += u32::from(rest.contains(":MBc"));
                let copies = if counted == 3 && fault == Fault::Repeats { 2 } else { 1 };
                let line = format!("{tags}:{nick}!b@127.0.0.1 PRIVMSG {rest}\r\n").repeat(copies);
                tell(room, &nick, &line);
            }
            _ => {}
        }
        if stream.write_all(answer.as_bytes()).is_err() {
            break;
        }
    }
}

fn join(mut stream: &TcpStream, room: &Room, nick: &str, name: &str, fault: Fault) {
    let mut people = room.lock().unwrap();
    let third = people.len() == 2;
    if third && fault == Fault::Full {
        stream.write_all(format!(":t 471 {nick} {name} :It is full\r\n").as_bytes()).unwrap();
        return;
    }
    people.insert(nick.to_owned(), stream.try_clone().unwrap());
    drop(people);
    let joined = format!(":{nick}!b@127.0.0.1 JOIN :{name}\r\n");
    tell(room, nick, &joined);
    let inside = format!("{joined}:t 353 {nick} = {name} :{nick}\r\n:t 366 {nick} {name} :.\r\n");
    stream.write_all(inside.as_bytes()).unwrap();
    if third && fault == Fault::Drops {
        stream.write_all(b"ERROR :Closing link\r\n").unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    }
}

/// Everybody in the room but `speaker` hears this.
fn tell(room: &Room, speaker: &str, line: &str) {
    for (nick, mut stream) in &*room.lock().unwrap() {
        if nick != speaker {
            // Who has gone hears nothing.
            let _ = stream.write_all(line.as_bytes());
        }
    }
}

#[track_caller]
fn check(arguments: &str, fault: Fault, code: i32, expect: &[&str]) {
    check_of(std::process::id(), arguments, fault, code, expect);
}

/// The same with the figures of another process than this one.
#[track_caller]
fn check_of(pid: u32, arguments: &str, fault: Fault, code: i32, expect: &[&str]) {
    let server = ["--addr", &serve(fault).to_string(), "--pid", &pid.to_string()].map(str::to_owned);
    let output = Command::new(BENCH).args(arguments.split(' ')).args(server).output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    for line in expect {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
}

#[test]
fn everybody_hears_everything_in_irc() {
    let heard = ["deliveries               1000\n", "faults                   none\n"];
    for dialect in ["irc", "irc-tags"] {
        let arguments = format!("fanout --dialect {dialect} --members 20 --window 8 --messages 50 --warmup 5");
        check(&arguments, Fault::None, 0, &heard);
    }
    let arguments = "fanout --dialect irc --room #마루 --members 20 --rate 500 --messages 50 --bytes 350";
    check(arguments, Fault::None, 0, &[&heard[..], &["latency p50"]].concat());
}

#[test]
fn a_message_that_is_told_twice_fails_the_run_in_irc() {
    let arguments = "fanout --dialect irc --members 1 --window 1 --messages 20 --warmup 20 --stall 1";
    check(arguments, Fault::Repeats, 1, &["0 lost, 1 duplicated"]);
}

#[test]
fn what_the_server_refuses_is_told() {
    let arguments = "fanout --dialect irc-tags --members 3 --window 1";
    check(arguments, Fault::NoTags, 2, &["everybody to be welcomed: :t CAP * NAK :account-tag"]);
    check(arguments, Fault::Taken, 2, &[":Nickname is in use"]);
    check(arguments, Fault::Full, 2, &["everybody to be let into the room", ":It is full"]);
}

#[test]
fn a_message_too_long_for_a_line_of_irc_is_not_sent() {
    check("fanout --dialect irc --members 1 --window 1 --bytes 351", Fault::None, 2, &["no place for 351 bytes"]);
}

#[test]
fn registered_connections_are_counted_in_bytes() {
    // The memory of this process does not settle while other tests run in it. That of a floor does.
    let mut floor = Command::new(BENCH).arg("floor").stdout(Stdio::null()).spawn().unwrap();
    let expect = ["connections              50\n", "resident, each"];
    check_of(floor.id(), "idle --dialect irc --connections 50", Fault::None, 0, &expect);
    floor.kill().unwrap();
    floor.wait().unwrap();
}

#[test]
fn who_joins_is_told_of_all_who_come_later() {
    let expect = [
        "clients                  30\n",
        "told of others' joins    435 of at most 435\n",
        "lost                     0\n",
    ];
    check("joins --clients 30", Fault::None, 0, &expect);
}

#[test]
fn whoever_is_not_let_in_or_is_disconnected_is_lost() {
    check(
        "joins --clients 5",
        Fault::Full,
        1,
        &["told of others' joins    1 of at most 10\n", "lost                     3\n"],
    );
    check("joins --clients 5", Fault::Drops, 1, &["lost                     1\n"]);
}
