//! The form in which SASL messages travel in lines of text: base64, and `+` for a message of no bytes (IRCv3 SASL 3.1).
//!
//! How a long one is cut into lines and put together again is the dialect's affair.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Failure;
use crate::limits::MESSAGE_BYTES_MAX;

/// What stands for a message of no bytes.
const EMPTY: &str = "+";

/// The bytes of a message that came as text.
///
/// # Errors
/// When it is no base64 with its padding, or has more than [`MESSAGE_BYTES_MAX`] bytes.
pub fn decode_message(text: &str) -> Result<Vec<u8>, Failure> {
    if text == EMPTY {
        return Ok(Vec::new());
    }
    if text.len() > MESSAGE_BYTES_MAX.div_ceil(3) * 4 {
        return Err(Failure::TooLong);
    }
    let bytes = STANDARD.decode(text).map_err(|_| Failure::Malformed)?;
    if bytes.len() > MESSAGE_BYTES_MAX { Err(Failure::TooLong) } else { Ok(bytes) }
}

/// A message as text.
#[must_use]
pub fn encode_message(message: &[u8]) -> String {
    if message.is_empty() { EMPTY.to_owned() } else { STANDARD.encode(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_travel_as_base64() {
        for (bytes, text) in [(&b""[..], "+"), (b"\0a\0b", "AGEAYg=="), (b"n,,", "biws"), (b"\xff\xfe\xfd", "//79")] {
            assert_eq!(encode_message(bytes), text);
            assert_eq!(decode_message(text).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bad in ["*", "AGEAYg", "AGEAYg=", "AGEAYh==", "AG EA", "AGEA\n", "++", "-_-_", "한글"] {
            assert_eq!(decode_message(bad), Err(Failure::Malformed), "{bad:?}");
        }
        let longest = encode_message(&vec![7; MESSAGE_BYTES_MAX]);
        assert_eq!(decode_message(&longest).map(|bytes| bytes.len()), Ok(MESSAGE_BYTES_MAX));
        for more in 1..10 {
            assert_eq!(decode_message(&encode_message(&vec![7; MESSAGE_BYTES_MAX + more])), Err(Failure::TooLong));
        }
        assert_eq!(decode_message(&"A".repeat(1 << 20)), Err(Failure::TooLong));
    }
}
