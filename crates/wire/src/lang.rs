//! The two languages of the house. Every text that a person reads exists in both.

use std::str::FromStr;

/// A language the hall speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Lang {
    /// The BCP 47 tag of the language.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language of a POSIX locale name (`ko_KR.UTF-8`, `C`): Korean when it says so, English otherwise.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or("");
        if language.eq_ignore_ascii_case("ko") { Self::Ko } else { Self::En }
    }

    /// The text of this language out of both.
    #[must_use]
    pub fn pick<T>(self, en: T, ko: T) -> T {
        match self {
            Self::En => en,
            Self::Ko => ko,
        }
    }
}

/// The language asked for is not one the hall speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLang;

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        match tag.to_ascii_lowercase().as_str() {
            "en" | "english" => Ok(Self::En),
            "ko" | "korean" | "한국어" => Ok(Self::Ko),
            _ => Err(UnknownLang),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_name_gives_its_language() {
        for (locale, lang) in
            [("ko_KR.UTF-8", Lang::Ko), ("ko", Lang::Ko), ("C", Lang::En), ("kok_IN", Lang::En), ("", Lang::En)]
        {
            assert_eq!(Lang::of_locale(locale), lang, "{locale}");
        }
    }
}
