//! Maru, the program: it reads the command line, gathers the configuration, and hands over to the server, the client or
//! one of the small commands.
//!
//! It is wiring and words; what a hall is and how bytes get there is in the other crates. Whatever goes wrong on the way
//! is told in one place, [`wrong::report`].

mod admin;
mod args;
mod chat;
mod config;
mod env;
mod greeting;
mod health;
mod log;
mod serve;
mod store;
mod texts;
mod wrong;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use wire::Lang;

use args::Command;
use env::Env;
use wrong::{Wrong, Wrongs};

fn main() -> ExitCode {
    let env = Env::of_process();
    let lang = env.language();
    run(&env, lang).unwrap_or_else(|error| wrong::report(&error, lang))
}

fn run(env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let asked = match args::parse(std::env::args_os(), lang) {
        Ok(args) => args.command,
        // Help and the version come as errors that are none.
        Err(error) if !error.use_stderr() => return print(&error.to_string()),
        Err(error) => return Err(Wrongs::from(Wrong::Usage(Box::new(error))).into()),
    };
    match asked {
        None => print(&args::help_of(&[], lang)),
        Some(Command::Serve(serve)) => serve::serve(&serve.flags(), env),
        Some(Command::Chat(chat)) => chat::chat(chat, env, lang),
        Some(Command::Health(health)) => {
            let flags = config::Flags { config: health.config, ..config::Flags::default() };
            print(&(health::check(health.addr.as_deref(), &flags, env, lang)? + "\n"))
        }
        Some(Command::Search(search)) => store::search(search, env, lang),
        Some(Command::Export(export)) => store::export(export, env, lang),
        Some(Command::Import(import)) => store::import(import, env, lang),
        Some(Command::Backup(backup)) => store::backup(backup, env, lang),
        Some(Command::Restore(restore)) => store::restore(restore, env, lang),
        Some(Command::Verify(store)) => store::verify(store, env, lang),
        Some(Command::Redact(redact)) => store::redact(redact, env, lang),
        Some(Command::Admin(asked)) => admin::admin(asked, env, lang),
        Some(Command::Config { action: None }) => print(&args::help_of(&["config"], lang)),
        Some(Command::Config { action: Some(args::Config::Check { file }) }) => check(&file, env, lang),
        Some(Command::Config { action: Some(args::Config::Print) }) => print(&config::print(env, lang)),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut args::command(lang), "maru", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Some(Command::Help { .. }) => print(&args::help_of(&[], lang)),
    }
}

fn check(file: &Path, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    config::check(file, env).map_err(Wrongs)?;
    let file = file.display();
    print(&lang.pick(format!("{file} is a valid configuration\n"), format!("올바른 설정 파일입니다: {file}\n")))
}

/// Writes to standard output. Whoever reads only the beginning of it (`| head`) has what they wanted.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
