//! The fuzz targets' bodies over their stored corpus and over bytes made of the pieces that matter, without a fuzzer.

use std::path::Path;

use sim::{Rng, probe};

const PIECES: [&[u8]; 42] = [
    b"\n",
    b"\r\n",
    b" ",
    b": ",
    b"bob: ",
    b"/",
    b"//",
    b"/nick ",
    b"/join #x\n",
    b"/join #lobby\n",
    b"/part\n",
    b"/rename #y\n",
    b"/rename #x z\n",
    b"/msg ",
    b"/me ",
    b"/topic ",
    b"/history 3\n",
    b"/search ",
    b"/who\n",
    b"/rooms\n",
    b"/lang ko\n",
    b"/ping ",
    b"/quit\n",
    b"#",
    b"* ",
    b"! ",
    b"[",
    b"] ",
    b"\x1b[31m",
    b"\x1b]0;",
    b"\x07",
    b"\xff",
    b"\xff\xfa",
    b"\xff\xf0",
    b"\xff\xfb",
    b"\0",
    b"\xbe\xc8\xb3\xe7",
    "안녕".as_bytes(),
    "듣는이".as_bytes(),
    "👋".as_bytes(),
    b"\xe2\x80",
    b"GET ",
];

/// Pieces of exports.
const LINES: [&[u8]; 24] = [
    b"{\"maru\":1,\"hall\":\"0123456789abcdef0123456789abcdef\",\"head\":9,\"after\":0}\n",
    b"{\"seq\":1,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"join\"}\n",
    b"{\"seq\":2,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"say\",\"text\":\"x\"}\n",
    b"{\"seq\":3,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#A\",\"#b\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"nick\",\"text\":\"b\"}\n",
    b"{\"seq\":4,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"redact\",\"target\":2}\n",
    b"{\"seq\":5,\"at\":\"2026-11-25T12:00:00Z\",\"between\":[1,2],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"say\",\"text\":\"y\"}\n",
    b"{\"seq\":6,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"topic\",\"text\":\"t\"}\n",
    b"{\"seq\":7,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"redacted\"}\n",
    b"{\"seq\":8,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"account\":\"A\",\"event\":\"rule\",\"text\":\"limit 30\"}\n",
    b"{\"seq\":9,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"kick\",\"text\":\"t\",\"target\":2,\"target_nick\":\"b\"}\n",
    b"{\"seq\":10,\"at\":\"2026-11-25T12:00:00Z\",\"between\":[1,2],\"nick\":\"a\",\"person\":1,\"session\":1,\"to\":\"b\",\"event\":\"invite\",\"text\":\"#a\"}\n",
    b"{\"seq\":11,\"at\":\"2026-11-25T12:00:00Z\",\"between\":[1,1],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"account\",\"text\":\"password set\"}\n",
    b"{\"seq\":",
    b"18446744073709551615",
    b"\"at\":\"",
    b"}\n",
    b"\n",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[[[[[[",
    b"\\u0000",
    b"\\ud800",
    b"9",
    b"\"",
];

/// Pieces of logins.
const LOGINS: [&[u8]; 24] = [
    b"n,,n=minsu,r=abc\n",
    b"y,,n=nobody,r=abc\n",
    b"n,a=minsu,",
    b"n=minsu",
    b",r=",
    b"c=biws,",
    b"r=abcAQEBAQEBAQEBAQEBAQEBAQEBAQEB,",
    b",p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    b"p=tls-unique,,",
    b"m=1,",
    b"=2C",
    b"=3D",
    b"!\n",
    b"\n!",
    b"\n",
    b"\0",
    b"minsu",
    b"\0minsu\0correct horse battery",
    b"\0nobody\0correct horse battery",
    b"r=AgICAgICAgICAgICAgICAgICAgIC",
    b"x,s=AAAA,i=4096",
    b"v=AAAA",
    b"v1 $argon2id$v=19$m=8,t=1,p=1$",
    b"\xff",
];

/// Pieces of IRC.
const IRC: [&[u8]; 66] = [
    b"\r\n",
    b"\n",
    b" ",
    b" :",
    b",",
    b"#x",
    b"#lobby",
    b"fuzz",
    "듣는이".as_bytes(),
    "보는이".as_bytes(),
    b"@+typing=active ",
    b"@label=a;+draft/reply=1 ",
    b"@batch=m ",
    b"@batch=m;draft/multiline-concat ",
    b"BATCH +m draft/multiline #x\r\n",
    b"BATCH -m\r\n",
    b"PRIVMSG #x :",
    b"PRIVMSG maru :",
    b"NOTICE ",
    b"TAGMSG #x\r\n",
    b"\x01ACTION ",
    b"\x01",
    b"\x0304,05",
    b"NICK ",
    b"JOIN ",
    b"PART #x",
    b"TOPIC #x :",
    b"NAMES #x\r\n",
    b"LIST >0,C<5,!*x*\r\n",
    b"INVITE ",
    b"KICK #x ",
    b"MODE #x ",
    b"+mitsk key",
    b"+b *!*@*",
    b"+ovq",
    b"-",
    b"MODE fuzz +Bw\r\n",
    b"WHO #x %tcuihsnfdlaor,7\r\n",
    b"WHO *\r\n",
    b"WHOIS ",
    b"WHOWAS ",
    b"USERHOST fuzz\r\n",
    b"ISON fuzz x\r\n",
    b"MONITOR + ",
    b"MONITOR S\r\n",
    b"AWAY :",
    b"SETNAME :",
    b"CAP LS 302\r\n",
    b"CAP REQ :echo-message batch labeled-response message-tags draft/multiline sasl server-time\r\n",
    b"CAP END\r\n",
    b"AUTHENTICATE PLAIN\r\n",
    b"AUTHENTICATE +\r\n",
    b"REGISTER * * correct-horse-battery\r\n",
    b"CHATHISTORY LATEST #x * 5\r\n",
    b"CHATHISTORY AROUND #x msgid=3 5\r\n",
    b"CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9\r\n",
    b"MARKREAD #x timestamp=2026-01-01T00:00:00.000Z\r\n",
    b"SEARCH text=a;in=#x\r\n",
    b"REDACT #x 4\r\n",
    b"RENAME #x #y :z\r\n",
    b"RENAME #y #x\r\n",
    b"LUSERS\r\nMOTD\r\nINFO\r\nSTATS u\r\nHELP\r\nISUPPORT\r\n",
    b"QUIT :",
    b"\xff",
    b"\0",
    "가나다👨‍👩‍👧".as_bytes(),
];

fn replay(target: &str, probe: fn(&[u8])) {
    replay_pieces(target, &PIECES, 400, probe);
}

fn replay_pieces(target: &str, of: &[&[u8]], seeds: u64, probe: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for file in std::fs::read_dir(&folder).expect("the corpus can be read") {
        let path = file.expect("the corpus can be read").path();
        println!("{}", path.display());
        probe(&std::fs::read(&path).expect("the corpus can be read"));
        count += 1;
    }
    assert!(count >= 10, "the corpus is there");
    for seed in 0..seeds {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let pieces = rng.below(60);
        let bytes: Vec<u8> = (0..pieces).flat_map(|_| piece(of, &mut rng)).collect();
        probe(&bytes);
    }
}

fn piece(of: &[&[u8]], rng: &mut Rng) -> Vec<u8> {
    if rng.chance(20) {
        vec![u8::try_from(rng.below(256)).unwrap_or(0); 1 + rng.below(90)]
    } else {
        rng.pick(of).to_vec()
    }
}

#[test]
fn detection_never_changes_its_mind() {
    replay("detect", probe::detect);
}

#[test]
fn no_input_gets_a_foreign_line_to_anybody() {
    replay("lines", probe::lines);
}

#[test]
fn whatever_is_stored_is_an_entry_or_is_refused() {
    replay("record", probe::record);
}

#[test]
fn a_file_is_read_in_whole_or_changes_nothing() {
    replay_pieces("import", &LINES, 60, probe::import);
}

#[test]
fn nobody_is_let_in_without_the_password() {
    replay_pieces("sasl", &LOGINS, 2_000, probe::sasl);
}

#[test]
fn a_line_of_irc_is_one_message_however_it_comes() {
    replay_pieces("irc", &IRC, 1_000, probe::irc);
}

#[test]
fn whatever_a_client_of_irc_asks_others_read_lines_of_their_dialect() {
    replay_pieces("irc_session", &IRC, 1_500, probe::irc_session);
}
