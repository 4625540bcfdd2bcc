//! A stored row of any content is an entry or is refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::record(bytes));
