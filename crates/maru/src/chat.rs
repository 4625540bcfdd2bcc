//! `maru chat`: what the command line and the variables say, handed over to the terminal client.
//!
//! The configuration file has no part in it: it is the server's, and a guest's computer has none.

use std::process::ExitCode;

use tui::Options;
use wire::Lang;

use crate::args::Chat;
use crate::env::{self, Env};
use crate::wrong::{Wrong, Wrongs};

/// Talks until the person leaves.
pub(crate) fn chat(asked: Chat, env: &Env, lang: Lang) -> anyhow::Result<ExitCode> {
    let ended = tui::run(&options(asked, env, lang)).map_err(|error| Wrongs::from(Wrong::Chat(error)))?;
    Ok(ExitCode::from(ended.code()))
}

/// Flags go over variables, variables over the defaults.
fn options(asked: Chat, env: &Env, lang: Lang) -> Options {
    let variable = |name| env.text(name).map(str::to_owned);
    let defaults = Options::default();
    Options {
        server: asked.server.or_else(|| variable(env::SERVER)).unwrap_or(defaults.server),
        nick: asked.nick.or_else(|| variable(env::NICK)),
        lines: asked.lines,
        lang,
        known_hosts: env.known_hosts(),
        accept_fingerprint: asked.accept_fingerprint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_go_over_variables_and_variables_over_the_defaults() {
        let check = |server: Option<&str>, nick: Option<&str>, env: Env, expect: (&str, Option<&str>)| {
            let (server, nick) = (server.map(str::to_owned), nick.map(str::to_owned));
            let asked = Chat { server, nick, lines: false, accept_fingerprint: None };
            let options = options(asked, &env, Lang::En);
            assert_eq!((options.server.as_str(), options.nick.as_deref()), expect);
        };
        check(None, None, Env::default(), ("localhost:55555", None));
        check(None, None, [("MARU_SERVER", "a:1"), ("MARU_NICK", "봇")].into(), ("a:1", Some("봇")));
        check(Some("b:2"), Some("민지"), [("MARU_SERVER", "a:1"), ("MARU_NICK", "봇")].into(), ("b:2", Some("민지")));
        check(None, None, [("MARU_SERVER", ""), ("MARU_NICK", "")].into(), ("localhost:55555", None));
    }
}
