//! What IRC tells of the hall as a whole.

use hall::Time;

/// What IRC tells of the hall as a whole. The server's name stays the same for as long as it runs, since it stands in what
/// is encoded for many; the rest may be told otherwise from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    /// The server's name, from which whatever nobody said comes.
    pub server: String,
    /// What the hall is called.
    pub network: String,
    /// The program's version.
    pub version: String,
    /// Since when the server runs.
    pub since: Time,
    /// The message of the day. May be empty.
    pub motd: Vec<String>,
    /// Whom to turn to. May be empty.
    pub admin: String,
    /// That one should come in TLS, and for how long to remember it: port and seconds (IRCv3 sts). No seconds: not any
    /// more, which those are told who may remember it.
    pub sts: Option<(u16, u64)>,
}

impl Default for House {
    fn default() -> Self {
        Self {
            server: "maru.hall".to_owned(),
            network: "Maru".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since: Time::default(),
            motd: Vec::new(),
            admin: String::new(),
            sts: None,
        }
    }
}
