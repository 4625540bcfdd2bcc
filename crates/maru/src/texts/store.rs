//! The words of what an operator does with a hall's store.

use std::path::Path;

use ledger::line::Why;
use ledger::{Exported, Finding, Imported, Report};
use wire::Lang;

use super::{Said, hint};

/// An export that went to a file.
pub(crate) fn exported(exported: &Exported, file: &Path, lang: Lang) -> String {
    let Exported { entries, head } = exported;
    let file = file.display();
    lang.pick(
        format!("{entries} entries, up to number {}, are in {file}\n", head.0),
        format!("항목 {entries}개({}번까지)를 내보냈습니다: {file}\n", head.0),
    )
}

/// An import.
pub(crate) fn imported(imported: Imported, lang: Lang) -> String {
    let Imported { entries, known } = imported;
    lang.pick(
        format!("{entries} entries are new, {known} were there already\n"),
        format!("새로 들여온 항목 {entries}개, 이미 있던 항목 {known}개\n"),
    )
}

/// A backup.
pub(crate) fn backed_up(bytes: u64, file: &Path, lang: Lang) -> String {
    let file = file.display();
    lang.pick(format!("{file}: {bytes} bytes\n"), format!("백업했습니다: {file} ({bytes}바이트)\n"))
}

/// A copy put back.
pub(crate) fn restored(dir: &Path, lang: Lang) -> String {
    let dir = dir.display();
    lang.pick(format!("{dir} has the ledger of the backup\n"), format!("백업으로 되돌렸습니다: {dir}\n"))
}

/// A file that is no copy of a ledger.
pub(super) fn not_a_backup(path: &Path, lang: Lang) -> Said {
    let path = path.display();
    (
        lang.pick(
            format!("nothing was changed; {path} is not a whole backup of a ledger"),
            format!("아무것도 바꾸지 않았습니다. 온전한 백업 파일이 아닙니다: {path}"),
        ),
        hint(lang, "`maru backup FILE` makes one", "백업은 `maru backup 파일`로 만듭니다"),
    )
}

/// A message taken back.
pub(crate) fn redacted(seq: u64, lang: Lang) -> String {
    lang.pick(format!("message {seq} is taken back\n"), format!("{seq}번 메시지를 거두었습니다\n"))
}

/// What was found in a store.
pub(crate) fn verified(report: &Report, lang: Lang) -> String {
    let entries = report.entries;
    if report.findings.is_empty() {
        return lang.pick(format!("all is well: {entries} entries\n"), format!("이상이 없습니다. 항목 {entries}개\n"));
    }
    let mut text = lang.pick("the store is not as it should be:\n", "기록에 이상이 있습니다:\n").to_owned();
    for finding in &report.findings {
        text += &format!("  {}\n", found(finding, lang));
    }
    let index_only = report.findings.iter().all(|finding| matches!(finding, Finding::Index(_)));
    text += if index_only {
        lang.pick(
            "stop the server and remove search.db; it is made anew\n",
            "서버를 멈추고 search.db를 지우세요. 저절로 다시 만들어집니다\n",
        )
    } else {
        lang.pick(
            "put a backup in its place, or export what can be read and import it into a new directory\n",
            "백업으로 되돌리거나, 읽을 수 있는 것을 내보내어 새 폴더로 들여오세요\n",
        )
    };
    text
}

fn found(finding: &Finding, lang: Lang) -> String {
    match finding {
        Finding::Damaged(why) => lang.pick(format!("the file is damaged: {why}"), format!("파일 손상: {why}")),
        Finding::NotAnEntry(why) => lang.pick(format!("no entry: {why}"), format!("올바르지 않은 항목: {why}")),
        Finding::Unplaced(n) => {
            lang.pick(format!("{n} entries are in no log"), format!("어느 방에도 이어지지 않은 항목 {n}개"))
        }
        Finding::Stray(n) => lang.pick(format!("{n} places lead to no entry"), format!("항목이 없는 자리 {n}개")),
        Finding::NotKept(of) => lang.pick(
            format!("something is kept of what is no room and no account: {of}"),
            format!("방도 계정도 아닌 것에 딸린 값이 있습니다: {of}"),
        ),
        Finding::NoSecret => {
            lang.pick("the hall's secret is missing or wrong", "서버의 비밀 값이 없거나 잘못되었습니다").to_owned()
        }
        Finding::Index(why) => {
            lang.pick(format!("the index for searches is damaged: {why}"), format!("검색 색인 손상: {why}"))
        }
    }
}

/// A line that is no entry.
pub(super) fn import_line(path: &Path, line: u64, why: &Why, lang: Lang) -> Said {
    let path = path.display();
    let why = reason(why, lang);
    (
        lang.pick(
            format!("nothing was imported; line {line} of {path} {why}"),
            format!("아무것도 들여오지 않았습니다. {path}의 {line}번째 줄: {why}"),
        ),
        None,
    )
}

fn reason(why: &Why, lang: Lang) -> String {
    match why {
        Why::Json(error) => lang.pick(format!("can't be read: {error}"), format!("읽을 수 없습니다({error})")),
        Why::TooLong(most) => lang.pick(format!("has more than {most} bytes"), format!("{most}바이트보다 깁니다")),
        Why::NotUtf8 => lang.pick("is not UTF-8", "UTF-8이 아닙니다").to_owned(),
        Why::NoHeader => lang.pick("is not the first line of an export", "내보내기 파일의 첫 줄이 아닙니다").to_owned(),
        Why::Version(version) => lang.pick(
            format!("is of version {version}, which this program does not know"),
            format!("이 프로그램이 모르는 형식({version})입니다"),
        ),
        Why::OtherHall => lang
            .pick(
                "is of another hall: import it into a data directory without entries",
                "다른 서버에서 내보낸 것입니다. 기록이 없는 자료 폴더로 들여오세요",
            )
            .to_owned(),
        Why::Number(name, number) => lang.pick(
            format!("has a number that can't be: {name} is {number}"),
            format!("있을 수 없는 번호입니다: {name} = {number}"),
        ),
        Why::Order(seq) => lang.pick(
            format!("has the number {seq}, which is not larger than the one before"),
            format!("{seq}번은 앞줄보다 큰 번호가 아닙니다"),
        ),
        Why::Time(time) => lang.pick(format!("has no time: {time}"), format!("시각이 아닙니다: {time}")),
        Why::Name(name) => {
            lang.pick(format!("has a name that can't be: {name}"), format!("쓸 수 없는 이름입니다: {name}"))
        }
        Why::NoPlace => lang
            .pick(
                "has to be in rooms or between two people",
                "방(in)이나 두 사람 사이(between) 가운데 한 곳에 있어야 합니다",
            )
            .to_owned(),
        Why::Event => lang
            .pick(
                "lacks what its event needs, or has what it can't have",
                "event에 필요한 것이 없거나 맞지 않는 것이 있습니다",
            )
            .to_owned(),
        Why::Differs(seq) => lang.pick(
            format!("differs from entry {seq}, which is there already"),
            format!("이미 있는 {seq}번 항목과 다릅니다"),
        ),
    }
}

/// A file that cannot be written.
pub(super) fn write(path: &Path, why: &str, lang: Lang) -> Said {
    let path = path.display();
    (lang.pick(format!("can't write {path}: {why}"), format!("쓸 수 없는 파일입니다: {path} ({why})")), None)
}

/// A file that cannot be read.
pub(super) fn read(path: &Path, why: &str, lang: Lang) -> Said {
    let path = path.display();
    (lang.pick(format!("can't read {path}: {why}"), format!("읽을 수 없는 파일입니다: {path} ({why})")), None)
}

/// A directory without a ledger.
pub(super) fn no_ledger(path: &Path, lang: Lang) -> Said {
    let path = path.display();
    (
        lang.pick(format!("there is no ledger in {path}"), format!("기록이 없는 폴더입니다: {path}")),
        hint(
            lang,
            "name the server's data directory: `--data-dir DIR`",
            "서버의 자료 폴더를 알려 주세요: `--data-dir 폴더`",
        ),
    )
}

/// A search for nothing.
pub(super) fn nothing_to_search(lang: Lang) -> Said {
    (
        lang.pick("there is nothing to search for", "찾을 것이 없습니다").to_owned(),
        hint(lang, "write words: `maru search WORDS`", "낱말을 적어 주세요: `maru search 낱말`"),
    )
}

/// No message has that number.
pub(super) fn no_such_message(seq: u64, lang: Lang) -> Said {
    (
        lang.pick(format!("there is no message {seq}"), format!("그런 메시지가 없습니다: {seq}번")),
        hint(lang, "`maru export` shows the numbers", "번호는 `maru export`로 볼 수 있습니다"),
    )
}

/// A time that is none.
pub(super) fn bad_time(got: &str, lang: Lang) -> Said {
    (
        lang.pick(format!("`{got}` is not a time"), format!("시각이 아닙니다: `{got}`")),
        hint(
            lang,
            "write 10:30, 2h, yesterday, 2026-11-25 or 2026-11-25T10:30",
            "10:30, 2시간, 어제, 2026-11-25, 2026-11-25T10:30처럼 쓰세요",
        ),
    )
}

/// A value of a flag that is none.
pub(super) fn bad_argument(name: &str, got: &str, lang: Lang) -> Said {
    (
        lang.pick(
            format!("`{got}` can't be a name for `{name}`"),
            format!("`{name}`에 쓸 수 없는 이름입니다: `{got}`"),
        ),
        None,
    )
}
