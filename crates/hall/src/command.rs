//! What a session can ask of the hall, the same in every dialect; one file for each thing asked.

mod direct;
mod join;
mod look;
mod nick;
mod part;
mod redact;
mod resume;
mod say;
mod topic;

use crate::state::Effects;
use crate::{Effect, Hall, Kind, Nick, RoomName, Search, Seq, SessionId, Span, Text};

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
    /// Messages of a room.
    History {
        /// Where.
        room: Option<RoomName>,
        /// Which.
        span: Span,
    },
    /// Messages that fit. Without logs, in all that the person may see.
    Search(Search),
    /// Take back what the person said: the last message, or one before it (1: the last).
    Redact(usize),
    /// Go on where another session has ended, here and in the rooms that it comes into until it says something or pings.
    /// Whatever the session was shown before this is shown again.
    Resume {
        /// In that hall, behind that entry. Otherwise it begins, and is told what to go on from later.
        from: Option<(String, Seq)>,
        /// Whether it is told what was said before it began.
        replay: bool,
    },
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
        if matches!(command, Command::Say { .. } | Command::Direct { .. } | Command::Ping(_)) {
            self.resumed(session);
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
            Command::History { room, span } => self.history(session, room, span, out),
            Command::Search(search) => self.search(session, search, out),
            Command::Redact(back) => self.redact(session, back, out),
            Command::Resume { from, replay } => self.resume(session, from, replay, out),
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
