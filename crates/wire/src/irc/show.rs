//! From entries to IRC's lines, once for each class of client.

use std::borrow::Cow;
use std::sync::Arc;

use hall::{
    Author, Deed, Encoded, Entry, Event, Flag, Kind, List, LogId, Nick, Rank, RoomName, Rule, Standing, Text, Time,
};

use super::caps::Cap;
use super::cut::cut;
use super::line::{Line, trailing_bytes_max};
use super::style::{Aspect, Style};
use crate::lines::Codec;

/// The lines of these entries in the class of `style`.
#[must_use]
pub fn encode(entries: &[Arc<Entry>], style: Style, codec: &Codec) -> Encoded {
    let mut bytes = Vec::with_capacity(entries.len() * 192);
    let mut ends = Vec::with_capacity(entries.len());
    for entry in entries {
        put(entry, style, codec, Place::Live, &mut bytes);
        ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }
    Encoded { bytes: bytes.into(), ends: ends.into() }
}

/// What is no entry, of somebody to those who can be shown it: tags without text.
#[must_use]
pub fn signal(author: &Author, target: &str, tags: &str, at: Time, style: Style) -> Vec<u8> {
    let mut out = Vec::new();
    if style.caps.has(Cap::MessageTags) {
        let mut line = Line::new(&mut out);
        if style.caps.has(Cap::ServerTime) {
            line = line.tag("time", &server_time(at));
        }
        if let Some(account) = author.account.as_ref().filter(|_| style.caps.has(Cap::AccountTag)) {
            line = line.tag("account", account.as_str());
        }
        line.raw_tags(tags).source(&prefix(author)).command("TAGMSG").param(target).end();
    }
    out
}

/// Where an entry is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// When it happens.
    Live,
    /// Among what was said before, in the batch of this reference, if there is one.
    History(Option<&'a str>),
}

/// `nick!user@host`.
pub(crate) fn prefix(author: &Author) -> String {
    format!("{}!{}", author.nick, author.guise.seen())
}

/// The lines of an entry.
pub(crate) fn put(entry: &Entry, style: Style, codec: &Codec, place: Place<'_>, out: &mut Vec<u8>) {
    let teller = Teller { entry, style, codec, place };
    let from = prefix(&entry.author);
    let rooms = || entry.logs.iter().filter_map(|log| if let LogId::Room(room) = log { Some(room) } else { None });
    match &entry.event {
        Event::Message(kind, text) => teller.message(&from, *kind, text, out),
        Event::Tags if style.caps.has(Cap::MessageTags) => {
            teller.begin(&from, out).command("TAGMSG").param(&teller.target()).end();
        }
        Event::Join(standing) => rooms().for_each(|room| teller.join(&from, room, *standing, out)),
        Event::Part(why) => rooms().for_each(|room| {
            with_reason(teller.begin(&from, out).command("PART").param(room.as_str()), why.as_str()).end();
        }),
        // That it is the client's own word and not the server's, is said as everywhere. Where it has said none, the reason
        // is the server's to give (Modern IRC, "QUIT message").
        Event::Quit(why) => {
            let why = match why.as_str() {
                "" => style.lang.pick("Connection closed", "접속이 끝났습니다").to_owned(),
                why => format!("Quit: {why}"),
            };
            teller.begin(&from, out).command("QUIT").trailing(&why).end();
        }
        Event::Nick(to) => teller.begin(&from, out).command("NICK").trailing(to.as_str()).end(),
        Event::Topic(text) => rooms().for_each(|room| {
            teller.begin(&from, out).command("TOPIC").param(room.as_str()).trailing(text.as_str()).end();
        }),
        Event::Kick(_, whom, why) => rooms().for_each(|room| {
            let why = if why.as_str().is_empty() { entry.author.nick.as_str() } else { why.as_str() };
            teller.begin(&from, out).command("KICK").param(room.as_str()).param(whom.as_str()).trailing(why).end();
        }),
        Event::Rule(rule) => rooms().for_each(|room| {
            if let Some((modes, params)) = modes_of(rule) {
                let line = teller.begin(&from, out).command("MODE").param(room.as_str()).param(&modes);
                params.iter().fold(line, |line, param| line.param(param)).end();
            }
        }),
        Event::Invite(room) => {
            let to = entry.to.as_ref().map_or("*", Nick::as_str);
            teller.begin(&from, out).command("INVITE").param(to).param(room.as_str()).end();
        }
        Event::Away(_) | Event::Guise(..) => teller.of_author(&from, out),
        Event::Rename { from: old, to, reason } => {
            let line = teller.begin(&from, out).command("RENAME").param(old.as_str()).param(to.as_str());
            line.trailing(reason.as_str()).end();
        }
        Event::Redact(target, why) => {
            let line = teller.begin(&from, out).command("REDACT").param(&teller.target()).param(&target.0.to_string());
            with_reason(line, why.as_str()).end();
        }
        Event::Account(Deed::Waiting | Deed::Fetched) => {}
        Event::Account(Deed::Read(room, _)) => teller.marker(room.as_str(), entry.at, out),
        Event::Account(Deed::ReadUntil(target, at)) => teller.marker(target, *at, out),
        Event::Account(deed) => {
            let text = crate::lines::deed(deed, style.lang);
            let line = Line::new(out).source(&codec.house.server).command("NOTICE");
            line.param(entry.author.nick.as_str()).trailing(&text).end();
        }
        Event::Audit(words) => rooms().for_each(|room| {
            let words = format!("/admin {}", words.as_str());
            teller.begin(&from, out).command("NOTICE").param(room.as_str()).trailing(&words).end();
        }),
        Event::Redacted | Event::Tags | Event::Noted(_) => {}
    }
}

fn with_reason<'a>(line: Line<'a>, why: &str) -> Line<'a> {
    if why.is_empty() { line } else { line.trailing(why) }
}

/// One entry and how it is told.
struct Teller<'a> {
    entry: &'a Entry,
    style: Style,
    codec: &'a Codec,
    place: Place<'a>,
}

impl Teller<'_> {
    /// A line with the tags of the entry, from its author.
    fn begin<'o>(&self, from: &str, out: &'o mut Vec<u8>) -> Line<'o> {
        self.tagged(out, true, None).source(from)
    }

    /// A line with the tags of the entry: with what makes it known again, if it is the first of its lines.
    fn tagged<'o>(&self, out: &'o mut Vec<u8>, first: bool, batch: Option<&str>) -> Line<'o> {
        let (entry, caps) = (self.entry, self.style.caps);
        let mut line = Line::new(out);
        let outer = if let Place::History(batch) = self.place { batch } else { None };
        if let Some(batch) = batch.or(outer) {
            line = line.tag("batch", batch);
        }
        if caps.has(Cap::ServerTime) {
            line = line.tag("time", &server_time(entry.at));
        }
        if caps.has(Cap::AccountTag)
            && let Some(account) = &entry.author.account
        {
            line = line.tag("account", account.as_str());
        }
        if caps.has(Cap::MessageTags) {
            if entry.author.guise.is_bot() {
                line = line.tag("bot", "");
            }
            if first {
                line = line.tag("msgid", &entry.seq.0.to_string());
                line = line.raw_tags(entry.tags.as_deref().unwrap_or(""));
            }
        }
        line
    }

    /// Up to when something has been read, by whichever client of the account.
    fn marker(&self, target: &str, until: Time, out: &mut Vec<u8>) {
        let until = format!("timestamp={}", server_time(until));
        Line::new(out).source(&self.codec.house.server).command("MARKREAD").param(target).param(&until).end();
    }

    /// Where it was said, as IRC names it.
    fn target(&self) -> Cow<'_, str> {
        match self.entry.logs.first() {
            Some(LogId::Room(room)) => room.as_str().into(),
            Some(LogId::Operators(room)) => format!("@{room}").into(),
            _ => self.entry.to.as_ref().map_or("*", Nick::as_str).into(),
        }
    }

    /// What its author is from now on: away, or seen otherwise.
    fn of_author(&self, from: &str, out: &mut Vec<u8>) {
        let line = self.begin(from, out);
        match &self.entry.event {
            Event::Away(why) => with_reason(line.command("AWAY"), why.as_str()).end(),
            Event::Guise(guise, account) => match Aspect::of(self.entry, guise, account.as_ref()) {
                Some(Aspect::Account) => {
                    line.command("ACCOUNT").param(account.as_ref().map_or("*", Nick::as_str)).end();
                }
                Some(Aspect::Host) => line.command("CHGHOST").param(guise.user()).param(guise.host()).end(),
                // Where nothing has changed nobody is told so.
                Some(Aspect::RealName) | None => line.command("SETNAME").trailing(guise.real_name()).end(),
            },
            _ => unreachable!("nothing else is told of its author alone"),
        }
    }

    fn join(&self, from: &str, room: &RoomName, standing: Standing, out: &mut Vec<u8>) {
        let author = &self.entry.author;
        let line = self.begin(from, out).command("JOIN").param(room.as_str());
        if self.style.caps.has(Cap::ExtendedJoin) {
            line.param(author.account.as_ref().map_or("*", Nick::as_str))
                .trailing(real_name(&author.guise, &author.nick))
                .end();
        } else {
            line.end();
        }
        // Who is something in the room has been so before they came.
        if let Some(mode) = mode_letter(standing)
            && matches!(self.place, Place::Live)
        {
            let line = Line::new(out).source(&self.codec.house.server).command("MODE").param(room.as_str());
            line.param(&format!("+{mode}")).param(author.nick.as_str()).end();
        }
    }

    fn message(&self, from: &str, kind: Kind, text: &Text, out: &mut Vec<u8>) {
        let command = if kind == Kind::Notice { "NOTICE" } else { "PRIVMSG" };
        // For those whose client cannot say when it was said otherwise.
        let undated = matches!(self.place, Place::History(_)) && !self.style.caps.has(Cap::ServerTime);
        let when =
            if undated { format!("[{}] ", crate::lines::short_time(self.entry.at, self.codec)) } else { String::new() };
        let most =
            trailing_bytes_max(from, command, &[&self.target()]).saturating_sub(when.len() + ACTION_BYTES).max(4);
        let one = text.as_str().len() <= most && !text.as_str().contains('\n');
        if one {
            let line = self.begin(from, out).command(command).param(&self.target());
            line.trailing(&framed(kind, &when, text.as_str())).end();
        } else if self.style.caps.has(Cap::Multiline) && self.style.caps.has(Cap::Batch) && kind != Kind::Action {
            self.multiline(from, command, text, most, out);
        } else {
            let pieces = text.lines().filter(|line| !line.is_empty()).flat_map(|line| cut(line, most));
            for (n, piece) in pieces.enumerate() {
                let line = self.tagged(out, n == 0, None).source(from).command(command).param(&self.target());
                line.trailing(&framed(kind, &when, piece)).end();
            }
        }
    }

    /// A message of several lines, as one (draft/multiline).
    fn multiline(&self, from: &str, command: &str, text: &Text, most: usize, out: &mut Vec<u8>) {
        let reference = format!("m{}", self.entry.seq.0);
        let line = self.begin(from, out).command("BATCH").param(&format!("+{reference}"));
        line.param("draft/multiline").param(&self.target()).end();
        for part in text.lines() {
            let mut pieces = cut(part, most).peekable();
            if pieces.peek().is_none() {
                let line = Line::new(out).tag("batch", &reference).source(from).command(command);
                line.param(&self.target()).trailing("").end();
            }
            for (n, piece) in pieces.enumerate() {
                let line = Line::new(out).tag("batch", &reference);
                let line = if n == 0 { line } else { line.tag("draft/multiline-concat", "") };
                line.source(from).command(command).param(&self.target()).trailing(piece).end();
            }
        }
        let outer = if let Place::History(batch) = self.place { batch } else { None };
        // The end of a batch in another one stands in that as its beginning does (IRCv3 batch).
        let line = outer.iter().fold(Line::new(out), |line, batch| line.tag("batch", batch));
        line.source(&self.codec.house.server).command("BATCH").param(&format!("-{reference}")).end();
    }
}

/// What stands around an action, in bytes.
const ACTION_BYTES: usize = "\u{1}ACTION \u{1}".len();

fn framed(kind: Kind, when: &str, text: &str) -> String {
    match kind {
        Kind::Action => format!("\u{1}ACTION {when}{text}\u{1}"),
        // What one program asks of another would be none with something in front.
        _ if crate::lines::is_for_programs(text) => text.to_owned(),
        _ => format!("{when}{text}"),
    }
}

/// A time as server-time writes it: ISO 8601, in UTC, with milliseconds.
pub(crate) fn server_time(at: Time) -> String {
    let moment = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
    format!("{moment:.3}")
}

/// What somebody calls themselves at length: what they are called, if their client has said nothing else.
pub(crate) fn real_name<'a>(guise: &'a hall::Guise, nick: &'a Nick) -> &'a str {
    if guise.real_name().is_empty() { nick.as_str() } else { guise.real_name() }
}

/// The letter of what somebody is in a room, if others see that.
pub(crate) fn mode_letter(standing: Standing) -> Option<char> {
    match standing {
        Standing::None | Standing::Member | Standing::Admin => None,
        Standing::Voice => Some('v'),
        Standing::Operator => Some('o'),
        Standing::Owner => Some('q'),
    }
}

/// The sign of what somebody is in a room.
pub(crate) fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::None | Standing::Member | Standing::Admin => "",
        Standing::Voice => "+",
        Standing::Operator => "@",
        Standing::Owner => "~",
    }
}

/// The letter of a flag.
pub(crate) fn flag_letter(flag: Flag) -> char {
    match flag {
        Flag::InviteOnly => 'i',
        Flag::Moderated => 'm',
        Flag::Secret => 's',
        Flag::MembersOnly => 'M',
        Flag::AccountsOnly => 'R',
        Flag::TopicLocked => 't',
    }
}

/// The letter of a list.
pub(crate) fn list_letter(list: List) -> char {
    match list {
        List::Ban => 'b',
        List::Quiet => 'Q',
        List::Exception => 'e',
        List::Invited => 'I',
    }
}

/// A mask as IRC writes it: an account as an extended ban.
pub(crate) fn mask(mask: &hall::Mask) -> String {
    let text = mask.to_string();
    match text.strip_prefix("account:") {
        Some(account) => format!("$a:{account}"),
        None => text,
    }
}

/// Whose a room is, and what they are from now on whose it was. None if it was nobody's and is nobody's.
fn owner_modes(now: Option<&Nick>, before: Option<&(Nick, Option<Rank>)>) -> Option<(String, Vec<String>)> {
    let mut changes: Vec<_> = before.iter().map(|(nick, _)| ("-q".to_owned(), nick.to_string())).collect();
    changes.extend(now.map(|nick| ("+q".to_owned(), nick.to_string())));
    // Not everybody who sees them lose the one sign has been told of the other.
    let still = before.and_then(|(nick, rank)| Some((mode_letter((*rank)?.into())?, nick)));
    changes.extend(still.map(|(letter, nick)| (format!("+{letter}"), nick.to_string())));
    (!changes.is_empty()).then(|| changes.into_iter().unzip())
}

/// A rule as a change of modes: the modes and what they take. None where IRC has no mode for it.
pub(crate) fn modes_of(rule: &Rule) -> Option<(String, Vec<String>)> {
    let switch = |on: bool| if on { '+' } else { '-' };
    Some(match rule {
        Rule::Flag(flag, on) => (format!("{}{}", switch(*on), flag_letter(*flag)), vec![]),
        // The key is nobody's business who does not know it.
        Rule::Key(on) => (format!("{}k", switch(*on)), vec!["*".to_owned()]),
        Rule::Limit(Some(most)) => ("+l".to_owned(), vec![most.to_string()]),
        Rule::Limit(None) => ("-l".to_owned(), vec![]),
        Rule::Slow(Some(seconds)) => ("+S".to_owned(), vec![seconds.to_string()]),
        Rule::Slow(None) => ("-S".to_owned(), vec![]),
        Rule::Rank(_, nick, now, before) => {
            let letter = |rank: &Option<Rank>| rank.and_then(|rank| mode_letter(rank.into()));
            let (now, before) = (letter(now), letter(before));
            if now == before {
                return None;
            }
            let changes = before.map(|letter| ('-', letter)).into_iter().chain(now.map(|letter| ('+', letter)));
            let changes: Vec<_> = changes.collect();
            let modes = changes.iter().flat_map(|(sign, letter)| [*sign, *letter]).collect();
            (modes, vec![nick.to_string(); changes.len()])
        }
        Rule::List(list, masked, on) => (format!("{}{}", switch(on.is_some()), list_letter(*list)), vec![mask(masked)]),
        Rule::Owner(now, before) => return owner_modes(now.as_ref(), before.as_ref()),
    })
}
