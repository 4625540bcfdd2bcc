//! The dialects: bytes become commands, entries and answers become bytes, for each dialect in its own way. Pure: nothing
//! here waits, reads a clock or a socket, or holds state that is not one client's own.

mod asked;
mod detect;
mod dialog;
pub mod irc;
mod lang;
mod limits;
pub mod lines;
pub mod outbox;
pub mod refuse;
mod style;
pub mod text;
pub mod when;

pub use asked::{Asked, Auth};
pub use detect::{DECIDING_BYTES, Dialect, Guess, detect};
pub use dialog::{Dialog, Told};
pub use lang::{Lang, UnknownLang};
pub use limits::Limits;
pub use lines::Codec;
pub use outbox::Outbox;
pub use style::Style;
