//! Every transcript, over real sockets and by the real program: each in a hall of its own.
//!
//! The tests of the simulation play the same files without sockets.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

#[path = "../../../tests/lib/transcript/mod.rs"]
mod transcript;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;

use common::{PATIENCE, Server, Setup, times};
use rustix::process::Signal;
use transcript::{Program, Received, Script, Stage};

struct Sockets {
    server: Server,
    /// Its configuration file, line by line, and how often it has read it again.
    config: BTreeMap<String, String>,
    reloads: usize,
    people: BTreeMap<String, Line>,
}

/// A connection to the port, or to the socket for administration.
enum Line {
    Tcp(TcpStream),
    Local(UnixStream),
}

impl Line {
    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Tcp(stream) => (&*stream).write_all(bytes),
            Self::Local(stream) => (&*stream).write_all(bytes),
        }
    }

    fn read(&self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => (&*stream).read(buffer),
            Self::Local(stream) => (&*stream).read(buffer),
        }
    }

    fn end(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Local(stream) => stream.shutdown(Shutdown::Write),
        };
    }
}

impl Sockets {
    fn new(script: &Script) -> Self {
        let lang = if script.korean { "ko" } else { "en" };
        let setup = Setup::new().var("MARU_LANGUAGE", lang);
        let limits = script.limits.iter().map(|(name, value)| (format!("limits.{name}"), value.to_string()));
        let settings = script.settings.iter().map(|(name, value)| (name.clone(), format!("{value:?}")));
        let config = limits.chain(settings).collect();
        Self { server: setup.config(&toml(&config)).start(), config, reloads: 0, people: BTreeMap::new() }
    }
}

fn toml(config: &BTreeMap<String, String>) -> String {
    config.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
}

impl Stage for Sockets {
    fn configure(&mut self, name: &str, value: &str) {
        self.config.insert(name.to_owned(), value.to_owned());
        self.server.configure(&toml(&self.config));
        self.server.signal(Signal::HUP);
        self.reloads += 1;
        self.server.log().expect("a word that it has read its configuration again", |log| {
            (times(&String::from_utf8_lossy(log), "configuration reloaded") == self.reloads).then_some(())
        });
    }

    fn connect(&mut self, who: &str, program: Program, _greeted: bool) {
        let line = if program.local {
            let stream = UnixStream::connect(self.server.data().join(server::LOCAL_SOCKET)).expect("it listens");
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            Line::Local(stream)
        } else {
            let stream = TcpStream::connect(self.server.address).expect("the server listens");
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            Line::Tcp(stream)
        };
        self.people.insert(who.to_owned(), line);
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        // That a connection is over is seen where it is read.
        let _ = self.people[who].write(bytes);
    }

    fn end(&mut self, who: &str) {
        self.people[who].end();
    }

    fn leave(&mut self, who: &str) {
        self.people.remove(who);
    }

    fn receive(&mut self, who: &str) -> Received {
        let mut buffer = [0; 4096];
        match self.people[who].read(&mut buffer) {
            Ok(0) => Received::End,
            Ok(n) => Received::Bytes(buffer[..n].to_vec()),
            Err(e) if e.kind() == ErrorKind::ConnectionReset => Received::End,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Received::Nothing,
            Err(e) => panic!("can't read: {e}"),
        }
    }

    fn keeps_time(&self) -> bool {
        false
    }
}

#[test]
fn every_transcript_holds_over_real_sockets() {
    transcript::each(|script| transcript::play(script, &mut Sockets::new(script)));
}
