//! TLS on the same port, and proxies that say for whom they speak: the real server, and clients good and hostile.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Peer, Server, Setup, has, more_than_sockets_hold, shell, tls};
use rustix::process::Signal;

/// Somebody in TLS who has this name.
#[track_caller]
fn secured(server: &Server, name: &str) -> Peer {
    let mut peer = server.silent().secured(&[]);
    let answer = peer.ask(&format!("/nick {name}"));
    assert!(answer.contains(name), "{answer}");
    peer
}

#[test]
fn those_in_tls_and_those_without_talk_to_each_other() {
    let mut server = Server::start();
    let (mut plain, mut tls) = (server.peer("영희"), secured(&server, "철수"));
    plain.sync();
    tls.say("안녕하세요\n");
    plain.until("철수: 안녕하세요");
    plain.say("반가워요\n");
    tls.until("영희: 반가워요");
    // A silent one is greeted, a program without newlines is understood, and one that stops sending may still read.
    has(&server.silent().secured(&["irc"]).until("#lobby").join(""), "* welcome to #lobby");
    let mut unframed = server.silent().secured(&[]);
    unframed.say("민수: 줄바꿈 없이");
    plain.until("민수: 줄바꿈 없이");
    unframed.end_input();
    plain.until("* 민수 left");
    // What a test reads to its end must end with a close_notify: otherwise reading fails.
    unframed.rest();
    server.signal(Signal::TERM);
    tls.until("* the hall is closing");
    tls.rest();
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn openssl_comes_in_and_sees_the_certificate_that_was_told() {
    let data = tempfile::tempdir().unwrap();
    let server = Setup::new().data(data.path()).start();
    let mut friend = server.peer("영희");
    let talk = "printf '봇: 안녕\\n/ping 1\\n/quit\\n'";
    let heard = shell(&format!("{talk} | openssl s_client -quiet -ign_eof -connect {} 2>/dev/null", server.address));
    has(&heard, "* pong 1");
    friend.until("봇: 안녕");
    let certificate = data.path().join("tls-cert.pem");
    let key = std::fs::metadata(data.path().join("tls-key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let certificate = certificate.display();
    let known = shell(&format!("openssl x509 -in {certificate} -noout -fingerprint -sha256"));
    let hex = known.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
    assert_eq!(hex.len(), 64, "{known}");
    let told = |server: &Server| has(&server.greeting(), &format!("TLS certificate: sha256:{hex}\n"));
    told(&server);
    has(&shell(&format!("openssl x509 -in {certificate} -noout -checkend 315360000")), "will not expire");
    has(&shell(&format!("openssl x509 -in {certificate} -noout -ext subjectAltName")), "DNS:localhost");
    drop(server);
    told(&Setup::new().data(data.path()).start());
}

#[test]
fn http_is_spoken_in_tls_as_without() {
    let server = Server::start();
    let url = format!("https://{}/healthz", server.address);
    assert_eq!(shell(&format!("curl --silent --insecure {url}")), "ok\n");
    assert_eq!(shell(&format!("curl --silent --insecure --no-alpn {url}")), "ok\n");
    assert_eq!(shell(&format!("curl --silent --insecure --tls-max 1.2 {url}")), "ok\n");
    let mut friend = server.peer("영희");
    // Who has said that it speaks HTTP is not listened to as if it spoke anything else, and the other way round.
    let mut crossed = server.silent().secured(&["http/1.1"]);
    crossed.say("민수: 안녕\n/me waves\n\n");
    has(&crossed.rest_text(), "HTTP/1.1 400 ");
    let mut crossed = server.silent().secured(&["irc"]);
    crossed.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nhello\n");
    assert_eq!(crossed.rest_text(), "");
    assert!(server.silent().try_secured(&["h2", "ftp"]).is_err());
    assert_eq!(friend.ask("/history"), "* nothing was said here so far");
}

#[test]
fn a_slow_reader_in_tls_misses_nothing() {
    let server = Setup::new().args(&["--limits", "off"]).start();
    let mut sender = server.peer("수다쟁이");
    let mut slow = Peer::narrow(server.address).secured(&[]);
    slow.say("/ping there\n");
    slow.until("* pong there");
    let line = "나".repeat(2_600);
    let count = more_than_sockets_hold() / line.len();
    (0..count).for_each(|i| sender.say(format!("{i:06} {line}\n")));
    sender.sync();
    let told = slow.until(&format!("수다쟁이: {:06} ", count - 1));
    let numbers = told.iter().filter_map(|line| line.strip_prefix("수다쟁이: ")?.get(..6)?.parse::<usize>().ok());
    assert!(numbers.eq(0..count), "all of them, in order");
    assert!(told.iter().all(|told| told.ends_with(&line)), "and whole");
    // It has come to the end, and others hear it.
    slow.say("느림보: 다 읽었습니다\n");
    sender.until("느림보: 다 읽었습니다");
}

#[test]
fn another_certificate_is_taken_on_sighup_and_nobody_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let config = |(certificate, key): (std::path::PathBuf, std::path::PathBuf)| {
        format!("[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n", certificate.display(), key.display())
    };
    let (first, second) = (tls::certificate(folder.path(), "one"), tls::certificate(folder.path(), "two"));
    let server = Setup::new().config(&config(first.clone())).start();
    let (mut plain, mut old) = (server.peer("영희"), secured(&server, "철수"));
    server.configure(&config(second.clone()));
    server.signal(Signal::HUP);
    server.log().until("configuration reloaded");
    let mut new = secured(&server, "민수");
    assert_ne!(old.certificate(), new.certificate());
    old.say("아직 여기\n");
    plain.until("철수: 아직 여기");
    new.until("철수: 아직 여기");

    // One that will not do is not taken, the rest of the configuration is, and it says so.
    std::fs::copy(&first.1, &second.1).unwrap();
    server.configure(&(config(second) + "[limits]\nnick_chars = 8\n"));
    server.signal(Signal::HUP);
    has(&server.log().until("the certificate for TLS stays"), "is not that of the certificate in");
    has(&plain.ask("/nick 아홉글자나되는이름"), "it has more than 8 characters");
    assert_eq!(server.silent().secured(&[]).certificate(), new.certificate());
    new.say("그대로\n");
    old.until("민수: 그대로");
}

#[test]
fn a_server_does_not_start_with_a_certificate_that_will_not_do() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (tls::certificate(folder.path(), "one"), tls::certificate(folder.path(), "two"));
    let start = |certificate: &Path, key: &Path| {
        let files = Setup::new().var("MARU_TLS_CERTIFICATE", &certificate.display().to_string());
        files.var("MARU_TLS_KEY", &key.display().to_string()).fail()
    };
    let check = |certificate: &Path, key: &Path, expect: &str| {
        let (code, said) = start(certificate, key);
        assert_eq!(code, 1);
        has(&said, expect);
    };
    check(&one.0, &two.1, "is not that of the certificate in");
    check(&one.1, &one.1, "there is no certificate in");
    check(&one.0, &one.0, "there is no private key in");
    check(&folder.path().join("none"), &one.1, "there is no such file");
    let (code, said) = Setup::new().var("MARU_TLS_KEY", "key.pem").fail();
    assert_eq!(code, 1);
    has(&said, "`tls.key` is set and `tls.certificate` is not");
}

#[test]
fn where_only_tls_is_taken_others_are_told_so() {
    let server = Setup::new().var("MARU_TLS_ONLY", "on").config("[tls]\nplain_networks = []\n").start();
    let why = "this server takes TLS only";
    has(&server.silent().rest_text(), &format!("! {why}"));
    for (first, begins) in [
        (&b"hello\n"[..], "! this server"),
        (b"NICK bob\r\n", "ERROR :this server"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 "),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "this server"),
    ] {
        let mut peer = server.silent();
        peer.say(first);
        let answer = peer.rest_text();
        assert!(answer.starts_with(begins) && answer.contains(why), "{answer}");
    }
    let mut tls = secured(&server, "철수");
    has(&tls.ask("/who"), "* #lobby: 철수");

    // By default this machine is let in without.
    let server = Setup::new().var("MARU_TLS_ONLY", "on").start();
    has(&server.peer("영희").ask("/who"), "* #lobby: 영희");
    shell(&format!("{} health {}", env!("CARGO_BIN_EXE_maru"), server.address));
}

#[test]
fn what_is_no_handshake_costs_nothing_and_is_closed() {
    let server = Setup::new().limit("handshake_ms", 500).start();
    let (mut plain, mut tls) = (server.peer("영희"), secured(&server, "철수"));
    let garbage: [&[u8]; 6] = [
        b"\x16\x03\xff\xff\xff\xff\xff\xff",
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x01\x00\x06\x01\xff\xff\xff\x00\x00",
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\x17\x03\x03\x00\x05hello",
        b"\x16\x03\x01 and then some text\nfor everybody\n",
    ];
    for bytes in garbage {
        let mut peer = server.silent();
        peer.say(bytes);
        let answer = peer.rest();
        assert!(answer.is_empty() || answer[0] == 0x15, "{}", answer.escape_ascii());
    }
    let begin = Instant::now();
    let mut stalled = server.silent();
    stalled.say(b"\x16\x03\x01\x02\x00\x01");
    assert_eq!(stalled.rest(), b"");
    assert!(begin.elapsed() >= Duration::from_millis(400), "it was given its time: {:?}", begin.elapsed());
    // TLS inside TLS, and a proxy's header inside it.
    for first in [&b"\x16\x03\x01\x02\x00\x01"[..], b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n/nick spoofed\r\n"] {
        let mut inside = server.silent().secured(&[]);
        inside.say(first);
        let answer = inside.rest();
        assert!(answer.is_empty() || answer.starts_with(b"\x15\x03\x01\x00\x02\x02\x28"), "{}", answer.escape_ascii());
    }
    tls.say("멀쩡합니다\n");
    plain.until("철수: 멀쩡합니다");
    assert_eq!(plain.ask("/who"), "* #lobby: 영희, 철수");
}

#[test]
fn those_who_stall_at_a_handshake_do_not_keep_others_from_theirs() {
    let server = Setup::new().limit("handshake_ms", 1_000).limit("handshakes", 2).start();
    let mut stalled: Vec<Peer> = (0..2).map(|_| server.silent()).collect();
    stalled.iter_mut().for_each(|peer| peer.say(b"\x16\x03\x01\x02\x00\x01"));
    // Their time is over before that of whoever came later is.
    let deadline = Instant::now() + common::PATIENCE;
    while server.silent().try_secured(&[]).is_err() {
        assert!(Instant::now() < deadline, "there is never a turn");
    }
    stalled.iter_mut().for_each(|peer| assert_eq!(peer.rest(), b""));
}

/// A header of version 2 for this address.
fn version_2(source: [u8; 4], port: u16) -> Vec<u8> {
    let head = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c";
    [&head[..], &source, &[127, 0, 0, 1], &port.to_be_bytes(), &55_555_u16.to_be_bytes()].concat()
}

#[test]
fn a_trusted_proxy_says_for_whom_it_speaks() {
    let server = Setup::new().var("MARU_PROXY_TRUSTED", "127.0.0.0/8").limit("connections_per_address", 2).start();
    let proxied = |header: &[u8]| {
        let mut peer = server.silent();
        peer.say(header);
        peer
    };
    let mut first = proxied(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 55555\r\n");
    first.say("영희: 안녕\n");
    server.log().until("peer=192.0.2.7:4711");
    let mut second = proxied(&version_2([198, 51, 100, 9], 4712)).secured(&[]);
    second.say("철수: 안녕\n");
    first.until("철수: 안녕");
    server.log().until("peer=198.51.100.9:4712");
    // A silent one is greeted; one for whom nobody is named is the proxy's own.
    let mut silent = proxied(b"PROXY TCP6 2001:db8::7 ::1 4713 55555\r\n");
    has(&silent.until("#lobby").join(""), "* welcome to #lobby");
    let mut unknown = proxied(b"PROXY UNKNOWN\r\n");
    unknown.say("누구\n/ping 1\n");
    unknown.until("* pong 1");
    server.log().until("peer=127.0.0.1:");
    // Its address is not counted, theirs are.
    let _others: Vec<Peer> = (0..8)
        .map(|i| {
            let mut peer = proxied(&version_2([203, 0, 113, i], 1));
            peer.say("/ping in\n");
            peer.until("* pong in");
            peer
        })
        .collect();
    let mut again = proxied(&version_2([192, 0, 2, 7], 4714));
    again.say("/ping in\n");
    again.until("* pong in");
    has(&proxied(&version_2([192, 0, 2, 7], 4715)).rest_text(), "! too many connections from your address");
    // One header is enough, and what is none is closed.
    for bad in [
        &b"PROXY TCP4 192.0.2.8 192.0.2.1 1 2\r\nPROXY TCP4 192.0.2.9 192.0.2.1 1 2\r\n"[..],
        b"PROXY TCP4 192.0.2.300 192.0.2.1 1 2\r\n/nick spoofed\r\n",
        b"PROXY nonsense\r\n/nick spoofed\r\n",
        &version_2([192, 0, 2, 8], 1).repeat(2),
    ] {
        assert_eq!(proxied(bad).rest(), b"", "{}", bad.escape_ascii());
    }
    has(&shell(&format!("curl --silent --haproxy-protocol http://{}/healthz", server.address)), "ok");
    assert!(!first.ask("/who").contains("spoofed"));
}

#[test]
fn a_proxy_that_breaks_off_is_closed_in_time_and_a_stranger_is_no_proxy() {
    let slow = Setup::new().var("MARU_PROXY_TRUSTED", "127.0.0.1").limit("handshake_ms", 500).start();
    for half in [&b"PRO"[..], b"PROXY TCP4 192.0.2.7 ", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"] {
        let mut peer = slow.silent();
        peer.say(half);
        assert_eq!(peer.rest(), b"");
    }
    let server = Setup::new().var("MARU_PROXY_TRUSTED", "192.0.2.0/24").start();
    let mut friend = server.peer("영희");
    for header in [b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n/nick spoofed\r\n".to_vec(), version_2([192, 0, 2, 7], 1)] {
        let mut stranger = server.silent();
        stranger.say(header);
        assert_eq!(stranger.rest(), b"");
    }
    assert_eq!(friend.ask("/who"), "* #lobby: 영희");
    assert!(!server.log().text().contains("peer=192.0.2.7"));
}

#[test]
fn a_client_whose_socket_is_full_holds_up_a_stopping_server_no_longer_than_its_time() {
    let mut server = Setup::new().args(&["--limits", "off"]).limit("stop_ms", 500).start();
    let mut sender = server.peer("수다쟁이");
    let mut stuck = Peer::narrow(server.address).secured(&[]);
    stuck.say("/ping there\n");
    stuck.until("* pong there");
    let line = "나".repeat(2_600);
    (0..more_than_sockets_hold() / line.len()).for_each(|_| sender.say(format!("{line}\n")));
    sender.sync();
    let begin = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), 0);
    assert!(begin.elapsed() < Duration::from_millis(3_000), "{:?}", begin.elapsed());
}
