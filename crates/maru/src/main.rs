//! Maru: a self-hosted chat hall.
fn main() {}
