//! Telnet's commands within a stream of text (RFC 854), as far as a chat has use for them.
//!
//! Commands are swallowed and requests declined, with two exceptions. Debian's `telnet` takes some bytes of Hangul for its
//! control keys: it sends a command instead of the byte, and shows nothing more until its timing mark (RFC 860) has been
//! answered. So timing marks are answered, and whoever has shown to speak telnet is asked to send plain bytes (RFC 856).

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;
const BINARY: u8 = 0;
const TIMING_MARK: u8 = 6;

/// Requests of one client that are answered; an honest one makes fewer, and nobody needs more.
const ANSWERS: u8 = 64;

/// Where the stream is with respect to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Text,
    /// After IAC.
    Command,
    /// After IAC and one of WILL, WONT, DO and DONT, which is given: the option comes next.
    Option(u8),
    /// Within a subnegotiation.
    Sub,
    /// After IAC within a subnegotiation.
    SubCommand,
}

/// One client's telnet commands.
#[derive(Debug, Default)]
pub(super) struct Telnet {
    at: At,
    answered: u8,
}

/// What a byte of a command came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing yet, or nothing at all.
    Nothing,
    /// An escaped 255, which belongs to the text.
    Escaped,
    /// These bytes are to be sent back.
    Answer(Vec<u8>),
}

/// The byte with which a command begins.
pub(super) const COMMAND: u8 = IAC;

impl Telnet {
    /// Whether the next byte belongs to the text, or begins a command.
    pub(super) fn is_in_text(&self) -> bool {
        self.at == At::Text
    }

    /// A command begins.
    pub(super) fn begin(&mut self) {
        self.at = At::Command;
    }

    /// Takes a byte of a command.
    pub(super) fn take(&mut self, byte: u8) -> Heard {
        let (at, heard) = match (self.at, byte) {
            (At::Command, IAC) => (At::Text, Heard::Escaped),
            (At::Command, WILL..=DONT) => (At::Option(byte), Heard::Nothing),
            (At::Command, SB) | (At::SubCommand, IAC) => (At::Sub, Heard::Nothing),
            (At::Option(verb), option) => (At::Text, self.answer(verb, option)),
            (At::Sub, IAC) => (At::SubCommand, Heard::Nothing),
            (At::Sub, _) => (At::Sub, Heard::Nothing),
            (At::SubCommand, SE) | (At::Command | At::Text, _) => (At::Text, Heard::Nothing),
            (At::SubCommand, _) => (At::Sub, Heard::Nothing),
        };
        self.at = at;
        heard
    }

    fn answer(&mut self, verb: u8, option: u8) -> Heard {
        if self.answered >= ANSWERS {
            return Heard::Nothing;
        }
        let first = self.answered == 0;
        self.answered += 1;
        let mut answer = if first { vec![IAC, DO, BINARY] } else { Vec::new() };
        match (verb, option) {
            (DO, TIMING_MARK) => answer.extend([IAC, WILL, TIMING_MARK]),
            (DO, _) => answer.extend([IAC, WONT, option]),
            // That is what was asked for.
            (WILL, BINARY) => {}
            (WILL, _) => answer.extend([IAC, DONT, option]),
            // A refusal is not answered (RFC 854: no endless loops).
            _ => {}
        }
        if answer.is_empty() { Heard::Nothing } else { Heard::Answer(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent back for these bytes of commands.
    fn answers(bytes: &[u8]) -> Vec<u8> {
        let mut telnet = Telnet::default();
        let mut sent = Vec::new();
        for byte in bytes {
            if telnet.is_in_text() {
                assert_eq!(*byte, IAC, "only commands are given");
                telnet.begin();
            } else if let Heard::Answer(bytes) = telnet.take(*byte) {
                sent.extend(bytes);
            }
        }
        sent
    }

    #[test]
    fn a_timing_mark_is_answered_and_plain_bytes_are_asked_for() {
        assert_eq!(answers(b"\xff\xf4\xff\xfd\x06"), b"\xff\xfd\x00\xff\xfb\x06");
        assert_eq!(answers(b"\xff\xfd\x06\xff\xfd\x06\xff\xfb\x00"), b"\xff\xfd\x00\xff\xfb\x06\xff\xfb\x06");
    }

    #[test]
    fn requests_are_declined_and_refusals_are_not_answered() {
        assert_eq!(answers(b"\xff\xfd\x18\xff\xfb\x1f"), b"\xff\xfd\x00\xff\xfc\x18\xff\xfe\x1f");
        assert_eq!(answers(b"\xff\xfc\x00\xff\xfe\x01"), b"\xff\xfd\x00");
        assert!(answers(&b"\xff\xfd\x01".repeat(10_000)).len() <= 3 + 3 * usize::from(ANSWERS));
    }
}
