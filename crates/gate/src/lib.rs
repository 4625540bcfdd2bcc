//! The gate: from an accepted socket to a clean stream whose dialect is known.
//!
//! Who may come in at all ([`Admission`]), what they speak ([`sniff`]), how fast they may speak ([`Bucket`]). The gate
//! knows nothing of the hall.

mod admission;
mod bars;
mod limits;
mod prefixed;
mod rate;
mod sniff;

pub use admission::{Admission, Ticket, site};
pub use bars::{Bar, Bars};
pub use limits::Limits;
pub use prefixed::Prefixed;
pub use rate::Bucket;
pub use sniff::{Sniffed, sniff};
