//! `maru chat` with a real hall, beyond what a first conversation shows: rooms, accounts, doors, and servers that die.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use common::{Setup, times};
use rustix::process::Signal;

#[test]
fn every_room_goes_on_where_it_was_and_as_the_same_person_when_the_server_was_killed() {
    let home = tempfile::tempdir().unwrap();
    let setup = || Setup::new().data(&home.path().join("data")).args(&["--limits", "off"]);
    let server = setup().start();
    let mut friend = server.peer("영희");
    let mut chat = server.chat(&["--nick", "지민"]);
    friend.until("* 지민 joined");
    chat.type_line("/register 열려라참깨여러분");
    chat.until("the account 지민 is yours");
    chat.type_line("/join #dev");
    chat.until("you are in #dev");
    assert_eq!(friend.ask("로비 하나"), "");
    chat.until("[#lobby] 영희: 로비 하나");
    friend.say("/join #dev\n");
    friend.until("* you are in #dev: 2 people");
    assert_eq!(friend.ask("데브 하나"), "");
    chat.until("영희: 데브 하나");
    server.signal(Signal::KILL);
    let address = server.address;
    chat.until("connecting again");
    drop(server);
    let server = setup().listen(address).start();
    let mut friend = server.peer("철수");
    assert_eq!(friend.ask("로비 둘"), "");
    friend.say("/join #dev\n");
    friend.until("* you are in #dev: ");
    friend.sync();
    assert_eq!(friend.ask("데브 둘"), "");
    chat.until("connected again");
    chat.type_line("/account");
    chat.until("the account 지민, made");
    chat.type_line("다시 왔어요");
    friend.until("지민: 다시 왔어요");
    assert_eq!(friend.ask("데브 셋"), "");
    chat.until("철수: 데브 셋");
    let shown = chat.until("철수: 데브 셋");
    for said in ["로비 하나", "데브 하나", "로비 둘", "데브 둘", "데브 셋"] {
        assert_eq!(times(&shown, said), 1, "{said} in:\n{shown}");
    }
    assert_eq!(times(&shown, "열려라참깨"), 0, "{shown}");
}

#[test]
fn a_pipe_speaks_in_the_room_that_it_comes_into_and_a_long_line_arrives_whole() {
    let server = Setup::new().args(&["--limits", "off"]).start();
    let mut friend = server.peer("영희");
    friend.say("/join #빌드\n");
    friend.until("* you are in #빌드: 1 person");
    let long = "가나다라 ".repeat(300);
    let mut chat = server.chat_on_pipes(&["--nick", "봇"]);
    chat.give(format!("/join #빌드\n{long}\n/me 끝냈다\n"));
    chat.end_input();
    assert_eq!(chat.exit_code(), 0, "{}", chat.err.text());
    let heard = friend.until("** 봇 끝냈다");
    assert!(heard.contains(&format!("봇: {}", long.trim_end())), "{heard:?}");
}

#[test]
fn a_pipe_that_is_refused_a_room_fails() {
    let server = Setup::new().args(&["--limits", "off"]).start();
    let mut friend = server.peer("영희");
    friend.say("/join #비밀\n/set key 열쇠\n");
    friend.until("* #비밀: who comes in has to know the key");
    let mut chat = server.chat_on_pipes(&["--nick", "봇"]);
    chat.give("/join #비밀\n");
    chat.end_input();
    assert_eq!(chat.exit_code(), 1);
    assert_eq!(times(&chat.err.text(), "! "), 1, "{}", chat.err.text());
}

#[test]
fn a_hall_that_asks_for_its_password_or_for_an_account_is_come_into() {
    let server = Setup::new().var("MARU_PASSWORD", "열려라 참깨").start();
    let mut chat = server.chat(&["--nick", "지민"]);
    chat.until("this server asks for a password: /pass PASSWORD");
    chat.type_line("/pass 닫혀라 참깨");
    chat.until("Password incorrect");
    chat.type_line("/pass 열려라 참깨");
    let shown = chat.until("you are now 지민");
    assert_eq!(times(&shown, "참깨"), 0, "{shown}");

    let server = Setup::new().var("MARU_GUESTS", "refused").start();
    let mut chat = server.chat(&["--nick", "지민"]);
    chat.until("this server asks for an account");
    chat.type_line("안녕하세요");
    chat.until("! an account first");
    chat.type_line("/register 열려라참깨여러분");
    chat.until("you are now 지민");
    chat.type_line("/account");
    chat.until("the account 지민, made");
    let mut other = server.chat(&["--nick", "누구"]);
    other.until("this server asks for an account");
    other.type_line("/login 지민 열려라참깨여러분");
    other.until("you are now 지민");
    chat.type_line("둘이 아니라 하나");
    other.until("지민: 둘이 아니라 하나");
}

#[test]
fn a_name_that_is_taken_or_none_of_irc_is_dealt_with_as_in_plain_lines() {
    let server = Setup::new().args(&["--limits", "off"]).start();
    let _other = server.peer("지민");
    let chat = server.chat(&["--nick", "지민"]);
    chat.until("지민 is in use; you are now 지민2");
    // IRC takes no name that begins with a digit.
    let chat = server.chat(&["--nick", "7시"]);
    chat.until("you are now 7시");
}

#[test]
fn who_is_put_out_is_told_so_once_whatever_was_asked_before() {
    let server = Setup::new().args(&["--limits", "off"]).start();
    let mut friend = server.peer("영희");
    let mut chat = server.chat(&["--nick", "지민"]);
    chat.until("you are now 지민");
    chat.type_line("/join #방");
    chat.until("you are in #방");
    friend.say("/join #방\n");
    chat.until("영희 joined");
    chat.type_line("/op 영희");
    friend.until("* 지민 changed a rule: 영희 is an operator");
    friend.say("/kick 지민 그만\n");
    friend.until("* you put 지민 out of #방");
    chat.until("you were put out of #방; you speak in #lobby");
    assert_eq!(friend.ask("/msg 지민 다음에 봐요"), "* sent to 지민");
    let shown = chat.until("다음에 봐요");
    assert_eq!((times(&shown, "you were put out"), times(&shown, "영희 put 지민 out: 그만")), (1, 1), "{shown}");
}
