//! Bytes that are no text, and texts that are tricks, in every place where somebody can write something.

use crate::common::{Peer, admin, has, maru};
use crate::stage::{Stage, check_clean, check_quiet, stranger};

/// Everything that could do something to a terminal, as bytes that are text and as bytes that are none; no newlines.
fn dirt() -> Vec<Vec<u8>> {
    let controls: Vec<u8> = (0..0x20).filter(|b| *b != b'\n').chain([0x7f]).collect();
    let c1: String = ('\u{80}'..='\u{9f}').collect();
    let sequences =
        "\u{1b}[2J\u{1b}[H\u{1b}c\u{1b}]0;owned\u{7}\u{1b}P1$r\u{1b}\\\u{1b}(0\u{1b}#8\u{9b}31m\u{9d}8;;x\u{9c}";
    let turned = "\u{202e}txet\u{2066}\u{2028}\u{2029}\u{200f}";
    vec![
        controls.clone(),
        c1.into_bytes(),
        (0x80..=0x9f).collect(),
        sequences.as_bytes().to_vec(),
        turned.as_bytes().to_vec(),
        b"\r\0\x08".to_vec(),
        // Halves of a surrogate pair, too long forms of a newline and of an escape, a character cut short, telnet.
        b"\xed\xa0\x80\xed\xb0\x80\xc0\x8a\xc0\x9b\xe0\x80\x9b\xf4\x90\x80\x80\xea\xb0\xff\xfe".to_vec(),
        [b"\x1b[".as_slice(), &controls, b"\x1b]"].concat(),
    ]
}

/// Every field that there is; `%` is where the dirt goes.
const FIELDS: [&str; 37] = [
    "/nick a%b",
    "%",
    "말%씀",
    "/me %does",
    "/msg 관찰 %psst",
    "/msg 관%찰 psst",
    "/topic %topic",
    "/join #r%oom",
    "/join #%",
    "/join #소동 k%ey",
    "/set key k%ey",
    "/set key off",
    "/set limit %",
    "/kick 제물 %reason",
    "/kick 제%물 reason",
    "/ban a%b*",
    "/ban x* 1h rea%son",
    "/ban %",
    "/quiet y*!*@% %",
    "/invite 관%찰",
    "/op %",
    "/transfer %",
    "/login a%b pass%word",
    "/login ab %",
    "/register pass%word%",
    "/password a% b%",
    "/pass %",
    "/account nick %",
    "/account % on",
    "/ignore %",
    "/auth PLAIN %",
    "/auth X-% %",
    "/ping %",
    "/search %",
    "/history %",
    "/%",
    "/lang %",
];

#[test]
fn controls_in_every_field_reach_nobody() {
    let mut stage = Stage::new(|setup| setup.var("MARU_LOG", "trace"));
    let (address, data) = (stage.server.address, stage.server.data());
    assert_eq!(admin(&data, &["create", "관리"], "관리자만아는암호\n").0, 0);
    assert_eq!(admin(&data, &["grant", "관리"], "").0, 0);
    let mut watcher = stranger(address);
    watcher.ask("/nick 관찰");
    let mut observed = 0;
    let mut look = |watcher: &mut Peer| {
        for line in watcher.sync() {
            check_clean(line.as_bytes());
            observed += 1;
        }
    };
    let dirt = dirt();
    stage.under("controls in every field", || {
        for dirt in &dirt {
            let (mut evil, mut victim) = (stranger(address), stranger(address));
            evil.ask("/join #소동");
            victim.ask("/nick 제물");
            victim.say("/join #소동\n");
            watcher.say("/join #소동\n");
            look(&mut watcher);
            for field in FIELDS {
                let parts: Vec<&[u8]> = field.split('%').map(str::as_bytes).collect();
                evil.try_say([parts.join(&dirt[..]), b"\n".to_vec()].concat());
            }
            // Then as an admin, whose words are told to everybody and recorded; five wrong passwords closed the other.
            let mut master = stranger(address);
            has(&master.ask("/login 관리 관리자만아는암호"), "logged in as");
            for field in
                ["/admin announce %hear%", "/admin kill 제물 %why", "/admin ban 198.51.100.1 1h %why", "/admin %"]
            {
                let parts: Vec<&[u8]> = field.split('%').map(str::as_bytes).collect();
                master.say([parts.join(&dirt[..]), b"\n".to_vec()].concat());
            }
            master.raw_sync().iter().for_each(|line| check_quiet(line));
            evil.try_say("\n/quit\n");
            check_quiet(&evil.rest());
            // By then it is closed, unless the dirt has swallowed the end of its sentence (as telnet's does).
            victim.try_say("\n/quit\n");
            check_clean(&victim.rest());
            look(&mut watcher);
        }
        admin(&data, &["announce", "\u{1b}[2Jby\u{7} the\u{9b}1m shell\u{202e}"], "");
    });
    for question in ["/topic", "/rooms", "/who", "/rules", "/history 200", "/ban", "/quiet", "/search psst", "/unread"]
    {
        let answer = watcher.ask(question);
        check_clean(answer.as_bytes());
        assert!(!answer.contains("owned"), "{answer}");
    }
    assert!(observed > 100, "they were heard: {observed}");
    // Nor do they reach the terminal of who runs it.
    let search = maru(&data).args(["search", "does", "--data-dir"]).arg(&data).output().unwrap();
    has(&String::from_utf8_lossy(&search.stdout), "*does*");
    check_clean(&search.stdout);
    check_clean(stage.server.log().text().as_bytes());
}

#[test]
fn names_that_are_tricks_are_refused() {
    let mut stage = Stage::new(|setup| setup);
    let (address, data) = (stage.server.address, stage.server.data());
    admin(&data, &["create", "minji"], "correct-horse-battery\n");
    let tricks = [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202b}',
        '\u{202d}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{206a}',
        '\u{2800}',
        '\u{3000}',
        '\u{3164}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fffd}',
        '\u{e0041}',
        '\u{fe0f}',
        '\u{a0}',
        '\u{1d173}',
    ];
    stage.under("tricks in names", || {
        let mut trickster = stranger(address);
        for c in tricks {
            for name in [format!("영{c}희"), format!("{c}영희"), format!("영희{c}")] {
                for command in [format!("/nick {name}"), format!("/join #{name}")] {
                    let answer = trickster.ask(&command);
                    check_clean(answer.as_bytes());
                    // White space ends a name, and what turns the text around never gets as far as one.
                    let cut = answer.contains("is in use") || answer.contains("you are in #") || answer.contains("#영");
                    let refused = answer.contains("! ") && answer.contains("can't be a name");
                    assert!(refused || (cut && !answer.contains(c)), "{c:?}: {answer}");
                }
            }
        }
        for name in ["mіnji", "ｍｉｎｊｉ", "rninji", "Minji", "mınji", "minjі"] {
            let answer = trickster.ask(&format!("/nick {name}"));
            let refused = answer.contains("belongs to an account") || answer.contains("can't be a name");
            assert!(refused || answer.contains("too often"), "{name}: {answer}");
        }
        trickster.reset();
    });
}

#[test]
fn what_is_no_text_is_none_for_anybody() {
    let mut stage = Stage::new(|setup| setup);
    let address = stage.server.address;
    let broken: [&[u8]; 9] = [
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xea\xb0",
        b"\xf0\x9f\x91",
        b"\xc0\x80",
        b"\xff",
        b"\x80",
        b"a\xeb",
        b"\xf8\x88\x80",
    ];
    stage.under("bytes that are no text", || {
        for bytes in broken {
            // In a message, at the end of one, at the end of a connection, and one at a time.
            let mut peer = stranger(address);
            peer.say(
                [b"x".as_slice(), bytes, b"y\nz", bytes, b"\n/nick n", bytes, b"\n/join #r", bytes, b"\n"].concat(),
            );
            peer.raw_sync().iter().for_each(|line| check_quiet(line));
            peer.say(bytes);
            peer.end_input();
            check_quiet(&peer.rest());
            let mut peer = stranger(address);
            bytes.iter().for_each(|b| peer.say([*b]));
            peer.end_input();
            check_quiet(&peer.rest());
            let mut gone = stranger(address);
            gone.say(bytes);
            gone.reset();
        }
    });
    stage.alone_again();
}
