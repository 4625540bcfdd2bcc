//! Exchanges: the RFCs' examples, what is malformed, and what nobody may learn or reach.

use proptest::prelude::*;

use super::*;
use crate::scram::{Client, Stored};
use crate::{decode_message, derive, encode_message, prepare};

const PASSWORD: &str = "열려라 참깨 123";

fn verifier() -> Secret {
    derive(&prepare(PASSWORD).unwrap(), [9; 32], &Cost::least()).unwrap()
}

fn hall_key() -> Secret {
    Secret::new("a key that nobody knows")
}

fn start(mechanism: Mechanism) -> Exchange {
    Exchange::start(mechanism, [1; NONCE_BYTES], &hall_key(), &Cost::least())
}

fn client(account: &str, password: &str) -> Client {
    Client::new(account, password, [2; NONCE_BYTES]).unwrap()
}

/// Logs in, with that verifier for whatever name is asked for.
fn log_in(mut client: Client, verifier: Option<&Secret>) -> (Vec<Step>, Result<(), Failure>) {
    let mut exchange = start(Mechanism::ScramSha256);
    let mut steps = vec![exchange.feed(&client.first())];
    steps.push(exchange.found(verifier));
    let Step::Challenge(challenge) = &steps[1] else { panic!("{steps:?}") };
    let answer = client.answer(challenge).unwrap();
    steps.push(exchange.feed(&answer));
    let last = match &steps[2] {
        Step::Done { last, .. } => last.clone(),
        Step::Failed(failure) => failure.server_error().as_bytes().to_vec(),
        other => panic!("{other:?}"),
    };
    let verified = client.verify(&last);
    assert_eq!(exchange.feed(&answer), Step::Failed(Failure::OutOfTurn), "an exchange that is over stays so");
    (steps, verified)
}

/// RFC 7677, section 3.
mod rfc_7677 {
    use super::*;

    const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    #[test]
    fn the_server_keeps_to_the_example() {
        let mut exchange =
            Exchange::with_nonce(Mechanism::ScramSha256, SERVER_NONCE.to_owned(), &hall_key(), &Cost::least());
        assert_eq!(exchange.feed(CLIENT_FIRST.as_bytes()), Step::Lookup { account: "user".into() });
        let salt = decode_message("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let scram = Stored::derive(&Secret::new("pencil"), &salt, 4096);
        let some = verifier();
        let phc = some.expose().split(' ').nth(1).unwrap();
        let verifier = Secret::new(format!("v1 {phc} {scram}"));
        assert_eq!(exchange.found(Some(&verifier)), Step::Challenge(SERVER_FIRST.into()));
        let done = Step::Done { account: "user".into(), last: SERVER_FINAL.into() };
        assert_eq!(exchange.feed(CLIENT_FINAL.as_bytes()), done);
    }

    #[test]
    fn the_client_keeps_to_the_example() {
        let mut client = Client::with_nonce("user", Secret::new("pencil"), "rOprNGfwEbeRWgbNEkqO".to_owned());
        assert_eq!(client.first(), CLIENT_FIRST.as_bytes());
        assert_eq!(client.verify(SERVER_FINAL.as_bytes()), Err(Failure::OutOfTurn));
        assert_eq!(client.answer(SERVER_FIRST.as_bytes()).unwrap(), CLIENT_FINAL.as_bytes());
        assert_eq!(client.verify(SERVER_FINAL.as_bytes()), Ok(()));
        let other = SERVER_FINAL.replace("6rri", "6rrj");
        assert_eq!(client.verify(other.as_bytes()), Err(Failure::Unproved));
        assert_eq!(client.verify(b"e=invalid-proof"), Err(Failure::Refused));
        assert_eq!(client.verify(b"v=AAAA"), Err(Failure::Unproved));
        assert_eq!(client.verify(b""), Err(Failure::Malformed));
    }
}

#[test]
fn who_knows_the_password_is_let_in() {
    for name in ["민수", "a=b", "minsu"] {
        let (steps, verified) = log_in(client(name, PASSWORD), Some(&verifier()));
        assert_eq!(steps[0], Step::Lookup { account: name.into() });
        assert!(matches!(&steps[2], Step::Done { account, .. } if account == name), "{steps:?}");
        assert_eq!(verified, Ok(()));
    }
}

#[test]
fn a_name_that_nobody_has_is_like_a_wrong_password() {
    let damaged = Secret::new("v1 $argon2id$");
    let verifier = verifier();
    let outcomes = [Some(&verifier), None, Some(&damaged)].map(|of| log_in(client("minsu", "another one"), of));
    for (steps, verified) in &outcomes {
        assert_eq!(steps[0], Step::Lookup { account: "minsu".into() });
        assert_eq!(steps[2], Step::Failed(Failure::Refused));
        assert_eq!(*verified, Err(Failure::Refused));
    }
    let form = |step: &Step| {
        let Step::Challenge(challenge) = step else { panic!("{step:?}") };
        let text = String::from_utf8(challenge.clone()).unwrap();
        let (nonce, rest) = text.split_once(",s=").unwrap();
        let (salt, iterations) = rest.split_once(",i=").unwrap();
        (nonce.to_owned(), decode_message(salt).unwrap().len(), iterations.to_owned())
    };
    assert!(outcomes.iter().all(|(steps, _)| form(&steps[1]) == form(&outcomes[0].0[1])));
    // Not even the password of somebody else, by whom the decoy's keys could have been made, opens it.
    assert_eq!(log_in(client("minsu", PASSWORD), None).0[2], Step::Failed(Failure::Refused));
}

#[test]
fn a_name_that_nobody_has_always_has_the_same_salt() {
    let challenge = |name: &str, nonce: u8, key: &str| {
        let mut exchange =
            Exchange::start(Mechanism::ScramSha256, [nonce; NONCE_BYTES], &Secret::new(key), &Cost::least());
        exchange.feed(&client(name, PASSWORD).first());
        let Step::Challenge(challenge) = exchange.found(None) else { panic!("no challenge") };
        String::from_utf8(challenge).unwrap().split_once(",s=").unwrap().1.to_owned()
    };
    assert_eq!(challenge("nobody", 1, "key"), challenge("nobody", 2, "key"));
    assert_eq!(challenge("nobody", 1, "key"), challenge("NoBody", 1, "key"), "however it is written");
    assert_eq!(challenge("한", 1, "key"), challenge("\u{1112}\u{1161}\u{11ab}", 1, "key"));
    assert_ne!(challenge("nobody", 1, "key"), challenge("nobody2", 1, "key"));
    assert_ne!(challenge("nobody", 1, "key"), challenge("nobody", 1, "other key"), "another hall has others");
}

#[test]
fn a_proof_is_good_for_one_exchange() {
    let verifier = verifier();
    let mut honest = client("minsu", PASSWORD);
    let mut first = start(Mechanism::ScramSha256);
    first.feed(&honest.first());
    let Step::Challenge(challenge) = first.found(Some(&verifier)) else { panic!("no challenge") };
    let answer = honest.answer(&challenge).unwrap();
    // Somebody who has heard all of it, in an exchange with another nonce.
    let mut second = Exchange::start(Mechanism::ScramSha256, [3; NONCE_BYTES], &hall_key(), &Cost::least());
    second.feed(&honest.first());
    second.found(Some(&verifier));
    assert_eq!(second.feed(&answer), Step::Failed(Failure::Refused));
    assert!(matches!(first.feed(&answer), Step::Done { .. }));
}

#[test]
fn what_the_client_believes_of_the_channel_must_be_what_it_said() {
    let verifier = verifier();
    let mut honest = client("minsu", PASSWORD);
    let mut exchange = start(Mechanism::ScramSha256);
    // Somebody on the way changes `y` for `n`, or the other way round.
    let first = String::from_utf8(honest.first()).unwrap().replacen("n,,", "y,,", 1);
    exchange.feed(first.as_bytes());
    let Step::Challenge(challenge) = exchange.found(Some(&verifier)) else { panic!("no challenge") };
    assert_eq!(exchange.feed(&honest.answer(&challenge).unwrap()), Step::Failed(Failure::ChannelBinding));
}

#[test]
fn a_client_refuses_a_server_that_cheats() {
    let nonce = STANDARD.encode([2; NONCE_BYTES]);
    let answer = |challenge: &str| client("minsu", PASSWORD).answer(challenge.as_bytes());
    assert!(answer(&format!("r={nonce}x,s=AAAA,i=4096")).is_ok());
    for challenge in [
        format!("r={nonce},s=AAAA,i=4096"),
        "r=other,s=AAAA,i=4096".to_owned(),
        format!("r={nonce}x,s=,i=4096"),
        format!("r={nonce}x,s=AAAA,i=4095"),
        format!("r={nonce}x,s=AAAA,i=10000001"),
        format!("r={nonce}x,s=AAAA,i=+5000"),
        format!("r={nonce}x,i=4096,s=AAAA"),
        format!("r={nonce}x,s=AAAA"),
        String::new(),
    ] {
        assert_eq!(answer(&challenge), Err(Failure::Malformed), "{challenge}");
    }
    assert_eq!(answer(&format!("m=1,r={nonce}x,s=AAAA,i=4096")), Err(Failure::Extension));
    assert_eq!(answer(&"x".repeat(1 << 20)), Err(Failure::TooLong));
}

fn check_plain(message: &[u8], expect: Result<(&str, &str), Failure>) {
    let expect = match expect {
        Ok((account, password)) => Step::Password { account: account.into(), password: Secret::new(password) },
        Err(failure) => Step::Failed(failure),
    };
    let mut exchange = start(Mechanism::Plain);
    assert_eq!(exchange.feed(message), expect, "{message:?}");
    assert_eq!(exchange.feed(message), Step::Failed(Failure::OutOfTurn));
}

#[test]
fn plain_is_read() {
    // RFC 4616, section 4; in its second example Ursel wants to act as Kurt.
    check_plain(b"\0tim\0tanstaaftanstaaf", Ok(("tim", "tanstaaftanstaaf")));
    check_plain(b"Ursel\0Kurt\0xipj3plmq", Err(Failure::OtherName));
    check_plain(b"tim\0tim\0pass word", Ok(("tim", "pass word")));
    check_plain("민수\0민수\0열려라".as_bytes(), Ok(("민수", "열려라")));
    check_plain(&decode_message("AHRpbQB0YW5zdGFhZg==").unwrap(), Ok(("tim", "tanstaaf")));
}

#[test]
fn plain_that_is_none_is_refused() {
    for bad in [&b""[..], b"\0", b"\0\0", b"\0\0pw", b"\0tim\0", b"tim", b"\0tim", b"\0tim\0pw\0", b"\0tim\0p\0w"] {
        check_plain(bad, Err(Failure::Malformed));
    }
    check_plain(b"\0tim\0\xff\xfe", Err(Failure::Malformed));
    check_plain(b"\0t\nim\0pw", Err(Failure::Malformed));
    check_plain(b"t\x1bim\0tim\0pw", Err(Failure::Malformed));
    check_plain(format!("\0{}\0pw", "x".repeat(256)).as_bytes(), Err(Failure::TooLong));
    assert_eq!(start(Mechanism::Plain).feed(&[b'x'; 1025]), Step::Failed(Failure::TooLong));
}

#[test]
fn external_names_an_account_or_none() {
    let external = |message: &[u8]| start(Mechanism::External).feed(message);
    assert_eq!(external(b""), Step::External { account: None });
    assert_eq!(external("민수".as_bytes()), Step::External { account: Some("민수".into()) });
    for bad in [&b"a\0b"[..], b"\0", b"\xff", b"a\nb"] {
        assert_eq!(external(bad), Step::Failed(Failure::Malformed), "{bad:?}");
    }
    assert_eq!(external(&[b'x'; 256]), Step::Failed(Failure::TooLong));
}

#[test]
fn mechanisms_go_by_their_names() {
    assert_eq!(MECHANISMS.map(Mechanism::name), ["SCRAM-SHA-256", "EXTERNAL", "PLAIN"]);
    assert!(MECHANISMS.iter().all(|mechanism| Mechanism::from_name(mechanism.name()) == Some(*mechanism)));
    assert_eq!(Mechanism::from_name("plain"), Some(Mechanism::Plain));
    for other in ["", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "PLAIN ", "ANONYMOUS"] {
        assert_eq!(Mechanism::from_name(other), None, "{other}");
    }
}

#[test]
fn an_answer_that_nobody_waits_for_ends_it() {
    for mechanism in MECHANISMS {
        let mut exchange = start(mechanism);
        assert_eq!(exchange.found(Some(&verifier())), Step::Failed(Failure::OutOfTurn));
        assert_eq!(exchange.feed(b"n,,n=a,r=b"), Step::Failed(Failure::OutOfTurn));
    }
    let mut exchange = start(Mechanism::ScramSha256);
    exchange.feed(b"n,,n=a,r=b");
    assert_eq!(exchange.feed(b"n,,n=a,r=b"), Step::Failed(Failure::OutOfTurn), "while the lookup is under way");
    assert_eq!(exchange.found(None), Step::Failed(Failure::OutOfTurn));
}

#[test]
fn nothing_shows_a_secret() {
    let mut client = client("minsu", "hunter2hunter2");
    let mut exchange = Exchange::start(Mechanism::ScramSha256, [1; 18], &Secret::new("hunter2"), &Cost::least());
    let verifier = derive(&prepare("hunter2hunter2").unwrap(), [9; 32], &Cost::least()).unwrap();
    let mut shown = format!("{client:?} {exchange:?} {verifier:?}");
    exchange.feed(&client.first());
    shown += &format!("{exchange:?}");
    let Step::Challenge(challenge) = exchange.found(Some(&verifier)) else { panic!("no challenge") };
    let proof = client.answer(&challenge).unwrap();
    shown += &format!("{exchange:?} {client:?}");
    shown += &format!("{:?} {exchange:?}", exchange.feed(&proof));
    let mut exchange = start(Mechanism::Plain);
    shown += &format!("{exchange:?} {:?} {exchange:?}", exchange.feed(b"\0minsu\0hunter2hunter2"));
    shown += &format!("{:?}", prepare("hunter2hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
    let keys: Vec<&str> = verifier.expose().split(['$', ':', ' ']).filter(|word| word.len() > 20).collect();
    assert!(keys.len() == 5 && keys.iter().all(|key| !shown.contains(key)), "{shown}");
}

/// Messages that are nearly right.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "n,,",
        "y,,",
        "p=x,,",
        "n,a=minsu,",
        "n=minsu",
        "n=nobody",
        ",r=",
        "abc",
        "c=biws",
        ",p=",
        "AAAA",
        "v=",
        "m=1,",
        "=2C",
        "=",
        ",",
        "\0",
        "minsu",
        PASSWORD,
        "민",
        "\u{301}",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

proptest! {
    #[test]
    fn no_bytes_open_the_door(
        mechanism in prop::sample::select(MECHANISMS.to_vec()),
        messages in prop::collection::vec(message(), 0..6),
        finds in any::<[bool; 6]>(),
    ) {
        let verifier = verifier();
        let mut exchange = start(mechanism);
        let mut over = false;
        for (message, find) in messages.iter().zip(finds) {
            let mut step = exchange.feed(message);
            if matches!(step, Step::Lookup { .. }) {
                step = exchange.found(find.then_some(&verifier));
            }
            prop_assert!(!matches!(step, Step::Done { .. }), "{:?}", messages);
            prop_assert!(!over || step == Step::Failed(Failure::OutOfTurn));
            over = !matches!(step, Step::Challenge(_));
        }
    }

    #[test]
    fn a_proof_with_one_byte_changed_is_none(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut client = client("minsu", PASSWORD);
        let mut exchange = start(Mechanism::ScramSha256);
        exchange.feed(&client.first());
        let Step::Challenge(challenge) = exchange.found(Some(&verifier())) else { panic!("no challenge") };
        let proof = client.answer(&challenge).unwrap();
        let mut changed = proof.clone();
        changed[at.index(proof.len())] = to;
        prop_assert_eq!(matches!(exchange.feed(&changed), Step::Done { .. }), changed == proof);
    }

    #[test]
    fn no_server_makes_a_client_panic(challenge in message(), last in message()) {
        let mut client = client("minsu", PASSWORD);
        prop_assert!(client.answer(&challenge).is_err());
        prop_assert!(client.verify(&last).is_err());
    }

    #[test]
    fn messages_come_back_as_they_were(bytes in prop::collection::vec(any::<u8>(), 0..MESSAGE_BYTES_MAX)) {
        prop_assert_eq!(decode_message(&encode_message(&bytes)), Ok(bytes));
    }

    #[test]
    fn any_text_is_a_message_or_is_not(text in "\\PC{0,40}") {
        if let Ok(bytes) = decode_message(&text) {
            // There is one way to write a message, but for the two to write none.
            prop_assert!(encode_message(&bytes) == text || text.is_empty());
        }
    }
}
