//! Secrets: what must be shown to nobody. A password, a key of a room, what a password is checked against.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A text that appears in no log and no `Debug`, is compared in constant time, and is wiped from memory when it is let go.
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// This text, from now on a secret.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Whoever asks for it keeps it from everybody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("열려라 참깨");
        assert_eq!(format!("{secret:?} {:?}", Some(secret.clone())), "Secret(…) Some(Secret(…))");
        assert!(secret == Secret::new("열려라 참깨") && secret != Secret::new("열려라 들깨"));
    }
}
