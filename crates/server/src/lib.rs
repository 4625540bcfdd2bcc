//! The server.
mod config;
mod limits;
pub use config::{Config, PORT, Settings};
pub use limits::Limits;
