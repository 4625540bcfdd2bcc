//! A SASL exchange (RFC 4422): somebody logs in, a message at a time, in any dialect that can carry bytes.
//!
//! An [`Exchange`] is a value. It is [fed](Exchange::feed) what the client sends and says what comes next as a
//! [`Step`]. It looks nothing up and does nothing slow: when it has to know an account's verifier, it asks for it, and
//! a password that is to be checked it hands out. All three mechanisms begin with a message of the client; a client
//! that did not send one with the mechanism's name is sent an empty challenge first. A client that breaks off (`*` in
//! IRC) is the dialect's affair, which drops the exchange.
//!
//! Every exchange ends: after a failure, or any step that hands the matter over, it takes no further message.

use std::borrow::Cow;
use std::fmt;
use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::{Nick, Secret};

use crate::Cost;
use crate::limits::{MESSAGE_BYTES_MAX, NAME_BYTES_MAX, NONCE_BYTES};
use crate::scram::{Asked, Opening, Proving};

/// The mechanisms, the best first. Whether EXTERNAL can be offered to a client depends on its having shown a
/// certificate, and whether PLAIN may, on the connection.
pub const MECHANISMS: [Mechanism; 3] = [Mechanism::ScramSha256, Mechanism::External, Mechanism::Plain];

/// A way to say who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// SCRAM-SHA-256 (RFC 7677), without channel binding.
    ScramSha256,
    /// EXTERNAL (RFC 4422, appendix A): by the certificate of the connection.
    External,
    /// PLAIN (RFC 4616): a name and a password.
    Plain,
}

impl Mechanism {
    /// Its registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::External => "EXTERNAL",
            Self::Plain => "PLAIN",
        }
    }

    /// The mechanism of that name, in either case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        MECHANISMS.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// What comes next in an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This is sent to the client, and its answer fed.
    Challenge(Vec<u8>),
    /// The verifier of this account is needed: [`Exchange::found`].
    Lookup {
        /// The name, as the client wrote it.
        account: String,
    },
    /// Over: whether this is the password of that account is for [`check`](crate::check) to say, off the hall's loop.
    Password {
        /// The name, as the client wrote it.
        account: String,
        /// The password, as the client wrote it.
        password: Secret,
    },
    /// Over: whether the certificate of the connection is one of that account, or of any if none is named, is for the
    /// caller to say.
    External {
        /// The name, as the client wrote it, if it gave one.
        account: Option<String>,
    },
    /// Over: the client has proved that it is this account.
    Done {
        /// The name, as the client wrote it.
        account: String,
        /// This is sent to the client as a last challenge; a client that takes it answers with an empty message.
        last: Vec<u8>,
    },
    /// Over: the client is nobody.
    Failed(Failure),
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A message or a name in it has more bytes than the limit.
    #[error("the message is too long")]
    TooLong,
    /// A message is not of the form that the mechanism has at this place.
    #[error("the message is malformed")]
    Malformed,
    /// A channel is to be bound, or the client's idea of that has changed on the way.
    #[error("channel binding is not supported")]
    ChannelBinding,
    /// An extension that is not known here must be understood.
    #[error("an extension is not supported")]
    Extension,
    /// The client wants to act as another account than the one it logs in to.
    #[error("nobody may act as another account")]
    OtherName,
    /// The proof is wrong, or there is no such account: which of them is not told.
    #[error("the name or the password is wrong")]
    Refused,
    /// A message came that nobody waited for.
    #[error("a message was not expected")]
    OutOfTurn,
    /// To a client only: the server did not prove that it knows the account.
    #[error("the server has not proved who it is")]
    Unproved,
}

impl Failure {
    /// What SCRAM says of it in a last message, `e=` and a word of RFC 5802, section 7. Only a dialect that lets failed
    /// exchanges end with a challenge has a place for it; in IRC, a numeric says so.
    #[must_use]
    pub fn server_error(self) -> &'static str {
        match self {
            Self::Malformed => "e=invalid-encoding",
            Self::ChannelBinding => "e=channel-binding-not-supported",
            Self::Extension => "e=extensions-not-supported",
            Self::Refused => "e=invalid-proof",
            Self::TooLong | Self::OtherName | Self::OutOfTurn | Self::Unproved => "e=other-error",
        }
    }
}

/// One client that logs in.
pub struct Exchange(State);

enum State {
    Plain,
    External,
    Opening(Box<Opening>),
    Asked(Box<Asked>),
    Proving(Box<Proving>),
    Over,
}

impl Exchange {
    /// Begins an exchange.
    ///
    /// `nonce` is random bytes, drawn for this exchange alone. `hall_key` is a long random text that is always the same
    /// in one hall and known to nobody: what a client is shown of an account that is not there follows from it. `cost`
    /// is that of new verifiers; such an account pretends to have one.
    #[must_use]
    pub fn start(mechanism: Mechanism, nonce: [u8; NONCE_BYTES], hall_key: &Secret, cost: &Cost) -> Self {
        Self::with_nonce(mechanism, STANDARD.encode(nonce), hall_key, cost)
    }

    fn with_nonce(mechanism: Mechanism, nonce: String, hall_key: &Secret, cost: &Cost) -> Self {
        let iterations = cost.bounded().scram_iterations;
        Self(match mechanism {
            Mechanism::Plain => State::Plain,
            Mechanism::External => State::External,
            Mechanism::ScramSha256 => {
                State::Opening(Box::new(Opening { nonce, hall_key: hall_key.clone(), iterations }))
            }
        })
    }

    /// Takes a message of the client, decoded.
    pub fn feed(&mut self, message: &[u8]) -> Step {
        let state = mem::replace(&mut self.0, State::Over);
        let waits = !matches!(state, State::Asked(_) | State::Over);
        if waits && message.len() > MESSAGE_BYTES_MAX {
            return Step::Failed(Failure::TooLong);
        }
        let step = match state {
            State::Plain => plain(message),
            State::External => external(message),
            State::Opening(opening) => opening.first(message).map(|asked| {
                let account = asked.account.clone();
                self.0 = State::Asked(Box::new(asked));
                Step::Lookup { account }
            }),
            State::Proving(proving) => proving.last(message).map(|(account, last)| Step::Done { account, last }),
            State::Asked(_) | State::Over => Err(Failure::OutOfTurn),
        };
        step.unwrap_or_else(Step::Failed)
    }

    /// Takes what was asked for by [`Step::Lookup`]: the account's verifier, or that there is none.
    pub fn found(&mut self, verifier: Option<&Secret>) -> Step {
        match mem::replace(&mut self.0, State::Over) {
            State::Asked(asked) => {
                let (proving, challenge) = asked.found(verifier);
                self.0 = State::Proving(Box::new(proving));
                Step::Challenge(challenge)
            }
            _ => Step::Failed(Failure::OutOfTurn),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Plain => "Exchange(PLAIN)",
            State::External => "Exchange(EXTERNAL)",
            State::Opening(_) | State::Asked(_) | State::Proving(_) => "Exchange(SCRAM-SHA-256)",
            State::Over => "Exchange(over)",
        })
    }
}

/// Reads the one message of PLAIN: `[authzid] NUL authcid NUL passwd`.
fn plain(message: &[u8]) -> Result<Step, Failure> {
    let message = std::str::from_utf8(message).map_err(|_| Failure::Malformed)?;
    let mut parts = message.split('\0');
    let (Some(authzid), Some(authcid), Some(password), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Failure::Malformed);
    };
    let account = checked_name(authcid)?;
    if password.is_empty() {
        return Err(Failure::Malformed);
    }
    if !authzid.is_empty() && !is_same_name(checked_name(authzid)?, account) {
        return Err(Failure::OtherName);
    }
    Ok(Step::Password { account: account.to_owned(), password: Secret::new(password) })
}

/// Reads the one message of EXTERNAL: a name, or nothing.
fn external(message: &[u8]) -> Result<Step, Failure> {
    let account = match text(message)? {
        "" => None,
        name => Some(checked_name(name)?.to_owned()),
    };
    Ok(Step::External { account })
}

/// A message as text: UTF-8 that holds no NUL.
pub(crate) fn text(message: &[u8]) -> Result<&str, Failure> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(Failure::TooLong);
    }
    std::str::from_utf8(message).ok().filter(|text| !text.contains('\0')).ok_or(Failure::Malformed)
}

/// A name that somebody may claim to have; whether it can be a name in the hall is another matter.
pub(crate) fn checked_name(name: &str) -> Result<&str, Failure> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Failure::TooLong);
    }
    if name.is_empty() || name.contains(char::is_control) { Err(Failure::Malformed) } else { Ok(name) }
}

/// The form in which names are compared, so that every way of writing one gets the same answer. What can be no name in
/// the hall is compared as it is.
pub(crate) fn folded_name(name: &str) -> Cow<'_, str> {
    match Nick::new(name, NAME_BYTES_MAX) {
        Ok(nick) => Cow::Owned(nick.key().to_owned()),
        Err(_) => Cow::Borrowed(name),
    }
}

/// Whether two names are the same.
pub(crate) fn is_same_name(a: &str, b: &str) -> bool {
    folded_name(a) == folded_name(b)
}

#[cfg(test)]
mod tests;
