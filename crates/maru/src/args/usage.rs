//! A command line that is not understood, told in our own words.
//!
//! clap has words for it in English only, and in another form than all other errors have here. What it knows of the
//! error (which argument, which value, what is near) is taken from it; its sentences are not.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use wire::Lang;

use crate::texts::{Said, did_you_mean};

/// The message and the hint.
pub(crate) fn say(error: &clap::Error, lang: Lang) -> Said {
    let arg = context(error, ContextKind::InvalidArg);
    let value = context(error, ContextKind::InvalidValue);
    let message = match (error.kind(), arg, value) {
        (ErrorKind::UnknownArgument, Some(arg), _) => {
            lang.pick(format!("unknown argument `{arg}`"), format!("모르는 인자입니다: `{arg}`"))
        }
        (ErrorKind::InvalidSubcommand, ..) => {
            let name = context(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            lang.pick(format!("unknown command `{name}`"), format!("모르는 명령입니다: `{name}`"))
        }
        (ErrorKind::InvalidValue, Some(arg), None) => {
            lang.pick(format!("`{arg}` lacks its value"), format!("값이 빠졌습니다: `{arg}`"))
        }
        (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Some(arg), Some(value)) => {
            lang.pick(format!("`{value}` is not a value for `{arg}`"), format!("`{arg}` 값이 맞지 않습니다: `{value}`"))
        }
        (ErrorKind::MissingRequiredArgument, Some(arg), _) => {
            lang.pick(format!("`{arg}` is missing"), format!("빠진 것이 있습니다: `{arg}`"))
        }
        (ErrorKind::ArgumentConflict, Some(arg), _) => {
            lang.pick(format!("`{arg}` is given more than once"), format!("여러 번 적었습니다: `{arg}`"))
        }
        (ErrorKind::InvalidUtf8, ..) => {
            lang.pick("an argument is not UTF-8".to_owned(), "UTF-8이 아닌 인자가 있습니다".to_owned())
        }
        // What this command line cannot bring about, in clap's words.
        _ => {
            let told = error.to_string();
            let first = told.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    };
    (message, Some(hint(error, lang)))
}

fn hint(error: &clap::Error, lang: Lang) -> String {
    if let Some(ContextValue::Strings(valid)) = error.get(ContextKind::ValidValue)
        && !valid.is_empty()
    {
        let valid = valid.join(", ");
        return lang.pick(format!("one of: {valid}"), format!("쓸 수 있는 값: {valid}"));
    }
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    if let Some(near) = near.into_iter().find_map(|kind| nearest(error, kind)) {
        return did_you_mean(&near, lang);
    }
    lang.pick("`maru --help` shows what there is", "`maru --help`로 쓸 수 있는 것을 모두 볼 수 있습니다").to_owned()
}

/// Of what clap thinks was meant, what is nearest by the letters that differ.
fn nearest(error: &clap::Error, kind: ContextKind) -> Option<String> {
    let ContextValue::Strings(texts) = error.get(kind)? else { return context(error, kind) };
    let wrong = context(error, ContextKind::InvalidSubcommand).or_else(|| context(error, ContextKind::InvalidArg))?;
    let near = |text: &&String| strsim::normalized_damerau_levenshtein(text, &wrong);
    texts.iter().max_by(|a, b| near(a).total_cmp(&near(b))).filter(|text| near(text) >= 0.5).cloned()
}

/// A piece of what clap knows of the error; of several, the first.
fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::parse;

    #[test]
    fn what_is_not_understood_is_told_with_a_hint() {
        let check = |words: &[&str], lang, message: &str, hint: &str| {
            let all = std::iter::once("maru").chain(words.iter().copied());
            let error = parse(all.map(Into::into), lang).expect_err("not understood");
            assert_eq!(say(&error, lang), (message.to_owned(), Some(hint.to_owned())), "{words:?}");
        };
        let all = "`maru --help` shows what there is";
        check(&["sevre"], Lang::En, "unknown command `sevre`", "did you mean `serve`?");
        check(&["sevre"], Lang::Ko, "모르는 명령입니다: `sevre`", "`serve` 말씀이신가요?");
        check(&["dance"], Lang::En, "unknown command `dance`", all);
        check(&["serve", "--lisen", "x"], Lang::En, "unknown argument `--lisen`", "did you mean `--listen`?");
        check(&["serve", "--dance"], Lang::En, "unknown argument `--dance`", all);
        check(&["serve", "--listen"], Lang::En, "`--listen <ADDR:PORT>` lacks its value", all);
        check(&["serve", "now"], Lang::En, "unknown argument `now`", all);
        check(&["config", "check"], Lang::En, "`<FILE>` is missing", all);
        check(
            &["config", "check"],
            Lang::Ko,
            "빠진 것이 있습니다: `<FILE>`",
            "`maru --help`로 쓸 수 있는 것을 모두 볼 수 있습니다",
        );
        check(&["serve", "--config", "a", "--config", "b"], Lang::En, "`--config <FILE>` is given more than once", all);
        let shells = "one of: bash, elvish, fish, powershell, zsh";
        check(&["completions", "csh"], Lang::En, "`csh` is not a value for `<SHELL>`", shells);
        check(&["help", "sevre"], Lang::En, "unknown command `sevre`", "did you mean `serve`?");
    }
}
