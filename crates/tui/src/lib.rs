//! The terminal client behind `maru chat`: one conversation with a hall, or with any server that relays plain lines.
//!
//! What happens goes one way. Threads that wait (for the network, the keyboard, signals) hand events to one loop
//! (`drive`); the loop tells them to the conversation (`talk`), a value that waits for nothing, and does what it asks
//! for; the screen (`screen`, `view`) shows the messages above and the line being typed (`editor`) below.
//!
//! It works with no terminal too: lines of a pipe are sent, what others say goes to standard output, and success means
//! that the server has everything.

mod address;
mod backoff;
mod dial;
mod drive;
mod editor;
mod error;
mod fingerprint;
mod input;
mod known_hosts;
mod limits;
mod link;
mod screen;
mod talk;
mod terminal;
mod texts;
mod tls;
mod utf8;
mod view;

use std::path::PathBuf;

use wire::Lang;

pub use address::{Address, BadAddress, PORT, Transport};
pub use error::Error;
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use tls::NotTls;

/// With whom to talk, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `HOST[:PORT]`, an IPv6 address in brackets or, without a port, bare; `tls://` or `tcp://` before it says how.
    pub server: String,
    /// What the person is called. Without it a person is asked; from a pipe the first line is the nickname.
    pub nick: Option<String>,
    /// Whether to send bare `name: text`, as the simplest chat programs do, rather than to speak with a Maru hall.
    pub lines: bool,
    /// In which language the client, and the hall, speak to the person.
    pub lang: Lang,
    /// The file of the servers that are known by their certificates. Without it nothing is known or remembered.
    pub known_hosts: Option<PathBuf>,
    /// The only certificate to accept, as [`Fingerprint`] writes it, and to remember in place of the one that is known.
    pub accept_fingerprint: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server: format!("localhost:{PORT}"),
            nick: None,
            lines: false,
            lang: Lang::default(),
            known_hosts: None,
            accept_fingerprint: None,
        }
    }
}

/// How a conversation ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person left, or a pipe's lines have all arrived.
    Left,
    /// This signal ended it.
    Signal(i32),
}

impl Ended {
    /// The process's exit code, as shells understand it.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

/// Talks until the person leaves or the input ends. On an error the process should show
/// [`describe`](Error::describe) on standard error and exit with 1.
///
/// # Errors
/// When the server cannot be reached at first, is not the one it was or is to be (a certificate), goes away before a pipe's lines have arrived, or refuses them; when there
/// is no nickname; and when the terminal fails.
pub fn run(options: &Options) -> Result<Ended, Error> {
    drive::run(options)
}
