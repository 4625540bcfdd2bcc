//! A program in a pseudo-terminal, and what somebody sees on it.

use std::io::Write;
use std::process::Command;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Heard;

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// A terminal of 80 by 24 with a program in it, which is killed when the test lets go of it.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    out: Heard,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a program in a terminal.
    #[track_caller]
    pub(crate) fn start(command: &Command) -> Self {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("there are pseudo-terminals");
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => builder.env(name, value),
                None => builder.env_remove(name),
            }
        }
        builder.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(builder).expect("the program starts");
        let out = Heard::new("the terminal", pair.master.try_clone_reader().unwrap());
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, out, _master: pair.master }
    }

    /// Types a line, and Enter.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the program reads its keys");
    }

    /// Waits until this text is on the screen, and returns the screen.
    #[track_caller]
    pub(crate) fn until(&self, needle: &str) -> String {
        self.out.expect(&format!("{needle:?} on its screen"), |bytes| {
            let screen = shown(bytes);
            screen.contains(needle).then_some(screen)
        })
    }

    /// Waits until the program has ended by itself; its exit code.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> u32 {
        self.out.to_end();
        self.child.wait().unwrap().exit_code()
    }
}

/// What the screen shows after these bytes.
fn shown(bytes: &[u8]) -> String {
    let mut parser = vt100::Parser::default(); // 24 rows, 80 columns
    parser.process(bytes);
    parser.screen().contents()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail only for one that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
