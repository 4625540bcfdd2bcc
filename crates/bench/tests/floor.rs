//! The whole tool against the floor, small: what it says of a server that loses nothing, and of ones that do.
//!
//! The other servers here are made to fail in one way each, so that a load generator that could not see a lost or a
//! repeated message would fail these tests.
#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

const BENCH: &str = env!("CARGO_BIN_EXE_maru-bench");

/// A floor that is killed at the end of its test.
struct Floor {
    child: Child,
    address: String,
}

impl Floor {
    fn start() -> Self {
        let mut child =
            Command::new(BENCH).args(["floor", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, address }
    }

    fn bench(&self, arguments: &str) -> Output {
        bench(arguments, &self.address, self.child.id())
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn bench(arguments: &str, address: &str, pid: u32) -> Output {
    let mut command = Command::new(BENCH);
    command.args(arguments.split(' ')).args(["--addr", address, "--pid", &pid.to_string()]).output().unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, expect: &[&str]) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    for line in expect {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
}

#[test]
fn the_floor_loses_nothing_in_a_closed_loop() {
    let floor = Floor::start();
    for window in [1, 7, 32] {
        let output = floor.bench(&format!("fanout --members 20 --window {window} --messages 200"));
        check(&output, 0, &["deliveries               4000\n", "faults                   none\n", " ns\n"]);
    }
}

#[test]
fn several_senders_hear_one_another() {
    let floor = Floor::start();
    let output = floor.bench("fanout --members 20 --senders 3 --window 9 --messages 300 --bytes 500 --spread");
    check(&output, 0, &["deliveries               6600\n", "faults                   none\n"]);
}

#[test]
fn an_open_loop_tells_how_late_messages_came() {
    let floor = Floor::start();
    let output = floor.bench("fanout --members 20 --senders 2 --rate 1000 --messages 200");
    check(&output, 0, &["deliveries               4200\n", "latency p50", "latency p99.9", "latency max"]);
}

#[test]
fn a_window_larger_than_a_socket_holds_is_no_fault() {
    let floor = Floor::start();
    let output = floor.bench("fanout --members 3 --window 4000 --messages 8000 --bytes 4096");
    check(&output, 0, &["deliveries               24000\n", "faults                   none\n"]);
}

#[test]
fn idle_connections_are_counted_in_bytes() {
    let floor = Floor::start();
    let output = floor.bench("idle --connections 200");
    check(&output, 0, &["connections              200\n", "resident, each"]);
}

#[test]
fn a_server_that_is_not_there_cannot_be_measured() {
    let output = bench("fanout --members 1 --window 1", "127.0.0.1:1", std::process::id());
    check(&output, 2, &["cannot make connection 1 to 127.0.0.1:1"]);
}

/// Serves one sender and one member within this process, and lets `relay` say what becomes of each line.
fn relay_with(mut relay: impl FnMut(&str) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let sender = listener.accept().unwrap().0;
        let mut member: TcpStream = listener.accept().unwrap().0;
        let mut sender = BufReader::new(sender);
        let mut line = String::new();
        while sender.read_line(&mut line).is_ok_and(|length| length > 0) {
            let answer = relay(&line);
            if member.write_all(answer.as_bytes()).is_err() {
                break;
            }
            line.clear();
        }
        // The member has nothing to say; its end is the end of the run.
        let _ = member.read(&mut [0]);
    });
    address
}

/// What `fanout` says when the twentieth counted message of the sender is treated by `relay`.
fn run_with_fault(mut relay: impl FnMut(&str) -> String + Send + 'static) -> Output {
    let mut counted = 0;
    let address = relay_with(move |line| {
        counted += u32::from(line.starts_with("MBc"));
        if counted == 20 { relay(line) } else { format!("guest1: {line}") }
    });
    let arguments = "fanout --members 1 --window 4 --warmup 5 --messages 40 --stall 1";
    bench(arguments, &address.to_string(), std::process::id())
}

#[test]
fn notices_and_prefixes_are_no_faults() {
    let output = run_with_fault(|line| format!("* somebody came\n! no\nguest1: {line}* somebody went\n"));
    check(&output, 0, &["deliveries               40\n", "faults                   none\n"]);
}

#[test]
fn a_message_that_comes_twice_fails_the_run() {
    let output = run_with_fault(|line| format!("{line}{line}"));
    check(&output, 1, &["0 lost, 1 duplicated"]);
}

#[test]
fn a_message_that_is_lost_fails_the_run() {
    let output = run_with_fault(|_| String::new());
    check(&output, 1, &["1 lost, 0 duplicated"]);
}

#[test]
fn a_message_that_is_cut_short_counts_as_lost() {
    let output = run_with_fault(|line| line[1..].to_owned());
    check(&output, 1, &["1 lost, 0 duplicated"]);
}

#[test]
fn a_message_that_comes_late_fails_the_run() {
    let mut held = String::new();
    let mut counted = 0;
    let address = relay_with(move |line| {
        counted += u32::from(line.starts_with("MBc"));
        match counted {
            10 if held.is_empty() => {
                line.clone_into(&mut held);
                String::new()
            }
            11 => format!("{line}{}", std::mem::take(&mut held)),
            _ => line.to_owned(),
        }
    });
    let arguments = "fanout --members 1 --window 4 --warmup 5 --messages 40 --stall 1";
    let output = bench(arguments, &address.to_string(), std::process::id());
    check(&output, 1, &["0 lost, 0 duplicated, 1 out of order"]);
}

#[test]
fn a_server_that_turns_people_away_is_not_measured() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || while listener.accept().is_ok() {});
    let output = bench("fanout --members 2 --window 1", &address.to_string(), std::process::id());
    assert_eq!(output.status.code(), Some(2));
}
