#!/usr/bin/env bash
# Builds the fuzz targets with the stable compiler and runs each of them briefly: bounded by runs and by time.
#
# No cargo-fuzz and no nightly compiler are needed: these are the flags that cargo-fuzz would pass, for a compiler without
# sanitizers. `MARU_FUZZ_SECONDS=600 tests/fuzz.sh` looks longer. What it finds is left in fuzz/artifacts; a finding that
# is worth keeping goes to fuzz/corpus, which `cargo test -p sim` replays.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../fuzz"

seconds=${MARU_FUZZ_SECONDS:-20}
runs=${MARU_FUZZ_RUNS:-2000000}
host=$(rustc -vV | sed -n 's/^host: //p')
flags=(
  --cfg fuzzing
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Cdebug-assertions
  -Ccodegen-units=1
)

# With a target of its own, build scripts and macros are built without the instrumentation, which they could not link.
RUSTFLAGS="${flags[*]}" cargo build --locked --release --target "$host" --target-dir target

work=$(mktemp -d "${TMPDIR:-/tmp}/maru-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p artifacts
passed=0
for target in detect lines record import sasl irc irc_session; do
  echo "-- $target: at most $seconds s, $runs runs"
  # What it adds to the corpus on the way goes to a folder of its own, which is thrown away.
  mkdir "$work/$target"
  "target/$host/release/$target" "$work/$target" "corpus/$target" \
    -max_total_time="$seconds" -runs="$runs" -max_len=2048 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="artifacts/$target-" -print_final_stats=1 2>"$work/$target.log" || {
    tail -60 "$work/$target.log" >&2
    echo "$passed passed, 1 failed"
    exit 1
  }
  grep -E '^stat::(number_of_executed_units|average_exec_per_sec|new_units_added)' "$work/$target.log"
  passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
