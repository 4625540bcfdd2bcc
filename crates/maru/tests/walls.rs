//! The walls between the rooms of the house: which crate may use which, as `ARCHITECTURE.md` says. The manifests are
//! read, so a wall that is broken is found before anything that uses it compiles.

#![allow(clippy::unwrap_used)] // Everything here is a test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each of our crates may use of ours, in what ships.
const OURS: &[(&str, &[&str])] = &[
    ("hall", &[]),
    ("wire", &["hall"]),
    ("ledger", &["hall"]),
    ("gate", &["wire"]),
    ("server", &["hall", "wire", "ledger", "gate", "tui"]),
    ("tui", &["hall", "wire"]),
    ("maru", &["hall", "wire", "ledger", "gate", "server", "tui"]),
    ("sim", &["hall", "wire", "ledger"]),
    ("bench", &["hall", "wire", "ledger"]),
];

/// Crates of others that only these of ours may use.
const OTHERS: &[(&str, &[&str])] = &[
    ("tokio", &["gate", "server", "maru"]),
    ("hyper", &["server"]),
    ("hyper-util", &["server"]),
    ("rustyline", &["tui"]),
    ("anyhow", &["maru", "bench"]),
    ("rusqlite", &["ledger"]),
    ("rustls", &["gate", "tui"]),
    ("ratatui", &["tui"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The crates in `crates/`, and what each uses in what ships (tests may use more).
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let folders = std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap());
    let uses = |folder: std::fs::DirEntry| {
        let text = std::fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let names =
            ["dependencies", "build-dependencies"].into_iter().filter_map(|table| manifest.get(table)?.as_table());
        let used = names.flat_map(|table| table.keys().cloned()).collect();
        assert!(
            !manifest.contains_key("target"),
            "{}: a dependency of one platform only would be missed here",
            folder.path().display()
        );
        (folder.file_name().into_string().unwrap(), used)
    };
    folders.map(uses).collect()
}

#[test]
fn every_room_is_known() {
    let known: BTreeSet<_> = OURS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(manifests().into_keys().collect::<BTreeSet<_>>(), known, "a new crate has to be given its walls here");
}

#[test]
fn rooms_use_only_what_they_may() {
    let ours: BTreeSet<_> = OURS.iter().map(|(name, _)| *name).collect();
    for (room, used) in manifests() {
        let (_, may) = OURS.iter().find(|(name, _)| *name == room).unwrap();
        for used in used.iter().filter(|used| ours.contains(used.as_str())) {
            assert!(may.contains(&used.as_str()), "{room} may not use {used}");
        }
    }
}

#[test]
fn what_others_made_stays_in_its_rooms() {
    for (room, used) in manifests() {
        for (what, may) in OTHERS {
            assert!(!used.contains(*what) || may.contains(&room.as_str()), "{room} may not use {what}");
        }
    }
}

#[test]
fn every_crate_keeps_the_house_lints() {
    for room in manifests().keys() {
        let text = std::fs::read_to_string(root().join("crates").join(room).join("Cargo.toml")).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{room} does not take the workspace's lints");
    }
}

#[test]
fn no_file_outgrows_a_reader() {
    /// Lines.
    const MOST: usize = 800;
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let lines = std::fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines <= MOST, "{} has {lines} lines", path.display());
            }
        }
    }
}
