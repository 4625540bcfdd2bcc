//! Slash commands: a word and what it takes.

use hall::{Command, Kind, Nick, RoomName, Text};

use super::help::{Info, Name};
use super::speaker::{Asked, Misuse};

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

    fn nick(self, raw: &str) -> Result<Nick, Misuse> {
        Nick::new(raw, self.nick_chars).map_err(|e| Misuse::BadNick(raw.to_owned(), e))
    }

    /// A room; the `#` may be left out where only a room can be meant.
    fn room(self, raw: &str) -> Result<RoomName, Misuse> {
        let name = if raw.starts_with('#') { raw.to_owned() } else { format!("#{raw}") };
        RoomName::new(&name, self.room_name_chars).map_err(|e| Misuse::BadRoom(name, e))
    }
}

/// What follows the slash.
pub(super) fn command(line: &str, names: Names) -> Asked {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match Info::find(word) {
        None => Asked::Misuse(Misuse::Unknown(word.chars().take(names.room_name_chars).collect())),
        Some(info) => arguments(info, rest.trim(), names).unwrap_or_else(Asked::Misuse),
    }
}

fn arguments(info: &'static Info, rest: &str, names: Names) -> Result<Asked, Misuse> {
    let usage = Misuse::Usage(info);
    let needed = if rest.is_empty() { Err(usage.clone()) } else { Ok(rest) };
    let one_word = || if rest.contains(char::is_whitespace) { Err(usage.clone()) } else { Ok(rest) };
    let maybe_room = || if rest.is_empty() { Ok(None) } else { names.room(one_word()?).map(Some) };
    Ok(Asked::Do(match info.name {
        Name::Nick => Command::Nick { nick: names.nick(needed?)?, adopt: false },
        Name::Join => Command::Join(names.room(needed.and_then(|_| one_word())?)?),
        Name::Part => Command::Part(maybe_room()?),
        Name::Rooms => Command::Rooms,
        Name::Who => Command::Who(maybe_room()?),
        Name::Msg => {
            let (to, text) = rest.split_once(char::is_whitespace).ok_or(usage)?;
            Command::Direct { to: names.nick(to)?, kind: Kind::Say, text: Text::new(text.trim_start()) }
        }
        Name::Me => Command::Say { room: None, kind: Kind::Action, text: Text::new(needed?) },
        Name::Topic if rest == "-" => Command::Topic { room: None, text: Some(Text::new("")) },
        Name::Topic => Command::Topic { room: None, text: (!rest.is_empty()).then(|| Text::new(rest)) },
        Name::History if rest.is_empty() => Command::History { room: None, last: HISTORY_DEFAULT },
        Name::History => match rest.parse() {
            Ok(last @ 1..) => Command::History { room: None, last },
            _ => return Err(usage),
        },
        Name::Search => Command::Search(needed?.split_whitespace().map(str::to_owned).collect()),
        Name::Ping => Command::Ping(rest.chars().take(PING_TOKEN_CHARS).collect()),
        Name::Quit => Command::Quit,
        Name::Help => return Ok(Asked::Help),
        Name::Lang => return one_word()?.parse().map(Asked::Lang).map_err(|_| usage),
    }))
}
