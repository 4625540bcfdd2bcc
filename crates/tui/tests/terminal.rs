//! What a person sees: the client under a pseudo-terminal, with Korean, emoji and combining marks, on a usual screen and
//! on a small one.

mod common;

use common::{Client, Hall, relay};

const SIZES: [(u16, u16); 2] = [(80, 24), (40, 10)];

/// A client that has been greeted, and the hall's end of its connection.
fn chat(hall: &Hall, cols: u16, rows: u16) -> (Client, common::Guest) {
    let mut client = Client::start(cols, rows, &[&hall.address(), "--nick", "철수"]);
    let guest = hall.guest();
    client.wait_row("* you are now 철수");
    client.wait_rows(&["철수>"]);
    (client, guest)
}

#[test]
fn a_half_typed_line_stays_intact_while_messages_arrive() {
    for (cols, rows) in SIZES {
        let hall = Hall::open();
        let (mut client, guest) = chat(&hall, cols, rows);
        client.press("반쯤 쓴 글 👋 e\u{301}");
        client.wait_rows(&["철수> 반쯤 쓴 글 👋 e\u{301}"]);
        for n in 0..50 {
            guest.say(&format!("영희: {n}번째 메시지 🎉 나\u{308}"));
        }
        client.wait_rows(&["영희: 49번째 메시지 🎉 나\u{308}", "철수> 반쯤 쓴 글 👋 e\u{301}"]);
        client.wait_cursor((0, 21));
        let shown: Vec<String> = client.transcript().into_iter().filter(|row| row.starts_with("영희: ")).collect();
        let sent: Vec<String> = (0..50).map(|n| format!("영희: {n}번째 메시지 🎉 나\u{308}")).collect();
        assert_eq!(shown, sent, "{cols}x{rows}");
        client.press("\x7f!\r");
        assert_eq!(guest.line(), "반쯤 쓴 글 👋 !");
        client.wait_rows(&["철수> 반쯤 쓴 글 👋 !", "철수>"]);
    }
}

#[test]
fn a_line_of_several_rows_stays_intact_too() {
    let hall = Hall::open();
    let (mut client, guest) = chat(&hall, 40, 10);
    let line = "가나다라마바사아자차카타파하 👋 ".repeat(3);
    client.press(&line);
    let rows = [
        "철수> 가나다라마바사아자차카타파하 👋",
        "가나다라마바사아자차카타파하 👋 가나다",
        "라마바사아자차카타파하 👋",
    ];
    client.wait_rows(&rows);
    for n in 0..20 {
        guest.say(&format!("영희: {n} {}", "긴 글 ".repeat(12).trim_end()));
    }
    client.wait("the last message", |client| client.rows().iter().any(|row| row.starts_with("영희: 19 ")));
    client.wait_rows(&rows);
    client.wait_cursor((0, 26));
    let first: Vec<String> = client.transcript().into_iter().filter(|row| row.starts_with("영희: ")).collect();
    assert_eq!(first.len(), 20);
    // In the middle of the line, too.
    client.press("\x01처음 ");
    client.wait("the change", |client| client.rows().iter().any(|row| row.starts_with("철수> 처음 가나")));
    guest.say("영희: 마지막");
    client.wait_row("영희: 마지막");
    client.wait_cursor((2, 11));
    client.press("\r");
    assert_eq!(guest.line(), format!("처음 {line}").trim_end());
}

#[test]
fn a_line_taller_than_the_screen_leaves_the_messages_alone() {
    let hall = Hall::open();
    let (mut client, guest) = chat(&hall, 40, 10);
    let line = "한글과 emoji 👋 ".repeat(60);
    client.press(&line);
    client.press("끝");
    client.wait("the end of the line", |client| client.rows().last().is_some_and(|row| row.ends_with('끝')));
    for n in 0..30 {
        guest.say(&format!("영희: {n}번"));
    }
    client.wait("the last message above the end of the line", |client| {
        let rows = client.rows();
        rows.iter().any(|row| row == "영희: 29번") && rows.last().is_some_and(|row| row.ends_with('끝'))
    });
    client.press("\r");
    assert_eq!(guest.line(), format!("{line}끝"));
    client.wait_rows(&["철수>"]);
    let shown: Vec<String> = client.transcript().into_iter().filter(|row| row.starts_with("영희: ")).collect();
    let sent: Vec<String> = (0..30).map(|n| format!("영희: {n}번")).collect();
    assert_eq!(shown, sent);
}

#[test]
fn typing_and_messages_at_once_mix_nothing() {
    for (cols, rows) in SIZES {
        let hall = Hall::open();
        let (mut client, guest) = chat(&hall, cols, rows);
        for n in 0..100 {
            guest.say(&format!("영희: {n}번"));
            client.press(&format!("말 {n}\r"));
        }
        let said: Vec<String> = (0..100).map(|_| guest.line()).collect();
        assert_eq!(said, (0..100).map(|n| format!("말 {n}")).collect::<Vec<_>>());
        guest.say("영희: 끝");
        client.wait_rows(&["영희: 끝", "철수>"]);
        let transcript = client.transcript();
        let of = |prefix: &str| transcript.iter().filter(|row| row.starts_with(prefix)).count();
        assert_eq!((of("영희: "), of("철수> 말 "), of("철수> ")), (101, 100, 100), "{cols}x{rows}");
    }
}

#[test]
fn a_nickname_is_asked_for_and_the_prompt_follows_it() {
    let hall = Hall::open();
    let mut client = Client::start(80, 24, &[&hall.address(), "--lang", "ko"]);
    client.wait_rows(&["닉네임 입력:"]);
    client.press("a b\r");
    client.wait_row("-- 쓸 수 없는 닉네임입니다. 빈칸이나 : , @ ! 같은 기호는 쓸 수 없습니다");
    client.press("영희\r");
    let guest = hall.guest();
    client.wait_rows(&["영희>"]);
    client.press("/nick 순이\r반쯤");
    assert_eq!(guest.line(), "/nick 순이");
    client.wait_rows(&["순이> 반쯤"]);
    guest.say(":순이!~u@h NICK 순이2");
    client.wait_rows(&["순이2> 반쯤"]);
    // The nickname is no message that could be recalled.
    client.press("\x15\x1b[A\x1b[A");
    client.wait_rows(&["순이2> /nick 순이"]);
}

#[test]
fn there_are_several_ways_to_leave_and_the_terminal_is_given_back() {
    for leave in ["exit\r", "EXIT\r", " Exit \r", "/quit\r", "\x04", "\x03", "half\x03"] {
        let hall = Hall::open();
        let (mut client, guest) = chat(&hall, 80, 24);
        client.press(leave);
        guest.gone();
        assert_eq!(client.ended(), 0, "{leave:?}");
        assert!(client.written.trim_end().ends_with("\x1b[?2004l"), "{:?}", client.written);
    }
}

#[test]
fn a_lost_connection_is_told_and_made_again() {
    let hall = Hall::open();
    let (mut client, guest) = chat(&hall, 80, 24);
    client.press("반쯤");
    client.wait_rows(&["철수> 반쯤"]);
    guest.cut();
    client.wait("the loss", |client| client.rows().iter().any(|row| row.starts_with("-- the connection is lost (")));
    client.press(" 쓴 글\r");
    client.wait_row("-- not connected; this is sent when the connection is back");
    let guest = hall.guest();
    assert_eq!(guest.line(), "반쯤 쓴 글");
    client.wait_row("-- sent what you typed meanwhile");
    client.wait_rows(&["철수>"]);
}

#[test]
fn nothing_from_the_network_controls_the_terminal() {
    let hall = Hall::open();
    let (mut client, guest) = chat(&hall, 80, 24);
    guest.say("영희: \x1b[2J\x1b[H지움\x07 \x1b]0;title\x07\u{9b}31m\x1b[6n\u{202e}끝");
    client.wait("the message", |client| client.written.contains("지움"));
    let from = client.written.find("영희").unwrap();
    let text = client.written[from..].split("\r\n").next().unwrap();
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[test]
fn a_resized_terminal_is_drawn_anew() {
    let hall = Hall::open();
    let (mut client, guest) = chat(&hall, 80, 24);
    client.resize(40, 10);
    client.press(&"가".repeat(20));
    client.wait_rows(&["철수> 가가가가가가가가가가가가가가가가", "가가가가"]);
    guest.say("영희: 안녕");
    client.wait_rows(&["영희: 안녕", "철수> 가가가가가가가가가가가가가가가가", "가가가가"]);
}

#[test]
fn two_people_talk_through_a_relay_of_the_simplest_kind() {
    let address = relay();
    let mut one = Client::start(80, 24, &[&address, "--nick", "철수", "--lines"]);
    one.wait_rows(&["철수>"]);
    let mut two = Client::start(40, 10, &[&address, "--nick", "영희", "--lines", "--lang", "ko"]);
    two.wait_rows(&["영희>"]);
    one.press("반쯤 쓴");
    one.wait_rows(&["철수> 반쯤 쓴"]);
    two.press("안녕하세요 👋\r");
    one.wait_rows(&["영희: 안녕하세요 👋", "철수> 반쯤 쓴"]);
    two.press("/help\r한 줄 더\r");
    one.wait_rows(&["영희: 안녕하세요 👋", "영희: /help", "영희: 한 줄 더", "철수> 반쯤 쓴"]);
    one.press(" 글\r");
    two.wait_rows(&["철수: 반쯤 쓴 글", "영희>"]);
    one.press("exit\r");
    assert_eq!(one.ended(), 0);
}
