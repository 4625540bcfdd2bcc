//! How a server is spoken to, and what of its answers a client that only measures has to mind.
//!
//! In plain lines nobody has to say who they are: a connection is in a room as soon as it stands. In IRC (RFC 1459, and
//! IRCv3 for the capabilities) it says a nickname, waits to be welcomed and joins; it must answer pings for as long as
//! it stands. Everything else that a server says is passed over. Nothing here reads or writes.

use clap::ValueEnum;

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// A line is a message; there is nothing to say before it
    Lines,
    /// IRC, as a client speaks it that asks for no capability
    Irc,
    /// IRC with server-time, message-tags and account-tag
    IrcTags,
}

impl Dialect {
    /// Whether it is IRC.
    pub(crate) fn is_irc(self) -> bool {
        self != Self::Lines
    }

    /// What a connection says first, as `nick`.
    pub(crate) fn hello(self, nick: &str) -> String {
        let named = format!("NICK {nick}\r\nUSER b 0 * :b\r\n");
        match self {
            Self::Lines => String::new(),
            Self::Irc => named,
            Self::IrcTags => format!("CAP REQ :server-time message-tags account-tag\r\n{named}CAP END\r\n"),
        }
    }
}

/// The nickname of connection `index` of a run, short enough for servers that allow nine characters.
pub(crate) fn nick(run: u32, index: usize) -> String {
    format!("b{:03}n{index}", run % 1000)
}

/// What an IRC server said in one line, as far as it is minded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// We are to answer `PONG` with this, which is as it came.
    Ping(&'a [u8]),
    /// We are registered (`001`).
    Welcome,
    /// We are in this room and have been told who else is (`366`).
    Inside(&'a [u8]),
    /// Somebody of this nickname has joined; it may be ourselves.
    Join(&'a [u8]),
    /// Something that we asked for is denied, or the connection is about to be closed.
    Refused,
    /// Anything else.
    Other,
}

impl<'a> Said<'a> {
    /// What `line` says, which comes without its newline and with or without a carriage return.
    pub(crate) fn of(line: &'a [u8]) -> Self {
        let mut rest = line.strip_suffix(b"\r").unwrap_or(line);
        if rest.first() == Some(&b'@') {
            rest = split_word(rest).1;
        }
        let mut source = &b""[..];
        if let Some(named) = rest.strip_prefix(b":") {
            (source, rest) = split_word(named);
        }
        let (command, parameters) = split_word(rest);
        let second = || split_word(split_word(parameters).1).0;
        match command {
            b"PING" => Self::Ping(parameters),
            b"001" => Self::Welcome,
            b"366" => Self::Inside(second()),
            b"JOIN" => Self::Join(source.split(|&byte| byte == b'!').next().unwrap_or(source)),
            b"CAP" if second() == b"NAK" => Self::Refused,
            b"ERROR" => Self::Refused,
            // A server without a message of the day says so by an error (422).
            [b'4' | b'5', _, _] if command != b"422" => Self::Refused,
            _ => Self::Other,
        }
    }
}

impl Said<'_> {
    /// Whether we are in `room` now. Servers may spell it in another case.
    pub(crate) fn is_inside(self, room: &str) -> bool {
        matches!(self, Self::Inside(name) if name.eq_ignore_ascii_case(room.as_bytes()))
    }
}

/// The bytes before the first space, and those behind it and the spaces that follow it.
fn split_word(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b' ').unwrap_or(bytes.len());
    let spaces = bytes[end..].iter().take_while(|&&byte| byte == b' ').count();
    (&bytes[..end], &bytes[end + spaces..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expect: Said<'_>) {
        assert_eq!(Said::of(line.as_bytes()), expect, "{line}");
    }

    #[test]
    fn a_ping_is_seen_with_and_without_a_source_and_keeps_its_token() {
        check("PING :irc.test 1\r", Said::Ping(b":irc.test 1"));
        check(":irc.test PING abc\r", Said::Ping(b"abc"));
        check("@time=2024-01-01T00:00:00.000Z :irc.test PING :abc", Said::Ping(b":abc"));
        check(":b1!b@host PRIVMSG #bench :PING abc", Said::Other);
    }

    #[test]
    fn the_steps_of_coming_in_are_seen() {
        check(":irc.test 001 b1 :Welcome, b1!b@127.0.0.1\r", Said::Welcome);
        check(":irc.test 366 b1 #bench :End of /NAMES list.\r", Said::Inside(b"#bench"));
        check(":b1!b@127.0.0.1 JOIN :#bench\r", Said::Join(b"b1"));
        check("@account=x;time=2024-01-01T00:00:00.000Z :b1!b@h JOIN #bench\r", Said::Join(b"b1"));
        check(":irc.test 353 b1 = #bench :@b1 b2\r", Said::Other);
        check(":irc.test CAP * ACK :server-time message-tags account-tag\r", Said::Other);
    }

    #[test]
    fn what_is_denied_is_seen() {
        check(":irc.test 433 * b1 :Nickname is already in use.\r", Said::Refused);
        check(":irc.test 471 b1 #bench :Cannot join channel (channel is full)\r", Said::Refused);
        check(":irc.test CAP * NAK :account-tag\r", Said::Refused);
        check("ERROR :Closing link: too many connections\r", Said::Refused);
        check(":irc.test 422 b1 :Message of the day file is missing.\r", Said::Other);
    }

    #[test]
    fn broken_lines_say_nothing() {
        for line in ["", "\r", " ", ":", "@", ":a", "@a", ":a ", "@a :b ", "4", "4xx0", "안녕"] {
            check(line, Said::Other);
        }
        check("366", Said::Inside(b""));
        check("JOIN", Said::Join(b""));
    }

    #[test]
    fn each_connection_of_a_run_has_a_nickname_of_its_own() {
        assert_eq!((nick(4_294_967_007, 0), nick(7, 9999)), ("b007n0".to_owned(), "b007n9999".to_owned()));
        assert_eq!(Dialect::Irc.hello("b1"), "NICK b1\r\nUSER b 0 * :b\r\n");
        assert!(Dialect::Lines.hello("b1").is_empty());
        let tagged = Dialect::IrcTags.hello("b1");
        assert!(tagged.starts_with("CAP REQ :") && tagged.ends_with("CAP END\r\n"), "{tagged}");
    }
}
