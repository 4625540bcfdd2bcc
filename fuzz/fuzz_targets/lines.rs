//! A client of plain lines sends anything at all, and two others read what comes of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::lines(bytes));
