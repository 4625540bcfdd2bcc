//! Somebody logs in with anything at all.

use std::sync::LazyLock;

use auth::scram::Client;
use auth::{Cost, Exchange, Failure, MECHANISMS, Mechanism, NONCE_BYTES, SALT_BYTES, Step};
use hall::Secret;

const ACCOUNT: &str = "minsu";
const PASSWORD: &str = "correct horse battery";
/// Between two messages.
const NEXT: u8 = b'\n';

/// The verifier of the one account that there is.
static VERIFIER: LazyLock<Secret> = LazyLock::new(|| {
    let password = auth::prepare(PASSWORD).expect("it is one");
    auth::derive(&password, [5; SALT_BYTES], &Cost::least()).expect("there is that much memory")
});

/// Sends messages, cut at newlines, as one client: by the mechanism that the first byte says, once while the account is
/// there and once while it is not. A message `!` is what somebody honest would send here with a wrong password; and the
/// same bytes are what a server sends to a client.
///
/// # Panics
/// When they are let in, or can tell whether there is an account, or go on after the end.
pub fn sasl(bytes: &[u8]) {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let mechanism = MECHANISMS[usize::from(*first) % MECHANISMS.len()];
    let messages: Vec<&[u8]> = rest.split(|byte| *byte == NEXT).collect();
    let known = run(mechanism, &messages, Some(&VERIFIER));
    let unknown = run(mechanism, &messages, None);
    assert_eq!(known, unknown, "there is a difference between a wrong password and no account");
    server(&messages);
    if let Ok(text) = std::str::from_utf8(rest) {
        text_forms(text);
    }
}

/// What a client can see of an exchange: each step and, of a challenge, all but the salt.
fn run(mechanism: Mechanism, messages: &[&[u8]], verifier: Option<&Secret>) -> Vec<String> {
    let hall_key = Secret::new("what nobody knows");
    let mut exchange = Exchange::start(mechanism, [1; NONCE_BYTES], &hall_key, &Cost::least());
    let mut client = Client::new(ACCOUNT, "wrong horse battery", [2; NONCE_BYTES]).expect("it could be one");
    let (mut seen, mut challenge, mut is_over) = (Vec::new(), None::<Vec<u8>>, false);
    for message in messages {
        let honest = (*message == b"!").then(|| match &challenge {
            None => client.first(),
            Some(challenge) => client.answer(challenge).unwrap_or_default(),
        });
        let mut step = exchange.feed(honest.as_deref().unwrap_or(message));
        assert!(!is_over || step == Step::Failed(Failure::OutOfTurn), "it goes on after the end: {step:?}");
        if let Step::Lookup { account } = &step {
            let verifier = verifier.filter(|_| account == ACCOUNT);
            step = exchange.found(verifier);
        }
        match &step {
            Step::Challenge(bytes) => {
                challenge = Some(bytes.clone());
                seen.push(without_salt(bytes));
            }
            Step::Password { account, password } => {
                let verifier = verifier.filter(|_| account == ACCOUNT);
                let is = auth::check(verifier, password.expose(), &Cost::least());
                let is_it = auth::prepare(password.expose()).is_ok_and(|typed| typed.expose() == PASSWORD);
                assert_eq!(is, verifier.is_some() && is_it, "only the password opens");
                seen.push(format!("{account}?"));
            }
            Step::External { account } => seen.push(format!("{account:?}?")),
            Step::Failed(failure) => seen.push(format!("{failure}")),
            Step::Lookup { .. } | Step::Done { .. } => panic!("without a password: {step:?}"),
        }
        is_over = !matches!(step, Step::Challenge(_));
    }
    seen
}

/// A challenge, with the salt's length in place of the salt.
fn without_salt(challenge: &[u8]) -> String {
    let text = std::str::from_utf8(challenge).expect("a challenge is text");
    let mut attributes: Vec<String> = text.split(',').map(str::to_owned).collect();
    assert_eq!(attributes.len(), 3, "{text}");
    assert!(attributes[1].starts_with("s="), "{text}");
    attributes[1] = format!("{} of salt", attributes[1].len());
    attributes.join(",")
}

/// Whoever does not know the verifier is not taken for the server.
fn server(messages: &[&[u8]]) {
    let mut client = Client::new(ACCOUNT, PASSWORD, [2; NONCE_BYTES]).expect("it is one");
    for message in messages {
        // No more work than a test has time for.
        if !message.windows(6).any(|part| part.iter().all(u8::is_ascii_digit)) {
            let _ = client.answer(message);
        }
        assert!(client.verify(message).is_err(), "taken for the server");
    }
}

/// The text forms are read to the letter.
fn text_forms(text: &str) {
    if let Ok(message) = auth::decode_message(text) {
        assert!(text.is_empty() || auth::encode_message(&message) == text, "two ways to write a message");
    }
    let damaged = Secret::new(text);
    assert!(!auth::check(Some(&damaged), PASSWORD, &Cost::least()), "a verifier that nobody made");
}
