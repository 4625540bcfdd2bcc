//! IRC: the dialect of irssi, WeeChat, HexChat and bots (RFC 1459 and 2812, <https://modern.ircdocs.horse>, IRCv3).
//!
//! Bytes become lines ([`Framer`]), a line becomes a message ([`Message`]), and what the hall answers becomes a line
//! again ([`Line`]), of which a long text takes several ([`cut`]). What a line may carry is decided here and nowhere
//! else: however somebody writes, their words never end a line and begin another.

mod cut;
mod frame;
mod line;
mod message;

pub use cut::cut;
pub use frame::{BODY_BYTES_MAX, Frame, Framer, TAGS_BYTES_MAX};
pub use line::{Line, escape_tag, trailing_bytes_max, unescape_tag};
pub use message::{Malformed, Message};
