//! Connections that come in crowds, that never finish, and that never read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{Peer, has};
use crate::stage::{Stage, check_clean, elsewhere, stranger};

#[test]
fn lines_that_never_end_are_refused_once_and_dropped() {
    const CHUNK: usize = 256 * 1024;
    const CHUNKS: usize = 8;
    let mut stage = Stage::new(|setup| setup);
    let address = stage.server.address;
    let chunk = vec![b'x'; CHUNK];
    stage.under("lines that never end", || {
        let mut endless = [stranger(address), stranger(address).secured(&[]), stranger(address)];
        for _ in 0..CHUNKS {
            endless.iter_mut().for_each(|peer| peer.say(&chunk));
        }
        let [plain, tls, gone] = endless;
        for mut peer in [plain, tls] {
            peer.say("\n");
            let told = peer.sync();
            let refused = told.iter().filter(|line| line.starts_with("! not sent: a message has at most 8192 bytes"));
            assert_eq!(refused.count(), 1, "{told:#?}");
        }
        gone.reset();
    });
    stage.alone_again();
}

#[test]
fn those_who_send_a_byte_now_and_then_keep_nobody_out() {
    /// What is sent a byte at a time: text, and what each dialect begins with.
    const SLOW: [&[u8]; 6] = [
        "느림보의 긴 말".as_bytes(),
        b"\x16\x03\x01\x02\x00\x01",
        b"GET /healthz HTTP/1.1",
        b"PROXY TCP4 1.2.3.4 ",
        b"/join #",
        b"NICK ",
    ];
    const CROWD: usize = 120;
    let mut stage = Stage::new(|setup| setup.limit("handshake_ms", 1_000).limit("silence_ms", 100));
    let address = stage.server.address;
    let crowd = |from| (0..CROWD).map(move |_| Peer::connect_from(from, address).unwrap());
    let mut slow: Vec<Peer> = (0..3).flat_map(|_| crowd(elsewhere())).collect();
    let mut at = 0;
    stage.under("a byte now and then", || {
        for (i, peer) in slow.iter_mut().enumerate() {
            let bytes = SLOW[i % SLOW.len()];
            peer.try_say([bytes[at % bytes.len()]]);
        }
        at += 1;
        has(&stranger(address).ask("/nick 새손님"), "새손님");
    });
    drop(slow);
    stage.alone_again();
}

#[test]
fn ten_thousand_come_and_are_reset() {
    const ADDRESSES: usize = 20;
    const EACH: usize = 500;
    const FIRST: [&[u8]; 6] =
        [b"", b"half a li", "지나가는이: 안녕\n".as_bytes(), b"\x16\x03\x01", b"GET / HT", b"/nick x"];
    let mut stage = Stage::new(|setup| setup);
    let address = stage.server.address;
    stage.under("ten thousand resets", || {
        for _ in 0..ADDRESSES {
            let from = elsewhere();
            for i in 0..EACH {
                let Ok(mut peer) = Peer::connect_from(from, address) else { continue };
                peer.try_say(FIRST[i % FIRST.len()]);
                peer.reset();
            }
            // Somebody else comes in behind all of them: the next ones come when these have been seen to.
            stranger(address).sync();
        }
    });
    stage.alone_again();
}

#[test]
fn ten_thousand_silent_ones_of_one_address_take_the_places_of_that_address_only() {
    const COMING: usize = 10_000;
    const LET_IN: usize = 128;
    const HELD: usize = 200;
    const OTHERS_EVERY: usize = 1_000;
    let mut stage = Stage::new(|setup| setup);
    let address = stage.server.address;
    let turned_away = AtomicUsize::new(0);
    stage.under("ten thousand silent ones", || {
        let from = elsewhere();
        let mut held: Vec<Peer> = Vec::new();
        let mut last = VecDeque::new();
        for i in 0..COMING {
            let Ok(peer) = Peer::connect_from(from, address) else { continue };
            if i < HELD {
                held.push(peer)
            } else {
                last.push_back(peer)
            }
            // Those who are closed without a word go on to be held open from their side for a while.
            if last.len() > HELD {
                last.pop_front();
            }
            if i % OTHERS_EVERY == 0 {
                stranger(address).sync();
            }
        }
        let mut welcome = 0;
        for peer in &mut held {
            // Who has been let in hears what is said meanwhile, and is greeted.
            let mut lines = std::iter::from_fn(|| peer.raw_line());
            match lines.find(|line| line.starts_with(b"* welcome") || line.starts_with(b"! ")) {
                Some(line) if line.starts_with(b"*") => welcome += 1,
                Some(line) => has(&String::from_utf8(line).unwrap(), "! too many connections from your address"),
                None => {}
            }
        }
        assert_eq!(welcome, LET_IN);
        for mut peer in last {
            // The last of them were turned away, with a word or without.
            let word = peer.rest_text();
            assert!(word.is_empty() || word.starts_with("! too many connections from your address"), "{word}");
            turned_away.fetch_add(1, Ordering::Relaxed);
        }
        held.into_iter().for_each(Peer::reset);
    });
    assert!(turned_away.into_inner() >= HELD);
    stage.alone_again();
}

#[test]
fn those_who_close_half_of_it_or_never_read_hold_nobody_up() {
    const EACH: usize = 20;
    const LINES: usize = 40;
    let mut stage = Stage::new(|setup| setup);
    let address = stage.server.address;
    let mut talker = stranger(address);
    talker.ask("/nick 수다쟁이");
    talker.ask("/join #소란");
    let line = "나".repeat(2_600);
    let mut hanging = Vec::new();
    let mut waves = 0;
    stage.under("half-closed and never reading", || {
        waves += 1;
        if waves <= 5 {
            let from = elsewhere();
            for i in 0..EACH {
                // Some say something, some half of it; none reads what comes.
                let mut half = Peer::narrow_from(from, address).unwrap();
                half.say(["", "half a li", "/nick 반쪽\n", "/join #소란\n"][i % 4]);
                half.end_input();
                let mut deaf = Peer::narrow_from(from, address).unwrap();
                deaf.say("/join #소란\n/history 200\n/help\n/who\n");
                hanging.extend([half, deaf]);
            }
        }
        (0..LINES).for_each(|_| talker.say(format!("{line}\n")));
        talker.sync().iter().for_each(|line| check_clean(line.as_bytes()));
    });
    drop(hanging);
    drop(talker);
    stage.alone_again();
}
