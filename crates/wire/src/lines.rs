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

pub use answers::{Said, browser, refusal, reply};
pub use frame::{End, Frame, Framer};
pub use help::Topic;
pub use parse::Names;
pub(crate) use show::number;
pub use show::{Codec, Style, encode};
pub use speaker::{Asked, Auth, Misuse, Speaker};
