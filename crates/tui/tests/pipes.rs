//! What a script sees: the client with pipes, its output and its exit code.

mod common;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Output;
use std::thread;

use common::{Hall, PATIENCE, pipe, relay};

/// Checks exit code, standard output and the first line of standard error.
fn check(output: &Output, code: i32, out: &str, err: &str) {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "out: {stdout}err: {stderr}");
    assert_eq!(stdout, out);
    assert_eq!(stderr.lines().next().unwrap_or(""), err);
}

#[test]
fn a_pipe_is_sent_acknowledged_and_what_arrives_meanwhile_is_printed() {
    let hall = Hall::open();
    let address = hall.address();
    let client = thread::spawn(move || pipe(&[&address, "--nick", "bot"], "안녕\n\n둘째 줄"));
    let guest = hall.guest();
    assert_eq!(guest.raw(), "안녕");
    guest.say("영희: 어서 와 👋");
    guest.acknowledge();
    let rest = [guest.line(), guest.line()];
    assert_eq!(rest, ["둘째 줄", "/quit"]);
    check(&client.join().unwrap(), 0, "* you are now bot\n영희: 어서 와 👋\n", "");
}

#[test]
fn without_a_nick_the_first_line_is_the_nickname() {
    let hall = Hall::open();
    let address = hall.address();
    let client = thread::spawn(move || pipe(&[&address], "철수\n안녕\nEXIT\nnot sent\n"));
    let guest = hall.guest();
    assert_eq!((guest.line(), guest.line()), ("안녕".to_owned(), "/quit".to_owned()));
    check(&client.join().unwrap(), 0, "* you are now 철수\n", "");

    let address = hall.address();
    let client = thread::spawn(move || pipe(&[&address], "hi\n"));
    let _guest = hall.silent_guest();
    let error =
        "nothing was sent: without --nick the first line of the input is the nickname (\"hi\"), and no other line came";
    let output = client.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().next(), Some(error));
    check(&pipe(&[&hall.address()], ""), 1, "", "no nickname was given");
}

#[test]
fn a_server_that_goes_away_unacknowledged_is_a_failure() {
    let hall = Hall::open();
    let address = hall.address();
    let client = thread::spawn(move || pipe(&[&address, "--nick", "bot"], "hi\n"));
    let guest = hall.guest();
    assert_eq!(guest.raw(), "hi");
    guest.cut();
    let error = "the server went away before it acknowledged one message; it may not have arrived:";
    check(&client.join().unwrap(), 1, "* you are now bot\n", error);
}

#[test]
fn no_server_there_is_told_with_each_address_and_a_hint() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = pipe(&[&format!("127.0.0.1:{port}"), "--nick", "bot", "--lang", "ko"], "hi\n");
    check(&output, 1, "", &format!("127.0.0.1:{port} 서버에 연결할 수 없습니다"));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains(&format!("  127.0.0.1:{port}: 연결이 거절되었습니다")), "{stderr}");
    assert!(stderr.contains("도움말: ") && stderr.contains("`maru serve`"), "{stderr}");
    check(
        &pipe(&["host:port", "--nick", "bot"], ""),
        1,
        "",
        "\"host:port\" is no address: a port is a number from 1 to 65535",
    );
}

#[test]
fn piped_messages_reach_a_peer_of_a_relay_one_by_one() {
    let address = relay();
    let mut peer = TcpStream::connect(&address).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    // The relay knows the peer once it has passed something on to it.
    let mut other = TcpStream::connect(&address).unwrap();
    let mut byte = [0];
    other.write_all(b".").unwrap();
    peer.read_exact(&mut byte).unwrap();
    check(&pipe(&[&address, "--nick", "철수", "--lines"], "하나\n둘\n/me 셋\n"), 0, "", "");
    peer.shutdown(Shutdown::Write).unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "철수: 하나\n철수: 둘\n철수: /me 셋");
}

#[test]
fn with_lines_a_reset_instead_of_an_end_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let client = thread::spawn(move || pipe(&[&address, "--nick", "bot", "--lines"], "hi\n"));
    // Closing with bytes unread resets the connection.
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0; 2]).unwrap();
    drop(stream);
    let output = client.join().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
