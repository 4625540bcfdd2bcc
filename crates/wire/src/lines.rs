//! Plain lines: the dialect of `nc`, `telnet`, scripts and the simplest chat programs. `docs/plain-lines.md` describes it.
//!
//! Bytes become frames ([`Framer`]), frames become what a person asks for ([`Speaker`]), entries and answers become lines
//! ([`Style`], [`encode`], [`reply`], [`refusal`]).

mod answers;
mod frame;
mod help;
mod parse;
mod show;
mod snippet;
mod speaker;
mod telnet;

pub use answers::{Said, browser, refusal, reply};
pub use frame::{End, Frame, Framer};
pub use parse::Names;
pub(crate) use show::number;
pub use show::{Codec, Style, encode};
pub use speaker::{Asked, Misuse, Speaker};
