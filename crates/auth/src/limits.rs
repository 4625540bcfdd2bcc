//! Every limit of what is taken in and of what work it may cost, in one place. They are fixed: they follow from the
//! formats, and from what no honest client comes near.

/// The fewest characters of a password (NIST SP 800-63B, 5.1.1.1).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The most characters of a password.
pub const PASSWORD_CHARS_MAX: usize = 128;
/// The most bytes that are looked at to see whether they are a password: the longest one, each character of it taken
/// apart into three (as Hangul is).
pub(crate) const PASSWORD_BYTES_MAX: usize = PASSWORD_CHARS_MAX * 3 * 4;

/// The most bytes of one decoded SASL message. The longest PLAIN message, with both names and a password, fits.
pub const MESSAGE_BYTES_MAX: usize = 1024;
/// The most bytes of an account's name in an exchange.
pub const NAME_BYTES_MAX: usize = 255;
/// Bytes of randomness that make a nonce: 24 characters of base64.
pub const NONCE_BYTES: usize = 18;

/// Bytes of randomness that make the two salts of a verifier.
pub const SALT_BYTES: usize = 32;
/// The most bytes of a verifier.
pub const VERIFIER_BYTES_MAX: usize = 512;

/// The most memory that one check may take, in KiB.
pub const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// The most passes over that memory.
pub const PASSES_MAX: u32 = 64;
/// The most lanes that it is divided into.
pub const LANES_MAX: u32 = 16;
/// The fewest iterations of SCRAM-SHA-256 (RFC 7677, section 4).
pub const ITERATIONS_MIN: u32 = 4096;
/// The most iterations of SCRAM-SHA-256. A client refuses a server that asks for more.
pub const ITERATIONS_MAX: u32 = 10_000_000;
