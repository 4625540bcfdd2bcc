//! A real program on pipes: `nc`, `telnet`, `python3`, `curl`, `maru chat`.

use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::{Heard, PATIENCE};

/// A running program. It is killed when the test lets go of it.
pub(crate) struct Program {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it writes to its standard output.
    pub(crate) out: Heard,
    /// What it writes to its standard error.
    pub(crate) err: Heard,
}

impl Program {
    /// Starts a program. One that is not installed is a failure of the test.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                panic!("{name} is not installed, and this test is about it (./test installs what the tests need)")
            }
            Err(e) => panic!("{name} can't be started: {e}"),
        };
        let out = Heard::new(&format!("{name}'s output"), child.stdout.take().unwrap());
        let err = Heard::new(&format!("{name}'s error output"), child.stderr.take().unwrap());
        Self { name, stdin: child.stdin.take(), child, out, err }
    }

    /// Gives it bytes on its standard input.
    #[track_caller]
    pub(crate) fn give(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(bytes.as_ref()).and_then(|()| stdin.flush()).expect("it reads its input");
    }

    /// Types a line.
    #[track_caller]
    pub(crate) fn type_line(&mut self, line: &str) {
        self.give(format!("{line}\n"));
    }

    /// Closes its standard input.
    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is running");
    }

    /// Waits until it has exited by itself.
    #[track_caller]
    pub(crate) fn exit(&mut self) -> ExitStatus {
        // Its output ends when it does; then its status is there in no time.
        self.out.to_end();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "{} does not exit:\n{}", self.name, self.err.text());
            std::thread::yield_now();
        }
    }

    /// Waits until it has exited by itself; its exit code, or 128 and the number of the signal that ended it.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> i32 {
        let status = self.exit();
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only for one that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a line of shell to its end, which it must reach by itself; its output.
#[track_caller]
pub(crate) fn shell(line: &str) -> String {
    let mut shell = Program::start(Command::new("sh").args(["-c", line]));
    shell.end_input();
    let out = shell.out.to_end();
    let code = shell.exit_code();
    assert_eq!(code, 0, "{line}\n{out}\n{}", shell.err.text());
    out
}
