//! The words of everything that goes wrong, in both languages: what happened, on what, and what can be done about it.
//!
//! English messages are in lower case without a full stop, as is usual for programs; Korean ones are sentences, built so
//! that no particle follows a word that is only known when it happens. What [`start`] holds is about a server that
//! cannot start; [`help`] holds what `--help` shows.

pub(crate) mod help;
mod ledger;
mod start;
pub(crate) mod store;

use std::io;

use wire::Lang;

use crate::args::usage;
use crate::config::{Key, Tip, default_of, expected};
use crate::wrong::{Place, Wrong};

/// A message and its hint.
pub(crate) type Said = (String, Option<String>);

/// A message and its hint as they are printed.
pub(crate) fn lines((message, hint): &Said, lang: Lang) -> String {
    let mut lines = format!("{}: {message}\n", lang.pick("error", "오류"));
    if let Some(hint) = hint {
        lines += &format!("{}: {hint}\n", lang.pick("hint", "도움말"));
    }
    lines
}

/// The message and the hint for something in the way.
pub(crate) fn say(wrong: &Wrong, lang: Lang) -> Said {
    match wrong {
        Wrong::UnknownKey { place, near } => {
            let message = match lang {
                Lang::En => format!("unknown key {}", said_place(place, lang)),
                Lang::Ko => format!("모르는 항목입니다: {}", said_place(place, lang)),
            };
            (message, near_or_all(near.as_deref(), lang))
        }
        Wrong::UnknownVariable { name, near } => (
            format!("{}`{name}`", lang.pick("unknown variable ", "모르는 환경 변수입니다: ")),
            near_or_all(near.as_deref(), lang),
        ),
        Wrong::NotATable { place, got } => {
            (must_be(place, lang.pick("a table", "표"), got, lang), table_hint(place, lang))
        }
        Wrong::Value { place, key, got, tip } => {
            (must_be(place, &expected(key, lang), got, lang), value_hint(key, tip.as_ref(), lang))
        }
        Wrong::Syntax { name, line, message } => (
            lang.pick(
                format!("{name}:{line} is not valid TOML: {message}"),
                format!("TOML 문법에 맞지 않습니다: {name}:{line} ({message})"),
            ),
            near_or_all(None, lang),
        ),
        Wrong::HalfOfTls { given, missing } => start::half_of_tls(given, missing, lang),
        Wrong::File { path, source } => start::file(path, source, lang),
        Wrong::FileNotUtf8 { path } => start::file_not_utf8(path, lang),
        Wrong::NoDataDir => start::no_data_dir(lang),
        Wrong::Server(error) => start::server(error, lang),
        // The client words it itself, with its hint in a line of its own.
        Wrong::Chat(error) => (error.describe(lang), None),
        Wrong::Unhealthy { target, source } => (unhealthy(target, source.as_ref(), lang), None),
        Wrong::NoPort => (
            lang.pick("the configuration leaves the port open (port 0)", "설정에 포트가 정해져 있지 않습니다(포트 0)")
                .to_owned(),
            hint(
                lang,
                "give the address: `maru health 127.0.0.1:PORT`",
                "주소를 적어 주세요: `maru health 127.0.0.1:포트`",
            ),
        ),
        Wrong::NoAdmin { path, source } => store::no_admin(path, &reason(source, lang), lang),
        Wrong::Write { path, source } => store::write(path, &reason(source, lang), lang),
        Wrong::Read { path, source } => store::read(path, &reason(source, lang), lang),
        Wrong::ImportLine { path, line, why } => store::import_line(path, *line, why, lang),
        Wrong::NoLedger { path } => store::no_ledger(path, lang),
        Wrong::NotABackup { path } => store::not_a_backup(path, lang),
        Wrong::NothingToSearch => store::nothing_to_search(lang),
        Wrong::NoSuchMessage(seq) => store::no_such_message(*seq, lang),
        Wrong::BadTime(got) => store::bad_time(got, lang),
        Wrong::BadArgument { name, got } => store::bad_argument(name, got, lang),
        Wrong::Usage(error) => usage::say(error, lang),
    }
}

fn hint(lang: Lang, en: &str, ko: &str) -> Option<String> {
    Some(lang.pick(en, ko).to_owned())
}

/// What a key is called where its value comes from.
fn said_place(place: &Place, lang: Lang) -> String {
    match (place, lang) {
        (Place::File { name, line, key }, Lang::En) => format!("`{key}` at {name}:{line}"),
        (Place::File { name, line, key }, Lang::Ko) => format!("{name}:{line}의 `{key}`"),
        (Place::Variable(name), _) => format!("`{name}`"),
        (Place::Flag(name), _) => format!("`{name}`"),
    }
}

fn must_be(place: &Place, expected: &str, got: &str, lang: Lang) -> String {
    let place = said_place(place, lang);
    match lang {
        Lang::En => format!("{place} must be {expected}, not {got}"),
        Lang::Ko => format!("{place} 값이 맞지 않습니다: {got} (필요한 값: {expected})"),
    }
}

/// "Did you mean this?"
pub(crate) fn did_you_mean(near: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("did you mean `{near}`?"),
        Lang::Ko => format!("`{near}` 말씀이신가요?"),
    }
}

fn near_or_all(near: Option<&str>, lang: Lang) -> Option<String> {
    let all = || hint(lang, "`maru config print` shows every key", "`maru config print`로 모든 항목을 볼 수 있습니다");
    near.map(|near| did_you_mean(near, lang)).or_else(all)
}

fn table_hint(place: &Place, lang: Lang) -> Option<String> {
    let Place::File { key, .. } = place else { return None };
    Some(lang.pick(
        format!("write a line `[{key}]`, and the keys of the table below it"),
        format!("`[{key}]` 줄을 쓰고 그 아래에 항목을 적으세요"),
    ))
}

fn value_hint(key: &Key, tip: Option<&Tip>, lang: Lang) -> Option<String> {
    match tip {
        Some(Tip::Meant(meant)) => Some(did_you_mean(meant, lang)),
        Some(Tip::NotAName) => hint(
            lang,
            "names of hosts are not looked up here; write an address, or `0.0.0.0` for all of them",
            "호스트 이름은 쓸 수 없습니다. 주소를 쓰세요. `0.0.0.0`은 모든 주소를 뜻합니다",
        ),
        Some(Tip::Twice) => hint(lang, "it is there twice; leave one out", "두 번 적혀 있습니다. 하나를 지우세요"),
        None => {
            default_of(key).map(|default| lang.pick(format!("the default is {default}"), format!("기본값: {default}")))
        }
    }
}

fn unhealthy(target: &str, source: Option<&io::Error>, lang: Lang) -> String {
    let no_maru = || lang.pick("what answers is not a healthy Maru", "건강한 마루 서버의 대답이 아닙니다").to_owned();
    let why = source.map_or_else(no_maru, |source| reason(source, lang));
    match lang {
        Lang::En => format!("{target} is not healthy: {why}"),
        Lang::Ko => format!("서버 상태가 정상이 아닙니다: {target} ({why})"),
    }
}

/// Why something failed, in words. What is rare stays in the system's own.
pub(crate) fn reason(error: &io::Error, lang: Lang) -> String {
    use io::ErrorKind as K;
    let (en, ko) = match error.kind() {
        K::NotFound => ("there is no such file or directory", "그런 파일이나 폴더가 없습니다"),
        K::PermissionDenied => ("permission denied", "권한이 없습니다"),
        K::AlreadyExists => ("a file of that name is in the way", "같은 이름의 파일이 이미 있습니다"),
        K::NotADirectory => ("a part of the path is not a directory", "경로의 일부가 폴더가 아닙니다"),
        K::IsADirectory => ("it is a directory", "파일이 아니라 폴더입니다"),
        K::ReadOnlyFilesystem => ("the file system is read-only", "읽기 전용 파일 시스템입니다"),
        K::StorageFull => ("the disk is full", "디스크가 가득 찼습니다"),
        K::QuotaExceeded => ("the disk quota is used up", "디스크 할당량을 다 썼습니다"),
        K::ConnectionRefused => ("connection refused", "연결이 거절되었습니다"),
        K::ConnectionReset | K::UnexpectedEof => ("the connection was closed", "연결이 끊겼습니다"),
        K::TimedOut | K::WouldBlock => ("no answer in time", "제때 대답이 없습니다"),
        _ => return error.to_string(),
    };
    lang.pick(en, ko).to_owned()
}
