//! What the process is told by its surroundings: environment variables, the language of the locale, the user's folders.
//!
//! The variables are read once, at the start. Everything that depends on them takes this value, so that it can be tried
//! without touching the process's own. An empty variable counts as one that is not set: compose files and shells pass
//! on empty ones.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use wire::Lang;

/// The variable of the language of all texts.
pub(crate) const LANGUAGE: &str = "MARU_LANGUAGE";
/// The variable of the configuration file.
pub(crate) const CONFIG: &str = "MARU_CONFIG";
/// The variable of the server that `maru chat` goes to.
pub(crate) const SERVER: &str = "MARU_SERVER";
/// The variable of the nick under which `maru chat` comes in.
pub(crate) const NICK: &str = "MARU_NICK";
/// The variable in which compose.yaml tells a container where its host publishes the port.
pub(crate) const PUBLISHED: &str = "MARU_PUBLISHED";
/// The variable by which a container's programs know that they are in one (<https://systemd.io/CONTAINER_INTERFACE/>).
pub(crate) const CONTAINER: &str = "container";

/// The environment variables, as they were at the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env(BTreeMap<String, OsString>);

impl Env {
    /// The process's own.
    pub(crate) fn of_process() -> Self {
        Self::new(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
    }

    /// These ones.
    pub(crate) fn new(variables: impl IntoIterator<Item = (String, OsString)>) -> Self {
        Self(variables.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// A variable's value, if it is set.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    /// A variable's value, if it is set to UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(OsStr::to_str)
    }

    /// The names of all that are set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The language of the program's own texts: what is asked for, else that of the locale.
    pub(crate) fn language(&self) -> Lang {
        let asked = self.text(LANGUAGE).and_then(|tag| tag.parse().ok());
        asked.unwrap_or_else(|| {
            // POSIX.1-2017, 8.2: the first of these that is set decides.
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| self.text(name));
            locale.map_or(Lang::En, Lang::of_locale)
        })
    }

    /// Where a user's data is kept (XDG Base Directory Specification). None where not even a home is known.
    pub(crate) fn data_dir(&self) -> Option<PathBuf> {
        self.folder("XDG_DATA_HOME", ".local/share").map(|base| base.join("maru"))
    }

    /// Where a user's configuration file is looked for.
    pub(crate) fn config_file(&self) -> Option<PathBuf> {
        self.folder("XDG_CONFIG_HOME", ".config").map(|base| base.join("maru").join("maru.toml"))
    }

    /// Where a user's client keeps by what it knows servers again. None where not even a home is known.
    pub(crate) fn known_hosts(&self) -> Option<PathBuf> {
        self.folder("XDG_STATE_HOME", ".local/state").map(|base| base.join("maru").join("known_hosts"))
    }

    /// The path with a leading `~/` taken for the user's home, as a shell does for a word that it sees.
    pub(crate) fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }

    fn folder(&self, variable: &str, under_home: &str) -> Option<PathBuf> {
        // The specification: a relative path is to be ignored.
        let set = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        set.or_else(|| self.home().map(|home| home.join(under_home)))
    }

    fn home(&self) -> Option<&Path> {
        self.get("HOME").map(Path::new)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Env {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self::new(variables.map(|(name, value)| (name.to_owned(), value.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_of_the_locale_that_is_set_decides() {
        let check = |env: Env, expect| assert_eq!(env.language(), expect, "{env:?}");
        check(Env::default(), Lang::En);
        check([("LANG", "ko_KR.UTF-8")].into(), Lang::Ko);
        check([("LC_MESSAGES", "en_US.UTF-8"), ("LANG", "ko_KR.UTF-8")].into(), Lang::En);
        check([("LC_ALL", "ko"), ("LC_MESSAGES", "C"), ("LANG", "C")].into(), Lang::Ko);
        check([("LC_ALL", ""), ("LANG", "ko_KR.UTF-8")].into(), Lang::Ko);
        check([("MARU_LANGUAGE", "en"), ("LC_ALL", "ko_KR.UTF-8")].into(), Lang::En);
        check([("MARU_LANGUAGE", "xx"), ("LC_ALL", "ko_KR.UTF-8")].into(), Lang::Ko);
    }

    #[test]
    fn folders_follow_xdg() {
        let check = |env: Env, expect: Option<&str>| assert_eq!(env.data_dir(), expect.map(PathBuf::from), "{env:?}");
        check(Env::default(), None);
        check([("HOME", "/home/u")].into(), Some("/home/u/.local/share/maru"));
        check([("HOME", "/home/u"), ("XDG_DATA_HOME", "/data")].into(), Some("/data/maru"));
        check([("HOME", "/home/u"), ("XDG_DATA_HOME", "data")].into(), Some("/home/u/.local/share/maru"));
        let env: Env = [("HOME", "/home/u")].into();
        assert_eq!(env.config_file(), Some("/home/u/.config/maru/maru.toml".into()));
        assert_eq!(env.known_hosts(), Some("/home/u/.local/state/maru/known_hosts".into()));
        let env_state: Env = [("HOME", "/home/u"), ("XDG_STATE_HOME", "/state")].into();
        assert_eq!(env_state.known_hosts(), Some("/state/maru/known_hosts".into()));
        assert_eq!(env.expand("~/chat"), PathBuf::from("/home/u/chat"));
        assert_eq!(env.expand("~chat"), PathBuf::from("~chat"));
    }
}
