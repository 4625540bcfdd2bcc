//! From a line to a message: what a client asks for, as a command and its parameters (RFC 2812 section 2.3.1, with the
//! tags of IRCv3).
//!
//! A message is the line itself and three places in it, so that it costs one allocation to keep, and to hand to another
//! thread. What a client says of its own source is not believed and not kept in view. A message's debug form shows no
//! parameter of any command: a password may follow any of them, `PRIVMSG` and a misspelt `PASS` included.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::line::unescape_tag;

/// How many parameters a message has at most. The last of these takes whatever is left, with or without its `:`.
const PARAMS_MAX: usize = 15;

/// Why a line is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It is not UTF-8.
    NotUtf8,
    /// It has no command, or has a NUL, CR or LF in it, which no line has.
    NoCommand,
}

/// What a client has sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The line, with its command in capitals.
    line: Box<str>,
    /// Where the tag section ends, which begins with the line; 0 if there is none.
    tags_end: usize,
    command_at: usize,
    /// Where the command ends: at a space, or with the line.
    params_at: usize,
}

impl Message {
    /// Reads one line, given without its end. It may be of any length.
    ///
    /// # Errors
    /// When the line is no message.
    pub fn parse(line: &[u8]) -> Result<Self, Malformed> {
        let mut line = std::str::from_utf8(line).map_err(|_| Malformed::NotUtf8)?.to_owned();
        if line.contains(['\0', '\r', '\n']) {
            return Err(Malformed::NoCommand);
        }
        let tags_end = if line.starts_with('@') { word_end(&line, 0) } else { 0 };
        let mut command_at = spaces_end(&line, tags_end);
        if line[command_at..].starts_with(':') {
            command_at = spaces_end(&line, word_end(&line, command_at));
        }
        let params_at = word_end(&line, command_at);
        let command = &mut line[command_at..params_at];
        // A second source is no command that an answer could name as a parameter.
        if command.is_empty() || command.starts_with([':', '@']) {
            return Err(Malformed::NoCommand);
        }
        command.make_ascii_uppercase();
        Ok(Self { line: line.into_boxed_str(), tags_end, command_at, params_at })
    }

    /// The tags, with their values as they were meant; one without a value has an empty one. Of tags of the same key
    /// there is only the last.
    pub fn tags(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.last_tags(|_| true).into_iter().map(|(key, value)| (key, unescape_tag(value)))
    }

    /// The value of a tag, as it was meant.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<Cow<'_, str>> {
        self.raw_tags().rev().find(|tag| tag.0 == key).map(|tag| unescape_tag(tag.1))
    }

    /// The client-only tags, which begin with `+` and are passed on as they are: the values are still escaped, and are
    /// what a stranger wrote. Of tags of the same key there is only the last.
    pub fn client_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.last_tags(|key| key.len() > 1 && key.starts_with('+')).into_iter()
    }

    /// The command, in capitals.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.line[self.command_at..self.params_at]
    }

    /// The parameters. How the last one was marked makes no difference.
    pub fn params(&self) -> impl Iterator<Item = &str> + Clone {
        Params { rest: &self.line[self.params_at..], left: PARAMS_MAX }
    }

    /// The parameter at this place, counted from 0.
    #[must_use]
    pub fn param(&self, at: usize) -> Option<&str> {
        self.params().nth(at)
    }

    /// How many parameters there are.
    #[must_use]
    pub fn param_count(&self) -> usize {
        self.params().count()
    }

    /// The last parameter.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.params().last()
    }

    /// All tags as they stand in the line, each with its escaped value.
    fn raw_tags(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        let tags = self.line[..self.tags_end].strip_prefix('@').unwrap_or_default();
        tags.split(';').map(|tag| tag.split_once('=').unwrap_or((tag, ""))).filter(|tag| !tag.0.is_empty())
    }

    /// The last tag of each key that is wanted. The keys are looked up in a tree, as a line has room for two thousand.
    fn last_tags(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
        let mut seen = BTreeSet::new();
        let mut tags: Vec<_> = self.raw_tags().rev().filter(|tag| wanted(tag.0) && seen.insert(tag.0)).collect();
        tags.reverse();
        tags
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} with {} parameters)", self.command(), self.param_count())
    }
}

/// What is left of a line behind its command, and how many parameters may still come of it.
#[derive(Clone)]
struct Params<'a> {
    rest: &'a str,
    left: usize,
}

impl<'a> Iterator for Params<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        self.left -= 1;
        let (param, later) = match rest.strip_prefix(':') {
            Some(trailing) => (trailing, ""),
            None if self.left == 0 => (rest, ""),
            None => rest.split_at(word_end(rest, 0)),
        };
        self.rest = later;
        Some(param)
    }
}

/// Where the word that begins at `from` ends.
fn word_end(line: &str, from: usize) -> usize {
    line[from..].find(' ').map_or(line.len(), |len| from + len)
}

/// Where the spaces that begin at `from` end.
fn spaces_end(line: &str, from: usize) -> usize {
    line.len() - line[from..].trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::irc::Line;

    fn parse(line: &str) -> Message {
        Message::parse(line.as_bytes()).unwrap()
    }

    fn check(line: &str, command: &str, params: &[&str]) {
        let message = parse(line);
        assert_eq!((message.command(), message.params().collect::<Vec<_>>()), (command, params.to_vec()), "{line:?}");
        assert_eq!(message.param_count(), params.len());
        assert_eq!(message.last(), params.last().copied());
        for at in 0..=params.len() {
            assert_eq!(message.param(at), params.get(at).copied());
        }
    }

    fn check_tags(line: &str, expect: &[(&str, &str)]) {
        let message = parse(line);
        let tags: Vec<_> = message.tags().collect();
        assert_eq!(tags.iter().map(|(key, value)| (*key, &**value)).collect::<Vec<_>>(), expect, "{line:?}");
        for (key, value) in expect {
            assert_eq!(message.tag(key).as_deref(), Some(*value));
        }
    }

    #[test]
    fn a_line_is_a_command_and_its_parameters() {
        check("PING", "PING", &[]);
        check("nick ann", "NICK", &["ann"]);
        check("CAP REQ :sasl message-tags foo", "CAP", &["REQ", "sasl message-tags foo"]);
        check("PRIVMSG #chan ::-)", "PRIVMSG", &["#chan", ":-)"]);
        check("PRIVMSG #chan Hey!", "PRIVMSG", &["#chan", "Hey!"]);
        check("TOPIC #방 :", "TOPIC", &["#방", ""]);
        check("  JOIN   #a   #b:c  ", "JOIN", &["#a", "#b:c"]);
        check("AWAY :  gone  ", "AWAY", &["  gone  "]);
    }

    #[test]
    fn the_fifteenth_parameter_takes_the_rest() {
        let middles = ["m"; 14];
        let begin = format!("X {}", middles.join(" "));
        check(&format!("{begin} a b :c "), "X", &[&middles[..], &["a b :c "]].concat());
        check(&format!("{begin} :a b"), "X", &[&middles[..], &["a b"]].concat());
        check(&format!("{begin}  "), "X", &middles);
    }

    #[test]
    fn what_a_client_says_of_its_source_is_ignored() {
        check(":somebody!else@there PRIVMSG #a :hi", "PRIVMSG", &["#a", "hi"]);
        check("@a=b  :x  quit  :bye", "QUIT", &["bye"]);
    }

    #[test]
    fn tags_are_read_and_the_last_of_a_key_counts() {
        check_tags("@id=123AB;rose TAGMSG #a", &[("id", "123AB"), ("rose", "")]);
        check_tags("@url=;netsplit=tur,ty X", &[("url", ""), ("netsplit", "tur,ty")]);
        check_tags(r"@+a=x\:\s\\=y X", &[("+a", r"x; \=y")]);
        check_tags("@a=1;b=2;a=3;;=4; X", &[("b", "2"), ("a", "3")]);
        check_tags("@ X", &[]);
        check_tags("X @a=b", &[]);
        assert_eq!(parse("@a=b X").tag("b"), None);
    }

    #[test]
    fn client_tags_are_kept_as_they_came() {
        let message = parse(r"@+a=1;b=2;+c=\s;+;+d;+a=3\ TAGMSG #a");
        assert_eq!(message.client_tags().collect::<Vec<_>>(), [("+c", r"\s"), ("+d", ""), ("+a", r"3\")]);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let check = |line: &[u8], expect: Malformed| assert_eq!(Message::parse(line), Err(expect), "{line:?}");
        check(b"PRIVMSG #a :\xc7\xd1", Malformed::NotUtf8);
        for line in
            ["", "   ", "@a=b", "@a ", ":source", ":source ", ":a :b", "@a :b :c d", "NICK a\0", "A\r\nB", "A\r"]
        {
            check(line.as_bytes(), Malformed::NoCommand);
        }
    }

    #[test]
    fn the_debug_form_keeps_parameters_to_itself() {
        for command in ["PASS", "AUTHENTICATE", "OPER", "REGISTER", "VERIFY", "PRIVMSG", "NOTICE", "PAS"] {
            let shown = format!("{:?}", parse(&format!("@label=hunter2 :hunter2 {command} a hunter2 :hunter2")));
            assert_eq!(shown, format!("Message({command} with 3 parameters)"));
        }
    }

    proptest! {
        #[test]
        fn parsing_undoes_printing(
            tags in prop::collection::vec(("[+]?[a-c][a-z./-]{0,3}", "[^\0]{0,6}"), 0..6),
            source in prop::option::of("[^\0\r\n ]{1,9}"),
            command in "[A-Z]{1,12}|[0-9]{3}",
            middles in prop::collection::vec("[^\0\r\n :][^\0\r\n ]{0,6}", 0..=14),
            trailing in prop::option::of("[^\0\r\n]{0,12}"),
        ) {
            let mut out = Vec::new();
            let mut line = Line::new(&mut out);
            for (key, value) in &tags {
                line = line.tag(key, value);
            }
            if let Some(source) = &source {
                line = line.source(source);
            }
            line = line.command(&command);
            for param in &middles {
                line = line.param(param);
            }
            match &trailing {
                Some(trailing) => line.trailing(trailing).end(),
                None => line.end(),
            }
            let message = Message::parse(out.strip_suffix(b"\r\n").unwrap()).unwrap();
            let read: BTreeMap<_, _> = message.tags().map(|(key, value)| (key, value.into_owned())).collect();
            let last: BTreeMap<_, _> = tags.iter().map(|(key, value)| (&**key, value.clone())).collect();
            prop_assert_eq!(message.tags().count(), last.len());
            prop_assert_eq!(read, last);
            prop_assert_eq!(message.command(), command);
            prop_assert_eq!(message.params().collect::<Vec<_>>(), middles.iter().chain(&trailing).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_a_message_or_none(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "[@:; =+\\\\a가]{0,40}".prop_map(String::into_bytes),
            ],
        ) {
            if let Ok(message) = Message::parse(&bytes) {
                prop_assert!(!message.command().is_empty() && !message.command().contains(' '));
                prop_assert!(message.param_count() <= PARAMS_MAX);
                prop_assert!(message.client_tags().count() <= message.tags().count());
                let _ = format!("{message:?}");
            }
        }
    }
}
