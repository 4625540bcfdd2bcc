//! What is spoken here, and within which limits (ISUPPORT, numeric 005).

use super::caps::Cap;
use super::client::{Around, Client};
use super::history::put_into_batch;
use super::modes::{CHANMODES, MODES, PREFIX, USER_MODES};
use super::numeric as n;
use super::{rooms, talk, who};

/// Tokens in one line.
const TOKENS: usize = 12;

/// What the server supports: a name and, where there is one, a value.
#[must_use]
pub fn tokens(around: &Around<'_>) -> Vec<(&'static str, String)> {
    let limits = around.hall;
    let number = |n: usize| n.to_string();
    vec![
        ("AWAYLEN", number(limits.topic_chars)),
        ("BOT", "B".to_owned()),
        ("CASEMAPPING", "ascii".to_owned()),
        ("CHANLIMIT", format!("#:{}", limits.rooms_per_session)),
        ("CHANMODES", CHANMODES.to_owned()),
        ("CHANNELLEN", number(limits.room_name_chars)),
        ("CHANTYPES", "#".to_owned()),
        ("CHATHISTORY", number(limits.history_entries)),
        ("ELIST", "CMNTU".to_owned()),
        ("EXCEPTS", "e".to_owned()),
        ("EXTBAN", "$,a".to_owned()),
        ("ACCOUNTEXTBAN", "a".to_owned()),
        ("HOSTLEN", "64".to_owned()),
        ("INVEX", "I".to_owned()),
        ("KICKLEN", number(limits.topic_chars)),
        ("MAXLIST", format!("IQbe:{}", limits.list_entries)),
        ("MAXTARGETS", number(talk::TARGETS)),
        ("MODES", number(MODES)),
        ("MONITOR", number(limits.monitored_people)),
        ("MSGREFTYPES", "msgid,timestamp".to_owned()),
        ("NAMELEN", number(limits.real_name_chars)),
        ("NETWORK", around.house().network.replace(' ', "\\x20")),
        ("NICKLEN", number(limits.nick_chars)),
        ("PREFIX", PREFIX.to_owned()),
        ("SAFELIST", String::new()),
        ("STATUSMSG", "@".to_owned()),
        (
            "TARGMAX",
            format!(
                "JOIN:{0},KICK:{0},LIST:,NAMES:{0},NOTICE:{1},PART:{0},PRIVMSG:{1},TAGMSG:{1},WHOIS:{3},MONITOR:{2}",
                rooms::TARGETS,
                talk::TARGETS,
                limits.monitored_people,
                who::PEOPLE
            ),
        ),
        ("TOPICLEN", number(limits.topic_chars)),
        ("USERLEN", number(limits.user_chars)),
        ("UTF8ONLY", String::new()),
        ("WHOX", String::new()),
    ]
}

/// The lines that say so: in a batch, always, for a client that knows of it (draft/extended-isupport).
pub(crate) fn put(client: &mut Client, around: &Around<'_>, out: &mut Vec<u8>) {
    let extended = client.style.caps.has(Cap::ExtendedIsupport);
    let batch = if extended { client.open_batch("", "draft/isupport", around, out) } else { None };
    let mut lines = Vec::new();
    for tokens in tokens(around).chunks(TOKENS) {
        let words = tokens
            .iter()
            .map(|(name, value)| if value.is_empty() { (*name).to_owned() } else { format!("{name}={value}") });
        let line = words.fold(client.begin(&mut lines, around, n::RPL_ISUPPORT), |line, word| line.param(&word));
        line.trailing(client.lang().pick("are supported by this server", "이 서버에서 쓸 수 있습니다")).end();
    }
    put_into_batch(batch.as_deref(), &lines, around, out);
}

/// The lines with which somebody is let in (RFC 2812, section 5.1).
pub(crate) fn put_welcome(
    client: &mut Client,
    around: &Around<'_>,
    census: &hall::Census,
    always_on: Option<bool>,
    notes: &[(hall::Key, hall::Text)],
    out: &mut Vec<u8>,
) {
    let (house, me) = (around.house(), around.me);
    let welcome = client.lang().pick("Welcome to the", "환영합니다:");
    let from = format!("{}!{}", me.nick, me.guise.seen());
    client.put(out, around, n::RPL_WELCOME, &[], &format!("{welcome} {} {from}", house.network));
    let version = format!("maru-{}", house.version);
    let lang = client.lang();
    let host = lang.pick(
        format!("Your host is {}, running version {version}", house.server),
        format!("서버는 {}, 버전은 {version}입니다", house.server),
    );
    client.put(out, around, n::RPL_YOURHOST, &[], &host);
    let since = super::show::server_time(house.since);
    let since = lang.pick(format!("This server was created {since}"), format!("서버를 연 때: {since}"));
    client.put(out, around, n::RPL_CREATED, &[], &since);
    let letters: String = CHANMODES.chars().filter(|c| *c != ',').chain("qov".chars()).collect();
    let line = client.begin(out, around, n::RPL_MYINFO).param(&house.server).param(&version);
    line.param(USER_MODES).param(&letters).param("IQSbekloqv").end();
    put(client, around, out);
    // Before the message of the day, so that the client knows which rooms it need not join (draft/persistence).
    if let Some(on) = always_on.filter(|_| client.style.caps.has(Cap::Persistence)) {
        client.put_persistence(on, around, out);
    }
    client.put_census(census, around, out);
    client.put_own_notes(notes, around, out);
    client.put_motd(around, out);
}
