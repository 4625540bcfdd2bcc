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
    let folded: Vec<String> = graphemes.iter().map(|g| fold(g)).collect();
    let words: Vec<Vec<String>> =
        words.iter().map(|w| w.graphemes(true).map(fold).collect()).filter(|w: &Vec<String>| !w.is_empty()).collect();
    let mut marked = vec![false; graphemes.len()];
    for word in &words {
        for at in 0..(graphemes.len() + 1).saturating_sub(word.len()) {
            if folded[at..at + word.len()] == word[..] {
                marked[at..at + word.len()].fill(true);
            }
        }
    }
    let first = marked.iter().position(|m| *m).unwrap_or(0);
    let from = if graphemes.len() <= SHOWN_CHARS { 0 } else { first.saturating_sub(BEFORE_CHARS) };
    let to = (from + SHOWN_CHARS).min(graphemes.len());
    let mut shown = String::with_capacity(text.len().min(4 * SHOWN_CHARS));
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

fn fold(grapheme: &str) -> String {
    grapheme.nfc().flat_map(char::to_lowercase).collect()
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
        check("학교학교", &["학교", "교학"], "*학교학교*");
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
