//! How a client of IRC reads.

use hall::{Deed, Entry, Event, LogId, PersonId};

use super::caps::{Cap, Caps};
use crate::Lang;

/// How a client of IRC reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// The language in which the hall speaks to it.
    pub lang: Lang,
    /// What it has asked for.
    pub caps: Caps,
}

/// What of [`Caps`] makes two clients read the same bytes of an entry that both are shown.
const SHARED: [Cap; 5] = [Cap::ServerTime, Cap::MessageTags, Cap::AccountTag, Cap::ExtendedJoin, Cap::Multiline];

impl Style {
    /// The class of the client among those of IRC.
    #[must_use]
    pub fn class(self) -> usize {
        // A message of several lines is a batch.
        let has = |cap: Cap| self.caps.has(cap) && (cap != Cap::Multiline || self.caps.has(Cap::Batch));
        let caps = SHARED.iter().enumerate().map(|(bit, cap)| usize::from(has(*cap)) << bit).sum::<usize>();
        caps | usize::from(self.lang == Lang::Ko) << SHARED.len()
    }

    /// Whether the client, whose person this is as far as a log of two says, is shown an entry of somebody's else.
    #[must_use]
    pub fn shows(self, entry: &Entry, reader: Option<PersonId>) -> bool {
        let has = |cap| self.caps.has(cap);
        let own = reader == Some(entry.author.person);
        match (&entry.event, entry.logs.first()) {
            // What one has said to somebody with another client.
            (Event::Message(..), Some(LogId::Direct(..))) if own => has(Cap::EchoMessage),
            (Event::Invite(_), _) if own => false,
            (Event::Tags, _) => has(Cap::MessageTags) && (!own || has(Cap::EchoMessage)),
            (Event::Away(_), _) => has(Cap::AwayNotify),
            (Event::Guise(guise, account), _) => match Aspect::of(entry, guise, account.as_ref()) {
                Some(Aspect::Account) => has(Cap::AccountNotify),
                Some(Aspect::Host) => has(Cap::Chghost),
                Some(Aspect::RealName) => has(Cap::Setname),
                None => false,
            },
            (Event::Account(Deed::Read(..) | Deed::ReadUntil(..)), _) => has(Cap::ReadMarker),
            // Who has not asked for it is told in words that it knows.
            (Event::Rename { .. }, _) => has(Cap::ChannelRename),
            (Event::Redact(..), _) => has(Cap::MessageRedaction),
            // Who wants to know is told by itself.
            (Event::Redacted | Event::Noted(_), _) => false,
            _ => true,
        }
    }
}

/// What has changed of how somebody is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    Account,
    Host,
    RealName,
}

impl Aspect {
    pub(crate) fn of(entry: &Entry, guise: &hall::Guise, account: Option<&hall::Nick>) -> Option<Self> {
        let before = &entry.author;
        if before.account.as_ref() != account {
            Some(Self::Account)
        } else if before.guise.seen() != guise.seen() {
            Some(Self::Host)
        } else {
            (before.guise.real_name() != guise.real_name()).then_some(Self::RealName)
        }
    }
}
