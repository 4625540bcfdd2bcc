//! Plain lines: the dialect of `nc`, `telnet`, scripts and the simplest chat programs. `docs/plain-lines.md` describes it.
//!
//! Bytes become frames ([`Framer`]), frames become what a person asks for ([`Speaker`]), entries and answers become lines
//! ([`Style`], [`encode`], [`reply`], [`refusal`]).

mod answers;
mod duration;
mod frame;
mod help;
mod order;
mod parse;
mod people;
mod refused;
mod show;
mod snippet;
mod speaker;
mod telnet;
mod told;

pub(crate) use answers::help_of;
pub(crate) use answers::time as short_time;
pub use answers::{Said, browser, refusal, reply};
pub use frame::{End, Frame, Framer};
pub use help::Topic;
pub(crate) use help::is_command;
pub use parse::Names;
pub(crate) use parse::{Around, command};
pub(crate) use refused::refused;
pub use show::{Codec, Style, encode};
pub(crate) use show::{is_for_programs, number};
pub use speaker::{Misuse, Speaker};
pub(crate) use told::deed;

pub use crate::asked::{Asked, Auth};
