//! IRC: the dialect of irssi, WeeChat, HexChat and bots (RFC 1459 and 2812, <https://modern.ircdocs.horse>, IRCv3).
//!
//! Bytes become lines ([`Framer`]), and a long text becomes several pieces ([`cut`]).

mod cut;
mod frame;

pub use cut::cut;
pub use frame::{BODY_BYTES_MAX, Frame, Framer, TAGS_BYTES_MAX};
