//! How a client reads: its dialect, and what of it makes two clients read the same bytes.

use std::sync::Arc;

use hall::{Encoded, Entry, Event, GROUP_CLASSES, LogId, PersonId, Reply};

use crate::lines::{self, Codec};
use crate::{Lang, irc};

/// How a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain lines.
    Lines(lines::Style),
    /// IRC.
    Irc(irc::Style),
}

impl Default for Style {
    fn default() -> Self {
        Self::Lines(lines::Style::default())
    }
}

impl Style {
    /// Plain lines, as a client of them begins to read, in this language.
    #[must_use]
    pub fn lines(lang: Lang) -> Self {
        Self::Lines(lines::Style { lang, ..lines::Style::default() })
    }

    /// The language in which the hall speaks to it.
    #[must_use]
    pub fn lang(self) -> Lang {
        match self {
            Self::Lines(style) => style.lang,
            Self::Irc(style) => style.lang,
        }
    }

    /// How a client of plain lines reads; as nearly as can be said of one of another dialect.
    #[must_use]
    pub fn as_lines(self) -> lines::Style {
        match self {
            Self::Lines(style) => style,
            Self::Irc(style) => lines::Style { lang: style.lang, ..lines::Style::default() },
        }
    }

    /// What the client is told by whoever reads from it and writes to it, and knows no more of it.
    #[must_use]
    pub fn aside(self, reply: &Reply, codec: &Codec) -> Vec<u8> {
        match self {
            Self::Lines(style) => lines::reply(reply, style, codec),
            Self::Irc(style) => irc::aside(reply, style, codec),
        }
    }

    /// The class of a client for entries of a log, where plain lines name the room or not.
    #[must_use]
    pub(crate) fn class(self, named: bool) -> usize {
        match self {
            Self::Lines(style) => style.class(named),
            Self::Irc(style) => GROUP_CLASSES + style.class(),
        }
    }

    pub(crate) fn encode(self, entries: &[Arc<Entry>], named: bool, codec: &Codec) -> Encoded {
        match self {
            Self::Lines(style) => lines::encode(entries, style, named, codec),
            Self::Irc(style) => irc::encode(entries, style, codec),
        }
    }

    /// Whether what others do is shown to a client of this person.
    pub(crate) fn shows(self, entry: &Entry, reader: Option<PersonId>) -> bool {
        match self {
            Self::Lines(_) => true,
            Self::Irc(style) => style.shows(entry, reader),
        }
    }

    /// Whether lines are separated for the client rather than ended.
    pub(crate) fn is_unframed(self) -> bool {
        matches!(self, Self::Lines(style) if style.unframed)
    }

    /// Whether the client has asked for numbers.
    pub(crate) fn is_numbered(self) -> bool {
        matches!(self, Self::Lines(style) if style.numbered)
    }
}

/// Whether everybody who follows a log and reads in one class is shown an entry, so that one look at it serves all.
pub(crate) fn is_for_all(entry: &Entry) -> bool {
    matches!(entry.logs.first(), Some(LogId::Room(_)))
        && matches!(
            entry.event,
            Event::Message(..)
                | Event::Join(_)
                | Event::Part(_)
                | Event::Quit(_)
                | Event::Nick(_)
                | Event::Topic(_)
                | Event::Kick(..)
                | Event::Rule(_)
        )
}
