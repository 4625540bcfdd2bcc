//! What is given for a key: read, checked against what the key takes, and put where it belongs; and the way back, for
//! printing.
//!
//! A value is checked here and nowhere else, whether it was a flag, a variable or in the file.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use hall::{Guests, Policy, Secret};
use ipnet::IpNet;
use server::{Durability, Gateway, Gateways, MachinePassword, Networks};
use tracing_subscriber::EnvFilter;
use wire::Lang;

use super::keys::{Key, Kind};
use super::{LogFormat, Setup};
use crate::env::Env;

/// What was given for a key.
#[derive(Debug, Clone)]
pub(super) enum Given {
    /// Words of a flag or variable, which have no type of their own.
    Words(Vec<String>),
    /// A text of the file.
    Text(String),
    /// Texts of the file.
    Texts(Vec<String>),
    /// A whole number of the file.
    Number(i128),
    /// `true` or `false` of the file.
    Bool(bool),
    /// Something else.
    Other,
}

impl Given {
    /// A variable's value: a list where the key takes one.
    pub(super) fn word(key: &Key, word: &str) -> Self {
        match key.kind {
            Kind::Listen | Kind::Networks(_) | Kind::Gateways => {
                Self::Words(word.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect())
            }
            _ => Self::Words(vec![word.trim().to_owned()]),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Words(words) => words.last().map(String::as_str),
            _ => None,
        }
    }

    fn texts(&self) -> Option<&[String]> {
        match self {
            Self::Text(text) => Some(std::slice::from_ref(text)),
            Self::Texts(texts) | Self::Words(texts) => Some(texts),
            _ => None,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(n) => u64::try_from(*n).ok(),
            Self::Words(words) => words.last()?.replace('_', "").parse().ok(),
            _ => None,
        }
    }
}

/// Why a value would not do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bad {
    /// The part that would not do, where that is not the whole.
    pub(super) got: Option<String>,
    /// Which one of a list's values it was.
    pub(super) index: Option<usize>,
    /// What may help.
    pub(super) tip: Option<Tip>,
}

/// What may help somebody who gave a wrong value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tip {
    /// They probably meant this.
    Meant(String),
    /// Names of hosts are not taken, only addresses.
    NotAName,
    /// This is there twice.
    Twice,
}

/// What a hall's records survive, by its name.
const DURABILITIES: [(&str, Durability); 3] =
    [("disk", Durability::Disk), ("process", Durability::Process), ("memory", Durability::Memory)];

/// What guests may do, by its name.
const GUESTS: [(&str, Guests); 3] =
    [("welcome", Guests::Welcome), ("read-only", Guests::ReadOnly), ("refused", Guests::Refused)];

/// Checks a value and puts it where it belongs. Nothing is changed by one that would not do.
pub(super) fn set(setup: &mut Setup, key: &Key, given: &Given, env: &Env) -> Result<(), Bad> {
    let no = Bad::default;
    match &key.kind {
        Kind::Listen => setup.listen = listen(given.texts().ok_or_else(no)?)?,
        Kind::DataDir => {
            setup.data_dir = Some(env.expand(given.text().filter(|path| !path.is_empty()).ok_or_else(no)?));
        }
        Kind::Language => {
            let tag = given.text().ok_or_else(no)?;
            setup.settings.language = tag.parse().map_err(|_| meant(tag, &["en", "ko"]))?;
        }
        Kind::Charset => {
            let label = given.text().ok_or_else(no)?;
            charset(label)?;
            label.clone_into(&mut setup.settings.legacy_charset);
        }
        Kind::LogFormat => {
            setup.log_format = match given.text().ok_or_else(no)? {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                other => return Err(meant(other, &["text", "json"])),
            }
        }
        Kind::LogLevel => {
            let level = given.text().filter(|level| !level.is_empty()).ok_or_else(no)?;
            log_level(level)?;
            level.clone_into(&mut setup.log_level);
        }
        Kind::Durability => {
            let word = given.text().ok_or_else(no)?;
            let known = DURABILITIES.iter().find(|(name, _)| *name == word);
            setup.settings.durability = known.ok_or_else(|| meant(word, &DURABILITIES.map(|(name, _)| name)))?.1;
        }
        Kind::Guests | Kind::Registration | Kind::Password => policy(&mut setup.settings.policy, &key.kind, given)?,
        Kind::Limits => {
            setup.lifted = match given.text().ok_or_else(no)? {
                "off" => true,
                "on" => false,
                other => return Err(meant(other, &["on", "off"])),
            }
        }
        Kind::Text(chars, word, field) => {
            *field(&mut setup.settings) = line_or_lines(given.text().ok_or_else(no)?, *chars, *word).ok_or_else(no)?;
        }
        Kind::File(field) => {
            let path = given.text().ok_or_else(no)?;
            *field(&mut setup.settings) = (!path.is_empty()).then(|| env.expand(path));
        }
        Kind::Switch(field) => *field(&mut setup.settings) = switch(given)?,
        Kind::Networks(field) => *field(&mut setup.settings) = networks(given.texts().ok_or_else(no)?)?,
        Kind::Gateways => setup.settings.gateways = gateways(given.texts().ok_or_else(no)?)?,
        Kind::Number(bounds, field) => {
            let field = field(&mut setup.settings);
            let done = match given.text() {
                Some("off") => field.set(None),
                _ => field.set(Some(given.number().filter(|n| bounds.contains(n)).ok_or_else(no)?)),
            };
            done.then_some(()).ok_or_else(no)?;
        }
    }
    Ok(())
}

/// Who may come in at all.
fn policy(policy: &mut Policy, kind: &Kind, given: &Given) -> Result<(), Bad> {
    let no = Bad::default;
    match kind {
        Kind::Guests => {
            let word = given.text().ok_or_else(no)?;
            let known = GUESTS.iter().find(|(name, _)| *name == word);
            policy.guests = known.ok_or_else(|| meant(word, &GUESTS.map(|(name, _)| name)))?.1;
        }
        Kind::Registration => {
            policy.registration = match given.text().ok_or_else(no)? {
                "open" => true,
                "closed" => false,
                other => return Err(meant(other, &["open", "closed"])),
            }
        }
        Kind::Password => {
            let password = given.text().filter(|text| !text.is_empty()).ok_or_else(no)?;
            policy.password = (password != "off").then(|| Secret::new(password));
        }
        _ => return Err(no()),
    }
    Ok(())
}

fn listen(texts: &[String]) -> Result<Vec<SocketAddr>, Bad> {
    let mut seen = HashSet::new();
    let mut addresses = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let bad = |tip| Bad { got: Some(format!("`{text}`")), index: Some(index), tip };
        let address: SocketAddr = text.parse().map_err(|_| bad(address_meant(text)))?;
        // Port 0 is another port each time.
        if address.port() != 0 && !seen.insert(address) {
            return Err(bad(Some(Tip::Twice)));
        }
        addresses.push(address);
    }
    if addresses.is_empty() { Err(Bad::default()) } else { Ok(addresses) }
}

fn switch(given: &Given) -> Result<bool, Bad> {
    match (given, given.text()) {
        (Given::Bool(on), _) => Ok(*on),
        (_, Some("on" | "true")) => Ok(true),
        (_, Some("off" | "false")) => Ok(false),
        (_, Some(other)) => Err(meant(other, &["on", "off"])),
        (_, None) => Err(Bad::default()),
    }
}

/// Networks, each as an address and the length of its prefix; an address alone is a network of one.
fn networks(texts: &[String]) -> Result<Networks, Bad> {
    let mut networks = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let bad = |tip| Bad { got: Some(format!("`{text}`")), index: Some(index), tip };
        let network = network(text).map_err(bad)?;
        if networks.contains(&network) {
            return Err(bad(Some(Tip::Twice)));
        }
        networks.push(network);
    }
    Ok(Networks(networks))
}

/// A network; an address alone is a network of one.
fn network(text: &str) -> Result<IpNet, Option<Tip>> {
    let network = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
        (Ok(network), _) => network,
        (_, Ok(address)) => IpNet::from(address.to_canonical()),
        _ if text == "localhost" => return Err(Some(Tip::Meant("127.0.0.1".to_owned()))),
        _ if text.starts_with(|c: char| c.is_alphabetic()) => return Err(Some(Tip::NotAName)),
        _ => return Err(None),
    };
    // Bits behind the prefix mean nothing, and are usually a mistake.
    if network == network.trunc() { Ok(network) } else { Err(Some(Tip::Meant(network.trunc().to_string()))) }
}

/// Gateways, each as a network and, behind a space, a password or its hash. None of these is shown to anybody.
fn gateways(texts: &[String]) -> Result<Gateways, Bad> {
    let mut gateways = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        // One word alone may be the password.
        let (from, password) = text.split_once(' ').unwrap_or(("", ""));
        let bad = |tip| Bad { got: Some(format!("`{from}…`")), index: Some(index), tip };
        // A password that holds a space could not be given in WEBIRC.
        let fits = !password.contains(char::is_whitespace) && !password.starts_with(':');
        let password = MachinePassword::read(password).filter(|_| fits);
        let network = network(from).map_err(bad)?;
        gateways.push(Gateway { network, password: password.ok_or_else(|| bad(None))? });
    }
    Ok(Gateways(gateways))
}

/// The address that somebody meant by something that is none: a port alone, an address alone, a well-known name.
fn address_meant(text: &str) -> Option<Tip> {
    let meant = |ip: &str, port: u16| Some(Tip::Meant(SocketAddr::new(ip.parse().ok()?, port).to_string()));
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(Tip::Meant(SocketAddr::new(ip, server::PORT).to_string()));
    }
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return meant("0.0.0.0", port);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let port = if port.is_empty() { server::PORT } else { port.parse().ok()? };
    match host {
        "*" => meant("0.0.0.0", port),
        "localhost" => meant("127.0.0.1", port),
        // IPv6 without its brackets.
        _ if host.parse::<std::net::Ipv6Addr>().is_ok() => meant(host, port),
        _ if host.starts_with(|c: char| c.is_alphabetic()) => Some(Tip::NotAName),
        _ => None,
    }
}

/// Whether bytes of plain lines can be read in a charset of this label.
fn charset(label: &str) -> Result<(), Bad> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
    // Line ends and commands are ASCII; UTF-16 has another idea of them.
    if encoding.is_some_and(encoding_rs::Encoding::is_ascii_compatible) {
        return Ok(());
    }
    // What Korean Windows calls it, and what no standard for the web knows.
    if ["cp949", "ms949", "uhc", "euckr"].contains(&label.to_lowercase().as_str()) {
        return Err(Bad { tip: Some(Tip::Meant("euc-kr".to_owned())), ..Bad::default() });
    }
    Err(meant(label, &["euc-kr", "shift_jis", "euc-jp", "gbk", "gb18030", "big5", "windows-1252", "koi8-r"]))
}

fn log_level(level: &str) -> Result<(), Bad> {
    const LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace", "off"];
    // To the filter a word alone may be a level or the name of a part of the program; a person means a level.
    let word = level.chars().all(char::is_alphanumeric);
    if word && !LEVELS.iter().any(|known| level.eq_ignore_ascii_case(known)) {
        return Err(meant(level, LEVELS));
    }
    EnvFilter::builder().parse(level).map(drop).map_err(|_| Bad::default())
}

fn meant(given: &str, known: &[&str]) -> Bad {
    let near = super::nearest(&given.to_lowercase(), known.iter().copied());
    Bad { tip: near.map(|near| Tip::Meant(near.to_owned())), ..Bad::default() }
}

/// A key's value as the file has it.
pub(super) fn show(setup: &mut Setup, key: &Key) -> String {
    match &key.kind {
        Kind::Listen => {
            let all: Vec<String> = setup.listen.iter().map(|address| quoted(&address.to_string())).collect();
            format!("[{}]", all.join(", "))
        }
        Kind::DataDir => {
            quoted(&setup.data_dir.as_ref().map_or_else(|| "/data".into(), |path| path.display().to_string()))
        }
        Kind::Language => quoted(setup.settings.language.pick("en", "ko")),
        Kind::Charset => quoted(&setup.settings.legacy_charset),
        Kind::LogFormat => quoted(match setup.log_format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }),
        Kind::LogLevel => quoted(&setup.log_level),
        Kind::Durability => {
            let is = |(_, durability): &&(&str, Durability)| *durability == setup.settings.durability;
            quoted(DURABILITIES.iter().find(is).map_or("", |(name, _)| name))
        }
        Kind::Guests => {
            let is = |(_, guests): &&(&str, Guests)| *guests == setup.settings.policy.guests;
            quoted(GUESTS.iter().find(is).map_or("", |(name, _)| name))
        }
        Kind::Registration => quoted(if setup.settings.policy.registration { "open" } else { "closed" }),
        // Whoever looks at a printed configuration need not know it.
        Kind::Password => quoted(if setup.settings.policy.password.is_some() { "…" } else { "off" }),
        Kind::Limits => quoted(if setup.lifted { "off" } else { "on" }),
        Kind::Text(_, _, field) => quoted(field(&mut setup.settings)),
        Kind::File(field) => {
            let path = field(&mut setup.settings);
            quoted(&path.as_ref().map_or_else(String::new, |path| path.display().to_string()))
        }
        Kind::Switch(field) => quoted(if *field(&mut setup.settings) { "on" } else { "off" }),
        Kind::Networks(field) => {
            let all: Vec<String> =
                field(&mut setup.settings).0.iter().map(|network| quoted(&network.to_string())).collect();
            format!("[{}]", all.join(", "))
        }
        // Whoever looks at a printed configuration need not know their passwords.
        Kind::Gateways => {
            let all: Vec<String> =
                setup.settings.gateways.0.iter().map(|gateway| quoted(&format!("{} …", gateway.network))).collect();
            format!("[{}]", all.join(", "))
        }
        Kind::Number(_, field) => {
            field(&mut setup.settings).get().map_or_else(|| quoted("off"), |number| number.to_string())
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A text of at most so many characters, if it is one that can be told in IRC: one word, or lines.
fn line_or_lines(text: &str, chars: usize, word: bool) -> Option<String> {
    let is_word = || !text.is_empty() && !text.starts_with(':') && !text.contains(char::is_whitespace);
    let fits = text.chars().count() <= chars && text.chars().all(|c| !c.is_control() || (!word && c == '\n'));
    (fits && (!word || is_word())).then(|| text.to_owned())
}

/// What a key takes, in words.
pub(crate) fn expected(key: &Key, lang: Lang) -> String {
    let fixed = |en: &str, ko: &str| lang.pick(en, ko).to_owned();
    match &key.kind {
        Kind::Listen => fixed("addresses with ports, such as `0.0.0.0:55555`", "`0.0.0.0:55555` 같은 주소와 포트"),
        Kind::DataDir => fixed("a directory", "폴더의 경로"),
        Kind::Language => fixed("`en` or `ko`", "`ko` 또는 `en`"),
        Kind::Charset => fixed("a charset, such as `euc-kr`", "`euc-kr` 같은 문자 집합"),
        Kind::LogFormat => fixed("`text` or `json`", "`text` 또는 `json`"),
        Kind::LogLevel => fixed(
            "a level (error, warn, info, debug, trace) or a filter, such as `info,server=debug`",
            "로그 수준(error, warn, info, debug, trace) 또는 `info,server=debug` 같은 필터",
        ),
        Kind::Durability => fixed("`disk`, `process` or `memory`", "`disk`, `process`, `memory` 가운데 하나"),
        Kind::Guests => fixed("`welcome`, `read-only` or `refused`", "`welcome`, `read-only`, `refused` 가운데 하나"),
        Kind::Registration => fixed("`open` or `closed`", "`open` 또는 `closed`"),
        Kind::Password => fixed("a password, or `off`", "암호 또는 `off`"),
        Kind::Limits | Kind::Switch(_) => fixed("`on` or `off`", "`on` 또는 `off`"),
        Kind::Text(most, true, _) => {
            lang.pick(format!("a word of at most {most} characters"), format!("{most}자까지의 한 낱말"))
        }
        Kind::Text(most, false, _) => {
            lang.pick(format!("a text of at most {most} characters"), format!("{most}자까지의 글"))
        }
        Kind::File(_) => fixed("a file, or empty", "파일의 경로 또는 빈 값"),
        Kind::Gateways => fixed(
            "networks, each with a password of 8 to 128 characters, such as `192.0.2.7 PASSWORD`",
            "네트워크와 8~128자의 암호를 이은 `192.0.2.7 암호` 같은 값",
        ),
        Kind::Networks(_) => fixed("networks, such as `10.0.0.0/8`", "`10.0.0.0/8` 같은 네트워크"),
        Kind::Number(bounds, field) => {
            let (least, most) = (bounds.start(), bounds.end());
            // Whether it can be off is the field's affair, whatever the values are.
            let can_be_off = field(&mut server::Settings::default()).can_be_off();
            match lang {
                Lang::En => {
                    let off = if can_be_off { ", or \"off\"" } else { "" };
                    format!("a whole number from {least} to {most}{off}")
                }
                Lang::Ko => {
                    let off = if can_be_off { " 또는 \"off\"" } else { "" };
                    format!("{least}부터 {most}까지의 정수{off}")
                }
            }
        }
    }
}
