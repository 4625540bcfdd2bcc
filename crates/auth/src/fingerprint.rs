//! What a certificate is known by: the SHA-256 of its DER form.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 fingerprint of a certificate. It is written in lower-case hexadecimal digits, and compared in constant
/// time.
#[derive(Clone, Copy)]
pub struct Fingerprint([u8; 32]);

/// What somebody wrote is no SHA-256 fingerprint: 64 hexadecimal digits, which may have colons between the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 fingerprint has 64 hexadecimal digits")]
pub struct BadFingerprint;

impl Fingerprint {
    /// The fingerprint of a certificate, which is given in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    /// Reads one as it is printed by various programs: in either case, with a colon between any two bytes or with none.
    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let text = text.as_bytes();
        let step = match text.len() {
            64 => 2,
            95 if text.iter().skip(2).step_by(3).all(|b| *b == b':') => 3,
            _ => return Err(BadFingerprint),
        };
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(BadFingerprint);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks(step)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Fingerprint {}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `abc` (FIPS 180-2, appendix B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn it_is_the_sha_256() {
        assert_eq!(Fingerprint::of(b"abc").to_string(), ABC);
        assert_eq!(format!("{:?}", Fingerprint::of(b"abc")), ABC);
    }

    #[test]
    fn every_programs_form_is_read() {
        let pairs: Vec<&str> = (0..32).map(|n| &ABC[2 * n..2 * n + 2]).collect();
        for form in [ABC.to_owned(), ABC.to_uppercase(), pairs.join(":"), pairs.join(":").to_uppercase()] {
            assert_eq!(form.parse(), Ok(Fingerprint::of(b"abc")), "{form}");
        }
        assert_ne!(ABC.replace('b', "c").parse(), Ok(Fingerprint::of(b"abc")));
    }

    #[test]
    fn what_is_none_is_refused() {
        let colons = |sign: &str| (0..32).map(|_| "ab").collect::<Vec<_>>().join(sign);
        let bad = ["".to_owned(), ABC[1..].to_owned(), format!("{ABC}0"), colons(" "), ABC.replace('f', "g")];
        for bad in bad.into_iter().chain([":".repeat(95), "가".repeat(32), "+1".repeat(32), format!("{}é", &ABC[..62])])
        {
            assert_eq!(bad.parse::<Fingerprint>(), Err(BadFingerprint), "{bad}");
        }
    }
}
