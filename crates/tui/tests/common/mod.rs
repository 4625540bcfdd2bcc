//! What the tests stand on: a hall played by the test, a relay of the simplest kind, and the client, under a
//! pseudo-terminal whose screen can be read or with pipes. Everything waits for what must come, up to a deadline.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs)]

pub mod tls;

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The client as a program of its own.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples/chat");
    assert!(program.exists(), "{} is not built: run `cargo build -p tui --examples`", program.display());
    program
}

/// A hall played by the test, in as much IRC as one person in the lobby needs.
pub struct Hall {
    listener: TcpListener,
}

/// One connection to the hall, as the hall sees it.
pub struct Guest {
    stream: TcpStream,
    /// Whoever says something has the floor: a write of several parts is not broken into.
    floor: Arc<Mutex<()>>,
    lines: Receiver<String>,
    /// What the client is called, and what it has said that was not acknowledged: labels and texts.
    nick: RefCell<String>,
    said: RefCell<Vec<(String, String)>>,
}

impl Hall {
    pub fn open() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    pub fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// The next client, once it has greeted.
    pub fn guest(&self) -> Guest {
        let guest = self.silent_guest();
        while !guest.answer(&guest.next()).starts_with("PING ") {}
        guest
    }

    /// The next client, which nothing is answered to.
    pub fn silent_guest(&self) -> Guest {
        let (stream, _) = self.listener.accept().unwrap();
        let (tx, lines) = channel();
        let reader = BufReader::new(stream.try_clone().unwrap());
        thread::spawn(move || {
            for line in reader.lines() {
                let Ok(line) = line else { return };
                if tx.send(line).is_err() {
                    return;
                }
            }
        });
        Guest { stream, floor: Arc::default(), lines, nick: RefCell::default(), said: RefCell::default() }
    }
}

/// What the hall can do.
const CAPS: &str = "batch draft/multiline=max-bytes=8192,max-lines=100 echo-message labeled-response message-tags";

impl Guest {
    /// Says something in somebody's name (`name: text`), or, behind a `:`, as the server.
    pub fn say(&self, text: &str) {
        self.mouth()(text);
    }

    /// The way to say something while somebody else listens.
    pub fn mouth(&self) -> impl Fn(&str) + Send + 'static {
        let (stream, floor) = (self.stream.try_clone().unwrap(), Arc::clone(&self.floor));
        move |text| {
            let line = match text.split_once(": ") {
                Some((name, said)) if !name.starts_with([':', '@']) => {
                    format!(":{name}!~u@h PRIVMSG #lobby :{said}\r\n")
                }
                _ => format!("{text}\r\n"),
            };
            let _floor = floor.lock().unwrap();
            (&stream).write_all(line.as_bytes()).unwrap();
        }
    }

    /// Sends these bytes and ends the connection.
    pub fn answer_and_cut(self, bytes: &[u8]) {
        (&self.stream).write_all(bytes).unwrap();
        self.cut();
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the client sends a line")
    }

    /// Answers what is no message; the line without its tags.
    fn answer(&self, line: &str) -> String {
        let (tags, line) = match line.strip_prefix('@').and_then(|line| line.split_once(' ')) {
            Some((tags, line)) => (format!("@{tags} "), line),
            None => (String::new(), line),
        };
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let nick = self.nick.borrow().clone();
        match (command, rest) {
            ("CAP", "LS 302") => self.say(&format!(":hall CAP * LS :{CAPS}")),
            ("CAP", "END") => self.say(&format!(":hall 001 {nick} :welcome\r\n:hall 422 {nick} :nothing")),
            ("CAP", _) => self.say(&format!(":hall CAP * ACK {}", rest.trim_start_matches("REQ "))),
            ("NICK", to) => {
                if !nick.is_empty() {
                    self.say(&format!("{tags}:{nick}!~u@h NICK {to}"));
                }
                to.clone_into(&mut self.nick.borrow_mut());
            }
            ("JOIN", room) => {
                self.say(&format!(":{nick}!~u@h JOIN {room}\r\n{tags}:hall 366 {nick} {room} :end"));
            }
            ("PING", token) => self.say(&format!(":hall PONG hall {token}")),
            _ => {}
        }
        line.to_owned()
    }

    /// The next thing that the client says or asks for, which is not acknowledged. What a program says is answered.
    pub fn raw(&self) -> String {
        let mut text: Option<(String, String)> = None;
        loop {
            let line = self.next();
            let tag = |key: &str| {
                let tags = line.strip_prefix('@')?.split(' ').next()?;
                tags.split(';').find_map(|tag| tag.strip_prefix(key)).map(|value| value.trim_matches('=').to_owned())
            };
            let (label, in_batch) = (tag("label=").unwrap_or_default(), tag("batch=").is_some());
            let bare = self.answer(&line);
            if let Some(said) = bare.strip_prefix("PRIVMSG #lobby :") {
                match &mut text {
                    Some((_, text)) if in_batch => *text += said,
                    _ => text = Some((label, said.to_owned())),
                }
            } else if bare.starts_with("BATCH +") {
                text = Some((label, String::new()));
            } else if let Some(nick) = bare.strip_prefix("NICK ") {
                return format!("/nick {nick}");
            } else if bare == "QUIT" {
                return "/quit".to_owned();
            }
            if let Some((label, said)) = text.take_if(|_| !in_batch && !bare.starts_with("BATCH +")) {
                self.said.borrow_mut().push((label, said.clone()));
                return said;
            }
        }
    }

    /// Tells the client that what it has said is on the record.
    pub fn acknowledge(&self) {
        let nick = self.nick.borrow().clone();
        for (label, text) in self.said.take() {
            // How an echo of a long text is cut is of no interest here.
            let text: String = text.chars().take(100).collect();
            self.say(&format!("@label={label} :{nick}!~u@h PRIVMSG #lobby :{text}"));
        }
    }

    /// The next thing that the client says or asks for, acknowledged.
    pub fn line(&self) -> String {
        let line = self.raw();
        self.acknowledge();
        line
    }

    /// Waits for the end of what the client sends.
    pub fn gone(self) {
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.answer(&line);
        }
    }

    pub fn cut(self) {
        self.stream.shutdown(Shutdown::Both).unwrap();
    }
}

/// The simplest chat server: what one `recv(1024)` gives is passed on to everybody else.
pub fn relay() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peers: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let peers = Arc::clone(&peers);
            peers.lock().unwrap().push(stream.try_clone().unwrap());
            thread::spawn(move || {
                let me = stream.peer_addr().unwrap();
                let mut buffer = [0; 1024];
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    for mut peer in peers.lock().unwrap().iter().filter(|p| p.peer_addr().is_ok_and(|a| a != me)) {
                        let _ = peer.write_all(&buffer[..n]);
                    }
                }
                peers.lock().unwrap().retain(|p| p.peer_addr().is_ok_and(|a| a != me));
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    });
    address
}

/// Runs the client with this on its standard input.
pub fn pipe(args: &[&str], input: &str) -> Output {
    pipe_with(&[], args, input)
}

/// The same with these variables.
pub fn pipe_with(variables: &[(&str, &str)], args: &[&str], input: &str) -> Output {
    let mut child = Command::new(program())
        .args(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // A client that ends early does not read everything.
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        child.wait_with_output().unwrap()
    })
}

/// The client under a pseudo-terminal.
pub struct Client {
    master: Box<dyn MasterPty>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    child: Box<dyn Child + Send + Sync>,
    screen: vt100::Parser,
    /// Everything the program wrote.
    pub written: String,
}

impl Client {
    pub fn start(cols: u16, rows: u16, args: &[&str]) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program());
        command.args(args);
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (tx, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if tx.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 10_000);
        Self { master: pair.master, keys, output, child, screen, written: String::new() }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// The rows of the screen, without what is empty below.
    pub fn rows(&self) -> Vec<String> {
        let screen = self.screen.screen();
        let mut rows: Vec<String> =
            screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    /// Everything that was ever shown, what has scrolled away first.
    pub fn transcript(&mut self) -> Vec<String> {
        let cols = self.screen.screen().size().1.get();
        self.screen.screen_mut().set_scrollback(usize::MAX);
        let depth = self.screen.screen().scrollback();
        let mut rows = Vec::new();
        for back in (1..=depth).rev() {
            self.screen.screen_mut().set_scrollback(back);
            rows.push(self.screen.screen().rows(0, cols).next().unwrap().trim_end().to_owned());
        }
        self.screen.screen_mut().set_scrollback(0);
        rows.extend(self.rows());
        rows
    }

    /// Waits until the screen is as asked for.
    pub fn wait(&mut self, what: &str, until: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !until(self) {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("never came: {what}\nthe screen:\n{}", self.rows().join("\n")),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.written.push_str(&String::from_utf8_lossy(bytes));
        self.screen.process(bytes);
    }

    /// Waits until the last rows are these.
    pub fn wait_rows(&mut self, expect: &[&str]) {
        self.wait(&format!("{expect:#?}"), |client| {
            client.rows().ends_with(&expect.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>())
        });
    }

    /// Waits until a row is this.
    pub fn wait_row(&mut self, expect: &str) {
        self.wait(expect, |client| client.rows().iter().any(|row| row == expect));
    }

    /// Waits until the cursor is this many rows above the last one that is not empty, and in this column.
    pub fn wait_cursor(&mut self, expect: (usize, usize)) {
        self.wait(&format!("the cursor at {expect:?}"), |client| {
            let (row, col) = client.screen.screen().cursor_position();
            client.rows().len() == usize::from(row) + 1 + expect.0 && usize::from(col) == expect.1
        });
    }

    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.screen.screen_mut().set_size(rows.try_into().unwrap(), cols.try_into().unwrap());
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Waits for the program's end, and gives its exit code.
    pub fn ended(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Closing its side of the pseudo-terminal is the last thing the program does.
            match self.output.recv_timeout(Duration::from_millis(20)) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => {
                    if let Some(status) = self.child.try_wait().unwrap() {
                        // What it wrote last, up to the end of the pseudo-terminal.
                        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
                            self.take(&bytes);
                        }
                        return status.exit_code();
                    }
                }
            }
            assert!(Instant::now() < deadline, "the client never ended:\n{}", self.rows().join("\n"));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
