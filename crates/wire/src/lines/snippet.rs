//! What is shown of a message that was found: the part with the words, and the words marked.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Characters shown of a long message.
const SHOWN_CHARS: usize = 160;
/// Characters shown before the first word that was found.
const BEFORE_CHARS: usize = 40;
/// What stands on both sides of a word.
const MARK: char = '*';
const CUT: char = '…';

/// A part of a text with the first of the words in it, each occurrence between marks.
pub(super) fn of(text: &str, words: &[String]) -> String {
    let graphemes: Vec<&str> = text.graphemes(true).collect();
    // The text as it is compared, and where in it each grapheme begins.
    let mut folded = String::with_capacity(text.len());
    let mut begins = Vec::with_capacity(graphemes.len());
    for grapheme in &graphemes {
        begins.push(folded.len());
        folded.extend(grapheme.nfc().flat_map(char::to_lowercase));
    }
    let mut marked = vec![false; graphemes.len()];
    for word in words.iter().map(|word| fold(word)).filter(|word| !word.is_empty()) {
        for (at, _) in folded.match_indices(&word) {
            let end = at + word.len();
            // Only whole graphemes are what was looked for.
            let whole = |at| begins.binary_search(&at).ok().or((at == folded.len()).then_some(begins.len()));
            if let (Some(from), Some(to)) = (whole(at), whole(end)) {
                marked[from..to].fill(true);
            }
        }
    }
    shown(&graphemes, &marked)
}

fn shown(graphemes: &[&str], marked: &[bool]) -> String {
    let first = marked.iter().position(|m| *m).unwrap_or(0);
    let from = if graphemes.len() <= SHOWN_CHARS { 0 } else { first.saturating_sub(BEFORE_CHARS) };
    let to = (from + SHOWN_CHARS).min(graphemes.len());
    let mut shown = String::with_capacity(8 * SHOWN_CHARS);
    if from > 0 {
        shown.push(CUT);
    }
    for at in from..to {
        let before = at > from && marked[at - 1];
        if marked[at] != before {
            shown.push(MARK);
        }
        shown.push_str(graphemes[at]);
    }
    if to > from && marked[to - 1] {
        shown.push(MARK);
    }
    if to < graphemes.len() {
        shown.push(CUT);
    }
    shown
}

fn fold(word: &str) -> String {
    word.nfc().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &[&str], expect: &str) {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        assert_eq!(of(text, &words), expect);
    }

    #[test]
    fn words_are_marked_where_they_stand() {
        check("우리는 학교에서 만났다", &["학교"], "우리는 *학교*에서 만났다");
        check("Build ok, build", &["bui", "build"], "*Build* ok, *build*");
        check("\u{1112}\u{1161}\u{11a8}교 앞", &["학교"], "*\u{1112}\u{1161}\u{11a8}교* 앞");
        check("학교학교", &["학교"], "*학교학교*");
        check("abc", &[], "abc");
    }

    #[test]
    fn a_long_message_is_cut_around_its_word() {
        let text = format!("{}여기{}", "가".repeat(500), "나".repeat(500));
        let shown = of(&text, &["여기".to_owned()]);
        assert!(shown.starts_with("…가") && shown.contains("가*여기*나") && shown.ends_with("나…"), "{shown}");
        assert!(shown.chars().count() < SHOWN_CHARS + 10);
    }
}
