//! The configuration: the same things from four places. Flags go over variables, variables over the file, the file over
//! the defaults.
//!
//! [`keys`] is the table of all there is to configure; [`value`] puts what was given for a key where it belongs,
//! [`file`](mod@file) reads a file, [`print`](mod@print) writes the default one. Everything wrong is gathered, so that it
//! can be mended in one go.

mod file;
mod keys;
mod print;
mod value;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use server::{PORT, Settings};

use crate::env::{self, Env};
use crate::wrong::{Place, Wrong};
pub(crate) use keys::Key;
use keys::Kind;
pub(crate) use print::print;
use value::{Bad, Given};
pub(crate) use value::{Tip, expected};

/// Everything that can be configured.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Addresses to listen on.
    pub(crate) listen: Vec<SocketAddr>,
    /// Where the data is kept; none when nobody said and no home is known.
    pub(crate) data_dir: Option<PathBuf>,
    /// What a running server can be given anew.
    pub(crate) settings: Settings,
    /// The form of the log.
    pub(crate) log_format: LogFormat,
    /// What is logged, in the words of [`tracing_subscriber::EnvFilter`].
    pub(crate) log_level: String,
    /// Whether the limits of single connections and addresses are lifted.
    pub(crate) lifted: bool,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What the flags of the command line say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// The configuration file.
    pub(crate) config: Option<PathBuf>,
    /// Values by the names of their flags.
    pub(crate) values: Vec<(&'static str, Vec<String>)>,
}

impl Setup {
    /// What holds when nobody says anything else.
    pub(crate) fn default_in(env: &Env) -> Self {
        Self {
            listen: vec![(Ipv4Addr::UNSPECIFIED, PORT).into(), (Ipv6Addr::UNSPECIFIED, PORT).into()],
            data_dir: env.data_dir(),
            settings: Settings { language: env.language(), ..Settings::default() },
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            lifted: false,
        }
    }
}

/// Gathers the configuration from everywhere.
pub(crate) fn load(flags: &Flags, env: &Env) -> Result<Setup, Vec<Wrong>> {
    let mut setup = Setup::default_in(env);
    let mut wrongs = Vec::new();
    if let Some(path) = file_to_read(flags, env) {
        read_file(&path, env, &mut setup, &mut wrongs);
    }
    apply_variables(env, &mut setup, &mut wrongs);
    apply_flags(flags, env, &mut setup, &mut wrongs);
    finish(setup, wrongs)
}

/// What a file says, with nothing but the defaults under it.
pub(crate) fn check(path: &Path, env: &Env) -> Result<Setup, Vec<Wrong>> {
    let mut setup = Setup::default_in(env);
    let mut wrongs = Vec::new();
    read_file(path, env, &mut setup, &mut wrongs);
    finish(setup, wrongs)
}

/// A key's default as a file has it. None when it follows the host.
pub(crate) fn default_of(key: &Key) -> Option<String> {
    let fixed = !matches!(key.kind, Kind::DataDir | Kind::Language);
    fixed.then(|| value::show(&mut Setup::default_in(&Env::default()), key))
}

fn finish(mut setup: Setup, mut wrongs: Vec<Wrong>) -> Result<Setup, Vec<Wrong>> {
    let tls = &setup.settings.tls;
    let half = match (&tls.certificate, &tls.key) {
        (Some(_), None) => Some(("tls.certificate", "tls.key")),
        (None, Some(_)) => Some(("tls.key", "tls.certificate")),
        _ => None,
    };
    wrongs.extend(half.map(|(given, missing)| Wrong::HalfOfTls { given, missing }));
    if !wrongs.is_empty() {
        return Err(wrongs);
    }
    if setup.lifted {
        setup.settings.gate = setup.settings.gate.lifted();
    }
    Ok(setup)
}

/// The file that is asked for, or the user's own if there is one.
fn file_to_read(flags: &Flags, env: &Env) -> Option<PathBuf> {
    let asked = flags.config.clone().or_else(|| env.get(env::CONFIG).map(PathBuf::from));
    asked.or_else(|| env.config_file().filter(|path| path.exists()))
}

fn read_file(path: &Path, env: &Env, setup: &mut Setup, wrongs: &mut Vec<Wrong>) {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => file::apply(&path.display().to_string(), &text, env, setup, wrongs),
            Err(_) => wrongs.push(Wrong::FileNotUtf8 { path: path.to_owned() }),
        },
        Err(source) => wrongs.push(Wrong::File { path: path.to_owned(), source }),
    }
}

fn apply_variables(env: &Env, setup: &mut Setup, wrongs: &mut Vec<Wrong>) {
    for key in keys::KEYS {
        let name = key.variable();
        let Some(value) = env.get(&name) else { continue };
        let secret = matches!(key.kind, Kind::Password | Kind::Gateways);
        let shown = if secret { "`…`".to_owned() } else { format!("`{}`", value.to_string_lossy()) };
        let set = match value.to_str() {
            Some(word) => value::set(setup, key, &Given::word(key, word), env),
            None => Err(Bad::default()),
        };
        if let Err(bad) = set {
            wrongs.push(Wrong::value(Place::Variable(name), key, bad.got.unwrap_or(shown), bad.tip));
        }
    }
    for name in env.names() {
        wrongs.extend(unknown_variable(name));
    }
}

/// A variable that cannot be meant for anything but a key. Other names that begin with `MARU_` are left alone: whoever
/// runs a container called maru may have given it some.
fn unknown_variable(name: &str) -> Option<Wrong> {
    let rest = name.strip_prefix("MARU_")?;
    let others = [env::CONFIG, env::SERVER, env::NICK, env::PUBLISHED];
    let known: Vec<String> = keys::KEYS.iter().map(Key::variable).chain(others.map(str::to_owned)).collect();
    if known.iter().any(|k| k == name) {
        return None;
    }
    let near = nearest(name, known.iter().map(String::as_str));
    let tables = ["LIMITS_", "RETENTION_", "LOG_", "TLS_"];
    let ours = tables.iter().any(|table| rest.starts_with(table));
    let close = near.is_some_and(|near| strsim::normalized_damerau_levenshtein(name, near) >= 0.85);
    (ours || close).then(|| Wrong::UnknownVariable { name: name.to_owned(), near: near.map(str::to_owned) })
}

fn apply_flags(flags: &Flags, env: &Env, setup: &mut Setup, wrongs: &mut Vec<Wrong>) {
    for (flag, words) in &flags.values {
        let key = keys::KEYS.iter().find(|key| key.flag() == Some(flag)).expect("a flag belongs to a key");
        if let Err(bad) = value::set(setup, key, &Given::Words(words.clone()), env) {
            let got = bad.got.unwrap_or_else(|| format!("`{}`", words.join("`, `")));
            wrongs.push(Wrong::value(Place::Flag(flag), key, got, bad.tip));
        }
    }
}

/// The name that somebody probably meant.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |known: &str| strsim::normalized_damerau_levenshtein(name, known);
    known.map(|k| (k, near(k))).filter(|(_, near)| *near >= 0.6).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(k, _)| k)
}

#[cfg(test)]
mod tests;
