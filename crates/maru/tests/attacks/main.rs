//! What a port on the open Internet is sent, against the real server, while honest people go on talking.
//!
//! Each attack is a wave that is repeated until the honest conversation has gone on long enough under it. Every
//! message of theirs arrives, once and in order; how long it takes is compared with the same conversation in peace; no
//! byte that could do something to a terminal reaches them; the server is well afterwards and has not grown. See
//! [`stage`].

// All of this is tests, helpers included.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod floods;
mod handshakes;
mod logins;
mod sockets;
mod stage;
mod texts;
