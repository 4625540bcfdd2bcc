//! What a client may ask to be told otherwise, or beyond what every client is told: IRCv3's capabilities.

/// What a client has asked for: a set of [`Cap`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps(u64);

macro_rules! caps {
    ($($(#[$doc:meta])* $cap:ident = $name:literal;)*) => {
        /// A capability.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Cap {
            $($(#[$doc])* $cap,)*
        }

        impl Cap {
            /// All of them, by their names.
            pub const ALL: &'static [Self] = &[$(Self::$cap),*];

            /// Its registered name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$cap => $name),* }
            }
        }
    };
}

caps! {
    /// Others' accounts are told when they change (account-notify).
    AccountNotify = "account-notify";
    /// Messages say whose account they are from (account-tag).
    AccountTag = "account-tag";
    /// It is told who is away (away-notify).
    AwayNotify = "away-notify";
    /// What belongs together comes in batches (batch).
    Batch = "batch";
    /// It is told which capabilities come and go (cap-notify).
    CapNotify = "cap-notify";
    /// It is told of other hosts (chghost).
    Chghost = "chghost";
    /// It is sent what it says, when that has been recorded (echo-message).
    EchoMessage = "echo-message";
    /// It is told with a JOIN who somebody is (extended-join).
    ExtendedJoin = "extended-join";
    /// It is told what those do whose coming and going it is told of (extended-monitor).
    ExtendedMonitor = "extended-monitor";
    /// It is told who is asked in (invite-notify).
    InviteNotify = "invite-notify";
    /// Answers name the question (labeled-response).
    LabeledResponse = "labeled-response";
    /// Messages carry tags (message-tags).
    MessageTags = "message-tags";
    /// All that somebody is in a room is told (multi-prefix).
    MultiPrefix = "multi-prefix";
    /// Nobody is listed who was not asked for (no-implicit-names).
    NoImplicitNames = "no-implicit-names";
    /// It logs in with SASL (sasl).
    Sasl = "sasl";
    /// Messages say when they were recorded (server-time).
    ServerTime = "server-time";
    /// Real names are told when they change (setname).
    Setname = "setname";
    /// Refusals come in a form for programs (standard-replies).
    StandardReplies = "standard-replies";
    /// Names are listed with users and hosts (userhost-in-names).
    UserhostInNames = "userhost-in-names";
    /// It is told what was said while it was away, if it asks for that (znc.in/playback).
    Playback = "znc.in/playback";
    // Who can be told of one line of capabilities has the least use for the last of these.
    /// It makes an account (draft/account-registration).
    AccountRegistration = "draft/account-registration";
    /// It is told that a room is called otherwise (draft/channel-rename).
    ChannelRename = "draft/channel-rename";
    /// It asks for what was said (draft/chathistory).
    Chathistory = "draft/chathistory";
    /// History tells of other events too (draft/event-playback).
    EventPlayback = "draft/event-playback";
    /// It is told what may be spoken here before it has come in (draft/extended-isupport).
    ExtendedIsupport = "draft/extended-isupport";
    /// It chooses the language in which the hall speaks to it (draft/languages).
    Languages = "draft/languages";
    /// It takes messages back (draft/message-redaction).
    MessageRedaction = "draft/message-redaction";
    /// Messages have several lines (draft/multiline).
    Multiline = "draft/multiline";
    /// It says whether its person is there without a connection (draft/persistence).
    Persistence = "draft/persistence";
    /// It says that it is away before it has come in (draft/pre-away).
    PreAway = "draft/pre-away";
    /// How far one has read is remembered (draft/read-marker).
    ReadMarker = "draft/read-marker";
    /// It searches in what was said (draft/search).
    Search = "draft/search";
    /// It is told what is noted about people and rooms (draft/metadata-2).
    Metadata2 = "draft/metadata-2";
    /// The same, as a later draft has it (draft/metadata-3).
    Metadata3 = "draft/metadata-3";
}

impl Cap {
    /// The capability of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cap| cap.name() == name)
    }

    /// The capabilities that bring a command with them, and say that `FAIL` answers it: who has asked for one of them reads
    /// refusals of the command so, standard-replies or not (IRCv3 standard-replies, "Capabilities").
    #[must_use]
    pub fn of_command(command: &str) -> &'static [Self] {
        match command {
            "BATCH" => &[Self::Multiline],
            "CHATHISTORY" => &[Self::Chathistory],
            "MARKREAD" => &[Self::ReadMarker],
            "METADATA" => &[Self::Metadata2, Self::Metadata3],
            "PERSISTENCE" => &[Self::Persistence],
            "REDACT" => &[Self::MessageRedaction],
            "RENAME" => &[Self::ChannelRename],
            "REGISTER" | "VERIFY" => &[Self::AccountRegistration],
            "SEARCH" => &[Self::Search],
            "SETNAME" => &[Self::Setname],
            _ => &[],
        }
    }
}

impl Caps {
    /// Whether it is among them.
    #[must_use]
    pub fn has(self, cap: Cap) -> bool {
        self.0 & (1 << cap as u8) != 0
    }

    /// These, with this one or without it.
    #[must_use]
    pub fn with(self, cap: Cap, on: bool) -> Self {
        if on { Self(self.0 | 1 << cap as u8) } else { Self(self.0 & !(1 << cap as u8)) }
    }

    /// They, in the order of their names.
    pub fn iter(self) -> impl Iterator<Item = Cap> {
        Cap::ALL.iter().copied().filter(move |cap| self.has(*cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_capabilities() {
        let caps = Caps::default().with(Cap::Sasl, true).with(Cap::Playback, true).with(Cap::Sasl, false);
        assert_eq!(caps.iter().collect::<Vec<_>>(), [Cap::Playback]);
        assert!(Cap::ALL.len() <= 64);
        for cap in Cap::ALL {
            assert_eq!(Cap::of_name(cap.name()), Some(*cap));
        }
        assert_eq!(Cap::of_name("tls"), None);
    }
}
