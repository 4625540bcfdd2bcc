//! IRC: the dialect of irssi, WeeChat, HexChat and bots (RFC 1459 and 2812, <https://modern.ircdocs.horse>, IRCv3).
//!
//! Bytes become lines ([`Framer`]), a line becomes a message ([`Message`]), and a [`Client`], which knows what has been said
//! before, makes of it [`Step`]s that the hall's loop takes. Entries become lines once for each class of client
//! ([`encode`]); what the hall answers becomes lines for one client alone. What a line may carry is decided here and
//! nowhere else: however somebody writes, their words never end a line and begin another.

mod caps;
mod client;
mod commands;
mod cut;
mod frame;
mod history;
mod house;
mod label;
mod line;
mod list;
mod message;
mod metadata;
mod modes;
pub mod numeric;
mod offer;
mod refused;
mod register;
mod reply;
mod rooms;
mod sasl;
mod server;
mod service;
mod show;
mod style;
mod support;
mod talk;
mod typed;
mod webirc;
mod who;

pub use caps::{Cap, Caps};
pub use client::{Around, Client, Heard, Step};
pub use commands::{COMMANDS, Info};
pub use cut::cut;
pub use frame::{BODY_BYTES_MAX, Frame, Framer, TAGS_BYTES_MAX};
pub use house::House;
pub use line::{Line, escape_tag, trailing_bytes_max, unescape_tag};
pub use message::{Malformed, Message};
pub use offer::{News, Offer};
pub use reply::{Told, aside, kept};
pub use show::{encode, signal};
pub use style::Style;
pub use support::tokens;
pub use webirc::{Disbelief, Webirc};
