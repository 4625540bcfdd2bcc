//! Bytes to text as they come: a character that is split between two reads is put together again.
//!
//! What can never become a character is shown as U+FFFD, once for each broken sequence, as everywhere.

/// What is left of the last read: the beginning of a character, three bytes at most.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    rest: Vec<u8>,
}

impl Decoder {
    /// The text of these bytes, after what was left of those before.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let mut text = String::with_capacity(self.rest.len());
        let mut chunks = self.rest.utf8_chunks().peekable();
        let mut left = 0;
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let broken = chunk.invalid();
            if chunks.peek().is_none() && is_beginning(broken) {
                left = broken.len();
            } else if !broken.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        self.rest.drain(..self.rest.len() - left);
        text
    }

    /// Whether a character has begun and not ended.
    pub(crate) fn is_within_char(&self) -> bool {
        !self.rest.is_empty()
    }

    /// The text of what is left when nothing more comes.
    pub(crate) fn finish(&mut self) -> &'static str {
        let broken = !self.rest.is_empty();
        self.rest.clear();
        if broken { "\u{FFFD}" } else { "" }
    }
}

/// Whether more bytes could make a character of these.
fn is_beginning(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_err_and(|e| e.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(reads: &[&[u8]], expect: &str) {
        let mut decoder = Decoder::default();
        let mut text: String = reads.iter().map(|read| decoder.push(read)).collect();
        text += decoder.finish();
        assert_eq!(text, expect, "{reads:?}");
    }

    #[test]
    fn a_character_split_between_reads_is_whole() {
        check(&["한".as_bytes(), "글".as_bytes()], "한글");
        check(&[b"\xed", b"\x95", b"\x9c"], "한");
        check(&[b"a\xf0\x9f", b"\x91\x8bb"], "a👋b");
        check(&[b"a\xed\x95"], "a\u{FFFD}");
        check(&[b"\xed\x95", b"x"], "\u{FFFD}x");
        check(&[b"\xff\xfe", b"ok"], "\u{FFFD}\u{FFFD}ok");
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_text(bytes in prop::collection::vec(any::<u8>(), 0..64), cuts in prop::collection::vec(0usize..64, 0..8)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let reads: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            check(&reads, &String::from_utf8_lossy(&bytes));
        }
    }
}
