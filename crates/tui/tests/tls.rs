//! Encrypted conversations: by what a server is known again, and what a person is told when it is not the same.
//!
//! `0.0.0.0` leads to this machine and is, by what is written, no address of it: so the tests speak with "another" one.

#![allow(clippy::unwrap_used)] // Everything here is a test.

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Output;
use std::thread;

use common::tls::{Front, Identity, authority};
use common::{Client, Guest, Hall, PATIENCE, pipe, pipe_with, relay};

/// A person's file of known servers, in a folder that is not there yet.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("state/maru/known_hosts")
    }

    fn known(&self) -> String {
        fs::read_to_string(self.file()).unwrap_or_default()
    }

    fn write(&self, text: &str) {
        fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        fs::write(self.file(), text).unwrap();
    }

    /// Says one word to the hall through a pipe, and gives what the hall heard and the client's output.
    fn say(&self, hall: &Hall, args: &[&str]) -> (String, Output) {
        let file = self.file();
        let client = thread::scope(|scope| {
            let client = scope.spawn(|| {
                let all = [args, &["--nick", "bot", "--known-hosts", file.to_str().unwrap()]].concat();
                pipe(&all, "안녕\n")
            });
            let heard = heard(&hall.guest());
            (heard, client.join().unwrap())
        });
        assert_eq!(client.1.status.code(), Some(0), "{}", err(&client.1));
        client
    }

    /// The output of a client that never gets to say anything.
    fn refused(&self, args: &[&str]) -> String {
        let file = self.file();
        let all = [args, &["--nick", "bot", "--known-hosts", file.to_str().unwrap()]].concat();
        let output = pipe(&all, "secret\n");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{}", err(&output));
        err(&output)
    }
}

fn heard(guest: &Guest) -> String {
    let heard = guest.line();
    assert_eq!(guest.line(), "/quit");
    heard
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn check(text: &str, expect: &[&str]) {
    for expect in expect {
        assert!(text.contains(expect), "{expect:?} is not in:\n{text}");
    }
}

#[test]
fn the_first_time_the_fingerprint_is_told_and_afterwards_nothing() {
    for versions in [rustls::ALL_VERSIONS, &[&rustls::version::TLS12]] {
        let (hall, identity, home) = (Hall::open(), Identity::new(), Home::new());
        let front = Front::speaking(&identity, &hall.address(), versions);
        let address = format!("tls://{}", front.address());
        let (heard, first) = home.say(&hall, &[&address]);
        assert_eq!((heard.as_str(), first.stdout.as_slice()), ("안녕", &b"* you are now bot\n"[..]));
        let told = format!(
            "-- encrypted. {} was not known so far; the fingerprint of its certificate is\n--   {}\n",
            front.address(),
            identity.fingerprint()
        );
        check(&err(&first), &[&told, "-- it is remembered from now on, and you are warned when it changes\n"]);
        assert_eq!(home.known(), format!("{} {}\n", front.address(), identity.fingerprint()));
        let (heard, second) = home.say(&hall, &[&address]);
        assert_eq!((heard.as_str(), err(&second).as_str()), ("안녕", ""));
    }
}

#[test]
fn a_changed_certificate_is_refused_in_plain_words_until_it_is_accepted() {
    let (hall, old, new, home) = (Hall::open(), Identity::new(), Identity::new(), Home::new());
    let front = Front::open(&old, &hall.address());
    let address = format!("tls://{}", front.address());
    home.write("# mine\n");
    home.say(&hall, &[&address]);
    front.show(&new);
    let plain = front.address();
    let (was, is) = (format!("{plain} {}\n", old.fingerprint()), format!("{plain} {}\n", new.fingerprint()));
    let told = home.refused(&[&address]);
    let command = format!("`maru chat {plain} --accept-fingerprint {}`", new.fingerprint());
    let warning = format!("WARNING: {plain} does not show the certificate by which it is known; nothing was sent\n");
    check(&told, &[&warning, &format!("known: {}", old.fingerprint()), &format!("shown: {}", new.fingerprint())]);
    check(&told, &["somebody stands between you and it", &command]);
    check(&home.refused(&[&address, "--lang", "ko"]), &["경고: ", "서버의 인증서가 전과 다릅니다", &command]);
    assert_eq!(home.known(), format!("# mine\n{was}"), "nothing is accepted by the way");

    // What the warning says can be typed as it stands.
    let (heard, output) = home.say(&hall, &[&plain, "--accept-fingerprint", &new.fingerprint()]);
    assert_eq!(heard, "안녕");
    check(&err(&output), &["is known from now on by", &new.fingerprint()]);
    assert_eq!(home.known(), format!("# mine\n{is}"));
    let (_, output) = home.say(&hall, &[&address]);
    assert_eq!(err(&output), "");
    let told = home.refused(&[&address, "--accept-fingerprint", &old.fingerprint()]);
    check(&told, &["does not show the certificate that was to be accepted", &old.fingerprint(), &new.fingerprint()]);
}

#[test]
fn whoever_shows_a_certificate_without_having_its_key_is_found_out() {
    for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
        let (hall, identity, home) = (Hall::open(), Identity::new(), Home::new());
        let front = Front::speaking(&identity.impostor(), &hall.address(), versions);
        home.write(&format!("{} {}\n", front.address(), identity.fingerprint()));
        let told = home.refused(&[&format!("tls://{}", front.address())]);
        check(&told, &[" does not have the key of the certificate that it shows; nothing was sent\nhint: "]);
        let told = home.refused(&[&format!("tls://{}", front.address()), "--lang", "ko"]);
        check(&told, &["인증서의 열쇠를 갖고 있지 않습니다", "\n도움말: "]);
    }
}

#[test]
fn another_machine_is_spoken_to_in_tls_without_being_asked_and_then_in_nothing_else() {
    let (hall, identity, home) = (Hall::open(), Identity::new(), Home::new());
    let front = Front::open(&identity, &hall.address());
    let address = format!("0.0.0.0:{}", front.port);
    let (_, first) = home.say(&hall, &[&address]);
    check(&err(&first), &["-- encrypted. ", &identity.fingerprint()]);
    let (_, second) = home.say(&hall, &[&address]);
    assert_eq!(err(&second), "");

    // Somebody else is there, who speaks no TLS; with --lines and without.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("0.0.0.0:{}", plain.local_addr().unwrap().port());
    home.write(&format!("{address} {}\n", identity.fingerprint()));
    for (args, words) in [
        (vec![], ["used to speak TLS and does not now (it answers with something else)", "tcp://"]),
        (vec!["--lines", "--lang", "ko"], ["전에 TLS로 암호화했는데 지금은", "도움말: "]),
    ] {
        let told = thread::scope(|scope| {
            let client = scope.spawn(|| home.refused(&[&[address.as_str()], args.as_slice()].concat()));
            let mut stream = plain.accept().unwrap().0;
            stream.write_all(b"* welcome\n").unwrap();
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all);
            assert!(!String::from_utf8_lossy(&all).contains("bot"), "nothing of the conversation was sent");
            client.join().unwrap()
        });
        check(&told, &words);
    }
}

#[test]
fn another_machine_without_tls_is_spoken_to_unencrypted_and_that_is_said() {
    // As a hall without TLS answers, as one of another kind, and as one that hangs up.
    for answer in [&[0x15, 3, 1, 0, 2, 2, 40][..], b":hall NOTICE * :come in\r\n", b""] {
        let (hall, home) = (Hall::open(), Home::new());
        let address = hall.address().replace("127.0.0.1", "0.0.0.0");
        let (file, args) = (home.file(), ["--nick", "bot", "--known-hosts"]);
        thread::scope(|scope| {
            let client = scope.spawn(|| pipe(&[&[&*address], &args[..], &[file.to_str().unwrap()]].concat(), "안녕\n"));
            hall.silent_guest().answer_and_cut(answer);
            assert_eq!(heard(&hall.guest()), "안녕");
            let output = client.join().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            let said =
                format!("-- NOT encrypted: {address} speaks no TLS, and others on the way can read what is said\n");
            assert_eq!(err(&output), said);
            assert_eq!(home.known(), "");
        });
        // Asked for, it is plain without a word and without a try; and TLS or nothing is nothing.
        let (_, output) = home.say(&hall, &[&format!("tcp://{address}")]);
        assert_eq!(err(&output), "");
    }
}

#[test]
fn tls_or_nothing_is_nothing_when_the_server_speaks_none() {
    let (hall, home) = (Hall::open(), Home::new());
    let address = hall.address();
    let told = thread::scope(|scope| {
        let client = scope.spawn(|| home.refused(&[&format!("tls://{address}")]));
        let guest = hall.silent_guest();
        guest.say(":hall NOTICE * :you speak strangely");
        client.join().unwrap()
    });
    check(&told, &[&format!("{address} speaks no TLS: it answers with something else\nhint: "), "tcp://"]);
    check(
        &home.refused(&[&format!("tcp://{address}"), "--accept-fingerprint", &Identity::new().fingerprint()]),
        &["a plain connection has no fingerprint"],
    );
    check(&home.refused(&[&address, "--accept-fingerprint", "sha256:12"]), &["\"sha256:12\" is no fingerprint"]);
}

#[test]
fn a_relay_of_the_simplest_kind_hears_nothing_but_what_is_said() {
    let relay = relay();
    let mut peer = TcpStream::connect(&relay).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    // The relay knows the peer once it has passed something on to it.
    let mut other = TcpStream::connect(&relay).unwrap();
    other.write_all(b".").unwrap();
    peer.read_exact(&mut [0]).unwrap();
    let home = Home::new();
    let (address, file) = (relay.replace("127.0.0.1", "0.0.0.0"), home.file());
    let output = pipe(&[&address, "--nick", "철수", "--lines", "--known-hosts", file.to_str().unwrap()], "하나\n");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    check(&err(&output), &["-- NOT encrypted: ", &format!("tls://{address}")]);
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "철수: 하나");
}

#[test]
fn plain_lines_go_over_tls_too_and_both_ends_are_closed_properly() {
    let (relay, home) = (relay(), Home::new());
    let front = Front::open(&Identity::new(), &relay);
    let mut peer = TcpStream::connect(&relay).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut other = TcpStream::connect(&relay).unwrap();
    other.write_all(b".").unwrap();
    peer.read_exact(&mut [0]).unwrap();
    let (address, file) = (format!("tls://{}", front.address()), home.file());
    let output = pipe(&[&address, "--nick", "철수", "--lines", "--known-hosts", file.to_str().unwrap()], "하나\n둘\n");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    let mut heard = String::new();
    peer.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "철수: 하나\n철수: 둘");
}

#[test]
fn a_certificate_that_the_system_trusts_may_be_renewed_without_a_word() {
    let (hall, home) = (Hall::open(), Home::new());
    let (authority, pem) = authority();
    let (old, new) = (Identity::of_authority(&authority, "127.0.0.1"), Identity::of_authority(&authority, "127.0.0.1"));
    let trusted = home.0.path().join("trusted.pem");
    fs::write(&trusted, pem).unwrap();
    let front = Front::open(&old, &hall.address());
    let (address, file) = (format!("tls://{}", front.address()), home.file());
    let say = || {
        thread::scope(|scope| {
            let client = scope.spawn(|| {
                let args = [&address, "--nick", "bot", "--known-hosts", file.to_str().unwrap()];
                pipe_with(&[("SSL_CERT_FILE", trusted.to_str().unwrap())], &args, "안녕\n")
            });
            assert_eq!(heard(&hall.guest()), "안녕");
            err(&client.join().unwrap())
        })
    };
    assert_eq!(say(), "");
    front.show(&new);
    assert_eq!(say(), "");
    assert_eq!(home.known(), format!("{} {}\n", front.address(), new.fingerprint()));
    // The same from an authority that is not trusted, or for another name, is a change like any other.
    let other = Identity::of_authority(&authority, "127.0.0.2");
    front.show(&other);
    let args = [&address, "--nick", "bot", "--known-hosts", file.to_str().unwrap()];
    let output = pipe_with(&[("SSL_CERT_FILE", trusted.to_str().unwrap())], &args, "secret\n");
    check(&err(&output), &["WARNING: ", &other.fingerprint()]);
    front.show(&old);
    check(&home.refused(&[&address]), &["WARNING: ", &old.fingerprint()]);
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_told() {
    let (hall, identity, home) = (Hall::open(), Identity::new(), Home::new());
    let front = Front::open(&identity, &hall.address());
    let address = format!("tls://{}", front.address());
    home.write(&format!("{} sha1:12\n# a word\n\nwhat\n", front.address()));
    let (_, output) = home.say(&hall, &[&address]);
    check(&err(&output), &["known_hosts, and left as it is: line 1, 4; ", "-- it is remembered from now on"]);
    assert!(home.known().starts_with(&format!("{} sha1:12\n# a word\n\nwhat\n", front.address())));
    home.write(&"#".repeat(300 * 1024));
    check(&home.refused(&[&address]), &["cannot read ", ": the file is too large\nhint: "]);
    check(&home.refused(&[&address, "--lang", "ko"]), &["읽을 수 없습니다: 파일이 너무 큽니다\n도움말: "]);

    // Where nothing can be written, the conversation goes on all the same.
    let home = Home::new();
    fs::write(home.0.path().join("state"), "").unwrap();
    check(&home.refused(&[&address]), &["cannot read "]);
    let home = Home::new();
    fs::create_dir_all(home.file().with_file_name("known_hosts.new")).unwrap();
    let (_, output) = home.say(&hall, &[&address]);
    check(&err(&output), &["-- encrypted. ", "-- the fingerprint is not remembered, as "]);
    let (heard, output) = thread::scope(|scope| {
        let client = scope.spawn(|| pipe(&[&address, "--nick", "bot"], "안녕\n"));
        (heard(&hall.guest()), client.join().unwrap())
    });
    assert_eq!((heard.as_str(), output.status.code()), ("안녕", Some(0)));
    check(&err(&output), &["-- the fingerprint is not remembered: there is no folder for it"]);
}

#[test]
fn much_goes_both_ways_at_once() {
    const LINES: usize = 3_000;
    let (hall, home) = (Hall::open(), Home::new());
    let front = Front::open(&Identity::new(), &hall.address());
    let (address, file) = (format!("tls://{}", front.address()), home.file());
    let long = |who: &str, n: usize| format!("{who} {n} {}", "마루".repeat(150));
    let input: String = (0..LINES).map(|n| long("client", n) + "\n").collect();
    let client =
        thread::spawn(move || pipe(&[&address, "--nick", "bot", "--known-hosts", file.to_str().unwrap()], &input));
    let guest = hall.guest();
    let say = guest.mouth();
    let speaker = thread::spawn(move || (0..LINES).for_each(|n| say(&long("홀:", n))));
    for n in 0..LINES {
        assert_eq!(guest.line(), long("client", n));
    }
    speaker.join().unwrap();
    assert_eq!(guest.line(), "/quit");
    let output = client.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let heard = String::from_utf8(output.stdout).unwrap();
    let said: Vec<String> = (0..LINES).map(|n| long("홀:", n)).collect();
    assert_eq!(heard.lines().skip(1).collect::<Vec<_>>(), said);
}

#[test]
fn a_terminal_shows_the_fingerprint_and_the_same_server_is_found_again() {
    let (hall, identity, home) = (Hall::open(), Identity::new(), Home::new());
    let front = Front::open(&identity, &hall.address());
    let (address, file) = (format!("tls://{}", front.address()), home.file());
    let args = [&address, "--nick", "철수", "--lang", "ko", "--known-hosts", file.to_str().unwrap()];
    let mut client = Client::start(80, 24, &args);
    let guest = hall.guest();
    client.wait_row(&format!("--   {}", identity.fingerprint()));
    client.wait_row("-- 서버가 시작할 때 출력한 지문과 같은지 확인하세요");
    client.wait_row("-- 지금부터 이 지문을 기억하고, 바뀌면 알려 줍니다");
    client.wait_rows(&["철수>"]);
    guest.cut();
    client.wait("the loss", |client| client.rows().iter().any(|row| row.starts_with("-- 연결이 끊겼습니다(")));
    client.press("다시\r");
    let guest = hall.guest();
    assert_eq!(guest.line(), "다시");
    client.press("exit\r");
    guest.gone();
    assert_eq!(client.ended(), 0);
    assert_eq!(client.written.matches(&identity.fingerprint()).count(), 1, "it is told once");
}

#[test]
fn a_certificate_that_changes_under_a_conversation_ends_it() {
    let (hall, old, new, home) = (Hall::open(), Identity::new(), Identity::new(), Home::new());
    let front = Front::open(&old, &hall.address());
    let (address, file) = (format!("tls://{}", front.address()), home.file());
    let mut client = Client::start(80, 24, &[&address, "--nick", "철수", "--known-hosts", file.to_str().unwrap()]);
    let guest = hall.guest();
    client.wait_rows(&["철수>"]);
    client.wait_row("* you are now 철수");
    front.show(&new);
    client.press("비밀");
    client.wait_rows(&["철수> 비밀"]);
    guest.cut();
    client.wait("the loss", |client| client.rows().iter().any(|row| row.starts_with("-- the connection is lost (")));
    client.press("\r");
    assert_eq!(client.ended(), 1);
    check(&client.written, &["WARNING: ", &old.fingerprint(), &new.fingerprint(), "-- not sent", "--   비밀"]);
    assert_eq!(home.known(), format!("{} {}\n", front.address(), old.fingerprint()));
}
