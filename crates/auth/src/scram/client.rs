//! The client's side of SCRAM-SHA-256.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::Secret;
use subtle::ConstantTimeEq;

use super::keys::{Key, client_key, client_proof, hmac, salted_password, server_key};
use super::message::{ServerFirst, escape, server_signature};
use crate::limits::NONCE_BYTES;
use crate::password::opaque;
use crate::{BadPassword, Failure};

/// What no channel is bound with.
const GS2_HEADER: &str = "n,,";

/// Somebody who logs in: [`first`](Self::first) is sent, the server's challenge goes to [`answer`](Self::answer) and
/// its result back, and what the server then says goes to [`verify`](Self::verify).
pub struct Client {
    first_bare: String,
    nonce: String,
    password: Secret,
    /// What the server will sign, once it is known.
    expected: Option<Key>,
}

impl Client {
    /// Somebody who logs in as `account` with that password. `nonce` is random bytes, drawn for this exchange alone.
    ///
    /// # Errors
    /// When it cannot be a password.
    pub fn new(account: &str, password: &str, nonce: [u8; NONCE_BYTES]) -> Result<Self, BadPassword> {
        Ok(Self::with_nonce(account, opaque(password)?, STANDARD.encode(nonce)))
    }

    pub(crate) fn with_nonce(account: &str, password: Secret, nonce: String) -> Self {
        Self { first_bare: format!("n={},r={nonce}", escape(account)), nonce, password, expected: None }
    }

    /// The first message.
    #[must_use]
    pub fn first(&self) -> Vec<u8> {
        format!("{GS2_HEADER}{}", self.first_bare).into_bytes()
    }

    /// The proof, for the server's challenge. Slow, as the server says.
    ///
    /// # Errors
    /// When the challenge is malformed, answers another exchange, or asks for fewer iterations than RFC 7677 allows or
    /// more than anybody has time for.
    pub fn answer(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
        let first = ServerFirst::parse(challenge)?;
        if first.nonce.strip_prefix(&self.nonce).is_none_or(str::is_empty) {
            return Err(Failure::Malformed);
        }
        let salted = salted_password(&self.password, &first.salt, first.iterations);
        let without_proof = format!("c={},r={}", STANDARD.encode(GS2_HEADER), first.nonce);
        let challenge = String::from_utf8_lossy(challenge);
        let auth_message = format!("{},{challenge},{without_proof}", self.first_bare);
        let proof = client_proof(&client_key(&salted), &auth_message);
        self.expected = Some(hmac(&*server_key(&salted), &[auth_message.as_bytes()]));
        Ok(format!("{without_proof},p={}", STANDARD.encode(*proof)).into_bytes())
    }

    /// Checks that the server knows the account's verifier.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the server says so, [`Failure::Unproved`] when it does not prove itself.
    pub fn verify(&self, last: &[u8]) -> Result<(), Failure> {
        let signature = server_signature(last)?;
        let expected = self.expected.as_ref().ok_or(Failure::OutOfTurn)?;
        if signature.ct_eq(&expected[..]).into() { Ok(()) } else { Err(Failure::Unproved) }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(…)")
    }
}
