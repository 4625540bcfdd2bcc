//! Too much of what is allowed: messages, names, rooms. And a network that is kept out.

use std::net::Ipv4Addr;

use crate::common::{Peer, admin, has};
use crate::stage::{Stage, check_clean, stranger};

#[test]
fn who_floods_is_slowed_and_told_and_nobody_else_feels_it() {
    const LINES: usize = 1_000;
    let mut stage = Stage::new(|setup| setup.limit("messages_per_second", 500).limit("messages_burst", 1_500));
    let address = stage.server.address;
    let mut fast = stranger(address);
    fast.ask("/nick 빠른이");
    let mut listener = stranger(address);
    let (mut said, mut told) = (0, Vec::new());
    stage.under("a flood of messages", || {
        // The first wave is more than may be said at once.
        let until = said + if said == 0 { 2 * LINES } else { LINES };
        fast.say((said..until).map(|i| format!("홍수 {i}\n")).collect::<String>());
        told.extend(fast.sync());
        // Nothing of it is lost either.
        let heard = listener.until(&format!("빠른이: 홍수 {}", until - 1));
        heard.iter().for_each(|line| check_clean(line.as_bytes()));
        let heard = heard.iter().filter_map(|line| line.strip_prefix("빠른이: 홍수 ")?.parse::<usize>().ok());
        assert!(heard.eq(said..until), "everything, in order");
        said = until;
    });
    told.iter().for_each(|line| check_clean(line.as_bytes()));
    assert!(told.iter().any(|line| line.starts_with("! not so fast")), "{told:#?}");
}

#[test]
fn who_floods_for_too_long_is_told_and_closed() {
    let mut stage =
        Stage::new(|setup| setup.limit("messages_per_second", 300).limit("messages_burst", 1_000).limit("flood_s", 1));
    let address = stage.server.address;
    let mut talk = true;
    stage.under("a flood without end", || {
        // Slowed to the rate, this takes ten times as long as may be.
        let mut fast = stranger(address);
        let lines = "홍수\n".repeat(4_000);
        fast.try_say(if talk { lines } else { "\n".repeat(4_000) + "/ping\n" });
        talk = false;
        let told = fast.rest_text();
        has(&told, "! ");
        let last = told.lines().last().unwrap().to_owned();
        assert!(last.starts_with("! ") && !last.starts_with("! not so fast"), "{last}");
    });
    stage.alone_again();
}

#[test]
fn names_are_changed_and_rooms_are_opened_only_so_often() {
    const ROOMS: u64 = 40;
    let mut stage = Stage::new(|setup| {
        setup.limit("nick_changes_per_minute", 5).limit("rooms_per_session", 10).limit("rooms", ROOMS)
    });
    let address = stage.server.address;
    stage.under("floods of names and rooms", || {
        let mut peers: Vec<Peer> = (0..6).map(|_| stranger(address)).collect();
        for (i, peer) in peers.iter_mut().enumerate() {
            let names: String = (0..50).map(|n| format!("/nick 이름{i}의{n}\n")).collect();
            let rooms: String = (0..50).map(|n| format!("/join #방{i}의{n}\n")).collect();
            peer.say(names + &rooms);
        }
        for peer in &mut peers {
            let told = peer.sync().join("\n");
            let refused = "! you change your name too often: 5 times a minute at most";
            // The first name is not another one.
            assert_eq!(told.matches("* you are now").count(), 1 + 5, "{told}");
            assert_eq!(told.matches(refused).count(), 50 - 1 - 5, "{told}");
            assert!(told.matches("* you are in #").count() <= 9, "{told}");
            let most = ["! you are in 10 rooms, the most there may be", "! there are 40 rooms, the most there may be"];
            assert!(most.iter().any(|most| told.contains(most)), "{told}");
        }
        peers.into_iter().for_each(Peer::reset);
    });
    stage.alone_again();
}

#[test]
fn a_network_that_is_kept_out_is_out_and_others_are_not() {
    const BARRED: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
    const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
    let mut stage = Stage::new(|setup| setup);
    let (address, data) = (stage.server.address, stage.server.data());
    let mut inside = Peer::connect_from(BARRED, address).unwrap();
    inside.ask("/nick 불청객");
    assert_eq!(admin(&data, &["ban", "127.0.0.9/32", "1h", "spam"], "").0, 0);
    inside.rest();
    stage.under("a network that is kept out", || {
        let mut told = 0;
        for i in 0..300 {
            let mut peer = Peer::connect_from(BARRED, address).unwrap();
            // Those who are told so speak first; some do not wait for it.
            peer.try_say("/nick 불청객\n안녕\n");
            if i % 10 == 0 {
                let word = peer.rest_text();
                assert!(word.is_empty() || word == "! your address is kept out\n", "{word}");
                told += usize::from(!word.is_empty());
            } else {
                peer.reset();
            }
        }
        assert!(told > 0);
        has(&Peer::connect_from(NEIGHBOUR, address).unwrap().ask("/nick 이웃"), "이웃");
    });
    stage.alone_again();
    let heard = stage.ask("/history 200");
    assert!(!heard.contains("불청객: 안녕"), "{heard}");
    assert_eq!(admin(&data, &["unban", "127.0.0.9/32"], "").0, 0);
    has(&Peer::connect_from(BARRED, address).unwrap().ask("/nick 돌아온이"), "돌아온이");
}
