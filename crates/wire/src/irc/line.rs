//! From parts to a line: what the hall says to a client, written behind what its buffer holds already.
//!
//! The parts come in the order of the grammar (RFC 2812 section 2.3.1, IRCv3 message-tags): tags, source, command,
//! parameters, and at most one trailing parameter. Much of what is in them was written by strangers, so each part is
//! freed from what would end it, and a line never becomes two. Who writes a text that may be long and is to arrive whole
//! asks [`trailing_bytes_max`] first, and cuts it ([`cut`]); of any other, what no line has room for is left out.

use std::borrow::Cow;

use super::cut::cut;
use super::frame::BODY_BYTES_MAX;

/// How far a line has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Nothing,
    Tags,
    Source,
    Command,
    Params,
    Trailing,
}

/// A line that is being written.
#[must_use = "a line that is not ended runs into the next one"]
pub struct Line<'a> {
    out: &'a mut Vec<u8>,
    part: Part,
    /// Where what counts for the length of a line begins: behind the tags.
    body_at: usize,
}

impl<'a> Line<'a> {
    /// Begins a line behind what `out` holds.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let body_at = out.len();
        Self { out, part: Part::Nothing, body_at }
    }

    /// Adds a tag, with its value escaped. An empty value is the same as none, and written as none.
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.begin_tag();
        self.put(key, b" ;=");
        if !value.is_empty() {
            self.out.push(b'=');
            escape_tag(value, self.out);
        }
        self
    }

    /// Adds tags that are escaped already (`a=b;c`), such as a client's own. They come after those of the hall, so that
    /// these are never the ones that a limit cuts off.
    pub fn raw_tags(mut self, tags: &str) -> Self {
        if !tags.is_empty() {
            self.begin_tag();
            self.put(tags, b" ");
        }
        self
    }

    /// From whom the line comes: a server's name, or `nick!user@host`.
    pub fn source(mut self, source: &str) -> Self {
        debug_assert!(!source.is_empty());
        self.begin(Part::Source);
        self.out.push(b':');
        self.put(source, b" ");
        self
    }

    /// What the line is about, as a word.
    pub fn command(mut self, command: &str) -> Self {
        debug_assert!(!command.is_empty());
        self.begin(Part::Command);
        self.put(command, b" ");
        self
    }

    /// What the line is about, as a numeric of three digits.
    pub fn numeric(self, numeric: u16) -> Self {
        debug_assert!(numeric < 1000);
        self.command(&format!("{numeric:03}"))
    }

    /// Adds a parameter that is one word: not empty, without a space, and beginning with no `:`. One that is none would
    /// make others of those behind it, and is written as `*`.
    pub fn param(mut self, param: &str) -> Self {
        debug_assert!(middle(param) == param, "only a trailing parameter can be like this");
        self.begin(Part::Params);
        self.out.extend_from_slice(middle(param).as_bytes());
        self
    }

    /// Adds the last parameter, which may be anything: NUL goes, and each CR or LF becomes a space. It ends where the line
    /// has to (RFC 2812, section 2.3), at the end of a grapheme cluster.
    pub fn trailing(mut self, text: &str) -> Self {
        self.begin(Part::Trailing);
        self.out.push(b':');
        let left = BODY_BYTES_MAX.saturating_sub(self.out.len() - self.body_at);
        let text = cut(text, left).next().filter(|piece| piece.len() <= left).unwrap_or("");
        let kept = text.bytes().filter(|b| *b != 0);
        self.out.extend(kept.map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { b }));
        self
    }

    /// Ends the line.
    pub fn end(self) {
        debug_assert!(self.part >= Part::Command, "a line says something");
        self.out.extend_from_slice(b"\r\n");
    }

    fn begin_tag(&mut self) {
        debug_assert!(self.part <= Part::Tags, "tags come first");
        self.out.push(if self.part == Part::Nothing { b'@' } else { b';' });
        self.part = Part::Tags;
    }

    fn begin(&mut self, part: Part) {
        debug_assert!(self.part < part || (self.part, part) == (Part::Params, Part::Params), "{part:?} comes too late");
        debug_assert!(part <= Part::Command || self.part >= Part::Command, "parameters of nothing");
        if self.part != Part::Nothing {
            self.out.push(b' ');
        }
        if self.part <= Part::Tags {
            self.body_at = self.out.len();
        }
        self.part = part;
    }

    /// Writes a value without the bytes that end any line, and without those that would end this value.
    fn put(&mut self, value: &str, ends: &[u8]) {
        self.out.extend(value.bytes().filter(|b| !matches!(b, b'\r' | b'\n' | 0) && !ends.contains(b)));
    }
}

/// The parameter, if it can stand before others, and otherwise `*`.
fn middle(param: &str) -> &str {
    let ends_early = param.contains([' ', '\r', '\n', '\0']);
    if param.is_empty() || param.starts_with(':') || ends_early { "*" } else { param }
}

/// How many bytes a trailing parameter may have, so that a line of this source, of this command and of these parameters
/// before it is no longer than what every client reads.
#[must_use]
pub fn trailing_bytes_max(source: &str, command: &str, params: &[&str]) -> usize {
    let params: usize = params.iter().map(|param| " ".len() + param.len()).sum();
    let head = ":".len() + source.len() + " ".len() + command.len() + params + " :".len();
    BODY_BYTES_MAX.saturating_sub(head)
}

/// Writes a tag's value as it stands in a line (IRCv3 message-tags, "Escaping values"). NUL, for which there is no
/// escape, goes.
pub fn escape_tag(value: &str, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b';' => out.extend_from_slice(b"\\:"),
            b' ' => out.extend_from_slice(b"\\s"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0 => {}
            _ => out.push(byte),
        }
    }
}

/// A tag's value as it was meant. A backslash before any other character is dropped, and so is one at the end.
#[must_use]
pub fn unescape_tag(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut meant = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            meant.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => meant.push(';'),
            Some('s') => meant.push(' '),
            Some('r') => meant.push('\r'),
            Some('n') => meant.push('\n'),
            Some(c) => meant.push(c),
            None => {}
        }
    }
    Cow::Owned(meant)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(Line<'_>)) -> String {
        let mut out = Vec::new();
        write(Line::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    fn check(write: impl FnOnce(Line<'_>), expect: &str) {
        assert_eq!(written(write), expect);
    }

    #[test]
    fn the_parts_of_a_line_stand_in_their_places() {
        check(|line| line.command("PING").trailing("").end(), "PING :\r\n");
        check(|line| line.source("hall").numeric(1).param("ann").trailing("hello").end(), ":hall 001 ann :hello\r\n");
        check(
            |line| line.tag("time", "12:00").tag("a", "").raw_tags("+b=\\s;c").source("a!b@c").command("TAGMSG").end(),
            "@time=12:00;a;+b=\\s;c :a!b@c TAGMSG\r\n",
        );
        check(|line| line.raw_tags("").raw_tags("+a").command("AWAY").end(), "@+a AWAY\r\n");
    }

    #[test]
    fn a_line_begins_behind_what_is_there() {
        let mut out = b"PING :a\r\n".to_vec();
        Line::new(&mut out).command("PONG").param("b").end();
        assert_eq!(out, b"PING :a\r\nPONG b\r\n");
    }

    #[test]
    fn what_is_no_word_becomes_an_asterisk() {
        for param in ["", ":a", "a b", "a\rb", "a\n", "\0"] {
            assert_eq!(middle(param), "*", "{param:?}");
        }
        for param in ["a", "a:b", "#방", "*", "-"] {
            assert_eq!(middle(param), param);
        }
    }

    #[test]
    fn what_would_end_a_value_goes() {
        check(|line| line.source("a b\r\n").command("C\0").trailing("x\r\ny\0z").end(), ":ab C :x  yz\r\n");
        check(|line| line.tag("k;=y", "a;b c\\\r\n\0").command("C").end(), "@ky=a\\:b\\sc\\\\\\r\\n C\r\n");
        check(|line| line.raw_tags("a=b c\n;d").command("C").end(), "@a=bc;d C\r\n");
    }

    #[test]
    fn the_longest_trailing_parameter_fills_the_line() {
        let (source, command, params) = ("ann!ann@host", "PRIVMSG", ["#lobby"]);
        let text = "x".repeat(trailing_bytes_max(source, command, &params));
        let line = written(|line| line.source(source).command(command).param(params[0]).trailing(&text).end());
        assert_eq!(line.len(), 512);
        assert_eq!(trailing_bytes_max(&"x".repeat(600), command, &params), 0);
        let cut_off =
            written(|line| line.tag("time", "12:00").source(source).command("TOPIC").trailing(&"가".repeat(300)).end());
        assert_eq!(cut_off.len() - "@time=12:00 ".len(), 512, "{cut_off:?}");
    }

    #[test]
    fn escapes_are_understood_leniently() {
        let check = |escaped: &str, expect: &str| assert_eq!(unescape_tag(escaped), expect, "{escaped:?}");
        check("plain=,:+", "plain=,:+");
        check(r"raw+:=,escaped\:\s\\", r"raw+:=,escaped; \");
        check(r"\r\n", "\r\n");
        check(r"test\", "test");
        check(r"\b\가\\s", r"b가\s");
    }

    proptest! {
        #[test]
        fn escaping_is_undone(value in "[^\0]*") {
            let mut escaped = Vec::new();
            escape_tag(&value, &mut escaped);
            let escaped = String::from_utf8(escaped).unwrap();
            prop_assert!(!escaped.contains(['\r', '\n', ' ', ';']));
            prop_assert_eq!(unescape_tag(&escaped), value);
        }

        #[test]
        fn a_line_is_never_two(
            values in prop::array::uniform5("([\r\n\0 :;@a=\\\\]|\\PC){0,6}"),
            source in "[\r\n\0 :a]{1,4}",
            params in prop::collection::vec("[\r\n\0 :a]{0,4}", 0..4),
        ) {
            let line = written(|mut line| {
                line = line.tag(&values[0], &values[1]).raw_tags(&values[2]).source(&source);
                line = line.command(&format!("C{}", values[3]));
                for param in &params {
                    line = line.param(middle(param));
                }
                line.trailing(&values[4]).end();
            });
            let body = line.strip_suffix("\r\n").unwrap();
            prop_assert!(!body.contains(['\r', '\n', '\0']), "{:?}", line);
            // As many words before the trailing parameter as were written: none has been split in two, or lost.
            let words: Vec<&str> = body.splitn(4 + params.len(), ' ').collect();
            prop_assert_eq!(words.len(), 4 + params.len(), "{:?}", line);
            prop_assert!(words[0].starts_with('@') && words[1].starts_with(':') && words[2].starts_with('C'));
            prop_assert!(words[3 + params.len()].starts_with(':'), "{:?}", line);
        }
    }
}
