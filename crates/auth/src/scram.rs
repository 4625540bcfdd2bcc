//! SCRAM-SHA-256 (RFC 5802, RFC 7677): whoever logs in proves that they know the password without sending it, and the
//! server proves that it knows its verifier.
//!
//! `keys` is the arithmetic, `message` the four messages of an exchange, `server` and [`Client`] its two sides.
//! No channel binding is offered: the dialects here can run over connections that have no channel to bind to.

mod client;
mod keys;
mod message;
mod server;

pub use client::Client;
pub(crate) use keys::Stored;
pub(crate) use server::{Asked, Opening, Proving};
