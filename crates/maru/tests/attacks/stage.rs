//! A server, two honest people who talk on it, and whatever is done to it meanwhile.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::common::{Peer, Server, Setup};

/// Rounds of the conversation in peace.
const PEACE_ROUNDS: usize = 200;
/// Rounds of it under each attack, at least.
const ROUNDS: usize = 60;
/// How many times longer than in peace a round may take under an attack, beside [`FLOOR`]. In the tests a debug build
/// serves, and the attackers' own work is done by the same few cores: two to four times is ordinary, and on a busy
/// machine more. A server that starves people does not come near it: with an accept loop that does not give way, a crowd
/// at the door made it sixty to a hundred times.
const RATIO: u32 = 10;
/// What a round may take beside that: a few turns of a busy machine's scheduler, for which the server can do nothing.
const FLOOR: Duration = Duration::from_millis(25);
/// What no round at all may take.
const LONGEST: Duration = Duration::from_secs(2);
/// What the server may grow by at its most under one attack. An attack leaves traces (the part of rooms' logs that is in
/// memory, at most 256 KiB a room; counts of addresses), and the first password that is looked at takes 19 MiB for good.
const GROWTH_KIB: u64 = 32 * 1024;

/// One attack at a time: what is done in one test is not to be the noise in another's peace.
static ALONE: Mutex<()> = Mutex::new(());

/// How long rounds took.
#[derive(Debug, Clone, Copy)]
struct Times {
    median: Duration,
    ninth: Duration,
    longest: Duration,
}

impl Times {
    fn of(mut rounds: Vec<Duration>) -> Self {
        rounds.sort_unstable();
        let at = |part: usize| rounds[rounds.len() * part / 10];
        Self { median: at(5), ninth: at(9), longest: rounds[rounds.len() - 1] }
    }
}

/// A server on which two honest people talk, one of them in TLS.
pub(crate) struct Stage {
    pub(crate) server: Server,
    one: Peer,
    two: Peer,
    rounds: usize,
    peace: Times,
    _alone: MutexGuard<'static, ()>,
}

/// The names of the honest people.
const NAMES: [&str; 2] = ["영희", "철수"];

impl Stage {
    /// Starts the server and the conversation. Rates are high enough for people who answer each other at once.
    #[track_caller]
    pub(crate) fn new(setup: impl FnOnce(Setup) -> Setup) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let rates = Setup::new().limit("messages_per_second", 5_000).limit("messages_burst", 5_000);
        let server = setup(rates).start();
        let one = server.peer(NAMES[0]);
        let mut two = server.silent().secured(&[]);
        two.ask(&format!("/nick {}", NAMES[1]));
        let peace = Times::of(vec![Duration::ZERO]);
        let mut stage = Self { server, one, two, rounds: 0, peace, _alone: alone };
        stage.peace = Times::of((0..PEACE_ROUNDS).map(|_| stage.round()).collect());
        stage
    }

    /// One says something and the other answers it. How long it took until that was heard.
    fn round(&mut self) -> Duration {
        let begin = Instant::now();
        let number = self.rounds;
        self.rounds += 1;
        self.one.say(format!("{number}번째\n"));
        hear(&mut self.two, NAMES[0], number);
        self.two.say(format!("{number}번째\n"));
        hear(&mut self.one, NAMES[1], number);
        begin.elapsed()
    }

    /// Attacks, wave after wave, while the conversation goes on. All of it has to be as the module says.
    #[track_caller]
    pub(crate) fn under(&mut self, what: &str, mut wave: impl FnMut() + Send) {
        let before_kib = self.memory_kib("VmRSS");
        let enough = AtomicBool::new(false);
        let mut rounds = Vec::new();
        std::thread::scope(|scope| {
            let _in_any_case = Enough(&enough);
            let attack = scope.spawn(|| {
                loop {
                    wave();
                    if enough.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
            while !attack.is_finished() {
                rounds.push(self.round());
                enough.fetch_or(rounds.len() >= ROUNDS, Ordering::Relaxed);
            }
            attack.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
        self.well(what);
        let grown_kib = self.memory_kib("VmHWM").saturating_sub(before_kib);
        let (count, times, peace) = (rounds.len(), Times::of(rounds), self.peace);
        let compared = |now: Duration, then: Duration| {
            format!("{now:.1?} ({:.1} of {then:.1?})", now.as_secs_f64() / then.as_secs_f64())
        };
        println!(
            "{what}: {count} rounds, median {}, 90th {}, longest {:.1?}, + {grown_kib} KiB",
            compared(times.median, peace.median),
            compared(times.ninth, peace.ninth),
            times.longest,
        );
        assert!(times.median <= peace.median * RATIO + FLOOR, "{what}: {times:?}, in peace {peace:?}");
        assert!(times.ninth <= peace.ninth * RATIO + FLOOR * 3, "{what}: {times:?}, in peace {peace:?}");
        assert!(times.longest <= LONGEST, "{what}: {times:?}, in peace {peace:?}");
        assert!(grown_kib <= GROWTH_KIB, "{what}: the server has grown by {grown_kib} KiB");
    }

    /// The server is well, nothing of the conversation comes twice, and somebody new comes in.
    #[track_caller]
    fn well(&mut self, what: &str) {
        for peer in [&mut self.one, &mut self.two] {
            for line in peer.sync() {
                check_clean(line.as_bytes());
                assert!(!NAMES.iter().any(|name| line.starts_with(&format!("{name}: "))), "{what}: {line} once more");
            }
        }
        let mut health = stranger(self.server.address);
        health.say("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert!(health.rest_text().starts_with("HTTP/1.1 200 "), "{what}");
        stranger(self.server.address).sync();
        let log = self.server.log().text();
        assert!(!log.contains("panicked"), "{what}: {log}");
    }

    /// A line of what Linux knows of the server's memory.
    fn memory_kib(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.pid())).unwrap();
        let line = status.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Somebody honest asks something.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str) -> String {
        let answer = self.one.ask(command);
        check_clean(answer.as_bytes());
        answer
    }

    /// Who is in the lobby, when all who are leaving have left.
    #[track_caller]
    pub(crate) fn alone_again(&mut self) {
        let deadline = Instant::now() + crate::common::PATIENCE;
        let all = format!("* #lobby: {}, {}", NAMES[0], NAMES[1]);
        loop {
            let who = self.ask("/who");
            if who.lines().last() == Some(&*all) {
                return;
            }
            assert!(Instant::now() < deadline, "some never leave: {who}");
        }
    }
}

/// Says so when it is let go of, whatever for.
struct Enough<'a>(&'a AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The next thing that `name` says is this number.
#[track_caller]
fn hear(peer: &mut Peer, name: &str, number: usize) {
    loop {
        let line = peer.line();
        check_clean(line.as_bytes());
        if let Some(said) = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")) {
            assert_eq!(said, format!("{number}번째"), "every message once, and in order");
            return;
        }
    }
}

/// There is nothing in what somebody is sent that could do anything to a terminal.
#[track_caller]
pub(crate) fn check_clean(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|_| panic!("no UTF-8: {}", bytes.escape_ascii()));
    let bad = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(c) = text.chars().find(bad) {
        panic!("{c:?} in {text:?}");
    }
}

/// The same for those who have sent bytes that are no UTF-8, and are answered in an old charset or in telnet's.
#[track_caller]
pub(crate) fn check_quiet(bytes: &[u8]) {
    const DO_BINARY: &[u8] = b"\xff\xfd\0";
    let mut rest = bytes;
    while let Some((&byte, more)) = rest.split_first() {
        if let Some(more) = rest.strip_prefix(DO_BINARY) {
            rest = more;
            continue;
        }
        assert!(byte == b'\n' || (byte >= b' ' && byte != 0x7f), "{byte:#x} in {}", bytes.escape_ascii());
        rest = more;
    }
}

/// An address of the loopback from which nobody has come yet. None of its neighbours is anybody's.
pub(crate) fn elsewhere() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    const FIRST: u32 = u32::from_be_bytes([127, 66, 0, 1]);
    Ipv4Addr::from(FIRST + NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Somebody from an address of their own.
#[track_caller]
pub(crate) fn stranger(server: SocketAddr) -> Peer {
    Peer::connect_from(elsewhere(), server).expect("somebody listens")
}
