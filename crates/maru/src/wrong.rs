//! Everything that can keep the program from doing what it was asked to, and the one place where that is told.
//!
//! A line says what happened and on what, and a `hint:` line what can be done about it; both go to standard error, and
//! the exit code is 2 when the command line was to blame and 1 otherwise. The words are in [`crate::texts`].

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use wire::Lang;

use crate::config::{Key, Tip};
use crate::texts;

/// The exit code when the world or the configuration is in the way.
const FAILED: u8 = 1;
/// The exit code when the command line is not understood.
const USAGE: u8 = 2;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line of a file.
    File {
        /// The file, as it was named.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The key, with its table's name in front.
        key: String,
    },
    /// An environment variable.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

/// Something in the way.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// A file has a key that does not exist.
    UnknownKey {
        /// The key and where it is.
        place: Place,
        /// The key that was probably meant.
        near: Option<String>,
    },
    /// A file has a value where a table belongs.
    NotATable {
        /// The table's name and where it is.
        place: Place,
        /// What is there.
        got: String,
    },
    /// A variable looks like one of ours and is none.
    UnknownVariable {
        /// Its name.
        name: String,
        /// The variable that was probably meant.
        near: Option<String>,
    },
    /// A value is not what the key takes.
    Value {
        /// Where it is.
        place: Place,
        /// The key.
        key: &'static Key,
        /// What is there.
        got: String,
        /// What may help.
        tip: Option<Tip>,
    },
    /// A certificate without its key, or a key without its certificate.
    HalfOfTls {
        /// The key that is set.
        given: &'static str,
        /// The key that has to be set too.
        missing: &'static str,
    },
    /// A file is no TOML.
    Syntax {
        /// The file, as it was named.
        name: String,
        /// The line where that shows.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no UTF-8.
    FileNotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// Nobody said where the data is to be kept, and there is no home.
    NoDataDir,
    /// The server cannot start.
    Server(server::Error),
    /// A conversation ended badly.
    Chat(tui::Error),
    /// A server does not answer its health check as it should.
    Unhealthy {
        /// Its address.
        target: String,
        /// Why; none when it answered with something else than that it is well.
        source: Option<io::Error>,
    },
    /// A health check has no port to go to.
    NoPort,
    /// A file cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of a file to be imported is wrong.
    ImportLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Why.
        why: ledger::line::Why,
    },
    /// There is no ledger in a directory.
    NoLedger {
        /// The directory.
        path: PathBuf,
    },
    /// A file is no copy of a ledger.
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// No server is to be reached over the socket in its data directory.
    NoAdmin {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A search without anything to look for.
    NothingToSearch,
    /// No message has this number.
    NoSuchMessage(u64),
    /// A time on the command line is none.
    BadTime(String),
    /// A name on the command line is none.
    BadArgument {
        /// The flag.
        name: &'static str,
        /// What is there.
        got: String,
    },
    /// The command line is not understood.
    Usage(Box<clap::Error>),
}

impl Wrong {
    /// A value that is not what the key takes.
    pub(crate) fn value(place: Place, key: &'static Key, got: String, tip: Option<Tip>) -> Self {
        Self::Value { place, key, got, tip }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Value { place: Place::Flag(_), .. }
            | Self::NothingToSearch
            | Self::BadTime(_)
            | Self::BadArgument { .. } => USAGE,
            _ => FAILED,
        }
    }
}

/// All that is in the way, as an error.
#[derive(Debug)]
pub(crate) struct Wrongs(pub(crate) Vec<Wrong>);

impl From<Wrong> for Wrongs {
    fn from(wrong: Wrong) -> Self {
        Self(vec![wrong])
    }
}

impl fmt::Display for Wrongs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.0.iter().map(|wrong| texts::say(wrong, Lang::En).0).collect();
        f.write_str(&told.join("; "))
    }
}

impl std::error::Error for Wrongs {}

/// Tells what is in the way on standard error.
pub(crate) fn report(error: &anyhow::Error, lang: Lang) -> ExitCode {
    let mut told = String::new();
    let mut code = FAILED;
    match error.downcast_ref::<Wrongs>() {
        Some(Wrongs(wrongs)) => {
            for wrong in wrongs {
                code = wrong.exit_code();
                told += &texts::lines(&texts::say(wrong, lang), lang);
            }
        }
        None => told = texts::lines(&(format!("{error:#}"), None), lang),
    }
    // Where not even this can be written, nobody is there to read it.
    let _ = io::Write::write_all(&mut io::stderr(), told.as_bytes());
    ExitCode::from(code)
}
