//! What `/set`, `/account` and `/admin` take: words behind the command that say what is asked for.

use hall::{Admin, Change, Command, Flag, Secret, Text};

use super::duration;
use super::parse::Names;
use super::speaker::Misuse;

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
