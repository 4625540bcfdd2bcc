//! The line being typed: keys in, lines out.
//!
//! The text itself is rustyline's `LineBuffer`, which moves and deletes by what a person sees as one character (Hangul,
//! emoji, letters with combining marks). Its prompt loop and external printer are not used: the printer lets messages
//! wait for as long as keys come in, cannot change the prompt while a line is typed, erases what is above when the line
//! is taller than the screen, and needs a terminal of the process's own, which a guest over SSH does not have.

mod keys;

use std::collections::VecDeque;

use rustyline::line_buffer::{ChangeListener, DeleteListener, Direction, LineBuffer};
use rustyline::{At, Word};

pub(crate) use self::keys::{Key, Keys};
use crate::limits::{HISTORY_LINES, TYPED_LINE_BYTES};
use crate::talk::has_secret;

/// What a key led to, beyond a change of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A line is complete.
    Line(String),
    /// The person leaves.
    Leave,
    /// The program is to be suspended.
    Suspend,
    /// The screen is to be cleared.
    Clear,
}

/// The line, those before it, and what was cut.
pub(crate) struct Editor {
    line: LineBuffer,
    history: VecDeque<String>,
    /// Which line of the history is shown, and what was typed before it was.
    recalled: Option<(usize, String)>,
    cut: Cut,
}

/// What was cut last.
#[derive(Default)]
struct Cut(String);

impl DeleteListener for Cut {
    fn delete(&mut self, _: usize, text: &str, _: Direction) {
        text.clone_into(&mut self.0);
    }
}

/// Hears of changes and keeps nothing.
struct Unheard;

impl DeleteListener for Unheard {
    fn delete(&mut self, _: usize, _: &str, _: Direction) {}
}

impl ChangeListener for Unheard {
    fn insert_char(&mut self, _: usize, _: char) {}
    fn insert_str(&mut self, _: usize, _: &str) {}
    fn replace(&mut self, _: usize, _: &str, _: &str) {}
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            line: LineBuffer::with_capacity(TYPED_LINE_BYTES),
            history: VecDeque::new(),
            recalled: None,
            cut: Cut::default(),
        }
    }
}

impl Editor {
    /// The line so far.
    pub(crate) fn text(&self) -> &str {
        self.line.as_str()
    }

    /// Where in it the cursor is, in bytes.
    pub(crate) fn cursor(&self) -> usize {
        self.line.pos()
    }

    /// Takes a key.
    pub(crate) fn press(&mut self, key: Key) -> Option<Outcome> {
        match key {
            Key::Char(c) => self.insert(c),
            Key::Enter => return Some(Outcome::Line(self.submit())),
            Key::Leave => return Some(Outcome::Leave),
            Key::DeleteOrLeave if self.line.is_empty() => return Some(Outcome::Leave),
            Key::DeleteOrLeave | Key::Delete => drop(self.line.delete(1, &mut Unheard)),
            Key::Backspace => drop(self.line.backspace(1, &mut Unheard)),
            Key::Left => drop(self.line.move_backward(1)),
            Key::Right => drop(self.line.move_forward(1)),
            Key::WordLeft => drop(self.line.move_to_prev_word(Word::Emacs, 1)),
            Key::WordRight => drop(self.line.move_to_next_word(At::AfterEnd, Word::Emacs, 1)),
            Key::Home => drop(self.line.move_buffer_start()),
            Key::End => drop(self.line.move_buffer_end()),
            Key::CutToEnd => drop(self.line.kill_buffer(&mut self.cut)),
            Key::CutToStart => drop(self.line.discard_buffer(&mut self.cut)),
            Key::CutWord => drop(self.line.delete_prev_word(Word::Big, 1, &mut self.cut)),
            Key::CutWordRight => drop(self.line.delete_word(At::AfterEnd, Word::Emacs, 1, &mut self.cut)),
            Key::Paste => self.cut.0.clone().chars().for_each(|c| self.insert(c)),
            Key::Swap => drop(self.line.transpose_chars(&mut Unheard)),
            Key::Up => self.recall(true),
            Key::Down => self.recall(false),
            Key::Clear => return Some(Outcome::Clear),
            Key::Suspend => return Some(Outcome::Suspend),
        }
        None
    }

    /// Inserts a character. A full line takes no more.
    fn insert(&mut self, c: char) {
        if self.line.len() + c.len_utf8() <= TYPED_LINE_BYTES {
            self.line.insert(c, 1, &mut Unheard);
        }
    }

    fn set(&mut self, text: &str) {
        self.line.update(text, text.len(), &mut Unheard);
    }

    fn submit(&mut self) -> String {
        let line = self.line.as_str().to_owned();
        self.set("");
        self.recalled = None;
        // A password is not for those to see who look through the lines of before.
        let open = !line.trim().is_empty() && !has_secret(&line);
        if open && self.history.back() != Some(&line) {
            if self.history.len() == HISTORY_LINES {
                self.history.pop_front();
            }
            self.history.push_back(line.clone());
        }
        line
    }

    /// Forgets the lines typed so far.
    pub(crate) fn forget(&mut self) {
        self.history.clear();
    }

    /// Shows the line of the history before or after the one shown; after the last comes what was being typed.
    fn recall(&mut self, back: bool) {
        let at = self.recalled.as_ref().map_or(self.history.len(), |(at, _)| *at);
        let to = if back { at.checked_sub(1) } else { Some(at + 1).filter(|to| *to <= self.history.len()) };
        let Some(to) = to else { return };
        let typed = match self.recalled.take() {
            Some((_, typed)) => typed,
            None => self.line.as_str().to_owned(),
        };
        match self.history.get(to).cloned() {
            Some(line) => {
                self.set(&line);
                self.recalled = Some((to, typed));
            }
            None => self.set(&typed),
        }
    }
}

#[cfg(test)]
#[path = "editor_tests.rs"]
mod tests;
