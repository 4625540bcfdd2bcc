//! The hall: people, sessions, rooms, their logs and the cursors into them.
//!
//! Given one input at a time, [`Hall`] changes and says what should happen next, as a list of [`Effect`]s. It never
//! waits, reads a clock, draws randomness or does I/O: the same inputs give the same hall, whoever drives it (the
//! server's loop, a transcript, the simulation). What others see goes the long way round: a command becomes a
//! [`Proposal`], the ledger numbers it, and only the [`Entry`] that comes back changes a room.

mod accounts;
mod aftermath;
mod apply;
mod command;
mod effect;
mod entry;
mod follow;
mod guise;
mod identity;
mod keep;
mod limits;
mod log;
mod mask;
mod metadata;
mod name;
mod origin;
mod policy;
mod refusal;
mod renamed;
mod reply;
mod rule;
mod rules;
mod secret;
mod state;
mod watch;

pub use command::{Admin, Barred, Change, Clash, Command, Look, Monitor, Target, UNATTENDED, Whom};
pub use effect::{
    AccountInfo, AccountState, Beginning, Census, Effect, Mark, OwnMode, PersonInfo, Proof, Proven, Query, RoomInfo,
    RoomState, Search, SessionInfo, Span, Topic, Unfit,
};
pub use entry::{Author, Entry, Event, Kind, LogId, Logs, PersonId, Proposal, Seq, SessionId, Text, Time};
pub use guise::{Guise, NO_HOST, NO_USER};
pub use identity::{Arrival, Me};
pub use keep::{Keep, Subject, fields_of_room};
pub use limits::Limits;
pub use log::{Block, Blocks, CLASSES, Encoded, Feed, GROUP_CLASSES, Read};
pub use mask::{Glob, Mask, MaskError, network};
pub use metadata::{Key, NoNote, Noted, Notes, Noting};
pub use name::{NameError, Nick, RoomName, SERVICES};
pub use origin::Origin;
pub use policy::{Guests, Policy};
pub use refusal::Refusal;
pub use renamed::Renamed;
pub use reply::{Coming, Reply};
pub use rule::{Deed, Flag, List, Listing, NoRule, Rank, Rule};
pub use rules::{Listed, Rules, Standing};
pub use secret::Secret;
pub use state::{Gone, Hall};
