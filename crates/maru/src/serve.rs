//! `maru serve`: from the configuration to a running server, and from signals to what it does about them.
//!
//! SIGTERM and SIGINT stop it, a second one ends it at once; SIGHUP reads the configuration again. The signals are taken
//! before anything else is, so that none of them finds the default action (or, as process 1, none at all).

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::{Config, Handle, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{self, Flags, Setup};
use crate::env::Env;
use crate::greeting;
use crate::log;
use crate::wrong::{Wrong, Wrongs};

/// Added to a signal's number, the exit code of a process that it ended (POSIX shells).
const SIGNALLED: i32 = 128;

/// Runs a server until it is stopped.
pub(crate) fn serve(flags: &Flags, env: &Env) -> anyhow::Result<ExitCode> {
    // What the hall keeps is for its owner alone: messages, verifiers of passwords, the key of the certificate.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let setup = config::load(flags, env).map_err(Wrongs)?;
    let filter = log::begin(&setup)?;
    raise_open_files(&setup);
    // Idle connections are many small things: in huge pages they would take nearly half as much memory again.
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads to run on")?;
    let outcome = runtime.block_on(run(setup, flags, env, &filter));
    // Whatever still runs has had its time.
    runtime.shutdown_background();
    outcome
}

async fn run(setup: Setup, flags: &Flags, env: &Env, filter: &log::Filter) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new().context("can't take signals")?;
    let data_dir = setup.data_dir.clone().ok_or(Wrong::NoDataDir).map_err(Wrongs::from)?;
    let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
    let config = Config {
        listen: setup.listen.clone(),
        data_dir: data_dir.clone(),
        local_socket: true,
        settings: setup.settings.clone(),
    };
    let server = Server::bind(config).await.map_err(|error| Wrongs::from(Wrong::Server(error)))?;
    let handle = server.handle();

    let language = setup.settings.language;
    let container = greeting::Container::around(env);
    let interfaces = greeting::interfaces();
    let told = greeting::Told {
        bound: server.addresses(),
        data_dir: &data_dir,
        fingerprint: server.fingerprint(),
        tls_only: setup.settings.tls.only,
    };
    let greeting = greeting::greeting(&told, &interfaces, container.as_ref(), language);
    // A server whose standard output is closed is a server all the same.
    let mut out = std::io::stdout();
    let _ = out.write_all(greeting.as_bytes()).and_then(|()| out.flush());

    let mut running = tokio::spawn(server.run());
    let mut current = setup;
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = &mut running => return ended.map(|()| ExitCode::SUCCESS).context("the server failed"),
            () = handle.asked_to_reload() => reload(&mut current, flags, env, &handle, filter),
            kind = signals.next() => match kind {
                Taken::Reload => reload(&mut current, flags, env, &handle, filter),
                Taken::Stop(_) if !stopping => {
                    stopping = true;
                    handle.stop();
                }
                Taken::Stop(number) => std::process::exit(SIGNALLED + number),
            },
        }
    }
}

/// Reads the configuration again and gives the server what it can take while it runs.
fn reload(current: &mut Setup, flags: &Flags, env: &Env, handle: &Handle, filter: &log::Filter) {
    let new = match config::load(flags, env) {
        Ok(new) => new,
        Err(wrongs) => {
            for wrong in &wrongs {
                let (message, hint) = crate::texts::say(wrong, current.settings.language);
                tracing::error!(hint, "configuration not reloaded: {message}");
            }
            return;
        }
    };
    for name in fixed_that_differ(current, &new) {
        tracing::warn!("`{name}` has changed and will hold from the next start");
    }
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&new.log_level).map(|level| filter.reload(level)) {
        tracing::error!(%error, "the log's level stays");
    }
    if let Err(error) = handle.reload(new.settings.clone()) {
        let (message, hint) = crate::texts::say(&Wrong::Server(error), current.settings.language);
        tracing::error!(hint, "the certificate for TLS stays: {message}");
    }
    // What is fixed at the start stays what it was, to be compared with again.
    let fixed = current.clone();
    *current = Setup { listen: fixed.listen, data_dir: fixed.data_dir, log_format: fixed.log_format, ..new };
    current.settings.legacy_charset = fixed.settings.legacy_charset;
    current.settings.ledger = fixed.settings.ledger;
    current.settings.irc.server_name = fixed.settings.irc.server_name;
    current.settings.durability = fixed.settings.durability;
    current.settings.retention = fixed.settings.retention;
    tracing::info!("configuration reloaded");
}

/// The names of what differs and can't be changed while the server runs.
fn fixed_that_differ(old: &Setup, new: &Setup) -> impl Iterator<Item = &'static str> {
    [
        ("listen", old.listen != new.listen),
        ("data_dir", old.data_dir != new.data_dir),
        ("log.format", old.log_format != new.log_format),
        ("legacy_charset", old.settings.legacy_charset != new.settings.legacy_charset),
        ("durability", old.settings.durability != new.settings.durability),
        ("irc.server_name", old.settings.irc.server_name != new.settings.irc.server_name),
        ("retention.*", old.settings.retention != new.settings.retention),
        ("limits.ledger_*", old.settings.ledger != new.settings.ledger),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
}

/// A connection takes a file descriptor, and the usual soft limit is 1,024: raises it as far as it may be, and says when
/// that is not enough for the connections that the configuration allows.
fn raise_open_files(setup: &Setup) {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "the limit on open files stays");
        }
    }
    let files = getrlimit(Resource::Nofile).current;
    let connections = setup.settings.gate.connections.map(|connections| connections as u64);
    if let (Some(files), Some(connections)) = (files, connections)
        && files < connections
    {
        tracing::warn!(files, connections, "fewer files may be open (ulimit -n) than connections are allowed");
    }
}

/// The signals that a server takes.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
enum Taken {
    /// To stop; with the signal's number.
    Stop(i32),
    /// To read the configuration again.
    Reload,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Taken {
        tokio::select! {
            _ = self.terminate.recv() => Taken::Stop(SignalKind::terminate().as_raw_value()),
            _ = self.interrupt.recv() => Taken::Stop(SignalKind::interrupt().as_raw_value()),
            _ = self.hang_up.recv() => Taken::Reload,
        }
    }
}
