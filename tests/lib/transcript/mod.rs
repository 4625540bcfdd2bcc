//! Transcripts (`tests/transcripts/*.txt`): who says what and who sees what, as text that a user could read.
//!
//! The format is described in `tests/transcripts/README.md`. [`parse`] reads it, [`play`] plays it on a [`Stage`] (a hall
//! without sockets, or the real program), and [`each`] does so with every transcript there is. Whatever a person is shown
//! has to stand in the transcript, in its order; a line too many is as wrong as a line too few.

mod parse;
mod play;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use parse::{Program, Script, parse};
pub(crate) use play::{Received, Stage, play};

/// What fits on a screen, in lines.
const SCREEN_LINES: usize = 48;
/// Of a transcript of IRC, whose exchanges are longer.
const IRC_LINES: usize = 72;
/// Transcripts that are played at one time.
const AT_ONCE: usize = 4;

/// What is wrong with a transcript, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Wrong {
    fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// Plays every transcript. Those that do not hold are all named, with file and line.
#[track_caller]
pub(crate) fn each(play: impl Fn(&Script) -> Result<(), Wrong> + Sync) {
    let files = files();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, text)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(Wrong { line, what }) = read(text).and_then(|script| play(&script)) {
                        failures.lock().unwrap().push(format!("tests/transcripts/{name}:{line}: {what}"));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    println!("{} transcripts", files.len());
    assert!(failures.is_empty(), "{} of {} do not hold:\n\n{}", failures.len(), files.len(), failures.join("\n\n"));
}

fn read(text: &str) -> Result<Script, Wrong> {
    match text.lines().count() {
        lines if lines > if text.contains(" over IRC") { IRC_LINES } else { SCREEN_LINES } => {
            Err(Wrong::new(lines, "a transcript fits on a screen"))
        }
        _ => parse(text),
    }
}

/// The names and texts of all transcripts, sorted.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/transcripts"));
    let paths = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "there are transcripts");
    files
}
