//! First bytes and frames: a decision is never taken back, and packets make no difference.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::detect(bytes));
