//! What the hall answers about accounts, rules and administration.

use hall::{AccountInfo, AccountState, List, Listed, Mask, Reply, RoomState, Rules, SessionInfo, Standing, Text};

use super::answers::{count, time};
use super::show::Codec;
use super::told::{self, how_long_and_why};
use crate::Lang;
use crate::text::printable;

/// The lines of an answer, without the end of the last.
#[allow(clippy::too_many_lines)] // One line each.
pub(super) fn answered(reply: &Reply, lang: Lang, codec: &Codec) -> String {
    match reply {
        Reply::Door { password: true, .. } => lang.pick(
            "* this server asks for a password: /pass PASSWORD (한국어: /lang ko)",
            "* 암호를 아는 사람만 들어올 수 있습니다: /pass 암호 (English: /lang en)",
        ).to_owned(),
        Reply::Door { registration: true, .. } => lang.pick(
            "* this server asks for an account: /login NAME PASSWORD, or make one with /nick NAME and /register PASSWORD (한국어: /lang ko)",
            "* 계정이 있어야 들어올 수 있습니다: /login 이름 암호. 없으면 /nick 이름, /register 암호로 만드세요 (English: /lang en)",
        ).to_owned(),
        Reply::Door { .. } => lang.pick(
            "* this server asks for an account: /login NAME PASSWORD (한국어: /lang ko)",
            "* 계정이 있어야 들어올 수 있습니다: /login 이름 암호 (English: /lang en)",
        ).to_owned(),
        Reply::Registered(name) => lang.pick(
            format!("* the account {name} is yours: next time, /login {name} PASSWORD"),
            format!("* {name} 계정을 만들었습니다. 다음에는 /login {name} 암호"),
        ),
        Reply::LoggedIn { account, nick, .. } => lang.pick(
            format!("* you are logged in as {account}, and called {nick}"),
            format!("* {account} 계정으로 들어왔습니다. 이름은 {nick}입니다"),
        ),
        Reply::LoggedOut(nick, _) => lang.pick(
            format!("* you are logged out; you are {nick} now"),
            format!("* 로그아웃했습니다. 지금 이름은 {nick}입니다"),
        ),
        Reply::LoggedOutOthers(0) => lang.pick("* you have no other connection", "* 다른 접속은 없습니다").to_owned(),
        Reply::LoggedOutOthers(1) => lang.pick("* one other connection is closed", "* 다른 접속 하나를 끊었습니다").to_owned(),
        Reply::LoggedOutOthers(n) => lang.pick(format!("* {n} other connections are closed"), format!("* 다른 접속 {n}개를 끊었습니다")),
        Reply::SentAway => lang.pick("* logged out from another connection", "* 다른 접속에서 로그아웃했습니다").to_owned(),
        Reply::Deed(deed) => format!("* {}", told::deed(deed, lang)),
        Reply::Account(info) => account(info, lang, codec),
        Reply::NoAccount => lang.pick(
            "* you have no account; make one with /register PASSWORD",
            "* 계정이 없습니다. /register 암호로 만들 수 있습니다",
        ).to_owned(),
        Reply::Rules { room, rules, owner, .. } => {
            let owner = owner.as_ref().map(hall::Nick::as_str);
            let lines = ruled(rules, owner, lang, codec);
            let none = lang.pick(format!("* {room} is open to everybody"), format!("* {room} 방은 누구에게나 열려 있습니다"));
            if lines.is_empty() { none } else { format!("* {room}:{}", lines.iter().map(|line| format!("\n*   {line}")).collect::<String>()) }
        }
        Reply::RuleSet(room, rule) => format!("* {room}: {}", told::rule(rule, lang, codec)),
        Reply::List(room, list, masks) => listed(room.as_str(), *list, masks, lang, codec),
        Reply::Kicked(room, nick) => lang.pick(format!("* you put {nick} out of {room}"), format!("* {nick} 님을 {room} 방에서 내보냈습니다")),
        // The others read who has done it, and why.
        Reply::Renamed { own: false, .. } => String::new(),
        Reply::Renamed { from, to, .. } | Reply::Redirected(from, to) => lang.pick(
            format!("* {from} is called {to} now"),
            format!("* {from} 방의 이름이 이제 {to}입니다"),
        ),
        Reply::PutOut { room, focus } => put_out(room.as_str(), focus.as_ref().map(hall::RoomName::as_str), lang),
        Reply::Invited(nick, room) => lang.pick(format!("* you asked {nick} into {room}"), format!("* {nick} 님을 {room} 방에 불렀습니다")),
        Reply::Ignored(nicks) if nicks.is_empty() => lang.pick("* you hear everybody", "* 모두의 말을 듣고 있습니다").to_owned(),
        Reply::Ignored(nicks) => {
            let names = nicks.iter().map(hall::Nick::as_str).collect::<Vec<_>>().join(", ");
            lang.pick(format!("* you do not hear: {names}"), format!("* 말을 듣지 않는 사람: {names}"))
        }
        Reply::Ignoring(nick, on) => format!("* {}", told::ignoring(nick.as_str(), *on, lang)),
        Reply::Read(room) => lang.pick(format!("* {room} is read so far"), format!("* {room} 방을 여기까지 읽었습니다")),
        Reply::Flooded => lang.pick(
            "! closed: you went on sending faster than you may",
            "! 너무 빠르게 계속 보내서 접속을 끊습니다",
        ).to_owned(),
        Reply::Kept(nick) => lang.pick(
            format!("* {nick} is not here; it is kept for them"),
            format!("* {nick} 님이 없어서, 들어오면 전해 드립니다"),
        ),
        Reply::Announced(nick, text) => {
            let text = printable(text.as_str());
            lang.pick(format!("* announcement by {nick}: {text}"), format!("* {nick} 님의 공지: {text}"))
        }
        Reply::Killed(reason) => {
            let why = why(reason);
            lang.pick(format!("! an admin closed your connection{why}"), format!("! 관리자가 접속을 끊었습니다{why}"))
        }
        Reply::Done(words) => format!("* {}: {}", lang.pick("done", "했습니다"), printable(words.as_str())),
        Reply::Accounts { accounts, more } => accounts_listed(accounts, *more, lang),
        Reply::AllRooms { rooms, more } => rooms_listed(rooms, *more, lang),
        Reply::Connected { sessions, more } => connected(sessions, *more, lang),
        Reply::Bars(bars) if bars.is_empty() => lang.pick("* nobody is kept out", "* 출입이 막힌 사람이 없습니다").to_owned(),
        Reply::Bars(bars) => {
            let line = |(bar, barred): &(String, hall::Barred)| {
                let how = how_long_and_why(&barred.listing, lang, codec);
                format!("\n*   {bar}{how} [{} {}]", barred.by, time(barred.at, codec))
            };
            let lines = bars.iter().map(line).collect::<String>();
            format!("* {}{lines}", lang.pick("kept out of the hall:", "출입이 막힌 사람:"))
        }
        _ => String::new(),
    }
}

fn put_out(room: &str, focus: Option<&str>, lang: Lang) -> String {
    match focus {
        Some(focus) => lang.pick(
            format!("* you were put out of {room}; you speak in {focus}"),
            format!("* {room} 방에서 내보내졌습니다. 이제 {focus} 방에서 말합니다"),
        ),
        None => lang.pick(
            format!("* you were put out of {room}; /join #ROOM to speak again"),
            format!("* {room} 방에서 내보내졌습니다. 다시 말하려면 /join #방"),
        ),
    }
}

fn why(reason: &Text) -> String {
    if reason.as_str().is_empty() { String::new() } else { format!(": {}", printable(reason.as_str())) }
}

fn and_more(more: usize, lang: Lang) -> String {
    if more == 0 {
        String::new()
    } else {
        lang.pick(format!("\n*   and {more} more"), format!("\n*   그 밖에 {more}개 더"))
    }
}

/// A sign before the nick of somebody who is something in a room, as IRC writes them.
pub(super) fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::None | Standing::Member => "",
        Standing::Voice => "+",
        Standing::Operator => "@",
        Standing::Owner | Standing::Admin => "~",
    }
}

fn account(info: &AccountInfo, lang: Lang, codec: &Codec) -> String {
    let AccountInfo { name, nicks, created, admin, always_on, certificates, rooms, sessions } = info;
    let mut lines = vec![lang.pick(
        format!("* the account {name}, made {}", time(*created, codec)),
        format!("* {name} 계정 ({}에 만듦)", time(*created, codec)),
    )];
    let join = |names: Vec<&str>| names.join(", ");
    let mut line = |en: &str, ko: &str, value: &str| lines.push(format!("*   {}: {value}", lang.pick(en, ko)));
    line("names", "이름", &join(nicks.iter().map(hall::Nick::as_str).collect()));
    if *admin {
        line("admin", "관리자", lang.pick("yes", "예"));
    }
    if *always_on {
        line("always on", "늘 접속", lang.pick("yes", "예"));
    }
    if !certificates.is_empty() {
        line("certificates", "인증서", &join(certificates.iter().map(String::as_str).collect()));
    }
    if !rooms.is_empty() {
        line("rooms", "내 방", &join(rooms.iter().map(hall::RoomName::as_str).collect()));
    }
    let from = |s: &SessionInfo| format!("{}{}", s.address, if s.secure { " (TLS)" } else { "" });
    line("connections", "접속", &sessions.iter().map(from).collect::<Vec<_>>().join(", "));
    lines.join("\n")
}

fn ruled(rules: &Rules, owner: Option<&str>, lang: Lang, codec: &Codec) -> Vec<String> {
    use hall::Rule;
    let mut said: Vec<Rule> = rules.flags.iter().map(|flag| Rule::Flag(*flag, true)).collect();
    said.extend(rules.key.as_ref().map(|_| Rule::Key(true)));
    said.extend(rules.limit.map(|n| Rule::Limit(Some(n))));
    said.extend(rules.slow_s.map(|n| Rule::Slow(Some(n))));
    let owner =
        owner.map(|name| lang.pick(format!("the room belongs to {name}"), format!("방의 주인은 {name} 님입니다")));
    let mut lines: Vec<String> = owner.into_iter().collect();
    lines.extend(said.iter().map(|rule| told::rule(rule, lang, codec)));
    lines
}

fn listed(room: &str, list: List, masks: &[(Mask, Listed)], lang: Lang, codec: &Codec) -> String {
    let what = match list {
        List::Ban => lang.pick("banned from", "출입 금지"),
        List::Quiet => lang.pick("may not speak in", "발언 금지"),
        List::Exception => lang.pick("exempt from bans in", "금지 예외"),
        List::Invited => lang.pick("may always come into", "늘 초대"),
    };
    let head = lang.pick(format!("* {what} {room}:"), format!("* {room} 방 {what}:"));
    if masks.is_empty() {
        return format!("{head} {}", lang.pick("nobody", "아무도 없음"));
    }
    let line = |(mask, listed): &(Mask, Listed)| {
        let how = how_long_and_why(&listed.listing, lang, codec);
        format!("\n*   {mask}{how} [{} {}]", listed.by, time(listed.at, codec))
    };
    head + &masks.iter().map(line).collect::<String>()
}

fn accounts_listed(accounts: &[AccountState], more: usize, lang: Lang) -> String {
    let line = |account: &AccountState| {
        let admin = if account.admin { lang.pick(" [admin]", " [관리자]") } else { "" };
        let here = match account.sessions {
            0 => String::new(),
            n => lang.pick(format!(" ({n} connected)"), format!(" (접속 {n})")),
        };
        format!("\n*   {}{admin}{here}", account.name)
    };
    let lines = accounts.iter().map(line).collect::<String>();
    format!("* {}{lines}{}", lang.pick("accounts:", "계정 목록:"), and_more(more, lang))
}

fn rooms_listed(rooms: &[RoomState], more: usize, lang: Lang) -> String {
    let line = |room: &RoomState| {
        let secret = if room.secret { lang.pick(" [secret]", " [비밀]") } else { "" };
        let owner = room.owner.as_ref().map_or(String::new(), |owner| format!(" ~{owner}"));
        format!("\n*   {} ({}){owner}{secret}", room.name, room.people)
    };
    let lines = rooms.iter().map(line).collect::<String>();
    format!("* {}{lines}{}", lang.pick("rooms:", "방 목록:"), and_more(more, lang))
}

fn connected(sessions: &[SessionInfo], more: usize, lang: Lang) -> String {
    let line = |s: &SessionInfo| {
        let account = s.account.as_ref().map_or(String::new(), |account| format!(" [{account}]"));
        let secure = if s.secure { " (TLS)" } else { "" };
        format!("\n*   {}{account} {}{secure}", s.nick, s.address)
    };
    let lines = sessions.iter().map(line).collect::<String>();
    let people = count(sessions.len() + more, lang);
    format!("* {}{people}{lines}{}", lang.pick("connected: ", "접속: "), and_more(more, lang))
}
