//! The words for encrypted connections that did not come about.

use std::io;
use std::path::Path;

use wire::Lang;

use super::reason;
use crate::address::Address;
use crate::fingerprint::Fingerprint;
use crate::tls::NotTls;

pub(super) fn bad_fingerprint(text: &str, lang: Lang) -> String {
    lang.pick(
        format!("{text:?} is no fingerprint\nhint: it looks like sha256: and 64 digits and letters from a to f"),
        format!("{text:?} 지문을 알아볼 수 없습니다\n도움말: sha256: 뒤에 숫자와 a~f 글자 64개를 씁니다"),
    )
}

pub(super) fn fingerprint_of_plain(address: &Address, lang: Lang) -> String {
    lang.pick(
        format!("a plain connection has no fingerprint: tcp://{address}\nhint: leave out tcp:// or --accept-fingerprint"),
        format!("암호화하지 않은 연결에는 지문이 없습니다: tcp://{address}\n도움말: tcp://와 --accept-fingerprint 가운데 하나를 빼세요"),
    )
}

pub(super) fn failed(address: &Address, why: &str, lang: Lang) -> String {
    lang.pick(
        format!("no encrypted connection to {address}: {why}"),
        format!("{address} 서버와 암호화된 연결을 맺지 못했습니다: {why}"),
    )
}

pub(super) fn no_key(address: &Address, lang: Lang) -> String {
    lang.pick(
        format!("what answers at {address} does not have the key of the certificate that it shows; nothing was sent\nhint: somebody may stand between you and the server; ask whoever runs it"),
        format!("{address} 주소에서 대답하는 쪽이 자기가 보인 인증서의 열쇠를 갖고 있지 않습니다. 아무것도 보내지 않았습니다\n도움말: 누군가 중간에 있을 수 있습니다. 서버를 운영하는 사람에게 물어보세요"),
    )
}

pub(super) fn other(address: &Address, accepted: &Fingerprint, shown: &Fingerprint, lang: Lang) -> String {
    lang.pick(
        format!("{address} does not show the certificate that was to be accepted; nothing was sent\n  asked for: {accepted}\n  shown:     {shown}\nhint: ask whoever runs the server for its fingerprint"),
        format!("{address} 서버가 받아들이려던 인증서를 보이지 않습니다. 아무것도 보내지 않았습니다\n  요청한 지문: {accepted}\n  지금 지문:   {shown}\n도움말: 서버를 운영하는 사람에게 지문을 물어보세요"),
    )
}

pub(super) fn known_hosts(path: &Path, why: &io::Error, lang: Lang) -> String {
    let (path, why) = (path.display(), reason(why, lang));
    lang.pick(
        format!("cannot read {path}, where the servers are by whose certificates they are known: {why}\nhint: mend it or move it away; then no server is known any more"),
        format!("서버들의 인증서 지문을 적어 둔 {path} 파일을 읽을 수 없습니다: {why}\n도움말: 파일을 고치거나 다른 곳으로 옮기세요. 옮기면 아는 서버가 없어집니다"),
    )
}

pub(super) fn not_tls(address: &Address, how: NotTls, known: bool, lang: Lang) -> String {
    let how = match how {
        NotTls::Answer => lang.pick("it answers with something else", "다른 방식으로 대답합니다"),
        NotTls::Refusal => lang.pick("it refuses it", "거절합니다"),
        NotTls::Closed => lang.pick("it closes the connection", "연결을 닫습니다"),
        NotTls::Silent => lang.pick("it says nothing", "대답이 없습니다"),
    };
    match known {
        true => lang.pick(
            format!("{address} used to speak TLS and does not now ({how}); nothing was sent, as others could read it\nhint: ask whoever runs the server; to talk unencrypted all the same: `maru chat tcp://{address}`"),
            format!("{address} 서버는 전에 TLS로 암호화했는데 지금은 하지 않습니다({how}). 남이 읽을 수 있어 아무것도 보내지 않았습니다\n도움말: 서버를 운영하는 사람에게 물어보세요. 그래도 암호화 없이 이야기하려면: `maru chat tcp://{address}`"),
        ),
        false => lang.pick(
            format!("{address} speaks no TLS: {how}\nhint: to talk unencrypted: `maru chat tcp://{address}`"),
            format!("{address} 서버는 TLS를 쓰지 않습니다: {how}\n도움말: 암호화 없이 이야기하려면: `maru chat tcp://{address}`"),
        ),
    }
}

pub(super) fn changed(
    address: &Address,
    known: &[Fingerprint],
    shown: &Fingerprint,
    lines: bool,
    lang: Lang,
) -> String {
    let mut text = lang.pick(
        format!("WARNING: {address} does not show the certificate by which it is known; nothing was sent"),
        format!("경고: {address} 서버의 인증서가 전과 다릅니다. 아무것도 보내지 않았습니다"),
    );
    for known in known {
        text += &lang.pick(format!("\n  known: {known}"), format!("\n  전의 지문: {known}"));
    }
    text += &lang.pick(
        format!("\n  shown: {shown}\nEither the server has a new certificate, or somebody stands between you and it, to read and change what is said."),
        format!("\n  지금 지문: {shown}\n서버가 인증서를 새로 만들었거나, 누군가 중간에서 대화를 읽고 바꾸려는 것입니다."),
    );
    let command = format!("maru chat {address}{} --accept-fingerprint {shown}", if lines { " --lines" } else { "" });
    text + &lang.pick(
        format!("\nhint: ask whoever runs the server for its fingerprint; if it is the one shown: `{command}`"),
        format!("\n도움말: 서버를 운영하는 사람에게 지문을 물어보고, 지금 지문과 같으면: `{command}`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn a_changed_certificate_is_told_with_both_fingerprints_and_the_command_that_accepts_it() {
        let (known, shown) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        let address: Address = "tls://chat.example".parse().unwrap();
        for lines in [false, true] {
            let changed = Error::ChangedFingerprint { address: address.clone(), known: vec![known], shown, lines };
            let flag = if lines { " --lines" } else { "" };
            let command = format!("`maru chat chat.example:55555{flag} --accept-fingerprint {shown}`");
            for (lang, warning) in [(Lang::En, "WARNING: "), (Lang::Ko, "경고: ")] {
                let text = changed.describe(lang);
                assert!(text.starts_with(warning) && text.ends_with(&command), "{text}");
                assert!(text.contains(&known.to_string()) && text.lines().count() == 5, "{text}");
            }
        }
    }

    #[test]
    fn a_server_that_stopped_speaking_tls_is_told_apart_from_one_that_never_did() {
        let error = |known| Error::NotTls { address: "a".parse().unwrap(), how: NotTls::Closed, known };
        assert!(error(true).describe(Lang::En).starts_with("a:55555 used to speak TLS and does not now"));
        assert!(error(false).describe(Lang::En).starts_with("a:55555 speaks no TLS: it closes the connection"));
        for known in [true, false] {
            assert!(error(known).describe(Lang::Ko).ends_with("`maru chat tcp://a:55555`"));
        }
    }
}
