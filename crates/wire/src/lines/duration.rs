//! How long something lasts, as people write it: `30s`, `10m`, `2h`, `7d`, `1w`, in Korean `10분`, `2시간`, `7일`.

use crate::when;

/// The seconds that the first word says, and what comes behind it; without such a word, everything.
pub(super) fn and_rest(text: &str) -> (Option<u64>, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match when::span_s(word) {
        Some(seconds) => (Some(seconds), rest.trim_start()),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_may_stand_before_a_reason() {
        assert_eq!(and_rest("10m too loud"), (Some(600), "too loud"));
        assert_eq!(and_rest("2시간"), (Some(7_200), ""));
        assert_eq!(and_rest("7 days"), (None, "7 days"));
        assert_eq!(and_rest(""), (None, ""));
    }
}
