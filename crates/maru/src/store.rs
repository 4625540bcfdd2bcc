//! What an operator does with a hall's store: `maru search`, `export`, `import`, `backup`, `verify`, `redact`.
//!
//! The first two, `backup` and `verify` read beside a hall that is running; `import` and `redact` take the data directory as
//! a server would, so that they never meet one.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use hall::{LogId, Nick, Reply, RoomName, Seq, Time};
use ledger::{ExportError, ExportOptions, ImportError, SqliteLimits};
use rustix::fs::Mode;
use wire::lines::{self, Style};
use wire::{Codec, Lang, when};

use crate::args;
use crate::config::{self, Flags};
use crate::env::Env;
use crate::print;
use crate::texts::store as texts;
use crate::wrong::{Wrong, Wrongs};

/// The name that means standard input or output.
const STANDARD: &str = "-";
/// The exit code when a store is not as it should be.
const NOT_WELL: u8 = 1;

/// Looks something up in all rooms.
pub(crate) fn search(asked: args::Search, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let args::Search { words, from, rooms, after, before, most, store } = asked;
    let search = hall::Search {
        // Words that were quoted together are words all the same.
        words: words.iter().flat_map(|words| words.split_whitespace()).map(str::to_owned).collect(),
        from: from.map(|nick| self::nick(&nick)).transpose()?,
        logs: self::rooms(&rooms)?.into_iter().map(LogId::Room).collect(),
        after: after.map(|time| self::time(&time)).transpose()?,
        before: before.map(|time| self::time(&time)).transpose()?,
    };
    if search.words.is_empty() && search.from.is_none() && search.after.is_none() && search.before.is_none() {
        return Err(Wrongs::from(Wrong::NothingToSearch).into());
    }
    let words = search.words.clone();
    let dir = directory(store.flags(), env)?;
    let found =
        ledger::look_up(&dir, &SqliteLimits::default(), search, most).map_err(|error| of_ledger(error, &dir))?;
    let reply = Reply::Found { entries: found.entries, words, unindexed: found.unindexed };
    let codec = Codec { zone: jiff::tz::TimeZone::system(), clock: Some(now), ..Codec::default() };
    let bytes = lines::reply(&reply, Style { lang, ..Style::default() }, &codec);
    print(&String::from_utf8_lossy(&bytes))
}

/// Writes the entries as JSON Lines.
pub(crate) fn export(asked: args::Export, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let args::Export { file, after, rooms, since, until, store } = asked;
    let options = ExportOptions {
        after: Seq(after),
        rooms: self::rooms(&rooms)?,
        since: since.map(|time| self::time(&time)).transpose()?,
        until: until.map(|time| self::time(&time)).transpose()?,
        // A file that is there is gone on with.
        goes_on: after > 0 && file.as_ref().is_some_and(|file| file.exists()),
    };
    let dir = directory(store.flags(), env)?;
    let limits = SqliteLimits::default();
    // No file is touched for nothing.
    ledger::look_at(&dir, &limits).map_err(|error| of_ledger(error, &dir))?;
    let Some(file) = file else {
        let mut out = BufWriter::new(io::stdout().lock());
        return match ledger::export(&dir, &limits, &options, &mut out) {
            // Nobody reading is no error.
            Err(ExportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Err(ExportError::Write(source)) => Err(Wrongs::from(Wrong::Write { path: "-".into(), source }).into()),
            Err(ExportError::Ledger(error)) => Err(of_ledger(error, &dir).into()),
            Ok(_) => Ok(ExitCode::SUCCESS),
        };
    };
    let write = |source| Wrongs::from(Wrong::Write { path: file.clone(), source });
    let created = if options.goes_on { File::options().append(true).open(&file) } else { File::create(&file) };
    let created = created.map_err(write)?;
    let mut out = BufWriter::new(&created);
    let exported = ledger::export(&dir, &limits, &options, &mut out).map_err(|error| match error {
        ExportError::Write(source) => write(source),
        ExportError::Ledger(error) => of_ledger(error, &dir),
    })?;
    drop(out);
    created.sync_all().map_err(write)?;
    print(&texts::exported(&exported, &file, lang))
}

/// Reads an export in.
pub(crate) fn import(asked: args::Import, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let args::Import { file, store } = asked;
    let dir = directory(store.flags(), env)?;
    let read = |source| Wrongs::from(Wrong::Read { path: file.clone(), source });
    let mut input: Box<dyn io::BufRead> = if file == Path::new(STANDARD) {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(&file).map_err(read)?))
    };
    let _lock = server::take_data_dir(&dir).map_err(|error| Wrongs::from(Wrong::Server(error)))?;
    let imported = ledger::import(&dir, &SqliteLimits::default(), &mut *input).map_err(|error| match error {
        ImportError::Line { line, why } => Wrongs::from(Wrong::ImportLine { path: file.clone(), line, why }),
        ImportError::Read(source) => read(source),
        ImportError::Ledger(error) => of_ledger(error, &dir),
    })?;
    print(&texts::imported(imported, lang))
}

/// Copies the store.
pub(crate) fn backup(asked: args::Backup, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    // A copy is for its owner alone, as the store is.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let args::Backup { file, store } = asked;
    let dir = directory(store.flags(), env)?;
    // What is wrong with the store is told apart from what is wrong with the copy.
    ledger::look_at(&dir, &SqliteLimits::default()).map_err(|error| of_ledger(error, &dir))?;
    if file == Path::new(STANDARD) {
        return backup_to_standard_output(&dir);
    }
    let bytes = ledger::backup(&dir, &SqliteLimits::default(), &file).map_err(|error| match error {
        ledger::Error::Io(source) => Wrongs::from(Wrong::Write { path: file.clone(), source }),
        error => of_ledger(error, &dir),
    })?;
    print(&texts::backed_up(bytes, &file, lang))
}

/// Writes a copy to standard output; it stands beside the store meanwhile.
fn backup_to_standard_output(dir: &Path) -> anyhow::Result<ExitCode> {
    let copy = dir.join("maru-backup.part");
    let write = |source| Wrongs::from(Wrong::Write { path: copy.clone(), source });
    let copied = ledger::backup(dir, &SqliteLimits::default(), &copy).map_err(|error| match error {
        ledger::Error::Io(source) => write(source),
        error => of_ledger(error, dir),
    });
    let written = copied.and_then(|_| {
        let mut from = File::open(&copy).map_err(write)?;
        io::copy(&mut from, &mut io::stdout().lock()).map_err(write)
    });
    let _ = std::fs::remove_file(&copy);
    written?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy in the store's place.
pub(crate) fn restore(asked: args::Backup, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let args::Backup { file, store } = asked;
    let dir = directory(store.flags(), env)?;
    let read = |source| Wrongs::from(Wrong::Read { path: file.clone(), source });
    let mut copy: Box<dyn io::Read> =
        if file == Path::new(STANDARD) { Box::new(io::stdin()) } else { Box::new(File::open(&file).map_err(read)?) };
    let _lock = server::take_data_dir(&dir).map_err(|error| Wrongs::from(Wrong::Server(error)))?;
    ledger::restore(&dir, &SqliteLimits::default(), &mut *copy).map_err(|error| match error {
        ledger::Error::NotOurs | ledger::Error::Corrupt(_) => Wrongs::from(Wrong::NotABackup { path: file.clone() }),
        error => of_ledger(error, &dir),
    })?;
    print(&texts::restored(&dir, lang))
}

/// Looks through the store.
pub(crate) fn verify(store: args::Store, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let dir = directory(store.flags(), env)?;
    let report = ledger::verify(&dir, &SqliteLimits::default()).map_err(|error| of_ledger(error, &dir))?;
    let code = print(&texts::verified(&report, lang))?;
    Ok(if report.findings.is_empty() { code } else { ExitCode::from(NOT_WELL) })
}

/// Takes a message back.
pub(crate) fn redact(asked: args::Redact, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let args::Redact { seq, store } = asked;
    let dir = directory(store.flags(), env)?;
    // A directory in which there is nothing is not made a hall's by this.
    ledger::look_at(&dir, &SqliteLimits::default()).map_err(|error| of_ledger(error, &dir))?;
    let _lock = server::take_data_dir(&dir).map_err(|error| Wrongs::from(Wrong::Server(error)))?;
    if !ledger::redact(&dir, &SqliteLimits::default(), Seq(seq)).map_err(|error| of_ledger(error, &dir))? {
        return Err(Wrongs::from(Wrong::NoSuchMessage(seq)).into());
    }
    print(&texts::redacted(seq, lang))
}

fn of_ledger(error: ledger::Error, dir: &Path) -> Wrongs {
    match error {
        ledger::Error::Io(source) if source.kind() == io::ErrorKind::NotFound => {
            Wrongs::from(Wrong::NoLedger { path: dir.to_owned() })
        }
        error => Wrongs::from(Wrong::Server(server::Error::Ledger(error))),
    }
}

/// The data directory that the flags, the variables and the configuration name.
pub(crate) fn directory(flags: Flags, env: &Env) -> Result<PathBuf, Wrongs> {
    let setup = config::load(&flags, env).map_err(Wrongs)?;
    setup.data_dir.ok_or(Wrong::NoDataDir).map_err(Wrongs::from)
}

fn nick(raw: &str) -> Result<Nick, Wrongs> {
    Nick::recorded(raw, usize::MAX)
        .map_err(|_| Wrongs::from(Wrong::BadArgument { name: "--from", got: raw.to_owned() }))
}

/// Rooms; the `#`, which shells take for a comment, may be left out.
fn rooms(raw: &[String]) -> Result<Vec<RoomName>, Wrongs> {
    let room = |raw: &String| {
        let name = if raw.starts_with('#') { raw.clone() } else { format!("#{raw}") };
        RoomName::recorded(&name, usize::MAX)
            .map_err(|_| Wrongs::from(Wrong::BadArgument { name: "--in", got: raw.clone() }))
    };
    raw.iter().map(room).collect()
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn time(raw: &str) -> Result<Time, Wrongs> {
    when::parse(raw, now(), &jiff::tz::TimeZone::system()).ok_or_else(|| Wrongs::from(Wrong::BadTime(raw.to_owned())))
}
