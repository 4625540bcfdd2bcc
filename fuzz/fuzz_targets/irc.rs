//! Bytes as lines of IRC.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::irc(bytes));
