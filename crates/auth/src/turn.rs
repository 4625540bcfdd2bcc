//! A turn of an exchange, as a dialect takes it: a message in base64, and what comes next.

use hall::Secret;

use crate::{Exchange, Failure, Step, decode_message};

/// Feeds a client's message, in base64, to its exchange. What an account's password is checked against is looked up when the
/// exchange asks for it. An exchange that is over is gone.
pub fn go_on(
    exchange: &mut Option<Box<Exchange>>,
    message: &str,
    verifier: impl FnOnce(&str) -> Option<Secret>,
) -> Step {
    let Some(mut current) = exchange.take() else { return Step::Failed(Failure::OutOfTurn) };
    let message = match decode_message(message) {
        Ok(message) => message,
        Err(failure) => return Step::Failed(failure),
    };
    let step = match current.feed(&message) {
        Step::Lookup { account } => current.found(verifier(&account).as_ref()),
        step => step,
    };
    if matches!(step, Step::Challenge(_)) {
        *exchange = Some(current);
    }
    step
}
