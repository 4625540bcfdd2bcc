//! Which dialect is spoken on a connection, guessed from its first bytes.
//!
//! The guess is a function of the bytes alone, so it is the same however they were cut into packets, and once it is not
//! [`Guess::Unsure`] more bytes never change it. Who waits for more bytes, and how long, is the gate's affair.

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Text, one message a line or a pause.
    Lines,
    /// IRC (RFC 1459 and what came after).
    Irc,
    /// HTTP/1.
    Http,
    /// TLS; what is inside is detected again.
    Tls,
    /// SSH (RFC 4253).
    Ssh,
    /// A PROXY protocol header, version 1 or 2; what follows is detected again.
    Proxy,
}

/// What the bytes so far allow to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// It is this.
    Is(Dialect),
    /// They are the beginning of something that more bytes will decide.
    Unsure,
}

/// No more bytes than these are needed to decide.
pub const DECIDING_BYTES: usize = 12;

/// The first bytes of each dialect but plain lines. A command of IRC that is the whole line lacks what it takes, and is told
/// so in IRC. HTTP methods are those of RFC 9110 and PATCH, and the first bytes of HTTP/2, which is not served but must not
/// be taken for something said.
const SIGNS: &[(&[u8], Dialect)] = &[
    (b"\x16\x03", Dialect::Tls),
    (b"SSH-", Dialect::Ssh),
    (b"PROXY ", Dialect::Proxy),
    (b"\r\n\r\n\0\r\nQUIT\n", Dialect::Proxy),
    (b"GET ", Dialect::Http),
    (b"HEAD ", Dialect::Http),
    (b"POST ", Dialect::Http),
    (b"PUT ", Dialect::Http),
    (b"DELETE ", Dialect::Http),
    (b"CONNECT ", Dialect::Http),
    (b"OPTIONS ", Dialect::Http),
    (b"TRACE ", Dialect::Http),
    (b"PATCH ", Dialect::Http),
    (b"PRI * HTTP", Dialect::Http),
    (b"CAP ", Dialect::Irc),
    (b"CAP\r", Dialect::Irc),
    (b"CAP\n", Dialect::Irc),
    (b"NICK ", Dialect::Irc),
    (b"NICK\r", Dialect::Irc),
    (b"NICK\n", Dialect::Irc),
    (b"USER ", Dialect::Irc),
    (b"USER\r", Dialect::Irc),
    (b"USER\n", Dialect::Irc),
    (b"PASS ", Dialect::Irc),
    (b"PASS\r", Dialect::Irc),
    (b"PASS\n", Dialect::Irc),
    (b"WEBIRC ", Dialect::Irc),
    (b"WEBIRC\r", Dialect::Irc),
    (b"WEBIRC\n", Dialect::Irc),
];

/// Guesses from the first bytes of a connection.
#[must_use]
pub fn detect(first: &[u8]) -> Guess {
    let mut unsure = false;
    for (sign, dialect) in SIGNS {
        if first.starts_with(sign) {
            return Guess::Is(*dialect);
        }
        unsure |= sign.starts_with(first);
    }
    if unsure { Guess::Unsure } else { Guess::Is(Dialect::Lines) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn first_bytes_decide() {
        let check = |bytes: &[u8], expect| assert_eq!(detect(bytes), Guess::Is(expect), "{bytes:?}");
        check(b"\x16\x03\x01\x02\x00", Dialect::Tls);
        check(b"SSH-2.0-OpenSSH_9.2", Dialect::Ssh);
        check(b"GET / HTTP/1.1\r\n", Dialect::Http);
        check(b"PROXY TCP4 ", Dialect::Proxy);
        check(b"CAP LS 302\r\n", Dialect::Irc);
        check(b"NICK\r\n", Dialect::Irc);
        check(b"USER\n", Dialect::Irc);
        check("민수: 안녕".as_bytes(), Dialect::Lines);
        check(b"GETTING started\n", Dialect::Lines);
        check(b"NICKEL\n", Dialect::Lines);
        check(b"nick bob\n", Dialect::Lines);
        check(b"\n", Dialect::Lines);
        check(b"\r\nhello", Dialect::Lines);
        for unsure in [&b""[..], b"G", b"GET", b"\x16", b"\r\n", b"PR", b"NICK"] {
            assert_eq!(detect(unsure), Guess::Unsure, "{unsure:?}");
        }
    }

    #[test]
    fn every_sign_is_decided_within_the_bytes_that_are_waited_for() {
        assert_eq!(SIGNS.iter().map(|(sign, _)| sign.len()).max(), Some(DECIDING_BYTES));
    }

    proptest! {
        #[test]
        fn a_decision_is_never_taken_back(sign in 0..SIGNS.len(), cut in 0..16usize, tail in prop::collection::vec(any::<u8>(), 0..16)) {
            let mut bytes = SIGNS[sign].0.to_vec();
            bytes.truncate(cut);
            bytes.extend(tail);
            let mut decided = None;
            for end in 0..=bytes.len() {
                match (detect(&bytes[..end]), decided) {
                    (Guess::Is(now), Some(before)) => prop_assert_eq!(now, before),
                    (Guess::Is(now), None) => decided = Some(now),
                    (Guess::Unsure, before) => prop_assert_eq!(before, None),
                }
            }
            prop_assert!(bytes.len() < DECIDING_BYTES || decided.is_some());
        }
    }
}
