//! Text for terminals: what another person wrote must never move somebody's cursor, ring, or repaint their screen.

use std::borrow::Cow;

/// The text without control characters and without the escape sequences that they begin.
///
/// Removed are C0 (a tab becomes a space), DEL, C1, and whole CSI, OSC, DCS, PM, APC and SOS sequences of ECMA-48, so
/// that not even their printable remains are shown. An unfinished sequence ends with the text. Removed as well are what
/// begins a new line elsewhere (U+2028, U+2029) and what turns the text around beyond its own end (the embeddings,
/// overrides and isolates of Unicode's UAX #9): a line is to stay one line, behind its speaker's name. The formatting
/// codes of IRC go whole ([`plain`]), as a colour would leave its digits behind.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() || is_unruly(c)) {
        return Cow::Borrowed(text);
    }
    let text = plain(text);
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\t' => clean.push(' '),
            '\u{1b}' => match chars.peek() {
                Some('[') => skip_csi(&mut chars),
                Some(']' | 'P' | '^' | '_' | 'X') => skip_string(&mut chars),
                // Two- and three-character sequences: intermediates, then one final character.
                Some(' '..='/') => skip_while(&mut chars, |c| matches!(c, ' '..='/'), 1),
                Some('0'..='~') => drop(chars.next()),
                _ => {}
            },
            '\u{9b}' => skip_while(&mut chars, |c| matches!(c, ' '..='?'), 1),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            c if c.is_control() || is_unruly(c) => {}
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// The text without the formatting codes of IRC (<https://modern.ircdocs.horse/formatting>) and without the colours
/// that are written behind two of them. Everything else stays as it is, other control characters included.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_format) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_format) {
        plain.push_str(&rest[..at]);
        let (code, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = &after[colours_bytes(code, after.as_bytes())..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Whether a character is a formatting code: bold, colour, hex colour, reset, monospace, reverse, italics,
/// strikethrough or underline.
fn is_format(c: char) -> bool {
    matches!(c, '\x02' | '\x03' | '\x04' | '\x0f' | '\x11' | '\x16' | '\x1d' | '\x1e' | '\x1f')
}

/// How many bytes of what comes after a code are its colours: one, or two with a comma between them.
fn colours_bytes(code: u8, after: &[u8]) -> usize {
    let (least, most, is_digit): (_, _, fn(&u8) -> bool) = match code {
        0x03 => (1, 2, u8::is_ascii_digit),
        0x04 => (6, 6, u8::is_ascii_hexdigit),
        _ => return 0,
    };
    let colour_bytes = |text: &[u8]| {
        let digits = text.iter().take(most).take_while(|b| is_digit(b)).count();
        if digits < least { 0 } else { digits }
    };
    let front = colour_bytes(after);
    let back = match after.get(front) {
        Some(b',') if front > 0 => colour_bytes(&after[front + 1..]),
        _ => 0,
    };
    if back > 0 { front + 1 + back } else { front }
}

/// Whether a character ends the line, or changes the direction of what comes after it.
fn is_unruly(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips what `more` holds for, and then up to `finals` characters.
fn skip_while(chars: &mut Chars<'_>, more: impl Fn(char) -> bool, finals: usize) {
    while chars.next_if(|&c| more(c)).is_some() {}
    for _ in 0..finals {
        chars.next_if(|c| matches!(c, '@'..='~' | '0'..='?'));
    }
}

/// Skips a control sequence, whose `[` is next: parameters, intermediates and the final character.
fn skip_csi(chars: &mut Chars<'_>) {
    chars.next();
    skip_while(chars, |c| matches!(c, ' '..='?'), 1);
}

/// Skips a control string, up to its terminator (ST, in either form, or BEL).
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next() {
        match c {
            '\u{07}' | '\u{9c}' => return,
            '\u{1b}' if chars.peek() == Some(&'\\') => {
                chars.next();
                return;
            }
            _ => {}
        }
    }
}

/// The longest beginning of `bytes` that is at most `most` bytes long and cuts no UTF-8 sequence in two.
#[must_use]
pub fn whole_chars(bytes: &[u8], most: usize) -> &[u8] {
    if bytes.len() <= most {
        return bytes;
    }
    // The cut moves back from within a sequence to the sequence's first byte: by three bytes at most.
    let floor = most.saturating_sub(3);
    let cut = (floor..=most).rev().find(|&i| bytes[i] & 0xC0 != 0x80).unwrap_or(most);
    &bytes[..cut]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_controls_a_terminal_is_left() {
        let check = |raw: &str, expect: &str| assert_eq!(printable(raw), expect, "{raw:?}");
        check("안녕 hello 👋🏽", "안녕 hello 👋🏽");
        check("a\u{1b}[31mred\u{1b}[0m", "ared");
        check("a\u{1b}]0;title\u{07}b\u{1b}]8;;http://x\u{1b}\\c", "abc");
        check("\u{9b}2Jx\u{1b}(Bz\u{1b}cq", "xzq");
        check("\u{202e}abc\u{2066}d\u{2028}e", "abcde");
        check("tab\there\u{7f}\u{8}\r\n\0", "tab here");
        check("cut \u{1b}[38;5", "cut ");
        check("cut \u{1b}]never ends", "cut ");
    }

    #[test]
    fn formatting_goes_with_its_colours() {
        let check = |raw: &str, expect: &str| {
            assert_eq!(plain(raw), expect, "{raw:?}");
            assert_eq!(printable(raw), expect, "{raw:?} on a terminal");
        };
        check("\x0304,05hi", "hi");
        check("\x02b\x1di\x1fu\x1es\x11m\x16r\x0f.", "biusmr.");
        check("I love \x033IRC! \x03It is the \x037best protocol ever!", "I love IRC! It is the best protocol ever!");
        check("\x0313,8,6\x03,7,8 and \x02\x029", ",6,7,8 and 9");
        check("\x03123 \x031,234 \x0399,안", "3 4 ,안");
        check("\x04ff00AAred\x04ff00AA,123456both\x04ff00AA,12345 no", "redboth,12345 no");
        check("\x04fffff five, \x04,ffffff", "fffff five, ,ffffff");
        check("the end\x03", "the end");
        check("\x03\u{661}", "\u{661}");
    }

    #[test]
    fn what_has_no_formatting_is_left_alone() {
        for text in ["", "3,4 ff00ff 안녕", "\x01ACTION waves\x01", "tab\there"] {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_terminal_gets_no_code_of_either_kind(text in "([\x02\x03\x04\x1b\\[0-9,a-fm]|\\PC){0,20}") {
            let shown = printable(&text);
            let plain = plain(&text);
            prop_assert_eq!(printable(&plain), &*shown);
            prop_assert!(!shown.contains(char::is_control));
            prop_assert_eq!(printable(&shown), &*shown);
        }
    }

    #[test]
    fn a_cut_keeps_characters_whole() {
        let text = "가나다".as_bytes();
        for most in 0..12 {
            let cut = whole_chars(text, most);
            assert_eq!(cut.len(), most.min(9) / 3 * 3);
        }
        assert_eq!(whole_chars("a👋".as_bytes(), 4), b"a");
    }
}
