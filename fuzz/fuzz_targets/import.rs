//! Any file is read in whole or changes nothing.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::import(bytes));
