//! Accounts, rules and bars with the real program: they outlive a server that is killed, and who runs it keeps it in order.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::net::Ipv4Addr;
use std::path::Path;

use common::{Peer, Server, Setup, admin, has};
use rustix::process::Signal;

const PASSWORD: &str = "열려라참깨열려라";
/// An address of this machine that is to be kept out.
const BARRED: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

#[track_caller]
fn done(data: &Path, words: &[&str]) {
    let said = admin(data, words, "");
    assert_eq!(said, (0, format!("done: {}\n", words.join(" "))));
}

#[test]
fn accounts_rules_and_bars_outlive_a_server_that_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let mut server = Setup::new().data(home.path()).start();
    let mut owner = server.peer("영희");
    has(&owner.ask(&format!("/register {PASSWORD}")), "* the account 영희 is yours");
    owner.say("/join #방\n/own\n/set key 참깨\n/set secret on\n/account always-on on\n");
    owner.until("* you are here without a connection, too");
    let mut guest = server.peer("민수");
    has(&guest.ask(&format!("/register {PASSWORD}")), "* the account 민수 is yours");
    owner.say("/op 민수\n/ban troll*\n");
    owner.until("* #방: troll*!*@* is banned");
    guest.say("/quit\n");
    guest.rest();
    // What is said to somebody who is not there is kept for them.
    has(&owner.ask("/msg 민수 언제 와요?"), "* 민수 is not here; it is kept for them");
    done(home.path(), &["grant", "영희"]);
    done(home.path(), &["ban", "127.0.0.9/32", "spam"]);
    server.signal(Signal::KILL);
    server.exit_code();
    drop(server);

    let server = Setup::new().data(home.path()).start();
    let mut other = server.peer("지수");
    has(&other.ask("/nick 영희"), "! 영희 belongs to an account");
    has(&other.ask("/rooms"), "* rooms:");
    has(&other.ask("/join #방"), "! #방 has a key");
    let mut minsu = server.silent();
    minsu.say(format!("/login 민수 {PASSWORD}\n"));
    minsu.until("* you are logged in as 민수");
    minsu.until("[영희 -> you] 언제 와요?");
    minsu.say("/join #방\n");
    // The owner is in the room although nobody is connected.
    minsu.until("* you are in #방: 2 people");
    assert_eq!(minsu.ask("/who"), "* #방: @민수, ~영희");
    has(&minsu.ask("/ban"), "* banned from #방:");
    let mut owner = server.silent();
    owner.say(format!("/login 영희 {PASSWORD}\n/admin bans\n"));
    owner.until("*   127.0.0.9/32: spam [console");
    drop(server);
}

#[test]
fn a_renamed_room_outlives_a_server_that_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let mut server = Setup::new().data(home.path()).start();
    let mut owner = server.peer("영희");
    has(&owner.ask(&format!("/register {PASSWORD}")), "* the account 영희 is yours");
    owner.say("/join #방\n/own\n/set key 참깨\n/topic 점심\n/account always-on on\n옛날 이야기\n/read\n");
    owner.until("* #방 is read so far");
    owner.say("/rename #새방 이사\n");
    owner.until("* #방 is called #새방 now");
    // The index has entries from before and from after.
    owner.say("새 이야기\n");
    owner.sync();
    server.signal(Signal::KILL);
    server.exit_code();
    drop(server);

    let server = Setup::new().data(home.path()).start();
    let mut guest = server.peer("민수");
    has(&guest.ask("/join #새방"), "! #새방 has a key");
    guest.say("/join #새방 참깨\n");
    guest.until("* you are in #새방: 2 people");
    guest.until("* topic: 점심");
    let shown = guest.until("새 이야기").join("\n");
    has(&shown, "#새방] 영희: 옛날 이야기");
    assert_eq!(guest.ask("/who"), "* #새방: 민수, ~영희");
    has(&guest.ask("/search 옛날"), "#새방] 영희: *옛날* 이야기");
    let mut owner = server.silent();
    owner.say(format!("/login 영희 {PASSWORD}\n/unread #새방\n"));
    let unread = owner.until("새 이야기");
    assert!(!unread.last().unwrap().contains("옛날"), "{unread:?}");
    // What was another room's name is nobody's.
    guest.say("/join #방\n");
    guest.until("* you are in #방: 1 person");
    drop(server);
}

#[test]
fn who_runs_the_server_keeps_it_in_order_from_the_command_line() {
    let mut server = Server::start();
    let data = server.data();
    let mut peer = server.peer("지수");
    // The password is read, not given where everybody on the machine sees it.
    assert_eq!(admin(&data, &["create", "minji"], "hunter2hunter2\n"), (0, "done: create minji\n".to_owned()));
    let short = admin(&data, &["password", "minji"], "short\n");
    assert_eq!(short, (1, "a password has at least 8 characters\n".to_owned()));
    done(&data, &["grant", "minji"]);
    let (code, out) = admin(&data, &["who"], "");
    assert_eq!(code, 0);
    has(&out, "  지수 127.0.0.1\n");
    let (code, said) = admin(&data, &["dance"], "");
    assert_eq!(code, 1);
    has(&said, "write it as /admin accounts|rooms|who|");
    done(&data, &["announce", "곧", "멈춥니다"]);
    peer.until("* announcement by console: 곧 멈춥니다");
    done(&data, &["kill", "지수", "안녕히"]);
    has(&peer.rest_text(), "! an admin closed your connection: 안녕히\n");
    // Whoever comes from a network that is kept out is told so, and nobody else is.
    let mut stays = server.peer("민수");
    done(&data, &["ban", "127.0.0.8/31"]);
    let mut barred = Peer::connect_from(BARRED, server.address).unwrap();
    barred.try_say("hello\n");
    has(&barred.rest_text(), "! your address is kept out\n");
    stays.sync();
    done(&data, &["unban", "127.0.0.8/31"]);
    let mut again = Peer::connect_from(BARRED, server.address).unwrap();
    again.say("/nick 다시\n");
    again.until("* you are now 다시");
    let (code, out) = admin(&data, &["drain"], "");
    assert_eq!(code, 0);
    has(&out, "done: drain\n");
    has(&stays.rest_text(), "* the hall is closing\n");
    assert_eq!(server.exit_code(), 0);
    let (code, err) = admin(&data, &["who"], "");
    assert_eq!(code, 1);
    has(&err, "error: no server answers at ");
}

#[test]
fn a_certificate_stands_for_a_password() {
    let server = Server::start();
    let files = tempfile::tempdir().unwrap();
    let own = common::tls::certificate(files.path(), "minji");
    let mut peer = Peer::connect(server.address).certified(&own);
    peer.say(format!("/nick 영희\n/register {PASSWORD}\n/account certificate on\n"));
    peer.until("* the certificate ");
    has(&peer.ask("/account"), "* the account 영희");
    drop(peer);
    let mut again = Peer::connect(server.address).certified(&own);
    has(&again.ask("/auth EXTERNAL +"), "* you are logged in as 영희");
    let mut other = Peer::connect(server.address).secured(&[]);
    has(&other.ask("/auth EXTERNAL +"), "! your connection has shown no certificate");
}

#[test]
fn files_with_secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let mut peer = server.peer("영희");
    has(&peer.ask(&format!("/register {PASSWORD}")), "* the account 영희 is yours");
    for name in ["ledger.db", "ledger.db-wal", "search.db", "tls-key.pem", "admin.sock"] {
        let mode = std::fs::metadata(server.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is {mode:o}");
    }
}
