//! A hall on a disk that tears: again and again the machine ends while a group is being written, and each time everything
//! that the ledger had returned is there, in the same order and with the same words, and the group that was being written
//! is there whole or not at all.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

use std::path::Path;
use std::sync::Arc;

use hall::{
    Beginning, Command, Effect, Entry, Event, Hall, Kind, Limits, LogId, Nick, Proposal, RoomName, Seq, SessionId,
    Text, Time,
};
use ledger::{Durability, Ledger, Sqlite, SqliteLimits, SqliteSettings};
use sim::{Disk, Rng};

/// Worlds, unless `MARU_SIM_SEEDS` says otherwise.
const WORLDS: u64 = 12;
/// How often the machine ends in each.
const CRASHES: usize = 12;
/// Sessions in a hall.
const SESSIONS: u64 = 5;

fn open(dir: &Path) -> Sqlite {
    let settings = SqliteSettings { durability: Durability::Process, ..SqliteSettings::default() };
    Sqlite::open(dir, settings).unwrap()
}

/// A hall, and people in it who do anything.
struct Life {
    hall: Hall,
    rng: Rng,
    clock: u64,
    said: usize,
}

impl Life {
    fn new(beginning: Beginning, rng: Rng, said: usize) -> Self {
        let lobby = RoomName::new("#lobby", 50).unwrap();
        let first = beginning.session + 1;
        let mut life = Self { hall: Hall::new(Limits::default(), lobby, beginning), rng, clock: 1_000, said };
        let mut effects = Vec::new();
        (first..first + SESSIONS).for_each(|session| {
            life.hall.arrive(SessionId(session), hall::Origin::default(), hall::Arrival::Unasked, &mut effects)
        });
        life
    }

    /// What some of them want to happen: at least one thing.
    fn wishes(&mut self, first: u64) -> Vec<Proposal> {
        let mut group = Vec::new();
        while group.is_empty() || self.rng.chance(60) {
            let session = SessionId(first + self.rng.number() % SESSIONS);
            let mut effects = Vec::new();
            let command = self.command();
            self.hall.handle(session, command, &mut effects);
            group.extend(effects.into_iter().filter_map(|effect| match effect {
                Effect::Propose(proposal) => Some(proposal),
                _ => None,
            }));
        }
        group
    }

    fn command(&mut self) -> Command {
        let room = RoomName::new(self.rng.pick(&["#lobby", "#a", "#b"]), 50).unwrap();
        self.said += 1;
        let text = Text::new(&format!("{} {}", self.said, "말".repeat(self.rng.below(400))));
        match self.rng.below(12) {
            0 => Command::Join(room, None),
            1 => Command::Part(Some(room), hall::Text::new("")),
            2 => Command::Topic { room: Some(room), text: Some(text) },
            3 => Command::Redact(1 + self.rng.below(3)),
            4 => Command::Nick {
                nick: Nick::new(self.rng.pick(&["민수", "bob", "영희"]), 30).unwrap(),
                clash: hall::Clash::Adopt,
            },
            5 => Command::Join(room, None),
            _ => Command::Say { room: None, kind: Kind::Say, text, tags: None },
        }
    }

    fn commit(&mut self, ledger: &mut Sqlite, group: Vec<Proposal>) -> Vec<Arc<Entry>> {
        self.clock += 1;
        ledger.commit(Time(self.clock), group).unwrap()
    }

    fn applied(&mut self, entries: &[Arc<Entry>]) {
        let mut effects = Vec::new();
        self.hall.commit(entries, &mut effects);
        for effect in effects {
            match effect {
                Effect::Grow(_, feed, block) => feed.append(block, &Limits::default()),
                Effect::Redact(_, feed, seq) => feed.redact(seq),
                _ => {}
            }
        }
    }
}

/// Everything in the store, as one line each.
fn stored(dir: &Path) -> Vec<String> {
    let mut out = Vec::new();
    ledger::export(dir, &SqliteLimits::default(), &ledger::ExportOptions::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().skip(1).map(str::to_owned).collect()
}

/// The lines that entries are in the store, after those that were there; what they take back is gone.
fn lines_of(lines: &mut Vec<String>, entries: &[Arc<Entry>]) {
    for entry in entries {
        lines.push(ledger::line::of_entry(entry));
        if let Event::Redact(Seq(target), _) = entry.event {
            let line = &mut lines[usize::try_from(target - 1).unwrap()];
            let taken_back = ledger::line::entry(line).unwrap();
            if matches!(taken_back.event, Event::Message(..)) {
                *line = ledger::line::of_entry(&taken_back.redacted());
            }
        }
    }
}

/// A process ends without a word: nothing more is written to its files.
fn end_process<T>(dir: &Path, held: T) {
    let written = tempfile::tempdir().unwrap();
    let copy = |from: &Path, to: &Path| {
        for file in std::fs::read_dir(from).unwrap() {
            let path = file.unwrap().path();
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    };
    copy(dir, written.path());
    drop(held);
    std::fs::remove_dir_all(dir).unwrap();
    std::fs::create_dir(dir).unwrap();
    copy(written.path(), dir);
}

/// Whatever has become of the index: it finds what is there.
fn finds_the_last(dir: &Path, lines: &[String]) {
    let ledger = open(dir);
    let mut indexer = ledger.indexer().unwrap().unwrap();
    while indexer.work().unwrap() {}
    let is_said = |line: &&String| line.contains("\"event\":\"say\"");
    let Some(line) = lines.iter().rev().find(is_said) else { return };
    let entry = ledger::line::entry(line).unwrap();
    let Event::Message(_, text) = &entry.event else { unreachable!("it was said") };
    let word = text.as_str().split(' ').next().unwrap().to_owned();
    let logs = ["#lobby", "#a", "#b"].map(|room| LogId::Room(RoomName::new(room, 50).unwrap())).to_vec();
    let search = hall::Search { logs, words: vec![word], ..hall::Search::default() };
    let found = ledger.reader().unwrap().search(&search, 1_000).unwrap();
    assert_eq!(found.unindexed, 0);
    assert!(found.entries.iter().any(|other| other.seq == entry.seq), "{line}");
}

fn world(seed: u64) -> usize {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data");
    std::fs::create_dir(&dir).unwrap();
    let mut rng = Rng::new(seed);
    let mut disk = Disk::default();
    drop(open(&dir));
    disk.sync(&dir).unwrap();
    let (mut lines, mut said, mut survived) = (Vec::new(), 0, 0);
    for crash in 0..CRASHES {
        let mut ledger = open(&dir);
        // What opening has written is no group of anybody's.
        disk.sync(&dir).unwrap();
        let beginning = ledger.beginning(1_000).unwrap();
        assert_eq!(beginning.head.0, lines.len() as u64, "seed {seed}, crash {crash}");
        let first = beginning.session + 1;
        let mut life = Life::new(beginning, Rng::new(rng.number()), said);
        let mut indexer = ledger.indexer().unwrap().unwrap();
        for _ in 0..rng.below(30) {
            let group = life.wishes(first);
            let entries = life.commit(&mut ledger, group);
            lines_of(&mut lines, &entries);
            life.applied(&entries);
            if rng.chance(10) {
                while indexer.work().unwrap() {}
            }
            if rng.chance(10) {
                ledger.tend(Time(life.clock)).unwrap();
            }
            disk.sync(&dir).unwrap();
        }
        // One more group is on its way when the machine ends. Or the store is being tended.
        let mut with_group = lines.clone();
        if rng.chance(80) {
            let group = life.wishes(first);
            lines_of(&mut with_group, &life.commit(&mut ledger, group));
        }
        said = life.said;
        end_process(&dir, (ledger, indexer));
        disk.crash(&dir, &mut rng).unwrap();
        drop(open(&dir));
        let there = stored(&dir);
        survived += usize::from(there == with_group && with_group != lines);
        assert!(
            there == lines || there == with_group,
            "seed {seed}, crash {crash}: {} lines, of {} or {}",
            there.len(),
            lines.len(),
            with_group.len()
        );
        lines = there;
        let report = ledger::verify(&dir, &SqliteLimits::default()).unwrap();
        let store = report.findings.iter().filter(|finding| !matches!(finding, ledger::Finding::Index(_)));
        assert_eq!(store.count(), 0, "seed {seed}, crash {crash}: {report:?}");
        finds_the_last(&dir, &lines);
    }
    survived
}

#[test]
fn what_was_returned_outlives_a_disk_that_tears() {
    let worlds = std::env::var("MARU_SIM_SEEDS").map_or(WORLDS, |n| n.parse::<u64>().unwrap().min(10_000));
    let survived: usize = (0..worlds).map(world).sum();
    // Both happen: that a group that was being written is there, and that it is not.
    assert!(survived > 0 && survived < usize::try_from(worlds).unwrap() * CRASHES * 8 / 10, "{survived}");
}
