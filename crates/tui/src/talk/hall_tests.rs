//! Conversations with a hall, told event by event.

use std::time::Duration;

use super::super::test_util::{Scene, setup};
use super::*;

type Hall = Scene<HallTalk>;

const WELCOME: &str = "|-- connected to hall.example:7; /help for help, exit or Ctrl-D to leave";
const LATER: Duration = Duration::from_secs(1);

fn new(typed: bool) -> Hall {
    let now = Instant::now();
    Scene { talk: HallTalk::new(setup(typed), now), now }
}

/// A conversation whose greeting was answered.
fn open(typed: bool) -> Hall {
    let mut hall = new(typed);
    let welcome: &[&str] = if typed { &[WELCOME] } else { &[] };
    hall.check(HallTalk::connected, &[welcome, &[&*greeting(typed), ">/ping maru-1\n"]].concat());
    hall.check(|t, now| t.received(b"* I speak English to you\n* pong maru-1\n", now), &[]);
    hall
}

fn greeting(typed: bool) -> String {
    format!(">/lang en\n/resume{}\n/nick 철수\n", if typed { "" } else { " now" })
}

fn hear(hall: &mut Hall, text: &str, expect: &[&str]) {
    hall.check(|t, now| t.received(text.as_bytes(), now), expect);
}

fn say(hall: &mut Hall, text: &str, expect: &[&str]) {
    hall.check(|t, now| t.typed(text, now), expect);
}

#[test]
fn messages_go_out_behind_the_greeting_and_are_asked_about_together() {
    let mut hall = new(true);
    say(&mut hall, "early", &["|-- not connected; this is sent when the connection is back"]);
    hall.check(HallTalk::connected, &[WELCOME, &*greeting(true), ">/ping maru-1\n"]);
    hear(&mut hall, "* pong maru-1\n", &[">early\n"]);
    say(&mut hall, "one", &[">one\n"]);
    hall.pass(LATER, &[">/ping maru-2\n"]);
    hear(&mut hall, "* pong maru-2\n", &[]);
    assert!(hall.talk.unacked.is_empty());
}

#[test]
fn pongs_at_odd_times_do_no_harm_and_those_of_a_person_are_shown() {
    let mut hall = open(true);
    hear(&mut hall, "* pong maru-1\n* pong maru-99\n* pong\n* pong mine\n", &["|* pong", "|* pong mine"]);
    say(&mut hall, "one", &[">one\n"]);
    hear(&mut hall, "* pong maru-2\n", &[]);
    assert_eq!(hall.talk.unacked.len(), 1);
}

#[test]
fn a_room_that_is_called_otherwise_is_come_into_by_its_new_name() {
    let mut hall = open(true);
    say(&mut hall, "/join #a", &[">/join #a\n"]);
    hear(&mut hall, "* you are in #a: 2 people\n", &["|* you are in #a: 2 people"]);
    say(&mut hall, "/join #b", &[">/join #b\n"]);
    hear(&mut hall, "* you are in #b: 1 person\n", &["|* you are in #b: 1 person"]);
    let told = "[#a] * 영희 renamed the room: #a is now #c";
    hear(&mut hall, &format!("{told}\n"), &[&format!("|{told}")]);
    assert_eq!(hall.talk.rooms, ["#c", "#b"]);
    // Whatever others say, only the hall says it.
    hear(&mut hall, "영희: * 영희 renamed the room: #c is now #x\n", &["|영희: * 영희 renamed the room: #c is now #x"]);
    hear(&mut hall, "* #b is called #d now\n", &["|* #b is called #d now"]);
    assert_eq!(hall.talk.rooms, ["#c", "#d"]);
}

#[test]
fn a_pipe_ends_once_everything_is_acknowledged() {
    let mut hall = open(false);
    say(&mut hall, "hi", &[">hi\n", ">/ping maru-2\n"]);
    hall.check(HallTalk::leave, &[]);
    hear(&mut hall, "영희: 안녕\n", &["|영희: 안녕"]);
    hear(&mut hall, "* pong maru-2\n", &[">/quit\n", "done"]);
}

#[test]
fn what_is_said_while_a_ping_is_on_its_way_gets_one_of_its_own() {
    let mut hall = open(false);
    say(&mut hall, "one", &[">one\n", ">/ping maru-2\n"]);
    say(&mut hall, "two", &[">two\n"]);
    hall.check(HallTalk::leave, &[]);
    hear(&mut hall, "* pong maru-2\n", &[">/ping maru-3\n"]);
    hear(&mut hall, "* pong maru-3\n", &[">/quit\n", "done"]);
}

#[test]
fn a_pipe_fails_when_the_server_goes_away_before_it_acknowledged() {
    let mut hall = open(false);
    say(&mut hall, "hi", &[">hi\n", ">/ping maru-2\n"]);
    let error = "error: the server went away before it acknowledged one message; it may not have arrived:\n  hi";
    hall.check(|t, now| t.closed(None, now), &[error]);
}

#[test]
fn a_pipe_fails_when_something_was_refused_but_not_when_it_was_slowed() {
    let mut hall = open(false);
    let slowed = "! not so fast: your messages are taken at 10 a second; none is lost";
    hear(&mut hall, &format!("{slowed}\n"), &[&format!("|{slowed}")]);
    say(&mut hall, "/join x", &[">/join x\n", ">/ping maru-2\n"]);
    hear(&mut hall, "! no such room\n", &["|! no such room"]);
    hear(&mut hall, "* pong maru-2\n", &[]);
    hall.check(HallTalk::leave, &[">/quit\n", "error: the hall refused one thing it was asked for"]);

    let mut hall = open(false);
    hear(&mut hall, &format!("{slowed}\n"), &[&format!("|{slowed}")]);
    hall.check(HallTalk::leave, &[">/quit\n", "done"]);
}

#[test]
fn a_pipe_is_read_no_faster_than_the_hall_acknowledges() {
    let mut hall = open(false);
    for _ in 0..UNACKED_PIPE_LINES {
        assert!(hall.talk.wants_input());
        hall.talk.typed("x", hall.now);
    }
    assert!(!hall.talk.wants_input());
    hall.talk.effects();
    hear(&mut hall, "* pong maru-2\n", &[">/ping maru-3\n"]);
    assert!(hall.talk.wants_input());
}

#[test]
fn a_broken_connection_is_told_and_nothing_is_sent_twice() {
    let mut hall = open(true);
    hear(&mut hall, "* you are in #dev: 2 people\n", &["|* you are in #dev: 2 people"]);
    hear(&mut hall, "* you are now 민수\n", &["|* you are now 민수"]);
    assert_eq!(hall.talk.nick(), "민수");
    say(&mut hall, "lost", &[">lost\n"]);
    let notes = [
        "|-- the connection is lost (the server closed the connection); connecting again",
        "|-- this may not have arrived:\n--   lost",
        "reconnect",
    ];
    hall.check(|t, now| t.closed(None, now), &notes);
    say(&mut hall, "kept", &["|-- not connected; this is sent when the connection is back"]);
    say(&mut hall, "kept too", &[]);
    hall.pass(Duration::from_secs(3), &[]);
    hall.check(HallTalk::connected, &[">/lang en\n/resume\n/nick 민수\n/join #dev\n", ">/ping maru-2\n"]);
    let back = ["|-- connected again after 3 s", "|-- sent the 2 lines you typed meanwhile", ">kept\n", ">kept too\n"];
    hear(&mut hall, "* pong maru-2\n", &back);
}

#[test]
fn the_next_connection_goes_on_behind_the_last_number_of_this_one() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    hall.talk.effects();
    // What came before the numbers comes again with one.
    hear(&mut hall, "* 영희 joined\n영희: 하나\n", &[]);
    let name = "0123456789abcdef0123456789abcdef";
    hear(
        &mut hall,
        &format!("=7 * begun {name}\n=7 * [11-25 12:00 #lobby] 영희: 하나\n"),
        &["|* [11-25 12:00 #lobby] 영희: 하나"],
    );
    hear(
        &mut hall,
        "=9 * you are now 철수\n=9 * pong maru-1\n=12 영희: =1 둘\n",
        &["|* you are now 철수", "|영희: =1 둘"],
    );
    hear(&mut hall, "=11 * you are in #dev: 1 person\n", &["|* you are in #dev: 1 person"]);
    hall.talk.closed(None, hall.now);
    hall.talk.effects();
    let greeting = format!(">/lang en\n/resume {name} 12\n/nick 철수\n/join #dev\n");
    hall.check(HallTalk::connected, &[&greeting, ">/ping maru-2\n"]);
    let back = format!("영희: 셋\n=12 * resumed {name}\n=13 영희: 셋\n=14 * pong maru-2\n");
    hear(&mut hall, &back, &["|영희: 셋", "|-- connected again after 1 s"]);
}

#[test]
fn a_connection_that_breaks_in_its_greeting_counts_for_nothing_and_repeats_nothing() {
    let mut hall = new(true);
    let name = "0123456789abcdef0123456789abcdef";
    hall.talk.connected(hall.now);
    hall.talk.effects();
    hear(&mut hall, &format!("=7 * begun {name}\n=7 * pong maru-1\n"), &[]);
    hear(&mut hall, "=8 * you are in #dev: 1 person\n", &["|* you are in #dev: 1 person"]);
    let again = format!(">/lang en\n/resume {name} 8\n/nick 철수\n/join #dev\n");
    hall.talk.closed(None, hall.now);
    hall.talk.effects();
    hall.check(HallTalk::connected, &[&again, ">/ping maru-2\n"]);
    // It is in the lobby again, and never gets to the other room.
    hear(&mut hall, &format!("=8 * resumed {name}\n=10 [#lobby] 영희: 하나\n"), &["|[#lobby] 영희: 하나"]);
    hall.talk.closed(None, hall.now);
    hall.talk.effects();
    hall.check(HallTalk::connected, &[&again, ">/ping maru-3\n"]);
    let lines = format!("=8 * resumed {name}\n=10 영희: 하나\n=9 민수: 그사이에\n=11 * pong maru-3\n");
    hear(&mut hall, &lines, &["|민수: 그사이에", "|-- connected again after 1 s"]);
}

#[test]
fn a_hall_that_does_not_number_is_a_hall_all_the_same() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    hall.talk.effects();
    hear(&mut hall, "! there is no command /resume\n영희: 하나\n", &["|! there is no command /resume"]);
    hear(&mut hall, "* pong maru-1\n", &["|영희: 하나"]);
}

#[test]
fn a_refused_greeting_sends_nothing_where_it_was_not_meant() {
    let mut hall = open(true);
    hall.talk.closed(None, hall.now);
    hall.talk.typed("secret", hall.now);
    hall.talk.connected(hall.now);
    hall.talk.effects();
    hear(&mut hall, "! you may not come in\n", &["|! you may not come in"]);
    let notes = ["|-- connected again after 1 s", "|-- not sent; send it again if you still want to:\n--   secret"];
    hear(&mut hall, "* pong maru-2\n", &notes);
}

#[test]
fn a_connection_that_is_dead_is_found_by_its_silence() {
    let mut hall = open(true);
    hall.pass(KEEPALIVE, &[">/ping maru-2\n"]);
    let lost = "|-- the connection is lost (no answer in time); connecting again";
    hall.pass(DEAD, &["hang up", lost, "reconnect"]);
    assert_eq!(hall.talk.deadline(), None);
}

#[test]
fn a_server_that_is_no_hall_is_named_with_a_hint() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    hall.talk.effects();
    let error = "error: hall.example:7 does not answer as a Maru hall does\n\
                 hint: for a simple chat server that relays what it gets, use --lines";
    hall.pass(GREETING_TIMEOUT, &[error]);
}

#[test]
fn leaving_does_not_wait_for_ever_and_tells_what_is_in_doubt() {
    let mut hall = open(true);
    say(&mut hall, "hm", &[">hm\n"]);
    hall.check(HallTalk::leave, &[">/ping maru-2\n"]);
    hall.pass(LEAVE_TERMINAL, &[">/quit\n", "|-- this may not have arrived:\n--   hm", "done"]);
}

#[test]
fn lines_are_whole_however_they_come_and_control_nothing() {
    let mut hall = open(true);
    let bytes = "영희: 안녕 👋\n영희: \x1b[2Jx\r\n".as_bytes();
    for byte in &bytes[..bytes.len() - 2] {
        hall.talk.received(&[*byte], hall.now);
    }
    hear(&mut hall, "\r\n", &["|영희: 안녕 👋", "|영희: x"]);
}

#[test]
fn there_is_an_end_to_what_is_kept() {
    let mut hall = open(true);
    hall.talk.closed(None, hall.now);
    (0..KEPT_LINES).for_each(|_| hall.talk.typed("x", hall.now));
    hall.talk.effects();
    say(&mut hall, "y", &["|-- not sent: too many messages are waiting already; try again in a moment"]);
    assert_eq!(hall.talk.kept.len(), KEPT_LINES);
}
