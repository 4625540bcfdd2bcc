//! The server's side of SCRAM-SHA-256: three values, one for each thing that is waited for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hall::Secret;
use subtle::{Choice, ConstantTimeEq};

use super::keys::Stored;
use super::message::{ClientFirst, ClientLast};
use crate::Failure;
use crate::exchange::folded_name;
use crate::verifier::Verifier;

/// What an exchange begins with: the client's first message is waited for.
pub(crate) struct Opening {
    pub(crate) nonce: String,
    pub(crate) hall_key: Secret,
    /// How many iterations those are shown who ask for an account that is not there.
    pub(crate) iterations: u32,
}

/// A client has said who it is: what is stored of that account is waited for.
pub(crate) struct Asked {
    pub(crate) account: String,
    opening: Opening,
    gs2_header: String,
    client_first_bare: String,
    client_nonce: String,
}

/// A client has been told its salt: its proof is waited for.
pub(crate) struct Proving {
    account: String,
    gs2_header: String,
    /// Both first messages, which all that follows signs, with the comma behind them.
    first_messages: String,
    nonce: String,
    stored: Stored,
    is_known: Choice,
}

impl Opening {
    /// Takes `client-first-message`.
    pub(crate) fn first(self, message: &[u8]) -> Result<Asked, Failure> {
        let first = ClientFirst::parse(message)?;
        Ok(Asked {
            gs2_header: first.gs2_header.to_owned(),
            client_first_bare: first.bare.to_owned(),
            client_nonce: first.nonce.to_owned(),
            account: first.account,
            opening: self,
        })
    }
}

impl Asked {
    /// Takes the account's verifier, if there is one, and gives `server-first-message`. Both ways are gone, so that the
    /// time tells nothing either.
    pub(crate) fn found(self, verifier: Option<&Secret>) -> (Proving, Vec<u8>) {
        let Opening { nonce, hall_key, iterations } = self.opening;
        let decoy = Stored::decoy(&hall_key, &folded_name(&self.account), iterations);
        let known = verifier.and_then(Verifier::parse).map(|verifier| verifier.scram);
        let is_known = Choice::from(u8::from(known.is_some()));
        let stored = known.unwrap_or(decoy);
        let nonce = self.client_nonce + &nonce;
        let first = format!("r={nonce},s={},i={}", STANDARD.encode(stored.salt), stored.iterations);
        let (account, gs2_header) = (self.account, self.gs2_header);
        let first_messages = format!("{},{first},", self.client_first_bare);
        (Proving { account, gs2_header, first_messages, nonce, stored, is_known }, first.into_bytes())
    }
}

impl Proving {
    /// Takes `client-final-message` and, if it is the proof, gives the account and `server-final-message`.
    pub(crate) fn last(self, message: &[u8]) -> Result<(String, Vec<u8>), Failure> {
        let last = ClientLast::parse(message)?;
        if last.gs2_header != self.gs2_header.as_bytes() {
            return Err(Failure::ChannelBinding);
        }
        let is_this_exchange = last.nonce.as_bytes().ct_eq(self.nonce.as_bytes());
        let auth_message = self.first_messages + last.without_proof;
        let is_proved = self.stored.is_proved(&auth_message, &last.proof);
        if (is_this_exchange & is_proved & self.is_known).into() {
            let signature = self.stored.server_signature(&auth_message);
            Ok((self.account, format!("v={}", STANDARD.encode(*signature)).into_bytes()))
        } else {
            Err(Failure::Refused)
        }
    }
}
