//! The real server, on a free port of the loopback, with a data directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::{Heard, Peer, Program, Terminal};

/// The program under test.
const MARU: &str = env!("CARGO_BIN_EXE_maru");
/// A program of the simplest kind, shared with the tests of the containers.
const UNFRAMED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lib/unframed_chat.py");

/// The name of a server's configuration file, in its home.
const CONFIG: &str = "maru.toml";

/// How a server is to be started.
#[derive(Default)]
pub(crate) struct Setup {
    args: Vec<String>,
    vars: Vec<(String, String)>,
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    config: Option<String>,
    /// A program that runs the server, and its arguments.
    within: Vec<String>,
}

impl Setup {
    /// A server in English with the default limits.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// More arguments.
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&a| a.to_owned()));
        self
    }

    /// A limit (`connections`), by its environment variable.
    pub(crate) fn limit(self, name: &str, value: u64) -> Self {
        self.var(&format!("MARU_LIMITS_{}", name.to_uppercase()), &value.to_string())
    }

    /// An environment variable.
    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A data directory that is somebody else's.
    pub(crate) fn data(mut self, path: &Path) -> Self {
        self.data = Some(path.to_owned());
        self
    }

    /// An address of its own choice.
    pub(crate) fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = Some(address);
        self
    }

    /// A configuration file with this in it.
    pub(crate) fn config(mut self, toml: &str) -> Self {
        self.config = Some(toml.to_owned());
        self
    }

    /// A program that is to run the server: it is given the server's command line behind these arguments.
    pub(crate) fn within(mut self, program: &[&str]) -> Self {
        self.within = program.iter().map(|&word| word.to_owned()).collect();
        self
    }

    fn program(&self, home: &Path) -> Program {
        let data = self.data.clone().unwrap_or_else(|| home.join("data"));
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut command = maru_within(&self.within.iter().map(String::as_str).collect::<Vec<_>>(), home);
        command.args(["serve", "--listen", &listen.to_string(), "--data-dir"]).arg(data).args(&self.args);
        if let Some(config) = &self.config {
            std::fs::write(home.join(CONFIG), config).unwrap();
            command.arg("--config").arg(home.join(CONFIG));
        }
        Program::start(command.envs(self.vars.iter().map(|(k, v)| (k, v))))
    }

    /// Starts it and waits until it listens.
    #[track_caller]
    pub(crate) fn start(self) -> Server {
        let home = tempfile::tempdir().unwrap();
        let program = self.program(home.path());
        let address = program.out.expect("an address", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let (_, rest) = text.split_once("127.0.0.1:")?;
            // The digits must have ended, or some of them may be still to come.
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            Some(SocketAddr::from(([127, 0, 0, 1], rest[..end].parse().ok()?)))
        });
        Server { address, program, home }
    }

    /// Starts one that must fail by itself: its exit code and what it says.
    #[track_caller]
    pub(crate) fn fail(self) -> (i32, String) {
        let home = tempfile::tempdir().unwrap();
        let mut program = self.program(home.path());
        (program.exit_code(), program.err.to_end())
    }
}

/// The program under test with nothing of the tester's own configuration.
pub(crate) fn maru(home: &Path) -> Command {
    maru_within(&[], home)
}

/// The same, run by another program.
pub(crate) fn maru_within(within: &[&str], home: &Path) -> Command {
    let mut words = within.iter().copied().chain([MARU]);
    let mut command = Command::new(words.next().unwrap_or(MARU));
    command.args(words);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MARU_")) {
        command.env_remove(name);
    }
    command.env("HOME", home).env("XDG_CONFIG_HOME", home).env("XDG_DATA_HOME", home);
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command
}

/// What `maru admin` says to the server with this data directory: its exit code, and its output of both kinds.
#[track_caller]
pub(crate) fn admin(data: &Path, words: &[&str], input: &str) -> (i32, String) {
    let mut command = maru(data);
    let mut program = Program::start(command.args(["admin", "--data-dir"]).arg(data).args(words));
    program.give(input);
    program.end_input();
    let out = program.out.to_end();
    (program.exit_code(), out + &program.err.to_end())
}

/// A running server. It is killed when the test lets go of it.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    program: Program,
    home: TempDir,
}

impl Server {
    /// A server in English with the default limits.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Setup::new().start()
    }

    /// Its log.
    pub(crate) fn log(&self) -> &Heard {
        &self.program.err
    }

    /// What it told its operator at the start.
    #[track_caller]
    pub(crate) fn greeting(&self) -> String {
        self.program.out.until("maru chat")
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Puts something else into its configuration file.
    pub(crate) fn configure(&self, toml: &str) {
        std::fs::write(self.home.path().join(CONFIG), toml).unwrap();
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.program.signal(signal);
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.program.pid()
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> i32 {
        self.program.exit_code()
    }

    /// Somebody who has connected and has said nothing.
    #[track_caller]
    pub(crate) fn silent(&self) -> Peer {
        Peer::connect(self.address)
    }

    /// Somebody who speaks in lines and has this name.
    #[track_caller]
    pub(crate) fn peer(&self, name: &str) -> Peer {
        let mut peer = self.silent();
        let answer = peer.ask(&format!("/nick {name}"));
        assert!(answer.contains(name), "{answer}");
        peer
    }

    /// `nc`, connected.
    #[track_caller]
    pub(crate) fn nc(&self, args: &[&str]) -> Program {
        let mut command = Command::new("nc");
        Program::start(command.args(args).arg("127.0.0.1").arg(self.port()))
    }

    /// `telnet`, connected. Without its binary option this program takes many bytes of UTF-8 for control characters of
    /// its own terminal, and swallows them before they ever reach the wire.
    #[track_caller]
    pub(crate) fn telnet(&self) -> Program {
        std::fs::write(self.home.path().join(".telnetrc"), "DEFAULT set binary\n").unwrap();
        let mut command = Command::new("telnet");
        Program::start(command.arg("127.0.0.1").arg(self.port()).env("HOME", self.home.path()))
    }

    /// `telnet` as it comes, as somebody sees it in a terminal.
    #[track_caller]
    pub(crate) fn telnet_in_terminal(&self) -> Terminal {
        let mut command = Command::new("telnet");
        Terminal::start(
            command.arg("127.0.0.1").arg(self.port()).env("HOME", self.home.path()).env("LC_ALL", "C.UTF-8"),
        )
    }

    /// A Python program that knows no framing: one `send` a message, one `recv(1024)` a print.
    #[track_caller]
    pub(crate) fn unframed(&self, name: &str) -> Program {
        let mut command = Command::new("python3");
        command.arg(UNFRAMED).arg("127.0.0.1").arg(self.port()).arg(name);
        Program::start(command.env("PYTHONIOENCODING", "utf-8"))
    }

    /// `maru chat`, on pipes.
    #[track_caller]
    pub(crate) fn chat_on_pipes(&self, args: &[&str]) -> Program {
        Program::start(maru(self.home.path()).arg("chat").arg(self.address.to_string()).args(args))
    }

    /// `maru chat` as somebody sees it in a terminal.
    #[track_caller]
    pub(crate) fn chat(&self, args: &[&str]) -> Terminal {
        let mut command = maru(self.home.path());
        command.arg("chat").arg(self.address.to_string()).args(args);
        Terminal::start(&command)
    }

    /// The port.
    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }
}
