//! What IRC clients are told when the configuration is read again, and gateways that say for whom they speak: over real
//! sockets, with a real SIGHUP.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::net::Ipv4Addr;

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
    has(&late.until("draft/metadata-3").pop().unwrap(), " sts=duration=0");
    let mut late = server.silent();
    late.say("CAP LS 302\r\n");
    assert!(!late.until("draft/metadata-3").pop().unwrap().contains("sts="));
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

#[test]
fn who_only_reads_is_told_to_the_end_who_is_there() {
    let server = Setup::new().limit("people_per_answer", 2).start();
    let mut others = Vec::new();
    for nick in ["minsu", "jisu", "hana", "duri"] {
        let mut other = come(server.silent(), nick, "");
        other.say("JOIN #big\r\n");
        other.until(" 366 ");
        others.push(other);
    }
    let mut phone = come(server.silent(), "younghee", "");
    phone.say("REGISTER * * :hunter2hunter2\r\n");
    phone.until(" 900 ");
    // It asks for what was said by itself, so that nothing is on its way to it beside the names.
    let mut desk = come(server.silent(), "desk", "CAP REQ :draft/chathistory\r\n");
    desk.say("PRIVMSG NickServ :IDENTIFY younghee hunter2hunter2\r\n");
    desk.until(" 900 ");
    heard(&mut desk);
    phone.say("JOIN #big\r\n");
    // The other client of that person says nothing from here on.
    let names = desk.until(" 366 ");
    assert_eq!(names.iter().filter(|line| line.contains(" 353 ")).count(), 3, "{names:?}");
}

/// What a gateway says first: its password, and the client's address.
fn webirc(password: &str, address: &str, options: &str) -> String {
    format!("WEBIRC {password} gate host.example {address} :{options}\r\n")
}

/// Somebody who comes by a gateway, from this address of the loopback to the server.
fn by_gateway(server: &Server, from: Ipv4Addr, first: &str) -> Peer {
    let mut peer = Peer::connect_from(from, server.address).unwrap();
    peer.say(first);
    peer
}

/// Makes sure that a connection ends with this.
#[track_caller]
fn is_refused(mut peer: Peer, why: &str) {
    assert_eq!(peer.rest_text(), format!("ERROR :Closing Link: {why}\r\n"));
}

/// What somebody is told of themselves: from where they come, and whether securely.
#[track_caller]
fn whois(peer: &mut Peer, nick: &str) -> String {
    peer.say(format!("WHOIS {nick}\r\n"));
    peer.until(" 318 ").join("\n")
}

const GATEWAY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);
const PASSWORD: &str = "hunter2hunter2";
/// What `printf %s hunter2hunter2 | sha256sum` prints.
const HASH: &str = "76880d60191af3b3f803a656b7716f0179928357fc32421ced973ed265e15718";

#[test]
fn a_gateway_is_believed_by_its_place_and_its_password() {
    let gateways = format!("irc.gateways = [\"{GATEWAY} sha256:{HASH}\"]\nproxy.trusted = [\"{PROXY}\"]\n");
    let server = Setup::new().config(&gateways).start();
    let by = |from, first: &str| by_gateway(&server, from, first);
    let mut minji = come(by(GATEWAY, &webirc(PASSWORD, "2001:db8::7", "secure")), "minji", "");
    let told = whois(&mut minji, "minji");
    has(&told, "*@2001:db8::7 2001:db8::7");
    assert!(!told.contains(" 671 "), "the way from the gateway to here is not in TLS");
    is_refused(by(GATEWAY, &webirc("hunter3hunter3", "192.0.2.7", "")), "Invalid WebIRC password");
    is_refused(by(GATEWAY, &webirc(&format!("sha256:{HASH}"), "192.0.2.7", "")), "Invalid WebIRC password");
    is_refused(by(GATEWAY, &webirc(PASSWORD, "nowhere", "")), "WEBIRC needs the client's address");
    is_refused(by(GATEWAY, &format!("WEBIRC {}\r\n", "x".repeat(600))), "WEBIRC needs the client's address");
    is_refused(by(STRANGER, &webirc(PASSWORD, "192.0.2.7", "")), "You may not speak for others");
    // However it arrives.
    let line = webirc(PASSWORD, "192.0.2.6", "");
    let mut pieces = by(GATEWAY, &line[..3]);
    pieces.say(&line[3..20]);
    pieces.say(&line[20..]);
    let mut pieces = come(pieces, "pieces", "");
    has(&whois(&mut pieces, "pieces"), "*@192.0.2.6 192.0.2.6");
    // Who is trusted to say so in a PROXY header needs no password, until there is one for it.
    let mut old = come(by(PROXY, &webirc("whatever", "192.0.2.8", "")), "old", "");
    has(&whois(&mut old, "old"), "*@192.0.2.8 192.0.2.8");
    let more = gateways.replace("\"]\nproxy", &format!("\", \"{PROXY}/32 another-one\"]\nproxy"));
    reload(&server, &more, 1);
    is_refused(by(PROXY, &webirc("whatever", "192.0.2.8", "")), "Invalid WebIRC password");
    let mut new = come(by(PROXY, &webirc("another-one", "192.0.2.9", "")), "new", "");
    has(&whois(&mut new, "new"), "*@192.0.2.9 192.0.2.9");
    // A gateway behind a proxy is believed by its own address.
    let header = format!("PROXY TCP4 {GATEWAY} 127.0.0.1 4711 55555\r\n");
    let mut both = come(by(PROXY, &(header + &webirc(PASSWORD, "192.0.2.10", ""))), "both", "");
    has(&whois(&mut both, "both"), "*@192.0.2.10 192.0.2.10");
}

#[test]
fn tls_counts_on_the_whole_way_alone_and_a_gateways_certificate_is_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let own = common::tls::certificate(folder.path(), "gate");
    let server = Setup::new().config(&format!("irc.gateways = \"127.0.0.1 {PASSWORD}\"\n")).start();
    let gate = |first: &str| {
        let mut peer = server.silent().certified(&own);
        peer.say(first);
        peer
    };
    let mut whole = come(gate(&webirc(PASSWORD, "192.0.2.7", "secure=yes")), "whole", "CAP REQ :sasl\r\n");
    has(&whois(&mut whole, "whole"), " 671 ");
    let mut half = come(gate(&webirc(PASSWORD, "192.0.2.8", "")), "half", "");
    assert!(!whois(&mut half, "half").contains(" 671 "));
    // Somebody whose certificate this is would be let in by it.
    let mut owner = come(server.silent().certified(&own), "owner", "");
    owner.say("REGISTER * * :hunter2hunter2\r\nPRIVMSG maru :certificate add\r\n");
    owner.until(" 900 ");
    heard(&mut owner);
    whole.say("AUTHENTICATE EXTERNAL\r\nAUTHENTICATE +\r\n");
    has(whole.until(" 904 ").last().unwrap(), "your connection has shown no certificate");
}

#[test]
fn a_client_behind_a_gateway_counts_for_its_own_address() {
    let gateway = format!("irc.gateways = [\"{GATEWAY} {PASSWORD}\"]\n");
    let server = Setup::new().config(&gateway).limit("connections_per_address", 2).start();
    let come_from = |address: &str| {
        let mut peer = by_gateway(&server, GATEWAY, &webirc(PASSWORD, address, ""));
        peer.say("CAP LIST\r\n");
        peer
    };
    let mut clients: Vec<Peer> =
        ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3"].into_iter().map(come_from).collect();
    for client in &mut clients {
        client.until(" LIST ");
    }
    // The gateway itself, which says for whom it speaks with nothing else, counts as anybody.
    let own: Vec<Peer> = (0..2)
        .map(|_| {
            let mut peer = by_gateway(&server, GATEWAY, "CAP LIST\r\n");
            peer.until(" LIST ");
            peer
        })
        .collect();
    has(&by_gateway(&server, GATEWAY, "CAP LIST\r\n").rest_text(), "too many connections from your address");
    is_refused(
        by_gateway(&server, GATEWAY, &webirc(PASSWORD, "192.0.2.1", "")),
        "too many connections from your address",
    );
    come_from("192.0.2.2").until(" LIST ");
    drop(own);
    // Who leaves gives the place back to whom it was taken for.
    clients.truncate(1);
    assert_eq!(common::admin(&server.data(), &["ban", "192.0.2.9/32"], "").0, 0);
    is_refused(by_gateway(&server, GATEWAY, &webirc(PASSWORD, "192.0.2.9", "")), "your address is kept out");
    loop {
        // The server hears of those who have left when it does.
        let mut again = come_from("192.0.2.1");
        if again.line().contains(" LIST ") {
            break;
        }
    }
}

#[test]
fn wrong_passwords_of_a_gateway_count_as_any_others() {
    let gateway = format!("irc.gateways = [\"{GATEWAY} {PASSWORD}\"]\n");
    let server = Setup::new().config(&gateway).limit("login_failures_per_hour", 2).start();
    for _ in 0..2 {
        is_refused(by_gateway(&server, GATEWAY, &webirc("guess-guess", "192.0.2.1", "")), "Invalid WebIRC password");
    }
    let told = by_gateway(&server, GATEWAY, &webirc(PASSWORD, "192.0.2.1", "")).rest_text();
    has(&told, "too many wrong passwords");
}
