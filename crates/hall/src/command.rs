//! What a session can ask of the hall, the same in every dialect; one file for each thing asked.

mod direct;
mod join;
mod look;
mod nick;
mod part;
mod say;
mod topic;

use crate::state::Effects;
use crate::{Effect, Hall, Kind, Nick, RoomName, SessionId, Text};

/// A command, its names already checked. Where a room may be left out, it is the one the session speaks in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say something in a room.
    Say {
        /// Where.
        room: Option<RoomName>,
        /// How it is meant.
        kind: Kind,
        /// What.
        text: Text,
    },
    /// Be called so.
    Nick {
        /// The nick.
        nick: Nick,
        /// Take the next free one when it is in use, and say nothing when it is not: what a program wants that only
        /// sends `name: text`.
        adopt: bool,
    },
    /// Come into a room, or speak there if already in it.
    Join(RoomName),
    /// Leave a room.
    Part(Option<RoomName>),
    /// Set a room's topic, or ask for it.
    Topic {
        /// Where.
        room: Option<RoomName>,
        /// The new one.
        text: Option<Text>,
    },
    /// Who is in a room?
    Who(Option<RoomName>),
    /// Which rooms are there?
    Rooms,
    /// A direct message.
    Direct {
        /// To whom.
        to: Nick,
        /// How it is meant.
        kind: Kind,
        /// What.
        text: Text,
    },
    /// The last messages of a room.
    History {
        /// Where.
        room: Option<RoomName>,
        /// How many.
        last: usize,
    },
    /// Messages with all these words, in the rooms the session is in.
    Search(Vec<String>),
    /// Answer with this when everything asked before has been done.
    Ping(String),
    /// Leave the hall.
    Quit,
}

impl Hall {
    /// Handles one command of a session. A session the hall does not know is ignored: it has just left.
    pub fn handle(&mut self, session: SessionId, command: Command, out: &mut Effects) {
        if !self.sessions.contains_key(&session) {
            return;
        }
        let refusal = match command {
            Command::Say { room, kind, text } => self.say(session, room, kind, text, out),
            Command::Nick { nick, adopt } => self.nick(session, nick, adopt, out),
            Command::Join(room) => self.join(session, room, out),
            Command::Part(room) => self.part(session, room, out),
            Command::Topic { room, text } => self.topic(session, room, text, out),
            Command::Who(room) => self.who(session, room, out),
            Command::Rooms => self.list_rooms(session, out),
            Command::Direct { to, kind, text } => self.direct(session, &to, kind, text, out),
            Command::History { room, last } => self.history(session, room, last, out),
            Command::Search(words) => self.search(session, words, out),
            Command::Ping(token) => self.pong(session, token, out),
            Command::Quit => {
                out.push(Effect::Close(session));
                Ok(())
            }
        };
        if let Err(refusal) = refusal {
            out.push(Effect::Refuse(session, refusal, self.head));
        }
    }
}
