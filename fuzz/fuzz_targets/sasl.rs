//! Whoever does not know the password is let in by no messages, and learns nothing.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::sasl(bytes));
