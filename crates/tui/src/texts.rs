//! Everything the client itself tells a person, in both languages. Its lines begin with `--`, as a hall's begin with `*`.

use std::io;
use std::path::Path;
use std::time::Duration;

use wire::Lang;

use crate::error::reason;
use crate::fingerprint::Fingerprint;

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

/// Messages that were in doubt, and that the hall has.
pub(crate) fn arrived(messages: &[&str], lang: Lang) -> String {
    let mut text = match messages.len() {
        1 => lang.pick("-- this has arrived:", "-- 이 말은 전해졌습니다:").to_owned(),
        n => lang.pick(format!("-- these {n} messages have arrived:"), format!("-- 이 메시지 {n}개는 전해졌습니다:")),
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

/// The server is met for the first time, and this is the certificate that it shows.
pub(crate) fn new_fingerprint(server: &str, shown: &Fingerprint, lang: Lang) -> String {
    lang.pick(
        format!(
            "-- encrypted. {server} was not known so far; the fingerprint of its certificate is\n--   {shown}\n\
             -- compare it with the one that the server printed when it started"
        ),
        format!(
            "-- 암호화된 연결입니다. {server} 서버는 처음이며 인증서 지문은 다음과 같습니다\n--   {shown}\n\
             -- 서버가 시작할 때 출력한 지문과 같은지 확인하세요"
        ),
    )
}

/// The certificate was written down.
pub(crate) fn remembered(lang: Lang) -> &'static str {
    lang.pick(
        "-- it is remembered from now on, and you are warned when it changes",
        "-- 지금부터 이 지문을 기억하고, 바뀌면 알려 줍니다",
    )
}

/// The certificate that the person named was written down.
pub(crate) fn accepted(server: &str, shown: &Fingerprint, lang: Lang) -> String {
    lang.pick(
        format!("-- encrypted. {server} is known from now on by\n--   {shown}"),
        format!("-- 암호화된 연결입니다. 지금부터 {server} 서버를 다음 지문으로 알아봅니다\n--   {shown}"),
    )
}

/// The certificate could not be written down.
pub(crate) fn not_remembered(path: Option<&Path>, why: &io::Error, lang: Lang) -> String {
    let Some(path) = path.map(Path::display) else {
        let text = lang.pick(
            "-- the fingerprint is not remembered: there is no folder for it (HOME is not set)",
            "-- 지문을 기억하지 못합니다. 적어 둘 폴더가 없습니다(HOME이 없음)",
        );
        return text.to_owned();
    };
    let why = reason(why, lang);
    lang.pick(
        format!("-- the fingerprint is not remembered, as {path} cannot be written: {why}"),
        format!("-- {path} 파일에 쓸 수 없어 지문을 기억하지 못합니다: {why}"),
    )
}

/// Lines of the file of known servers are not understood.
pub(crate) fn broken_known_hosts(path: &Path, lines: &[usize], lang: Lang) -> String {
    /// So many are named.
    const NAMED: usize = 10;
    let mut numbers: Vec<String> = lines.iter().take(NAMED).map(ToString::to_string).collect();
    if lines.len() > NAMED {
        numbers.push("…".to_owned());
    }
    let (path, numbers) = (path.display(), numbers.join(", "));
    lang.pick(
        format!("-- not understood in {path}, and left as it is: line {numbers}; a line is HOST:PORT sha256:HEX"),
        format!("-- {path} 파일에 알아볼 수 없는 줄이 있어 그대로 두었습니다: {numbers}번째 줄. 한 줄은 호스트:포트 sha256:지문입니다"),
    )
}

/// The server was asked for TLS and speaks none.
pub(crate) fn unencrypted(server: &str, lang: Lang) -> String {
    lang.pick(
        format!("-- NOT encrypted: {server} speaks no TLS, and others on the way can read what is said"),
        format!("-- 암호화되지 않은 연결입니다. {server} 서버가 TLS를 쓰지 않아, 오가는 말을 남이 읽을 수 있습니다"),
    )
}

/// The server was not asked for TLS.
pub(crate) fn unencrypted_unasked(server: &str, lang: Lang) -> String {
    lang.pick(
        format!("-- NOT encrypted: others on the way can read what is said; tls://{server} asks for encryption"),
        format!("-- 암호화되지 않은 연결이라 오가는 말을 남이 읽을 수 있습니다. 암호화하려면 tls://{server}"),
    )
}
