//! What a client may not do, end to end: every limit holds, and whoever meets one is told so in their own dialect.
//!
//! And what no client can do to the others: put bytes on their screens that are not text, speak to them from a web page,
//! or keep them waiting by coming and going.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::time::{Duration, Instant};

use common::{Peer, Server, Setup, has, shell};

#[test]
fn a_line_over_8_kib_is_refused_and_dropped_to_its_end() {
    let server = Server::start();
    let (mut friend, mut writer) = (server.peer("영희"), server.peer("철수"));
    friend.sync();
    let longest = "가".repeat(2_730) + "ab";
    assert_eq!(longest.len(), 8 * 1024);
    writer.say(format!("{longest}\n{longest}c\n{}\n짧은 말\n", "나".repeat(100_000)));
    let answers = writer.sync();
    assert_eq!(answers, ["! not sent: a message has at most 8192 bytes"; 2]);
    assert_eq!(friend.sync(), [format!("철수: {longest}"), "철수: 짧은 말".to_owned()]);
}

#[test]
fn a_long_send_without_newlines_is_refused_once() {
    let server = Server::start();
    let (mut friend, mut writer) = (server.peer("영희"), server.silent());
    writer.say("철수: 안녕");
    friend.until("철수: 안녕");
    writer.say("다".repeat(100_000));
    writer.end_input();
    assert_eq!(writer.rest_text(), "! not sent: a message has at most 8192 bytes");
    assert_eq!(friend.until("* 철수 left").len(), 1, "and nothing of it is heard");
}

#[test]
fn names_that_are_too_long_or_no_names_are_refused() {
    let server = Server::start();
    let mut peer = server.peer("철수");
    has(&peer.ask(&format!("/nick {}", "가".repeat(30))), "* you are now 가가");
    has(&peer.ask(&format!("/nick {}", "가".repeat(31))), "it has more than 30 characters");
    has(&peer.ask(&format!("/join #{}", "방".repeat(49))), "* you are in #방방");
    has(&peer.ask(&format!("/join #{}", "방".repeat(50))), "it has more than 50 characters");
    has(&peer.ask(&format!("/topic {}", "주".repeat(391))), "! a topic has at most 390 characters");
    has(&peer.ask("/nick *"), "! * can't be a name");
    has(&peer.ask("/nick 두 낱말"), "! 두 낱말 can't be a name");
}

/// What a client of each dialect sends first, and how the answer begins with which it is turned away.
const DIALECTS: [(&[u8], &[u8]); 4] = [
    (b"NICK bob\r\n", b"ERROR :"),
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 503 "),
    (b"\x16\x03\x01\x02\x00\x01", b"\x15\x03\x01\x00\x02\x02\x50"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", b""),
];

/// Checks that nobody more comes in, and that all are told why in their own dialect.
#[track_caller]
fn check_turned_away(server: &Server, why: &str) {
    let mut silent = server.silent();
    assert_eq!(silent.rest_text(), format!("! {why}\n"));
    let mut lines = server.silent();
    lines.say("철수: 안녕\n");
    assert_eq!(lines.rest_text(), format!("! {why}\n"));
    for (first, begins) in DIALECTS {
        let mut peer = server.silent();
        peer.say(first);
        let answer = peer.rest();
        let shown = answer.escape_ascii().to_string();
        assert!(answer.starts_with(begins), "{shown}");
        // A TLS alert has no words; all others have the same.
        assert!(begins.starts_with(b"\x15") || shown.contains(why), "{shown}");
    }
}

#[test]
fn connections_over_the_total_are_turned_away_in_their_dialect_until_a_place_is_free() {
    let server = Setup::new().limit("connections", 2).start();
    let (mut friend, leaving) = (server.peer("영희"), server.peer("철수"));
    check_turned_away(&server, "the hall is full; try again later");
    drop(leaving);
    friend.until("* 철수 left");
    // The place is free when the connection is gone, which is a moment after the person is.
    let deadline = Instant::now() + common::PATIENCE;
    loop {
        let mut next = server.silent();
        next.say("민수: 이제 됩니다\n/ping in\n/quit\n");
        if next.rest_text().contains("* pong in") {
            break;
        }
        assert!(Instant::now() < deadline, "the place is never free");
    }
    friend.until("민수: 이제 됩니다");
}

#[test]
fn connections_over_those_of_an_address_are_turned_away_and_other_addresses_are_not() {
    let server = Setup::new().limit("connections_per_address", 2).start();
    let (mut friend, _other) = (server.peer("영희"), server.peer("철수"));
    check_turned_away(&server, "too many connections from your address");
    let nc = format!("nc -s 127.0.0.2 127.0.0.1 {}", server.port());
    has(&shell(&format!("printf '손님: 안녕\\n/ping 1\\n/quit\\n' | {nc}")), "* pong 1");
    friend.until("손님: 안녕");
    let curl =
        shell(&format!("curl --silent --output /dev/null --write-out '%{{http_code}}' http://{}/", server.address));
    assert_eq!(curl, "503");
}

#[test]
fn refusals_are_in_korean_where_the_hall_is() {
    let server = Setup::new().var("MARU_LANGUAGE", "ko").limit("connections", 1).start();
    let _only = server.peer("영희");
    check_turned_away_in_korean(server.silent());
}

#[track_caller]
fn check_turned_away_in_korean(mut peer: Peer) {
    assert_eq!(peer.rest_text(), "! 사람이 가득 찼습니다. 잠시 뒤에 다시 오세요\n");
}

#[test]
fn dialects_that_are_not_spoken_are_told_so() {
    let server = Server::start();
    for (first, begins) in [
        (&b"SSH-2.0-x\r\n"[..], &b"this is not spoken here"[..]),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n/nick spoofed\r\n", b""),
    ] {
        let mut peer = server.silent();
        peer.say(first);
        let answer = peer.rest();
        assert!(answer.starts_with(begins), "{}", answer.escape_ascii());
    }
}

#[test]
fn a_fast_sender_is_slowed_and_told_once_and_nothing_is_lost() {
    const PER_SECOND: u64 = 20;
    const BURST: u64 = 5;
    let limits = Setup::new().limit("messages_per_second", PER_SECOND).limit("messages_burst", BURST);
    let server = limits.start();
    let (mut friend, mut fast) = (server.peer("영희"), server.silent());
    let begin = Instant::now();
    let said: Vec<String> = (0..20).map(|i| format!("{i}번째")).collect();
    fast.say(format!("빠른이: {}\n/ping 1\n", said.join("\n")));
    let heard = friend.until("19번째");
    let messages: Vec<&str> = heard.iter().filter_map(|line| line.strip_prefix("빠른이: ")).collect();
    assert_eq!(messages, said);
    let least = Duration::from_millis((said.len() as u64 - BURST) * 1000 / PER_SECOND);
    assert!(begin.elapsed() >= least, "slowed to {PER_SECOND} a second, not {:?}", begin.elapsed());
    let told = fast.until("* pong 1");
    assert_eq!(told[0], "! not so fast: your messages are taken at 20 a second; none is lost");
    assert_eq!(told.len(), 2, "told once: {told:#?}");
}

#[test]
fn half_a_handshake_is_closed_when_its_time_is_over() {
    let server = Setup::new().limit("handshake_ms", 500).start();
    let mut friend = server.peer("영희");
    let mut half = server.silent();
    let begin = Instant::now();
    half.say(b"\x16");
    assert_eq!(half.rest(), b"");
    assert!(begin.elapsed() >= Duration::from_millis(400), "it was given its time: {:?}", begin.elapsed());
    assert_eq!(friend.ask("/who"), "* #lobby: 영희", "it never was in the hall");
}

#[test]
fn what_a_browser_or_curl_sends_never_reaches_the_room() {
    let server = Setup::new().limit("handshake_ms", 500).start();
    let mut friend = server.peer("영희");
    let url = format!("http://{}/", server.address);
    shell(&format!("curl --silent --show-error {url}"));
    shell(&format!("curl --silent --show-error --data hello {url}"));
    shell(&format!("curl --silent --show-error --request PUT --data hello {url}"));
    for (first, answer) in [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nhello\n/me hi\n", "HTTP/1.1 405 "),
        ("GET / nonsense\r\n\r\nhello\n", "HTTP/1.1 400 "),
        // The beginning of a request that never ends is one whose time runs out.
        ("GET nonsense\nhello\n", ""),
    ] {
        let mut peer = server.silent();
        peer.say(first);
        has(&peer.rest_text(), answer);
    }
    // The same in pieces, each of which waits until the one before it has surely been looked at.
    let mut pieces = server.silent();
    pieces.say("PO");
    friend.sync();
    pieces.say("ST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nhello\n");
    pieces.rest();
    assert_eq!(friend.ask("/history"), "* nothing was said here so far");
    assert_eq!(friend.ask("/who"), "* #lobby: 영희");
}

#[test]
fn no_control_bytes_of_one_client_reach_another() {
    let server = Server::start();
    let (mut friend, mut evil) = (server.peer("영희"), server.silent());
    let mut controls: Vec<u8> = (0..=0x1f).filter(|b| *b != b'\n').collect();
    controls.extend("\u{7f}\u{85}\u{9b}2J\u{9d}0;title\u{9c}\u{202e}".as_bytes());
    evil.say(b"\x1b[31mmallory: \x1b]0;owned\x07hello \x1b[2J\x1b[H\x1bc\x9b1mthere\n".as_slice());
    evil.say(
        [b"/topic \x1b[5m".as_slice(), &controls, b"topic\n/me \x1b[7m", &controls, b"acts\n/nick a\x1b[1mb\n"]
            .concat(),
    );
    evil.say(
        [b"/msg \xec\x98\x81\xed\x9d\xac ", controls.as_slice(), b"psst\n/join #\x1b[7mroom\nlast\rwords\r\n"].concat(),
    );
    evil.sync();
    let mut heard = friend.ask("/topic") + "\n" + &friend.ask("/rooms") + "\n" + &friend.ask("/history");
    heard += &friend.ask("/who");
    has(&heard, "psst");
    let bad: Vec<char> = heard.chars().filter(|c| *c != '\n' && c.is_control()).collect();
    assert!(bad.is_empty(), "{bad:?} in {heard:?}");
    assert!(!heard.contains("owned") && !heard.contains("[31m"), "{heard}");
    evil.end_input();
    let back = String::from_utf8(evil.rest()).unwrap();
    assert!(!back.chars().any(|c| c != '\n' && c.is_control()), "{back:?}");
}

#[test]
fn two_thousand_come_and_are_reset_while_others_chat() {
    const COMING: usize = 2_000;
    const FIRST: [&[u8]; 5] = [b"", b"half a li", "지나가는이: 안녕\n".as_bytes(), b"\x16", b"GET / HT"];
    let server = Server::start();
    let (mut one, mut two) = (server.peer("영희"), server.peer("철수"));
    one.sync();
    let address = server.address;
    let storm = std::thread::spawn(move || {
        for i in 0..COMING {
            let mut peer = Peer::connect(address);
            peer.try_say(FIRST[i % FIRST.len()]);
            peer.reset();
        }
    });
    let (mut rounds, mut longest) = (0, Duration::ZERO);
    while !storm.is_finished() || rounds < 10 {
        let begin = Instant::now();
        one.say(format!("핑 {rounds}\n"));
        two.until(&format!("영희: 핑 {rounds}"));
        two.say(format!("퐁 {rounds}\n"));
        one.until(&format!("철수: 퐁 {rounds}"));
        (rounds, longest) = (rounds + 1, longest.max(begin.elapsed()));
    }
    storm.join().unwrap();
    assert!(longest < Duration::from_secs(2), "nobody waits for them, but {longest:?}");
    // The last of them may be still on their way out.
    let deadline = Instant::now() + common::PATIENCE;
    while one.ask("/who").lines().last() != Some("* #lobby: 영희, 철수") {
        assert!(Instant::now() < deadline, "some never leave: {}", one.ask("/who"));
    }
}

#[test]
fn who_does_not_give_what_is_asked_for_is_sent_away() {
    let server = Setup::new().var("MARU_PASSWORD", "열려라참깨").limit("unregistered_s", 1).start();
    let mut silent = Peer::connect(server.address);
    has(&silent.rest_text(), "! closed: you have not given what was asked of you\n");
    let mut inside = Peer::connect(server.address);
    inside.say("/pass 열려라참깨\n");
    inside.until("* welcome to #lobby");
    let mut again = Peer::connect(server.address);
    has(&again.rest_text(), "! closed: you have not given what was asked of you\n");
    inside.sync();

    let server = Setup::new().var("MARU_PASSWORD", "열려라참깨").limit("unregistered_messages", 3).start();
    let mut eager = Peer::connect(server.address);
    eager.say("a\nb\nc\nd\n");
    let said = eager.rest_text();
    assert_eq!(said.matches("! the server's password first").count(), 3, "{said}");
    has(&said, "! closed: you have not given what was asked of you\n");
}

#[test]
fn who_does_not_take_what_they_are_told_unasked_is_closed() {
    /// As many as fill the socket's own buffers, and more.
    const CHANGES: usize = 40_000;
    let server = Setup::new()
        .limit("unasked_bytes", 1_024)
        .limit("nick_changes_per_minute", 1_000_000)
        .limit("messages_per_second", 1_000_000)
        .limit("messages_burst", 1_000_000)
        .start();
    let (one, two) = ("가".repeat(30), "나".repeat(30));
    let mut idle = server.silent();
    idle.say(format!("NICK idle\r\nUSER i 0 * :i\r\nMONITOR + {one},{two}\r\n"));
    idle.until(&format!(" 731 idle :{one}"));
    let mut other = server.silent();
    other.say("NICK other\r\nUSER o 0 * :o\r\n");
    other.until(" MODE ");
    // They change their name, and the idle one does not read of it.
    for _ in 0..CHANGES / 1_000 {
        other.say(format!("NICK {one}\r\nNICK {two}\r\n").repeat(500));
        other.say("PING done\r\n");
        other.until(" PONG ");
    }
    server.log().expect("that they did not take it", |log| {
        String::from_utf8_lossy(log).contains("did not take what it was told").then_some(())
    });
}
