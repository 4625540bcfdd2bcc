//! TLS of every wrong kind, and proxies that are none.

use std::net::Ipv4Addr;

use crate::common::{Peer, tls};
use crate::stage::{Stage, elsewhere, stranger};

/// What a client says first in TLS.
fn hello() -> Vec<u8> {
    let mut bytes = Vec::new();
    tls::client(&[], None).write_tls(&mut bytes).unwrap();
    bytes
}

/// A record of this kind.
fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3, length[0], length[1]], payload].concat()
}

/// Beginnings of TLS that come to nothing.
fn broken() -> Vec<Vec<u8>> {
    let hello = hello();
    let (head, body) = hello.split_at(5);
    let fragments: Vec<u8> = body.iter().flat_map(|byte| record(0x16, &[*byte])).collect();
    let mut wrong_version = hello.clone();
    wrong_version[9..11].copy_from_slice(&[9, 9]);
    let mut endless = hello.clone();
    endless[6..9].copy_from_slice(&[0xff, 0xff, 0xff]);
    vec![
        b"\x16\x03\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\x16\x03\x01\x00\x00".to_vec(),
        [b"\x16\x03\x03\xff\xff".to_vec(), vec![1; 70_000]].concat(),
        [b"\x16\x03\x01\x40\x01".to_vec(), vec![1; 20_000]].concat(),
        b"\x16\x03\x01 and then some text\nfor everybody\n/nick spoofed\n".to_vec(),
        // The client's greeting cut short, with a length that never comes, and followed by what does not follow it.
        head.to_vec(),
        hello[..hello.len() / 2].to_vec(),
        hello[..hello.len() - 1].to_vec(),
        endless,
        wrong_version,
        fragments[..fragments.len() - 6].to_vec(),
        [hello.clone(), record(0x17, b"application data too early")].concat(),
        [hello.clone(), record(0x15, &[2, 40])].concat(),
        [hello.clone(), record(0x15, &[1, 0])].concat(),
        [hello.clone(), record(0x14, &[1]).repeat(200)].concat(),
        [hello.clone(), record(0x18, b"\x01\x40\x00heartbeat")].concat(),
        [hello.clone(), hello.clone()].concat(),
        [hello.clone(), b"plain text\n/nick spoofed\n".to_vec()].concat(),
        // Several messages, or something else, in the first record; and a great many small ones.
        record(0x16, &[&[0x02, 0, 0, 4], &body[..4]].concat()),
        [record(0x16, &[1, 0, 0xff, 0xff]), record(0x16, &[0; 1_000]).repeat(60)].concat(),
    ]
}

#[test]
fn tls_of_every_wrong_kind_costs_nothing() {
    let mut stage = Stage::new(|setup| setup.limit("handshake_ms", 500));
    let address = stage.server.address;
    let broken = broken();
    stage.under("broken TLS", || {
        let from = elsewhere();
        // All of each at one time: some go away, the others wait until they are closed.
        let mut waiting = Vec::new();
        for (i, bytes) in broken.iter().cycle().take(4 * broken.len()).enumerate() {
            let Ok(mut peer) = Peer::connect_from(from, address) else { continue };
            peer.try_say(bytes);
            match i / broken.len() {
                0 => peer.reset(),
                1 => drop(peer),
                _ => waiting.push(peer),
            }
        }
        // What begins a record without being a handshake is no TLS: a line of a few odd bytes.
        for first in [record(0x17, b"data first"), record(0x15, &[2, 40]), b"\x80\x2e\x01\x03\x01".to_vec()] {
            let mut peer = stranger(address);
            peer.try_say(first);
            peer.reset();
        }
        for mut peer in waiting {
            peer.rest();
        }
        // TLS in TLS is not begun again.
        let mut inner = stranger(address).secured(&[]);
        inner.say(hello());
        inner.rest();
    });
    let heard = stage.ask("/history 200");
    assert!(!heard.contains("spoofed") && !heard.contains("for everybody"), "{heard}");
    stage.alone_again();
}

#[test]
fn a_greeting_that_comes_byte_by_byte_and_stalls_is_closed_and_keeps_nobody_out() {
    const CROWD: usize = 100;
    const BYTES_A_WAVE: usize = 10;
    let mut stage = Stage::new(|setup| setup.limit("handshake_ms", 1_000).limit("handshakes", 16));
    let address = stage.server.address;
    let hello = hello();
    let from = elsewhere();
    let mut stalling: Vec<Peer> = (0..CROWD).map(|_| Peer::connect_from(from, address).unwrap()).collect();
    let mut sent = 0;
    stage.under("a stalling handshake", || {
        for byte in hello[..hello.len() / 2].iter().skip(sent).take(BYTES_A_WAVE) {
            stalling.iter_mut().for_each(|peer| peer.try_say([*byte]));
        }
        sent += BYTES_A_WAVE;
        // There are more of them than turns at a handshake: others wait for a turn, and come in.
        let mut honest = stranger(address);
        honest.sync();
    });
    let mut late = stranger(address).secured(&[]);
    late.sync();
    stalling.iter_mut().for_each(|peer| drop(peer.rest()));
}

/// Version 2 of the header with this length, followed by these bytes.
fn version_2(command: u8, family: u8, length: u16, rest: &[u8]) -> Vec<u8> {
    let length = length.to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n".as_slice(), &[command, family, length[0], length[1]], rest].concat()
}

#[test]
fn proxies_that_are_none_or_break_off_are_closed() {
    const TRUSTED: Ipv4Addr = Ipv4Addr::new(127, 77, 0, 1);
    let trust =
        |network: &'static str| Stage::new(|setup| setup.var("MARU_PROXY_TRUSTED", network).limit("handshake_ms", 500));
    let addresses = [203, 0, 113, 9, 192, 0, 2, 1, 0, 80, 0, 81];
    let spoof = b"/nick spoofed\r\n";
    let right = [
        [b"PROXY TCP4 203.0.113.9 192.0.2.1 80 81\r\n".as_slice(), spoof].concat(),
        [&version_2(0x21, 0x11, 12, &addresses), spoof.as_slice()].concat(),
    ];
    let wrong = [
        b"PROXY ".to_vec(),
        b"PROXY TCP4 203.0.113.9".to_vec(),
        [b"PROXY TCP4 ".to_vec(), vec![b'1'; 5_000]].concat(),
        b"PROXY TCP4 203.0.113.9 192.0.2.1 99999 81\r\n/nick spoofed\r\n".to_vec(),
        b"PROXY TCP6 203.0.113.9 192.0.2.1 80 81\r\n/nick spoofed\r\n".to_vec(),
        b"PROXY TCP4 203.0.113.9\0 192.0.2.1 80 81\r\n/nick spoofed\r\n".to_vec(),
        version_2(0x21, 0x11, 12, &addresses[..5]),
        version_2(0x21, 0x11, 3, &addresses),
        version_2(0x21, 0x11, u16::MAX, &[7; 4_000]),
        version_2(0x2f, 0x11, 12, &addresses),
        version_2(0x31, 0x11, 12, &addresses),
        version_2(0x21, 0xff, 12, &addresses),
    ];

    let mut stage = trust("192.0.2.0/24");
    let address = stage.server.address;
    stage.under("PROXY from strangers", || {
        for header in right.iter().chain(&wrong) {
            let mut peer = stranger(address);
            peer.try_say(header);
            assert_eq!(peer.rest_text(), "", "{}", header.escape_ascii());
        }
    });
    assert!(!stage.server.log().text().contains("203.0.113.9"), "{}", stage.server.log().text());
    stage.alone_again();
    drop(stage);

    let mut stage = trust("127.77.0.0/16");
    let address = stage.server.address;
    stage.under("PROXY that breaks off", || {
        let broken = wrong.iter().map(|header| {
            let mut peer = Peer::connect_from(TRUSTED, address).unwrap();
            peer.try_say(header);
            (peer, header)
        });
        for (mut peer, header) in broken.collect::<Vec<_>>() {
            assert_eq!(peer.rest_text(), "", "{}", header.escape_ascii());
        }
    });
    let heard = stage.ask("/history 200");
    assert!(!heard.contains("spoofed"), "{heard}");
    stage.alone_again();
}
