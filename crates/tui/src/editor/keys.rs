//! From the bytes a terminal sends to keys, by the `vte` crate's parser: characters in UTF-8, control characters, and the
//! escape sequences of xterm and its kin. Sequences that mean no key are swallowed; none ever becomes text.
//!
//! It takes bytes from anywhere, so that a guest's terminal at the end of a network can be read as the local one is.

use vte::{Params, Parser, Perform};

/// A key, by what it does to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Enter,
    Leave,
    DeleteOrLeave,
    Delete,
    Backspace,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    CutToEnd,
    CutToStart,
    CutWord,
    CutWordRight,
    Paste,
    Swap,
    Clear,
    Suspend,
}

/// The parser, with what it has to remember between two reads.
#[derive(Default)]
pub(crate) struct Keys {
    parser: Parser,
    found: Found,
}

impl Keys {
    /// The keys of these bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.parser.advance(&mut self.found, bytes);
        std::mem::take(&mut self.found.keys)
    }
}

#[derive(Default)]
struct Found {
    keys: Vec<Key>,
    /// `ESC O` came: the next character names a key.
    application: bool,
    /// Within a paste a newline still ends a line, but no other control character does anything.
    pasting: bool,
    /// The last character was a carriage return: a line feed behind it is part of the same newline.
    returned: bool,
}

impl Found {
    fn arrow(&mut self, action: char, modified: bool) {
        let key = match action {
            'A' => Key::Up,
            'B' => Key::Down,
            'C' if modified => Key::WordRight,
            'C' => Key::Right,
            'D' if modified => Key::WordLeft,
            'D' => Key::Left,
            'H' => Key::Home,
            'F' => Key::End,
            'M' => Key::Enter,
            _ => return,
        };
        self.keys.push(key);
    }
}

impl Perform for Found {
    fn print(&mut self, c: char) {
        self.returned = false;
        if std::mem::take(&mut self.application) {
            self.arrow(c, false);
        } else if c == '\u{7f}' {
            self.keys.push(Key::Backspace);
        } else if !c.is_control() && c != char::REPLACEMENT_CHARACTER {
            self.keys.push(Key::Char(c));
        }
    }

    fn execute(&mut self, byte: u8) {
        let after_return = std::mem::replace(&mut self.returned, byte == b'\r');
        let key = match byte {
            b'\r' => Key::Enter,
            b'\n' if after_return => return,
            b'\n' => Key::Enter,
            b'\t' => Key::Char(' '),
            _ if self.pasting => return,
            0x01 => Key::Home,
            0x02 => Key::Left,
            0x03 => Key::Leave,
            0x04 => Key::DeleteOrLeave,
            0x05 => Key::End,
            0x06 => Key::Right,
            0x08 | 0x7f => Key::Backspace,
            0x0b => Key::CutToEnd,
            0x0c => Key::Clear,
            0x0e => Key::Down,
            0x10 => Key::Up,
            0x14 => Key::Swap,
            0x15 => Key::CutToStart,
            0x17 => Key::CutWord,
            0x19 => Key::Paste,
            0x1a => Key::Suspend,
            _ => return,
        };
        self.keys.push(key);
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _ignore: bool, action: char) {
        if !intermediates.is_empty() {
            return;
        }
        let numbers: Vec<u16> = params.iter().map(|p| p.first().copied().unwrap_or(0)).collect();
        let modified = numbers.get(1).is_some_and(|&m| m > 1);
        match (action, numbers.first()) {
            ('~', Some(1 | 7)) => self.keys.push(Key::Home),
            ('~', Some(4 | 8)) => self.keys.push(Key::End),
            ('~', Some(3)) => self.keys.push(Key::Delete),
            ('~', Some(200)) => self.pasting = true,
            ('~', Some(201)) => self.pasting = false,
            ('A'..='H', _) => self.arrow(action, modified),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        if !intermediates.is_empty() {
            return;
        }
        match byte {
            b'O' => self.application = true,
            b'b' => self.keys.push(Key::WordLeft),
            b'f' => self.keys.push(Key::WordRight),
            b'd' => self.keys.push(Key::CutWordRight),
            0x7f | 0x08 => self.keys.push(Key::CutWord),
            _ => {}
        }
    }
}
