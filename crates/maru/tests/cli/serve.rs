//! A server from its start to its end: what it tells its operator, and what signals do to it.
//!
//! What is said in the hall is tried elsewhere; here somebody only has to be there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;

use crate::harness::{DEADLINE, User};

/// A person with a line client.
struct Person(BufReader<TcpStream>);

impl Person {
    fn at(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self(BufReader::new(stream))
    }

    fn says(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads up to a line with this in it.
    fn hears(&mut self, part: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "closed before {part:?} came");
            if line.contains(part) {
                return line;
            }
        }
    }
}

#[test]
fn it_says_where_it_is_and_how_to_come_in() {
    for (user, first, data, alone) in [
        (User::new(), "Maru is running on: ", "Data directory: ", "Only this computer can reach it."),
        (User::korean(), "마루가 열렸습니다: ", "자료 폴더: ", "이 컴퓨터에서만 들어올 수 있습니다."),
    ] {
        let mut server = user.serve(&["--data-dir", "hall"]);
        let line = server.stdout.until("");
        let address = line.strip_prefix(first).unwrap_or_else(|| panic!("{line}")).trim_end().to_owned();
        let (_, port) = address.split_once("127.0.0.1:").unwrap();
        assert_ne!(port, "0");
        let data_dir = user.home.path().join("hall");
        assert_eq!(server.stdout.until(""), format!("{data}{}\n", data_dir.display()));
        assert!(data_dir.is_dir());
        assert!(server.stdout.until(alone).contains(alone));
        server.stdout.until(&format!("nc 127.0.0.1 {port}"));
        server.stdout.until(&format!("telnet 127.0.0.1 {port}"));
        server.stdout.until(&format!("maru chat localhost:{port}"));
        TcpStream::connect(address).unwrap();
    }
}

#[test]
fn it_is_well_until_it_is_stopped() {
    for signal in [Signal::TERM, Signal::INT] {
        let user = User::new();
        let mut server = user.serve(&[]);
        let address = server.address();
        let health = user.run(&["health", &address]);
        assert_eq!((health.code, health.stdout), (Some(0), format!("{address} is healthy\n")));

        let mut person = Person::at(&address);
        person.says("민지: 안녕\n/ping 1\n");
        person.hears("* pong 1");
        server.signal(signal);
        let mut rest = String::new();
        person.0.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("* "), "she is told: {rest:?}");
        assert_eq!(server.ended().code(), Some(0));
        assert_eq!(user.run(&["health", &address]).code, Some(1));
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        // The deadline of a stopping server is beyond this test's.
        let user = User::new().with("MARU_LIMITS_STOP_MS", "600000").with("MARU_LIMITS", "off");
        let mut server = user.serve(&[]);
        let address = server.address();
        // Somebody who reads nothing keeps the server from being done: more waits than sockets hold.
        let mut sleeper = Person::at(&address);
        sleeper.says("sleeper: zzz\n/ping 1\n");
        sleeper.hears("* pong 1");
        let mut talker = Person::at(&address);
        let line = "x".repeat(8_000) + "\n";
        talker.says("talker: hello\n");
        for _ in 0..50 {
            talker.says(&line.repeat(50));
        }
        talker.says("/ping done\n");
        talker.hears("* pong done");

        server.signal(Signal::TERM);
        server.stderr.until("stopping");
        server.signal(signal);
        assert_eq!(server.ended().code(), Some(code));
    }
}

#[test]
fn a_hang_up_reads_the_configuration_again() {
    let user = User::new();
    user.write("maru.toml", "[limits]\nnick_chars = 20\n");
    let mut server = user.serve(&["--config", "maru.toml"]);
    let address = server.address();
    let mut person = Person::at(&address);
    person.says("/nick twelve_chars\n/ping 1\n");
    person.hears("* pong 1");

    // A configuration that is wrong is not taken, and said to be wrong.
    user.write("maru.toml", "[limits]\nnick_char = 8\n");
    server.signal(Signal::HUP);
    let said = server.stderr.until("not reloaded");
    assert!(said.contains("unknown key `limits.nick_char` at maru.toml:2"), "{said}");

    // One that is right holds for what comes, except for what needs a new start.
    user.write("maru.toml", "data_dir = \"/elsewhere\"\nlegacy_charset = \"gbk\"\n[limits]\nnick_chars = 8\n");
    server.signal(Signal::HUP);
    server.stderr.until("`data_dir` has changed and will hold from the next start");
    server.stderr.until("`legacy_charset` has changed");
    server.stderr.until("configuration reloaded");
    person.says("/nick thirteen_char\n");
    assert!(person.hears("! ").contains('8'));
    person.says("/ping 2\n");
    person.hears("* pong 2");

    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn the_log_can_be_json_and_goes_to_standard_error() {
    let user = User::new().with("MARU_LOG_FORMAT", "json").with("MARU_LOG", "debug");
    let mut server = user.serve(&[]);
    let address = server.address();
    let mut person = Person::at(&address);
    person.says("/ping 1\n");
    person.hears("* pong 1");
    let arrived = server.stderr.until("arrived");
    assert!(arrived.starts_with('{') && arrived.ends_with("}\n"), "{arrived}");
    assert!(arrived.contains("\"peer\":\"127.0.0.1:"), "{arrived}");
}

#[test]
fn a_closed_standard_output_does_not_keep_it_from_serving() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let user = User::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = user.command(&["serve", "--listen", &port.to_string()]);
    command.stdout(std::process::Stdio::from(writer));
    let mut server = crate::harness::Running::start(command);
    let until = std::time::Instant::now() + DEADLINE;
    while user.run(&["health", &port.to_string()]).code != Some(0) {
        assert!(std::time::Instant::now() < until, "it never became healthy");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
}
