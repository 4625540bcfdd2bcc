//! What the end-to-end tests share: the real server as a child process, and the people who come to it, as raw sockets, as
//! real programs on pipes and in a pseudo-terminal.
//!
//! Nothing here sleeps for timing: whoever waits, waits for what must appear, until a deadline. That something does *not*
//! appear is shown by a barrier: `/ping` is answered after everything that was there before it.

#![allow(dead_code, unused_imports)] // Each test file uses its own part of it.

mod heard;
mod peer;
mod program;
mod server;
mod terminal;
pub(crate) mod tls;

use std::time::Duration;

pub(crate) use heard::Heard;
pub(crate) use peer::Peer;
pub(crate) use program::{Program, shell};
pub(crate) use server::{Server, Setup, admin, maru, maru_within};
pub(crate) use terminal::Terminal;

/// How long a test waits for what must appear. Far more than it takes; a busy machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// More bytes than a server and a client that does not read can have in their sockets.
pub(crate) fn more_than_sockets_hold() -> usize {
    const MARGIN_BYTES: usize = 2 * 1024 * 1024;
    let sizes = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_wmem").expect("Linux says how much a socket holds");
    MARGIN_BYTES + sizes.split_whitespace().last().and_then(|most| most.parse::<usize>().ok()).unwrap()
}

/// How often `needle` stands in `text`.
pub(crate) fn times(text: &str, needle: &str) -> usize {
    text.matches(needle).count()
}

/// Asserts that `needle` stands in `text`, and shows the text if it does not.
#[track_caller]
pub(crate) fn has(text: &str, needle: &str) {
    assert!(text.contains(needle), "no {needle:?} in:\n{text}");
}

/// Somebody who types lines into a program and reads what it shows.
pub(crate) trait Person {
    /// Types a line.
    fn types(&mut self, line: &str);
    /// Waits until `needle` is shown, and returns all that is.
    fn sees(&self, needle: &str) -> String;
}

impl Person for Program {
    fn types(&mut self, line: &str) {
        self.type_line(line);
    }

    #[track_caller]
    fn sees(&self, needle: &str) -> String {
        self.out.until(needle)
    }
}

impl Person for Terminal {
    fn types(&mut self, line: &str) {
        self.type_line(line);
    }

    #[track_caller]
    fn sees(&self, needle: &str) -> String {
        self.until(needle)
    }
}
