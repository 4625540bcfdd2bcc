//! Secrets appear nowhere: everything that the real program writes is searched for every password and key that it was
//! told. Each is a word of its own, so that finding it says which it was.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Peer, Server, Setup, admin, has, maru};
use hall::{Command, Effect, Keep, Proof, Rules, Secret, SessionId, Subject};
use rustix::process::Signal;

/// The server's own password.
const DOOR: &str = "door-secret-hx4q";
/// Passwords of accounts: the first, the next, the one that an admin gives, and that of an account an admin makes.
const FIRST: &str = "first-secret-k2ws";
const NEXT: &str = "next-secret-p9vr";
const GIVEN: &str = "given-secret-t5zb";
const MADE: &str = "made-secret-m7cd";
/// Passwords that are wrong, or that are no passwords.
const WRONG: &str = "wrong-secret-f3jn";
const WRONG_DOOR: &str = "wrongdoor-secret-e6yu";
const SHORT: &str = "sh0rt-q";
/// A room's key, a later one, and one that does not fit.
const KEY: &str = "key-secret-w8gl";
const NEXT_KEY: &str = "nextkey-secret-a1xo";
const WRONG_KEY: &str = "wrongkey-secret-s4id";

/// What may stand in no file at all.
const PASSWORDS: [&str; 8] = [DOOR, FIRST, NEXT, GIVEN, MADE, WRONG, WRONG_DOOR, SHORT];
/// What may stand in the ledger's own file, if it holds.
const KEYS: [&str; 3] = [KEY, NEXT_KEY, WRONG_KEY];

/// All forms in which a secret may be written: as it is, in base64, behind the name in a SASL message, in hex.
fn forms(secret: &str) -> Vec<String> {
    let plain = auth::encode_message(format!("\0minji\0{secret}").as_bytes());
    let hex = secret.bytes().map(|b| format!("{b:02x}")).collect();
    // The bytes, as Rust shows those.
    let list = format!("{:?}", secret.as_bytes());
    vec![
        secret.to_owned(),
        auth::encode_message(secret.as_bytes()),
        plain,
        hex,
        list.trim_matches(['[', ']']).to_owned(),
    ]
}

#[track_caller]
fn check_without(place: &str, bytes: &[u8], secrets: &[&str]) {
    for secret in secrets {
        for form in forms(secret) {
            let there = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!there, "{secret} is in {place}");
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(files(&entry.path())),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// Somebody who has given the server's password and has this name.
#[track_caller]
fn inside(server: &Server, name: &str) -> Peer {
    let mut peer = server.silent();
    peer.ask(&format!("/pass {DOOR}"));
    has(&peer.ask(&format!("/nick {name}")), &format!("you are now {name}"));
    peer
}

/// Everything that takes a secret, right and wrong.
fn tell_secrets(server: &Server, data: &Path) {
    has(&server.silent().ask(&format!("/pass {WRONG_DOOR}")), "! there is no such account");
    let mut minji = inside(server, "minji");
    has(&minji.ask(&format!("/register {SHORT}")), "! a password has at least");
    has(&minji.ask(&format!("/register {FIRST}")), "* the account minji is yours");
    has(&minji.ask(&format!("/password {WRONG} {NEXT}")), "! there is no such account");
    has(&minji.ask(&format!("/password {FIRST} {NEXT}")), "* the password is changed");
    minji.ask("/join #밀실");
    has(&minji.ask(&format!("/set key {KEY}")), "who comes in has to know the key");
    has(&minji.ask(&format!("/set key {NEXT_KEY}")), "who comes in has to know the key");
    minji.ask("/own");
    minji.ask("안에서 하는 말");

    let mut other = inside(server, "철수");
    has(&other.ask(&format!("/join #밀실 {WRONG_KEY}")), "! #밀실 has a key");
    has(&other.ask(&format!("/join #밀실 {NEXT_KEY}")), "* you are in #밀실");
    for command in ["/rules", "/rooms", "/who", "/history", "/search 열쇠"] {
        check_without(command, other.ask(command).as_bytes(), &KEYS);
    }
    has(&other.ask(&format!("/login minji {WRONG}")), "! there is no such account");
    // What is typed wrongly is shown to nobody but its author, if at all.
    other.ask(&format!("/logn minji {NEXT}"));
    other.ask(&format!("/login 이름이될수없는:이름 {NEXT}"));
    other.ask(&format!("/unregister {WRONG}"));
    plain(&mut other, WRONG, "! there is no such account");
    plain(&mut other, NEXT, "* you are logged in as minji");
    let mut scram_client = inside(server, "프로그램");
    scram(&mut scram_client, WRONG, "! there is no such account");
    scram(&mut scram_client, NEXT, "* you are logged in as minji");

    assert_eq!(admin(data, &["create", "영희"], &format!("{MADE}\n")).0, 0);
    assert_eq!(admin(data, &["password", "영희"], &format!("{GIVEN}\n")).0, 0);
    has(&inside(server, "누구").ask(&format!("/login 영희 {GIVEN}")), "* you are logged in as 영희");
    assert_eq!(admin(data, &["grant", "minji"], "").0, 0);
    has(&minji.ask("/join #audit"), "create 영희");
    has(&minji.ask(&format!("/admin create 민수 {MADE}")), "* done: create 민수");
    has(&minji.ask(&format!("/admin password 민수 {GIVEN}")), "* done: password 민수");
    let audit = minji.ask("/history 200");
    has(&audit, "/admin password 민수");
    check_without("#audit", audit.as_bytes(), &[&PASSWORDS[..], &KEYS].concat());
    has(&minji.ask(&format!("/admin create 민수:민수 {MADE}")), "! ");
}

/// Logs in by SASL PLAIN (RFC 4616).
#[track_caller]
fn plain(peer: &mut Peer, password: &str, expect: &str) {
    let message = auth::encode_message(format!("\0minji\0{password}").as_bytes());
    peer.ask("/auth PLAIN");
    has(&peer.ask(&format!("/auth {message}")), expect);
}

/// Logs in by SCRAM-SHA-256 (RFC 7677).
#[track_caller]
fn scram(peer: &mut Peer, password: &str, expect: &str) {
    let mut client = auth::scram::Client::new("minji", password, [7; auth::NONCE_BYTES]).unwrap();
    peer.ask("/auth SCRAM-SHA-256");
    let challenge = peer.ask(&format!("/auth {}", auth::encode_message(&client.first())));
    let challenge = challenge.lines().find_map(|line| line.strip_prefix("* auth ")).expect("a challenge");
    let answer = client.answer(&auth::decode_message(challenge).unwrap()).unwrap();
    has(&peer.ask(&format!("/auth {}", auth::encode_message(&answer))), expect);
}

#[track_caller]
fn check_everything(format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let config = format!("password = \"{DOOR}\"\n\n[log]\nformat = \"{format}\"\n");
    let file = folder.path().join("maru.toml");
    std::fs::write(&file, &config).unwrap();
    let mut server = Setup::new().data(&data).config(&config).var("MARU_LOG", "trace").start();
    tell_secrets(&server, &data);

    let all = [&PASSWORDS[..], &KEYS].concat();
    let run = |args: &[&str]| -> Output { maru(folder.path()).args(args).output().unwrap() };
    let (dir, file) = (data.to_str().unwrap(), file.to_str().unwrap());
    let out = folder.path().join("export.jsonl");
    let commands: [&[&str]; 10] = [
        &["config", "check", file],
        &["search", "말", "--data-dir", dir],
        &["search", "secret", "--data-dir", dir],
        &["export", "--data-dir", dir],
        &["export", out.to_str().unwrap(), "--data-dir", dir],
        &["verify", "--data-dir", dir],
        &["admin", "--data-dir", dir, "accounts"],
        &["admin", "--data-dir", dir, "rooms"],
        &["admin", "--data-dir", dir, "who"],
        &["admin", "--data-dir", dir, "create", "minji", "in-the-arguments"],
    ];
    for args in commands {
        let Output { stdout, stderr, .. } = run(args);
        check_without(&args.join(" "), &[stdout, stderr].concat(), &all);
    }
    let printed = maru(folder.path()).args(["config", "print"]).env("MARU_PASSWORD", DOOR).output().unwrap();
    has(&String::from_utf8_lossy(&printed.stdout), "password = ");
    check_without("config print", &[printed.stdout, printed.stderr].concat(), &all);
    check_without("an export", &std::fs::read(&out).unwrap(), &all);
    check_without("what it tells its operator", server.greeting().as_bytes(), &all);

    // While it runs, and when all of it is written and every file is closed.
    let check_files = || {
        let files = files(&data);
        assert!(files.iter().any(|file| file.ends_with("search.db")), "{files:?}");
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&file).unwrap_or_default();
            check_without(&name, &bytes, &PASSWORDS);
            // The room's key is what it is: whoever runs the server could read it, and nobody else can open the file.
            let keys: &[&str] = if name.starts_with("ledger.db") { &[WRONG_KEY] } else { &KEYS };
            check_without(&name, &bytes, keys);
        }
    };
    check_files();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), 0);
    check_files();
    let ledger = std::fs::read(data.join("ledger.db")).unwrap();
    assert!(
        ledger.windows(NEXT_KEY.len()).any(|window| window == NEXT_KEY.as_bytes()),
        "what is searched is the ledger"
    );
    check_without("the ledger, a key that holds no more", &ledger, &[KEY]);
    // What is searched is the log, with everything in it.
    let log = server.log().to_end();
    has(&log, if format == "json" { "\"level\":\"DEBUG\"" } else { "DEBUG" });
    has(&log, "connected");
    check_without("the log", log.as_bytes(), &all);
}

#[test]
fn secrets_appear_nowhere_with_a_log_of_text() {
    check_everything("text");
}

#[test]
fn secrets_appear_nowhere_with_a_log_of_json() {
    check_everything("json");
}

#[test]
fn a_configuration_that_is_wrong_does_not_show_the_password() {
    for config in [
        format!("password = \"{DOOR}\"\nnonsense = 1\n"),
        format!("password = {DOOR}\n"),
        format!("password = \"{DOOR}\n"),
        format!("password = [\"{DOOR}\"]\n"),
        format!("pasword = \"{DOOR}\"\n"),
        format!("password = {{ is = \"{DOOR}\" }}\n"),
        format!("[limits]\npassword = \"{DOOR}\"\n"),
    ] {
        let (code, said) = Setup::new().config(&config).fail();
        assert_ne!(code, 0);
        check_without(&format!("the complaint about {config:?}"), said.as_bytes(), &[DOOR]);
    }
}

#[test]
fn no_debug_shows_a_secret() {
    let secret = || Secret::new(WRONG);
    let nick = || hall::Nick::new("minji", 30).unwrap();
    let room = || hall::RoomName::new("#room", 50).unwrap();
    let commands = [
        Command::Pass(secret()),
        Command::Register(secret()),
        Command::Login { account: Some(nick()), password: secret() },
        Command::Password { old: secret(), new: secret() },
        Command::Unregister(secret()),
        Command::Join(room(), Some(secret())),
        Command::Rule { room: None, change: hall::Change::Key(Some(secret())) },
        Command::Admin(hall::Admin::Create(nick(), secret())),
        Command::Admin(hall::Admin::Reset(nick(), secret())),
    ];
    let proof = Proof::Check { verifier: Some(secret()), password: secret() };
    let effects = [Effect::Prove(SessionId(1), proof.clone()), Effect::Prove(SessionId(1), Proof::Derive(secret()))];
    let keep = Keep::Set(Subject::Hall, "verifier".to_owned(), secret());
    let rules = Rules { key: Some(secret()), ..Rules::default() };
    let policy = hall::Policy { password: Some(secret()), ..hall::Policy::default() };
    let settings = server::Settings { policy: policy.clone(), ..server::Settings::default() };
    let step = auth::Step::Password { account: "minji".to_owned(), password: secret() };
    let asked = wire::lines::Auth::Begin("PLAIN".to_owned(), Some(secret()));
    let client = auth::scram::Client::new("minji", WRONG, [7; auth::NONCE_BYTES]).unwrap();
    let shown = format!(
        "{commands:?} {effects:?} {proof:?} {keep:?} {rules:?} {policy:?} {settings:?} {step:?} {asked:?} {client:?}"
    );
    check_without("a Debug", shown.as_bytes(), &[WRONG]);
    assert_eq!(shown.matches("Secret(…)").count(), 21, "{shown}");
}

#[test]
fn addresses_are_shown_to_admins_only() {
    const HERE: std::net::Ipv4Addr = std::net::Ipv4Addr::new(127, 55, 66, 77);
    let folder = tempfile::tempdir().unwrap();
    let server = Setup::new().data(folder.path()).start();
    let mut watched = Peer::connect_from(HERE, server.address).unwrap();
    has(&watched.ask("/nick minji"), "minji");
    has(&watched.ask(&format!("/register {FIRST}")), "is yours");
    let mut other = server.peer("철수");
    watched.say("/join #방\n안녕하세요\n/topic 주제\n/msg 철수 귓속말\n/me waves\n/nick 다른이름\n/nick minji\n");
    watched.sync();
    let mut heard = other.sync().join("\n");
    // Whoever keeps a room in order sees whom a ban is for, and not where they are.
    other.ask("/join #우리방");
    watched.ask("/join #우리방");
    let questions = [
        "/who",
        "/who #방",
        "/rooms",
        "/history 200",
        "/search 안녕하세요",
        "/join #방",
        "/rules",
        "/join #우리방",
        "/ban minji",
        "/ban",
        "/quiet minji 1h",
        "/quiet",
        "/except minji",
        "/invite minji",
        "/ignore minji",
        "/ignore",
        "/account",
        "/unread",
        "/ban 127.55.0.0/16",
        "/admin who",
        "/admin bans",
        "/admin accounts",
        "/join #audit",
        "/login minji wrong-password",
        "/kick minji",
    ];
    for question in questions {
        heard += &other.ask(question);
    }
    let mut guest = Peer::connect_from(HERE, server.address).unwrap();
    guest.ask("/nick 손님");
    guest.ask("/join #우리방");
    for question in ["/ban 손님", "/ban", "/kick 손님", "/unban 손님"] {
        heard += &other.ask(question);
    }
    heard += &other.sync().join("\n");
    has(&heard, "! only admins can do that");
    assert!(!heard.contains("127.55.66.77") && !heard.contains("55.66.77"), "{heard}");
    // One's own are one's own, and an admin sees all.
    has(&watched.ask("/account"), "127.55.66.77");
    has(&admin(folder.path(), &["who"], "").1, "127.55.66.77");
    has(&admin(folder.path(), &["grant", "minji"], "").1, "done");
    has(&watched.ask("/admin who"), "127.55.66.77");
}
