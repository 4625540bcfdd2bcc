//! The server is killed at a random instant while several people talk, again and again on the same ledger; each time
//! everything that anybody was shown or had acknowledged is there: once, under the same number, in the same order.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{PATIENCE, Setup, maru};
use rustix::process::Signal;

/// How often the server is killed; `MARU_CRASHES` may say otherwise.
const CRASHES: u64 = 50;
/// People who talk at one time.
const TALKERS: usize = 3;
/// Messages that one of them sends before asking whether they have arrived.
const BATCH: usize = 8;

/// What one person was shown and told.
#[derive(Default)]
struct Seen {
    /// Messages of others, by their numbers.
    shown: Vec<(u64, String)>,
    /// The last batch that is known to have arrived.
    acknowledged: Option<usize>,
}

/// A number that looks like chance (splitmix64).
fn chance(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn text(round: u64, who: usize, n: usize) -> String {
    format!("{round}.{who}.{n} {}", ["안녕", "hello", "말이 길어지면 어떻게 될까요?"][n % 3])
}

/// Talks until the connection breaks; reads everything that comes.
fn talk(address: SocketAddr, round: u64, who: usize, heard: &AtomicUsize) -> Seen {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let talking = thread::spawn(move || {
        let mut bytes = format!("/resume\n/nick t{who}\n");
        for batch in 0.. {
            for n in batch * BATCH..(batch + 1) * BATCH {
                bytes += &format!("{}\n", text(round, who, n));
            }
            bytes += &format!("/ping {batch}\n");
            if writer.write_all(bytes.as_bytes()).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    let mut seen = Seen::default();
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while lines.read_line(&mut line).is_ok_and(|n| n > 0) {
        // A line that was cut off says nothing for certain.
        if let Some(rest) = line.strip_suffix('\n').and_then(|whole| whole.strip_prefix('=')) {
            let (number, rest) = rest.split_once(' ').unwrap();
            if let Some(batch) = rest.strip_prefix("* pong ") {
                seen.acknowledged = Some(batch.parse().unwrap());
            } else if let Some((_, said)) = rest.split_once(": ").filter(|_| rest.starts_with('t')) {
                seen.shown.push((number.parse().unwrap(), said.to_owned()));
                heard.fetch_add(1, Ordering::Relaxed);
            }
        }
        line.clear();
    }
    talking.join().unwrap();
    seen
}

/// What is on the ledger after a number, and its last number.
fn ledger(home: &Path, after: u64) -> (Vec<(u64, String)>, u64) {
    let mut command = maru(home);
    command.args(["export", "--data-dir"]).arg(home.join("data")).args(["--after", &after.to_string()]);
    let exported = command.output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
        let end = rest.find([',', '}'])?;
        rest[..end].parse::<u64>().ok()
    };
    let text = String::from_utf8(exported.stdout).unwrap();
    let mut lines = text.lines();
    let head = field(lines.next().unwrap(), "head").unwrap();
    let entries = lines.map(|line| {
        let said =
            line.split_once("\"event\":\"say\",\"text\":\"").map_or("", |(_, said)| said.trim_end_matches("\"}"));
        (field(line, "seq").unwrap(), said.to_owned())
    });
    (entries.collect(), head)
}

#[test]
fn whatever_was_shown_or_acknowledged_outlives_the_server() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let crashes = std::env::var("MARU_CRASHES").map_or(CRASHES, |n| n.parse().unwrap());
    let (mut head, mut all, mut shown_in_all) = (0, BTreeMap::new(), 0);
    for round in 0..crashes {
        let setup = Setup::new().data(&data).args(&["--limits", "off"]).var("MARU_DURABILITY", "process");
        let server = setup.start();
        let heard = AtomicUsize::new(0);
        // It is killed somewhere in what comes after so many messages.
        let enough = usize::try_from(chance(round) % 600).unwrap();
        let seen: Vec<Seen> = thread::scope(|scope| {
            let talkers: Vec<_> = (0..TALKERS)
                .map(|who| {
                    scope.spawn({
                        let heard = &heard;
                        move || talk(server.address, round, who, heard)
                    })
                })
                .collect();
            while heard.load(Ordering::Relaxed) <= enough {
                assert!(
                    !talkers.iter().any(thread::ScopedJoinHandle::is_finished),
                    "somebody was cut off: {}",
                    server.log().text()
                );
                thread::yield_now();
            }
            (0..chance(!round) % 5_000).for_each(|_| std::hint::spin_loop());
            server.signal(Signal::KILL);
            talkers.into_iter().map(|talker| talker.join().unwrap()).collect()
        });
        drop(server);
        let (entries, last) = ledger(home.path(), head);
        // Numbers follow each other without a hole, and no message is there twice.
        for (at, (number, _)) in entries.iter().enumerate() {
            assert_eq!(*number, head + 1 + at as u64, "round {round}");
        }
        let texts: BTreeSet<&str> =
            entries.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
        assert_eq!(texts.len(), entries.iter().filter(|(_, text)| !text.is_empty()).count(), "round {round}: twice");
        let by_number: BTreeMap<u64, &str> = entries.iter().map(|(number, text)| (*number, text.as_str())).collect();
        for (who, seen) in seen.iter().enumerate() {
            for (number, said) in &seen.shown {
                assert_eq!(
                    by_number.get(number),
                    Some(&said.as_str()),
                    "round {round}: t{who} was shown number {number}"
                );
            }
            assert!(seen.shown.is_sorted_by(|a, b| a.0 < b.0), "round {round}: t{who} was shown things out of order");
            for n in 0..seen.acknowledged.map_or(0, |batch| (batch + 1) * BATCH) {
                assert!(texts.contains(text(round, who, n).as_str()), "round {round}: t{who}'s {n} was acknowledged");
            }
            shown_in_all += seen.shown.len();
        }
        all.extend(entries);
        head = last;
    }
    // Nothing of it has changed since.
    assert_eq!(ledger(home.path(), 0).0.into_iter().collect::<BTreeMap<_, _>>(), all);
    assert!(shown_in_all as u64 > crashes * 50, "there was hardly any talk: {shown_in_all}");
    let verified = maru(home.path()).args(["verify", "--data-dir"]).arg(&data).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
