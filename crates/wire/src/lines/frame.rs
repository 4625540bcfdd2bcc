//! From bytes to messages: a newline ends one, and so do a pause and the end of the stream.
//!
//! Telnet negotiation (RFC 854) and carriage returns are swallowed on the way. A message that is over the limit is
//! reported once and dropped to its end. However the bytes were cut into packets, the same messages come out.

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By a newline.
    Newline,
    /// By silence, or by the end of the stream: the sender sent no newline.
    Pause,
}

/// A message, or that there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The bytes of one message, without its end.
    Message(&'a [u8], End),
    /// A message was longer than the limit and is being dropped.
    TooLong,
}

/// Where the stream is with respect to a telnet command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Telnet {
    #[default]
    Text,
    /// After IAC.
    Iac,
    /// After IAC and WILL, WONT, DO or DONT: the option comes next.
    Option,
    /// Within a subnegotiation.
    Sub,
    /// After IAC within a subnegotiation.
    SubIac,
}

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;
const WILL: u8 = 251;
const DONT: u8 = 254;

/// The bytes of a message that has not ended yet, and where the stream is. Holds no memory between messages.
#[derive(Debug, Default)]
pub struct Framer {
    pending: Vec<u8>,
    telnet: Telnet,
    dropping: bool,
}

impl Framer {
    /// Whether a message has begun that has not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.pending.is_empty() || self.dropping
    }

    /// Whether what has come so far stops within a UTF-8 sequence, so that the rest must be on its way.
    #[must_use]
    pub fn is_within_char(&self) -> bool {
        (1..=3.min(self.pending.len())).any(|back| {
            let tail = &self.pending[self.pending.len() - back..];
            std::str::from_utf8(tail).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
        })
    }

    /// Takes bytes of the stream and hands over each message that they end.
    pub fn feed(&mut self, bytes: &[u8], line_bytes: usize, each: &mut impl FnMut(Frame<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.telnet != Telnet::Text {
                self.telnet(rest[0], line_bytes, each);
                rest = &rest[1..];
                continue;
            }
            let stop = rest.iter().position(|b| matches!(b, b'\n' | &IAC)).unwrap_or(rest.len());
            let (text, from_stop) = rest.split_at(stop);
            if from_stop.first() == Some(&b'\n')
                && self.pending.is_empty()
                && !self.dropping
                && text.len() <= line_bytes
            {
                // The usual case: a whole line, handed over where it is.
                hand_over(text, End::Newline, line_bytes, each);
            } else {
                self.push(text, line_bytes, each);
                match from_stop.first() {
                    Some(&b'\n') => self.end(End::Newline, line_bytes, each),
                    Some(_) => self.telnet = Telnet::Iac,
                    None => {}
                }
            }
            rest = from_stop.get(1..).unwrap_or_default();
        }
    }

    /// The sender has paused, or has closed its end: what is pending is a message.
    pub fn pause(&mut self, line_bytes: usize, each: &mut impl FnMut(Frame<'_>)) {
        if self.is_partial() {
            self.end(End::Pause, line_bytes, each);
        }
    }

    fn push(&mut self, text: &[u8], line_bytes: usize, each: &mut impl FnMut(Frame<'_>)) {
        if self.dropping {
            return;
        }
        // A carriage return before the newline is not part of the text.
        if self.pending.len() + text.len() > line_bytes + 1 {
            self.pending = Vec::new();
            self.dropping = true;
            each(Frame::TooLong);
            return;
        }
        self.pending.extend_from_slice(text);
    }

    fn end(&mut self, end: End, line_bytes: usize, each: &mut impl FnMut(Frame<'_>)) {
        let pending = std::mem::take(&mut self.pending);
        if !std::mem::take(&mut self.dropping) {
            hand_over(&pending, end, line_bytes, each);
        }
    }

    fn telnet(&mut self, byte: u8, line_bytes: usize, each: &mut impl FnMut(Frame<'_>)) {
        self.telnet = match (self.telnet, byte) {
            (Telnet::Iac, IAC) => {
                // An escaped 255: part of the text.
                self.push(&[IAC], line_bytes, each);
                Telnet::Text
            }
            (Telnet::Iac, WILL..=DONT) => Telnet::Option,
            (Telnet::Iac, SB) | (Telnet::SubIac, IAC) => Telnet::Sub,
            (Telnet::Sub, IAC) => Telnet::SubIac,
            (Telnet::Sub, _) => Telnet::Sub,
            (Telnet::SubIac, SE) | (Telnet::Iac | Telnet::Option | Telnet::Text, _) => Telnet::Text,
            (Telnet::SubIac, _) => Telnet::Sub,
        };
    }
}

fn hand_over(text: &[u8], end: End, line_bytes: usize, each: &mut impl FnMut(Frame<'_>)) {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    each(if text.len() > line_bytes { Frame::TooLong } else { Frame::Message(text, end) });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 16;

    fn frames<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut seen = Vec::new();
        let mut framer = Framer::default();
        let mut each = |frame: Frame<'_>| {
            seen.push(match frame {
                Frame::Message(text, End::Newline) => format!("{}\\n", text.escape_ascii()),
                Frame::Message(text, End::Pause) => format!("{}...", text.escape_ascii()),
                Frame::TooLong => "too long".to_owned(),
            });
        };
        for chunk in chunks {
            framer.feed(chunk, LIMIT, &mut each);
        }
        framer.pause(LIMIT, &mut each);
        assert!(!framer.is_partial());
        seen
    }

    #[test]
    fn newlines_and_pauses_end_messages() {
        let check = |bytes: &[u8], expect: &[&str]| assert_eq!(frames([bytes]), expect, "{bytes:?}");
        check(b"hi\nyo\r\nlast", &["hi\\n", "yo\\n", "last..."]);
        check(b"\n", &["\\n"]);
        check(b"", &[]);
        check(b"0123456789abcdef\nok\n", &["0123456789abcdef\\n", "ok\\n"]);
        check(b"0123456789abcdefX\n0123456789abcdef\r\n", &["too long", "0123456789abcdef\\n"]);
        check(b"0123456789abcdefXYZ\nok\n", &["too long", "ok\\n"]);
        check(b"0123456789abcdefXYZ and no end", &["too long"]);
    }

    #[test]
    fn telnet_is_swallowed() {
        let check = |bytes: &[u8], expect: &[&str]| assert_eq!(frames([bytes]), expect, "{bytes:?}");
        check(b"\xff\xfd\x03\xff\xfb\x18hi\r\n", &["hi\\n"]);
        check(b"a\xff\xfa\x18\x00xterm\n\xff\xff\xff\xf0b\n", &["ab\\n"]);
        check(b"a\xff\xffb\n", &["a\\xffb\\n"]);
        check(b"\xff\xf4\xff\xfd\x06\n", &["\\n"]);
    }

    #[test]
    fn a_character_on_its_way_is_known() {
        let within = |bytes: &[u8]| {
            let mut framer = Framer::default();
            framer.feed(bytes, 99, &mut |_| {});
            framer.is_within_char()
        };
        for cut in 1..3 {
            assert!(within(&"안녕".as_bytes()[..3 + cut]), "{cut}");
        }
        assert!(within(&"a👋".as_bytes()[..4]));
        assert!(!within("안녕".as_bytes()));
        assert!(!within("안".as_bytes()));
        assert!(!within(b""));
    }

    proptest! {
        #[test]
        fn packets_make_no_difference(
            bytes in prop::collection::vec(prop_oneof![4 => 97..100u8, 1 => Just(b'\n'), 1 => Just(b'\r'), 2 => 239..=255u8], 0..120),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]);
            prop_assert_eq!(frames(chunks), frames([&bytes[..]]));
        }
    }
}
