//! Running the program: with nothing of the caller's environment, a home of its own, and a deadline on everything.
//!
//! Nothing sleeps: what must appear is waited for, and what doesn't appear in time fails with all that did.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The time within which anything that is to happen has happened, on a busy machine too.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A user with a home.
pub(crate) struct User {
    pub(crate) home: TempDir,
    variables: Vec<(String, String)>,
}

impl User {
    /// One whose locale is the POSIX one.
    pub(crate) fn new() -> Self {
        Self { home: TempDir::new().unwrap(), variables: Vec::new() }
    }

    /// One whose locale is Korean.
    pub(crate) fn korean() -> Self {
        Self::new().with("LANG", "ko_KR.UTF-8")
    }

    /// The same with a variable set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The program, not yet started.
    pub(crate) fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maru"));
        command.args(args).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[impl AsRef<OsStr>]) -> Outcome {
        let mut running = Running::start(self.command(args));
        let code = running.ended().code();
        Outcome { code, stdout: running.stdout.rest(), stderr: running.stderr.rest() }
    }

    /// Starts `maru serve` on a free port of loopback.
    pub(crate) fn serve(&self, args: &[&str]) -> Running {
        let args: Vec<&str> = ["serve", "--listen", "127.0.0.1:0"].iter().chain(args).copied().collect();
        Running::start(self.command(&args))
    }

    /// Writes a file in the home.
    pub(crate) fn write(&self, name: impl AsRef<Path>, text: &str) {
        std::fs::write(self.home.path().join(name), text).unwrap();
    }
}

/// The program while it runs; killed when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = Lines::of(child.stdout.take());
        let stderr = Lines::of(child.stderr.take());
        Self { child, stdout, stderr }
    }

    /// The first `ADDR:PORT` that it prints.
    pub(crate) fn address(&mut self) -> String {
        let line = self.stdout.until("127.0.0.1:");
        line.split_whitespace().find(|word| word.starts_with("127.0.0.1:")).unwrap().trim_end_matches(',').to_owned()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        // Its output ends when it does; then it is only a moment until it can be waited for.
        self.stdout.end(deadline);
        self.stderr.end(deadline);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, as they come.
pub(crate) struct Lines {
    lines: Receiver<String>,
    seen: String,
}

impl Lines {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let (sender, lines) = channel();
        if let Some(stream) = stream {
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream);
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|read| read > 0) {
                    if sender.send(std::mem::take(&mut line)).is_err() {
                        return;
                    }
                }
            });
        }
        Self { lines, seen: String::new() }
    }

    /// The next line that holds this.
    pub(crate) fn until(&mut self, part: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("no line with {part:?} came after:\n{}", self.seen));
            self.seen += &line;
            if line.contains(part) {
                return line;
            }
        }
    }

    fn end(&mut self, deadline: Instant) {
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen += &line;
        }
    }

    /// Everything that came.
    pub(crate) fn rest(&mut self) -> String {
        std::mem::take(&mut self.seen)
    }
}
