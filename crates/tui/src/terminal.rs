//! The terminal of the process: raw mode while a conversation lasts, its size, and what it was before.
//!
//! However the conversation ends, a panic included, dropping the value gives the terminal back as it was found.

use std::io::{self, Write as _};

use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::view::Size;

/// Asks the terminal to mark what is pasted, so that a paste cannot press keys.
const MARK_PASTES: &str = "\x1b[?2004h";
const NO_MARKS: &str = "\x1b[?2004l";

/// The terminal in raw mode.
#[derive(Debug)]
pub(crate) struct Terminal {
    before: Termios,
}

impl Terminal {
    /// Puts the terminal on the standard streams into raw mode.
    pub(crate) fn open() -> io::Result<Self> {
        let terminal = Self { before: tcgetattr(io::stdin())? };
        terminal.raw()?;
        Ok(terminal)
    }

    /// Raw mode (again): each key at once, none echoed, none a signal.
    pub(crate) fn raw(&self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        // Drained rather than flushed: what was typed ahead is not lost.
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        write(MARK_PASTES)
    }

    fn restore(&self) -> io::Result<()> {
        write(NO_MARKS)?;
        Ok(tcsetattr(io::stdin(), OptionalActions::Drain, &self.before)?)
    }

    /// Stops the process until it is continued, with the terminal as it was found meanwhile.
    pub(crate) fn suspend(&self) -> io::Result<()> {
        self.restore()?;
        kill_current_process_group(Signal::TSTP)?;
        self.raw()
    }

    /// The size now; 80 by 24 where it is not known.
    pub(crate) fn size() -> Size {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                Size { cols: size.ws_col.into(), rows: size.ws_row.into() }
            }
            _ => Size { cols: 80, rows: 24 },
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing given back.
        let _ = self.restore();
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
