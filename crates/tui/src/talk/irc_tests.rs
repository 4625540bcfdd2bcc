//! Conversations with a hall, told event by event.

use super::super::test_util::{Scene, setup};
use super::*;
use crate::limits::OPEN_BATCHES;

#[path = "irc_tests_model.rs"]
mod model;
#[path = "irc_tests_past.rs"]
mod past;

type Hall = Scene<IrcTalk>;

const WELCOME: &str = "|-- connected to hall.example:7; /help for help, exit or Ctrl-D to leave";
const NAMED: &str = "|* you are now 철수";
const LATER: Duration = Duration::from_secs(1);
/// What a hall offers, of what is asked for.
const CAPS: &str = "batch cap-notify draft/chathistory draft/languages draft/message-redaction \
                    draft/multiline=max-bytes=8192,max-lines=100 labeled-response message-tags server-time \
                    standard-replies";

fn new(typed: bool) -> Hall {
    let now = Instant::now();
    Scene { talk: IrcTalk::new(setup(typed), now), now }
}

/// Lines as they come and go.
fn lines(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn hear(hall: &mut Hall, text: &[&str], expect: &[&str]) {
    let text = lines(text);
    hall.check(|t, now| t.received(text.as_bytes(), now), expect);
}

/// The same when what is asked for is one write.
fn hear_and_send(hall: &mut Hall, text: &[&str], shown: &[&str], sent: &[&str]) {
    let sent = format!(">{}", lines(sent));
    hear(hall, text, &[shown, &[&*sent]].concat());
}

fn say(hall: &mut Hall, text: &str, expect: &[&str]) {
    hall.check(|t, now| t.typed(text, now), expect);
}

fn say_and_send(hall: &mut Hall, text: &str, sent: &[&str]) {
    say(hall, text, &[&*format!(">{}", lines(sent))]);
}

/// Takes what is asked for without looking at it.
fn skip(hall: &mut Hall) {
    hall.talk.effects();
}

/// A connection up to the rooms: the capabilities, and everything that a hall says to those who come.
fn let_in(hall: &mut Hall, playback: bool) {
    hall.talk.connected(hall.now);
    let (more, granted) = if playback { (" draft/event-playback", " draft/event-playback") } else { ("", "") };
    let granted = CAPS.replace("=max-bytes=8192,max-lines=100", "") + " echo-message" + granted;
    let text = lines(&[
        &format!(":hall CAP * LS :{CAPS} echo-message sasl away-notify{more}"),
        &format!(":hall CAP * ACK :{granted}"),
        ":hall 001 철수 :Welcome",
        ":hall 004 철수 hall maru-1.0 io n",
        ":hall 005 철수 CHATHISTORY=200 NICKLEN=30 :are supported by this server",
        ":hall 422 철수 :MOTD File is missing",
    ]);
    hall.talk.received(text.as_bytes(), hall.now);
    skip(hall);
}

/// The lobby's answer, with people in it, and what is in its history.
fn lobby(hall: &mut Hall, label: u64, id: u64) {
    let text = lines(&[
        &format!("@label=m{label} :hall BATCH +j labeled-response"),
        &format!("@batch=j;msgid={id};time=2026-11-25T12:00:00.000Z :철수!~m@host JOIN #lobby"),
        "@batch=j :hall 366 철수 #lobby :End of NAMES list",
        ":hall BATCH -j",
    ]);
    hall.talk.received(text.as_bytes(), hall.now);
    skip(hall);
}

/// A batch that answers a question about what was said.
fn history(label: u64, inner: &[&str]) -> Vec<String> {
    let mut text = vec![format!("@label=m{label} :hall BATCH +h chathistory #lobby")];
    text.extend(inner.iter().map(|line| format!("@batch=h;{line}")));
    text.push(":hall BATCH -h".to_owned());
    text
}

fn hear_history(hall: &mut Hall, label: u64, inner: &[&str], expect: &[&str]) {
    let text = history(label, inner);
    hear(hall, &text.iter().map(String::as_str).collect::<Vec<_>>(), expect);
}

/// A conversation in the lobby, in which nothing was said so far. The next label is 3.
fn open(typed: bool) -> Hall {
    let mut hall = new(typed);
    let_in(&mut hall, false);
    lobby(&mut hall, 1, 1);
    hear_history(&mut hall, 2, &[], &[]);
    hear(&mut hall, &[":hall PONG hall :maru-1"], &[]);
    assert_eq!((hall.talk.phase, hall.talk.labels), (Phase::Open, 2));
    hall
}

#[test]
fn messages_go_out_behind_the_greeting_and_are_acknowledged_by_their_echoes() {
    let mut hall = new(true);
    say(&mut hall, "early", &["|-- not connected; this is sent when the connection is back"]);
    let hello = format!(">{}", lines(&["CAP LS 302", "NICK 철수", "USER maru 0 * :철수"]));
    hall.check(IrcTalk::connected, &[WELCOME, &hello]);
    hear(&mut hall, &[":hall CAP * LS * :batch account-tag draft/languages=2,en,ko"], &[]);
    let asked = "CAP REQ :batch draft/languages labeled-response message-tags echo-message";
    let rest = ":hall CAP * LS :labeled-response message-tags echo-message";
    hear_and_send(&mut hall, &[rest], &[], &[asked, "LANGUAGE en", "CAP END"]);
    let granted = ":hall CAP * ACK :batch draft/languages labeled-response message-tags echo-message";
    hear(&mut hall, &[granted, ":hall 001 철수 :Welcome", ":hall 372 철수 :- hello"], &[]);
    let rooms = ["@label=m1 JOIN #lobby", "PING :maru-1"];
    hear_and_send(&mut hall, &[":hall 376 철수 :End of MOTD"], &[NAMED], &rooms);
    hear(&mut hall, &[":철수!~m@host JOIN #lobby", "@label=m1 :hall 366 철수 #lobby :End"], &[]);
    let early = ["@label=m3 PRIVMSG #lobby :early"];
    hear_and_send(&mut hall, &[":hall PONG hall :maru-1"], &[], &early);
    say_and_send(&mut hall, "one", &["@label=m5 PRIVMSG #lobby :one"]);
    hear(&mut hall, &["@label=m3;msgid=7 :철수!~m@host PRIVMSG #lobby :early"], &[]);
    assert_eq!(hall.talk.unacked.len(), 1);
    hear(&mut hall, &["@label=m5;msgid=8 :철수!~m@host PRIVMSG #lobby :one"], &[]);
    assert!(hall.talk.unacked.is_empty() && hall.talk.asked.is_empty());
    hall.pass(LATER, &[]);
}

#[test]
fn what_one_says_with_another_client_is_shown_and_acknowledges_nothing() {
    let mut hall = open(true);
    say_and_send(&mut hall, "one", &["@label=m4 PRIVMSG #lobby :one"]);
    hear(&mut hall, &["@msgid=7 :철수!~m@host PRIVMSG #lobby :one"], &["|철수: one"]);
    hear(&mut hall, &["@msgid=8;label=m99 :철수!~m@host PRIVMSG #lobby :two"], &[]);
    assert_eq!(hall.talk.unacked.len(), 1);
    hear(&mut hall, &[":hall PONG hall :maru-99", ":hall PONG hall :maru-1"], &[]);
    assert_eq!(hall.talk.unacked.len(), 1);
}

#[test]
fn a_pipe_ends_once_everything_is_acknowledged() {
    let mut hall = open(false);
    say_and_send(&mut hall, "hi", &["@label=m4 PRIVMSG #lobby :hi"]);
    say_and_send(&mut hall, "/me waves", &["@label=m6 PRIVMSG #lobby :\u{1}ACTION waves\u{1}"]);
    hall.check(IrcTalk::leave, &[]);
    hear(&mut hall, &[":영희!~y@h PRIVMSG #lobby :안녕"], &["|영희: 안녕"]);
    hear(&mut hall, &["@label=m6;msgid=9 :철수!~m@host PRIVMSG #lobby :\u{1}ACTION waves\u{1}"], &[]);
    let end = ["@label=m4;msgid=8 :철수!~m@host PRIVMSG #lobby :hi"];
    hear(&mut hall, &end, &[">QUIT\r\n", "done"]);
}

#[test]
fn a_pipe_fails_when_the_server_goes_away_before_it_acknowledged() {
    let mut hall = open(false);
    say_and_send(&mut hall, "hi", &["@label=m4 PRIVMSG #lobby :hi"]);
    let error = "error: the server went away before it acknowledged one message; it may not have arrived:\n  hi";
    hall.check(|t, now| t.closed(None, now), &[error]);
}

#[test]
fn a_pipe_fails_when_something_was_refused_but_not_when_it_was_slowed() {
    let slowed = ":hall NOTICE 철수 :Not so fast: none is lost";
    let mut hall = open(false);
    hear(&mut hall, &[slowed], &["|* Not so fast: none is lost"]);
    say_and_send(&mut hall, "/join #x", &["@label=m4 JOIN #x"]);
    hear(
        &mut hall,
        &["@label=m4 :hall 473 철수 #x :only who is invited comes in"],
        &["|! #x: only who is invited comes in"],
    );
    hall.check(IrcTalk::leave, &[">QUIT\r\n", "error: the hall refused one thing it was asked for"]);

    let mut hall = open(false);
    hear(&mut hall, &[slowed], &["|* Not so fast: none is lost"]);
    hall.check(IrcTalk::leave, &[">QUIT\r\n", "done"]);
}

#[test]
fn a_pipe_is_read_no_faster_than_the_hall_acknowledges() {
    let mut hall = open(false);
    for _ in 0..UNACKED_PIPE_LINES {
        assert!(hall.talk.wants_input());
        hall.talk.typed("x", hall.now);
    }
    assert!(!hall.talk.wants_input());
    skip(&mut hall);
    hear(&mut hall, &["@label=m4;msgid=9 :철수!~m@host PRIVMSG #lobby :x"], &[]);
    assert!(hall.talk.wants_input());
}

#[test]
fn what_is_typed_behind_a_join_waits_for_its_answer() {
    let mut hall = open(false);
    say_and_send(&mut hall, "/join #dev\nhello", &["@label=m4 JOIN #dev"]);
    let joined = [
        "@label=m4 :hall BATCH +j labeled-response",
        "@batch=j;msgid=5 :철수!~m@host JOIN #dev",
        "@batch=j :hall 332 철수 #dev :무엇이든",
        "@batch=j :hall 353 철수 = #dev :@영희 철수",
        "@batch=j :hall 366 철수 #dev :End of NAMES list",
        ":hall BATCH -j",
    ];
    let shown = ["|* you are in #dev: 2 people", "|* topic: 무엇이든"];
    let sent = ["@label=m5 CHATHISTORY LATEST #dev * 1", "@label=m7 PRIVMSG #dev :hello"];
    hear_and_send(&mut hall, &joined, &shown, &sent);
    // Where one was not let in, one speaks where one spoke before.
    say_and_send(&mut hall, "/join #x\nhello", &["@label=m9 JOIN #x"]);
    let refused = "@label=m9 :hall 473 철수 #x :no";
    hear_and_send(&mut hall, &[refused], &["|! #x: no"], &["@label=m11 PRIVMSG #dev :hello"]);
}

#[test]
fn a_server_without_labels_acknowledges_by_a_pong() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    skip(&mut hall);
    // Nor does it know of capabilities.
    let welcome = [":irc 421 * CAP :Unknown command", ":irc 001 철수 :Welcome", ":irc 376 철수 :End"];
    hear_and_send(&mut hall, &welcome, &[NAMED], &["JOIN #lobby", "PING :maru-1"]);
    let joined = [":철수!~m@host JOIN #lobby", ":irc 366 철수 #lobby :End", ":irc PONG irc maru-1"];
    hear(&mut hall, &joined, &[]);
    say_and_send(&mut hall, "one", &["PRIVMSG #lobby :one"]);
    say_and_send(&mut hall, "two", &["PRIVMSG #lobby :two"]);
    hall.pass(LATER, &[">PING :maru-2\r\n"]);
    say_and_send(&mut hall, "three", &["PRIVMSG #lobby :three"]);
    hear(&mut hall, &[":irc PONG irc maru-2"], &[]);
    hall.pass(LATER, &[">PING :maru-3\r\n"]);
    assert_eq!(hall.talk.unacked.len(), 1);
    hear(&mut hall, &[":irc PONG irc maru-3"], &[]);
    assert!(hall.talk.unacked.is_empty());
    say(&mut hall, "/rooms", &["|! there is no command /rooms; /help lists them, //rooms says it"]);
    // A name, a room: what comes next waits for the answer.
    say_and_send(&mut hall, "/join #dev\nthere", &["JOIN #dev", "PING :maru-4"]);
    let joined = [":철수!~m@host JOIN #dev", ":irc 366 철수 #dev :End", ":irc PONG irc maru-4"];
    let shown = ["|* you are in #dev: nobody here yet"];
    hear_and_send(&mut hall, &joined, &shown, &["PRIVMSG #dev :there"]);
}

#[test]
fn what_the_person_asks_for_has_the_words_of_irc_or_goes_to_the_helper() {
    let check = |typed: &str, sent: &[&str]| say_and_send(&mut open(true), typed, sent);
    check("//half", &["@label=m4 PRIVMSG #lobby :/half"]);
    check("철수: 안녕", &["@label=m4 PRIVMSG #lobby :철수: 안녕"]);
    check("/w 영희 비밀", &["@label=m4 PRIVMSG 영희 :비밀"]);
    check("/이름 민수", &["@label=m4 NICK 민수"]);
    check("/join #방 열쇠 말", &["@label=m4 JOIN #방 :열쇠 말"]);
    check("/퇴장", &["@label=m4 PART #lobby"]);
    check("/topic", &["@label=m4 TOPIC #lobby"]);
    check("/topic -", &["@label=m4 TOPIC #lobby :"]);
    check("/history 7", &["@label=m4 CHATHISTORY LATEST #lobby * 7"]);
    check("/history 700", &["@label=m4 CHATHISTORY LATEST #lobby * 200"]);
    check("/history since 2026-11-25", &["@label=m4 CHATHISTORY AFTER #lobby timestamp=2026-11-24T23:59:59.999Z 200"]);
    check("/kick 영희 그만", &["@label=m4 KICK #lobby 영희 :그만"]);
    check("/초대 영희", &["@label=m4 INVITE 영희 #lobby"]);
    check("/ping", &["@label=m4 PING :="]);
    check("/lang ko", &["@label=m4 LANGUAGE ko"]);
    check("/누구", &["@label=m4 PRIVMSG maru :누구"]);
    check("/ban 나쁜이 10m", &["@label=m4 PRIVMSG maru :ban 나쁜이 10m"]);
    check("/msg maru who", &["@label=m4 PRIVMSG maru :who"]);
    check("/msg maru nick 민수", &["@label=m4 NICK 민수"]);
    let mut hall = open(true);
    say(&mut hall, "/foo", &["|! there is no command /foo; /help lists them, //foo says it"]);
    say(&mut hall, "/resume", &["|! there is no command /resume; /help lists them, //resume says it"]);
    say(&mut hall, "/msg 영희", &["|! write it as /msg NAME TEXT"]);
    say(&mut hall, "/redact", &["|! there is no such message of yours to take back"]);
    say(&mut hall, "/join #lobby", &["|* you speak in #lobby"]);
    assert!(hall.talk.unacked.is_empty());
}

#[test]
fn answers_are_worded_as_plain_lines_word_them() {
    let check = |typed: &str, answer: &[&str], shown: &[&str]| {
        let mut hall = open(true);
        hall.talk.typed(typed, hall.now);
        skip(&mut hall);
        let answer: Vec<String> = answer.iter().map(|line| format!("@batch=a {line}")).collect();
        let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
        let begin = ["@label=m4 :hall BATCH +a labeled-response"];
        hear(&mut hall, &[&begin, &answer[..], &[":hall BATCH -a"]].concat(), shown);
        assert!(hall.talk.unacked.is_empty(), "{typed}");
    };
    let direct = ":철수!~m@host PRIVMSG 영희 :비밀";
    check("/msg 영희 비밀", &[direct], &["|* sent to 영희"]);
    let away = ":hall 301 철수 영희 :점심";
    check("/msg 영희 비밀", &[away, direct], &["|* sent to 영희, who is away: 점심"]);
    check("/topic", &[":hall 331 철수 #lobby :No topic is set"], &["|* #lobby has no topic"]);
    check("/topic", &[":hall 332 철수 #lobby :주제", ":hall 333 철수 #lobby 영희 1"], &["|* topic of #lobby: 주제"]);
    check("/topic 주제", &[":철수!~m@host TOPIC #lobby :주제"], &["|* topic of #lobby: 주제"]);
    check("/kick 영희", &[":철수!~m@host KICK #lobby 영희 :철수"], &["|* you put 영희 out of #lobby"]);
    check("/invite 영희", &[":hall 341 철수 영희 #lobby"], &["|* you asked 영희 into #lobby"]);
    check("/part", &[":철수!~m@host PART #lobby"], &["|* you left #lobby; /join #ROOM to speak again"]);
    check("/ping x", &[":hall PONG hall :=x"], &["|* pong x"]);
    check("/lang ko", &[":hall 687 철수 ko :Your languages are"], &["|* 이제 한국어로 안내합니다"]);
    check("/history", &[], &["|* nothing was said here so far"]);
    let helped = [":maru!maru@hall NOTICE 철수 :#lobby: 철수", ":maru!maru@hall NOTICE 철수 :! no"];
    check("/who", &helped, &["|* #lobby: 철수", "|! no"]);
    let helped = [
        ":maru!maru@hall NOTICE 철수 :! that takes an account: /msg maru register PASSWORD",
        ":maru!maru@hall NOTICE 철수 :[11-25 12:00 #lobby] 영희: /msg maru help",
    ];
    let shown = ["|! that takes an account: /register PASSWORD", "|* [11-25 12:00 #lobby] 영희: /msg maru help"];
    check("/unread", &helped, &shown);
    // What the helper has done, it says itself.
    let set = [":maru!maru@hall NOTICE 철수 :#lobby: done", ":철수!~m@host MODE #lobby +m"];
    check("/set moderated on", &set, &["|* #lobby: done"]);
}

#[test]
fn the_helper_is_told_in_which_room_one_speaks() {
    let mut hall = open(true);
    for (room, n) in [("#a", 1), ("#b", 2)] {
        hall.talk.typed(&format!("/join {room}"), hall.now);
        let label = hall.talk.labels;
        let text =
            lines(&[&format!("@label=m{label} :철수!~m@host JOIN {room}"), &format!(":hall 366 철수 {room} :{n}")]);
        hall.talk.received(text.as_bytes(), hall.now);
    }
    hall.talk.typed("/join #a", hall.now);
    skip(&mut hall);
    let told = ["@label=m11 PRIVMSG maru :join #a", "@label=m12 PRIVMSG maru :op 영희"];
    say_and_send(&mut hall, "/op 영희", &told);
    hear(&mut hall, &["@label=m11 :maru!maru@hall NOTICE 철수 :you speak in #a"], &[]);
    say_and_send(&mut hall, "/rules", &["@label=m14 PRIVMSG maru :rules"]);
    // Nobody else is believed to be the helper.
    hear(&mut hall, &[":maru!~x@elsewhere NOTICE 철수 :you are an admin"], &["|[maru -> you] -maru- you are an admin"]);
}

#[test]
fn one_takes_back_what_one_said() {
    let mut hall = open(true);
    hall.talk.typed("하나", hall.now);
    hall.talk.typed("둘", hall.now);
    skip(&mut hall);
    hear(&mut hall, &["@label=m4;msgid=7 :철수!~m@host PRIVMSG #lobby :하나"], &[]);
    hear(&mut hall, &["@label=m6;msgid=8 :철수!~m@host PRIVMSG #lobby :둘"], &[]);
    say_and_send(&mut hall, "/redact 2", &["@label=m8 REDACT #lobby 7"]);
    hear(&mut hall, &["@label=m8;msgid=9 :철수!~m@host REDACT #lobby 7"], &["|* taken back"]);
    say_and_send(&mut hall, "/undo", &["@label=m10 REDACT #lobby 8"]);
    let refused = "@label=m10 :hall FAIL REDACT UNKNOWN_MSGID #lobby 8 :there is no such message";
    hear(&mut hall, &[refused], &["|! there is no such message"]);
}

#[test]
fn a_long_text_is_one_message_where_there_is_such_and_several_where_there_is_not() {
    let text = "가".repeat(300);
    let (first, second) = (&text[..477], &text[477..]);
    let mut hall = open(true);
    let sent = [
        "@label=m4 BATCH +s3 draft/multiline #lobby",
        &format!("@batch=s3 PRIVMSG #lobby :{first}"),
        &format!("@batch=s3;draft/multiline-concat PRIVMSG #lobby :{second}"),
        "BATCH -s3",
    ];
    say_and_send(&mut hall, &text, &sent);
    let echo = [
        "@label=m4;msgid=7 :철수!~m@host BATCH +x draft/multiline #lobby",
        "@batch=x :철수!~m@host PRIVMSG #lobby :whatever",
        ":hall BATCH -x",
    ];
    hear(&mut hall, &echo, &[]);
    assert!(hall.talk.unacked.is_empty());
    assert_eq!(hall.talk.own.back(), Some(&("#lobby".to_owned(), "7".to_owned())));
    hall.talk.server.multiline = None;
    let sent = [format!("@label=m6 PRIVMSG #lobby :{first}"), format!("@label=m7 PRIVMSG #lobby :{second}")];
    say_and_send(&mut hall, &text, &[&sent[0], &sent[1]]);
    hear(&mut hall, &["@label=m6;msgid=8 :철수!~m@host PRIVMSG #lobby :x"], &[]);
    assert_eq!(hall.talk.unacked.len(), 1);
    say(&mut hall, &"x".repeat(9_000), &["|! not sent: a message has at most 8192 bytes"]);
}

#[test]
fn a_message_of_several_lines_is_shown_as_several() {
    let mut hall = open(true);
    let batch = [
        "@msgid=7 :영희!~y@h BATCH +x draft/multiline #lobby",
        "@batch=x :영희!~y@h PRIVMSG #lobby :하나",
        "@batch=x :영희!~y@h PRIVMSG #lobby :두",
        "@batch=x;draft/multiline-concat :영희!~y@h PRIVMSG #lobby :울",
    ];
    hear(&mut hall, &batch, &[]);
    hear(&mut hall, &[":hall BATCH -x"], &["|영희: 하나", "|영희: 두울"]);
}

#[test]
fn a_hostile_server_costs_little_and_controls_nothing() {
    let mut hall = open(true);
    for n in 0..2 * OPEN_BATCHES {
        hear(&mut hall, &[&format!(":x BATCH +{n} y z")], &[]);
    }
    assert_eq!(hall.talk.batches.len(), OPEN_BATCHES);
    hear(&mut hall, &[":x BATCH -nothing", "BATCH", "BATCH +", "CAP", "001", "353 a b", "KICK", "MODE #lobby +b"], &[]);
    hear(&mut hall, &[":영희!~y@h PRIVMSG #lobby :\u{1b}[2Jx\u{3}04,05y"], &["|영희: xy"]);
    hear(&mut hall, &[":hall NOTICE 철수 :\u{1b}]0;title\u{7}z", ":hall 400 철수 :\u{9b}31mno"], &["|* z", "|! no"]);
    hear(&mut hall, &["PING :\u{1}a"], &[">PONG :\u{1}a\r\n"]);
    let bytes = "@msgid=9 :영희!~y@h PRIVMSG #lobby :안녕 👋".as_bytes();
    for byte in bytes {
        hall.talk.received(&[*byte], hall.now);
    }
    hall.check(|t, now| t.received(b"\n", now), &["|영희: 안녕 👋"]);
}

#[test]
fn a_connection_that_is_dead_is_found_by_its_silence() {
    let mut hall = open(true);
    hall.pass(KEEPALIVE, &[">PING :maru-2\r\n"]);
    let lost = "|-- the connection is lost (no answer in time); connecting again";
    hall.pass(DEAD, &["hang up", lost, "reconnect"]);
    assert_eq!(hall.talk.deadline(), None);
}

#[test]
fn a_server_that_is_no_hall_is_named_with_a_hint() {
    let mut hall = new(true);
    hall.talk.connected(hall.now);
    skip(&mut hall);
    hear(&mut hall, &["welcome to the simplest server", "영희: 안녕"], &[]);
    let error = "error: hall.example:7 does not answer as a Maru hall does\n\
                 hint: for a simple chat server that relays what it gets, use --lines";
    hall.pass(GREETING_TIMEOUT, &[error]);
}

#[test]
fn leaving_does_not_wait_for_ever_and_tells_what_is_in_doubt() {
    let mut hall = open(true);
    say_and_send(&mut hall, "hm", &["@label=m4 PRIVMSG #lobby :hm"]);
    hall.check(IrcTalk::leave, &[]);
    hall.pass(LEAVE_TERMINAL, &[">QUIT\r\n", "|-- this may not have arrived:\n--   hm", "done"]);
}

#[test]
fn there_is_an_end_to_what_is_kept() {
    let mut hall = open(true);
    hall.talk.closed(None, hall.now);
    (0..KEPT_LINES).for_each(|_| hall.talk.typed("x", hall.now));
    skip(&mut hall);
    say(&mut hall, "y", &["|-- not sent: too many messages are waiting already; try again in a moment"]);
    assert_eq!(hall.talk.kept.len(), KEPT_LINES);
}
