//! One client of IRC: what it has said of itself, and what each of its messages asks for.
//!
//! A message comes to [`Step`]s, which the hall's loop takes one after the other. Who the client is and where, only the hall
//! knows; here is kept what belongs to the dialect: capabilities, how far it has introduced itself, what the answer that
//! comes next is to look like, and what is gathered for it.

use hall::{Command, Me, Time};

use super::caps::{Cap, Caps};
use super::frame::Frame;
use super::line::Line;
use super::message::{Malformed, Message};
use super::style::Style;
use super::webirc::{Disbelief, Webirc};
use super::{House, Offer, label::Label, list::Filter, numeric as n, sasl::Sasl, talk::Multiline, who::Fields};
use crate::lines::Codec;
use crate::{Auth, Lang, Limits};

/// What has come of a client in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message(Message),
    /// A line that is none.
    Malformed(Malformed),
    /// A line that is too long.
    TooLong,
    /// What came of a gateway's first line, in which it says for whom it speaks.
    Vouched(Result<Webirc, Disbelief>),
}

impl Heard {
    /// What a line is.
    #[must_use]
    pub fn of(frame: Frame<'_>) -> Self {
        match frame {
            Frame::TooLong => Self::TooLong,
            Frame::Line(line) => match Message::parse(line) {
                Ok(message) => Self::Message(message),
                Err(why) => Self::Malformed(why),
            },
        }
    }
}

/// A step of what a message comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Something of the hall.
    Do(Command),
    /// These lines are its answer.
    Tell(Vec<u8>),
    /// A step of an exchange that proves whose an account is.
    Auth(Auth),
    /// The steps that follow are about this.
    About(About),
    /// From now on the client reads as it says.
    Restyle,
    /// Be let in, if everything has been said.
    Enter,
    /// That was all that the message asks for.
    Done,
}

/// What something is about that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About(pub(crate) Box<Asking>);

/// What is to be known to understand a client and to answer it.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// What all clients share.
    pub codec: &'a Codec,
    /// The limits of the hall.
    pub hall: &'a hall::Limits,
    /// The limits of the dialects.
    pub wire: &'a Limits,
    /// Who the client is to others.
    pub me: &'a Me,
    /// What time it is.
    pub now: Time,
    /// Whether the client came in TLS.
    pub secure: bool,
    /// What a client may ask for.
    pub offer: &'a Offer,
    /// The language that the hall speaks to those who have not chosen one.
    pub lang: Lang,
}

impl Around<'_> {
    pub(crate) fn house(&self) -> &House {
        &self.codec.house
    }
}

/// What has been asked, as far as its answer depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Asking {
    #[default]
    Nothing,
    Pass,
    Oper,
    Register,
    Persistence,
    Setname,
    Rehash,
    Who {
        mask: String,
        fields: Fields,
        admins: bool,
    },
    Whois(Vec<String>),
    /// The modes of somebody else.
    ModesOf(String),
    Whowas(String, usize),
    Userhost,
    Userip,
    Ison(Vec<String>),
    List(Box<Filter>),
    /// Something said in a room or to somebody.
    Message(String),
    /// The same, as what nobody answers.
    Notice,
    /// A room's rules, or who is in it.
    Room(String),
    /// What holds for oneself.
    OwnModes,
    /// A message to be taken back: where, and which.
    Redact(String, String),
    /// How far something has been read.
    Marker(String),
    /// What was said: the target and its form.
    History(Box<super::history::Asked>),
    /// A room that is to be come into.
    Join,
    /// The house's own helper, who speaks plain lines.
    Service(&'static str),
    /// What is noted about people and rooms.
    Metadata(Box<super::metadata::AskedNotes>),
}

/// One client of IRC.
#[derive(Debug, Default)]
pub struct Client {
    pub(crate) style: Style,
    /// The version of capability negotiation it knows.
    pub(crate) version: u16,
    /// It has begun to negotiate and not ended.
    pub(crate) negotiating: bool,
    /// It has a nick, and has said who it is.
    pub(crate) named: bool,
    pub(crate) introduced: bool,
    /// It has been let in.
    pub(crate) inside: bool,
    /// It has been told that its connection is over: nothing more of it is heard.
    pub(crate) closing: bool,
    pub(crate) sasl: Sasl,
    /// A nick that belongs to an account, which the client may be about to prove to be its own.
    pub(crate) wanted: Option<hall::Nick>,
    pub(crate) asking: Asking,
    pub(crate) label: Option<Box<Label>>,
    pub(crate) multiline: Option<Box<Multiline>>,
    /// How many batches it has been sent.
    pub(crate) batches: u32,
    /// The batches in which it is being told, part by part, what is noted about a target.
    pub(crate) syncing: Vec<(String, Option<String>)>,
    /// Rooms that it has come into and of which it is to be told what is noted, when it has been told who is there.
    pub(crate) to_sync: Vec<hall::RoomName>,
}

impl Client {
    /// A client that has said nothing yet, in a hall that speaks this language.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        Self { style: Style { lang, caps: Caps::default() }, ..Self::default() }
    }

    /// How it reads.
    #[must_use]
    pub fn style(&self) -> Style {
        self.style
    }

    /// Whether it has said all that is asked of those who come.
    #[must_use]
    pub fn may_enter(&self) -> bool {
        self.named && self.introduced && !self.negotiating && !self.inside && !self.sasl.is_under_way()
    }

    /// Whether everything that one message has brought about is gathered before anything else is done.
    #[must_use]
    pub fn is_gathering(&self) -> bool {
        self.label.is_some()
    }

    /// What follows is asked about this.
    pub fn ask_about(&mut self, about: About) {
        self.asking = *about.0;
    }

    /// What a message asks for, in steps.
    pub fn hear(&mut self, heard: &Heard, around: &Around<'_>) -> Vec<Step> {
        self.asking = Asking::Nothing;
        if self.closing {
            return vec![Step::Done];
        }
        let mut steps = match heard {
            Heard::TooLong => {
                vec![self.tell(around, |to| to.numeric(n::ERR_INPUTTOOLONG).trailing(too_long(self.lang())))]
            }
            Heard::Malformed(Malformed::NotUtf8) => {
                vec![self.fail(around, "*", "INVALID_UTF8", &[], not_utf8(self.lang()))]
            }
            Heard::Malformed(Malformed::NoCommand) => vec![],
            Heard::Vouched(vouched) => self.vouched(vouched, around),
            Heard::Message(message) => {
                self.begin_label(message, around);
                self.message(message, around)
            }
        };
        if !self.inside {
            steps.push(Step::Enter);
        }
        steps.push(Step::Done);
        steps
    }

    /// The line, or what the client adds to it, is longer than it may be.
    pub(crate) fn too_long(&self, around: &Around<'_>) -> Step {
        self.numeric(around, n::ERR_INPUTTOOLONG, &[], too_long(self.lang()))
    }

    pub(crate) fn lang(&self) -> Lang {
        self.style.lang
    }

    /// A line from the server to the client, as a step.
    pub(crate) fn tell(&self, around: &Around<'_>, write: impl FnOnce(To<'_>) -> Line<'_>) -> Step {
        let mut out = Vec::new();
        write(To { out: &mut out, server: &around.house().server, nick: self.called(around) }).end();
        Step::Tell(out)
    }

    /// A line with this number and these parameters, the last of which may hold spaces.
    pub(crate) fn numeric(&self, around: &Around<'_>, number: u16, params: &[&str], text: &str) -> Step {
        self.tell(around, |to| params.iter().fold(to.numeric(number), |line, param| line.param(param)).trailing(text))
    }

    /// A refusal for programs (standard-replies), or a notice for those who have asked for nothing of which such are part.
    pub(crate) fn fail(&self, around: &Around<'_>, command: &str, code: &str, context: &[&str], text: &str) -> Step {
        let mut out = Vec::new();
        self.put_fail(&mut out, around, "FAIL", command, code, context, text);
        Step::Tell(out)
    }

    #[allow(clippy::too_many_arguments)] // They are what the line has.
    pub(crate) fn put_fail(
        &self,
        out: &mut Vec<u8>,
        around: &Around<'_>,
        severity: &str,
        command: &str,
        code: &str,
        context: &[&str],
        text: &str,
    ) {
        let line = Line::new(out).source(&around.house().server);
        let reads = |cap: &Cap| self.style.caps.has(*cap);
        // Of a JOIN that is refused by a capability's own code, too.
        let of = if code == "CHANNEL_RENAMED" { &[Cap::ChannelRename] } else { Cap::of_command(command) };
        if reads(&Cap::StandardReplies) || of.iter().any(reads) {
            let line = line.command(severity).param(command).param(code);
            context.iter().fold(line, |line, param| line.param(param)).trailing(text).end();
        } else {
            let about = if context.is_empty() { String::new() } else { format!("{}: ", context.join(" ")) };
            let text = format!("{severity} {command} {code} {about}{text}");
            line.command("NOTICE").param(self.called(around)).trailing(&text).end();
        }
    }

    /// What the client is called, in what is sent to it: `*` before it has chosen a nick.
    pub(crate) fn called<'a>(&self, around: &Around<'a>) -> &'a str {
        if self.named { around.me.nick.as_str() } else { "*" }
    }

    /// A reference for a batch that no other of this client's has.
    pub(crate) fn batch(&mut self) -> String {
        self.batches = self.batches.wrapping_add(1);
        format!("b{}", self.batches)
    }
}

/// Where a line to the client begins.
pub(crate) struct To<'a> {
    out: &'a mut Vec<u8>,
    server: &'a str,
    nick: &'a str,
}

impl<'a> To<'a> {
    /// A numeric, its first parameter the client's nick.
    pub(crate) fn numeric(self, number: u16) -> Line<'a> {
        Line::new(self.out).source(self.server).numeric(number).param(self.nick)
    }

    /// A command of the server's.
    pub(crate) fn command(self, command: &str) -> Line<'a> {
        Line::new(self.out).source(self.server).command(command)
    }

    /// The end of the connection, and why (RFC 2812, section 3.7.4).
    pub(crate) fn error(self) -> Line<'a> {
        Line::new(self.out).command("ERROR")
    }
}

fn too_long(lang: Lang) -> &'static str {
    lang.pick("Input line was too long", "줄이 너무 깁니다")
}

fn not_utf8(lang: Lang) -> &'static str {
    lang.pick(
        "Message rejected, your IRC software MUST use UTF-8 encoding on this network",
        "UTF-8이 아닌 메시지는 받지 않습니다",
    )
}
