//! Connections that begin: with the past of a room, under another name, behind a door, and where the one before has ended.

use super::*;
use crate::limits::HELD_EVENTS;

#[test]
fn a_broken_connection_is_told_and_nothing_is_sent_twice() {
    let mut hall = open(true);
    hear(&mut hall, &[":철수!~m@host NICK :민수"], &["|* you are now 민수"]);
    assert_eq!(hall.talk.nick(), "민수");
    say_and_send(&mut hall, "lost", &["@label=m4 PRIVMSG #lobby :lost"]);
    say_and_send(&mut hall, "/login 암호입니다", &["@label=m6 PRIVMSG maru :login 암호입니다"]);
    let notes = [
        "|-- the connection is lost (the server closed the connection); connecting again",
        "|-- these 2 messages may not have arrived:\n--   lost\n--   /login …",
        "reconnect",
    ];
    hall.check(|t, now| t.closed(None, now), &notes);
    say(&mut hall, "kept", &["|-- not connected; this is sent when the connection is back"]);
    say(&mut hall, "kept too", &[]);
    hall.pass(Duration::from_secs(3), &[]);
    let hello = format!(">{}", lines(&["CAP LS 302", "NICK 민수", "USER maru 0 * :민수"]));
    hall.check(IrcTalk::connected, &[&hello]);
}

#[test]
fn the_next_connection_goes_on_behind_what_was_shown_last() {
    let mut hall = open(true);
    let said = "@msgid=5;time=2026-11-25T12:01:00.000Z :영희!~y@h PRIVMSG #lobby :하나";
    hear(&mut hall, &[said, said], &["|영희: 하나"]);
    hear(
        &mut hall,
        &["@msgid=6;time=2026-11-25T12:01:01.000Z :민수!~n@h QUIT :Quit: 갑니다"],
        &["|* 민수 left (갑니다)"],
    );
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    let join = ["@label=m3 :hall BATCH +j labeled-response", "@batch=j;msgid=9 :철수!~m@host JOIN #lobby"];
    hear_and_send(&mut hall, &join, &[], &["@label=m4 CHATHISTORY AFTER #lobby msgid=5 200"]);
    let rest = ["@batch=j :hall 366 철수 #lobby :End", ":hall BATCH -j", ":hall PONG hall :maru-2"];
    hear(&mut hall, &rest, &["|* you are in #lobby: nobody here yet"]);
    // What is said now waits for what was said meanwhile.
    hear(&mut hall, &["@msgid=10;time=2026-11-25T12:05:00.000Z :영희!~y@h PRIVMSG #lobby :넷"], &[]);
    let missed = [
        "msgid=6;time=2026-11-25T12:01:01.000Z :민수!~n@h QUIT :Quit: 갑니다",
        "msgid=7;time=2026-11-25T12:02:00.000Z :영희!~y@h PRIVMSG #lobby :둘",
        "msgid=8;time=2026-11-25T12:03:00.000Z :영희!~y@h TOPIC #lobby :주제",
    ];
    let more = format!(">{}", lines(&["@label=m5 CHATHISTORY AFTER #lobby msgid=8 200"]));
    hear_history(&mut hall, 4, &missed, &["|영희: 둘", "|* 영희 set the topic: 주제", &more]);
    let again = format!(">{}", lines(&["@label=m6 CHATHISTORY AFTER #lobby msgid=10 200"]));
    let last = [
        "msgid=9;time=2026-11-25T12:04:00.000Z :철수!~m@host JOIN #lobby",
        "msgid=10;time=2026-11-25T12:05:00.000Z :영희!~y@h PRIVMSG #lobby :넷",
    ];
    hear_history(&mut hall, 5, &last, &["|영희: 넷", &again]);
    let back = ["|-- connected again after 1 s", ">CAP REQ :-draft/event-playback\r\n"];
    hear_history(&mut hall, 6, &[], &back);
    assert_eq!(hall.talk.phase, Phase::Open);
}

#[test]
fn a_connection_that_breaks_in_its_greeting_loses_and_repeats_nothing() {
    let mut hall = open(true);
    hear(&mut hall, &["@msgid=5 :영희!~y@h PRIVMSG #lobby :하나"], &["|영희: 하나"]);
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    lobby(&mut hall, 3, 8);
    hear(&mut hall, &["@msgid=9 :영희!~y@h PRIVMSG #lobby :넷"], &[]);
    let asked = format!(">{}", lines(&["@label=m5 CHATHISTORY AFTER #lobby msgid=6 200"]));
    hear_history(&mut hall, 4, &["msgid=6 :영희!~y@h PRIVMSG #lobby :둘"], &["|영희: 둘", &asked]);
    // It breaks before all of it was told, and what was held back is told by the history.
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    let join = ["@label=m6 :hall BATCH +j labeled-response", "@batch=j;msgid=12 :철수!~m@host JOIN #lobby"];
    hear_and_send(&mut hall, &join, &[], &["@label=m7 CHATHISTORY AFTER #lobby msgid=6 200"]);
    let missed = ["msgid=7 :영희!~y@h PRIVMSG #lobby :셋", "msgid=9 :영희!~y@h PRIVMSG #lobby :넷"];
    let asked = format!(">{}", lines(&["@label=m8 CHATHISTORY AFTER #lobby msgid=9 200"]));
    hear_history(&mut hall, 7, &missed, &["|영희: 셋", "|영희: 넷", &asked]);
}

#[test]
fn the_history_of_another_hall_is_begun_anew() {
    let mut hall = open(true);
    hear(&mut hall, &["@msgid=500;time=2026-11-25T12:00:00.000Z :영희!~y@h PRIVMSG #lobby :하나"], &["|영희: 하나"]);
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    lobby(&mut hall, 3, 3);
    let check = format!(">{}", lines(&["@label=m5 CHATHISTORY BEFORE #lobby timestamp=2026-11-25T12:00:00.001Z 1"]));
    hear_history(&mut hall, 4, &[], &[&check]);
    let anew = format!(">{}", lines(&["@label=m6 CHATHISTORY LATEST #lobby * 50"]));
    let other = "msgid=2;time=2026-11-26T12:00:00.000Z :누구!~n@h PRIVMSG #lobby :새 집";
    hear_history(&mut hall, 5, &[], &[&anew]);
    hear_history(&mut hall, 6, &[other], &["|* [11-26 12:00 #lobby] 누구: 새 집"]);
    // One that has nothing new is the same.
    let mut hall = open(true);
    hear(&mut hall, &["@msgid=5;time=2026-11-25T12:00:00.000Z :영희!~y@h PRIVMSG #lobby :하나"], &["|영희: 하나"]);
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    lobby(&mut hall, 3, 6);
    hear_history(&mut hall, 4, &[], &[&check]);
    hear_history(&mut hall, 5, &["msgid=5;time=2026-11-25T12:00:00.000Z :영희!~y@h PRIVMSG #lobby :하나"], &[]);
    assert!(!hall.talk.rooms[0].is_under_way());
}

#[test]
fn what_was_in_doubt_and_is_on_the_record_is_said_to_have_arrived() {
    let mut hall = open(true);
    hear(&mut hall, &["@msgid=5 :영희!~y@h PRIVMSG #lobby :하나"], &["|영희: 하나"]);
    hall.talk.typed("둘", hall.now);
    hall.talk.typed("셋", hall.now);
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    hall.talk.source = "철수!~m@host".to_owned();
    lobby(&mut hall, 7, 9);
    hear(&mut hall, &[":hall PONG hall :maru-2"], &[]);
    let found = [
        "msgid=6 :철수!~m@host PRIVMSG #lobby :둘",
        // Somebody else who was called so says the same.
        "msgid=7 :철수!~x@elsewhere PRIVMSG #lobby :셋",
    ];
    let asked = format!(">{}", lines(&["@label=m9 CHATHISTORY AFTER #lobby msgid=7 200"]));
    hear_history(&mut hall, 8, &found, &["|철수: 셋", &asked]);
    let back = ["|-- connected again after 1 s", "|-- this has arrived:\n--   둘"];
    hear_history(&mut hall, 9, &[], &[&back[..], &[">CAP REQ :-draft/event-playback\r\n"]].concat());
}

#[test]
fn what_is_held_back_has_an_end_and_the_history_tells_the_rest() {
    let mut hall = open(true);
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    lobby(&mut hall, 3, 2);
    // One's own coming is among it.
    for n in 0..HELD_EVENTS {
        let line = format!("@msgid={} :영희!~y@h PRIVMSG #lobby :{n}\r\n", n + 10);
        hall.talk.received(line.as_bytes(), hall.now);
    }
    let held = |hall: &Hall| hall.talk.rooms[0].held_len();
    assert_eq!((hall.talk.effects().len(), held(&hall)), (0, Some(0)));
    let asked = format!(">{}", lines(&["@label=m5 CHATHISTORY AFTER #lobby msgid=1 200"]));
    hear_history(
        &mut hall,
        4,
        &[],
        &[&*asked.replace("AFTER #lobby msgid=1 200", "BEFORE #lobby timestamp=2026-11-25T12:00:00.001Z 1")],
    );
    let first = "msgid=1;time=2026-11-25T12:00:00.000Z :철수!~m@host JOIN #lobby";
    hear_history(&mut hall, 5, &[first], &[&asked.replace("m5", "m6")]);
}

#[test]
fn the_past_is_shown_to_a_person_and_not_to_a_pipe() {
    let past = "msgid=3;time=2026-11-25T12:00:00.000Z :영희!~y@h PRIVMSG #lobby :전에 한 말";
    let mut hall = new(true);
    let_in(&mut hall, false);
    lobby(&mut hall, 1, 4);
    hear_history(&mut hall, 2, &[past], &["|* [11-25 12:00 #lobby] 영희: 전에 한 말"]);
    let mut hall = new(false);
    let_in(&mut hall, false);
    lobby(&mut hall, 1, 4);
    hear_history(&mut hall, 2, &[past], &[]);
    assert_eq!(hall.talk.rooms[0].mark, super::rooms::Mark::After("4".to_owned(), hall::Time(1_795_608_000_000)));
}

#[test]
fn a_refused_greeting_sends_nothing_where_it_was_not_meant() {
    let mut hall = open(true);
    hall.talk.closed(None, hall.now);
    hall.talk.typed("secret", hall.now);
    let_in(&mut hall, false);
    hear(&mut hall, &["@label=m3 :hall 474 철수 #lobby :you may not come in"], &["|! #lobby: you may not come in"]);
    let notes = ["|-- connected again after 1 s", "|-- not sent; send it again if you still want to:\n--   secret"];
    hear(&mut hall, &[":hall PONG hall :maru-2"], &notes);
    say(&mut hall, "secret", &["|! you are in no room; /join #ROOM"]);
}

#[test]
fn a_name_that_is_taken_gets_a_number_and_the_person_is_told_why() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    skip(&mut hall);
    hear_and_send(&mut hall, &[":hall 433 * 철수 :in use"], &[], &["NICK 철수2"]);
    hear_and_send(&mut hall, &[":hall 433 * 철수2 :in use"], &[], &["NICK 철수3"]);
    hear(&mut hall, &[":hall CAP * ACK :batch labeled-response echo-message", ":hall 001 철수3 :Welcome"], &[]);
    let asked = ["@label=m1 ISON 철수", "@label=m2 JOIN #lobby", "PING :maru-1"];
    hear_and_send(&mut hall, &[":hall 004 철수3 hall maru-1 i n", ":hall 422 철수3 :none"], &[], &asked);
    hear(&mut hall, &["@label=m1 :hall 303 철수3 :철수"], &["|* 철수 is in use; you are now 철수3"]);
    // An account's name is nobody's whom one could see, and the hall says so.
    hall.talk
        .ask_about(super::send::About::IsOn { wanted: "영희".into(), there: false }, None, |line| line.command("X"));
    skip(&mut hall);
    hear_and_send(&mut hall, &["@label=m3 :hall 303 철수3 :"], &[], &["@label=m4 PRIVMSG maru :nick 영희"]);
    let refused = "@label=m4 :maru!maru@hall NOTICE 철수3 :! 영희 belongs to an account";
    hear(&mut hall, &[refused], &["|! 영희 belongs to an account"]);
    // Names that only plain lines take are asked for there.
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    skip(&mut hall);
    hall.talk.received(b":hall 432 * x :no\r\n", hall.now);
    assert!(matches!(&hall.talk.effects()[..], [Effect::Send(bytes)] if bytes.starts_with(b"NICK guest")));
}

#[test]
fn a_server_that_asks_for_its_password_is_told_it_on_the_next_connection() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    skip(&mut hall);
    hear(&mut hall, &[":hall 464 철수 :the server's password first", "ERROR :Closing Link: no"], &[]);
    let door = "|* this server asks for a password: /pass PASSWORD (한국어: /lang ko)";
    hall.check(|t, now| t.closed(None, now), &[door]);
    say(&mut hall, "hi", &["|! the server's password first: /pass PASSWORD"]);
    say(&mut hall, "/pass 열려라 참깨", &["reconnect"]);
    let hello = ["CAP LS 302", "PASS :열려라 참깨", "NICK 철수", "USER maru 0 * :철수"];
    hall.check(IrcTalk::connected, &[&*format!(">{}", lines(&hello))]);
    // A pipe that does not know it fails.
    let mut hall = new(false);
    hall.talk.connected(hall.now);
    hall.talk.typed("hi", hall.now);
    hall.talk.leave(hall.now);
    skip(&mut hall);
    hear(&mut hall, &[":hall 464 철수 :the server's password first"], &[]);
    let refused = "|! the server's password first: /pass PASSWORD";
    let error = "error: the hall refused one thing it was asked for";
    hall.check(|t, now| t.closed(None, now), &[door, refused, error]);
}

#[test]
fn who_has_logged_in_is_the_same_person_on_the_next_connection() {
    let mut hall = open(true);
    say_and_send(&mut hall, "/login 영희 열려라참깨", &["@label=m4 PRIVMSG maru :login 영희 열려라참깨"]);
    let answer = [
        "@label=m4 :hall BATCH +a labeled-response",
        "@batch=a :철수!~m@host PART #lobby",
        "@batch=a :철수!~m@host NICK :영희",
        "@batch=a :hall 900 영희 영희!~m@host 영희 :You are now logged in",
        ":hall BATCH -a",
    ];
    hear(&mut hall, &answer, &["|* you are logged in as 영희, and called 영희"]);
    hall.talk.closed(None, hall.now);
    hall.talk.connected(hall.now);
    skip(&mut hall);
    hear_and_send(&mut hall, &[":hall CAP * LS :sasl=PLAIN"], &[], &["CAP REQ :sasl", "AUTHENTICATE PLAIN"]);
    let message = "AUTHENTICATE AOyYge2drADsl7TroKTrnbzssLjquag=";
    hear_and_send(&mut hall, &["AUTHENTICATE +"], &[], &[message]);
    hear_and_send(&mut hall, &[":hall 903 * :SASL authentication successful"], &[], &["CAP END"]);
}

#[test]
fn what_was_said_with_people_while_another_client_was_there_is_told() {
    let mut hall = open(true);
    let said = "@msgid=5;time=2026-11-25T12:01:00.000Z :민수!~n@h PRIVMSG 철수 :하나";
    hear(&mut hall, &[said], &["|[민수 -> you] 하나"]);
    hall.talk.closed(None, hall.now);
    hall.talk.connected(hall.now);
    hall.talk.door.known = true;
    let caps = CAPS.replace("=max-bytes=8192,max-lines=100", "") + " echo-message";
    hear(
        &mut hall,
        &[&format!(":hall CAP * ACK :{caps}"), ":hall 001 철수 :Welcome"],
        &[
            "|-- the connection is lost (the server closed the connection); connecting again",
            "reconnect",
            &format!(">{}", lines(&["CAP LS 302", "NICK 철수", "USER maru 0 * :철수"])),
        ],
    );
    let targets = "@label=m4 CHATHISTORY TARGETS timestamp=2026-11-25T12:00:59.999Z \
                   timestamp=9000-01-01T00:00:00.000Z 20";
    let sent = ["@label=m3 JOIN #lobby", targets, "PING :maru-2"];
    hear_and_send(&mut hall, &[":hall 422 철수 :none"], &[NAMED], &sent);
    let told = [
        "@label=m4 :hall BATCH +t draft/chathistory-targets",
        "@batch=t :hall CHATHISTORY TARGETS #lobby 2026-11-25T12:05:00.000Z",
        "@batch=t :hall CHATHISTORY TARGETS 민수 2026-11-25T12:05:00.000Z",
        ":hall BATCH -t",
    ];
    let asked = "@label=m5 CHATHISTORY AFTER 민수 timestamp=2026-11-25T12:00:59.999Z 200";
    hear_and_send(&mut hall, &told, &[], &[asked]);
    let more = format!(">{}", lines(&["@label=m6 CHATHISTORY AFTER 민수 msgid=9 200"]));
    let missed = [
        "msgid=5;time=2026-11-25T12:01:00.000Z :민수!~n@h PRIVMSG 철수 :하나",
        "msgid=8;time=2026-11-25T12:04:00.000Z :민수!~n@h PRIVMSG 철수 :둘",
        "msgid=9;time=2026-11-25T12:05:00.000Z :철수!~m@host PRIVMSG 민수 :응",
    ];
    hear_history(&mut hall, 5, &missed, &["|[민수 -> you] 둘", "|[you -> 민수] 응", &more]);
    assert!(hall.talk.is_catching_up());
    hear_history(&mut hall, 6, &[], &[]);
    assert!(!hall.talk.is_catching_up());
}

#[test]
fn a_room_that_is_called_otherwise_is_come_into_by_its_new_name() {
    let mut hall = open(true);
    hall.talk.typed("/join #a", hall.now);
    skip(&mut hall);
    hear(
        &mut hall,
        &["@label=m4;msgid=2 :철수!~m@host JOIN #a", ":hall 366 철수 #a :End"],
        &["|* you are in #a: nobody here yet", ">@label=m5 CHATHISTORY LATEST #a * 50\r\n"],
    );
    hear_history(&mut hall, 5, &[], &[]);
    hall.talk.typed("/join #lobby", hall.now);
    skip(&mut hall);
    hear(
        &mut hall,
        &["@msgid=7 :영희!~y@h RENAME #a #b :이사"],
        &["|[#a] * 영희 renamed the room: #a is now #b (이사)"],
    );
    hear(&mut hall, &["@msgid=8 :영희!~y@h PRIVMSG #b :여기"], &["|[#b] 영희: 여기"]);
    hall.talk.typed("/join #b", hall.now);
    skip(&mut hall);
    // What one asks for oneself is answered.
    hall.talk.server.has_all(&["draft/channel-rename"]);
    say_and_send(&mut hall, "/rename #c", &["@label=m9 RENAME #b #c :"]);
    hear(&mut hall, &["@label=m9;msgid=9 :철수!~m@host RENAME #b #c :"], &["|* #b is called #c now"]);
    // Renamed while one was away: the way leads there, and the past goes on where it was left.
    hall.talk.closed(None, hall.now);
    let_in(&mut hall, true);
    let led = ":hall FAIL JOIN CHANNEL_RENAMED #c #d :#c is called #d now";
    let join = format!(">{}", lines(&["@label=m12 JOIN #d"]));
    hear(&mut hall, &[&format!("@label=m11 {led}")], &["|* #c is called #d now", &join]);
    let joined = ["@label=m12 :hall BATCH +j labeled-response", "@batch=j;msgid=14 :철수!~m@host JOIN #d"];
    hear_and_send(&mut hall, &joined, &[], &["@label=m13 CHATHISTORY AFTER #d msgid=9 200"]);
    // Nobody is led in a circle.
    let mut hall = open(true);
    hall.talk.typed("/join #c", hall.now);
    skip(&mut hall);
    let join = format!(">{}", lines(&["@label=m5 JOIN #d"]));
    hear(&mut hall, &[&format!("@label=m4 {led}")], &["|* #c is called #d now", &join]);
    let back = "@label=m5 :hall FAIL JOIN CHANNEL_RENAMED #d #c :#d is called #c now";
    hear(&mut hall, &[back], &["|! #d is called #c now"]);
    assert!(hall.talk.unacked.is_empty());
}
