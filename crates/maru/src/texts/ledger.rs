//! The words for what goes wrong with the ledger.

use ledger::Error;
use wire::Lang;

use super::{Said, hint, reason};

/// What the ledger says.
pub(super) fn error(error: &Error, lang: Lang) -> Said {
    match error {
        Error::Full => (
            lang.pick("the disk of the ledger is full", "기록을 담은 디스크가 가득 찼습니다").to_owned(),
            hint(lang, "free some space; writing goes on by itself", "공간을 비우면 저절로 다시 기록합니다"),
        ),
        Error::ReadOnly => (
            lang.pick("the ledger can only be read", "기록을 읽을 수만 있고 쓸 수 없습니다").to_owned(),
            hint(
                lang,
                "look at who owns ledger.db and its directory, and whether their disk is read-only",
                "ledger.db와 그 폴더의 주인이 누구인지, 디스크가 읽기 전용이 아닌지 살펴보세요",
            ),
        ),
        Error::Busy => (
            lang.pick("another program holds the ledger", "다른 프로그램이 기록을 붙들고 있습니다").to_owned(),
            hint(lang, "stop that program first", "그 프로그램을 먼저 멈추세요"),
        ),
        Error::Corrupt(what) => (
            lang.pick(format!("the ledger is damaged: {what}"), format!("기록이 손상되었습니다: {what}")),
            hint(
                lang,
                "`maru verify` says how far; a backup can be put in its place",
                "`maru verify`로 어디까지인지 알아보고, 백업으로 되돌리세요",
            ),
        ),
        Error::Newer { found, known } => (
            lang.pick(
                format!("the ledger has format {found}, this program knows formats up to {known}"),
                format!("기록의 형식은 {found}인데 이 프로그램은 {known}까지만 압니다"),
            ),
            hint(lang, "use the newer maru again", "더 새로운 마루를 쓰세요"),
        ),
        Error::Older { found, known } => (
            lang.pick(
                format!("the ledger has the earlier format {found}, not {known}"),
                format!("기록이 예전 형식({found})입니다. 지금 형식은 {known}입니다"),
            ),
            hint(
                lang,
                "start the server once: it brings the ledger up to date",
                "서버를 한 번 시작하면 새 형식으로 바꿉니다",
            ),
        ),
        Error::NotOurs => (
            lang.pick("ledger.db is not a ledger of Maru's", "ledger.db는 마루의 기록이 아닙니다").to_owned(),
            hint(
                lang,
                "choose another data directory: `--data-dir DIR`",
                "다른 자료 폴더를 고르세요: `--data-dir 폴더`",
            ),
        ),
        Error::Io(source) => {
            let why = reason(source, lang);
            let message =
                lang.pick(format!("the ledger can't be used: {why}"), format!("기록을 쓸 수 없습니다: {why}"));
            (message, None)
        }
    }
}
