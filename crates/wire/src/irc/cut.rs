//! A text in pieces, where one line cannot carry it: what was said in another dialect may be longer than IRC's 512
//! bytes.
//!
//! The pieces give the text back exactly when they are put together again. No grapheme cluster is torn that fits into a
//! piece (UAX #29: a syllable of jamo, a flag, a family), and words are kept whole where that costs little.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::whole_chars;

/// Cuts a text into pieces of at most `most_bytes` bytes, none of them empty.
///
/// A piece ends behind a space if there is one in its last quarter, and else behind a grapheme cluster. A cluster that
/// is longer than a piece is cut between characters, of which the longest has 4 bytes: with a smaller `most_bytes` than
/// that, pieces can be of one character that is longer.
pub fn cut(text: &str, most_bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, later) = rest.split_at(piece_end(rest, most_bytes));
        rest = later;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Where the first piece of a text ends.
fn piece_end(text: &str, most_bytes: usize) -> usize {
    if text.len() <= most_bytes {
        return text.len();
    }
    let (mut end, mut space_end) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        let grapheme_end = at + grapheme.len();
        if grapheme_end > most_bytes {
            break;
        }
        end = grapheme_end;
        if grapheme == " " {
            space_end = end;
        }
    }
    if end == 0 {
        let first = text.chars().next().map_or(0, char::len_utf8);
        return whole_chars(text.as_bytes(), most_bytes).len().max(first);
    }
    if space_end > most_bytes - most_bytes / 4 { space_end } else { end }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, most_bytes: usize, expect: &[&str]) {
        assert_eq!(cut(text, most_bytes).collect::<Vec<_>>(), expect, "{text:?} in {most_bytes}");
    }

    #[test]
    fn words_are_kept_whole_where_a_space_is_near() {
        check("", 8, &[]);
        check("short", 8, &["short"]);
        check("exactly8", 8, &["exactly8"]);
        check("one two three", 8, &["one two ", "three"]);
        check("a longword follows", 8, &["a longwo", "rd follo", "ws"]);
        check("sixsix x and more", 8, &["sixsix ", "x and mo", "re"]);
        check("eight888 then", 8, &["eight888", " then"]);
        check("a      b", 4, &["a   ", "   b"]);
    }

    #[test]
    fn what_is_read_as_one_is_not_torn() {
        check("가나다", 8, &["가나", "다"]);
        // Syllables of jamo: a leading consonant, a vowel, a trailing consonant, 9 bytes together.
        check("\u{1112}\u{1161}\u{11ab}\u{1112}\u{1161}\u{11ab}", 17, &["\u{1112}\u{1161}\u{11ab}"; 2]);
        check("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 30, &["👩‍👩‍👧‍👦"; 2]);
        check("🇰🇷🇯🇵🇺🇸", 15, &["🇰🇷", "🇯🇵", "🇺🇸"]);
        check("ae\u{301}e\u{301}", 4, &["ae\u{301}", "e\u{301}"]);
    }

    #[test]
    fn what_is_longer_than_a_piece_is_cut_between_characters() {
        check("👩‍👧", 8, &["👩\u{200d}", "👧"]);
        check("a👋🏽b", 4, &["a", "👋", "🏽", "b"]);
        check("e\u{301}\u{301}\u{301}", 4, &["e\u{301}", "\u{301}\u{301}"]);
        check("👋가", 1, &["👋", "가"]);
    }

    /// Texts of what belongs together in different ways.
    fn text() -> impl Strategy<Value = String> {
        let bits =
            ["a", " ", "가", "\u{1112}", "\u{1161}", "\u{11ab}", "👩", "\u{200d}", "👧", "🏽", "🇰", "🇷", "\u{301}"];
        prop::collection::vec(prop::sample::select(bits.to_vec()), 0..60).prop_map(|bits| bits.concat())
    }

    proptest! {
        #[test]
        fn pieces_fit_and_give_the_text_back(text in prop_oneof![text(), any::<String>()], most_bytes in 4..40usize) {
            let pieces: Vec<&str> = cut(&text, most_bytes).collect();
            prop_assert_eq!(pieces.concat(), &*text);
            prop_assert!(pieces.iter().all(|piece| (1..=most_bytes).contains(&piece.len())), "{:?}", pieces);
        }

        #[test]
        fn no_grapheme_that_fits_is_torn(text in text(), most_bytes in 4..40usize) {
            let mut cuts = Vec::new();
            let mut at = 0;
            for piece in cut(&text, most_bytes) {
                at += piece.len();
                cuts.push(at);
            }
            for (at, grapheme) in text.grapheme_indices(true).filter(|g| g.1.len() <= most_bytes) {
                let within = at + 1..at + grapheme.len();
                prop_assert!(!cuts.iter().any(|cut| within.contains(cut)), "{:?} is torn: {:?}", grapheme, cuts);
            }
        }
    }
}
