//! What ends a chat badly, and how a person is told: what happened, on what, and what can be done about it.
//!
//! The first line says what happened; a `hint:` line, where there is one, says what to do. In both languages.

mod tls;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use wire::Lang;

use crate::address::{Address, BadAddress};
use crate::fingerprint::Fingerprint;
use crate::tls::NotTls;

/// Why a chat ended badly. [`describe`](Error::describe) words it in a person's language; `Display` is in English.
#[derive(Debug)]
pub enum Error {
    /// The server's address makes no sense.
    Address(String, BadAddress),
    /// The server's name is not known.
    Unresolved(Address, io::Error),
    /// No address of the server took the connection: each that was tried, and why not.
    Unreachable(Address, Vec<(SocketAddr, io::Error)>),
    /// The file of known servers cannot be read.
    KnownHosts(PathBuf, io::Error),
    /// A text is no fingerprint.
    Fingerprint(String),
    /// A fingerprint is asked for, and plain TCP, which has none.
    FingerprintOfPlain(Address),
    /// The server speaks no TLS, and nothing else will do.
    NotTls {
        /// The server.
        address: Address,
        /// How that shows.
        how: NotTls,
        /// Whether it is known to have spoken it.
        known: bool,
    },
    /// The connection failed while the encryption was agreed on.
    Handshake(Address, io::Error),
    /// The server shows a certificate whose key it does not have.
    NoKey(Address),
    /// The encryption cannot be agreed on, for this reason.
    Tls(Address, String),
    /// The server shows another certificate than the one by which it is known.
    ChangedFingerprint {
        /// The server.
        address: Address,
        /// The certificates by which it is known.
        known: Vec<Fingerprint>,
        /// The one it shows.
        shown: Fingerprint,
        /// Whether the conversation is one of plain lines.
        lines: bool,
    },
    /// The server shows another certificate than the one that was to be accepted.
    OtherFingerprint {
        /// The server.
        address: Address,
        /// The one to be accepted.
        accepted: Fingerprint,
        /// The one it shows.
        shown: Fingerprint,
    },
    /// The server closed the connection before it answered the greeting.
    ClosedEarly(Address),
    /// The server does not speak as a hall does.
    NotAHall(Address),
    /// The server went away before it acknowledged everything; the messages that it may not have.
    Lost(Vec<String>),
    /// The hall refused this many of the things asked for.
    Refused(usize),
    /// There is no nickname, and nobody to ask for one.
    NoNick,
    /// The input held a nickname and nothing to say.
    NothingToSay(String),
    /// The terminal or the standard streams failed.
    Stdio(io::Error),
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(Lang::En))
    }
}

impl Error {
    /// What happened and what can be done, in one or more lines without a last newline.
    #[must_use]
    pub fn describe(&self, lang: Lang) -> String {
        match self {
            Self::Address(text, why) => bad_address(text, *why, lang),
            Self::Unresolved(address, why) => {
                let host = &address.host;
                let why = reason(why, lang);
                lang.pick(
                    format!("cannot find {host}: {why}\nhint: is the name spelled right? an address looks like localhost:55555 or [::1]:55555"),
                    format!("{host} 주소를 찾을 수 없습니다: {why}\n도움말: 이름을 확인하세요. 주소는 localhost:55555 또는 [::1]:55555 처럼 씁니다"),
                )
            }
            Self::Unreachable(address, tried) => unreachable(address, tried, lang),
            Self::KnownHosts(path, why) => tls::known_hosts(path, why, lang),
            Self::Fingerprint(text) => tls::bad_fingerprint(text, lang),
            Self::FingerprintOfPlain(address) => tls::fingerprint_of_plain(address, lang),
            Self::NotTls { address, how, known } => tls::not_tls(address, *how, *known, lang),
            Self::Handshake(address, why) => tls::failed(address, &reason(why, lang), lang),
            Self::NoKey(address) => tls::no_key(address, lang),
            Self::Tls(address, why) => tls::failed(address, why, lang),
            Self::ChangedFingerprint { address, known, shown, lines } => {
                tls::changed(address, known, shown, *lines, lang)
            }
            Self::OtherFingerprint { address, accepted, shown } => tls::other(address, accepted, shown, lang),
            Self::ClosedEarly(address) => lang.pick(
                format!("{address} closed the connection before the conversation began\nhint: if it is a simple chat server rather than a Maru hall, try --lines"),
                format!("{address} 서버가 대화를 시작하기 전에 연결을 닫았습니다\n도움말: 마루가 아니라 단순한 채팅 서버라면 --lines를 붙여 보세요"),
            ),
            Self::NotAHall(address) => lang.pick(
                format!("{address} does not answer as a Maru hall does\nhint: for a simple chat server that relays what it gets, use --lines"),
                format!("{address} 서버가 마루처럼 대답하지 않습니다\n도움말: 받은 것을 그대로 전하는 단순한 채팅 서버라면 --lines를 붙이세요"),
            ),
            Self::Lost(unacked) => lost(unacked, lang),
            Self::Refused(1) => lang.pick("the hall refused one thing it was asked for", "서버가 요청 하나를 거절했습니다").to_owned(),
            Self::Refused(n) => lang.pick(format!("the hall refused {n} things it was asked for"), format!("서버가 요청 {n}개를 거절했습니다")),
            Self::NoNick => lang.pick(
                "no nickname was given\nhint: use --nick NAME or MARU_NICK, or make the nickname the first line of the input",
                "닉네임이 없습니다\n도움말: --nick 이름 또는 MARU_NICK을 쓰거나, 입력의 첫 줄에 닉네임을 쓰세요",
            ).to_owned(),
            Self::NothingToSay(nick) => lang.pick(
                format!("nothing was sent: without --nick the first line of the input is the nickname ({nick:?}), and no other line came\nhint: --nick NAME makes every line a message"),
                format!("보낸 것이 없습니다. --nick 이 없으면 입력의 첫 줄이 닉네임인데({nick:?}), 그 뒤에 아무 줄도 없었습니다\n도움말: --nick 이름을 주면 모든 줄이 메시지가 됩니다"),
            ),
            Self::Stdio(why) => {
                let why = reason(why, lang);
                lang.pick(format!("the terminal failed: {why}"), format!("터미널 입출력에 실패했습니다: {why}"))
            }
        }
    }
}

fn bad_address(text: &str, why: BadAddress, lang: Lang) -> String {
    let why = match why {
        BadAddress::NoHost => lang.pick("there is no host in it", "호스트가 없습니다"),
        BadAddress::Port => lang.pick("a port is a number from 1 to 65535", "포트는 1에서 65535까지의 수입니다"),
        BadAddress::Brackets => lang.pick("brackets hold an IPv6 address", "대괄호 안에는 IPv6 주소를 씁니다"),
        BadAddress::Scheme => {
            lang.pick("before :// there is tls or tcp, or nothing", ":// 앞에는 tls나 tcp만 쓸 수 있습니다")
        }
        BadAddress::Host => lang.pick("a host holds no such characters", "호스트에 쓸 수 없는 글자가 있습니다"),
    };
    lang.pick(
        format!("{text:?} is no address: {why}\nhint: an address looks like localhost:55555, chat.example, [::1]:55555 or tls://chat.example"),
        format!("{text:?} 주소를 알아볼 수 없습니다: {why}\n도움말: 주소는 localhost:55555, chat.example, [::1]:55555, tls://chat.example 처럼 씁니다"),
    )
}

fn unreachable(address: &Address, tried: &[(SocketAddr, io::Error)], lang: Lang) -> String {
    let mut text = lang.pick(format!("cannot reach {address}"), format!("{address} 서버에 연결할 수 없습니다"));
    for (socket, why) in tried {
        text += &format!("\n  {socket}: {}", reason(why, lang));
    }
    text + lang.pick(
        "\nhint: is the server running? start one with `maru serve`, or name another: `maru chat HOST[:PORT]`",
        "\n도움말: 서버가 켜져 있나요? `maru serve`로 켜거나, 다른 서버를 적으세요: `maru chat 호스트[:포트]`",
    )
}

fn lost(unacked: &[String], lang: Lang) -> String {
    let mut text = match unacked.len() {
        0 => lang.pick("the server went away", "서버와 연결이 끊겼습니다").to_owned(),
        1 => lang.pick(
            "the server went away before it acknowledged one message; it may not have arrived:".to_owned(),
            "서버가 메시지 하나를 받았다고 확인하기 전에 연결이 끊겼습니다. 전해지지 않았을 수 있습니다:".to_owned(),
        ),
        n => lang.pick(
            format!("the server went away before it acknowledged {n} messages; they may not have arrived:"),
            format!("서버가 메시지 {n}개를 받았다고 확인하기 전에 연결이 끊겼습니다. 전해지지 않았을 수 있습니다:"),
        ),
    };
    for line in unacked {
        text += &format!("\n  {line}");
    }
    text
}

/// What the system says, in the person's language where it is one of the common cases.
pub(crate) fn reason(why: &io::Error, lang: Lang) -> String {
    use io::ErrorKind as Kind;
    let known = match why.kind() {
        Kind::ConnectionRefused => {
            ("connection refused: nothing listens there", "연결이 거절되었습니다. 듣고 있는 프로그램이 없습니다")
        }
        Kind::TimedOut | Kind::WouldBlock => ("no answer in time", "제때 대답이 없습니다"),
        Kind::HostUnreachable => ("the host cannot be reached", "호스트에 닿을 수 없습니다"),
        Kind::NetworkUnreachable => ("the network cannot be reached", "네트워크에 닿을 수 없습니다"),
        Kind::ConnectionReset | Kind::BrokenPipe => ("the connection was cut", "연결이 끊어졌습니다"),
        Kind::ConnectionAborted => ("the connection was aborted", "연결이 중단되었습니다"),
        Kind::UnexpectedEof => ("the server closed the connection", "서버가 연결을 닫았습니다"),
        Kind::InvalidData => {
            ("what came is damaged or not what it should be", "받은 내용이 깨졌거나 올바르지 않습니다")
        }
        Kind::PermissionDenied => ("permission denied", "권한이 없습니다"),
        Kind::ReadOnlyFilesystem => ("the file system is read-only", "읽기 전용 파일 시스템입니다"),
        Kind::FileTooLarge => ("the file is too large", "파일이 너무 큽니다"),
        Kind::AddrNotAvailable => ("this machine has no such address", "이 컴퓨터에서 쓸 수 없는 주소입니다"),
        _ => return why.to_string(),
    };
    lang.pick(known.0, known.1).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_server_is_told_by_each_address_and_a_hint() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let address: Address = "localhost:7".parse().unwrap();
        let tried = vec![("[::1]:7".parse().unwrap(), refused()), ("127.0.0.1:7".parse().unwrap(), refused())];
        let error = Error::Unreachable(address, tried);
        let lines: Vec<String> = error.describe(Lang::En).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "cannot reach localhost:7");
        assert_eq!(lines[1], "  [::1]:7: connection refused: nothing listens there");
        assert!(lines[2].starts_with("  127.0.0.1:7: ") && lines[3].starts_with("hint: "));
        assert!(error.describe(Lang::Ko).contains("`maru serve`"));
    }
}
