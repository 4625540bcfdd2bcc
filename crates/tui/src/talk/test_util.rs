//! A conversation under test: a clock of its own, and what was asked of the driver as text.

use std::time::{Duration, Instant};

use super::{Effect, Line, Setup, Talk};
use wire::Lang;

pub(super) fn setup(typed: bool) -> Setup {
    let server = "hall.example:7".parse().unwrap();
    let codec = wire::lines::Codec::default();
    Setup { server, nick: "철수".into(), lang: Lang::En, typed, terminal: typed, knocked: false, seed: 0, codec }
}

/// A conversation and its clock.
pub(super) struct Scene<T> {
    pub(super) talk: T,
    pub(super) now: Instant,
}

impl<T: Talk> Scene<T> {
    /// Tells the conversation something and checks what it asks for. `>` is sent, `|` shown, the rest is in words.
    pub(super) fn check(&mut self, what: impl FnOnce(&mut T, Instant), expect: &[&str]) {
        what(&mut self.talk, self.now);
        assert_eq!(self.asked(), expect);
    }

    /// Lets time pass to each deadline in turn.
    pub(super) fn pass(&mut self, time: Duration, expect: &[&str]) {
        let end = self.now + time;
        let mut all = Vec::new();
        for _ in 0..1000 {
            let Some(at) = self.talk.deadline().filter(|at| *at <= end) else { break };
            self.now = self.now.max(at);
            self.talk.wake(self.now);
            all.extend(self.asked());
        }
        self.now = end;
        self.talk.wake(end);
        all.extend(self.asked());
        assert_eq!(all, expect);
    }

    fn asked(&mut self) -> Vec<String> {
        let mut asked = Vec::new();
        for effect in self.talk.effects() {
            asked.push(match effect {
                Effect::Show(Line::Chat(text) | Line::Refusal(text) | Line::Notice(text)) => format!("|{text}"),
                Effect::Send(bytes) => format!(">{}", String::from_utf8(bytes).unwrap()),
                Effect::CloseWrite => "close".to_owned(),
                Effect::Hangup(why) => {
                    self.talk.closed(Some(why), self.now);
                    asked.push("hang up".to_owned());
                    asked.extend(self.asked());
                    continue;
                }
                Effect::Reconnect => "reconnect".to_owned(),
                Effect::Done(Ok(())) => "done".to_owned(),
                Effect::Done(Err(error)) => format!("error: {error}"),
            });
        }
        asked
    }
}
