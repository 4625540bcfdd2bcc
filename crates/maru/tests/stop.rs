//! The end of a server, and what it does on signals: everybody is told and given what waits for them, nobody can hold it
//! up, and the next one can start at once.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::time::{Duration, Instant};

use common::{Peer, Server, Setup, has, more_than_sockets_hold};
use rustix::process::Signal;

/// What everybody is told.
const CLOSING: &str = "* the hall is closing";

#[test]
fn on_sigterm_everybody_is_told_and_the_server_exits_with_0() {
    let mut server = Server::start();
    let (mut peer, mut nc) = (server.peer("영희"), server.nc(&[]));
    let (mut telnet, mut python, chat) = (server.telnet(), server.unframed("파이"), server.chat(&["--nick", "지민"]));
    nc.type_line("/nick 철수");
    nc.out.until("you are now 철수");
    python.out.until("* welcome");
    telnet.type_line("/nick 텔레");
    telnet.out.until("you are now 텔레");
    peer.until("* 지민 joined");
    let begin = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), 0);
    assert!(begin.elapsed() < Duration::from_millis(4_000), "well within the deadline: {:?}", begin.elapsed());
    has(&peer.rest_text(), CLOSING);
    has(&telnet.out.to_end(), CLOSING);
    has(&python.out.to_end(), CLOSING);
    chat.until("the hall is closing");
    // This program goes on reading its input when the other side has closed.
    nc.out.until(CLOSING);
    nc.end_input();
    assert_eq!((nc.exit_code(), python.exit_code()), (0, 0));
}

#[test]
fn on_sigint_as_on_sigterm_in_korean() {
    let mut server = Setup::new().var("MARU_LANGUAGE", "ko").start();
    let mut peer = server.peer("영희");
    server.signal(Signal::INT);
    assert_eq!(server.exit_code(), 0);
    assert_eq!(peer.rest_text(), "* 서버를 닫습니다\n");
}

/// Has somebody say more than the sockets of a client that does not read can hold; returns that client, the one who said
/// it, and how many lines it was.
fn stuck(server: &Server) -> (Peer, Peer, usize) {
    let mut sender = server.peer("수다쟁이");
    let mut stuck = Peer::narrow(server.address);
    stuck.say("/ping there\n");
    stuck.until("* pong there");
    let line = "나".repeat(2_600);
    let count = more_than_sockets_hold() / line.len();
    (0..count).for_each(|i| sender.say(format!("{i:06} {line}\n")));
    sender.sync();
    (stuck, sender, count)
}

#[test]
fn a_slow_client_is_given_everything_before_the_server_ends() {
    let mut server = Setup::new().args(&["--limits", "off"]).limit("stop_ms", 30_000).start();
    let (mut slow, sender, count) = stuck(&server);
    server.signal(Signal::TERM);
    let told = slow.until(CLOSING);
    let numbers = told.iter().filter_map(|line| line.strip_prefix("수다쟁이: ")?.get(..6)?.parse::<usize>().ok());
    assert!(numbers.eq(0..count), "all of them, in order");
    assert_eq!(slow.rest_text(), "");
    drop((slow, sender));
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn a_stuck_client_holds_the_server_no_longer_than_the_deadline() {
    let mut server = Setup::new().args(&["--limits", "off"]).limit("stop_ms", 500).start();
    let _stuck = stuck(&server);
    let begin = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), 0);
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(500), "it was given its time: {took:?}");
    assert!(took < Duration::from_millis(3_000), "and not more: {took:?}");
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let mut server = Setup::new().args(&["--limits", "off"]).limit("stop_ms", 600_000).start();
    let _stuck = stuck(&server);
    let mut peer = server.peer("영희");
    server.signal(Signal::TERM);
    peer.until(CLOSING);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), 128 + 15);
}

#[test]
fn a_stopping_server_takes_nobody_in() {
    let mut server = Setup::new().args(&["--limits", "off"]).limit("stop_ms", 600_000).start();
    let _stuck = stuck(&server);
    let mut peer = server.peer("영희");
    server.signal(Signal::TERM);
    peer.until(CLOSING);
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nobody listens any more");
    server.signal(Signal::INT);
    assert_eq!(server.exit_code(), 128 + 2);
}

#[test]
fn sighup_reloads_the_language_and_the_limits_and_keeps_everybody_in() {
    let server = Setup::new().config("language = \"en\"\n").start();
    let mut old = server.peer("영희");
    server.configure("language = \"ko\"\n[limits]\nnick_chars = 8\n");
    server.signal(Signal::HUP);
    server.log().until("configuration reloaded");
    has(&server.silent().until("#lobby").join(""), "#lobby 방에 오신 것을 환영합니다");
    has(&old.ask("/nick 아홉글자나되는이름"), "it has more than 8 characters");
}

#[test]
fn sighup_with_a_wrong_configuration_changes_nothing() {
    let server = Setup::new().config("language = \"en\"\n").start();
    let mut old = server.peer("영희");
    server.configure("language = \"ko\"\n[limits]\nnick_char = 8\n");
    server.signal(Signal::HUP);
    has(&server.log().until("configuration not reloaded"), "nick_char");
    has(&server.silent().until("#lobby").join(""), "* welcome to #lobby");
    has(&old.ask("/nick 아홉글자나되는이름"), "* you are now 아홉글자나되는이름");
}

#[test]
fn two_servers_on_one_data_directory_are_one_too_many() {
    let server = Server::start();
    let (code, said) = Setup::new().data(&server.data()).fail();
    assert_eq!(code, 1);
    has(&said, &format!("another server uses the data directory {}", server.data().display()));
    assert_eq!(server.peer("영희").ask("/who"), "* #lobby: 영희");
}

#[test]
fn a_server_can_be_started_again_on_the_same_port_and_data_at_once() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Setup::new().data(data.path()).start();
    let (address, peer, nc) = (server.address, server.peer("영희"), server.nc(&[]));
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), 0);
    // Their connections are closed, and the kernel still knows of them.
    let again = Setup::new().data(data.path()).listen(address).start();
    assert_eq!(again.address, address);
    assert_eq!(again.peer("철수").ask("/who"), "* #lobby: 철수");
    drop((peer, nc));
}

#[test]
fn a_killed_server_leaves_its_data_directory_to_the_next() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Setup::new().data(data.path()).start();
    let peer = server.peer("영희");
    server.signal(Signal::KILL);
    assert_eq!(server.exit_code(), 128 + 9);
    let again = Setup::new().data(data.path()).listen(server.address).start();
    assert_eq!(again.peer("철수").ask("/who"), "* #lobby: 철수");
    drop(peer);
}
