//! `docs/irc.md` lists all that is spoken over IRC. What it lists is what there is, and what there is it lists; and no
//! numeric stands in the code that nothing sends.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wire::irc::{self, Around, Cap, numeric};
use wire::{Codec, Lang};

fn below_here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn document() -> String {
    let path = below_here("../../docs/irc.md");
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The rows of the table under a heading: the words in backticks with which their columns begin.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let start = document.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("docs/irc.md has no {heading:?}"));
    let section = &document[start + 1..];
    let section = &section[..section.find("\n## ").unwrap_or(section.len())];
    let cell = |cell: &str| cell.trim().strip_prefix('`')?.split_once('`').map(|(word, _)| word.to_owned());
    let row = |line: &str| line.strip_prefix("| `").map(|_| line.split('|').skip(1).map_while(cell).collect());
    section.lines().filter_map(row).collect()
}

/// Makes sure that the table under a heading has a row for each of these words, and no other row.
fn check(heading: &str, words: impl IntoIterator<Item = String>) {
    let rows = rows(&document(), heading);
    let listed: BTreeSet<String> = rows.iter().map(|row| row[0].clone()).collect();
    let words: BTreeSet<String> = words.into_iter().collect();
    let missing: Vec<_> = words.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&words).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "docs/irc.md, {heading}: the table does not have {missing:?}, and has {unknown:?}, which there are not"
    );
    assert_eq!(rows.len(), listed.len(), "docs/irc.md, {heading}: something is listed twice");
}

#[test]
fn each_command_is_in_the_document() {
    check("Commands", irc::COMMANDS.iter().map(|info| info.name.to_owned()));
}

#[test]
fn each_numeric_is_in_the_document_under_its_name() {
    check("Numerics", numeric::ALL.iter().map(|(_, number)| format!("{number:03}")));
    let rows = rows(&document(), "Numerics");
    for (name, number) in numeric::ALL {
        let number = format!("{number:03}");
        let row = rows.iter().find(|row| row[0] == number).expect("it is listed");
        assert_eq!(row.get(1).map(String::as_str), Some(*name), "docs/irc.md: the name of {number}");
    }
}

#[test]
fn each_token_is_in_the_document() {
    let (codec, hall, wire) = (Codec::default(), hall::Limits::default(), wire::Limits::default());
    let nick = hall::Nick::new("minji", hall.nick_chars).unwrap();
    let me = hall::Me { nick, guise: hall::Guise::unknown(), account: None, inside: true };
    let around = Around {
        codec: &codec,
        hall: &hall,
        wire: &wire,
        me: &me,
        now: hall::Time(0),
        secure: false,
        offer: &irc::Offer::default(),
        lang: Lang::En,
    };
    check("Tokens of 005", irc::tokens(&around).iter().map(|(name, _)| (*name).to_owned()));
}

#[test]
fn each_capability_is_in_the_document() {
    // What sts tells is not asked for, and is none of them.
    let names = Cap::ALL.iter().map(|cap| cap.name()).chain(["sts"]);
    check("Capabilities", names.map(str::to_owned));
}

#[test]
fn each_numeric_is_sent_by_something() {
    let folder = below_here("src/irc");
    let mut code = String::new();
    for file in fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "rs") && !file.ends_with("numeric.rs") {
            // Tests may name what nothing sends.
            let text = fs::read_to_string(&file).unwrap();
            code += text.split("#[cfg(test)]").next().unwrap();
        }
    }
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let unused: Vec<_> = numeric::ALL.iter().filter(|(name, _)| !words.contains(name)).collect();
    assert!(unused.is_empty(), "nothing under src/irc sends {unused:?}, which numeric.rs has");
}
