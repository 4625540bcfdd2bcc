//! What `/set`, `/account` and `/admin` take: words behind the command that say what is asked for.

use hall::{Admin, Change, Command, Flag, Secret, Text};

use super::duration;
use super::help::{Info, Name, Topic};
use super::parse::Names;
use super::speaker::Misuse;
use crate::asked::{Asked, Auth};

/// What a command about accounts, rooms or the whole hall takes.
pub(super) fn about(info: &'static Info, rest: &str, names: Names) -> Result<Asked, Misuse> {
    if info.topic == Topic::Account { of_account(info, rest, names) } else { of_rooms(info, rest, names) }
}

fn of_account(info: &'static Info, rest: &str, names: Names) -> Result<Asked, Misuse> {
    let usage = Misuse::Usage(info);
    let needed = if rest.is_empty() { Err(usage.clone()) } else { Ok(rest) };
    let one_word = || if rest.contains(char::is_whitespace) { Err(usage.clone()) } else { Ok(rest) };
    let maybe_room = || if rest.is_empty() { Ok(None) } else { names.room(one_word()?).map(Some) };
    Ok(Asked::Do(match info.name {
        Name::Register => Command::Register(Secret::new(needed.and_then(|_| one_word())?)),
        Name::Login => match needed?.split_once(char::is_whitespace) {
            None => Command::Login { account: None, password: Secret::new(rest) },
            Some((name, password)) => {
                Command::Login { account: Some(names.nick(name)?), password: Secret::new(password.trim_start()) }
            }
        },
        Name::Logout if rest.is_empty() => Command::Logout { others: false },
        Name::Logout if matches!(rest, "others" | "다른곳") => Command::Logout { others: true },
        Name::Logout => return Err(usage),
        Name::Password => {
            let (old, new) = rest.split_once(char::is_whitespace).ok_or(usage)?;
            Command::Password { old: Secret::new(old), new: Secret::new(new.trim_start()) }
        }
        Name::Unregister => Command::Unregister(Secret::new(needed?)),
        Name::Account => account(rest, names).map_err(|e| e.unwrap_or(usage))?,
        Name::Ignore if rest.is_empty() => Command::Ignore(None),
        Name::Ignore => Command::Ignore(Some((names.nick(one_word()?)?, true))),
        Name::Unignore => Command::Ignore(Some((names.nick(needed.and_then(|_| one_word())?)?, false))),
        Name::Read => Command::Read(maybe_room()?),
        Name::Unread => Command::Unread(maybe_room()?),
        Name::Pass => Command::Pass(Secret::new(needed?)),
        Name::Auth => return auth(needed?).map(Asked::Auth).ok_or(usage),
        _ => return Err(usage),
    }))
}

fn of_rooms(info: &'static Info, rest: &str, names: Names) -> Result<Asked, Misuse> {
    let usage = Misuse::Usage(info);
    let needed = if rest.is_empty() { Err(usage.clone()) } else { Ok(rest) };
    let one_word = || if rest.contains(char::is_whitespace) { Err(usage.clone()) } else { Ok(rest) };
    let maybe_room = || if rest.is_empty() { Ok(None) } else { names.room(one_word()?).map(Some) };
    let named = || needed.clone().and_then(|_| one_word()).and_then(|name| names.nick(name));
    let first = || needed.clone().map(|rest| rest.split_once(char::is_whitespace).unwrap_or((rest, "")));
    let ruled = |change| Command::Rule { room: None, change };
    Ok(Asked::Do(match info.name {
        Name::Rules => Command::Rules(maybe_room()?),
        Name::Set => ruled(rule(needed?).ok_or(usage)?),
        Name::Rank(rank) => ruled(Change::Rank(named()?, rank)),
        Name::Kick => {
            let (who, reason) = first()?;
            Command::Kick { room: None, who: names.nick(who)?, reason: Text::new(reason.trim()) }
        }
        Name::Rename => {
            let (to, reason) = first()?;
            Command::Rename { room: None, to: names.room(to)?, reason: Text::new(reason.trim()) }
        }
        Name::Listed(list, true) if rest.is_empty() => Command::List(None, list),
        Name::Listed(list, on) => {
            let (whom, more) = first()?;
            let (seconds, reason) = duration::and_rest(more);
            ruled(Change::List(list, names.whom(whom)?, on.then(|| (seconds, Text::new(reason)))))
        }
        Name::Invite => {
            let (who, room) = first()?;
            let room = if room.trim().is_empty() { None } else { Some(names.room(room.trim())?) };
            Command::Invite { who: names.nick(who)?, room }
        }
        Name::Own if rest.is_empty() => ruled(Change::Own),
        Name::Own if switch(rest) == Some(false) => ruled(Change::Disown(None)),
        Name::Transfer => ruled(Change::Transfer(named()?)),
        Name::Admin => admin(needed?, names).map(Command::Admin).map_err(|e| e.unwrap_or(usage))?,
        _ => return Err(usage),
    }))
}

/// On or off, as people write it.
pub(super) fn switch(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "on" | "yes" | "켜기" | "켬" => Some(true),
        "off" | "no" | "끄기" | "끔" | "-" => Some(false),
        _ => None,
    }
}

/// `RULE on|off`, or `RULE VALUE|off` where there is a value.
pub(super) fn rule(rest: &str) -> Option<Change> {
    let (name, value) = rest.split_once(char::is_whitespace)?;
    let value = value.trim();
    let off = switch(value) == Some(false);
    let number = || match value.parse::<u32>() {
        Ok(number @ 1..) => Some(Some(number)),
        _ if off => Some(None),
        _ => None,
    };
    let one_word = !value.contains(char::is_whitespace);
    Some(match name.to_lowercase().as_str() {
        "key" | "열쇠" if one_word => Change::Key((!off).then(|| Secret::new(value))),
        "limit" | "인원" => Change::Limit(number()?),
        "slow" | "느리게" => Change::Slow(number()?),
        name => Change::Flag(flag(name)?, switch(value)?),
    })
}

fn flag(name: &str) -> Option<Flag> {
    Flag::of_word(name).or(match name {
        "초대만" => Some(Flag::InviteOnly),
        "회원만" => Some(Flag::MembersOnly),
        "계정만" => Some(Flag::AccountsOnly),
        "발언권" => Some(Flag::Moderated),
        "비밀" => Some(Flag::Secret),
        "주제고정" => Some(Flag::TopicLocked),
        _ => None,
    })
}

/// What is asked of one's account. Without a misuse of its own, the whole is written otherwise.
pub(super) fn account(rest: &str, names: Names) -> Result<Command, Option<Misuse>> {
    if rest.is_empty() {
        return Ok(Command::Account);
    }
    let (what, value) = rest.split_once(char::is_whitespace).ok_or(None)?;
    let value = value.trim();
    let on = || switch(value).ok_or(None);
    Ok(match what.to_lowercase().as_str() {
        "nick" | "이름추가" => Command::AccountNick(names.nick(value)?, true),
        "unnick" | "이름빼기" => Command::AccountNick(names.nick(value)?, false),
        "certificate" | "인증서" => Command::Certificate(on()?),
        "always-on" | "항상" => Command::AlwaysOn(on()?),
        _ => return Err(None),
    })
}

/// What an admin asks for. Without a misuse of its own, the whole is written otherwise.
pub(super) fn admin(rest: &str, names: Names) -> Result<Admin, Option<Misuse>> {
    let (what, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let value = value.trim();
    let needed = if value.is_empty() { Err(None) } else { Ok(value) };
    let two = || value.split_once(char::is_whitespace).map(|(one, other)| (one, other.trim_start())).ok_or(None);
    let whom = |raw: &str| match hall::network(raw) {
        Some(_) => Ok(hall::Whom::Network(raw.to_owned())),
        None if raw.contains(['/', ':']) => Ok(hall::Whom::Network(raw.to_owned())),
        None => names.nick(raw).map(hall::Whom::Nick),
    };
    Ok(match what.to_lowercase().as_str() {
        "accounts" => Admin::Accounts,
        "rooms" => Admin::Rooms,
        "who" => Admin::Connected,
        "bans" => Admin::Bars,
        "ban" => {
            let (target, more) = needed?.split_once(char::is_whitespace).unwrap_or((value, ""));
            let (seconds, reason) = duration::and_rest(more);
            Admin::Bar(whom(target)?, seconds, Text::new(reason))
        }
        "unban" => Admin::Unbar(whom(needed?)?),
        "announce" => Admin::Announce(Text::new(needed?)),
        "kill" => {
            let (who, reason) = needed?.split_once(char::is_whitespace).unwrap_or((value, ""));
            Admin::Kill(names.nick(who)?, Text::new(reason.trim()))
        }
        "grant" => Admin::Grant(names.nick(needed?)?, true),
        "revoke" => Admin::Grant(names.nick(needed?)?, false),
        "create" => {
            let (name, password) = two()?;
            Admin::Create(names.nick(name)?, Secret::new(password))
        }
        "password" => {
            let (name, password) = two()?;
            Admin::Reset(names.nick(name)?, Secret::new(password))
        }
        "delete" => Admin::Delete(names.nick(needed?)?),
        "drop" => Admin::Drop(names.room(needed?)?),
        "drain" => Admin::Drain,
        _ => return Err(None),
    })
}

/// `MECHANISM [BASE64]` begins an exchange, `BASE64` goes on with it, `*` gives it up.
fn auth(rest: &str) -> Option<Auth> {
    /// What names of mechanisms are made of (RFC 4422, section 3.1), of which none is base64 of anything.
    const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "EXTERNAL"];
    let (first, data) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let data = data.trim();
    let named = MECHANISMS.iter().any(|known| first.eq_ignore_ascii_case(known)) || first.contains('-');
    match (first, data.is_empty()) {
        ("*", true) => Some(Auth::Abort),
        (_, true) if !named => Some(Auth::Go(Secret::new(first))),
        _ if named => Some(Auth::Begin(first.to_uppercase(), (!data.is_empty()).then(|| Secret::new(data)))),
        _ => None,
    }
}
