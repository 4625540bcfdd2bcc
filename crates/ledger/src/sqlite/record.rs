//! A row of the store and the entry that it is.

use std::borrow::Cow;
use std::fmt::Write as _;

use hall::{
    Author, Entry, Event, Guise, Kind as Meant, LogId, Logs, Nick, Notes, PersonId, RoomName, Seq, SessionId, Text,
    Time,
};

use crate::{Error, forms};

/// What an event is called in the file. The numbers are never used for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Kind {
    Say = 1,
    Action = 2,
    Redacted = 3,
    Join = 4,
    Part = 5,
    Quit = 6,
    Nick = 7,
    Topic = 8,
    Redact = 9,
    Rule = 10,
    Kick = 11,
    Invite = 12,
    Account = 13,
    Audit = 14,
    Notice = 15,
    Tags = 16,
    Away = 17,
    Guise = 18,
    Rename = 20,
    Noted = 19,
}

/// What somebody can read, search for and take back.
pub(crate) const MESSAGES: [Kind; 3] = [Kind::Say, Kind::Action, Kind::Notice];

impl Kind {
    /// An event in the file: what it is, and its text.
    pub(crate) fn of(event: &Event) -> (Self, Option<Cow<'_, str>>) {
        fn some(text: &Text) -> Option<Cow<'_, str>> {
            forms::some(text.as_str()).map(Into::into)
        }
        match event {
            Event::Message(Meant::Say, text) => (Self::Say, Some(text.as_str().into())),
            Event::Message(Meant::Action, text) => (Self::Action, Some(text.as_str().into())),
            Event::Message(Meant::Notice, text) => (Self::Notice, Some(text.as_str().into())),
            Event::Redacted => (Self::Redacted, None),
            Event::Tags => (Self::Tags, None),
            Event::Join(standing) => (Self::Join, forms::of_standing(*standing).map(Into::into)),
            Event::Part(why) => (Self::Part, some(why)),
            Event::Quit(why) => (Self::Quit, some(why)),
            Event::Nick(nick) => (Self::Nick, Some(nick.as_str().into())),
            Event::Away(why) => (Self::Away, some(why)),
            Event::Guise(guise, account) => (Self::Guise, Some(forms::of_guise(guise, account.as_ref()).into())),
            Event::Topic(text) => (Self::Topic, Some(text.as_str().into())),
            Event::Rename { from, to, reason } => (Self::Rename, Some(forms::of_rename(from, to, reason).into())),
            Event::Redact(target, why) => (Self::Redact, Some(forms::of_redaction(target.0, why.as_str()).into())),
            Event::Rule(rule) => (Self::Rule, Some(rule.to_string().into())),
            Event::Kick(person, nick, why) => {
                (Self::Kick, Some(format!("{} {nick} {}", person.0, why.as_str()).into()))
            }
            Event::Invite(room) => (Self::Invite, Some(room.as_str().into())),
            Event::Account(deed) => (Self::Account, Some(deed.to_string().into())),
            Event::Audit(text) => (Self::Audit, Some(text.as_str().into())),
            Event::Noted(notes) => (Self::Noted, Some(notes.to_string().into())),
        }
    }

    /// On which side of a log it stands: messages (0) apart from what else happens (1). What an admin did is
    /// read as messages are.
    pub(crate) fn side(self) -> i64 {
        i64::from(!matches!(self, Self::Say | Self::Action | Self::Notice | Self::Redacted | Self::Audit))
    }
}

/// A row of `entries`, its logs not looked up.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    /// Its log; none when it has several.
    pub(crate) log: Option<i64>,
    pub(crate) person: i64,
    pub(crate) session: i64,
    pub(crate) nick: String,
    pub(crate) kind: i64,
    pub(crate) text: Option<String>,
    /// The account its author had, by name.
    pub(crate) account: Option<String>,
    /// Whom it was said to.
    pub(crate) addressee: Option<String>,
    /// How its author was seen, by its number; none if nothing is known of that.
    pub(crate) guise: Option<i64>,
    pub(crate) tags: Option<String>,
}

/// The columns of a row, in the order in which [`Row::of`] takes them.
pub(crate) const COLUMNS: &str = "entries.seq, entries.at, entries.log, entries.person, entries.session, entries.nick,
    entries.kind, entries.text, entries.account, entries.addressee, entries.guise, entries.tags";

impl Row {
    pub(crate) fn of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            log: row.get(2)?,
            person: row.get(3)?,
            session: row.get(4)?,
            nick: row.get(5)?,
            kind: row.get(6)?,
            text: row.get(7)?,
            account: row.get(8)?,
            addressee: row.get(9)?,
            guise: row.get(10)?,
            tags: row.get(11)?,
        })
    }

    /// Whether it is a message that somebody can read.
    pub(crate) fn is_message(&self) -> bool {
        MESSAGES.iter().any(|kind| self.kind == *kind as i64)
    }

    /// The entry, in these logs, of an author who was seen so.
    pub(crate) fn entry(self, logs: Logs, guise: Guise) -> Result<Entry, Error> {
        let seq = self.seq;
        let wrong = |what: &str| Error::Corrupt(format!("entry {seq} {what}"));
        let positive = |n: i64, what| u64::try_from(n).map_err(|_| wrong(what));
        let called = |raw: Option<&str>, what| {
            raw.map(|raw| Nick::recorded(raw, usize::MAX).map_err(|_| wrong(what))).transpose()
        };
        let event = event(self.kind, self.text.as_deref()).ok_or_else(|| wrong("is no event"))?;
        if logs.is_empty() {
            return Err(wrong("is in no log"));
        }
        Ok(Entry {
            seq: Seq(positive(self.seq, "has no number")?),
            at: Time(positive(self.at, "has no time")?),
            author: Author {
                person: PersonId(positive(self.person, "has no author")?),
                session: SessionId(positive(self.session, "has no session")?),
                nick: Nick::recorded(&self.nick, usize::MAX).map_err(|_| wrong("has an author without a name"))?,
                account: called(self.account.as_deref(), "has an account without a name")?,
                guise,
            },
            logs,
            event,
            to: called(self.addressee.as_deref(), "is for somebody without a name")?,
            tags: self.tags.map(Into::into),
            keeps: Vec::new(),
        })
    }
}

fn event(kind: i64, text: Option<&str>) -> Option<Event> {
    // What was said may be of several lines.
    let said = |meant, text: &str| Event::Message(meant, Text::of_lines(text));
    let why = |text: Option<&str>| Text::new(text.unwrap_or_default());
    Some(match (kind, text) {
        (1, Some(text)) => said(Meant::Say, text),
        (2, Some(text)) => said(Meant::Action, text),
        (3, None) => Event::Redacted,
        (4, word) => Event::Join(forms::standing(word)?),
        (5, text) => Event::Part(why(text)),
        (6, text) => Event::Quit(why(text)),
        (7, Some(nick)) => Event::Nick(Nick::recorded(nick, usize::MAX).ok()?),
        (8, Some(text)) => Event::Topic(Text::new(text)),
        (9, Some(words)) => {
            let (target, why) = forms::redaction(words)?;
            Event::Redact(Seq(target), Text::new(why))
        }
        (10, Some(words)) => Event::Rule(words.parse().ok()?),
        (11, Some(text)) => kick(text)?,
        (12, Some(room)) => Event::Invite(RoomName::recorded(room, usize::MAX).ok()?),
        (13, Some(words)) => Event::Account(words.parse().ok()?),
        (14, Some(text)) => Event::Audit(Text::new(text)),
        (15, Some(text)) => said(Meant::Notice, text),
        (16, None) => Event::Tags,
        (17, text) => Event::Away(why(text)),
        (18, Some(words)) => {
            let (guise, account) = forms::guise(words)?;
            let account = account.map(|account| Nick::recorded(account, usize::MAX)).transpose().ok()?;
            Event::Guise(Guise::recorded(guise), account)
        }
        (20, Some(words)) => forms::rename(words)?,
        (19, Some(words)) => Event::Noted(Notes::recorded(words)?),
        _ => return None,
    })
}

fn kick(text: &str) -> Option<Event> {
    let (person, text) = text.split_once(' ')?;
    let (nick, why) = text.split_once(' ')?;
    Some(Event::Kick(PersonId(person.parse().ok()?), Nick::recorded(nick, usize::MAX).ok()?, Text::new(why)))
}

/// What stands before a room's name for what is said there to its operators alone.
const OPERATORS: &str = "@";

/// What a log is called in the file, and a room's name as it was written first.
pub(crate) fn log_key(log: &LogId) -> (String, Option<Cow<'_, str>>) {
    match log {
        LogId::Room(room) => (room.key().to_owned(), Some(room.as_str().into())),
        // No room's name begins so.
        LogId::Operators(room) => (format!("{OPERATORS}{}", room.key()), Some(format!("{OPERATORS}{room}").into())),
        LogId::Direct(a, b) => {
            let mut key = String::new();
            let _ = write!(key, "{}:{}", a.0, b.0);
            (key, None)
        }
    }
}

/// The log that is called so.
pub(crate) fn log_of(key: &str, name: Option<&str>) -> Result<LogId, Error> {
    let wrong = || Error::Corrupt(format!("a log called {key:?}"));
    if let Some((key, name)) = key.strip_prefix(OPERATORS).zip(name.and_then(|name| name.strip_prefix(OPERATORS))) {
        let room = RoomName::recorded(name, usize::MAX).ok().filter(|room| room.key() == key);
        return room.map(LogId::Operators).ok_or_else(wrong);
    }
    if let Some(name) = name {
        return RoomName::recorded(name, usize::MAX)
            .ok()
            .filter(|room| room.key() == key)
            .map(LogId::Room)
            .ok_or_else(wrong);
    }
    let (a, b) = key.split_once(':').ok_or_else(wrong)?;
    match (a.parse(), b.parse()) {
        (Ok(a), Ok(b)) if a <= b => Ok(LogId::Direct(PersonId(a), PersonId(b))),
        _ => Err(wrong()),
    }
}

/// A number as the file has it. What is larger than that is never reached.
pub(crate) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A number of the file's; one that cannot be counts as none.
pub(crate) fn uint(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Reads a stored row of any content as an entry: it is one, or a refusal says why not. The numbers are its own, its time,
/// person, session and kind; the names are those of its author, of the account and of whom it is said to; beside them stand
/// how its author was seen, and its tags. For fuzzing.
///
/// # Errors
/// When it is no entry.
pub fn decode(
    key: &str,
    name: Option<&str>,
    numbers: [i64; 5],
    names: (&str, Option<&str>, Option<&str>),
    beside: (Option<&str>, Option<&str>),
    text: Option<&str>,
) -> Result<Entry, Error> {
    let [seq, at, person, session, kind] = numbers;
    let log = log_of(key, name)?;
    let (nick, text) = (names.0.to_owned(), text.map(str::to_owned));
    let (account, addressee) = (names.1.map(str::to_owned), names.2.map(str::to_owned));
    let (guise, tags) = (beside.0.map_or_else(Guise::unknown, Guise::recorded), beside.1.map(str::to_owned));
    let row = Row { seq, at, log: None, person, session, nick, kind, text, account, addressee, guise: None, tags };
    row.entry([log].into_iter().collect(), guise)
}
