//! The words for what keeps a server from starting: its configuration file, its data directory, its addresses.
//!
//! Each message names what it is about, and each hint can be typed as it stands: it holds the very flag, with a value
//! that has a chance.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use wire::Lang;

use super::{Said, hint, reason};

/// A configuration file that cannot be read.
pub(super) fn file(path: &Path, source: &io::Error, lang: Lang) -> Said {
    let (path, why) = (path.display(), reason(source, lang));
    (
        lang.pick(
            format!("can't read the configuration {path}: {why}"),
            format!("설정 파일을 읽을 수 없습니다: {path} ({why})"),
        ),
        hint(
            lang,
            "`maru config print > FILE` makes one to start from",
            "`maru config print > 파일`로 기본 설정 파일을 만들 수 있습니다",
        ),
    )
}

/// A configuration file in some other encoding.
pub(super) fn file_not_utf8(path: &Path, lang: Lang) -> Said {
    let path = path.display();
    (
        lang.pick(format!("the configuration {path} is not UTF-8"), format!("설정 파일이 UTF-8이 아닙니다: {path}")),
        hint(lang, "save it as UTF-8", "UTF-8로 다시 저장하세요"),
    )
}

/// A certificate without its key, or a key without its certificate.
pub(super) fn half_of_tls(given: &str, missing: &str, lang: Lang) -> Said {
    (
        lang.pick(
            format!("`{given}` is set and `{missing}` is not"),
            format!("`{given}` 항목만 있고 `{missing}` 항목이 없습니다"),
        ),
        hint(
            lang,
            "set both, or neither: then the server has a certificate of its own",
            "둘 다 적거나 둘 다 비우세요. 비우면 서버가 스스로 만든 인증서를 씁니다",
        ),
    )
}

/// Nowhere to keep the data.
pub(super) fn no_data_dir(lang: Lang) -> Said {
    (
        lang.pick("there is no home directory to keep the data in", "자료를 둘 홈 폴더를 알 수 없습니다").to_owned(),
        hint(lang, "say where: `--data-dir DIR` or MARU_DATA_DIR", "`--data-dir 폴더`나 MARU_DATA_DIR로 정해 주세요"),
    )
}

/// What the server itself says.
pub(super) fn server(error: &server::Error, lang: Lang) -> Said {
    use server::Error as E;
    match error {
        E::AddressInUse { addr } => in_use(*addr, lang),
        E::PortPrivileged { addr } => privileged(*addr, lang),
        E::AddressUnavailable { addr } => unavailable(*addr, lang),
        E::Listen { addr, source } => {
            let why = reason(source, lang);
            let message = lang.pick(
                format!("can't listen on {addr}: {why}"),
                format!("연결을 받을 수 없는 주소입니다: {addr} ({why})"),
            );
            (
                message,
                hint(lang, "choose another with `--listen ADDR:PORT`", "`--listen 주소:포트`로 다른 주소를 고르세요"),
            )
        }
        E::DataDir { path, source } => data_dir(path, source, lang),
        E::DataDirBusy { path } => {
            let path = path.display();
            let message = lang.pick(
                format!("another server uses the data directory {path}"),
                format!("다른 서버가 쓰고 있는 자료 폴더입니다: {path}"),
            );
            (
                message,
                hint(
                    lang,
                    "stop that one first, or give this one its own: `--data-dir DIR`",
                    "그 서버를 먼저 멈추거나 다른 폴더를 정해 주세요: `--data-dir 폴더`",
                ),
            )
        }
        E::LocalSocket { path, source } => {
            let (path, why) = (path.display(), reason(source, lang));
            let message = lang.pick(
                format!("can't listen on {path}: {why}"),
                format!("연결을 받을 수 없는 소켓입니다: {path} ({why})"),
            );
            (
                message,
                hint(
                    lang,
                    "a path of more than about 100 bytes is too long for a socket: choose a shorter `--data-dir DIR`",
                    "경로가 100바이트쯤을 넘으면 소켓을 만들 수 없습니다. 더 짧은 `--data-dir 폴더`를 정해 주세요",
                ),
            )
        }
        E::Certificate(error) => certificate(error, lang),
        E::Ledger(error) => super::ledger::error(error, lang),
        E::Charset { label } => (
            lang.pick(format!("there is no charset `{label}`"), format!("없는 문자 집합입니다: `{label}`")),
            hint(lang, "`legacy_charset` is `euc-kr` by default", "`legacy_charset`의 기본값은 `euc-kr`입니다"),
        ),
        E::Io(source) => (reason(source, lang), None),
    }
}

fn certificate(error: &server::CertificateError, lang: Lang) -> Said {
    use server::CertificateError as E;
    let pem = || {
        hint(
            lang,
            "`tls.certificate` and `tls.key` are files in PEM, the key without a password",
            "`tls.certificate`와 `tls.key`는 PEM 파일이어야 하고, 키에는 비밀번호가 없어야 합니다",
        )
    };
    match error {
        E::Read { path, source } => super::store::read(path, &reason(source, lang), lang),
        E::Write { path, source } => super::store::write(path, &reason(source, lang), lang),
        E::NoCertificate { path } => {
            let path = path.display();
            let message = lang.pick(
                format!("there is no certificate in {path}"),
                format!("인증서가 들어 있지 않은 파일입니다: {path}"),
            );
            (message, pem())
        }
        E::NoKey { path } => {
            let path = path.display();
            let message = lang.pick(
                format!("there is no private key in {path}"),
                format!("개인 키가 들어 있지 않은 파일입니다: {path}"),
            );
            (message, pem())
        }
        E::Mismatch { certificate, key } => {
            let (certificate, key) = (certificate.display(), key.display());
            let message = lang.pick(
                format!("the key in {key} is not that of the certificate in {certificate}"),
                format!("인증서와 키가 서로 맞지 않습니다: {certificate}, {key}"),
            );
            let own_first = hint(
                lang,
                "in a chain, the server's own certificate comes first",
                "인증서가 여럿이면 서버의 인증서가 맨 앞에 와야 합니다",
            );
            (message, own_first)
        }
        E::Unusable { path, why } => {
            let path = path.display();
            let message = lang
                .pick(format!("{path} can't be used: {why}"), format!("쓸 수 없는 인증서나 키입니다: {path} ({why})"));
            (message, pem())
        }
    }
}

fn in_use(addr: SocketAddr, lang: Lang) -> Said {
    let other = SocketAddr::new(addr.ip(), addr.port().checked_add(1).unwrap_or(server::PORT));
    (
        lang.pick(format!("{addr} is in use"), format!("이미 쓰이고 있는 주소입니다: {addr}")),
        Some(lang.pick(
            format!("is another maru running? Choose another port: `--listen {other}`"),
            format!("마루가 이미 실행 중인가요? 다른 포트를 고를 수도 있습니다: `--listen {other}`"),
        )),
    )
}

fn privileged(addr: SocketAddr, lang: Lang) -> Said {
    let other = SocketAddr::new(addr.ip(), server::PORT);
    (
        lang.pick(format!("no permission to listen on {addr}"), format!("연결을 받을 권한이 없는 주소입니다: {addr}")),
        Some(lang.pick(
            format!("ports below 1024 are for privileged programs; choose a higher one: `--listen {other}`"),
            format!("1024보다 낮은 포트를 쓰려면 권한이 필요합니다. 더 높은 포트를 고르세요: `--listen {other}`"),
        )),
    )
}

fn unavailable(addr: SocketAddr, lang: Lang) -> Said {
    let ip = addr.ip();
    let all = SocketAddr::new(unspecified(addr), addr.port());
    (
        lang.pick(format!("this host has no address {ip}"), format!("이 컴퓨터에 없는 주소입니다: {ip}")),
        Some(lang.pick(
            format!("`--listen {all}` listens on every address of this host"),
            format!("`--listen {all}`이면 이 컴퓨터의 모든 주소에서 받습니다"),
        )),
    )
}

fn unspecified(addr: SocketAddr) -> std::net::IpAddr {
    use std::net::{Ipv4Addr, Ipv6Addr};
    if addr.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

fn data_dir(path: &Path, source: &io::Error, lang: Lang) -> Said {
    let (path, why) = (path.display(), reason(source, lang));
    (
        lang.pick(
            format!("can't write to the data directory {path}: {why}"),
            format!("자료 폴더에 쓸 수 없습니다: {path} ({why})"),
        ),
        hint(
            lang,
            "choose one that this user may write to: `--data-dir DIR`",
            "쓸 수 있는 폴더를 정해 주세요: `--data-dir 폴더`",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in both languages.
    fn check(error: &server::Error, en: (&str, &str), ko: (&str, &str)) {
        for (lang, (message, hint)) in [(Lang::En, en), (Lang::Ko, ko)] {
            assert_eq!(server(error, lang), (message.to_owned(), Some(hint.to_owned())));
        }
    }

    #[test]
    fn a_server_that_cannot_listen_says_why() {
        let addr: SocketAddr = "0.0.0.0:80".parse().unwrap();
        check(
            &server::Error::PortPrivileged { addr },
            (
                "no permission to listen on 0.0.0.0:80",
                "ports below 1024 are for privileged programs; choose a higher one: `--listen 0.0.0.0:55555`",
            ),
            (
                "연결을 받을 권한이 없는 주소입니다: 0.0.0.0:80",
                "1024보다 낮은 포트를 쓰려면 권한이 필요합니다. 더 높은 포트를 고르세요: `--listen 0.0.0.0:55555`",
            ),
        );
        check(
            &server::Error::AddressUnavailable { addr: "[2001:db8::1]:7000".parse().unwrap() },
            ("this host has no address 2001:db8::1", "`--listen [::]:7000` listens on every address of this host"),
            ("이 컴퓨터에 없는 주소입니다: 2001:db8::1", "`--listen [::]:7000`이면 이 컴퓨터의 모든 주소에서 받습니다"),
        );
        check(
            &server::Error::Listen { addr, source: io::ErrorKind::OutOfMemory.into() },
            ("can't listen on 0.0.0.0:80: out of memory", "choose another with `--listen ADDR:PORT`"),
            (
                "연결을 받을 수 없는 주소입니다: 0.0.0.0:80 (out of memory)",
                "`--listen 주소:포트`로 다른 주소를 고르세요",
            ),
        );
    }

    #[test]
    fn a_server_without_its_data_directory_says_why() {
        check(
            &server::Error::DataDir { path: "/data".into(), source: io::ErrorKind::ReadOnlyFilesystem.into() },
            (
                "can't write to the data directory /data: the file system is read-only",
                "choose one that this user may write to: `--data-dir DIR`",
            ),
            (
                "자료 폴더에 쓸 수 없습니다: /data (읽기 전용 파일 시스템입니다)",
                "쓸 수 있는 폴더를 정해 주세요: `--data-dir 폴더`",
            ),
        );
        check(
            &server::Error::Charset { label: "klingon".into() },
            ("there is no charset `klingon`", "`legacy_charset` is `euc-kr` by default"),
            ("없는 문자 집합입니다: `klingon`", "`legacy_charset`의 기본값은 `euc-kr`입니다"),
        );
    }
    #[test]
    fn a_certificate_that_will_not_do_is_told_with_its_file() {
        use server::CertificateError as C;
        check(
            &C::NoKey { path: "/etc/key.pem".into() }.into(),
            (
                "there is no private key in /etc/key.pem",
                "`tls.certificate` and `tls.key` are files in PEM, the key without a password",
            ),
            (
                "개인 키가 들어 있지 않은 파일입니다: /etc/key.pem",
                "`tls.certificate`와 `tls.key`는 PEM 파일이어야 하고, 키에는 비밀번호가 없어야 합니다",
            ),
        );
        check(
            &C::Mismatch { certificate: "/etc/chain.pem".into(), key: "/etc/key.pem".into() }.into(),
            (
                "the key in /etc/key.pem is not that of the certificate in /etc/chain.pem",
                "in a chain, the server's own certificate comes first",
            ),
            (
                "인증서와 키가 서로 맞지 않습니다: /etc/chain.pem, /etc/key.pem",
                "인증서가 여럿이면 서버의 인증서가 맨 앞에 와야 합니다",
            ),
        );
    }
}
