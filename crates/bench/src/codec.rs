//! The messages of the benchmarks and how a receiver finds them again.
//!
//! A message is one line of exactly the size asked for, newline included: a magic, what it is for, a number drawn for
//! this run, its sender, its sequence number, and padding. In IRC that is the text of a `PRIVMSG`, whose line has a
//! carriage return before the newline. Servers put what they like in front of a message (Maru puts `guest1: `) and
//! nothing behind it, so a message is looked for at the end of a line only, and a line is a message if each of its
//! bytes is as it was sent. Every other line is a notice of the server's and is passed over. Lines are put together
//! from whatever pieces the socket hands over.

/// The smallest message: all the fields and no padding.
pub(crate) const MESSAGE_BYTES_MIN: usize = 24;
/// The largest message, well within the longest line of plain lines.
pub(crate) const MESSAGE_BYTES_MAX: usize = 4096;
/// The largest message in IRC: its line has 512 bytes, and a name, an address and a room are in front of it.
pub(crate) const IRC_MESSAGE_BYTES_MAX: usize = 350;
/// How much of a line without an end is kept. A message is at the end of its line, so the beginning may go.
const CARRY_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

const MAGIC: &[u8; 2] = b"MB";
const PADDING: u8 = b'-';

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sent until everybody has seen one; not counted.
    Probe,
    /// Counted: everybody must see it once and in order.
    Counted,
}

/// What one message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    /// What it is for.
    pub(crate) kind: Kind,
    /// Which of the senders sent it, from 0.
    pub(crate) sender: u16,
    /// Its place among that sender's messages of that kind, from 0.
    pub(crate) seq: u32,
}

/// The shape of the messages of one run.
#[derive(Debug, Clone)]
pub(crate) struct Codec {
    bytes: usize,
    run: u32,
    /// What stands before the message when it is sent.
    command: String,
    /// What stands behind it in a line that comes without its newline.
    ending: &'static [u8],
}

impl Codec {
    /// Plain lines of `bytes` bytes with their newline, told apart from those of other runs by `run`.
    pub(crate) fn new(bytes: usize, run: u32) -> Self {
        assert!((MESSAGE_BYTES_MIN..=MESSAGE_BYTES_MAX).contains(&bytes), "the command line keeps sizes in range");
        Self { bytes, run, command: String::new(), ending: b"" }
    }

    /// The same messages, said to `room` in IRC.
    pub(crate) fn in_irc(self, room: &str) -> Self {
        Self { command: format!("PRIVMSG {room} :"), ending: b"\r", ..self }
    }

    /// Appends the message as a line to `out`.
    pub(crate) fn encode(&self, message: Message, out: &mut Vec<u8>) {
        out.extend_from_slice(self.command.as_bytes());
        let end = out.len() + self.bytes - 1;
        out.extend_from_slice(MAGIC);
        out.push(match message.kind {
            Kind::Probe => b'p',
            Kind::Counted => b'c',
        });
        push_hex(out, u64::from(self.run), 8);
        push_hex(out, u64::from(message.sender), 4);
        push_hex(out, u64::from(message.seq), 8);
        out.resize(end, PADDING);
        out.extend_from_slice(self.ending);
        out.push(b'\n');
    }

    /// The message at the end of `line` (which comes without its newline), if there is one of this run.
    pub(crate) fn decode(&self, line: &[u8]) -> Option<Message> {
        let line = line.strip_suffix(self.ending)?;
        let start = line.len().checked_sub(self.bytes - 1)?;
        let (fields, padding) = line[start..].split_at_checked(MESSAGE_BYTES_MIN - 1)?;
        let rest = fields.strip_prefix(MAGIC)?;
        let kind = match rest[0] {
            b'p' => Kind::Probe,
            b'c' => Kind::Counted,
            _ => return None,
        };
        let ours = parse_hex(&rest[1..9])? == self.run && padding.iter().all(|&byte| byte == PADDING);
        let sender = u16::try_from(parse_hex(&rest[9..13])?).ok()?;
        let seq = parse_hex(&rest[13..21])?;
        ours.then_some(Message { kind, sender, seq })
    }
}

/// Feeds each line that `chunk` ends, without its newline, to `on_line`, and leaves in `carry` what comes after the
/// last of them. `carry` must be empty at a connection's start and belong to it alone; it stays bounded.
pub(crate) fn each_line(carry: &mut Vec<u8>, mut chunk: &[u8], mut on_line: impl FnMut(&[u8])) {
    while let Some(end) = chunk.iter().position(|&byte| byte == b'\n') {
        if carry.is_empty() {
            on_line(&chunk[..end]);
        } else {
            carry.extend_from_slice(&chunk[..end]);
            on_line(carry);
            carry.clear();
        }
        chunk = &chunk[end + 1..];
    }
    carry.extend_from_slice(chunk);
    if carry.len() > CARRY_BYTES_MAX {
        carry.drain(..carry.len() - MESSAGE_BYTES_MAX);
    }
}

fn push_hex(out: &mut Vec<u8>, value: u64, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(value >> (4 * digit)) as usize & 0xf]);
    }
}

/// At most eight digits in lower case, as [`push_hex`] writes them.
fn parse_hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, &digit| {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u32::from(nibble))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODEC: Codec = Codec { bytes: 64, run: 0xbeef, command: String::new(), ending: b"" };

    fn message(sender: u16, seq: u32) -> Message {
        Message { kind: Kind::Counted, sender, seq }
    }

    fn line(codec: &Codec, message: Message) -> Vec<u8> {
        let mut out = Vec::new();
        codec.encode(message, &mut out);
        assert_eq!(out.pop(), Some(b'\n'));
        out
    }

    #[track_caller]
    fn check(line: &[u8], expect: Option<Message>) {
        assert_eq!(CODEC.decode(line), expect, "{}", String::from_utf8_lossy(line));
    }

    #[track_caller]
    fn check_irc(line: &str, expect: Option<Message>) {
        assert_eq!(CODEC.in_irc("#bench").decode(line.as_bytes()), expect, "{line:?}");
    }

    #[test]
    fn a_message_has_exactly_the_size_asked_for() {
        for bytes in [MESSAGE_BYTES_MIN, 64, MESSAGE_BYTES_MAX] {
            assert_eq!(line(&Codec::new(bytes, 1), message(1, 2)).len() + 1, bytes);
        }
    }

    #[test]
    fn a_message_is_found_behind_any_prefix() {
        let bare = line(&CODEC, message(3, 77));
        check(&bare, Some(message(3, 77)));
        check(&[b"guest1: ", &bare[..]].concat(), Some(message(3, 77)));
        check(&["[#마루] 손님: ".as_bytes(), &bare[..]].concat(), Some(message(3, 77)));
        check(&[&bare[..], &bare[..]].concat(), Some(message(3, 77)));
    }

    #[test]
    fn what_is_no_whole_message_of_this_run_is_passed_over() {
        let bare = line(&CODEC, message(3, 77));
        check(b"", None);
        check(b"* welcome", None);
        check(&[b'-'; 200], None);
        check(&bare[1..], None);
        check(&[&bare[..], b"!"].concat(), None);
        check(&line(&Codec::new(64, 0xdead), message(3, 77)), None);
        check(&line(&Codec::new(65, 0xbeef), message(3, 77)), None);
    }

    #[test]
    fn in_irc_the_same_message_is_the_text_of_a_privmsg() {
        let bare = String::from_utf8(line(&CODEC, message(3, 77))).unwrap();
        let mut sent = Vec::new();
        CODEC.in_irc("#bench").encode(message(3, 77), &mut sent);
        assert_eq!(String::from_utf8(sent).unwrap(), format!("PRIVMSG #bench :{bare}\r\n"));

        check_irc(&format!(":b1!b@127.0.0.1 PRIVMSG #bench :{bare}\r"), Some(message(3, 77)));
        check_irc(
            &format!("@time=2024-01-01T00:00:00.000Z;msgid=a :b1!b@h PRIVMSG #bench :{bare}\r"),
            Some(message(3, 77)),
        );
        check_irc(&format!(":b1!b@h PRIVMSG #bench {bare}\r"), Some(message(3, 77)));
        check_irc(&format!(":b1!b@h PRIVMSG #bench :{bare}"), None);
        check_irc(&format!(":b1!b@h PRIVMSG #bench :{bare} \r"), None);
        check_irc(&format!(":b1!b@h PRIVMSG #bench :{}\r", &bare[..62]), None);
        check_irc("\r", None);
    }

    #[test]
    fn a_message_with_one_byte_changed_is_not_that_message() {
        let bare = line(&CODEC, message(3, 77));
        for at in 0..bare.len() {
            let mut changed = bare.clone();
            changed[at] ^= 0x80;
            check(&changed, None);
        }
    }

    #[test]
    fn a_line_that_never_ends_is_not_kept_whole() {
        let mut carry = Vec::new();
        for _ in 0..100 {
            each_line(&mut carry, &[b'x'; 1000], |_| panic!("there is no line"));
            assert!(carry.len() <= CARRY_BYTES_MAX);
        }
        let bare = line(&CODEC, message(0, 1));
        let mut seen = Vec::new();
        each_line(&mut carry, &[&bare[..], b"\n"].concat(), |line| seen.push(CODEC.decode(line)));
        assert_eq!(seen, [Some(message(0, 1))]);
    }

    proptest! {
        #[test]
        fn encoding_and_decoding_are_inverse(
            probe: bool, irc: bool, sender: u16, seq: u32, run: u32, bytes in MESSAGE_BYTES_MIN..200,
        ) {
            let message = Message { kind: if probe { Kind::Probe } else { Kind::Counted }, sender, seq };
            let codec = Codec::new(bytes, run);
            let codec = if irc { codec.in_irc("#마루") } else { codec };
            prop_assert_eq!(codec.decode(&line(&codec, message)), Some(message));
        }

        #[test]
        fn any_chunking_gives_the_same_messages(
            seqs in prop::collection::vec((any::<u16>(), any::<u32>(), "[a-z가-힣: ]{0,12}"), 0..20),
            sizes in prop::collection::vec(1_usize..150, 1..40),
        ) {
            let mut stream = Vec::new();
            let mut expect = Vec::new();
            for (sender, seq, prefix) in seqs {
                stream.extend_from_slice(format!("* notice\n{prefix}").as_bytes());
                CODEC.encode(message(sender, seq), &mut stream);
                expect.push(message(sender, seq));
            }
            let (mut carry, mut seen, mut rest) = (Vec::new(), Vec::new(), &stream[..]);
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (chunk, tail) = rest.split_at((*size).min(rest.len()));
                each_line(&mut carry, chunk, |line| seen.extend(CODEC.decode(line)));
                rest = tail;
            }
            prop_assert_eq!(seen, expect);
            prop_assert!(carry.is_empty());
        }
    }
}
