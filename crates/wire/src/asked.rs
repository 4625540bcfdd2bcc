//! What a client asks for, in any dialect: mostly something of the hall.

use hall::{Command, Secret};

use crate::lines::{Misuse, Topic};
use crate::{Lang, irc};

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Something of the hall.
    Do(Command),
    /// The list of commands about something.
    Help(Topic),
    /// A step of an exchange that proves whose an account is.
    Auth(Auth),
    /// To be spoken to in this language.
    Lang(Lang),
    /// Nothing that can be done.
    Misuse(Misuse),
    /// What it comes to depends on what the client has said before.
    Irc(Box<irc::Heard>),
    /// A step of what such a message has come to.
    Step(Box<irc::Step>),
}

/// A step of an exchange that proves whose an account is (SASL, RFC 4422), as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Begin an exchange of this mechanism, perhaps with a first message, in base64.
    Begin(String, Option<Secret>),
    /// The next message, in base64.
    Go(Secret),
    /// Give it up.
    Abort,
}
