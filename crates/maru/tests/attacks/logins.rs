//! Passwords and exchanges: wrong, endless, out of turn, and many at once.

use std::time::{Duration, Instant};

use crate::common::{PATIENCE, Peer, admin, has};
use crate::stage::{Stage, check_clean, elsewhere, stranger};

/// The password of minji.
const RIGHT: &str = "correct-horse-battery";

/// A server with an account, whose wrong passwords are counted as little as can be.
fn with_account(failures: u64) -> Stage {
    let stage = Stage::new(|setup| setup.limit("login_failures", failures).limit("login_failures_per_hour", failures));
    assert_eq!(admin(&stage.server.data(), &["create", "minji"], &format!("{RIGHT}\n")).0, 0);
    stage
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    auth::encode_message(bytes.as_ref())
}

/// Exchanges that must come to nothing, each as lines.
fn exchanges() -> Vec<String> {
    let plain = |name: &str, password: &str| base64(format!("\0{name}\0{password}"));
    let first = base64("n,,n=minji,r=fyko+d2lbbFgONRv9qkxdawL");
    let last = base64("c=biws,r=fyko+d2lbbFgONRv9qkxdawLserver,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let long = "A".repeat(8_000);
    let begun = |messages: &[&str]| {
        let steps = messages.iter().map(|message| format!("/auth {message}\n"));
        steps.collect::<String>()
    };
    vec![
        begun(&["PLAIN", "*"]),
        begun(&["*", "*", "*"]),
        begun(&["PLAIN", "PLAIN", "SCRAM-SHA-256", "EXTERNAL", "PLAIN"]),
        begun(&["SCRAM-SHA-256", &first, &first, &last]),
        begun(&["SCRAM-SHA-256", &last, &first]),
        begun(&[&first]),
        begun(&["SCRAM-SHA-256", &first, "*", &last]),
        begun(&["SCRAM-SHA-256", &first, &last]),
        begun(&["SCRAM-SHA-256", &first, "PLAIN", &last]),
        begun(&["PLAIN", "###", "AAA", "=", "====", "A===", "\u{1f511}"]),
        begun(&["PLAIN", &plain("minji", ""), "PLAIN", &plain("", RIGHT), "PLAIN", &base64("\0\0\0\0")]),
        begun(&["PLAIN", &base64([0xff, 0, 0xfe, 0, 0xfd]), "PLAIN", &base64("minji"), "PLAIN", "+"]),
        // To be one account with the password of another.
        begun(&["PLAIN", &base64(format!("root\0minji\0{RIGHT}"))]),
        begun(&["PLAIN", &plain("minji", &"x".repeat(900)), "PLAIN", &plain(&"m".repeat(300), "x")]),
        begun(&["PLAIN", &long, "SCRAM-SHA-256", &long]),
        begun(&["SCRAM-SHA-256", &base64(format!("n,,n=minji,r={}", "r".repeat(900)))]),
        begun(&["SCRAM-SHA-256", &base64("p=tls-unique,,n=minji,r=abc"), "SCRAM-SHA-256", &base64("y,,n=,r=")]),
        begun(&["SCRAM-SHA-256", &base64("n,a=root,n=minji,r=abc"), "SCRAM-SHA-256", &base64("n,,m=x,n=minji,r=abc")]),
        begun(&["EXTERNAL", "=", "EXTERNAL +", "EXTERNAL", &base64("minji")]),
        format!("/auth {}\n", "B".repeat(1024 * 1024)),
        // Other commands in the middle of it.
        format!(
            "/auth SCRAM-SHA-256\n/nick 끼어든이\n/auth {first}\n/login minji wrong-{RIGHT}\n/auth {last}\n/logout\n/auth *\n"
        ),
        format!("/auth PLAIN\n안녕\n/register 아무거나암호로\n/auth {}\n/who\n", plain("minji", "wrong-password")),
    ]
}

#[test]
fn exchanges_that_are_broken_off_mixed_up_or_too_long_come_to_nothing() {
    let mut stage = with_account(1_000);
    let address = stage.server.address;
    let exchanges = exchanges();
    stage.under("broken exchanges", || {
        let mut peers: Vec<Peer> = exchanges
            .iter()
            .map(|lines| {
                let mut peer = stranger(address);
                peer.say(lines);
                peer.say("/ping 끝\n/quit\n");
                peer
            })
            .collect();
        for (peer, lines) in peers.iter_mut().zip(&exchanges) {
            let told = peer.rest_text();
            check_clean(told.as_bytes());
            assert!(!told.contains("logged in as"), "{lines:.500}\n{told}");
            has(&told, "* pong 끝");
        }
        // And whoever goes away in the middle.
        for lines in &exchanges {
            let mut peer = stranger(address);
            peer.try_say(lines.as_bytes().split_last().unwrap().1);
            peer.reset();
        }
    });
    has(&stranger(address).ask(&format!("/login minji {RIGHT}")), "logged in as minji");
}

#[test]
fn passwords_of_a_megabyte_are_refused() {
    let mut stage = with_account(1_000);
    let address = stage.server.address;
    let (megabyte, long) = ("x".repeat(1024 * 1024), "가".repeat(2_700));
    stage.under("passwords of a megabyte", || {
        let mut peer = stranger(address);
        peer.ask("/nick 긴암호");
        for command in ["/login minji ", "/register ", "/password old ", "/pass ", "/unregister "] {
            let told = peer.ask(&format!("{command}{megabyte}"));
            has(&told, "! not sent: a message has at most 8192 bytes");
        }
        has(&peer.ask(&format!("/login minji {long}")), "! there is no such account, or that is not its password");
        has(&peer.ask(&format!("/register {long}")), "! a password has at most 128 characters");
    });
}

#[test]
fn after_too_many_wrong_passwords_one_is_closed_and_an_address_waits() {
    let mut stage = Stage::new(|setup| setup.limit("login_failures", 2).limit("login_failures_per_hour", 6));
    let (address, data) = (stage.server.address, stage.server.data());
    assert_eq!(admin(&data, &["create", "minji"], &format!("{RIGHT}\n")).0, 0);
    stage.under("guessing passwords", || {
        let from = elsewhere();
        for _ in 0..3 {
            let mut guessing = Peer::connect_from(from, address).unwrap();
            guessing.say("/login minji guess-one\n/login minji guess-two\n/login minji guess-three\n");
            has(&guessing.rest_text(), "! too many wrong passwords");
        }
        // From there not even the right one is looked at; from elsewhere it is.
        let told = Peer::connect_from(from, address).unwrap().ask(&format!("/login minji {RIGHT}"));
        has(&told, "! too many wrong passwords; try again later");
        has(&stranger(address).ask(&format!("/login minji {RIGHT}")), "logged in as minji");
    });
}

#[test]
fn a_flood_of_logins_from_one_address_holds_up_nobody_elsewhere() {
    const CROWD: usize = 100;
    /// With the share of one address before it, looked at one after the other on a busy machine.
    const MOST: Duration = Duration::from_secs(10);
    let mut stage = with_account(1_000_000);
    let address = stage.server.address;
    let from = elsewhere();
    let mut crowd: Vec<Peer> = (0..CROWD).map(|_| Peer::connect_from(from, address).unwrap()).collect();
    let mut longest = Duration::ZERO;
    stage.under("a flood of logins", || {
        crowd.iter_mut().for_each(|peer| peer.say("/login minji wrong-password\n"));
        let begin = Instant::now();
        has(&stranger(address).ask(&format!("/login minji {RIGHT}")), "logged in as minji");
        longest = longest.max(begin.elapsed());
        let told: String = crowd.iter_mut().map(|peer| peer.sync().join("\n") + "\n").collect();
        has(&told, "! too many log in at the moment; try again");
        assert!(!told.contains("logged in as"), "{told}");
    });
    println!("    an honest login took {longest:?} at most");
    assert!(longest < MOST, "{longest:?}");
}

#[test]
fn a_flood_of_logins_from_everywhere_ends_and_then_one_comes_in() {
    const ADDRESSES: usize = 40;
    const EACH: usize = 4;
    let mut stage = with_account(1_000_000);
    let address = stage.server.address;
    let mut crowd: Vec<Peer> = (0..ADDRESSES)
        .flat_map(|_| {
            let from = elsewhere();
            (0..EACH).map(move |_| Peer::connect_from(from, address).unwrap())
        })
        .collect();
    stage.under("a flood of logins from everywhere", || {
        crowd.iter_mut().for_each(|peer| peer.say("/login minji wrong-password\n"));
        crowd.iter_mut().for_each(|peer| drop(peer.sync()));
    });
    crowd.iter_mut().for_each(|peer| peer.say("/login minji wrong-password\n"));
    let (begin, mut honest) = (Instant::now(), stranger(address));
    loop {
        let told = honest.ask(&format!("/login minji {RIGHT}"));
        if told.contains("logged in as minji") {
            break;
        }
        has(&told, "! too many log in at the moment; try again");
        assert!(begin.elapsed() < PATIENCE, "the queue is never shorter");
    }
}
