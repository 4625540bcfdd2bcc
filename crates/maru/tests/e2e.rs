//! The conversation, end to end: the real server, and real programs of every kind in one room with it.
//!
//! What each test shows is its name. What all of them hold on to: everybody hears everybody else, in Korean, once and in
//! order, and nobody hears themselves or waits for somebody else.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::process::Command;

use common::{Peer, Person, Program, Server, Setup, has, more_than_sockets_hold, shell, times};
use encoding_rs::EUC_KR;
use rustix::process::Signal;

#[test]
fn nc_telnet_two_python_programs_and_maru_chat_hear_each_other_once_and_not_themselves() {
    let server = Server::start();
    let mut witness = server.peer("증인");
    let (mut nc, mut telnet) = (server.nc(&[]), server.telnet());
    nc.type_line("/nick 영희");
    telnet.type_line("/nick 철수");
    nc.sees("* you are now 영희");
    telnet.sees("* you are now 철수");
    let python = ["파이", "썬"].map(|name| server.unframed(name));
    for program in &python {
        program.sees("* welcome to #lobby");
    }
    let chat = server.chat(&["--nick", "지민"]);
    witness.until("* 지민 joined");

    let [one, two] = python;
    let mut people: Vec<(&str, Box<dyn Person>)> = vec![
        ("영희", Box::new(nc)),
        ("철수", Box::new(telnet)),
        ("파이", Box::new(one)),
        ("썬", Box::new(two)),
        ("지민", Box::new(chat)),
    ];
    for (name, person) in &mut people {
        person.types(&format!("안녕하세요, {name}의 말입니다"));
    }
    let said = |name: &str| format!("{name}: 안녕하세요, {name}의 말입니다");
    let names = people.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    for (name, person) in &people {
        for other in names.iter().filter(|other| *other != name) {
            person.sees(&said(other));
        }
    }
    witness.sync();
    witness.say("다 들었습니다\n");
    for (name, person) in &people {
        let all = person.sees("증인: 다 들었습니다");
        for other in &names {
            assert_eq!(times(&all, &said(other)), usize::from(other != name), "{other} at {name}'s:\n{all}");
        }
    }
}

#[test]
fn unframed_programs_and_maru_chat_talk_to_each_other_in_korean() {
    let server = Server::start();
    let mut chat = server.chat(&["--nick", "지민"]);
    chat.until("지민");
    let (mut one, mut two) = (server.unframed("민수"), server.unframed("수진"));
    one.sees("* welcome");
    two.sees("* welcome");
    one.type_line("밥 먹었어?");
    two.sees("민수: 밥 먹었어?");
    chat.until("민수: 밥 먹었어?");
    two.type_line("응, 김치찌개 🍲");
    one.sees("수진: 응, 김치찌개 🍲");
    chat.until("수진: 응, 김치찌개");
    chat.type_line("저도 주세요");
    one.sees("지민: 저도 주세요");
    let all = two.sees("지민: 저도 주세요");
    assert_eq!((times(&all, "밥 먹었어"), times(&all, "김치찌개")), (1, 0), "{all}");
}

/// Tries something that takes a reader who keeps up: one whom the machine holds up for longer than the pause between two
/// writes takes both together, here as in earnest. A cut by the server would be there each time.
#[track_caller]
fn for_one_who_keeps_up(attempt: impl Fn() -> Result<(), String>) {
    const ATTEMPTS: usize = 5;
    let failures: Vec<String> = (0..ATTEMPTS).map_while(|_| attempt().err()).collect();
    assert!(failures.len() < ATTEMPTS, "{failures:#?}");
}

#[test]
fn a_long_korean_message_reaches_an_unframed_program_whole() {
    for_one_who_keeps_up(|| {
        let server = Server::start();
        let (mut writer, mut program) = (server.peer("작가"), server.unframed("독자"));
        program.type_line("읽을게요");
        writer.until("독자: 읽을게요");
        let text: String = ('가'..).take(2_600).collect();
        writer.say(format!("{text}\n"));
        let end: String = text.chars().skip(2_590).collect();
        // It prints each thing that it takes as a line.
        let all = program.out.expect("the whole text", |bytes| {
            let all = String::from_utf8_lossy(bytes).replace('\n', "");
            (all.contains(&end) || all.contains("(mangled")).then_some(all)
        });
        if all.contains(&format!("작가: {text}")) { Ok(()) } else { Err(all) }
    });
}

#[test]
fn a_long_korean_message_of_an_unframed_program_is_one_message() {
    let server = Server::start();
    let (mut reader, mut program) = (server.peer("독자"), server.unframed("작가"));
    program.sees("* welcome");
    let text: String = ('가'..).take(2_600).collect();
    program.type_line(&text);
    assert_eq!(reader.until("작가: "), ["* 작가 joined".to_owned(), format!("작가: {text}")]);
}

#[test]
fn each_recv_of_1024_bytes_is_text_by_itself() {
    // The sizes leave the cut in each of the three places that a Hangul syllable has for it.
    let texts = ["", "a", "ab"].map(|pad| pad.to_owned() + &"한글".repeat(500));
    for_one_who_keeps_up(|| {
        let server = Server::start();
        let (mut writer, mut reader) = (server.peer("작가"), server.silent());
        reader.say("독자: 읽을게요");
        writer.until("독자: 읽을게요");
        writer.say(texts.join("\n") + "\n");
        // Lines are separated where they might be taken together, and only there.
        let expected = texts.clone().map(|text| format!("작가: {text}")).concat();
        let mut got = String::new();
        while got.len() < expected.len() {
            let bytes = reader.recv(1024).expect("the rest");
            got += &String::from_utf8(bytes).map_err(|e| e.to_string())?.replace('\n', "");
        }
        if got == expected { Ok(()) } else { Err(got) }
    });
}

#[test]
fn a_burst_of_unframed_sends_is_as_many_messages() {
    let server = Server::start();
    let (mut hearer, mut program) = (server.peer("듣는이"), server.unframed("말많은이"));
    program.sees("* welcome");
    let said: Vec<String> = (0..30).map(|i| format!("{i}번째 말이에요")).collect();
    program.give(said.join("\n") + "\n");
    let heard = hearer.until("29번째");
    let messages: Vec<&str> = heard.iter().filter_map(|line| line.strip_prefix("말많은이: ")).collect();
    assert_eq!(messages, said);
}

#[test]
fn a_silent_client_hears_everything_from_its_arrival_and_is_not_announced() {
    let server = Server::start();
    let (mut speaker, mut silent) = (server.peer("말하는이"), server.silent());
    silent.until("* type to talk");
    for i in 0..20 {
        speaker.say(format!("들리나요 {i}\n"));
    }
    assert_eq!(silent.until("들리나요 19").len(), 20);
    let seen = speaker.ask("/who");
    assert_eq!(seen, "* #lobby: 말하는이 (1 listening)");
}

#[test]
fn a_silent_client_hears_what_is_said_before_its_dialect_is_known() {
    let server = Server::start();
    let mut speaker = server.peer("말하는이");
    let mut silent = server.silent();
    // Accepted, surely: connections are taken in their order.
    server.peer("뒤에온이");
    speaker.say("방금 온 분도 들리나요\n");
    silent.until("말하는이: 방금 온 분도 들리나요");
}

#[test]
fn bytes_in_euc_kr_are_read_right_and_answered_in_euc_kr() {
    let server = Server::start();
    let (mut friend, mut old) = (server.peer("영희"), server.nc(&[]));
    old.give(EUC_KR.encode("철수: 안녕하세요, 똠방각하\n").0);
    assert_eq!(friend.until("철수: ").last().unwrap(), "철수: 안녕하세요, 똠방각하");
    friend.say("어서 와요 🍵\n");
    let expected = EUC_KR.encode("영희: 어서 와요 ?\n").0.into_owned();
    old.out.expect("an answer in EUC-KR", |bytes| bytes.ends_with(&expected).then_some(()));
}

#[test]
fn telnet_negotiation_is_answered_and_is_no_part_of_what_is_said() {
    let server = Server::start();
    let (mut friend, mut telnet) = (server.peer("영희"), server.silent());
    // WILL BINARY, DO ECHO, a subnegotiation with a newline in it, NOP, and an end of line as telnet has it.
    telnet.say(b"\xff\xfb\x00\xff\xfd\x01/nick bob\r\n\xff\xfa\x18\x00xterm\n\xff\xf0hel\xff\xf1lo\r\n".as_slice());
    assert_eq!(friend.until("bob: "), ["* bob joined", "bob: hello"]);
    telnet.end_input();
    // DO BINARY, WONT ECHO (RFC 854, 856, 857).
    assert_eq!(telnet.rest().escape_ascii().to_string(), r"\xff\xfd\x00\xff\xfc\x01* you are now bob\n");
}

#[test]
fn telnet_as_it_comes_is_read_right_from_its_second_korean_line_on() {
    let server = Server::start();
    let (mut friend, mut telnet) = (server.peer("영희"), server.telnet_in_terminal());
    telnet.type_line("/nick bob");
    telnet.until("* you are now bob");
    // It takes some of these bytes for its control keys, asks what became of them, and is told how to go on.
    telnet.type_line("안녕하세요");
    friend.until("bob: ");
    friend.say("반가워요\n");
    telnet.until("영희: 반가워요");
    telnet.type_line("이제 안녕하세요, 텔넷입니다");
    assert_eq!(friend.until("텔넷"), ["bob: 이제 안녕하세요, 텔넷입니다"]);
}

#[test]
fn a_script_with_nc_learns_that_its_message_arrived_and_nc_exits_by_itself() {
    let server = Server::start();
    let mut friend = server.peer("영희");
    let out = shell(&format!("printf 'bot: hi\\n/ping 1\\n/quit\\n' | nc 127.0.0.1 {}", server.port()));
    has(&out, "* pong 1\n");
    let heard = friend.until("* bot left");
    assert_eq!(heard, ["* bot joined", "bot: hi", "* bot left"]);
}

#[test]
fn what_was_sent_before_a_half_close_is_delivered_and_answered() {
    let server = Server::start();
    let (mut friend, mut leaving) = (server.peer("영희"), server.silent());
    leaving.say("철수: 이만 갈게요\n/ping last\n마지막 말");
    leaving.end_input();
    has(&leaving.rest_text(), "* pong last\n");
    assert_eq!(friend.until("* 철수 left"), ["* 철수 joined", "철수: 이만 갈게요", "철수: 마지막 말", "* 철수 left"]);
}

#[test]
fn a_message_piped_into_maru_chat_is_in_the_room_when_it_exits() {
    let server = Server::start();
    let mut friend = server.peer("영희");
    for (args, name) in [(&["--nick", "봇"][..], "봇"), (&["--nick", "줄", "--lines"], "줄")] {
        let mut chat = server.chat_on_pipes(args);
        chat.give("빌드 성공\n두 번째 줄\n");
        chat.end_input();
        assert_eq!(chat.exit_code(), 0, "{}", chat.err.text());
        let heard = friend.until(&format!("* {name} left"));
        let said: Vec<&String> = heard.iter().filter(|line| line.starts_with(&format!("{name}: "))).collect();
        assert_eq!(said, [&format!("{name}: 빌드 성공"), &format!("{name}: 두 번째 줄")]);
    }
}

#[test]
fn a_name_in_use_gets_the_next_free_one_and_its_bearer_is_told() {
    let server = Server::start();
    let (mut first, mut all) = (server.peer("철수"), Vec::new());
    for expected in ["철수2", "철수3"] {
        let mut next = server.silent();
        next.say("철수: 나도 철수\n");
        assert_eq!(next.line(), format!("* 철수 is in use; you are now {expected}"));
        assert_eq!(first.until("나도").last().unwrap(), &format!("{expected}: 나도 철수"));
        // The prefix that it goes on sending is not part of what it says.
        next.say("철수: 또 나야\n");
        assert_eq!(first.line(), format!("{expected}: 또 나야"));
        all.push(next);
    }
    has(&server.peer("영희").ask("/nick 철수"), "! 철수 is in use");
}

/// What somebody types, what they must be told, and what somebody else in the lobby must hear.
type Exchange = (&'static str, &'static str, &'static str);

const ENGLISH: &[Exchange] = &[
    ("/nick 영희", "* you are now 영희", "* 민수 is now called 영희"),
    ("안녕, everyone", "", "영희: 안녕, everyone"),
    ("//slash", "", "영희: /slash"),
    ("/me 춤춘다", "", "** 영희 춤춘다"),
    ("/topic 오늘의 주제", "* topic of #lobby: 오늘의 주제", "* 영희 set the topic: 오늘의 주제"),
    ("/topic", "* topic of #lobby: 오늘의 주제", ""),
    ("/who", "* #lobby: 영희, 친구", ""),
    ("/msg 친구 둘만의 말", "* sent to 친구", "[영희 -> you] 둘만의 말"),
    ("/msg 아무개 말", "! nobody here is called 아무개", ""),
    ("/join #놀이터", "* you are in #놀이터", ""),
    ("/rooms", "#놀이터 (1)", ""),
    ("여기는 놀이터", "", ""),
    ("/part", "* you left #놀이터; you speak in #lobby", ""),
    ("/history 2", "영희: /slash\n", ""),
    ("/search 안녕", "영희: *안녕*, everyone", ""),
    ("/search 놀이터", "* nothing found", ""),
    ("/nosuch", "! there is no command /nosuch", ""),
    ("/help", "/search WORDS", ""),
    ("/lang ko", "* 이제 한국어로 안내합니다", ""),
];

const KOREAN: &[Exchange] = &[
    ("/nick 영희", "* 이제 이름은 영희", "* 민수 님의 이름이 이제 영희"),
    ("안녕, everyone", "", "영희: 안녕, everyone"),
    ("/me 춤춘다", "", "** 영희 춤춘다"),
    ("/topic 오늘의 주제", "* #lobby 방의 주제: 오늘의 주제", "* 영희 님이 정한 주제: 오늘의 주제"),
    ("/who", "* #lobby: 영희, 친구", ""),
    ("/msg 친구 둘만의 말", "* 친구 님에게 보냈습니다", "[영희 -> 나] 둘만의 말"),
    ("/msg 아무개 말", "아무개", ""),
    ("/join #놀이터", "* #놀이터 방에 들어왔습니다", ""),
    ("/rooms", "#놀이터 (1)", ""),
    ("/part", "* #놀이터 방에서 나왔습니다. 이제 #lobby 방에서 말합니다", ""),
    ("/history", "영희: 안녕, everyone", ""),
    ("/search 안녕", "영희: *안녕*, everyone", ""),
    ("/search 놀이터", "* 찾은 것이 없습니다", ""),
    ("/nosuch", "! /nosuch 명령은 없습니다", ""),
    ("/help", "/search 낱말", ""),
    ("/lang en", "* I speak English to you", ""),
];

#[track_caller]
fn check_exchanges(language: &str, exchanges: &[Exchange], left: &str) {
    let server = Setup::new().var("MARU_LANGUAGE", language).args(&["--limits", "off"]).start();
    let (mut friend, mut asker) = (server.peer("친구"), server.peer("민수"));
    friend.sync();
    for (typed, told, heard) in exchanges {
        let answer = asker.ask(typed) + "\n";
        has(&answer, told);
        assert_eq!(told.is_empty(), answer == "\n", "{typed}: {answer}");
        let others = friend.sync();
        has(&others.join("\n"), heard);
        assert_eq!(others.len(), usize::from(!heard.is_empty()), "after {typed}: {others:#?}");
    }
    asker.say("/quit\n");
    assert_eq!(asker.rest_text(), "");
    assert_eq!(friend.line(), left);
}

#[test]
fn every_command_is_answered_in_english() {
    check_exchanges("en", ENGLISH, "* 영희 left");
}

#[test]
fn every_command_is_answered_in_korean() {
    check_exchanges("ko", KOREAN, "* 영희 님이 나갔습니다");
}

#[test]
fn a_room_that_one_does_not_speak_in_is_named() {
    let server = Server::start();
    let (mut here, mut there) = (server.peer("여기"), server.peer("저기"));
    there.ask("/join #놀이터");
    here.say("로비에서 하는 말\n");
    assert_eq!(there.until("하는 말").last().unwrap(), "[#lobby] 여기: 로비에서 하는 말");
    there.say("놀이터에서 하는 말\n");
    there.sync();
    assert!(!here.sync().join("\n").contains("놀이터에서"), "who is not in a room hears nothing of it");
}

#[test]
fn a_killed_client_is_gone_at_once_and_the_others_see_it_leave() {
    let server = Server::start();
    let (mut friend, mut nc) = (server.peer("영희"), server.nc(&[]));
    nc.type_line("철수: 안녕");
    friend.until("철수: 안녕");
    nc.signal(Signal::KILL);
    friend.until("* 철수 left");
    assert_eq!(friend.ask("/who"), "* #lobby: 영희");
}

/// Lines of 8,000 bytes, each with its number, more of them than the sockets of a client that does not read can hold.
fn numbered_lines() -> (usize, impl Fn(usize) -> String) {
    const LINE_BYTES: usize = 8_000;
    (more_than_sockets_hold() / LINE_BYTES, |i| format!("{i:06} {}", "나".repeat((LINE_BYTES - 7) / 3)))
}

/// Has somebody say all numbered lines in a room with a client that does not read; returns that client.
fn stuck_while_others_talk(server: &Server) -> Peer {
    let (mut sender, mut listener) = (server.peer("수다쟁이"), server.peer("듣는이"));
    let mut stuck = Peer::narrow(server.address);
    stuck.say("/ping there\n");
    stuck.until("* pong there");
    let (count, line) = numbered_lines();
    let talk = std::thread::spawn(move || {
        (0..count).for_each(|i| sender.say(line(i) + "\n"));
        sender.sync();
        sender
    });
    listener.until(&format!("수다쟁이: {:06} ", count - 1));
    let mut sender = talk.join().unwrap();
    // With all of that unread, a word still goes from one to the other.
    sender.say("다음\n");
    listener.until("수다쟁이: 다음");
    stuck
}

#[test]
fn a_client_that_does_not_read_delays_nobody_and_then_has_everything_in_order() {
    let server = Setup::new().args(&["--limits", "off"]).start();
    let mut stuck = stuck_while_others_talk(&server);
    let (count, line) = numbered_lines();
    for i in 0..count {
        let got = stuck.line();
        assert!(got == format!("수다쟁이: {}", line(i)), "line {i} is {}", &got[..got.len().min(60)]);
    }
    assert_eq!(stuck.line(), "수다쟁이: 다음");
}

#[test]
fn a_client_that_is_behind_what_is_kept_is_told_of_the_gap() {
    let limits = Setup::new().args(&["--limits", "off"]).limit("tail_entries", 32).limit("ledger_entries", 64);
    let limits = limits.var("MARU_DURABILITY", "memory");
    let server = limits.start();
    let mut stuck = stuck_while_others_talk(&server);
    let (mut next, mut gaps, mut told) = (0, 0, false);
    for line in stuck.until("수다쟁이: 다음") {
        if line == "* some messages here are no longer kept" {
            (gaps, told) = (gaps + 1, true);
        } else if let Some(number) =
            line.strip_prefix("수다쟁이: ").and_then(|said| said.get(..6)?.parse::<usize>().ok())
        {
            assert!(number == next || (told && number > next), "{number} instead of {next}, gap told: {told}");
            (next, told) = (number + 1, false);
        }
    }
    assert!(gaps > 0, "so much is not kept");
    assert_eq!(next, numbered_lines().0, "it goes on to the last");
}

#[test]
fn arrivals_and_departures_are_logged_with_their_address() {
    let server = Server::start();
    let peer = server.peer("영희");
    let address = peer.address().to_string();
    let logged = |word: &str| {
        server.log().expect(word, |bytes| {
            let log = String::from_utf8_lossy(bytes).into_owned();
            log.lines().any(|line| line.contains(&address) && line.contains(word)).then_some(())
        })
    };
    logged("arrived");
    drop(peer);
    logged("left");
}

#[test]
fn curl_gets_a_page_and_the_health_of_the_server() {
    let server = Server::start();
    let curl = |path: &str| shell(&format!("curl --silent --show-error --fail http://{}{path}", server.address));
    assert_eq!(curl("/healthz"), "ok\n");
    has(&curl("/"), "maru chat");
    let mut health =
        Program::start(Command::new(env!("CARGO_BIN_EXE_maru")).args(["health", &server.address.to_string()]));
    assert_eq!(health.exit_code(), 0, "{}", health.err.text());
}

#[test]
fn maru_chat_goes_on_where_it_was_when_the_server_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let setup = || Setup::new().data(&home.path().join("data")).args(&["--limits", "off"]);
    let server = setup().start();
    let mut friend = server.peer("영희");
    assert_eq!(friend.ask("전에 한 말"), "");
    let chat = server.chat(&["--nick", "지민"]);
    chat.until("영희: 전에 한 말");
    friend.until("* 지민 joined");
    assert_eq!(friend.ask("하나"), "");
    chat.until("영희: 하나");
    server.signal(rustix::process::Signal::KILL);
    let address = server.address;
    chat.until("connecting again");
    drop(server);
    let server = setup().listen(address).start();
    let mut friend = server.peer("철수");
    assert_eq!(friend.ask("둘"), "");
    chat.until("철수: 둘");
    chat.until("connected again");
    friend.until("* 지민 joined");
    assert_eq!(friend.ask("셋"), "");
    chat.until("철수: 셋");
    let shown = chat.until("철수: 셋");
    for said in ["전에 한 말", "하나", "둘", "셋"] {
        assert_eq!(times(&shown, said), 1, "{said} in:\n{shown}");
    }
}

#[test]
fn maru_chat_goes_on_in_a_room_that_was_renamed_when_the_server_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let setup = || Setup::new().data(&home.path().join("data")).args(&["--limits", "off"]);
    let server = setup().start();
    let mut friend = server.peer("영희");
    friend.say("/join #방\n");
    friend.until("* you are in #방");
    let mut chat = server.chat(&["--nick", "지민"]);
    chat.type_line("/join #방");
    chat.until("you are in #방: 2 people");
    friend.until("* 지민 joined");
    friend.say("/rename #새방\n하나\n");
    chat.until("* 영희 renamed the room: #방 is now #새방");
    chat.until("영희: 하나");
    server.signal(rustix::process::Signal::KILL);
    let address = server.address;
    chat.until("connecting again");
    drop(server);
    let server = setup().listen(address).start();
    let mut friend = server.peer("철수");
    friend.say("/join #새방\n둘\n");
    friend.until("* you are in #새방");
    chat.until("you are in #새방");
    chat.until("철수: 둘");
    chat.until("connected again");
    chat.type_line("셋");
    friend.until("지민: 셋");
    let shown = chat.until("셋");
    for said in ["하나", "둘"] {
        assert_eq!(times(&shown, said), 1, "{said} in:\n{shown}");
    }
}
