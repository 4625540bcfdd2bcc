//! The real binary, as a person at a shell has it: what it says, in which language, and with what code it ends.
//!
//! Conversations between people are in the other tests; these are about the program that they start.

// All of this is tests, helpers included.
#![allow(clippy::unwrap_used)]

mod errors;
mod harness;
mod help;
mod serve;
mod store;
