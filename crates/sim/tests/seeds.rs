//! Two hundred worlds. A failing one prints its seed; `MARU_SIM_SEED=123 cargo test -p sim` runs that one alone, and
//! `MARU_SIM_SEEDS=10000` that many.

use std::sync::atomic::{AtomicU64, Ordering};

/// Says which seed it was when a world ends in a panic.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {0} failed; run it alone: MARU_SIM_SEED={0} cargo test -p sim --test seeds", self.0);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

#[test]
fn what_must_hold_holds_in_every_world() {
    if let Some(seed) = number("MARU_SIM_SEED") {
        let _told = Seed(seed);
        println!("{:#?}", sim::run(seed));
        return;
    }
    let count = number("MARU_SIM_SEEDS").unwrap_or(200);
    let (next, totals) = (AtomicU64::new(0), std::sync::Mutex::new(sim::Summary::default()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        break;
                    }
                    let _told = Seed(seed);
                    let summary = sim::run(seed);
                    let mut totals = totals.lock().unwrap();
                    totals.entries += summary.entries;
                    totals.failed += summary.failed;
                    totals.renames += summary.renames;
                    totals.gaps += summary.gaps;
                    totals.pages += summary.pages;
                    totals.bytes += summary.bytes;
                    totals.survivors += summary.survivors;
                }
            });
        }
    });
    let totals = totals.into_inner().unwrap();
    println!("{count} worlds: {totals:?}");
    // A world in which nothing happens would prove nothing.
    assert!(
        totals.entries > 50 * 200
            && totals.failed > 200
            && totals.renames > 100
            && totals.gaps > 50
            && totals.pages > 200
    );
}

#[test]
fn a_seed_is_a_world() {
    for seed in 0..5 {
        assert_eq!(sim::run(seed), sim::run(seed), "seed {seed}");
    }
}
