//! The default configuration as a file, with a word about each key, to be copied and changed.
//!
//! It is made from the table of keys and from the defaults themselves, so it cannot say anything else than what holds;
//! the tests read it back.

use wire::Lang;

use super::keys::{KEYS, Key, Kind};
use super::{Setup, value};
use crate::env::Env;

/// The file. What follows the host (folders, the locale) is commented out, so that a file that is copied to another host
/// doesn't take it there.
pub(crate) fn print(env: &Env, lang: Lang) -> String {
    let mut setup = Setup::default_in(env);
    let mut text = head(lang).to_owned();
    let mut table = "";
    for key in KEYS {
        let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if key.name == "limits" {
            text += &format!("\n# {}\n", key.doc(lang));
            text += "[limits]\n";
            table = "limits";
            continue;
        }
        if of != table {
            text += &format!("\n[{of}]\n");
            table = of;
        }
        let follows_host = matches!(key.kind, Kind::DataDir | Kind::Language);
        let mark = if follows_host { "# " } else { "" };
        let gap = if of.is_empty() { "\n" } else { "" };
        let shown = value::show(&mut setup, key);
        text += &format!("{gap}# {}{}\n{mark}{name} = {shown}\n", key.doc(lang), bounds(key, lang));
    }
    text
}

fn bounds(key: &Key, lang: Lang) -> String {
    let Kind::Number(bounds, field) = &key.kind else { return String::new() };
    let (least, most) = (bounds.start(), bounds.end());
    let off =
        if field(&mut server::Settings::default()).can_be_off() { lang.pick(", or \"off\"", ", \"off\"") } else { "" };
    match lang {
        Lang::En => format!(" ({least} to {most}{off})"),
        Lang::Ko => format!(" ({least}~{most}{off})"),
    }
}

fn head(lang: Lang) -> &'static str {
    lang.pick(
        "\
# Maru's configuration: every key with its default. What is left out keeps its default.
#
# Read from the file that `--config` or MARU_CONFIG names, else from maru.toml in the folder maru of the user's
# configuration folder. A variable goes over the file, and a flag over both. The variable of a key is MARU_ and its name
# in capitals, with its table's in front: MARU_LISTEN, MARU_LIMITS_LINE_BYTES; that of log.level is MARU_LOG.
# A running server reads its file again on SIGHUP; addresses, folders, irc.server_name and the ledger's need
# a new start.
",
        "\
# 마루 설정: 모든 항목과 기본값입니다. 빠진 항목은 기본값을 따릅니다.
#
# `--config`나 MARU_CONFIG로 정한 파일을 읽고, 정하지 않으면 사용자 설정 폴더의 maru/maru.toml을 읽습니다.
# 환경 변수가 파일보다, 명령줄 옵션이 둘보다 우선합니다. 환경 변수의 이름은 MARU_ 뒤에 표와 항목의 이름을
# 대문자로 이은 것입니다: MARU_LISTEN, MARU_LIMITS_LINE_BYTES. log.level의 변수는 MARU_LOG입니다.
# 실행 중인 서버는 SIGHUP을 받으면 파일을 다시 읽습니다. 주소와 폴더, irc.server_name, 기록에 관한 것은
# 다시 시작해야 바뀝니다.
",
    )
}
