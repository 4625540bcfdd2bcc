//! `maru admin`: asks a running server for something, over the socket in its data directory that only who runs it can open.
//!
//! It speaks plain lines there like anybody else, as an admin: what can be asked is what `/help admin` lists.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use wire::Lang;

use crate::args;
use crate::env::Env;
use crate::store::directory;
use crate::wrong::{Wrong, Wrongs};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is asked last: its answer says that there is nothing more.
const LAST: &str = "done-with-it";
/// The exit code when the server refuses.
const REFUSED: u8 = 1;

/// Asks for something and prints the answer.
pub(crate) fn admin(asked: args::Admin, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let args::Admin { words, store } = asked;
    if words.is_empty() {
        return crate::print(&(crate::args::help_of(&["admin"], lang)));
    }
    let dir = directory(store.flags(), env)?;
    let path = dir.join(server::LOCAL_SOCKET);
    let unreachable = |source| Wrongs::from(Wrong::NoAdmin { path: path.clone(), source });
    let stream = UnixStream::connect(&path).map_err(unreachable)?;
    stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
        .map_err(unreachable)?;
    let mut command = words.join(" ");
    if asks_for_password(&words) {
        command = format!("{command} {}", password(lang).map_err(unreachable)?);
    }
    // What holds a line's end would be more than one command.
    let command = command.replace(['\r', '\n'], " ");
    let tag = lang.pick("en", "ko");
    let asked = format!("/lang {tag}\n/admin {command}\n/ping {LAST}\n");
    (&stream).write_all(asked.as_bytes()).map_err(unreachable)?;
    tell(BufReader::new(&stream), &path)
}

/// Prints what comes, up to the answer to the last question or the end.
fn tell(answers: impl BufRead, path: &Path) -> anyhow::Result<ExitCode> {
    let last = format!("* pong {LAST}");
    let mut refused = false;
    // The first line answers `/lang`.
    for line in answers.lines().skip(1) {
        let line = line.map_err(|source| Wrongs::from(Wrong::NoAdmin { path: path.to_owned(), source }))?;
        if line == last {
            break;
        }
        refused |= line.starts_with('!');
        let out: &mut dyn Write = if line.starts_with('!') { &mut io::stderr() } else { &mut io::stdout() };
        writeln!(out, "{}", line.strip_prefix("* ").or(line.strip_prefix("! ")).unwrap_or(&line))?;
    }
    Ok(if refused { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS })
}

/// Whether a password is to be read rather than given as an argument, where everybody on the machine can see it.
fn asks_for_password(words: &[String]) -> bool {
    matches!(words, [what, _] if what == "create" || what == "password")
}

/// A line of standard input, not shown if that is a terminal.
fn password(lang: Lang) -> io::Result<String> {
    let stdin = io::stdin();
    let shown = stdin.is_terminal().then(|| tcgetattr(&stdin)).transpose()?;
    if let Some(shown) = &shown {
        eprint!("{}", lang.pick("password: ", "암호: "));
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(shown) = &shown {
        tcsetattr(&stdin, OptionalActions::Flush, shown)?;
        eprintln!();
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
