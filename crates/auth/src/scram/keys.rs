//! The arithmetic of SCRAM (RFC 5802, section 3), and what is stored of it (RFC 5803).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::limits::{ITERATIONS_MAX, ITERATIONS_MIN};
use crate::verifier::ONE_SALT_BYTES;

/// Bytes of a SHA-256, and so of every key and signature.
pub(crate) const KEY_BYTES: usize = 32;

/// A key, wiped when it is let go.
pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// The name of the scheme in the stored form.
const SCHEME: &str = "SCRAM-SHA-256";

/// What the server stores: enough to check a proof and to prove itself, not enough to make a proof.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) iterations: u32,
    pub(crate) salt: [u8; ONE_SALT_BYTES],
    stored_key: Key,
    server_key: Key,
}

impl Stored {
    /// What is stored of a password. Slow, as `iterations` says. A salt that is too short is filled up with zeros.
    pub(crate) fn derive(password: &Secret, salt: &[u8], iterations: u32) -> Self {
        let salt = std::array::from_fn(|n| salt.get(n).copied().unwrap_or(0));
        let salted = salted_password(password, &salt, iterations);
        Self { iterations, salt, stored_key: hash(&*client_key(&salted)), server_key: server_key(&salted) }
    }

    /// What is shown to somebody who asks for an account that is not there: always the same for one name, and nothing
    /// that any proof could fit.
    pub(crate) fn decoy(hall_key: &Secret, name: &str, iterations: u32) -> Self {
        let key = hall_key.expose().as_bytes();
        let draw = |what: &str| hmac(key, &[what.as_bytes(), b"\0", name.as_bytes()]);
        let mut salt = [0; ONE_SALT_BYTES];
        salt.copy_from_slice(&draw("salt")[..ONE_SALT_BYTES]);
        Self { iterations, salt, stored_key: draw("stored key"), server_key: draw("server key") }
    }

    /// Reads the stored form, as it is written.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (cost, keys) = text.strip_prefix(SCHEME)?.strip_prefix('$')?.split_once('$')?;
        let ((iterations, salt), (stored, server)) = (cost.split_once(':')?, keys.split_once(':')?);
        let key = |text: &str| Some(Zeroizing::new(STANDARD.decode(text).ok()?.try_into().ok()?));
        Some(Self {
            iterations: parse_iterations(iterations)?,
            salt: STANDARD.decode(salt).ok()?.try_into().ok()?,
            stored_key: key(stored)?,
            server_key: key(server)?,
        })
    }

    /// Whether a proof was made by somebody who has the password (RFC 5802, section 3: `H(ClientKey) = StoredKey`).
    pub(crate) fn is_proved(&self, auth_message: &str, proof: &Key) -> Choice {
        let signature = hmac(&*self.stored_key, &[auth_message.as_bytes()]);
        hash(&*xor(&signature, proof)).ct_eq(&*self.stored_key)
    }

    /// By what the server proves itself.
    pub(crate) fn server_signature(&self, auth_message: &str) -> Key {
        hmac(&*self.server_key, &[auth_message.as_bytes()])
    }
}

/// The stored form. It is for the store only; there is no `Debug`.
impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { iterations, salt, stored_key, server_key } = self;
        let b64 = |bytes: &[u8]| STANDARD.encode(bytes);
        write!(f, "{SCHEME}${iterations}:{}${}:{}", b64(salt), b64(&**stored_key), b64(&**server_key))
    }
}

/// A number of iterations as it stands in messages and in the stored form: digits without a sign or a zero in front.
pub(crate) fn parse_iterations(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    let iterations = text.parse().ok().filter(|_| digits)?;
    (ITERATIONS_MIN..=ITERATIONS_MAX).contains(&iterations).then_some(iterations)
}

/// `SaltedPassword`. Slow.
pub(crate) fn salted_password(password: &Secret, salt: &[u8], iterations: u32) -> Key {
    let mut salted = Zeroizing::new([0; KEY_BYTES]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.expose().as_bytes(), salt, iterations, &mut *salted);
    salted
}

/// `ClientKey`, which whoever has the password can make.
pub(crate) fn client_key(salted_password: &Key) -> Key {
    hmac(&**salted_password, &[b"Client Key"])
}

/// `ServerKey`, by which the server proves itself.
pub(crate) fn server_key(salted_password: &Key) -> Key {
    hmac(&**salted_password, &[b"Server Key"])
}

/// `ClientProof`.
pub(crate) fn client_proof(client_key: &Key, auth_message: &str) -> Key {
    xor(client_key, &hmac(&*hash(&**client_key), &[auth_message.as_bytes()]))
}

/// HMAC-SHA-256 of the parts one behind the other.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn hash(bytes: &[u8]) -> Key {
    Zeroizing::new(Sha256::digest(bytes).into())
}

fn xor(a: &Key, b: &Key) -> Key {
    Zeroizing::new(std::array::from_fn(|n| a[n] ^ b[n]))
}
