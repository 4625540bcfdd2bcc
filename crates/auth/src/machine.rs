//! Passwords between machines: drawn by chance, and checked with every connection, so that checking one has to cost nothing.
//!
//! Of such a password its SHA-256 is kept and nothing else. That is enough for one that nobody chose: it cannot be guessed,
//! however quickly guesses are looked at. For people's passwords there are [verifiers](crate::derive).

use std::fmt;

use hall::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};

/// With what the form begins in which a password cannot be read: `sha256:` and 64 hexadecimal digits.
const HASHED: &str = "sha256:";
const DIGEST_BYTES: usize = 32;

/// A password between machines.
#[derive(Clone, Copy)]
pub struct MachinePassword([u8; DIGEST_BYTES]);

impl MachinePassword {
    /// Reads a password, or the hash of one. `None` when it is no hash that could be one, or has fewer characters than
    /// [`PASSWORD_CHARS_MIN`] or more than [`PASSWORD_CHARS_MAX`].
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if let Some(hex) = text.strip_prefix(HASHED) {
            return Some(Self(digest_of_hex(hex)?));
        }
        let chars = text.chars().count();
        (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars).then(|| Self(Sha256::digest(text).into()))
    }

    /// Whether this is the password. It takes the same time whatever is given, as far as its length does not tell.
    #[must_use]
    pub fn is(&self, given: &Secret) -> bool {
        let given: [u8; DIGEST_BYTES] = Sha256::digest(given.expose()).into();
        given.ct_eq(&self.0).into()
    }
}

impl PartialEq for MachinePassword {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for MachinePassword {}

impl fmt::Debug for MachinePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachinePassword(…)")
    }
}

fn digest_of_hex(hex: &str) -> Option<[u8; DIGEST_BYTES]> {
    let digits = hex.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    bytes.collect::<Option<Vec<_>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `printf %s hunter2hunter2 | sha256sum` prints.
    const HASH: &str = "76880d60191af3b3f803a656b7716f0179928357fc32421ced973ed265e15718";

    #[test]
    fn a_password_is_known_again_however_it_is_kept() {
        let hashed = format!("sha256:{HASH}");
        for kept in ["hunter2hunter2", &hashed, &format!("sha256:{}", HASH.to_uppercase())] {
            let password = MachinePassword::read(kept).unwrap();
            assert!(password.is(&Secret::new("hunter2hunter2")), "{kept}");
            for wrong in ["", "hunter2hunter", "hunter2hunter22", kept.get(1..).unwrap()] {
                assert!(!password.is(&Secret::new(wrong)), "{wrong}");
            }
        }
        let password = MachinePassword::read(&hashed).unwrap();
        assert!(!password.is(&Secret::new(hashed)), "the hash is not the password");
        assert_eq!(format!("{password:?}"), "MachinePassword(…)");
    }

    #[test]
    fn what_cannot_be_one_is_not_read() {
        let long = "x".repeat(129);
        for bad in ["", "1234567", &long, "sha256:", "sha256:abc", &format!("sha256:{HASH}00"), "sha256:가"] {
            assert!(MachinePassword::read(bad).is_none(), "{bad}");
        }
        assert!(MachinePassword::read(&format!("sha256:{HASH}")).is_some());
        assert!(MachinePassword::read(&format!("sha256:{}", HASH.replace(&HASH[..1], "g"))).is_none());
    }
}
