//! The table of everything that can be configured. One line a key: its name, what it takes, what it is for.
//!
//! Reading the file, the variables and the flags, checking, suggesting and printing all follow from this table, so that a
//! key cannot be known to one of them and not to another. Names carry their unit last.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use server::{Networks, Settings};

/// A key of the configuration.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name in the file, with its table's in front: `limits.line_bytes`.
    pub(crate) name: &'static str,
    /// What it takes, and where that goes.
    pub(crate) kind: Kind,
    en: &'static str,
    ko: &'static str,
}

/// What a key takes.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Addresses with ports.
    Listen,
    /// A directory.
    DataDir,
    /// A language of the house.
    Language,
    /// A charset's label.
    Charset,
    /// The form of the log.
    LogFormat,
    /// What is logged: a level, or a filter with levels for parts of the program.
    LogLevel,
    /// What committed entries survive.
    Durability,
    /// What guests may do.
    Guests,
    /// Who makes accounts.
    Registration,
    /// What everybody is asked for first.
    Password,
    /// Whether the limits of single connections and addresses hold.
    Limits,
    /// A text of one line, or of several, up to so many characters; one that may be empty, or one that is a word.
    Text(usize, bool, fn(&mut Settings) -> &mut String),
    /// A file, or none.
    File(fn(&mut Settings) -> &mut Option<PathBuf>),
    /// On or off.
    Switch(fn(&mut Settings) -> &mut bool),
    /// Gateways of IRC: networks, each with its password.
    Gateways,
    /// Networks.
    Networks(fn(&mut Settings) -> &mut Networks),
    /// A whole number within bounds and, where the field can be without one, `off`.
    Number(RangeInclusive<u64>, fn(&mut Settings) -> Field<'_>),
}

/// A place for a number.
#[derive(Debug)]
pub(crate) enum Field<'a> {
    /// A size or count.
    Size(&'a mut usize),
    /// A time.
    Time(&'a mut u64),
    /// A rate.
    Rate(&'a mut u32),
    /// A size or count that may be unlimited.
    SizeOrOff(&'a mut Option<usize>),
    /// A rate that may be unlimited.
    RateOrOff(&'a mut Option<u32>),
    /// An amount that may be unlimited.
    AmountOrOff(&'a mut Option<u64>),
}

impl Field<'_> {
    /// The number in it; none when it is off.
    pub(crate) fn get(&self) -> Option<u64> {
        match self {
            Self::Size(n) => Some(**n as u64),
            Self::Time(n) => Some(**n),
            Self::Rate(n) => Some(u64::from(**n)),
            Self::SizeOrOff(n) => n.map(|n| n as u64),
            Self::RateOrOff(n) => n.map(u64::from),
            Self::AmountOrOff(n) => **n,
        }
    }

    /// Puts a number that the key's bounds allow into it, or turns it off. Whether it could.
    pub(crate) fn set(self, number: Option<u64>) -> bool {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let rate = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        match (self, number) {
            (Self::Size(to), Some(n)) => *to = size(n),
            (Self::Time(to), Some(n)) => *to = n,
            (Self::Rate(to), Some(n)) => *to = rate(n),
            (Self::SizeOrOff(to), n) => *to = n.map(size),
            (Self::RateOrOff(to), n) => *to = n.map(rate),
            (Self::AmountOrOff(to), n) => *to = n,
            (_, None) => return false,
        }
        true
    }

    /// Whether it can be turned off.
    pub(crate) fn can_be_off(&self) -> bool {
        matches!(self, Self::SizeOrOff(_) | Self::RateOrOff(_) | Self::AmountOrOff(_))
    }
}

impl Key {
    /// What it is for.
    pub(crate) fn doc(&self, lang: wire::Lang) -> &'static str {
        lang.pick(self.en, self.ko)
    }

    /// The environment variable that sets it.
    pub(crate) fn variable(&self) -> String {
        match self.kind {
            // The variable that filters the log of a Rust program is named after the program.
            Kind::LogLevel => "MARU_LOG".to_owned(),
            _ => format!("MARU_{}", self.name.replace('.', "_").to_uppercase()),
        }
    }

    /// The flag of `maru serve` that sets it.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Listen => Some("--listen"),
            Kind::DataDir => Some("--data-dir"),
            Kind::Limits => Some("--limits"),
            _ => None,
        }
    }

    /// The key of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    const fn new(name: &'static str, kind: Kind, en: &'static str, ko: &'static str) -> Self {
        Self { name, kind, en, ko }
    }

    const fn limit(
        name: &'static str,
        bounds: RangeInclusive<u64>,
        field: fn(&mut Settings) -> Field<'_>,
        en: &'static str,
        ko: &'static str,
    ) -> Self {
        Self { name, kind: Kind::Number(bounds, field), en, ko }
    }
}

use Field::{AmountOrOff, Rate, RateOrOff, Size, SizeOrOff, Time};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// Every key, table by table, in the order in which they are printed.
#[rustfmt::skip] // One line a key, where that fits.
pub(crate) static KEYS: &[Key] = &[
    Key::new("listen", Kind::Listen,
        "Addresses to listen on, each with its port. Port 0 takes a free one.",
        "연결을 기다릴 주소와 포트. 포트 0은 비어 있는 포트를 뜻합니다."),
    Key::new("data_dir", Kind::DataDir,
        "Where the hall keeps its data; made if it is missing.",
        "자료를 두는 폴더. 없으면 만듭니다."),
    Key::new("language", Kind::Language,
        "The language for those who have not chosen one: \"en\" or \"ko\". By default that of the locale.",
        "언어를 고르지 않은 사람에게 쓸 언어: \"ko\" 또는 \"en\". 정하지 않으면 로캘을 따릅니다."),
    Key::new("legacy_charset", Kind::Charset,
        "The charset in which bytes that are no UTF-8 are read.",
        "UTF-8이 아닌 바이트를 읽을 때 쓰는 문자 집합."),
    Key::new("durability", Kind::Durability,
        "What messages survive: \"disk\" a power cut, \"process\" the end of the server alone, \"memory\" nothing.",
        "메시지가 견디는 것: \"disk\"는 정전까지, \"process\"는 서버가 죽는 것까지, \"memory\"는 남기지 않습니다."),

    Key::new("guests", Kind::Guests,
        "What those may do who have no account: \"welcome\", \"read-only\" (listen and look) or \"refused\" (make one).",
        "계정이 없는 손님이 할 수 있는 일: \"welcome\"은 모두, \"read-only\"는 듣고 보기만, \"refused\"는 계정 만들기만."),
    Key::new("registration", Kind::Registration,
        "Who makes accounts: \"open\", everybody their own; or \"closed\", admins alone.",
        "계정을 만드는 사람: \"open\"은 누구나 자기 것을, \"closed\"는 관리자만."),
    Key::new("password", Kind::Password,
        "A password that everybody is asked for before they come in; \"off\" asks for none.",
        "들어오기 전에 누구에게나 묻는 암호. \"off\"면 묻지 않습니다."),

    Key::limit("retention.days", 1..=100_000, |s| AmountOrOff(&mut s.retention.days),
        "Days for which messages are kept; \"off\" keeps them for ever.",
        "메시지를 보관하는 날수. \"off\"면 지우지 않습니다."),
    Key::limit("retention.room_bytes", 64 * KIB..=1024 * GIB, |s| AmountOrOff(&mut s.retention.room_bytes),
        "Bytes kept of each room and each direct conversation, the latest; \"off\" keeps all.",
        "방마다, 일대일 대화마다 보관하는 바이트 수. 오래된 것부터 지웁니다. \"off\"면 지우지 않습니다."),

    Key::new("tls.certificate", Kind::File(|s| &mut s.tls.certificate),
        "A file with the certificate and its issuers (PEM). Empty: one of the server's own, in the data directory.",
        "인증서와 상위 인증서가 든 PEM 파일. 비워 두면 자료 폴더에 스스로 만든 인증서를 씁니다."),
    Key::new("tls.key", Kind::File(|s| &mut s.tls.key),
        "A file with the certificate's private key (PEM).",
        "그 인증서의 개인 키가 든 PEM 파일."),
    Key::new("tls.only", Kind::Switch(|s| &mut s.tls.only),
        "Whether only those who come in TLS are let in.",
        "TLS로 들어오는 사람만 받을지."),
    Key::new("tls.plain_networks", Kind::Networks(|s| &mut s.tls.plain_networks),
        "Networks from which one may come without TLS all the same.",
        "그래도 TLS 없이 들어올 수 있는 네트워크."),

    Key::new("tls.sts", Kind::Switch(|s| &mut s.tls.sts),
        "Whether IRC clients are told to come in TLS from now on (STS). Only with a certificate that they trust.",
        "IRC 클라이언트에게 앞으로 TLS로만 오라고 알릴지(STS). 클라이언트가 믿는 인증서가 있을 때만 켜세요."),

    Key::new("irc.server_name", Kind::Text(63, true, |s| &mut s.irc.server_name),
        "What the server is called in IRC.",
        "IRC에서 쓰는 서버의 이름."),
    Key::new("irc.network", Kind::Text(30, true, |s| &mut s.irc.network),
        "What the hall is called in IRC.",
        "IRC에서 쓰는 네트워크의 이름."),
    Key::new("irc.motd", Kind::Text(10_000, false, |s| &mut s.irc.motd),
        "The message of the day, which IRC clients are shown when they come. It may have several lines.",
        "IRC 클라이언트가 들어올 때 보여 주는 오늘의 말. 여러 줄이어도 됩니다."),
    Key::new("irc.admin", Kind::Text(300, false, |s| &mut s.irc.admin),
        "Whom to turn to, as /admin tells it.",
        "/admin에서 알려 주는, 관리자에게 연락하는 방법."),
    Key::new("irc.gateways", Kind::Gateways,
        "Gateways that may say for whom they speak (WEBIRC), such as \"192.0.2.7 PASSWORD\"; or its hash, as sha256:HASH.",
        "누구를 대신하는지 밝히는 게이트웨이(WEBIRC): \"192.0.2.7 암호\". 암호 대신 해시를 sha256:HASH로 써도 됩니다."),

    Key::new("proxy.trusted", Kind::Networks(|s| &mut s.proxies),
        "Proxies that say for whom they speak (PROXY protocol). Whoever is silent there is greeted after handshake_ms.",
        "누구를 대신하는지 밝히는 프록시(PROXY 프로토콜). 여기서 말없이 들어온 사람은 handshake_ms 뒤에 맞이합니다."),

    Key::new("log.format", Kind::LogFormat,
        "The form of the log on standard error: \"text\" or \"json\".",
        "표준 오류로 내보내는 로그의 형식: \"text\" 또는 \"json\"."),
    Key::new("log.level", Kind::LogLevel,
        "What is logged: error, warn, info, debug or trace; for one part of the program, such as \"info,server=debug\".",
        "로그 수준: error, warn, info, debug, trace. \"info,server=debug\"처럼 부분마다 달리 정할 수도 있습니다."),

    Key::new("limits", Kind::Limits,
        "limits = \"off\" at the top of the file, in place of this table, lifts every limit on a single connection or address.",
        "이 표 대신 파일 맨 위에 limits = \"off\"라고 쓰면 연결 하나, 주소 하나에 대한 제한을 모두 풉니다."),
    Key::limit("limits.line_bytes", 512..=MIB, |s| Size(&mut s.wire.line_bytes),
        "Longest line, in bytes of UTF-8. A longer one is refused and dropped to its end.",
        "한 줄의 최대 길이(UTF-8 바이트). 더 긴 줄은 거절하고 끝까지 버립니다."),
    Key::limit("limits.pause_ms", 1..=10_000, |s| Time(&mut s.wire.pause_ms),
        "Silence that ends a message sent without a newline.",
        "줄바꿈 없이 보낸 메시지가 끝났다고 보는 침묵의 길이."),
    Key::limit("limits.connections", 1..=10_000_000, |s| SizeOrOff(&mut s.gate.connections),
        "Connections at one time, of all addresses together.",
        "동시에 받는 연결의 수(모든 주소를 합하여)."),
    Key::limit("limits.connections_per_address", 1..=10_000_000, |s| SizeOrOff(&mut s.gate.connections_per_address),
        "Connections at one time from one address.",
        "한 주소에서 동시에 받는 연결의 수."),
    Key::limit("limits.connections_per_minute", 1..=10_000_000, |s| RateOrOff(&mut s.gate.connections_per_minute),
        "Connections from one address in a minute.",
        "한 주소에서 1분에 받는 연결의 수."),
    Key::limit("limits.recent_addresses", 1..=100_000_000, |s| Size(&mut s.gate.recent_addresses),
        "Addresses of which it is remembered how often they came in the last minute.",
        "지난 1분에 몇 번 왔는지 기억해 두는 주소의 수."),
    Key::limit("limits.silence_ms", 10..=60_000, |s| Time(&mut s.gate.silence_ms),
        "Silence after which a new client counts as one of plain lines.",
        "새 연결이 이만큼 말이 없으면 보통 줄로 말하는 사람으로 봅니다."),
    Key::limit("limits.handshake_ms", 100..=600_000, |s| Time(&mut s.gate.handshake_ms),
        "Time from the first byte until it must be clear what a client speaks.",
        "첫 바이트가 온 뒤 어떤 방식으로 말하는지 드러날 때까지 기다리는 시간."),
    Key::limit("limits.handshakes", 1..=1_000_000, |s| Size(&mut s.gate.handshakes),
        "TLS handshakes at one time; whoever comes meanwhile waits within the time for one.",
        "동시에 하는 TLS 핸드셰이크의 수. 나머지는 제한 시간 안에서 차례를 기다립니다."),
    Key::limit("limits.handshake_bytes", 8 * KIB..=MIB, |s| Size(&mut s.gate.handshake_bytes),
        "Bytes that a client may send in one TLS handshake, its certificate included.",
        "TLS 핸드셰이크 한 번에 클라이언트가 보낼 수 있는 바이트 수(인증서 포함)."),
    Key::limit("limits.tls_buffer_bytes", 4 * KIB..=16 * MIB, |s| Size(&mut s.gate.tls_buffer_bytes),
        "Bytes encrypted for one client that its socket has not taken yet.",
        "한 사람에게 보내려고 암호화했으나 소켓이 아직 받지 않은 바이트 수."),
    Key::limit("limits.proxy_header_bytes", 256..=64 * KIB, |s| Size(&mut s.gate.proxy_header_bytes),
        "Longest PROXY header, in bytes.",
        "PROXY 헤더의 최대 길이(바이트)."),
    Key::limit("limits.local_connections", 1..=10_000, |s| Size(&mut s.gate.local_connections),
        "Connections at one time to the local socket, which are not among the others.",
        "로컬 소켓에서 동시에 받는 연결의 수. 다른 연결과 따로 셉니다."),
    Key::limit("limits.refusals", 0..=100_000, |s| Size(&mut s.gate.refusals),
        "Connections over a limit that are told so at one time; any more are closed without a word.",
        "제한을 넘은 연결 가운데 동시에 까닭을 알려 주는 수. 나머지는 말없이 닫습니다."),
    Key::limit("limits.messages_per_second", 1..=1_000_000, |s| RateOrOff(&mut s.gate.messages_per_second),
        "Messages a second from one connection, in the long run. A faster sender is slowed.",
        "한 연결이 1초에 보낼 수 있는 메시지의 수(길게 보아). 더 빠르면 늦춥니다."),
    Key::limit("limits.messages_burst", 1..=1_000_000, |s| Rate(&mut s.gate.messages_burst),
        "Messages that one connection may send at once before that rate holds.",
        "그 속도를 따지기 전에 한 연결이 한꺼번에 보낼 수 있는 메시지의 수."),
    Key::limit("limits.flood_s", 1..=86_400, |s| AmountOrOff(&mut s.gate.flood_s),
        "Seconds for which one may go on sending faster without a pause, before being closed.",
        "쉬지 않고 그보다 빠르게 보내기를 참아 주는 시간(초). 더 오래 그러면 연결을 닫습니다."),
    Key::limit("limits.nick_chars", 8..=512, |s| Size(&mut s.hall.nick_chars),
        "Longest nick, in characters.",
        "닉네임의 최대 글자 수."),
    Key::limit("limits.room_name_chars", 8..=512, |s| Size(&mut s.hall.room_name_chars),
        "Longest room name, in characters, the # included.",
        "방 이름의 최대 글자 수(# 포함)."),
    Key::limit("limits.topic_chars", 1..=10_000, |s| Size(&mut s.hall.topic_chars),
        "Longest topic, in characters.",
        "방 주제의 최대 글자 수."),
    Key::limit("limits.rooms", 1..=1_000_000, |s| Size(&mut s.hall.rooms),
        "Rooms that may exist at one time.",
        "동시에 있을 수 있는 방의 수."),
    Key::limit("limits.rooms_per_session", 1..=100_000, |s| Size(&mut s.hall.rooms_per_session),
        "Rooms and direct conversations that one session may be in at one time.",
        "한 접속이 동시에 들어가 있을 수 있는 방과 일대일 대화의 수."),
    Key::limit("limits.history_entries", 1..=100_000, |s| Size(&mut s.hall.history_entries),
        "Entries that one /history or /search may answer with.",
        "/history나 /search 한 번에 보여 주는 최대 항목 수."),
    Key::limit("limits.replay_entries", 0..=10_000, |s| Size(&mut s.hall.replay_entries),
        "Messages that somebody who comes into a room is shown of what was said before.",
        "방에 들어온 사람에게 보여 주는 지난 메시지의 수."),
    Key::limit("limits.redactable_messages", 0..=10_000, |s| Size(&mut s.hall.redactable_messages),
        "Messages of one's own, the latest ones, that can be taken back with /redact.",
        "/redact로 거둘 수 있는, 자기가 마지막에 한 말의 수."),
    Key::limit("limits.tail_entries", 1..=10_000_000, |s| Size(&mut s.hall.tail_entries),
        "Entries that a room keeps in memory; readers further behind read from the ledger.",
        "방마다 메모리에 두는 항목 수. 더 뒤처진 사람은 기록에서 읽습니다."),
    Key::limit("limits.tail_bytes", KIB..=GIB, |s| Size(&mut s.hall.tail_bytes),
        "Bytes of text that a room keeps in memory.",
        "방마다 메모리에 두는 글의 바이트 수."),
    Key::limit("limits.announced_people", 1..=10_000_000, |s| Size(&mut s.hall.announced_people),
        "People in a room above whom comings, goings and changes of nick are not announced there.",
        "방에 사람이 이보다 많으면 드나들거나 이름을 바꾸는 것을 알리지 않습니다."),
    Key::limit("limits.accounts", 0..=10_000_000, |s| Size(&mut s.hall.accounts),
        "Accounts that the hall may have.",
        "만들 수 있는 계정의 수."),
    Key::limit("limits.nicks_per_account", 1..=1_000, |s| Size(&mut s.hall.nicks_per_account),
        "Nicks of one account.",
        "계정 하나가 가질 수 있는 이름의 수."),
    Key::limit("limits.certificates_per_account", 0..=1_000, |s| Size(&mut s.hall.certificates_per_account),
        "Certificates by which one account is known.",
        "계정 하나를 알아보는 인증서의 수."),
    Key::limit("limits.rooms_per_owner", 0..=1_000_000, |s| Size(&mut s.hall.rooms_per_owner),
        "Rooms that one account may own.",
        "계정 하나가 가질 수 있는 방의 수."),
    Key::limit("limits.room_rename_wait_s", 0..=86_400, |s| Time(&mut s.hall.room_rename_wait_s),
        "Seconds that a room keeps its name before it can have another one.",
        "방의 이름을 바꾼 뒤 다시 바꿀 수 있을 때까지의 시간(초)."),
    Key::limit("limits.renamed_rooms", 0..=100_000, |s| Size(&mut s.hall.renamed_rooms),
        "Renames of rooms that are remembered, so that whoever comes by the old name is led to the room.",
        "옛 이름으로 오는 사람을 새 이름의 방으로 안내하려고 기억하는 방 이름 바꾸기의 수."),
    Key::limit("limits.ignored_people", 0..=100_000, |s| Size(&mut s.hall.ignored_people),
        "People whom one person may ignore.",
        "한 사람이 말을 듣지 않을 수 있는 사람의 수."),
    Key::limit("limits.waiting_conversations", 0..=100_000, |s| Size(&mut s.hall.waiting_conversations),
        "Conversations of which messages are kept for one account while it is away.",
        "계정 하나가 없는 동안 말을 맡아 두는 대화의 수."),
    Key::limit("limits.list_entries", 1..=100_000, |s| Size(&mut s.hall.list_entries),
        "Masks in all lists of one room, and people who hold a rank in it.",
        "방 하나의 목록에 올릴 수 있는 마스크의 수, 그리고 자리를 맡길 수 있는 사람의 수."),
    Key::limit("limits.unregistered_s", 1..=86_400, |s| Time(&mut s.hall.unregistered_s),
        "Seconds that one has to give the password or account that is asked for.",
        "서버가 묻는 암호나 계정을 댈 때까지 기다려 주는 시간(초)."),
    Key::limit("limits.unregistered_messages", 1..=1_000_000, |s| Rate(&mut s.hall.unregistered_messages),
        "What one may ask for before having given it.",
        "그것을 대기 전에 보낼 수 있는 명령의 수."),
    Key::limit("limits.nick_changes_per_minute", 1..=1_000_000, |s| Rate(&mut s.hall.nick_changes_per_minute),
        "Changes of nick of one person in a minute.",
        "한 사람이 1분에 이름을 바꿀 수 있는 횟수."),
    Key::limit("limits.login_failures", 1..=1_000_000, |s| Rate(&mut s.hall.login_failures),
        "Wrong passwords after which a connection is closed.",
        "암호를 이만큼 틀리면 연결을 닫습니다."),
    Key::limit("limits.login_failures_per_hour", 1..=1_000_000, |s| Rate(&mut s.hall.login_failures_per_hour),
        "Wrong passwords from one address in an hour after which it may try no more for the rest of it.",
        "한 주소에서 한 시간에 암호를 이만큼 틀리면 남은 시간 동안 더는 시도할 수 없습니다."),
    Key::limit("limits.registrations_per_hour", 1..=1_000_000, |s| Rate(&mut s.hall.registrations_per_hour),
        "Accounts made from one address in an hour.",
        "한 주소에서 한 시간에 만들 수 있는 계정의 수."),
    Key::limit("limits.user_chars", 1..=64, |s| Size(&mut s.hall.user_chars),
        "Longest user that an IRC client may name, in characters.",
        "IRC 클라이언트가 대는 사용자 이름의 최대 글자 수."),
    Key::limit("limits.real_name_chars", 1..=300, |s| Size(&mut s.hall.real_name_chars),
        "Longest real name, in characters.",
        "실명의 최대 글자 수."),
    Key::limit("limits.people_per_answer", 1..=100_000, |s| Size(&mut s.hall.people_per_answer),
        "People who are told of in one go, where IRC asks about a whole room.",
        "IRC에서 방 전체를 물을 때 한 번에 알려 주는 사람의 수."),
    Key::limit("limits.monitored_people", 0..=10_000, |s| Size(&mut s.hall.monitored_people),
        "People whose coming and going one session may be told of.",
        "드나드는 것을 한 접속에 알려 주는 사람의 수."),
    Key::limit("limits.gone_people", 0..=1_000_000, |s| Size(&mut s.hall.gone_people),
        "People who are remembered for /whowas when they have gone.",
        "나간 뒤에도 /whowas에서 볼 수 있게 기억하는 사람의 수."),
    Key::limit("limits.tags_bytes", 0..=4_094, |s| Size(&mut s.hall.tags_bytes),
        "Bytes of tags that an IRC client may add to one message for others.",
        "IRC 클라이언트가 메시지 하나에 붙일 수 있는 태그의 바이트 수."),
    Key::limit("limits.typing_people", 0..=1_000_000, |s| Size(&mut s.hall.typing_people),
        "People in a room above whom it is not told who is typing.",
        "방에 사람이 이보다 많으면 누가 쓰고 있는지 알리지 않습니다."),
    Key::limit("limits.metadata_keys", 0..=1_000, |s| Size(&mut s.hall.metadata_keys),
        "Keys under which IRC clients may note something about one person or room.",
        "IRC 클라이언트가 한 사람이나 방에 대해 적어 둘 수 있는 항목의 수."),
    Key::limit("limits.metadata_key_bytes", 1..=60, |s| Size(&mut s.hall.metadata_key_bytes),
        "Longest name of such a key, in bytes.",
        "그런 항목 이름의 최대 바이트 수."),
    Key::limit("limits.metadata_value_bytes", 1..=350, |s| Size(&mut s.hall.metadata_value_bytes),
        "Longest value that may be noted, in bytes.",
        "적어 둘 수 있는 값의 최대 바이트 수."),
    Key::limit("limits.metadata_changes_per_minute", 1..=1_000_000, |s| Rate(&mut s.hall.metadata_changes_per_minute),
        "Times that one person may note something in a minute.",
        "한 사람이 1분 동안 적거나 지울 수 있는 횟수."),
    Key::limit("limits.metadata_subscriptions", 0..=1_000, |s| Size(&mut s.hall.metadata_subscriptions),
        "Keys whose changes one session may be told of.",
        "바뀔 때 한 접속에 알려 주는 항목의 수."),
    Key::limit("limits.metadata_told_people", 0..=100_000, |s| Size(&mut s.hall.metadata_told_people),
        "People in a room above whom it is told what is noted about them only when that is asked for.",
        "방에 사람이 이보다 많으면 적어 둔 것을 물어볼 때만 알려 줍니다."),
    Key::limit("limits.watched_addresses", 1..=10_000_000, |s| Size(&mut s.hall.watched_addresses),
        "Addresses of which that is remembered, and the most that may be kept out.",
        "그 횟수를 기억해 두는 주소의 수. 출입도 이만큼까지 막을 수 있습니다."),
    Key::limit("limits.logins_waiting", 1..=4_096, |s| Size(&mut s.server.logins_waiting),
        "Passwords that wait to be looked at; any more are told to try again.",
        "차례를 기다리는 암호 확인의 수. 더 오면 다시 해 보라고 답합니다."),
    Key::limit("limits.logins_per_address", 1..=4_096, |s| Size(&mut s.server.logins_per_address),
        "Passwords that wait to be looked at of one address.",
        "한 주소에서 차례를 기다리는 암호 확인의 수."),
    Key::limit("limits.ledger_entries", 1..=1_000_000_000, |s| Size(&mut s.ledger.entries),
        "Entries that the ledger in memory keeps, of all rooms together; the oldest go first.",
        "메모리 기록이 간직하는 항목 수(모든 방을 합하여). 오래된 것부터 지웁니다."),
    Key::limit("limits.ledger_bytes", MIB..=1024 * GIB, |s| Size(&mut s.ledger.bytes),
        "Bytes of text that the ledger in memory keeps.",
        "메모리 기록이 간직하는 글의 바이트 수."),
    Key::limit("limits.reply_bytes", KIB..=GIB, |s| Size(&mut s.server.reply_bytes),
        "Bytes of answers that may wait for one client; it is not read from until they are gone.",
        "한 사람에게 보내려고 쌓아 두는 답의 바이트 수. 다 보낼 때까지 그 사람의 말은 읽지 않습니다."),
    Key::limit("limits.replies_bytes", MIB..=1024 * GIB, |s| Size(&mut s.server.replies_bytes),
        "Bytes of answers that may wait for all; then nobody is read from who has some.",
        "모두에게 보내려고 쌓아 두는 답의 바이트 수. 넘치면 밀린 답이 있는 사람의 말은 읽지 않습니다."),
    Key::limit("limits.unasked_bytes", KIB..=GIB, |s| Size(&mut s.server.unasked_bytes),
        "Bytes of what a client is told unasked that may wait for it; beyond that it is closed.",
        "묻지 않은 것을 알리려고 한 사람 앞으로 쌓아 두는 바이트 수. 넘치면 접속을 끊습니다."),
    Key::limit("limits.write_bytes", KIB..=GIB, |s| Size(&mut s.server.write_bytes),
        "Bytes written to one client in one go before the others have their turn.",
        "다른 사람의 차례가 오기 전에 한 사람에게 한 번에 쓰는 바이트 수."),
    Key::limit("limits.announcements_ms", 0..=10_000, |s| Time(&mut s.server.announcements_ms),
        "Time for which it is held back who comes and goes in a large room, to be told together.",
        "큰 방에서 드나드는 것을 모아 한꺼번에 알리려고 미루는 시간."),
    Key::limit("limits.prompt_people", 0..=10_000_000, |s| Size(&mut s.server.prompt_people),
        "People in a room below whom it is told at once.",
        "방에 사람이 이보다 적으면 미루지 않고 바로 알립니다."),
    Key::limit("limits.peer_dead_s", 5..=86_400, |s| Time(&mut s.server.peer_dead_s),
        "Time after which a client is gone whose network is silent, or who takes nothing of what waits.",
        "네트워크에서 이만큼 기척이 없거나 밀린 것을 하나도 받지 않으면 나간 것으로 봅니다."),
    Key::limit("limits.stop_ms", 0..=600_000, |s| Time(&mut s.server.stop_ms),
        "Time that a stopping server gives its clients to take what waits for them.",
        "서버가 멈출 때 남은 것을 다 받아 가도록 기다려 주는 시간."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every field of every `Limits`, by what the derived `Debug` says: a new limit without a key makes this fail.
    #[test]
    fn every_limit_has_its_key() {
        let settings = Settings::default();
        let fields = |debug: String| debug.matches(": ").count();
        let count = fields(format!("{:?}", settings.hall))
            + fields(format!("{:?}", settings.wire))
            + fields(format!("{:?}", settings.gate))
            + fields(format!("{:?}", settings.retention))
            + fields(format!("{:?}", settings.ledger))
            + fields(format!("{:?}", settings.server));
        let mut settings = settings;
        let mut places = BTreeSet::new();
        for key in KEYS {
            if let Kind::Number(_, field) = &key.kind {
                let place = match field(&mut settings) {
                    Size(n) => std::ptr::from_ref(n).addr(),
                    Time(n) => std::ptr::from_ref(n).addr(),
                    Rate(n) => std::ptr::from_ref(n).addr(),
                    SizeOrOff(n) => std::ptr::from_ref(n).addr(),
                    RateOrOff(n) => std::ptr::from_ref(n).addr(),
                    AmountOrOff(n) => std::ptr::from_ref(n).addr(),
                };
                assert!(places.insert(place), "{} sets what another key sets", key.name);
            }
        }
        assert_eq!(places.len(), count);
    }

    #[test]
    fn every_default_is_within_its_bounds() {
        let mut settings = Settings::default();
        for key in KEYS {
            if let Kind::Number(bounds, field) = &key.kind {
                let number = field(&mut settings).get();
                assert!(number.map_or(key.name.starts_with("retention."), |n| bounds.contains(&n)), "{}", key.name);
                assert!(field(&mut settings).set(Some(*bounds.end())));
                assert_eq!(field(&mut settings).get(), Some(*bounds.end()), "{}", key.name);
            }
        }
    }

    #[test]
    fn names_are_distinct_and_say_their_table() {
        let names: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
        let variables: BTreeSet<_> = KEYS.iter().map(Key::variable).collect();
        assert_eq!((names.len(), variables.len()), (KEYS.len(), KEYS.len()));
        assert!(KEYS.iter().all(|key| !key.en.is_empty() && !key.ko.is_empty()));
    }
}
