//! A certificate's fingerprint: the SHA-256 of its DER, by which a server is known again.

use std::fmt;
use std::str::FromStr;

/// Bytes of a SHA-256.
const BYTES: usize = 32;

/// A SHA-256 of a certificate. Written as `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; BYTES]);

/// A text is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadFingerprint;

impl Fingerprint {
    /// Of a certificate, in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    /// Reads what [`Display`](fmt::Display) writes, in capitals too, and with the colons that `openssl` puts in.
    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let (kind, hex) = text.split_at_checked("sha256:".len()).ok_or(BadFingerprint)?;
        if !kind.eq_ignore_ascii_case("sha256:") || hex.starts_with(':') || hex.ends_with(':') || hex.contains("::") {
            return Err(BadFingerprint);
        }
        let mut bytes = [0; BYTES];
        let mut digits = hex.chars().filter(|&c| c != ':');
        for byte in &mut bytes {
            let mut digit = || digits.next().and_then(|c| c.to_digit(16)).ok_or(BadFingerprint);
            *byte = u8::try_from(digit()? * 16 + digit()?).map_err(|_| BadFingerprint)?;
        }
        if digits.next().is_some() { Err(BadFingerprint) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_sha_256_and_is_read_back() {
        // FIPS 180-2, B.1.
        let text = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let fingerprint = Fingerprint::of(b"abc");
        assert_eq!(fingerprint.to_string(), text);
        let openssl = "SHA256:BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
                       B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
        for written in [text, openssl] {
            assert_eq!(written.parse(), Ok(fingerprint));
        }
    }

    #[test]
    fn what_is_no_fingerprint_is_none() {
        let hex = "0".repeat(64);
        let wrong = ["", "sha256:", "한국어로 쓴 것", &hex, &format!("sha1:{hex}"), &format!("sha256:{hex}0")];
        for text in wrong {
            assert_eq!(text.parse::<Fingerprint>(), Err(BadFingerprint), "{text}");
        }
        assert_eq!(format!("sha256:{}g", &hex[1..]).parse::<Fingerprint>(), Err(BadFingerprint));
        assert_eq!(format!("sha256::{hex}").parse::<Fingerprint>(), Err(BadFingerprint));
    }
}
