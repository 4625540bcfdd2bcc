//! Where the conversation is shown: a terminal with the line being typed below it, or plain streams.
//!
//! On plain streams what others say goes to standard output, and everything else to standard error, so that a script
//! gets the conversation and nothing but the conversation.

use std::io;

use wire::text::printable;

use crate::editor::{Editor, Keys, Outcome};
use crate::talk::{Line, has_secret, without_secrets};
use crate::terminal::Terminal;
use crate::view::View;

/// See the module.
pub(crate) struct Screen {
    kind: Kind,
}

enum Kind {
    Plain { out: String, err: String },
    Terminal(Box<Full>),
}

/// What a terminal shows and takes.
struct Full {
    terminal: Terminal,
    view: View,
    editor: Editor,
    keys: Keys,
    prompt: String,
    /// What is written above the line next.
    above: String,
    /// Whether the line has to be drawn again.
    stale: bool,
}

impl Screen {
    /// Plain streams.
    pub(crate) fn plain() -> Self {
        Self { kind: Kind::Plain { out: String::new(), err: String::new() } }
    }

    /// The process's terminal.
    pub(crate) fn terminal() -> io::Result<Self> {
        let full = Full {
            terminal: Terminal::open()?,
            view: View::default(),
            editor: Editor::default(),
            keys: Keys::default(),
            prompt: String::new(),
            above: String::new(),
            stale: true,
        };
        Ok(Self { kind: Kind::Terminal(Box::new(full)) })
    }

    /// Adds a line, which [`refresh`](Screen::refresh) shows.
    pub(crate) fn show(&mut self, line: &Line) {
        let (Line::Chat(text) | Line::Refusal(text) | Line::Notice(text)) = line;
        match &mut self.kind {
            Kind::Plain { out, err } => {
                let stream = if matches!(line, Line::Chat(_)) { out } else { err };
                *stream += text;
                stream.push('\n');
            }
            Kind::Terminal(full) => full.add(text),
        }
    }

    /// What stands before the line that is typed.
    pub(crate) fn prompt(&mut self, prompt: &str) {
        if let Kind::Terminal(full) = &mut self.kind
            && full.prompt != prompt
        {
            prompt.clone_into(&mut full.prompt);
            full.stale = true;
        }
    }

    /// Takes what the terminal sent. Complete lines stay on the screen, behind the prompt.
    pub(crate) fn input(&mut self, bytes: &[u8]) -> io::Result<Vec<Outcome>> {
        let Kind::Terminal(full) = &mut self.kind else { return Ok(Vec::new()) };
        let mut outcomes = Vec::new();
        for key in full.keys.feed(bytes) {
            full.stale = true;
            match full.editor.press(key) {
                None => {}
                Some(Outcome::Suspend) => {
                    full.refresh()?;
                    full.terminal.suspend()?;
                    full.stale = true;
                }
                Some(Outcome::Clear) => full.above += "\x1b[H\x1b[J",
                Some(Outcome::Line(line)) => {
                    if !line.trim().is_empty() {
                        let shown = if has_secret(&line) { without_secrets(&line) } else { line.clone() };
                        full.add(&format!("{}{}", full.prompt, printable(&shown)));
                    }
                    outcomes.push(Outcome::Line(line));
                }
                Some(Outcome::Leave) => outcomes.push(Outcome::Leave),
            }
        }
        Ok(outcomes)
    }

    /// The line typed so far was no message: it cannot be recalled.
    pub(crate) fn forget(&mut self) {
        if let Kind::Terminal(full) = &mut self.kind {
            full.editor.forget();
        }
    }

    /// The terminal may have changed: its size, or, after the process was stopped, its mode.
    pub(crate) fn changed(&mut self) -> io::Result<()> {
        if let Kind::Terminal(full) = &mut self.kind {
            full.stale = true;
            full.terminal.raw()?;
        }
        Ok(())
    }

    /// Shows what was added and the line as it is now, in one write.
    pub(crate) fn refresh(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Plain { out, err } => {
                write(&mut io::stderr().lock(), err)?;
                write(&mut io::stdout().lock(), out)
            }
            Kind::Terminal(full) => full.refresh(),
        }
    }

    /// Shows what was added, takes the line away and gives the terminal back.
    pub(crate) fn close(self) -> io::Result<()> {
        match self.kind {
            Kind::Plain { mut out, mut err } => {
                write(&mut io::stderr().lock(), &mut err)?;
                write(&mut io::stdout().lock(), &mut out)
            }
            Kind::Terminal(mut full) => {
                let mut text = String::new();
                full.view.erase(&mut text);
                text += &full.above;
                write(&mut io::stdout().lock(), &mut text)
            }
        }
    }
}

impl Full {
    fn add(&mut self, text: &str) {
        for line in text.split('\n') {
            self.above += line;
            self.above += "\r\n";
        }
        self.stale = true;
    }

    fn refresh(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.stale) {
            return Ok(());
        }
        let mut text = String::new();
        self.view.erase(&mut text);
        text += &std::mem::take(&mut self.above);
        self.view.draw(&self.prompt, self.editor.text(), self.editor.cursor(), Terminal::size(), &mut text);
        write(&mut io::stdout().lock(), &mut text)
    }
}

fn write(stream: &mut impl io::Write, text: &mut String) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let text = std::mem::take(text);
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
