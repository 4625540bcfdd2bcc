//! The simulation: a hall, a ledger that fails, and many clients in a world of fake time and a network that cuts, delays
//! and loses, all of it drawn from one seed. Never shipped.
//!
//! The bytes go the way they go in the server, through the dialect's framer and speaker, the hall, a ledger and the
//! outbox; only tasks and sockets are missing. [`run`] lets a world live, first with faults and then in calm, and checks
//! what must always hold (`DESIGN.md`): nothing shown that is not on the ledger; each room's entries in order, each once,
//! no gap untold; nobody waits for another; memory within its limits; no byte that was not asked for; nobody reached by
//! what is not theirs. In the calm everything has to converge.

mod check;
mod client;
mod conn;
mod disk;
mod faulty;
mod hub;
mod plan;
pub mod probe;
mod record;
mod rng;
mod scene;
mod truth;
mod world;

pub use client::Kind;
pub use disk::Disk;
pub use faulty::Faulty;
pub use plan::Plan;
pub use rng::Rng;
pub use scene::{Heard, Scene};
pub use world::{Summary, run};
