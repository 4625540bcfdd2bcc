//! What one world is like: its limits, its faults and its people, all drawn from its seed. Limits are often far smaller
//! than anybody would configure, so that what happens at them happens often.

use crate::Rng;
use crate::client::{Client, Kind, Reader};

/// The plan of a world.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The hall's limits.
    pub hall: hall::Limits,
    /// The dialect's limits.
    pub wire: wire::Limits,
    /// The ledger's limits.
    pub ledger: ledger::Limits,
    /// Commands in one batch.
    pub batch_commands: usize,
    /// Bytes gathered for one write.
    pub write_bytes: usize,
    /// Bytes of answers that may wait before a client is no longer read from.
    pub reply_bytes: usize,
    /// Entries in a page of the ledger.
    pub page_entries: usize,
    /// The longest time that the ledger takes for a request, and for handing over what came of it, in milliseconds.
    pub ledger_ms: u64,
    /// How many of a hundred groups the ledger rejects.
    pub commits_lost_percent: u64,
    /// How many of a hundred readings fail.
    pub reads_lost_percent: u64,
    /// What each client does before calm comes.
    pub acts: usize,
    pub(crate) clients: Vec<Client>,
}

impl Plan {
    /// Draws a plan.
    pub fn draw(rng: &mut Rng) -> Self {
        let names = ["민수", "bob", "영희", "zoe", "김서방", "ann", "Max", "철수", "eve", "나비"];
        let clients = (0..2 + rng.below(names.len() - 1)).map(|n| Client::draw(n, names[n % names.len()], rng));
        Self {
            clients: clients.collect(),
            hall: hall::Limits {
                topic_chars: 40,
                rooms: rng.pick(&[3, 1000]),
                rooms_per_session: rng.pick(&[2, 3, 50]),
                history_entries: rng.pick(&[1, 5, 200]),
                room_rename_wait_s: rng.pick(&[0, 0, 1]),
                tail_entries: rng.pick(&[1, 2, 5, 20, 1024]),
                tail_bytes: rng.pick(&[200, 2_000, 256 * 1024]),
                ..hall::Limits::default()
            },
            wire: wire::Limits { line_bytes: rng.pick(&[300, 3_000, 8 * 1024]), ..wire::Limits::default() },
            ledger: ledger::Limits {
                entries: rng.pick(&[3, 10, 50, 100_000]),
                bytes: rng.pick(&[1_000, 64 * 1024 * 1024]),
            },
            batch_commands: rng.pick(&[1, 3, 256]),
            write_bytes: rng.pick(&[1, 100, 4_096, 256 * 1024]),
            reply_bytes: rng.pick(&[100, 64 * 1024]),
            page_entries: rng.pick(&[1, 4, 256]),
            ledger_ms: rng.pick(&[0, 3, 40, 400]),
            commits_lost_percent: rng.pick(&[0, 0, 10, 40]),
            reads_lost_percent: rng.pick(&[0, 0, 20]),
            acts: 5 + rng.below(40),
        }
    }

    /// Whether a client that takes everything at once can be told at once: nothing but the ledger is slow.
    pub(crate) fn is_prompt(&self) -> bool {
        self.hall.tail_entries == 1024 && self.hall.tail_bytes == 256 * 1024
    }

    /// The calm after the faults: readers read, the ledger takes everything.
    pub(crate) fn calm(&mut self) {
        self.commits_lost_percent = 0;
        self.reads_lost_percent = 0;
        for client in &mut self.clients {
            client.reader = Reader::Fast;
        }
    }

    /// How many clients of a kind there are.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.clients.iter().filter(|c| c.kind == kind).count()
    }
}
