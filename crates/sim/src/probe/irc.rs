//! Probes of IRC: its lines, and whole sessions of commands.

use std::ops::ControlFlow;

use hall::SessionId;
use wire::irc::{BODY_BYTES_MAX, Cap, Frame, Framer, Line, Message};

use super::{Hallway, chunks};
use crate::Rng;

/// Cuts bytes into lines, reads each as a message, and writes the message down again.
///
/// # Panics
/// When packets make a difference, or a message does not stay the same.
pub fn irc(bytes: &[u8]) {
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(bytes.chunks(1)), whole, "byte by byte");
    let seed = bytes.iter().fold(7, |seed: u64, b| seed.wrapping_mul(31).wrapping_add(u64::from(*b)));
    assert_eq!(frames(chunks(bytes, &mut Rng::new(seed)).into_iter()), whole, "in packets");
    for line in whole.iter().flatten() {
        let Ok(message) = Message::parse(line) else { continue };
        let mut written = Vec::new();
        let tags = message.tags().map(|(key, value)| (key.to_owned(), value.into_owned())).collect::<Vec<_>>();
        let line = tags.iter().fold(Line::new(&mut written), |line, (key, value)| line.tag(key, value));
        let params: Vec<&str> = message.params().collect();
        // With the `:` that the last parameter is given it may be longer than a line is, and then it would be cut.
        if message.command().len() + params.iter().map(|param| param.len() + 1).sum::<usize>() >= BODY_BYTES_MAX {
            continue;
        }
        let (last, first) = params.split_last().map_or((None, &params[..]), |(last, first)| (Some(*last), first));
        let line = first.iter().fold(line.command(message.command()), |line, param| line.param(param));
        match last {
            Some(last) => line.trailing(last).end(),
            None => line.end(),
        }
        let again = Message::parse(written.strip_suffix(b"\r\n").expect("a line ends"));
        let again = again.unwrap_or_else(|why| panic!("{why:?}: {}", written.escape_ascii()));
        assert_eq!(again.command(), message.command());
        assert_eq!(again.params().collect::<Vec<_>>(), params);
        let tags_again: Vec<_> = again.tags().map(|(key, value)| (key.to_owned(), value.into_owned())).collect();
        assert_eq!(tags_again, tags);
    }
}

/// The lines, and nothing where one was too long.
fn frames<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
    let mut framer = Framer::default();
    let mut seen = Vec::new();
    for chunk in chunks {
        let mut rest = chunk;
        while !rest.is_empty() {
            let taken = framer.feed(rest, &mut |frame| {
                seen.push(match frame {
                    Frame::Line(line) => Some(line.to_vec()),
                    Frame::TooLong => None,
                });
                if seen.len() % 2 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            rest = &rest[taken..];
        }
    }
    seen
}

/// Gives bytes to a hall as those of a client that has come in over IRC, and reads what it and two others are shown: one
/// that has asked for every capability, and one of plain lines.
///
/// # Panics
/// When anybody reads what is no line of their dialect.
pub fn irc_session(bytes: &[u8]) {
    let mut room = Hallway::of([true, false, true]);
    // All that may be asked for together, in lines that are not too long.
    let caps: Vec<&str> = Cap::ALL.iter().filter(|cap| **cap != Cap::Metadata2).map(|cap| cap.name()).collect();
    let asked: String = caps.chunks(8).map(|caps| format!("CAP REQ :{}\r\n", caps.join(" "))).collect();
    for (number, words) in [
        (1, "NICK fuzz\r\nUSER f 0 * :F\r\nJOIN #lobby,#x\r\n".to_owned()),
        (2, "/nick 듣는이\n/join #x\n".to_owned()),
        (3, format!("{asked}NICK 보는이\r\nUSER s 0 * :S\r\nCAP END\r\nJOIN #x\r\n")),
    ] {
        if let Some(conn) = room.conns.of.get_mut(&SessionId(number)) {
            conn.arrived.extend_from_slice(words.as_bytes());
        }
        room.run(true);
    }
    room.send(bytes);
    room.check(SessionId(2));
    check(&room.seen[0]);
    check(&room.seen[2]);
    let granted = String::from_utf8_lossy(&room.seen[2]).matches(" ACK :").count();
    assert_eq!(granted, caps.len().div_ceil(8), "it has what it has asked for");
}

/// Each line is one of IRC: UTF-8, with its end, with a command, no longer than a line may be.
fn check(seen: &[u8]) {
    let text = std::str::from_utf8(seen).expect("UTF-8");
    assert!(text.is_empty() || text.ends_with("\r\n"), "a line that was not ended: {text:?}");
    for line in text.split_terminator("\r\n") {
        let body = line.strip_prefix('@').and_then(|line| line.split_once(' ')).map_or(line, |(_, body)| body);
        assert!(body.len() <= BODY_BYTES_MAX, "{} bytes: {line:?}", body.len());
        let message = Message::parse(line.as_bytes()).unwrap_or_else(|why| panic!("{why:?}: {line:?}"));
        assert!(message.command().bytes().all(|b| b.is_ascii_alphanumeric()), "what is this? {line:?}");
        assert!(!line.contains('\0') && !line.contains('\n') && !line.contains('\r'), "{line:?}");
    }
}
