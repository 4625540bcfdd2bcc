//! The hall: people, sessions, rooms, logs and cursors.
mod limits;
pub use limits::Limits;
