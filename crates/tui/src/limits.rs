//! Every limit of the terminal client, in one place, with its unit in its name.
//!
//! They are constants: a client serves one person, whose machine it runs on, and none of these is worth a setting.

use std::time::Duration;

/// Time one address is given to take a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time a server is given to answer the greeting as a hall does.
pub(crate) const GREETING_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that a hall lets somebody stand at the door, and a little less: who thinks of a name for longer knocks again.
pub(crate) const DOORSTEP: Duration = Duration::from_secs(60);
/// The first wait before connecting again.
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_millis(500);
/// The longest wait before connecting again.
pub(crate) const BACKOFF_MOST: Duration = Duration::from_secs(30);
/// A connection that lived this long makes the waits short again.
pub(crate) const STEADY: Duration = Duration::from_secs(10);
/// Silence after which the server is asked whether it is still there.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(20);
/// Silence after such a question, or a write that does not end, after which the connection counts as dead.
pub(crate) const DEAD: Duration = Duration::from_secs(15);
/// Time after a message until it is asked whether it arrived, so that several are asked about at once.
pub(crate) const ACK_DELAY: Duration = Duration::from_millis(300);
/// Time that leaving may take while the server takes what was sent, with a person waiting.
pub(crate) const LEAVE_TERMINAL: Duration = Duration::from_secs(3);
/// The same when the input was a pipe: it is worth a longer wait, as nobody types the message again.
pub(crate) const LEAVE_PIPE: Duration = Duration::from_secs(30);
/// Messages sent and not yet acknowledged after which no more is taken from a pipe.
pub(crate) const UNACKED_PIPE_LINES: usize = 32;
/// Messages sent and not yet acknowledged after which a typed one is refused.
pub(crate) const UNACKED_TYPED_LINES: usize = 256;
/// Typed lines that are kept while there is no connection; more are refused.
pub(crate) const KEPT_LINES: usize = 100;
/// Rooms that are joined again after a reconnection.
pub(crate) const ROOMS: usize = 50;
/// Bytes of one received line that are waited for before it is shown unfinished.
pub(crate) const RECEIVED_LINE_BYTES: usize = 64 * 1024;
/// Bytes taken from the network in one go.
pub(crate) const READ_BYTES: usize = 16 * 1024;
/// Events that may wait for the loop; the threads that bring more wait until there is room.
pub(crate) const EVENTS: usize = 64;
/// Typed lines that can be recalled.
pub(crate) const HISTORY_LINES: usize = 500;
/// Longest line that can be typed, in bytes: the longest a hall takes unless it is configured otherwise.
pub(crate) const TYPED_LINE_BYTES: usize = 8 * 1024;

/// With `--lines`: the most that one write holds, as the simplest programs read that much at once and decode it.
pub(crate) const RELAY_WRITE_BYTES: usize = 1024;
/// With `--lines`: the pause between two messages, longer than the 50 ms by which a hall tells messages apart.
pub(crate) const RELAY_PAUSE: Duration = Duration::from_millis(100);
/// With `--lines`: a message this soon after another is parted from it by a newline.
pub(crate) const RELAY_RAPID: Duration = Duration::from_millis(500);
/// With `--lines`: how long the rest of a message is waited for when a read looks as if more came.
pub(crate) const RELAY_REST: Duration = Duration::from_millis(200);
/// With `--lines`: time for the server to close its side after ours, when a person waits.
pub(crate) const RELAY_LEAVE_TERMINAL: Duration = Duration::from_secs(1);
/// With `--lines`: the same when the input was a pipe.
pub(crate) const RELAY_LEAVE_PIPE: Duration = Duration::from_secs(10);
/// With `--lines`: a message sent this shortly before the connection broke may not have arrived.
pub(crate) const RELAY_DOUBT: Duration = Duration::from_secs(10);
/// Nicks that are asked for beside the one that is wanted, when that is taken.
pub(crate) const NICKS_TRIED: u32 = 15;
/// Longest nick with a number behind it, in characters: the longest a hall takes unless it is configured otherwise.
pub(crate) const NICK_CHARS: usize = 30;
/// Capabilities of a server that are looked at.
pub(crate) const CAPS: usize = 200;
/// Batches of a server that may be open at one time.
pub(crate) const OPEN_BATCHES: usize = 32;
/// Messages of a room that are shown to a person who comes in.
pub(crate) const REPLAY_MESSAGES: usize = 50;
/// Entries that are kept of one answer about what was said, however many a server tells.
pub(crate) const HISTORY_ENTRIES: usize = 1_000;
/// People with whom something may have been said while there was no connection, and of whom that is asked.
pub(crate) const CONVERSATIONS: usize = 20;
/// Events of one room that are held back while its history is told.
pub(crate) const HELD_EVENTS: usize = 1_000;
/// Events that were shown and are remembered, so that none is shown twice.
pub(crate) const SEEN_IDS: usize = 10_000;
/// Messages of one's own that can be taken back.
pub(crate) const OWN_MESSAGES: usize = 100;
/// Time a server is given to finish a TLS handshake.
pub(crate) const TLS_HANDSHAKE: Duration = Duration::from_secs(10);
/// Silence after the first bytes of TLS, from a server of which nothing is known, that counts as not speaking it.
pub(crate) const TLS_SILENCE: Duration = Duration::from_secs(5);
/// Bytes of plain text that are encrypted in one go.
pub(crate) const TLS_WRITE_BYTES: usize = 16 * 1024;
/// Bytes of the file of known servers; a larger one is not read, and none grows larger.
pub(crate) const KNOWN_HOSTS_BYTES: usize = 256 * 1024;
/// Time that another client is given to write in the file of known servers.
pub(crate) const KNOWN_HOSTS_LOCK: Duration = Duration::from_secs(2);
