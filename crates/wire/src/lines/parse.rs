//! Slash commands: a word and what it takes.

use hall::{Clash, Command, Kind, LogId, Mask, Nick, RoomName, Search, Secret, Seq, Span, Text, Time, Whom};

use super::help::{Info, Name, Topic};
use super::order;
use super::show::Codec;
use super::speaker::Misuse;
use crate::asked::Asked;
use crate::when;

/// How many messages `/history` shows unless told otherwise.
const HISTORY_DEFAULT: usize = 20;
/// Longest token of a `/ping`, in characters; the rest is cut off.
const PING_TOKEN_CHARS: usize = 64;

/// How long names may be.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// Nicks, in characters.
    pub nick_chars: usize,
    /// Room names, in characters.
    pub room_name_chars: usize,
}

impl Names {
    /// The lengths that the hall allows.
    #[must_use]
    pub fn of(limits: &hall::Limits) -> Self {
        Self { nick_chars: limits.nick_chars, room_name_chars: limits.room_name_chars }
    }

    pub(super) fn nick(self, raw: &str) -> Result<Nick, Misuse> {
        Nick::new(raw, self.nick_chars).map_err(|e| Misuse::BadNick(raw.to_owned(), e))
    }

    /// Who is meant: by a name, or by a mask that is none.
    pub(super) fn whom(self, raw: &str) -> Result<Whom, Misuse> {
        if raw.contains(['*', '?', '!', '@', ':', '/', '$']) || hall::network(raw).is_some() {
            return raw.parse::<Mask>().map(Whom::Mask).map_err(|e| Misuse::BadMask(raw.to_owned(), e));
        }
        self.nick(raw).map(Whom::Nick)
    }

    /// A room; the `#` may be left out where only a room can be meant.
    /// Somebody who has spoken: they may have been called what nobody may be called today.
    fn author(self, raw: &str) -> Result<Nick, Misuse> {
        Nick::recorded(raw, self.nick_chars).map_err(|e| Misuse::BadNick(raw.to_owned(), e))
    }

    pub(super) fn room(self, raw: &str) -> Result<RoomName, Misuse> {
        let name = if raw.starts_with('#') { raw.to_owned() } else { format!("#{raw}") };
        RoomName::new(&name, self.room_name_chars).map_err(|e| Misuse::BadRoom(name, e))
    }
}

/// What commands are understood by: the charset and zone, how long names may be, and what time it is.
pub(crate) struct Around<'a> {
    pub(crate) codec: &'a Codec,
    pub(crate) names: Names,
    pub(crate) now: Time,
}

/// What follows the slash.
pub(crate) fn command(line: &str, around: &Around<'_>) -> Asked {
    let names = around.names;
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match Info::find(word) {
        None => Asked::Misuse(Misuse::Unknown(word.chars().take(names.room_name_chars).collect())),
        Some(info) => arguments(info, rest.trim(), around).unwrap_or_else(Asked::Misuse),
    }
}

fn arguments(info: &'static Info, rest: &str, around: &Around<'_>) -> Result<Asked, Misuse> {
    let names = around.names;
    if info.topic != Topic::Talk {
        return order::about(info, rest, names);
    }
    let usage = Misuse::Usage(info);
    let needed = if rest.is_empty() { Err(usage.clone()) } else { Ok(rest) };
    let one_word = || if rest.contains(char::is_whitespace) { Err(usage.clone()) } else { Ok(rest) };
    let maybe_room = || if rest.is_empty() { Ok(None) } else { names.room(one_word()?).map(Some) };
    Ok(Asked::Do(match info.name {
        Name::Nick => Command::Nick { nick: names.nick(needed?)?, clash: Clash::Number },
        Name::Join => {
            let (room, key) = needed?.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let key = key.trim();
            Command::Join(names.room(room)?, (!key.is_empty()).then(|| Secret::new(key)))
        }
        Name::Part => Command::Part(maybe_room()?, Text::new("")),
        Name::Rooms => Command::Rooms(false),
        Name::Who => Command::Who(maybe_room()?),
        Name::Msg => {
            let (to, text) = rest.split_once(char::is_whitespace).ok_or(usage)?;
            Command::Direct { to: names.nick(to)?, kind: Kind::Say, text: Text::new(text.trim_start()), tags: None }
        }
        Name::Me => Command::Say { room: None, kind: Kind::Action, text: Text::new(needed?), tags: None },
        Name::Topic if rest == "-" => Command::Topic { room: None, text: Some(Text::new("")) },
        Name::Topic => Command::Topic { room: None, text: (!rest.is_empty()).then(|| Text::new(rest)) },
        Name::History => Command::History { room: None, span: span(rest, around).ok_or(usage)? },
        Name::Search => Command::Search(search(needed?, around).map_err(|e| e.unwrap_or(usage))?, None),
        Name::Redact if rest.is_empty() => Command::Redact(1),
        Name::Redact => match rest.parse() {
            Ok(back @ 1..) => Command::Redact(back),
            _ => return Err(usage),
        },
        Name::Resume if rest.is_empty() => Command::Resume { from: None, replay: true },
        Name::Resume if rest == "now" => Command::Resume { from: None, replay: false },
        Name::Resume => {
            let (hall, seq) = rest.split_once(char::is_whitespace).ok_or_else(|| usage.clone())?;
            let seq = Seq(seq.trim_start().parse().map_err(|_| usage)?);
            Command::Resume { from: Some((hall.to_owned(), seq)), replay: true }
        }
        Name::Ping => Command::Ping(rest.chars().take(PING_TOKEN_CHARS).collect()),
        Name::Quit => Command::Quit(Text::new("")),
        Name::Help => return Topic::of(rest).map(Asked::Help).ok_or(usage),
        Name::Lang => return one_word()?.parse().map(Asked::Lang).map_err(|_| usage),
        _ => return Err(usage),
    }))
}

/// `N`, or `since` and a time; in Korean the word comes behind the time (`어제부터`).
fn span(rest: &str, around: &Around<'_>) -> Option<Span> {
    if rest.is_empty() {
        return Some(Span::Last(HISTORY_DEFAULT));
    }
    let since = rest.split_once(char::is_whitespace).filter(|(word, _)| word.eq_ignore_ascii_case("since"));
    if let Some(time) = since.map(|(_, time)| time).or_else(|| rest.strip_suffix("부터")) {
        return when::parse(time, around.now, &around.codec.zone).map(Span::Since);
    }
    match rest.parse() {
        Ok(last @ 1..) => Some(Span::Last(last)),
        _ => None,
    }
}

/// Words, and what narrows them down: `from:NAME`, `in:#ROOM`, `after:TIME`, `before:TIME`. Without a [`Misuse`] of its own,
/// the whole is written otherwise.
fn search(rest: &str, around: &Around<'_>) -> Result<Search, Option<Misuse>> {
    let mut search = Search::default();
    for word in rest.split_whitespace() {
        let (key, value) = word.split_once(':').unwrap_or(("", word));
        let time = || when::parse(value, around.now, &around.codec.zone).ok_or(None);
        match key.to_lowercase().as_str() {
            "from" | "누가" => search.from = Some(around.names.author(value)?),
            "in" | "방" => search.logs.push(LogId::Room(around.names.room(value)?)),
            "after" | "부터" => search.after = Some(time()?),
            "before" | "까지" => search.before = Some(time()?),
            _ => search.words.push(word.to_owned()),
        }
    }
    let asks = !search.words.is_empty() || search.from.is_some() || search.after.is_some() || search.before.is_some();
    if asks { Ok(search) } else { Err(None) }
}
