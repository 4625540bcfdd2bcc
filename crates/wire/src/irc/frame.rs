//! From bytes to lines: CR LF ends one, and so does either of the two alone (Modern IRC, "Compatibility with incorrect
//! software"). An empty line is nothing, which is why CR LF needs no rule of its own.
//!
//! A line that is over a limit is reported once and dropped to its end. However the bytes were cut into packets, the
//! same frames come out, and no more is kept than the longest line that is allowed. What the stream's end cuts off is
//! no line.

use std::fmt;
use std::ops::ControlFlow;

/// Longest tag section of a client's line, in bytes, from the `@` up to and including the space after it
/// (IRCv3 message-tags, "Size limit": 4094 bytes of data between the two).
pub const TAGS_BYTES_MAX: usize = 4096;
/// Longest rest of a line, in bytes without the CR LF (RFC 2812 section 2.3: 512 with it).
pub const BODY_BYTES_MAX: usize = 510;
/// Longest line, in bytes without the CR LF.
const LINE_BYTES_MAX: usize = TAGS_BYTES_MAX + BODY_BYTES_MAX;

/// A line, or that there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The bytes of one line, without its end. Never empty.
    Line(&'a [u8]),
    /// A line was longer than the limits and is being dropped (`ERR_INPUTTOOLONG`).
    TooLong,
}

/// The bytes of a line that has not ended yet. Holds no memory between lines.
#[derive(Default)]
pub struct Framer {
    pending: Vec<u8>,
    dropping: bool,
}

impl Framer {
    /// Whether a line has begun that has not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.pending.is_empty() || self.dropping
    }

    /// Takes bytes of the stream and hands over each line that they end, until there is a [`ControlFlow::Break`].
    /// Returns how many bytes were taken; the others have to be given again.
    pub fn feed(&mut self, bytes: &[u8], each: &mut impl FnMut(Frame<'_>) -> ControlFlow<()>) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let stop = rest.iter().position(|b| matches!(*b, b'\r' | b'\n')).unwrap_or(rest.len());
            let ended = stop < rest.len();
            at += stop + usize::from(ended);
            if self.take(&rest[..stop], ended, each).is_break() {
                break;
            }
        }
        at
    }

    /// Takes the next bytes of a line, perhaps its last ones.
    fn take(
        &mut self,
        text: &[u8],
        ended: bool,
        each: &mut impl FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.dropping {
            self.dropping = !ended;
            return ControlFlow::Continue(());
        }
        if ended && self.pending.is_empty() {
            // The usual case: a whole line, handed over where it is.
            return match text {
                [] => ControlFlow::Continue(()),
                _ if fits(text) => each(Frame::Line(text)),
                _ => each(Frame::TooLong),
            };
        }
        // Measured before it is kept: what one packet brings may be longer than any line.
        if self.pending.len() + text.len() <= LINE_BYTES_MAX {
            self.pending.extend_from_slice(text);
            if fits(&self.pending) {
                return if ended {
                    each(Frame::Line(&std::mem::take(&mut self.pending)))
                } else {
                    ControlFlow::Continue(())
                };
            }
        }
        self.pending = Vec::new();
        self.dropping = !ended;
        each(Frame::TooLong)
    }
}

impl fmt::Debug for Framer {
    /// What is pending may be a password, so only how much of it there is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framer").field("pending", &self.pending.len()).field("dropping", &self.dropping).finish()
    }
}

/// Whether this beginning of a line is within the limits. Of what is not, no continuation is.
fn fits(line: &[u8]) -> bool {
    if line.len() <= BODY_BYTES_MAX || line[0] != b'@' {
        return line.len() <= BODY_BYTES_MAX;
    }
    // Where there is no space yet, there has to be room for one.
    let tags = line.iter().take(TAGS_BYTES_MAX).position(|b| *b == b' ').map_or(line.len() + 1, |space| space + 1);
    tags <= TAGS_BYTES_MAX && line.len().saturating_sub(tags) <= BODY_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes of the chunks, when the one who hears stops at every other frame.
    fn frames<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, bool) {
        let mut seen = Vec::new();
        let mut framer = Framer::default();
        let mut each = |frame: Frame<'_>| {
            seen.push(match frame {
                Frame::Line(line) => line.escape_ascii().to_string(),
                Frame::TooLong => "too long".to_owned(),
            });
            if seen.len() % 2 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        for chunk in chunks {
            let mut rest = chunk;
            while !rest.is_empty() {
                let taken = framer.feed(rest, &mut each);
                assert!(framer.pending.len() <= LINE_BYTES_MAX);
                rest = &rest[taken..];
            }
        }
        (seen, framer.is_partial())
    }

    fn check(bytes: &[u8], expect: &[&str]) {
        assert_eq!(frames([bytes]).0, expect, "{:?}", bytes.escape_ascii().to_string());
        assert_eq!(frames(bytes.chunks(1)).0, expect, "byte by byte: {:?}", bytes.escape_ascii().to_string());
    }

    #[test]
    fn each_way_to_end_a_line_ends_it() {
        check(b"NICK a\r\nNICK b\nNICK c\rNICK d\r\n", &["NICK a", "NICK b", "NICK c", "NICK d"]);
        check(b"\r\n\n\r\r\n", &[]);
        check(b"", &[]);
        check(b"QUIT\r\nwithout an end", &["QUIT"]);
    }

    #[test]
    fn a_line_of_the_longest_length_is_one_and_a_longer_one_is_reported_once() {
        let tags = |len: usize| format!("@{} ", "t".repeat(len - 2));
        let body = |len: usize| "b".repeat(len);
        let check_length = |line: String, is_line: bool| {
            let expect = if is_line { line.as_str() } else { "too long" };
            check(format!("{line}\r\nPING\r\n").as_bytes(), &[expect, "PING"]);
        };
        check_length(body(510), true);
        check_length(body(511), false);
        check_length(tags(4096) + &body(510), true);
        check_length(tags(4096) + &body(511), false);
        check_length(tags(4097) + &body(1), false);
        check_length(tags(4097), false);
        check_length(tags(9) + &body(511), false);
        check_length(tags(600) + &body(510), true);
        check_length(format!("@{}", body(4094)), true);
        check_length(format!("@{}", body(4095)), false);
        check_length(format!(" {}", tags(510)), false);
        check_length(body(100_000), false);
    }

    #[test]
    fn a_partial_line_is_known_and_nothing_is_kept_after_it() {
        let mut framer = Framer::default();
        let mut feed = |bytes: &[u8]| {
            framer.feed(bytes, &mut |_| ControlFlow::Continue(()));
            (framer.is_partial(), framer.pending.capacity() > 0)
        };
        assert_eq!(feed(b"NI"), (true, true));
        assert_eq!(feed(b"CK a\r"), (false, false));
        assert_eq!(feed(b"\n"), (false, false));
        assert_eq!(feed(&[b'x'; 600]), (true, false));
        assert_eq!(feed(b"still the same line"), (true, false));
        assert_eq!(feed(b"\n"), (false, false));
    }

    #[test]
    fn what_is_pending_is_not_shown() {
        let mut framer = Framer::default();
        framer.feed(b"PASS hunter2", &mut |_| ControlFlow::Continue(()));
        assert_eq!(format!("{framer:?}"), "Framer { pending: 12, dropping: false }");
    }

    /// Runs of bytes, some long enough to be over a limit.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let run = prop_oneof![
            4 => prop::collection::vec(prop_oneof![4 => Just(b'a'), 1 => Just(b' '), 1 => Just(b'@')], 0..9),
            2 => prop_oneof![Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b"\r".to_vec())],
            1 => (500..520usize).prop_map(|len| vec![b'b'; len]),
            1 => (4085..4100usize).prop_map(|len| [vec![b'@'], vec![b't'; len], vec![b' ']].concat()),
        ];
        prop::collection::vec(run, 0..20).prop_map(|runs| runs.concat())
    }

    proptest! {
        #[test]
        fn packets_make_no_difference(
            bytes in stream(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]);
            prop_assert_eq!(frames(chunks), frames([&bytes[..]]));
        }
    }
}
