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
    /// People in a room above whom comings, goings and changes of nick are not announced there.
    pub announced_people: usize,
    /// Accounts that the hall may have.
    pub accounts: usize,
    /// Nicks of one account.
    pub nicks_per_account: usize,
    /// Certificates of one account.
    pub certificates_per_account: usize,
    /// Rooms that one account may own.
    pub rooms_per_owner: usize,
    /// Time that a room keeps its name before it can have another one, in seconds.
    pub room_rename_wait_s: u64,
    /// Renames of rooms that are remembered, so that whoever comes by the old name is told the new one.
    pub renamed_rooms: usize,
    /// People whom one person may ignore.
    pub ignored_people: usize,
    /// Conversations of which one account may be kept messages while it is away.
    pub waiting_conversations: usize,
    /// Masks in all lists of one room, and people who are something in it.
    pub list_entries: usize,
    /// Time that a client has to give what is asked of it before it may come in, in seconds.
    pub unregistered_s: u64,
    /// What a client may ask for before it has been let in.
    pub unregistered_messages: u32,
    /// Changes of nick of one person in a minute.
    pub nick_changes_per_minute: u32,
    /// Wrong passwords after which a connection is closed.
    pub login_failures: u32,
    /// Wrong passwords from one address (IPv6: /64) in an hour after which it is not asked for any more for the rest of it.
    pub login_failures_per_hour: u32,
    /// Accounts made from one address (IPv6: /64) in an hour.
    pub registrations_per_hour: u32,
    /// Longest user that a client may name, in characters; the rest is cut off.
    pub user_chars: usize,
    /// Longest real name, in characters; the rest is cut off.
    pub real_name_chars: usize,
    /// People who are told of in one go, where a whole room is asked about.
    pub people_per_answer: usize,
    /// People whose coming and going one session may be told of.
    pub monitored_people: usize,
    /// People who are remembered when they have gone.
    pub gone_people: usize,
    /// Bytes of tags that a client may add to one message for other clients.
    pub tags_bytes: usize,
    /// People in a room above whom it is not told who is typing.
    pub typing_people: usize,
    /// Keys under which something may be noted about one person or room.
    pub metadata_keys: usize,
    /// Longest of these keys, in bytes.
    pub metadata_key_bytes: usize,
    /// Longest value that is noted, in bytes.
    pub metadata_value_bytes: usize,
    /// Times that one person may note something in a minute.
    pub metadata_changes_per_minute: u32,
    /// Keys of which one session may be told.
    pub metadata_subscriptions: usize,
    /// People in a room above whom it is not told, without having been asked for, what is noted about them.
    pub metadata_told_people: usize,
    /// Addresses of which it is remembered how often they did either. Beyond that those are forgotten that did it first.
    pub watched_addresses: usize,
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
            announced_people: 10_000,
            accounts: 100_000,
            nicks_per_account: 10,
            certificates_per_account: 8,
            rooms_per_owner: 50,
            room_rename_wait_s: 60,
            renamed_rooms: 100,
            ignored_people: 100,
            waiting_conversations: 100,
            list_entries: 200,
            unregistered_s: 120,
            unregistered_messages: 30,
            nick_changes_per_minute: 10,
            login_failures: 5,
            login_failures_per_hour: 30,
            registrations_per_hour: 10,
            user_chars: 20,
            real_name_chars: 150,
            people_per_answer: 500,
            monitored_people: 100,
            gone_people: 1_000,
            tags_bytes: 4_094,
            typing_people: 200,
            metadata_keys: 20,
            metadata_key_bytes: 50,
            metadata_value_bytes: 300,
            metadata_changes_per_minute: 30,
            metadata_subscriptions: 50,
            metadata_told_people: 200,
            watched_addresses: 10_000,
        }
    }
}
