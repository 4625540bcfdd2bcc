//! Turning a client away in its own dialect, before or without a conversation.

use crate::lines::{Codec, Said, Style};
use crate::{Dialect, Lang};

/// Why a connection is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There are too many connections, of all addresses together.
    Full,
    /// There are too many connections from this address.
    Crowded,
    /// Maru does not speak this dialect.
    Unspoken,
    /// The sender is not trusted to speak for others (PROXY).
    Untrusted,
    /// Only those who come in TLS are let in.
    TlsOnly,
    /// The first bytes came too slowly to tell the dialect.
    Slow,
    /// There were too many connections from this address in the last minute.
    TooOften,
    /// This address is kept out.
    Barred,
}

/// The bytes to send before closing. None where the dialect has no way to say it.
#[must_use]
pub fn refusal(dialect: Dialect, why: Why, lang: Lang, codec: &Codec) -> Vec<u8> {
    match dialect {
        Dialect::Lines => {
            let said = if why == Why::TlsOnly { Said::TlsOnly } else { Said::TurnedAway(reason(why, lang)) };
            said.lines(Style { lang, ..Style::default() }, codec)
        }
        // RFC 2812, 3.7.4: the reason goes behind the colon.
        Dialect::Irc => format!("ERROR :{}\r\n", reason(why, lang)).into_bytes(),
        Dialect::Http => {
            let body = format!("{}\n", reason(why, lang));
            let head = match why {
                // RFC 9110, 15.5.22.
                Why::TlsOnly => "426 Upgrade Required\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade, close",
                // RFC 9110, 15.6.4.
                _ => "503 Service Unavailable\r\nRetry-After: 30\r\nConnection: close",
            };
            let type_and_length = format!("Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}", body.len());
            format!("HTTP/1.1 {head}\r\n{type_and_length}\r\n\r\n{body}").into_bytes()
        }
        // RFC 8446, 6: a fatal alert, handshake_failure (40) or, when full, internal_error (80).
        Dialect::Tls => vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, if why == Why::Unspoken { 40 } else { 80 }],
        // RFC 4253, 4.2: lines before the version string are for people to read.
        Dialect::Ssh => format!("{}\r\n", reason(why, lang)).into_bytes(),
        Dialect::Proxy => Vec::new(),
    }
}

pub(crate) fn reason(why: Why, lang: Lang) -> &'static str {
    match why {
        Why::Full => lang.pick("the hall is full; try again later", "사람이 가득 찼습니다. 잠시 뒤에 다시 오세요"),
        Why::Crowded => lang.pick("too many connections from your address", "같은 주소에서 온 연결이 너무 많습니다"),
        Why::Unspoken => lang.pick(
            "this is not spoken here; come in with an IRC client, `nc`, `telnet` or `maru chat`",
            "이 방식으로는 들어올 수 없습니다. IRC 클라이언트나 `nc`, `telnet`, `maru chat`으로 들어오세요",
        ),
        Why::Untrusted => lang.pick("this address may not speak for others", "다른 주소를 대신할 수 없는 주소입니다"),
        Why::TlsOnly => lang.pick(
            "this server takes TLS only; come in with `maru chat` or another client that speaks it",
            "이 서버에는 TLS로만 들어올 수 있습니다. `maru chat`처럼 TLS를 쓰는 프로그램으로 들어오세요",
        ),
        Why::TooOften => lang.pick(
            "too many connections from your address in the last minute; try again later",
            "같은 주소에서 너무 자주 연결했습니다. 잠시 뒤에 다시 오세요",
        ),
        Why::Barred => lang.pick("your address is kept out", "출입이 막힌 주소입니다"),
        Why::Slow => lang.pick("the first bytes came too slowly", "첫 바이트가 너무 늦게 왔습니다"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_is_refused_in_its_own_words() {
        let check = |dialect, why, expect: &[u8]| {
            let bytes = refusal(dialect, why, Lang::En, &Codec::default());
            assert!(bytes.starts_with(expect), "{dialect:?} {:?}", bytes.escape_ascii().to_string());
        };
        check(Dialect::Lines, Why::Crowded, b"! too many connections");
        check(Dialect::Irc, Why::Full, b"ERROR :the hall is full");
        check(Dialect::Http, Why::Full, b"HTTP/1.1 503 ");
        check(Dialect::Http, Why::TlsOnly, b"HTTP/1.1 426 ");
        check(Dialect::Lines, Why::TlsOnly, b"! this server takes TLS only");
        check(Dialect::Tls, Why::Unspoken, &[0x15, 3, 1, 0, 2, 2, 40]);
        check(Dialect::Ssh, Why::Unspoken, b"this is not spoken");
    }
}
