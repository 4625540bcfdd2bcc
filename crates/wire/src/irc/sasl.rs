//! SASL in IRC (IRCv3 sasl 3.1 and 3.2): messages of an exchange, in base64, in lines of 400 bytes at most.

use hall::Secret;

use super::caps::Cap;
use super::client::{Around, Client, Step};
use super::line::Line;
use super::message::Message;
use super::numeric as n;
use crate::Auth;
use crate::lines::Said;

/// What of a message stands in one line, in bytes.
const CHUNK_BYTES: usize = 400;
/// Longest message, in bytes of base64.
const MESSAGE_BYTES: usize = 16 * 1024;

/// How far an exchange has come.
#[derive(Debug, Default)]
pub(crate) enum Sasl {
    #[default]
    Idle,
    /// Under way: what has come of the client's message so far, and whether the server has spoken last.
    Open { message: Secret, challenged: bool },
    /// The client has proved who it is, and has to take the server's own proof.
    Proved,
}

impl Sasl {
    pub(crate) fn is_under_way(&self) -> bool {
        !matches!(self, Self::Idle)
    }

    fn open() -> Self {
        Self::Open { message: Secret::new(""), challenged: false }
    }
}

impl Client {
    pub(crate) fn authenticate(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let Some(word) = message.param(0).filter(|word| !word.is_empty()) else {
            return vec![self.need_more(around, "AUTHENTICATE")];
        };
        if !self.style.caps.has(Cap::Sasl) {
            return vec![self.sasl_failed(around)];
        }
        let (mut so_far, challenged) = match std::mem::take(&mut self.sasl) {
            Sasl::Idle if word == "*" => {
                return vec![self.numeric(
                    around,
                    n::ERR_SASLABORTED,
                    &[],
                    self.lang().pick("SASL authentication aborted", "인증을 그만두었습니다"),
                )];
            }
            Sasl::Idle => {
                self.sasl = Sasl::open();
                return vec![Step::Auth(Auth::Begin(word.to_owned(), None))];
            }
            Sasl::Proved => {
                return vec![self.numeric(
                    around,
                    n::RPL_SASLSUCCESS,
                    &[],
                    self.lang().pick("SASL authentication successful", "인증했습니다"),
                )];
            }
            Sasl::Open { message, challenged } => (message, challenged),
        };
        if word == "*" {
            let told = self.numeric(
                around,
                n::ERR_SASLABORTED,
                &[],
                self.lang().pick("SASL authentication aborted", "인증을 그만두었습니다"),
            );
            return vec![Step::Auth(Auth::Abort), told];
        }
        if word.len() > CHUNK_BYTES || so_far.expose().len() + word.len() > MESSAGE_BYTES {
            return vec![
                Step::Auth(Auth::Abort),
                self.numeric(
                    around,
                    n::ERR_SASLTOOLONG,
                    &[],
                    self.lang().pick("SASL message too long", "인증 메시지가 너무 깁니다"),
                ),
            ];
        }
        let whole = word.len() < CHUNK_BYTES;
        if !(whole && word == "+" && !so_far.expose().is_empty()) {
            so_far = Secret::new(format!("{}{word}", so_far.expose()));
        }
        if !whole {
            self.sasl = Sasl::Open { message: so_far, challenged };
            return vec![];
        }
        self.sasl = Sasl::open();
        vec![Step::Auth(Auth::Go(so_far))]
    }

    pub(crate) fn sasl_failed(&self, around: &Around<'_>) -> Step {
        self.numeric(
            around,
            n::ERR_SASLFAIL,
            &[],
            self.lang().pick("SASL authentication failed", "인증하지 못했습니다"),
        )
    }

    /// A message of the server's, in base64.
    pub(crate) fn challenge(&mut self, message: &str, out: &mut Vec<u8>) {
        if let Sasl::Open { challenged, .. } = &mut self.sasl {
            *challenged = true;
        }
        let mut rest = message;
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(rest.len().min(CHUNK_BYTES));
            Line::new(out).command("AUTHENTICATE").param(chunk).end();
            if chunk.len() == CHUNK_BYTES && more.is_empty() {
                Line::new(out).command("AUTHENTICATE").param("+").end();
            }
            rest = more;
        }
    }

    /// The client has proved who it is. Whether it is told at once that the exchange is over: a server that proves itself
    /// last is answered first.
    pub(crate) fn is_proved(&mut self) -> bool {
        match std::mem::take(&mut self.sasl) {
            Sasl::Open { challenged: true, .. } => {
                self.sasl = Sasl::Proved;
                false
            }
            Sasl::Open { .. } => true,
            other => {
                self.sasl = other;
                false
            }
        }
    }

    /// What comes of a step of an exchange.
    pub(crate) fn put_said(&mut self, said: &Said, around: &Around<'_>, out: &mut Vec<u8>) {
        let failed = |client: &mut Self, out: &mut Vec<u8>| {
            client.sasl = Sasl::Idle;
            let text = client.lang().pick("SASL authentication failed", "인증하지 못했습니다");
            client.put(out, around, n::ERR_SASLFAIL, &[], text);
        };
        match said {
            Said::Auth(message) => self.challenge(message, out),
            Said::NoMechanism(known) => {
                self.put(
                    out,
                    around,
                    n::RPL_SASLMECHS,
                    &[&known.join(",")],
                    self.lang().pick("are available SASL mechanisms", "쓸 수 있는 인증 방식"),
                );
                failed(self, out);
            }
            Said::AuthFailed => failed(self, out),
            // It has been told so when it asked for that.
            Said::AuthAborted => {}
            other => {
                let style = crate::lines::Style { lang: self.lang(), ..crate::lines::Style::default() };
                self.put_service(&other.lines(style, around.codec), around, out);
            }
        }
    }
}
