//! Conversations with a relay, told event by event.

use std::time::Duration;

use super::super::test_util::{Scene, setup};
use super::*;

const WELCOME: &str = "|-- connected to hall.example:7; exit or Ctrl-D to leave";

fn open(typed: bool) -> Scene<RelayTalk> {
    let mut relay = Scene { talk: RelayTalk::new(setup(typed)), now: Instant::now() };
    relay.check(RelayTalk::connected, if typed { &[WELCOME] } else { &[] });
    relay
}

#[test]
fn a_message_is_one_write_and_rapid_ones_are_parted() {
    let mut relay = open(true);
    relay.check(|t, now| t.typed("안녕\n여러분", now), &[">철수: 안녕"]);
    relay.pass(RELAY_PAUSE, &[">\n철수: 여러분"]);
    relay.pass(RELAY_RAPID, &[]);
    relay.check(|t, now| t.typed("/me waves", now), &[">철수: /me waves"]);
}

#[test]
fn a_long_message_is_cut_between_characters() {
    for message in messages("철수", &"가".repeat(2000)) {
        assert!(message.len() < RELAY_WRITE_BYTES && message.starts_with("철수: 가"), "{}", message.len());
    }
    assert_eq!(messages("a", "hello"), ["a: hello"]);
}

#[test]
fn a_pipe_ends_when_the_server_has_read_to_the_end() {
    let mut relay = open(false);
    relay.check(|t, now| t.typed("하나", now), &[">철수: 하나"]);
    relay.check(|t, now| t.typed("둘", now), &[]);
    relay.check(RelayTalk::leave, &[]);
    relay.pass(RELAY_PAUSE, &[">\n철수: 둘", "close"]);
    relay.check(|t, now| t.received("영희: 응".as_bytes(), now), &["|영희: 응"]);
    relay.check(|t, now| t.closed(None, now), &["done"]);
}

#[test]
fn a_pipe_fails_when_the_server_goes_away_or_says_nothing() {
    let error = "error: the server went away before it acknowledged one message; it may not have arrived:\n  철수: hi";
    let mut relay = open(false);
    relay.check(|t, now| t.typed("hi", now), &[">철수: hi"]);
    relay.check(|t, now| t.closed(None, now), &[error]);
    let mut relay = open(false);
    relay.check(|t, now| t.typed("hi", now), &[">철수: hi"]);
    relay.check(RelayTalk::leave, &["close"]);
    relay.pass(RELAY_LEAVE_PIPE, &[error]);
}

#[test]
fn reads_are_lines_unless_more_must_come() {
    let mut relay = open(true);
    let mut hear = |bytes: &[u8], expect: &[&str]| relay.check(|t, now| t.received(bytes, now), expect);
    hear("a: 안녕".as_bytes(), &["|a: 안녕"]);
    hear(b"\nb: hi", &["|b: hi"]);
    hear(b"c: one\nc: two\n", &["|c: one", "|c: two"]);
    hear("d: 가".as_bytes().split_last().unwrap().1, &[]);
    hear(&"가".as_bytes()[2..], &["|d: 가"]);
    hear(b"e: \x1b]0;x\x07\x1b[31mred", &["|e: red"]);
    let long = "f".repeat(1024);
    hear(long.as_bytes(), &[]);
    hear(b"f", &[&format!("|{long}f")]);
    hear(long.as_bytes(), &[]);
    relay.pass(RELAY_REST, &[&format!("|{long}")]);
}

#[test]
fn a_broken_connection_is_told_and_typed_lines_wait() {
    let mut relay = open(true);
    relay.check(|t, now| t.typed("doubt", now), &[">철수: doubt"]);
    let notes = [
        "|-- the connection is lost (the server closed the connection); connecting again",
        "|-- this may not have arrived:\n--   철수: doubt",
        "reconnect",
    ];
    relay.check(|t, now| t.closed(None, now), &notes);
    let kept = "|-- not connected; this is sent when the connection is back";
    relay.check(|t, now| t.typed("later", now), &[kept]);
    relay.pass(Duration::from_secs(2), &[]);
    let back = ["|-- connected again after 2 s", "|-- sent what you typed meanwhile", ">철수: later"];
    relay.check(RelayTalk::connected, &back);
}
