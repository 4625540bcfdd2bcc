//! What IRC clients are told when the configuration is read again, over real sockets and a real SIGHUP.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use common::{Peer, Server, Setup, has, times};
use rustix::process::Signal;

/// Has the server read another configuration, for the so-manieth time.
#[track_caller]
fn reload(server: &Server, toml: &str, count: usize) {
    server.configure(toml);
    server.signal(Signal::HUP);
    server.log().expect("a word that it has read its configuration again", |log| {
        (times(&String::from_utf8_lossy(log), "configuration reloaded") == count).then_some(())
    });
}

/// The lines that somebody is sent before the answer to a ping.
#[track_caller]
fn heard(peer: &mut Peer) -> Vec<String> {
    peer.say("PING barrier\r\n");
    let mut lines = peer.until(" PONG ");
    lines.pop();
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Somebody who comes over IRC.
#[track_caller]
fn come(mut peer: Peer, nick: &str, caps: &str) -> Peer {
    peer.say(format!("{caps}NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END\r\n"));
    peer.until(" MODE ");
    peer
}

#[test]
fn a_policy_of_tls_is_told_to_those_who_are_there_and_taken_back() {
    let server = Setup::new().config("").start();
    let mut plain = come(server.silent(), "plain", "CAP LS 302\r\n");
    let mut secure = come(server.silent().secured(&[]), "secure", "CAP LS 302\r\n");
    let mut old = come(server.silent().secured(&[]), "old", "CAP REQ :cap-notify\r\n");

    reload(&server, "[tls]\nsts = true\n", 1);
    let port = format!(":maru.hall CAP plain NEW :sts=port={}", server.port());
    assert_eq!(heard(&mut plain), [port]);
    assert_eq!(heard(&mut secure), [":maru.hall CAP secure NEW :sts=duration=2592000"]);
    assert!(heard(&mut old).is_empty());

    // What is as it was is told to nobody; what holds from the next start only is said in the log.
    reload(&server, "[tls]\nsts = true\n[irc]\nserver_name = \"other.hall\"\n", 2);
    has(&server.log().text(), "`irc.server_name` has changed and will hold from the next start");
    assert!(heard(&mut plain).is_empty() && heard(&mut secure).is_empty());

    reload(&server, "", 3);
    assert!(heard(&mut plain).is_empty());
    assert_eq!(heard(&mut secure), [":maru.hall CAP secure NEW :sts=duration=0"]);
    // Who comes later and remembers it is told so, too.
    let mut late = server.silent().secured(&[]);
    late.say("CAP LS 302\r\n");
    has(&late.until("znc.in/playback").pop().unwrap(), " sts=duration=0");
    let mut late = server.silent();
    late.say("CAP LS 302\r\n");
    assert!(!late.until("znc.in/playback").pop().unwrap().contains("sts="));
}

#[test]
fn an_admin_has_the_configuration_read_again() {
    let server = Setup::new().config("[irc]\nnetwork = \"Before\"\n").start();
    let mut admin = come(server.silent(), "minji", "CAP LS 302\r\n");
    admin.say("REGISTER * * :hunter2hunter2\r\n");
    admin.until(" 900 ");
    assert_eq!(common::admin(&server.data(), &["grant", "minji"], "").0, 0);
    admin.say("OPER minji hunter2hunter2\r\n");
    admin.until(" 381 ");
    server.configure(
        "registration = \"closed\"\n[irc]\nnetwork = \"After\"\nmotd = \"안녕\\n하세요\"\nadmin = \"민지\"\n",
    );
    admin.say("REHASH\r\n");
    admin.until("CAP minji DEL :draft/account-registration");
    admin.say("MOTD\r\nADMIN\r\n");
    has(&admin.until(" 376 ").join("\n"), ":- 하세요");
    let told = admin.until(" 259 ").join("\n");
    has(&told, "After");
    has(&told, ":민지");
    let mut other = server.silent();
    other.say("NICK other\r\nUSER o 0 * :o\r\n");
    has(&other.until(" MODE ").join("\n"), " NETWORK=After ");
}
