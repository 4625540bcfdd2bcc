//! A gateway says for whom it speaks (IRCv3 webirc).
//!
//! Whether it may is decided where connections are counted, since what it says changes for whom one counts; the client is
//! told what came of it. Of what a gateway says only the address counts: a host's name would be seen by nobody, since
//! everybody's host is a cloak.

use std::net::IpAddr;

use hall::{Command, Secret, Text};

use super::client::{Around, Client, Heard, Step};
use super::message::Message;
use super::numeric as n;
use crate::Lang;
use crate::refuse::{Why, reason};

/// The command.
const WEBIRC: &str = "WEBIRC";
/// Before its options it has a password, the gateway's name, the client's host and its address.
const PARAMS: usize = 4;

/// For whom a gateway speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webirc {
    /// By what the gateway is known.
    pub password: Secret,
    /// The client's address.
    pub address: IpAddr,
    /// The port from which the client came to the gateway; 0 if that is not said.
    pub port: u16,
    /// Whether the client speaks to the gateway in TLS.
    pub secure: bool,
}

/// Why a gateway is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disbelief {
    /// Nobody may speak for others from there, or not so late.
    NoGateway,
    /// The password is wrong.
    Password,
    /// It does not say whom it speaks for.
    Malformed,
    /// There is no place for whom it speaks for.
    NoPlace(Why),
}

impl Webirc {
    /// Whether these may be the first bytes of a gateway that says for whom it speaks.
    #[must_use]
    pub fn may_begin(first: &[u8]) -> bool {
        first.strip_prefix(WEBIRC.as_bytes()).is_some_and(|rest| rest.starts_with(b" "))
    }

    fn read(message: &Message) -> Option<Self> {
        let address = message.param(PARAMS - 1)?.parse::<IpAddr>().ok()?.to_canonical();
        let mut webirc = Self { password: Secret::new(message.param(0)?), address, port: 0, secure: false };
        for option in message.params().skip(PARAMS).flat_map(|options| options.split(' ')) {
            // An option may have a value that is not known of yet.
            match option.split_once('=').unwrap_or((option, "")) {
                ("secure", _) => webirc.secure = true,
                ("remote-port", port) => webirc.port = port.parse().unwrap_or(0),
                _ => {}
            }
        }
        Some(webirc)
    }
}

impl Heard {
    /// For whom a gateway speaks, if that is what this line says.
    #[must_use]
    pub fn webirc(&self) -> Option<Result<Webirc, Disbelief>> {
        let Self::Message(message) = self else { return None };
        (message.command() == WEBIRC).then(|| Webirc::read(message).ok_or(Disbelief::Malformed))
    }
}

impl Client {
    /// A gateway has been believed, or has not.
    pub(crate) fn vouched(&self, vouched: &Result<Webirc, Disbelief>, around: &Around<'_>) -> Vec<Step> {
        match vouched {
            Ok(webirc) => vec![Step::Do(Command::Vouch { address: webirc.address, secure: webirc.secure })],
            Err(why) => {
                let mut steps = vec![
                    self.tell(around, |to| to.error().trailing(&format!("Closing Link: {}", said(*why, self.lang())))),
                    Step::Do(Command::Quit(Text::new(""))),
                ];
                if *why == Disbelief::Password {
                    steps.insert(0, Step::Do(Command::NotVouched));
                }
                steps
            }
        }
    }

    /// A gateway speaks too late: for whom has to be the first that it says.
    pub(crate) fn webirc(&self, around: &Around<'_>) -> Vec<Step> {
        if self.inside {
            let text = self.lang().pick("You may not reregister", "이미 누구인지 밝혔습니다");
            return vec![self.numeric(around, n::ERR_ALREADYREGISTERED, &[], text)];
        }
        self.vouched(&Err(Disbelief::NoGateway), around)
    }
}

fn said(why: Disbelief, lang: Lang) -> &'static str {
    match why {
        Disbelief::NoGateway => lang.pick("You may not speak for others", "다른 사람을 대신할 수 없습니다"),
        Disbelief::Password => lang.pick("Invalid WebIRC password", "WEBIRC 암호가 틀렸습니다"),
        Disbelief::Malformed => lang.pick("WEBIRC needs the client's address", "WEBIRC에 클라이언트의 주소가 없습니다"),
        Disbelief::NoPlace(why) => reason(why, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::irc::Frame;

    /// A password, an address, a port, and whether it is secure.
    type Said = (&'static str, &'static str, u16, bool);

    #[track_caller]
    fn check(line: &str, expect: Option<Result<Said, Disbelief>>) {
        let read = Heard::of(Frame::Line(line.as_bytes())).webirc();
        let expect = expect.map(|webirc| {
            webirc.map(|(password, address, port, secure)| Webirc {
                password: Secret::new(password),
                address: address.parse().unwrap(),
                port,
                secure,
            })
        });
        assert_eq!(read, expect, "{line}");
    }

    #[test]
    fn a_gateway_says_for_whom_it_speaks() {
        check("WEBIRC pw gate host.example 192.0.2.7", Some(Ok(("pw", "192.0.2.7", 0, false))));
        check("WEBIRC pw gate h 0::1 :secure remote-port=4711", Some(Ok(("pw", "::1", 4711, true))));
        check("WEBIRC pw gate h 192.0.2.7 secure", Some(Ok(("pw", "192.0.2.7", 0, true))));
        check("WEBIRC pw gate h ::ffff:192.0.2.7", Some(Err(Disbelief::Malformed)));
        check("WEBIRC pw gate h 0::ffff:192.0.2.7 :x", Some(Ok(("pw", "192.0.2.7", 0, false))));
        check("WEBIRC pw gate h 192.0.2.7 :secure=later local-port=6697 wish", Some(Ok(("pw", "192.0.2.7", 0, true))));
        check("WEBIRC pw gate h 192.0.2.7 remote-port=99999 insecure", Some(Ok(("pw", "192.0.2.7", 0, false))));
        check("WEBIRC pw gate h host.example", Some(Err(Disbelief::Malformed)));
        check("WEBIRC pw", Some(Err(Disbelief::Malformed)));
        check("WEBIRC", Some(Err(Disbelief::Malformed)));
        check("NICK minji", None);
    }

    #[test]
    fn it_may_begin_in_one_way() {
        assert!(Webirc::may_begin(b"WEBIRC ") && Webirc::may_begin(b"WEBIRC pw gate"));
        assert!(!Webirc::may_begin(b"WEBIRC") && !Webirc::may_begin(b"WEBIRCS ") && !Webirc::may_begin(b"NICK "));
    }
}
