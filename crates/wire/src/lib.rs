//! The dialects.
mod lang;
mod limits;
pub use lang::{Lang, UnknownLang};
pub use limits::Limits;
