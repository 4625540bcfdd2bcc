//! IRC: the dialect of irssi, WeeChat, HexChat and bots (RFC 1459 and 2812, <https://modern.ircdocs.horse>, IRCv3).
//!
//! Bytes become lines ([`Framer`]).

mod frame;

pub use frame::{BODY_BYTES_MAX, Frame, Framer, TAGS_BYTES_MAX};
