//! Every limit of the domain, in one place. The configuration can set each of them; the unit is the last word of the name.

/// The named limits of the hall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest nick, in characters.
    pub nick_chars: usize,
    /// Longest room name, in characters, the `#` included.
    pub room_name_chars: usize,
    /// Longest topic, in characters.
    pub topic_chars: usize,
    /// Rooms that may exist at one time.
    pub rooms: usize,
    /// Rooms and direct conversations one session may be in at one time.
    pub rooms_per_session: usize,
    /// Entries one `/history` or `/search` may answer with.
    pub history_entries: usize,
    /// Messages that somebody who comes into a room is shown of what was said before.
    pub replay_entries: usize,
    /// Messages of one person that they can take back, the latest ones.
    pub redactable_messages: usize,
    /// Entries a room keeps in memory; readers further behind read from the ledger.
    pub tail_entries: usize,
    /// Bytes of text a room keeps in memory.
    pub tail_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nick_chars: 30,
            room_name_chars: 50,
            topic_chars: 390,
            rooms: 1_000,
            rooms_per_session: 50,
            history_entries: 200,
            replay_entries: 50,
            redactable_messages: 16,
            tail_entries: 1_024,
            tail_bytes: 256 * 1024,
        }
    }
}
