//! `ledger`: the store by itself, filled in this process and then given to a server.
//!
//! Many senders propose from threads of their own; one thread commits whatever waits as one group, as the server's does,
//! and the index is brought up to date beside it. Then a room of so many entries is read and searched, the server is
//! started on it, and people come into it over sockets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hall::{
    Author, Event, Kind as Meant, LogId, Nick, PersonId, Proposal, RoomName, Search, Seq, SessionId, Text, Time,
};
use ledger::{Durability, Ledger as _, Reader, Sqlite, SqliteSettings};

use super::server::{Kind, Server};
use crate::cli::LedgerArgs;
use crate::process::Memory;

/// Threads that propose.
const SENDERS: u64 = 4;
/// Proposals that one of them hands over at a time: what one connection's batch may hold.
const HANDED: usize = 64;
/// Handfuls that may wait for the ledger.
const WAITING: usize = 64;
/// How often each reading is repeated; the median counts.
const READINGS: usize = 50;
/// How often somebody comes into a room.
const JOINS: usize = 30;
/// Silence after which a server counts as one that does not answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// Every so many messages one holds the rare word.
const RARE: u64 = 20_000;
/// The room in which everything is said.
const ROOM: &str = "#big";

const WORDS: &[&str] = &[
    "안녕하세요",
    "학교에서",
    "오늘은",
    "점심을",
    "회의는",
    "build",
    "release",
    "서버가",
    "느려요",
    "확인",
    "했습니다",
    "감사합니다",
    "deploy",
    "내일",
    "만나요",
    "ㅋㅋㅋ",
    "the",
    "test",
    "failed",
    "again",
    "자료를",
    "보내",
    "주세요",
    "네",
    "알겠습니다",
    "그런데",
    "문제가",
    "생겼어요",
    "hello",
    "world",
    "버전",
    "올렸습니다",
    "🎉",
    "커피",
    "한잔",
    "어때요",
];
/// A word of two syllables that many messages hold, with a particle behind it.
const COMMON: &str = "학교";
/// One that few hold.
const SELDOM: &str = "희귀";

/// A figure, what it has to reach, and whether it does.
struct Line {
    name: String,
    value: String,
    bar: String,
    holds: Option<bool>,
}

/// A line as it is printed.
type Shown = (String, String, String, &'static str);

/// The figures so far.
#[derive(Default)]
struct Table(Vec<Line>);

impl Table {
    fn at_least(&mut self, name: &str, value: f64, bar: f64, unit: &str) {
        self.put(name, format!("{value:.0} {unit}"), format!("at least {bar:.0}"), Some(value >= bar));
    }

    fn at_most_ms(&mut self, name: &str, value: Duration, bar: f64) {
        let ms = value.as_secs_f64() * 1_000.0;
        self.put(name, format!("{ms:.2} ms"), format!("at most {bar:.0} ms"), Some(ms <= bar));
    }

    fn put(&mut self, name: &str, value: String, bar: String, holds: Option<bool>) {
        eprintln!("{name}: {value}");
        self.0.push(Line { name: name.to_owned(), value, bar, holds });
    }

    fn print(&self) {
        let heading = ("figure".to_owned(), "maru".to_owned(), "bar".to_owned(), "holds");
        let word = |holds| match holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        let lines = self.0.iter().map(|l| (l.name.clone(), l.value.clone(), l.bar.clone(), word(l.holds)));
        let lines: Vec<_> = std::iter::once(heading).chain(lines).collect();
        let width = |of: for<'a> fn(&'a Shown) -> &'a String| {
            lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0)
        };
        let (a, b, c) = (width(|l| &l.0), width(|l| &l.1), width(|l| &l.2));
        for (name, value, bar, holds) in &lines {
            println!("{name:<a$}  {value:>b$}  {bar:>c$}  {holds:>5}");
        }
    }
}

/// Measures everything and prints the table. Whether every bar holds.
pub(crate) fn run(args: &LedgerArgs) -> Result<bool> {
    let maru = match &args.maru {
        Some(path) => path.clone(),
        None => super::beside_us()?,
    };
    ensure!(maru.is_file(), "no program at {}\nhint: cargo build --release, or say --maru PATH", maru.display());
    let (room, most) = if args.quick { (100_000, 300_000) } else { (1_000_000, 10_000_000) };
    let home = tempfile::Builder::new().prefix("maru-bench-").tempdir().context("cannot make a directory")?;
    let mut table = Table::default();

    let small = home.path().join("small");
    fill(&small, 1_000, &mut None)?;
    let data = home.path().join("data");
    let mut rates = Some(Rates::default());
    fill(&data, room, &mut rates)?;
    let Rates { per_second, behind, longest } = rates.unwrap_or_default();
    table.at_least("entries committed, many senders", per_second, 100_000.0, "/s");
    table.put("longest commit of a group meanwhile", format!("{:.1} ms", ms(longest)), "-".to_owned(), None);
    table.put("index behind at the end", format!("{:.1} s", behind.as_secs_f64()), "-".to_owned(), None);
    read(&data, room, &mut table)?;
    joins(&maru, &data, room, &mut table)?;
    let (_, before) = start(&maru, &small)?;
    fill(&data, most - room, &mut None)?;
    let (took, after) = start(&maru, &data)?;
    table.at_most_ms(&format!("server start, {most} entries"), took, 1_000.0);
    let more = after.resident.saturating_sub(before.resident) as f64 / 1024.0 / 1024.0;
    table.put(
        &format!("resident memory beyond that of 1000 entries, {most} entries"),
        format!("{more:.1} MiB"),
        "at most 4 MiB".to_owned(),
        Some(more <= 4.0),
    );
    table.print();
    Ok(table.0.iter().all(|line| line.holds != Some(false)))
}

#[derive(Default)]
struct Rates {
    per_second: f64,
    behind: Duration,
    longest: Duration,
}

fn settings() -> SqliteSettings {
    SqliteSettings { durability: Durability::Process, ..SqliteSettings::default() }
}

fn the_room() -> LogId {
    LogId::Room(RoomName::new(ROOM, usize::MAX).expect("a room's name"))
}

/// Says so many things in the room, and waits until they are indexed.
fn fill(data: &Path, entries: u64, rates: &mut Option<Rates>) -> Result<()> {
    std::fs::create_dir_all(data)?;
    let mut ledger = Sqlite::open(data, settings())?;
    let mut indexer = ledger.indexer()?.context("an index")?;
    let (hand, handed) = mpsc::sync_channel::<Vec<Proposal>>(WAITING);
    let full = AtomicBool::new(false);
    let (mut done, mut longest) = (0, Duration::ZERO);
    let began = Instant::now();
    let (took, behind) = thread::scope(|scope| -> Result<_> {
        let indexing = scope.spawn(|| -> Result<()> {
            // The server's is woken by each commit; here it looks by itself.
            while indexer.work()? || !full.load(Ordering::Acquire) {
                thread::yield_now();
            }
            while indexer.work()? {}
            Ok(())
        });
        for sender in 0..SENDERS {
            let hand = hand.clone();
            scope.spawn(move || speak(sender, entries.div_ceil(SENDERS), &hand));
        }
        drop(hand);
        while let Ok(first) = handed.recv() {
            let group: Vec<Proposal> = std::iter::once(first).chain(handed.try_iter()).flatten().collect();
            let begin = Instant::now();
            done += ledger.commit(now(), group)?.len();
            longest = longest.max(begin.elapsed());
        }
        let took = began.elapsed();
        full.store(true, Ordering::Release);
        indexing.join().expect("the index is not out of its mind")?;
        Ok((took, began.elapsed().saturating_sub(took)))
    })?;
    if let Some(rates) = rates {
        *rates = Rates { per_second: done as f64 / took.as_secs_f64(), behind, longest };
    }
    Ok(())
}

fn speak(sender: u64, messages: u64, hand: &mpsc::SyncSender<Vec<Proposal>>) {
    let nick = Nick::new(&format!("sender{sender}"), usize::MAX).expect("a nick");
    let log = the_room();
    let mut chance = sender.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    let mut handful = Vec::with_capacity(HANDED);
    for n in 0..messages {
        let mut text = String::new();
        for _ in 0..3 + next() % 6 {
            text.push_str(WORDS[usize::try_from(next() % WORDS.len() as u64).unwrap_or(0)]);
            text.push(' ');
        }
        if n % RARE == RARE / 2 {
            text.push_str(SELDOM);
        }
        let author = Author::guest(PersonId(sender + 1), SessionId(sender + 1), nick.clone());
        let event = Event::Message(Meant::Say, Text::new(text.trim_end()));
        handful.push(Proposal::new(author, std::iter::once(log.clone()).collect(), event));
        if (handful.len() == HANDED || n + 1 == messages) && hand.send(std::mem::take(&mut handful)).is_err() {
            return;
        }
    }
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Reads and searches the room.
fn read(data: &Path, room: u64, table: &mut Table) -> Result<()> {
    let ledger = Sqlite::open(data, settings())?;
    let reader = ledger.reader()?;
    let time = |what: &dyn Fn(&dyn Reader) -> Result<usize>| -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..READINGS {
            let begin = Instant::now();
            ensure!(what(&*reader)? > 0, "nothing was found");
            times.push(begin.elapsed());
        }
        Ok(median(times))
    };
    let last = time(&|reader| Ok(reader.last_messages(&the_room(), Seq(u64::MAX), 50)?.entries.len()))?;
    table.at_most_ms(&format!("replay of the last 50, {room} entries"), last, 5.0);
    for (name, word) in [("common", COMMON), ("rare", SELDOM)] {
        let search = Search { logs: vec![the_room()], words: vec![word.to_owned()], ..Search::default() };
        let found = time(&|reader| Ok(reader.search(&search, 200)?.entries.len()))?;
        table.at_most_ms(&format!("search for a {name} word, {room} entries"), found, 50.0);
    }
    Ok(())
}

/// How long it takes to come into the room, and into one in which nothing was said.
fn joins(maru: &Path, data: &Path, room: u64, table: &mut Table) -> Result<()> {
    let server = Server::start_on(Kind::Process, maru, Some(data))?;
    let (mut big, mut empty) = (Vec::new(), Vec::new());
    for n in 0..JOINS {
        big.push(join(&server, ROOM)?);
        empty.push(join(&server, &format!("#empty{n}"))?);
    }
    let (big, empty) = (median(big), median(empty));
    table.put("joining an empty room", format!("{:.2} ms", ms(empty)), "-".to_owned(), None);
    let bar = format!("at most {:.2} ms more", JOIN_MORE_MS);
    let holds = ms(big) <= ms(empty) + JOIN_MORE_MS;
    table.put(&format!("joining one with {room} entries"), format!("{:.2} ms", ms(big)), bar, Some(holds));
    Ok(())
}

/// What fifty lines of what was said may cost whoever comes into a room, in milliseconds.
const JOIN_MORE_MS: f64 = 2.0;

fn join(server: &Server, room: &str) -> Result<Duration> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(b"/ping here\n")?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut until = |end: &str| -> Result<()> {
        loop {
            let line = lines.next().context("the server has closed")??;
            if line == end {
                return Ok(());
            }
        }
    };
    until("* pong here")?;
    let begin = Instant::now();
    stream.write_all(format!("/join {room}\n/ping there\n").as_bytes())?;
    until("* pong there")?;
    Ok(begin.elapsed())
}

/// How long a server takes to be there, and what it holds when it has answered a replay and a search.
fn start(maru: &Path, data: &Path) -> Result<(Duration, Memory)> {
    let begin = Instant::now();
    let server = Server::start_on(Kind::Process, maru, Some(data))?;
    // It takes people in from then on.
    join(&server, ROOM)?;
    let took = begin.elapsed();
    let mut stream = TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(format!("/join {ROOM}\n/search {COMMON}\n/history 200\n/ping there\n").as_bytes())?;
    for line in BufReader::new(stream).lines() {
        if line? == "* pong there" {
            return Ok((took, Memory::of(server.pid())?));
        }
    }
    anyhow::bail!("the server has closed")
}
