# The recipes of this house, for `just` (https://just.systems). Each is one line that works without it, too.

# What there is to do.
default:
    @just --list --unsorted

# All tests, containers included: installs what they need.
test:
    ./test

# The tests without the containers, for the inner loop.
quick:
    ./test --quick

# Formatting and lints, with warnings denied.
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings

# Maru against the cheapest possible broadcaster, as one table (docs/BENCH.md); `just bench --quick` in a minute or two.
bench *arguments:
    cargo build --locked --release -p maru -p bench
    ./target/release/maru-bench run {{ arguments }}
    ./target/release/maru-bench ledger {{ if arguments == "--quick" { "--quick" } else { "" } }}
