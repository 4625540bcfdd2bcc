//! Checks who somebody is: makes verifiers of passwords, checks passwords and proofs against them, and speaks the SASL
//! mechanisms.
//!
//! Pure: it draws no randomness, reads no clock and looks no account up; salts, nonces and verifiers are given to it,
//! and the same inputs give the same outcome. [`derive()`], [`check`] and [`scram::Client::answer`] are slow because
//! that is what makes guessing slow; whoever calls them keeps them off the hall's loop. An [`Exchange`] costs a few
//! hashes a message.
//!
//! Nothing here tells whether an account exists: without one, a check does the same work, and an exchange takes the
//! same steps with values of the same shape.

mod cost;
mod exchange;
mod limits;
mod machine;
mod message;
mod password;
pub mod scram;
mod turn;
mod verifier;

pub use cost::Cost;
pub use exchange::{Exchange, Failure, MECHANISMS, Mechanism, Step};
pub use limits::{
    ITERATIONS_MAX, ITERATIONS_MIN, LANES_MAX, MEMORY_KIB_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX, NONCE_BYTES,
    PASSES_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, SALT_BYTES, VERIFIER_BYTES_MAX,
};
pub use machine::MachinePassword;
pub use message::{decode_message, encode_message};
pub use password::{BadPassword, prepare};
pub use turn::go_on;
pub use verifier::{NoMemory, check, derive, needs_renewal};
