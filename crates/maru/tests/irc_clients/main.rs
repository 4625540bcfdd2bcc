//! irssi and WeeChat, as people use them, in one hall with somebody who has nothing but `nc`.
//!
//! The clients are Debian's, in a terminal of 80 by 24; what they are asserted to do is what somebody sees on it, and
//! what the other one reads in plain lines. See [`client`].

// All of this is tests, helpers included.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod client;

use client::{Client, Kind, NICK, PASSWORD};
use common::{Peer, Server, Setup, has, times};
use rustix::process::Signal;
use tempfile::TempDir;

/// A server with the account of the clients, and somebody who speaks in lines; the data outlive the server.
fn hall() -> (TempDir, Server, Peer) {
    let data = tempfile::tempdir().unwrap();
    let server = Setup::new().data(data.path()).start();
    let mut owner = server.peer(NICK);
    has(&owner.ask(&format!("/register {PASSWORD}")), &format!("* the account {NICK} is yours"));
    owner.say("/quit\n");
    owner.rest();
    let mut peer = server.peer("영희");
    peer.sync();
    (data, server, peer)
}

fn comes_in_tls_and_is_who_it_says(kind: Kind) {
    let (_data, server, mut peer) = hall();
    let mut client = Client::comes(kind, &server);
    client.types(&format!("/whois {NICK}"));
    client.sees(&kind.account(NICK));
    client.looks_for("SASL auth");
    client.sees(kind.authenticated());
    client.looks_for("Welcome to");
    client.sees(&format!("Welcome to the Maru {NICK}!"));
    assert_eq!(peer.sync(), [""; 0], "nobody is in a room before they ask for it");
    client.join("#lobby");
    client.sees("영희");
    assert_eq!(peer.until("joined"), [format!("* {NICK} joined")]);
    assert_eq!(peer.ask("/who"), format!("* #lobby: {NICK}, 영희"));
}

fn talks_with_somebody_in_lines(kind: Kind) {
    let (_data, server, mut peer) = hall();
    let mut client = Client::joins(kind, &server, "#lobby");
    peer.until("joined");
    client.types("안녕하세요");
    assert_eq!(peer.line(), format!("{NICK}: 안녕하세요"));
    peer.say("반갑습니다, 점심 드셨어요?\n");
    client.sees(&kind.said("영희", "반갑습니다, 점심 드셨어요?"));
    client.types("/me 손을 흔든다");
    assert_eq!(peer.line(), format!("** {NICK} 손을 흔든다"));
    peer.say("/me 웃는다\n");
    client.sees(&kind.acted("영희", "웃는다"));
    client.types("/notice #lobby 곧 회의입니다");
    assert_eq!(peer.line(), format!("-{NICK}- 곧 회의입니다"));
    // Directly, which each of them shows elsewhere.
    client.types("/query 영희");
    client.sees(&kind.query("영희"));
    client.types("둘만의 말");
    assert_eq!(peer.line(), format!("[{NICK} -> you] 둘만의 말"));
    peer.say(format!("/msg {NICK} 비밀이에요\n"));
    let screen = client.sees("비밀이에요");
    assert_eq!(times(&screen, "둘만의 말"), 1, "{screen}");
    assert!(!screen.contains("반갑습니다"), "{screen}");
}

fn sees_what_was_said_before_it_came(kind: Kind) {
    const BEFORE: usize = 40;
    let (_data, server, mut peer) = hall();
    for i in 1..=BEFORE {
        peer.ask(&format!("{i}번째 이야기"));
    }
    let mut client = Client::joins(kind, &server, "#lobby");
    client.sees(&kind.said("영희", &format!("{BEFORE}번째 이야기")));
    peer.say("지금 하는 이야기\n");
    let screen = client.sees(&kind.said("영희", "지금 하는 이야기"));
    assert_eq!(times(&screen, &kind.said("영희", &format!("{BEFORE}번째"))), 1, "{screen}");
    client.scroll_to_the_top();
    let screen = client.sees(&kind.said("영희", "1번째 이야기"));
    let lines: Vec<_> = (1..=10).map(|i| screen.find(&kind.said("영희", &format!("{i}번째")))).collect();
    assert!(lines.is_sorted() && lines.iter().all(Option::is_some), "{lines:?}\n{screen}");
}

fn says_and_is_told_more_than_a_line_of_irc_carries(kind: Kind) {
    const SYLLABLES: usize = 300;
    let text = |first: char| (first..).take(SYLLABLES).collect::<String>();
    let (_data, server, mut peer) = hall();
    let mut client = Client::joins(kind, &server, "#lobby");
    peer.until("joined");
    let long = text('나');
    client.types(&format!("{long} 끝"));
    let pieces = peer.until("끝");
    assert!(pieces.len() > 1, "it is more than a line of IRC carries");
    let pieces: Vec<_> = pieces.iter().map(|line| line.strip_prefix(&format!("{NICK}: ")).unwrap()).collect();
    assert_eq!(pieces.concat().replace(' ', ""), format!("{long}끝"));
    // Whatever stands between the lines of the screen, all of it is there, once and in order.
    let long = text('가');
    peer.say(format!("{long}\n여기까지\n"));
    let screen = client.sees(&kind.said("영희", "여기까지"));
    let shown: String = screen.chars().filter(|c| long.contains(*c)).collect();
    assert_eq!(shown, long, "{screen}");
}

fn is_called_otherwise(kind: Kind) {
    let (_data, server, mut peer) = hall();
    let mut client = Client::joins(kind, &server, "#lobby");
    peer.until("joined");
    client.types("/nick 김민수");
    assert_eq!(peer.line(), format!("* {NICK} is now called 김민수"));
    client.sees(&kind.renamed("김민수"));
    client.types("이제 김민수입니다");
    assert_eq!(peer.line(), "김민수: 이제 김민수입니다");
    peer.ask("/nick 지민");
    client.sees("영희 is now known as 지민");
    // The name of the account stays its own.
    has(&peer.ask(&format!("/nick {NICK}")), &format!("! {NICK} belongs to an account"));
    client.types(&format!("/nick {NICK}"));
    peer.until(&format!("* 김민수 is now called {NICK}"));
    client.sees(&kind.renamed(NICK));
}

fn is_put_out_and_told_why(kind: Kind) {
    let (_data, server, mut peer) = hall();
    peer.ask("/join #방");
    let mut client = Client::joins(kind, &server, "#방");
    peer.until("joined");
    client.types("들어왔습니다");
    peer.until(&format!("{NICK}: 들어왔습니다"));
    assert_eq!(peer.ask(&format!("/kick {NICK} 이유가 있습니다")), format!("* you put {NICK} out of #방"));
    client.sees(&kind.kicked("#방", NICK, "영희", "이유가 있습니다"));
    assert_eq!(peer.ask("/who"), "* #방: @영희");
    client.join("#방");
    client.types("다시 왔습니다");
    peer.until(&format!("{NICK}: 다시 왔습니다"));
}

fn comes_back_when_the_server_does(kind: Kind) {
    let (data, mut server, mut peer) = hall();
    let address = server.address;
    let mut client = Client::joins(kind, &server, "#lobby");
    peer.until("joined");
    client.types("꺼지기 전");
    peer.until(&format!("{NICK}: 꺼지기 전"));
    peer.ask("저도 꺼지기 전");
    client.sees(&kind.said("영희", "저도 꺼지기 전"));
    server.signal(Signal::KILL);
    server.exit_code();
    drop(server);
    client.sees(kind.cut_off());

    let server = Setup::new().data(data.path()).listen(address).start();
    let mut peer = server.peer("영희");
    // The client may be back before this or after it, and sees it in either case.
    peer.ask("다시 켜졌습니다");
    client.sees(&kind.said("영희", "다시 켜졌습니다"));
    client.sees(&kind.is_in(NICK));
    client.types("돌아왔습니다");
    peer.until(&format!("{NICK}: 돌아왔습니다"));
    let said = peer.ask("/history");
    let said: Vec<_> = said.lines().filter_map(|line| line.split_once("] ")).map(|(_, said)| said).collect();
    let (own, other) = (|text| format!("{NICK}: {text}"), |text| format!("영희: {text}"));
    let expected = [own("꺼지기 전"), other("저도 꺼지기 전"), other("다시 켜졌습니다"), own("돌아왔습니다")];
    assert_eq!(said, expected);
}

mod irssi {
    use super::Kind::Irssi;

    #[test]
    fn comes_in_tls_and_is_who_it_says() {
        super::comes_in_tls_and_is_who_it_says(Irssi);
    }

    #[test]
    fn talks_with_somebody_in_lines() {
        super::talks_with_somebody_in_lines(Irssi);
    }

    #[test]
    fn sees_what_was_said_before_it_came() {
        super::sees_what_was_said_before_it_came(Irssi);
    }

    #[test]
    fn says_and_is_told_more_than_a_line_of_irc_carries() {
        super::says_and_is_told_more_than_a_line_of_irc_carries(Irssi);
    }

    #[test]
    fn is_called_otherwise() {
        super::is_called_otherwise(Irssi);
    }

    #[test]
    fn is_put_out_and_told_why() {
        super::is_put_out_and_told_why(Irssi);
    }

    #[test]
    fn comes_back_when_the_server_does() {
        super::comes_back_when_the_server_does(Irssi);
    }
}

mod weechat {
    use super::Kind::Weechat;

    #[test]
    fn comes_in_tls_and_is_who_it_says() {
        super::comes_in_tls_and_is_who_it_says(Weechat);
    }

    #[test]
    fn talks_with_somebody_in_lines() {
        super::talks_with_somebody_in_lines(Weechat);
    }

    #[test]
    fn sees_what_was_said_before_it_came() {
        super::sees_what_was_said_before_it_came(Weechat);
    }

    #[test]
    fn says_and_is_told_more_than_a_line_of_irc_carries() {
        super::says_and_is_told_more_than_a_line_of_irc_carries(Weechat);
    }

    #[test]
    fn is_called_otherwise() {
        super::is_called_otherwise(Weechat);
    }

    #[test]
    fn is_put_out_and_told_why() {
        super::is_put_out_and_told_why(Weechat);
    }

    #[test]
    fn comes_back_when_the_server_does() {
        super::comes_back_when_the_server_does(Weechat);
    }
}
