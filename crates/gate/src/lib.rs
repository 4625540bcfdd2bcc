//! The gate.
mod limits;
pub use limits::Limits;
