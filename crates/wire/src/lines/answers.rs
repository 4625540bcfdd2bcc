//! Everything the hall tells one client of plain lines, in both languages: answers (`* …`), refusals (`! …`), `/help`.

use std::sync::Arc;

use hall::{
    Coming, Entry, Event, LogId, MaskError, NameError, Refusal, Reply, Standing, Text, Time, Topic as RoomTopic,
};

use super::help::{COMMANDS, Topic};
use super::people;
use super::refused::refused;
use super::show::{Codec, Style, said};
use super::snippet;
use super::speaker::Misuse;
use crate::Lang;
use crate::text::printable;

/// What a client is told that has nothing to do with the hall's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The list of commands about something.
    Help(Topic),
    /// The next message of an exchange that proves whose an account is, in base64.
    Auth(String),
    /// Such an exchange was given up, or none is under way.
    AuthAborted,
    /// There is no such mechanism; there are these.
    NoMechanism(Vec<&'static str>),
    /// The exchange made no sense.
    AuthFailed,
    /// The language is set.
    LangSet,
    /// A message could not be understood.
    Misuse(Misuse),
    /// The client is turned away, for this reason.
    TurnedAway(&'static str),
    /// Only those who come in TLS are let in.
    TlsOnly,
}

impl Said {
    /// The lines that say it.
    #[must_use]
    pub fn lines(&self, style: Style, codec: &Codec) -> Vec<u8> {
        let lang = style.lang;
        let text = match self {
            Self::Help(topic) => help(*topic, lang),
            Self::Auth(message) => format!("* auth {message}"),
            Self::AuthAborted => lang.pick("! no exchange is under way", "! 진행 중인 인증이 없습니다").to_owned(),
            Self::NoMechanism(known) => {
                let known = known.join(", ");
                lang.pick(
                    format!("! there is no such mechanism; there are {known}"),
                    format!("! 그런 방식은 없습니다. 쓸 수 있는 방식: {known}"),
                )
            }
            Self::AuthFailed => lang.pick("! the exchange made no sense", "! 알아볼 수 없는 인증입니다").to_owned(),
            Self::LangSet => lang.pick("* I speak English to you", "* 이제 한국어로 안내합니다").to_owned(),
            Self::Misuse(misuse) => format!("! {}", misused(misuse, lang)),
            Self::TurnedAway(why) => format!("! {why}"),
            Self::TlsOnly => lang
                .pick(
                    "! this server takes TLS only; come in with `maru chat` or another client that speaks it",
                    "! 이 서버에는 TLS로만 들어올 수 있습니다. `maru chat`처럼 TLS를 쓰는 프로그램으로 들어오세요",
                )
                .to_owned(),
        };
        finish(&text, style, codec)
    }
}

/// What a browser is shown, which does not speak plain lines.
#[must_use]
pub fn browser(lang: Lang) -> &'static str {
    lang.pick(
        "This is Maru, a chat hall. Come in with nc, telnet or `maru chat` on this same port.\n",
        "여기는 채팅 서버 마루입니다. 같은 포트에 nc, telnet, `maru chat`으로 들어오세요.\n",
    )
}

/// The lines of an answer.
#[must_use]
pub fn reply(reply: &Reply, style: Style, codec: &Codec) -> Vec<u8> {
    finish(&answered(reply, style.lang, codec), style, codec)
}

/// The lines of a refusal.
#[must_use]
pub fn refusal(refusal: &Refusal, style: Style, codec: &Codec) -> Vec<u8> {
    finish(&format!("! {}", refused(refusal, style.lang)), style, codec)
}

fn finish(text: &str, style: Style, codec: &Codec) -> Vec<u8> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut bytes = Vec::with_capacity(text.len() + 1);
    codec.put(text, style.legacy, &mut bytes);
    bytes.push(b'\n');
    bytes
}

fn help(topic: Topic, lang: Lang) -> String {
    let mut text = help_of(topic, lang, |_| true);
    if topic == Topic::Talk {
        text += lang
            .pick("\n*   anything else is said in your room", "\n*   그 밖의 글은 지금 있는 방의 모두에게 보입니다");
    }
    text
}

/// The commands about something, a line each, of those whose names are wanted.
pub(crate) fn help_of(topic: Topic, lang: Lang, wanted: impl Fn(&str) -> bool) -> String {
    let head = match topic {
        Topic::Talk => lang.pick("* what you can type:", "* 쓸 수 있는 명령:"),
        Topic::Account => lang.pick("* about accounts:", "* 계정에 대한 명령:"),
        Topic::Room => lang.pick("* about rooms:", "* 방에 대한 명령:"),
        Topic::Admin => lang.pick("* for admins:", "* 관리자가 쓰는 명령:"),
    };
    let mut text = head.to_owned();
    for info in COMMANDS.iter().filter(|info| info.topic == topic && wanted(info.words[0])) {
        text += &format!("\n*   {} - {}", info.usage(lang), info.what(lang));
    }
    text
}

fn answered(reply: &Reply, lang: Lang, codec: &Codec) -> String {
    match reply {
        Reply::Welcome { nick, room, people } => lang.pick(
            format!(
                "* welcome to {room}: {}. You are {nick}.\n* type to talk, /nick NAME to take a name, /help for more (한국어: /lang ko)",
                count(*people, lang)
            ),
            format!(
                "* {room} 방에 오신 것을 환영합니다. {} 지금 이름은 {nick}입니다.\n* 글을 쓰면 모두에게 보입니다. 이름을 정하려면 /nick 이름, 도움말은 /help (English: /lang en)",
                count(*people, lang)
            ),
        ),
        Reply::Named { nick, taken: None, .. } => lang.pick(format!("* you are now {nick}"), format!("* 이제 이름은 {nick}입니다")),
        Reply::Named { nick, taken: Some(taken), .. } => lang.pick(
            format!("* {taken} is in use; you are now {nick}"),
            format!("* 이미 누가 쓰는 이름입니다({taken}). 이제 이름은 {nick}입니다"),
        ),
        // Who sees it in the room, or was there before, is told nothing else.
        Reply::Joined { how: Coming::There | Coming::Seen, .. } => String::new(),
        Reply::Joined { room, topic, people, .. } => {
            let people = count(*people, lang);
            let topic = topic.as_ref().map_or(String::new(), |t| {
                format!("\n* {}{}", lang.pick("topic: ", "주제: "), printable(t.text.as_str()))
            });
            lang.pick(format!("* you are in {room}: {people}{topic}"), format!("* {room} 방에 들어왔습니다. {people}{topic}"))
        }
        Reply::Focused(room) => lang.pick(format!("* you speak in {room}"), format!("* 이제 {room} 방에서 말합니다")),
        Reply::Parted { room, focus } => parted(room.as_str(), focus.as_ref().map(hall::RoomName::as_str), lang),
        Reply::TopicSet(room, text) if text.as_str().is_empty() => {
            lang.pick(format!("* {room} has no topic now"), format!("* {room} 방의 주제를 지웠습니다"))
        }
        Reply::Topic(room, None) => lang.pick(format!("* {room} has no topic"), format!("* {room} 방에는 주제가 없습니다")),
        Reply::Topic(room, Some(RoomTopic { text, .. })) | Reply::TopicSet(room, text) => {
            let text = printable(text.as_str());
            lang.pick(format!("* topic of {room}: {text}"), format!("* {room} 방의 주제: {text}"))
        }
        Reply::Who { room, nicks, more, listening } => who(room, nicks, *more, *listening, lang),
        Reply::Rooms { rooms, more } => {
            let each = rooms.iter().map(|r| format!("\n*   {} ({})", r.name, r.people)).collect::<String>();
            let more = if *more == 0 { String::new() } else { lang.pick(format!("\n*   and {more} more"), format!("\n*   그 밖에 {more}개")) };
            lang.pick(format!("* rooms:{each}{more}"), format!("* 방 목록:{each}{more}"))
        }
        Reply::Delivered(nick, away) => delivered(nick, away.as_ref(), lang),
        Reply::Pong(token) => format!("* pong {}", printable(token)).trim_end().to_owned(),
        Reply::Replay(entries) => listed(entries, lang, codec).join("\n"),
        Reply::History { entries, more } => history(entries, *more, lang, codec),
        Reply::Found { entries, words, unindexed } => found(entries, words, *unindexed, lang, codec),
        Reply::Resumed { hall, goes_on: true } => format!("* resumed {hall}"),
        Reply::Resumed { hall, goes_on: false } => format!("* begun {hall}"),
        Reply::Redacted => lang.pick("* taken back", "* 거두었습니다").to_owned(),
        Reply::Gap => lang.pick("* some messages here are no longer kept", "* 이 사이의 메시지 일부는 남아 있지 않습니다").to_owned(),
        Reply::Closing => lang.pick("* the hall is closing", "* 서버를 닫습니다").to_owned(),
        Reply::Slowed(rate) => lang.pick(
            format!("! not so fast: your messages are taken at {rate} a second; none is lost"),
            format!("! 너무 빠릅니다. 1초에 {rate}개씩 받습니다. 버려지는 메시지는 없습니다"),
        ),
        other => people::answered(other, lang, codec),
    }
}

fn delivered(nick: &hall::Nick, away: Option<&Text>, lang: Lang) -> String {
    let sent = lang.pick(format!("* sent to {nick}"), format!("* {nick} 님에게 보냈습니다"));
    match away.map(|away| printable(away.as_str())) {
        Some(away) if away == hall::UNATTENDED => sent + lang.pick(", who is away", ". 자리를 비웠습니다"),
        Some(away) => sent + &lang.pick(format!(", who is away: {away}"), format!(". 자리를 비웠습니다: {away}")),
        None => sent,
    }
}

pub(super) fn count(people: usize, lang: Lang) -> String {
    match (people, lang) {
        (0, Lang::En) => "nobody here yet".to_owned(),
        (1, Lang::En) => "1 person".to_owned(),
        (n, Lang::En) => format!("{n} people"),
        (0, Lang::Ko) => "아직 아무도 없습니다.".to_owned(),
        (n, Lang::Ko) => format!("{n}명이 있습니다."),
    }
}

fn parted(room: &str, focus: Option<&str>, lang: Lang) -> String {
    match focus {
        Some(focus) => lang.pick(
            format!("* you left {room}; you speak in {focus}"),
            format!("* {room} 방에서 나왔습니다. 이제 {focus} 방에서 말합니다"),
        ),
        None => lang.pick(
            format!("* you left {room}; /join #ROOM to speak again"),
            format!("* {room} 방에서 나왔습니다. 다시 말하려면 /join #방"),
        ),
    }
}

fn who(room: &hall::RoomName, nicks: &[(hall::Nick, Standing)], more: usize, listening: usize, lang: Lang) -> String {
    let mut names =
        nicks.iter().map(|(nick, is)| format!("{}{nick}", people::sign(*is))).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        names = lang.pick("nobody", "아무도 없음").to_owned();
    }
    if more > 0 {
        names += &lang.pick(format!(" and {more} more"), format!(" 외 {more}명"));
    }
    if listening > 0 {
        names += &lang.pick(format!(" ({listening} listening)"), format!(" (듣고만 있는 사람 {listening}명)"));
    }
    format!("* {room}: {names}")
}

fn history(entries: &[Arc<Entry>], more: bool, lang: Lang, codec: &Codec) -> String {
    let mut lines = listed(entries, lang, codec);
    if lines.is_empty() {
        lines.push(lang.pick("* nothing was said here so far", "* 아직 오간 말이 없습니다").to_owned());
    }
    if more {
        lines.push(
            lang.pick("* there is more than fits here", "* 한 번에 보여 드릴 수 있는 것보다 많습니다").to_owned(),
        );
    }
    lines.join("\n")
}

fn found(entries: &[Arc<Entry>], words: &[String], unindexed: u64, lang: Lang, codec: &Codec) -> String {
    let line = |entry: &Arc<Entry>| match &entry.event {
        Event::Message(kind, text) => {
            let text = snippet::of(&printable(text.as_str()), words);
            let excerpt = Event::Message(*kind, Text::new(&text));
            dated(&Entry { event: excerpt, ..(**entry).clone() }, lang, codec)
        }
        _ => dated(entry, lang, codec),
    };
    let mut lines: Vec<String> = entries.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(lang.pick("* nothing found", "* 찾은 것이 없습니다").to_owned());
    }
    if unindexed > 0 {
        lines.push(lang.pick(
            format!("* {unindexed} entries could not be looked through: narrow it down, or ask again later"),
            format!("* 항목 {unindexed}개는 미처 살펴보지 못했습니다. 범위를 좁히거나 나중에 다시 찾아보세요"),
        ));
    }
    lines.join("\n")
}

fn listed(entries: &[Arc<Entry>], lang: Lang, codec: &Codec) -> Vec<String> {
    entries.iter().map(|entry| dated(entry, lang, codec)).filter(|lines| !lines.is_empty()).collect()
}

/// An entry of the past: with its time and room in front of each line. Nothing if it is not to be read.
fn dated(entry: &Entry, lang: Lang, codec: &Codec) -> String {
    let room = match &entry.logs[..] {
        [LogId::Room(room), ..] => room.as_str().to_owned(),
        [LogId::Operators(room), ..] => format!("@{room}"),
        // Whoever asks may have said it themselves, so nobody is called "you" here.
        _ => lang.pick("direct", "귓속말").to_owned(),
    };
    let time = time(entry.at, codec);
    said(entry, lang, codec).lines().map(|line| format!("* [{time} {room}] {line}")).collect::<Vec<_>>().join("\n")
}

pub(crate) fn time(at: Time, codec: &Codec) -> String {
    let moment = |at: Time| {
        let moment = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        moment.unwrap_or_default().to_zoned_datetime(codec.zone.clone())
    };
    let then = moment(at);
    let this_year = codec.clock.is_none_or(|now| moment(now()).year() == then.year());
    then.strftime(if this_year { "%m-%d %H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

fn misused(misuse: &Misuse, lang: Lang) -> String {
    match misuse {
        Misuse::TooLong(most) => lang.pick(
            format!("not sent: a message has at most {most} bytes"),
            format!("보내지 못했습니다. 메시지는 {most}바이트까지입니다"),
        ),
        Misuse::Unknown(word) => lang.pick(
            format!("there is no command /{word}; /help lists them, //{word} says it"),
            format!("/{word} 명령은 없습니다. 목록은 /help, 글로 보내려면 //{word}"),
        ),
        Misuse::Usage(info) => {
            lang.pick(format!("write it as {}", info.usage(lang)), format!("이렇게 씁니다: {}", info.usage(lang)))
        }
        Misuse::BadNick(name, why) | Misuse::BadRoom(name, why) => bad_name(name, *why, lang),
        Misuse::BadMask(mask, why) => bad_mask(mask, *why, lang),
    }
}

pub(super) fn bad_mask(mask: &str, why: MaskError, lang: Lang) -> String {
    match why {
        MaskError::Empty => bad_name(mask, NameError::Empty, lang),
        MaskError::TooLong(most) => bad_name(mask, NameError::TooLong(most), lang),
        MaskError::Refused(c) => bad_name(mask, NameError::Refused(c), lang),
    }
}

pub(super) fn bad_name(name: &str, why: NameError, lang: Lang) -> String {
    const SHOWN_CHARS: usize = 60;
    let shown: String = printable(name).chars().take(SHOWN_CHARS).collect();
    let why = match why {
        NameError::Empty => lang.pick("it is empty", "비어 있습니다").to_owned(),
        NameError::TooLong(most) => {
            lang.pick(format!("it has more than {most} characters"), format!("{most}자보다 깁니다"))
        }
        NameError::Refused(c) if c.is_whitespace() => lang.pick("it holds a space", "빈칸이 들어 있습니다").to_owned(),
        NameError::Refused(c) => {
            let code = u32::from(c);
            let c =
                if c.is_alphanumeric() || c.is_ascii_punctuation() { c.to_string() } else { format!("U+{code:04X}") };
            lang.pick(format!("{c} may not stand there"), format!("그 자리에 쓸 수 없는 글자입니다: {c}"))
        }
        NameError::NoHash => lang.pick("a room begins with #", "방 이름은 #으로 시작합니다").to_owned(),
        NameError::MixedDirections => lang
            .pick(
                "with right-to-left letters it has to begin with one, end with one or a digit, and hold no others",
                "오른쪽에서 왼쪽으로 쓰는 글자가 있으면 그런 글자로 시작해 그런 글자나 숫자로 끝나야 하고, 다른 글자는 섞을 수 없습니다",
            )
            .to_owned(),
    };
    lang.pick(format!("{shown} can't be a name: {why}"), format!("쓸 수 없는 이름입니다: {shown} ({why})"))
}
