//! IRC: the dialect of irssi, WeeChat, HexChat and bots (RFC 1459 and 2812, <https://modern.ircdocs.horse>, IRCv3).
//!
//! Bytes become lines ([`Framer`]), and what the hall answers becomes a line again ([`Line`]), of which a long text takes
//! several ([`cut`]).

mod cut;
mod frame;
mod line;

pub use cut::cut;
pub use frame::{BODY_BYTES_MAX, Frame, Framer, TAGS_BYTES_MAX};
pub use line::{Line, escape_tag, trailing_bytes_max, unescape_tag};
