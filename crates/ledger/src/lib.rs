//! The ledger.
mod limits;
pub use limits::Limits;
