//! What the terminal shows: messages scroll by, and below them is the line being typed.
//!
//! The line is broken into rows here, one column short of the right edge, so that the terminal never wraps it by itself
//! and it is known which rows to erase even where terminals disagree about a character's width. Of a line taller than
//! the screen the rows around the cursor are shown. Everything is one write, and the terminal's cursor always ends up
//! where the next character goes, which is where input methods compose.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthChar as _;

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) cols: usize,
    pub(crate) rows: usize,
}

/// What is drawn below the messages now.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// In which of the rows drawn the cursor is.
    cursor_row: usize,
    drawn: bool,
}

impl View {
    /// The bytes that take the line away, so that messages can be written where it was.
    pub(crate) fn erase(&mut self, out: &mut String) {
        if std::mem::take(&mut self.drawn) {
            if self.cursor_row > 0 {
                *out += &format!("\x1b[{}A", self.cursor_row);
            }
            *out += "\r\x1b[J";
        }
    }

    /// The bytes that draw the line with the cursor in it.
    pub(crate) fn draw(&mut self, prompt: &str, line: &str, cursor: usize, size: Size, out: &mut String) {
        let layout = Layout::new(prompt, line, cursor, size.cols);
        let height = size.rows.saturating_sub(1).max(1);
        // As many rows as fit, the cursor's among them.
        let first = (layout.cursor_row + 1).saturating_sub(height);
        let shown = &layout.rows[first..layout.rows.len().min(first + height)];
        *out += &shown.join("\r\n");
        self.cursor_row = layout.cursor_row - first;
        let up = shown.len() - 1 - self.cursor_row;
        if up > 0 {
            *out += &format!("\x1b[{up}A");
        }
        *out += "\r";
        if layout.cursor_col > 0 {
            *out += &format!("\x1b[{}C", layout.cursor_col);
        }
        self.drawn = true;
    }
}

/// A line broken into rows.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    rows: Vec<String>,
    cursor_row: usize,
    cursor_col: usize,
}

impl Layout {
    fn new(prompt: &str, line: &str, cursor: usize, cols: usize) -> Self {
        let most = cols.saturating_sub(1).max(2);
        let mut rows = vec![String::new()];
        let mut col = 0;
        let mut place = None;
        let cursor = prompt.len() + cursor;
        let mut at = 0;
        for grapheme in prompt.graphemes(true).chain(line.graphemes(true)) {
            let width = width(grapheme);
            if col + width > most && col > 0 {
                rows.push(String::new());
                col = 0;
            }
            if place.is_none() && at >= cursor {
                place = Some((rows.len() - 1, col));
            }
            if let Some(row) = rows.last_mut() {
                row.push_str(grapheme);
            }
            col += width;
            at += grapheme.len();
        }
        let (cursor_row, cursor_col) = place.unwrap_or((rows.len() - 1, col.min(most)));
        Self { rows, cursor_row, cursor_col }
    }
}

/// The columns of a grapheme, as most terminals count: those of its characters, one by one.
fn width(grapheme: &str) -> usize {
    grapheme.chars().map(|c| c.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the line, with `|` for the cursor's column (beyond the text: at its end).
    fn check(prompt: &str, line: &str, cursor: usize, cols: usize, expect: &[&str], place: (usize, usize)) {
        let layout = Layout::new(prompt, line, cursor, cols);
        assert_eq!(layout.rows, expect, "{line:?}");
        assert_eq!((layout.cursor_row, layout.cursor_col), place, "{line:?}");
    }

    #[test]
    fn a_wide_character_is_never_cut_by_the_edge() {
        check("마루> ", "", 0, 40, &["마루> "], (0, 6));
        check("> ", "가나다라", 12, 8, &["> 가나", "다라"], (1, 4));
        check("> ", "abcdef", 5, 8, &["> abcde", "f"], (1, 0));
        check("> ", "abcdef", 4, 8, &["> abcde", "f"], (0, 6));
        check("> ", "e\u{301}e\u{301}", 3, 8, &["> e\u{301}e\u{301}"], (0, 3));
        check("> ", "👋🏽", 8, 8, &["> 👋🏽"], (0, 6));
        check("", "", 0, 1, &[""], (0, 0));
    }

    #[test]
    fn a_line_taller_than_the_screen_shows_the_rows_around_the_cursor() {
        let mut view = View::default();
        let mut out = String::new();
        let line: String = (0..30).map(|n| char::from(b'a' + n % 26)).collect();
        view.draw("", &line, line.len(), Size { cols: 6, rows: 4 }, &mut out);
        assert_eq!(out, "pqrst\r\nuvwxy\r\nzabcd\r\x1b[5C");
        out.clear();
        view.erase(&mut out);
        view.draw("", &line, 0, Size { cols: 6, rows: 4 }, &mut out);
        assert_eq!(out, "\x1b[2A\r\x1b[Jabcde\r\nfghij\r\nklmno\x1b[2A\r");
    }
}
