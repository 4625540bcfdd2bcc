//! Everything the client itself tells a person, in both languages. Its lines begin with `--`, as a hall's begin with `*`.

use std::time::Duration;

use wire::Lang;

/// What is asked before a conversation.
pub(crate) fn nick_prompt(lang: Lang) -> &'static str {
    lang.pick("Nickname: ", "닉네임 입력: ")
}

/// The one line at the start of a conversation at a terminal.
pub(crate) fn welcome(server: &str, lines: bool, lang: Lang) -> String {
    match lines {
        false => lang.pick(
            format!("-- connected to {server}; /help for help, exit or Ctrl-D to leave"),
            format!("-- {server} 서버에 연결되었습니다. 도움말은 /help, 나가려면 exit 또는 Ctrl-D"),
        ),
        true => lang.pick(
            format!("-- connected to {server}; exit or Ctrl-D to leave"),
            format!("-- {server} 서버에 연결되었습니다. 나가려면 exit 또는 Ctrl-D"),
        ),
    }
}

/// The connection broke, and is being made again.
pub(crate) fn lost(why: &str, lang: Lang) -> String {
    lang.pick(
        format!("-- the connection is lost ({why}); connecting again"),
        format!("-- 연결이 끊겼습니다({why}). 다시 연결합니다"),
    )
}

/// The connection is there again.
pub(crate) fn back(away: Duration, lang: Lang) -> String {
    let seconds = away.as_secs().max(1);
    lang.pick(format!("-- connected again after {seconds} s"), format!("-- {seconds}초 만에 다시 연결되었습니다"))
}

/// Messages that were sent, and that nobody confirmed before the connection broke.
pub(crate) fn in_doubt(messages: &[&str], lang: Lang) -> String {
    let mut text = match messages.len() {
        1 => lang.pick("-- this may not have arrived:", "-- 이 말은 전해지지 않았을 수 있습니다:").to_owned(),
        n => lang.pick(
            format!("-- these {n} messages may not have arrived:"),
            format!("-- 이 메시지 {n}개는 전해지지 않았을 수 있습니다:"),
        ),
    };
    for message in messages {
        text += &format!("\n--   {message}");
    }
    text
}

/// Messages that were kept and will not be sent.
pub(crate) fn not_sent(messages: &[&str], lang: Lang) -> String {
    let mut text = lang
        .pick("-- not sent; send it again if you still want to:", "-- 보내지 않았습니다. 필요하면 다시 보내세요:")
        .to_owned();
    for message in messages {
        text += &format!("\n--   {message}");
    }
    text
}

/// A line was typed while there is no connection, and waits for it.
pub(crate) fn kept(lang: Lang) -> String {
    lang.pick(
        "-- not connected; this is sent when the connection is back",
        "-- 연결이 없습니다. 다시 연결되면 보냅니다",
    )
    .to_owned()
}

/// A line was typed that there is no place for.
pub(crate) fn too_many(lang: Lang) -> String {
    lang.pick(
        "-- not sent: too many messages are waiting already; try again in a moment",
        "-- 보내지 않았습니다. 기다리는 메시지가 너무 많습니다. 잠시 뒤에 다시 하세요",
    )
    .to_owned()
}

/// What was typed while there was no connection is on its way.
pub(crate) fn sent_kept(count: usize, lang: Lang) -> String {
    match count {
        1 => lang.pick("-- sent what you typed meanwhile", "-- 그동안 쓴 말을 보냈습니다").to_owned(),
        n => {
            lang.pick(format!("-- sent the {n} lines you typed meanwhile"), format!("-- 그동안 쓴 {n}줄을 보냈습니다"))
        }
    }
}

/// A nickname that no hall takes.
pub(crate) fn bad_nick(lang: Lang) -> &'static str {
    lang.pick(
        "-- nobody can be called that: a nickname has no spaces and no signs such as : , @ !",
        "-- 쓸 수 없는 닉네임입니다. 빈칸이나 : , @ ! 같은 기호는 쓸 수 없습니다",
    )
}
