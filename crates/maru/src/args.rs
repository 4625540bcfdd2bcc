//! The command line: what there is to ask for. Its words come from [`crate::texts::help`], in the user's language; nothing
//! here is a text.
//!
//! Values stay as they were written: the flags of `maru serve` are read by the same table as the variables and the file,
//! so that a wrong value is told in the same words wherever it stands.

pub(crate) mod usage;

use std::path::PathBuf;

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};
use wire::Lang;

use crate::config::Flags;
use crate::texts::help;

/// What was asked for.
#[derive(Debug, Parser)]
#[command(
    name = "maru",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum Command {
    Serve(Serve),
    Chat(Chat),
    Health(Health),
    Search(Search),
    Export(Export),
    Import(Import),
    Backup(Backup),
    Restore(Backup),
    Verify(Store),
    Redact(Redact),
    Admin(Admin),
    Config {
        #[command(subcommand)]
        action: Option<Config>,
    },
    Completions {
        #[arg(value_enum, hide_possible_values = true, value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    Help {
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Vec<String>,
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    data_dir: Option<String>,
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, value_name = "off")]
    limits: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Chat {
    #[arg(value_name = "HOST[:PORT]")]
    pub(crate) server: Option<String>,
    #[arg(long, value_name = "NICK")]
    pub(crate) nick: Option<String>,
    #[arg(long)]
    pub(crate) lines: bool,
    #[arg(long, value_name = "sha256:HEX")]
    pub(crate) accept_fingerprint: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Health {
    #[arg(value_name = "HOST[:PORT]")]
    pub(crate) addr: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Which hall's store is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Store {
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    data_dir: Option<String>,
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Search {
    #[arg(value_name = "WORDS")]
    pub(crate) words: Vec<String>,
    #[arg(long, value_name = "NICK")]
    pub(crate) from: Option<String>,
    #[arg(long = "in", value_name = "#ROOM")]
    pub(crate) rooms: Vec<String>,
    #[arg(long, value_name = "TIME")]
    pub(crate) after: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<String>,
    #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
    pub(crate) most: usize,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) after: u64,
    #[arg(long = "in", value_name = "#ROOM")]
    pub(crate) rooms: Vec<String>,
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Redact {
    #[arg(value_name = "N")]
    pub(crate) seq: u64,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Admin {
    #[arg(value_name = "WORDS", trailing_var_arg = true)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) store: Store,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(crate) enum Config {
    Check {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    Print,
}

impl Store {
    /// What the flags say for the configuration.
    pub(crate) fn flags(self) -> Flags {
        Flags { config: self.config, values: self.data_dir.map(|dir| ("--data-dir", vec![dir])).into_iter().collect() }
    }
}

impl Serve {
    /// What the flags say for the configuration.
    pub(crate) fn flags(self) -> Flags {
        let mut values = Vec::new();
        if !self.listen.is_empty() {
            values.push(("--listen", self.listen));
        }
        values.extend(self.data_dir.map(|dir| ("--data-dir", vec![dir])));
        values.extend(self.limits.map(|limits| ("--limits", vec![limits])));
        Flags { config: self.config, values }
    }
}

/// Reads a command line, the program's name included. A request for help comes back as an error of clap's kind for it.
pub(crate) fn parse(words: impl IntoIterator<Item = std::ffi::OsString>, lang: Lang) -> Result<Args, clap::Error> {
    let args = Args::from_arg_matches(&command(lang).try_get_matches_from(words)?)?;
    match args.command {
        // `maru help config check` is `maru config check --help`.
        Some(Command::Help { command: path }) => {
            let words = std::iter::once("maru".to_owned()).chain(path).chain(["--help".to_owned()]);
            Args::from_arg_matches(&command(lang).try_get_matches_from(words)?)
        }
        _ => Ok(args),
    }
}

/// The whole command line with its texts in a language.
pub(crate) fn command(lang: Lang) -> clap::Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    worded(Args::command().arg(version), "maru", lang)
}

/// The help of a command, for those who named none of its subcommands.
pub(crate) fn help_of(path: &[&str], lang: Lang) -> String {
    let mut command = command(lang);
    command.build();
    let mut of = &mut command;
    for name in path {
        of = of.find_subcommand_mut(name).expect("only commands that exist are shown");
    }
    of.render_help().to_string()
}

/// A command with its texts, and the same for those below it. `path` is how it is written.
fn worded(command: clap::Command, path: &str, lang: Lang) -> clap::Command {
    let help_flag = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let mut command = command.arg(help_flag).mut_args(|arg| {
        let text = help::argument(path, arg.get_id().as_str(), lang);
        arg.help(text)
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(&name, |sub| worded(sub, &format!("{path} {name}"), lang));
    }
    let template = help::template(command.has_subcommands(), command.get_positionals().next().is_some(), lang);
    let text = help::of(path);
    command
        .about(text.about(lang))
        .after_help(text.after(lang))
        .override_usage(text.usage(lang))
        .help_template(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound_in_both_languages() {
        for lang in [Lang::En, Lang::Ko] {
            command(lang).debug_assert();
        }
    }

    #[test]
    fn help_on_a_command_is_that_commands_help() {
        let parse = |words: &[&str]| parse(words.iter().map(Into::into), Lang::En);
        let help = |words: &[&str]| parse(words).expect_err("help is shown").to_string();
        assert_eq!(help(&["maru", "help", "config", "check"]), help(&["maru", "config", "check", "--help"]));
        assert_eq!(help(&["maru", "help"]), help(&["maru", "--help"]));
    }
}
