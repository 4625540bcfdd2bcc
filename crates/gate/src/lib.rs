//! The gate: from an accepted socket to a clean stream whose dialect is known.
//!
//! Who may come in at all ([`Admission`]), for whom a proxy speaks ([`proxied`]), encryption ([`Tls`]), what they speak
//! ([`sniff`]), how fast they may speak ([`Bucket`]). The gate knows nothing of the hall.

mod admission;
mod bars;
mod fingerprint;
mod limits;
mod networks;
mod prefixed;
mod proxy;
mod rate;
mod secured;
mod sniff;
mod tls;

pub use admission::{Admission, Ticket, Turn, site};
pub use bars::{Bar, Bars};
pub use fingerprint::Fingerprint;
pub use limits::Limits;
pub use networks::Networks;
pub use prefixed::Prefixed;
pub use proxy::{Proxied, proxied};
pub use rate::Bucket;
pub use secured::Secured;
pub use sniff::{Origin, Sniffed, sniff};
pub use tls::{Alpn, CertificateError, Handshake, Tls};
