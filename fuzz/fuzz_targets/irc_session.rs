//! A client of IRC asks for anything at all, and others read what comes of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::probe::irc_session(bytes));
