//! One client's side of the conversation as the hall's loop knows it: how its answers are worded, and what of its dialect has
//! to be remembered between them.

use std::sync::Arc;

use hall::{Entry, Event, LogId, Query, Refusal, Reply};

use crate::irc::{self, Around};
use crate::lines::{self, Said};
use crate::{Codec, Lang, Style};

pub use crate::irc::Told;

/// One client's side of the conversation.
#[derive(Debug, Default)]
pub enum Dialog {
    /// Plain lines, of which everything is known by how the client reads.
    #[default]
    Lines,
    /// IRC.
    Irc(Box<irc::Client>),
}

impl Dialog {
    /// IRC, as a client begins to speak it in a hall of this language.
    #[must_use]
    pub fn irc(lang: Lang) -> Self {
        Self::Irc(Box::new(irc::Client::new(lang)))
    }

    /// The client of IRC, if it is one.
    pub fn as_irc(&mut self) -> Option<&mut irc::Client> {
        match self {
            Self::Lines => None,
            Self::Irc(client) => Some(client),
        }
    }

    /// Whether everything that the client asked for is gathered before anything else is done.
    #[must_use]
    pub fn is_gathering(&self) -> bool {
        matches!(self, Self::Irc(client) if client.is_gathering())
    }

    /// An answer.
    pub fn reply(&mut self, reply: &Reply, style: Style, around: &Around<'_>) -> Told {
        match self {
            Self::Lines => Told { bytes: lines::reply(reply, style.as_lines(), around.codec), then: None },
            Self::Irc(client) => client.reply(reply, around),
        }
    }

    /// A refusal.
    pub fn refusal(&mut self, refusal: &Refusal, style: Style, around: &Around<'_>) -> Vec<u8> {
        match self {
            Self::Lines => lines::refusal(refusal, style.as_lines(), around.codec),
            Self::Irc(client) => client.refusal(refusal, around),
        }
    }

    /// What has nothing to do with the hall's state.
    pub fn said(&mut self, said: &Said, style: Style, around: &Around<'_>) -> Vec<u8> {
        match self {
            Self::Lines => said.lines(style.as_lines(), around.codec),
            Self::Irc(client) => client.said(said, around),
        }
    }

    /// What the client itself has done, now that it has been recorded: an acknowledgement, where the dialect has one.
    #[must_use]
    pub fn echo(&mut self, entry: &Arc<Entry>, codec: &Codec) -> Vec<u8> {
        match self {
            Self::Lines => Vec::new(),
            Self::Irc(client) => client.echo(entry, codec),
        }
    }

    /// Whether the client wants an answer to what the hall asks for it.
    #[must_use]
    pub fn wants(&self, query: &Query) -> bool {
        match (self, query) {
            (Self::Irc(client), Query::Replay { .. }) => client.wants_replay(),
            _ => true,
        }
    }
}

impl irc::Client {
    fn wants_replay(&self) -> bool {
        // Who asks for history asks for as much of it as they want.
        let caps = self.style().caps;
        !caps.has(irc::Cap::Chathistory) && !caps.has(irc::Cap::Playback)
    }

    /// What the client itself has done.
    fn echo(&self, entry: &Arc<Entry>, codec: &Codec) -> Vec<u8> {
        let style = self.style();
        let to_itself = matches!(entry.logs.first(), Some(LogId::Direct(a, b)) if a == b);
        let shown = match &entry.event {
            // What one says to oneself comes back in any case: it is what was said to one.
            Event::Message(..) | Event::Tags => to_itself || style.caps.has(irc::Cap::EchoMessage),
            // It has been told so by a number, and is not told of its own coming as of others'.
            Event::Away(_) | Event::Invite(_) | Event::Quit(_) => false,
            // What it does to its account, and what admins do, it is answered.
            Event::Account(_) | Event::Audit(_) | Event::Noted(_) => false,
            _ => style.shows(entry, None),
        };
        if !shown || (to_itself && !matches!(entry.event, Event::Message(..) | Event::Tags)) {
            return Vec::new();
        }
        irc::encode(std::slice::from_ref(entry), style, codec).bytes.into_vec()
    }

    fn said(&mut self, said: &Said, around: &Around<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        self.put_said(said, around, &mut out);
        out
    }
}
