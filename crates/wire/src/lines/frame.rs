//! From bytes to messages: a newline ends one, and so do a pause and the end of the stream.
//!
//! Telnet negotiation (RFC 854) and carriage returns are swallowed on the way. A message that is over the limit is
//! reported once and dropped to its end. However the bytes were cut into packets, the same messages come out.

use std::ops::ControlFlow;

use super::telnet::{COMMAND, Heard, Telnet};

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
    /// No message: these bytes are to be sent back, to a client that speaks telnet.
    Telnet(&'a [u8]),
}

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

    /// Takes bytes of the stream and hands over each message that they end, until there is a [`ControlFlow::Break`].
    /// Returns how many bytes were taken; the others have to be given again.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        line_bytes: usize,
        each: &mut impl FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let mut flow = ControlFlow::Continue(());
            if self.telnet.is_in_text() {
                let rest = &bytes[at..];
                let stop = rest.iter().position(|b| matches!(*b, b'\n' | COMMAND)).unwrap_or(rest.len());
                let (text, newline) = (&rest[..stop], rest.get(stop) == Some(&b'\n'));
                if newline && self.pending.is_empty() && !self.dropping {
                    // The usual case: a whole line, handed over where it is.
                    flow = hand_over(text, End::Newline, line_bytes, each);
                } else {
                    if self.push(text, line_bytes) {
                        flow = each(Frame::TooLong);
                    }
                    if newline {
                        let ended = self.end(End::Newline, line_bytes, each);
                        flow = if flow.is_break() { flow } else { ended };
                    } else if stop < rest.len() {
                        self.telnet.begin();
                    }
                }
                at += (stop + 1).min(rest.len());
            } else {
                match self.telnet.take(bytes[at]) {
                    Heard::Nothing => {}
                    Heard::Escaped if self.push(&[COMMAND], line_bytes) => flow = each(Frame::TooLong),
                    Heard::Escaped => {}
                    Heard::Answer(answer) => flow = each(Frame::Telnet(&answer)),
                }
                at += 1;
            }
            if flow.is_break() {
                break;
            }
        }
        at
    }

    /// The sender has paused, or has closed its end: what is pending is a message.
    pub fn pause(&mut self, line_bytes: usize, each: &mut impl FnMut(Frame<'_>) -> ControlFlow<()>) {
        if self.is_partial() {
            // Nothing comes after it that could be left for later.
            let _ = self.end(End::Pause, line_bytes, each);
        }
    }

    /// Adds to the pending message; true if that has just become too long.
    fn push(&mut self, text: &[u8], line_bytes: usize) -> bool {
        if self.dropping {
            return false;
        }
        // A carriage return before the newline is not part of the text.
        if self.pending.len() + text.len() > line_bytes + 1 {
            self.pending = Vec::new();
            self.dropping = true;
            return true;
        }
        self.pending.extend_from_slice(text);
        false
    }

    fn end(
        &mut self,
        end: End,
        line_bytes: usize,
        each: &mut impl FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let pending = std::mem::take(&mut self.pending);
        if std::mem::take(&mut self.dropping) {
            return ControlFlow::Continue(());
        }
        hand_over(&pending, end, line_bytes, each)
    }
}

fn hand_over(
    text: &[u8],
    end: End,
    line_bytes: usize,
    each: &mut impl FnMut(Frame<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    each(if text.len() > line_bytes { Frame::TooLong } else { Frame::Message(text, end) })
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
                Frame::Telnet(_) => return ControlFlow::Continue(()),
            });
            if seen.len() % 2 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        for chunk in chunks {
            let mut rest = chunk;
            while !rest.is_empty() {
                let taken = framer.feed(rest, LIMIT, &mut each);
                rest = &rest[taken..];
            }
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
            framer.feed(bytes, 99, &mut |_| ControlFlow::Continue(()));
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
