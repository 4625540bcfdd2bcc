//! A line of an export: an entry as a JSON object. `docs/export.md` describes it to those who write programs for it.

use hall::{
    Author, Entry, Event, Guise, Kind, LogId, Logs, Nick, Notes, PersonId, Proposal, RoomName, Seq, SessionId, Text,
    Time,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::forms;

/// The version of the format. The first one lacks members and events; whatever it has means the same today, so that an export
/// of either is read alike, and one may be gone on with in the other.
pub const VERSION: u64 = 2;
/// The first version that is read.
const OLDEST: u64 = 1;
/// Characters in a name, whatever the halls allow.
const NAME_CHARS: usize = 512;
/// The largest number that every reader of JSON keeps exactly (RFC 8259, section 6).
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the format.
    pub maru: u64,
    /// Which hall the numbers are of.
    pub hall: String,
    /// The last entry that the hall had.
    pub head: u64,
    /// The entry behind which the export begins.
    #[serde(default)]
    pub after: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    at: String,
    #[serde(rename = "in", default, skip_serializing_if = "Vec::is_empty")]
    rooms: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    between: Option<[u64; 2]>,
    nick: String,
    person: u64,
    session: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    guise: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    event: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target_nick: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Say,
    Action,
    Notice,
    Tags,
    Redacted,
    Join,
    Part,
    Quit,
    Nick,
    Away,
    Guise,
    Topic,
    Rename,
    Redact,
    Rule,
    Kick,
    Invite,
    Account,
    Audit,
    Noted,
}

/// Why a line is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is no JSON, or not the object that it should be: the parser's words.
    Json(String),
    /// It is longer than this many bytes.
    TooLong(usize),
    /// It is not UTF-8.
    NotUtf8,
    /// The first line is not the header of an export.
    NoHeader,
    /// The format is of a version that is not known.
    Version(u64),
    /// It is an export of another hall, and there is something in this one.
    OtherHall,
    /// A number is too large, or none.
    Number(&'static str, u64),
    /// The numbers do not go up.
    Order(u64),
    /// A time is none.
    Time(String),
    /// A name is none.
    Name(String),
    /// An entry is in no log, or in rooms and in a conversation.
    NoPlace,
    /// An event lacks what it needs, or has what it cannot have.
    Event,
    /// There is another entry of this number.
    Differs(u64),
}

/// An entry as a line, without its end.
#[must_use]
pub fn of_entry(entry: &Entry) -> String {
    let mut rooms = Vec::new();
    let mut between = None;
    for log in &entry.logs {
        match log {
            LogId::Room(room) => rooms.push(room.as_str().to_owned()),
            LogId::Operators(room) => rooms.push(format!("@{room}")),
            LogId::Direct(a, b) => between = Some([a.0, b.0]),
        }
    }
    let (event, text, target) = told(&entry.event);
    let some = |text: &str| Some(text.to_owned());
    let target_nick = if let Event::Kick(_, nick, _) = &entry.event { some(nick.as_str()) } else { None };
    let at = i64::try_from(entry.at.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_default();
    let line = Line {
        seq: entry.seq.0,
        at: format!("{at:.3}"),
        rooms,
        between,
        nick: entry.author.nick.as_str().to_owned(),
        person: entry.author.person.0,
        session: entry.author.session.0,
        account: entry.author.account.as_ref().and_then(|name| some(name.as_str())),
        guise: Some(&entry.author.guise).filter(|guise| **guise != Guise::unknown()).and_then(|g| some(g.as_str())),
        to: entry.to.as_ref().and_then(|name| some(name.as_str())),
        event,
        text,
        target,
        target_nick,
        tags: entry.tags.as_deref().and_then(some),
    };
    serde_json::to_string(&line).expect("an entry can be written down")
}

/// What a line says of an event: what it is, its text, and the number that it is about.
fn told(event: &Event) -> (Name, Option<String>, Option<u64>) {
    let some = |text: &str| Some(text.to_owned());
    let why = |text: &Text| forms::some(text.as_str()).map(str::to_owned);
    match event {
        Event::Message(Kind::Say, said) => (Name::Say, some(said.as_str()), None),
        Event::Message(Kind::Action, said) => (Name::Action, some(said.as_str()), None),
        Event::Message(Kind::Notice, said) => (Name::Notice, some(said.as_str()), None),
        Event::Tags => (Name::Tags, None, None),
        Event::Redacted => (Name::Redacted, None, None),
        Event::Join(standing) => (Name::Join, forms::of_standing(*standing).and_then(some), None),
        Event::Part(reason) => (Name::Part, why(reason), None),
        Event::Quit(reason) => (Name::Quit, why(reason), None),
        Event::Nick(nick) => (Name::Nick, some(nick.as_str()), None),
        Event::Away(reason) => (Name::Away, why(reason), None),
        Event::Guise(guise, account) => (Name::Guise, Some(forms::of_guise(guise, account.as_ref())), None),
        Event::Topic(topic) => (Name::Topic, some(topic.as_str()), None),
        Event::Rename { from, to, reason } => (Name::Rename, Some(forms::of_rename(from, to, reason)), None),
        Event::Redact(target, reason) => (Name::Redact, why(reason), Some(target.0)),
        Event::Rule(rule) => (Name::Rule, Some(rule.to_string()), None),
        Event::Kick(person, _, why) => (Name::Kick, some(why.as_str()), Some(person.0)),
        Event::Invite(room) => (Name::Invite, some(room.as_str()), None),
        Event::Account(deed) => (Name::Account, Some(deed.to_string()), None),
        Event::Audit(words) => (Name::Audit, some(words.as_str()), None),
        Event::Noted(notes) => (Name::Noted, Some(notes.to_string()), None),
    }
}

/// The header that a line is.
///
/// # Errors
/// When it is none.
pub fn header(line: &str) -> Result<Header, Why> {
    let header: Header = serde_json::from_str(line).map_err(|_| Why::NoHeader)?;
    let id = header.hall.len() == 32 && header.hall.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match header {
        Header { maru, .. } if !(OLDEST..=VERSION).contains(&maru) => Err(Why::Version(maru)),
        _ if !id => Err(Why::NoHeader),
        Header { head, .. } if head > NUMBER_MAX => Err(Why::Number("head", head)),
        Header { after, head, .. } if after > head => Err(Why::Number("after", after)),
        header => Ok(header),
    }
}

/// The entry that a line is.
///
/// # Errors
/// When it is none.
pub fn entry(line: &str) -> Result<Entry, Why> {
    let line: Line = serde_json::from_str(line).map_err(|error| Why::Json(error.to_string()))?;
    for (name, number) in [("person", line.person), ("session", line.session), ("seq", line.seq)] {
        if number > NUMBER_MAX {
            return Err(Why::Number(name, number));
        }
    }
    if line.seq == 0 {
        return Err(Why::Number("seq", 0));
    }
    let at = line.at.parse::<Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
    let at = at.ok_or_else(|| Why::Time(line.at.clone()))?;
    let account = line.account.as_deref().map(nick).transpose()?;
    let (person, session) = (PersonId(line.person), SessionId(line.session));
    let guise = line.guise.as_deref().map_or_else(|| Ok(Guise::unknown()), guise)?;
    let author = Author { person, session, nick: nick(&line.nick)?, account, guise };
    let to = line.to.as_deref().map(nick).transpose()?;
    let tags = line.tags.as_deref().map(tags).transpose()?;
    let proposal = Proposal { to, tags, ..Proposal::new(author, logs(&line)?, event(&line)?) };
    Ok(Entry::new(Seq(line.seq), Time(at), proposal))
}

fn nick(raw: &str) -> Result<Nick, Why> {
    Nick::recorded(raw, NAME_CHARS).map_err(|_| Why::Name(raw.to_owned()))
}

fn room(raw: &str) -> Result<RoomName, Why> {
    RoomName::recorded(raw, NAME_CHARS).map_err(|_| Why::Name(raw.to_owned()))
}

/// A guise, as it is always written down.
fn guise(raw: &str) -> Result<Guise, Why> {
    let guise = Guise::recorded(raw);
    if guise.as_str() == raw { Ok(guise) } else { Err(Why::Event) }
}

/// Tags as a client may add them: nothing that says more than a client may, and nothing that ends them.
fn tags(raw: &str) -> Result<Box<str>, Why> {
    let of_clients = raw.split(';').all(|tag| tag.len() > 1 && tag.starts_with('+'));
    if of_clients && !raw.contains([' ', '\0', '\r', '\n']) { Ok(raw.into()) } else { Err(Why::Event) }
}

fn logs(line: &Line) -> Result<Logs, Why> {
    let mut logs = Logs::new();
    for (n, raw) in line.rooms.iter().enumerate() {
        let log = match raw.strip_prefix('@') {
            Some(of_operators) => LogId::Operators(room(of_operators)?),
            None => LogId::Room(room(raw)?),
        };
        if !logs.contains(&log) {
            logs.push(log);
        } else if !line.rooms[..n].iter().all(|earlier| were_two(earlier, raw)) {
            return Err(Why::NoPlace);
        }
    }
    match line.between {
        // Twice the same is what concerns one alone.
        Some([a, b]) if logs.is_empty() && a <= b && b <= NUMBER_MAX => {
            logs.push(LogId::Direct(PersonId(a), PersonId(b)));
        }
        Some(_) => return Err(Why::NoPlace),
        None => {}
    }
    if logs.is_empty() { Err(Why::NoPlace) } else { Ok(logs) }
}

fn event(line: &Line) -> Result<Event, Why> {
    let text = line.text.as_deref();
    // What was said may be of several lines. What would not be kept as it stands is not what was exported.
    let lines = matches!(line.event, Name::Say | Name::Action | Name::Notice | Name::Noted);
    let kept = |text| if lines { Text::of_lines(text) } else { Text::new(text) };
    let changed = text.is_some_and(|text| kept(text).as_str() != text);
    // Without tags there is nothing of them; what was taken back has none.
    let tagged = match line.event {
        Name::Tags => line.tags.is_some(),
        Name::Redacted => line.tags.is_none(),
        _ => true,
    };
    if changed || !tagged {
        return Err(Why::Event);
    }
    let why = || Text::new(text.unwrap_or_default());
    Ok(match (line.event, text, line.target, line.target_nick.as_deref()) {
        (Name::Say, Some(text), None, None) => Event::Message(Kind::Say, Text::of_lines(text)),
        (Name::Action, Some(text), None, None) => Event::Message(Kind::Action, Text::of_lines(text)),
        (Name::Notice, Some(text), None, None) => Event::Message(Kind::Notice, Text::of_lines(text)),
        (Name::Tags, None, None, None) => Event::Tags,
        (Name::Redacted, None, None, None) => Event::Redacted,
        (Name::Join, word, None, None) => Event::Join(forms::standing(word).ok_or(Why::Event)?),
        (Name::Part, _, None, None) => Event::Part(why()),
        (Name::Quit, _, None, None) => Event::Quit(why()),
        (Name::Nick, Some(to), None, None) => Event::Nick(nick(to)?),
        (Name::Away, _, None, None) => Event::Away(why()),
        (Name::Guise, Some(words), None, None) => {
            let (seen, account) = forms::guise(words).ok_or(Why::Event)?;
            Event::Guise(guise(seen)?, account.map(nick).transpose()?)
        }
        (Name::Topic, Some(text), None, None) => Event::Topic(Text::new(text)),
        (Name::Rename, Some(words), None, None) => {
            let event = forms::rename(words).ok_or(Why::Event)?;
            if told(&event).1.as_deref() == Some(words) { event } else { return Err(Why::Event) }
        }
        (Name::Redact, _, Some(target), None) if target < line.seq => Event::Redact(Seq(target), why()),
        (Name::Rule, Some(words), None, None) => Event::Rule(words.parse().map_err(|_| Why::Event)?),
        (Name::Kick, Some(_), Some(target), Some(_)) if target > NUMBER_MAX => {
            return Err(Why::Number("target", target));
        }
        (Name::Kick, Some(why), Some(target), Some(called)) => {
            Event::Kick(PersonId(target), nick(called)?, Text::new(why))
        }
        (Name::Invite, Some(to), None, None) => Event::Invite(room(to)?),
        (Name::Account, Some(words), None, None) => Event::Account(words.parse().map_err(|_| Why::Event)?),
        (Name::Audit, Some(words), None, None) => Event::Audit(Text::new(words)),
        (Name::Noted, Some(words), None, None) => Event::Noted(Notes::recorded(words).ok_or(Why::Event)?),
        _ => return Err(Why::Event),
    })
}

/// Whether two names of one room were those of two when an export was made: once the width of letters counted.
fn were_two(a: &str, b: &str) -> bool {
    let lower = |name: &str| name.chars().flat_map(char::to_lowercase).collect::<String>();
    lower(a) != lower(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> Why {
        entry(line).expect_err(line)
    }

    #[test]
    fn a_line_is_an_entry_and_an_entry_that_line() {
        for line in [
            r##"{"seq":1,"at":"2026-11-25T12:00:00.123Z","in":["#Lobby"],"nick":"민수","person":1,"session":2,"event":"say","text":"안녕 \"👋\""}"##,
            r##"{"seq":2,"at":"2026-11-25T12:00:00.000Z","in":["#a","#b"],"nick":"a","person":1,"session":2,"event":"nick","text":"b"}"##,
            r#"{"seq":3,"at":"1970-01-01T00:00:00.000Z","between":[1,9],"nick":"a","person":1,"session":2,"event":"redact","target":1}"#,
            r##"{"seq":4,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"topic","text":""}"##,
            r##"{"seq":5,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"quit"}"##,
            r##"{"seq":6,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"account":"A","event":"rule","text":"list ban on troll*!*@* 0 시끄럽다  "}"##,
            r##"{"seq":7,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"kick","text":"","target":7,"target_nick":"영희"}"##,
            r##"{"seq":8,"at":"2026-11-25T12:00:00.000Z","between":[1,9],"nick":"a","person":1,"session":2,"account":"A","to":"Z","event":"invite","text":"#Lobby"}"##,
            r#"{"seq":9,"at":"2026-11-25T12:00:00.000Z","between":[5,5],"nick":"a","person":5,"session":2,"event":"account","text":"registered 민수"}"#,
            r##"{"seq":10,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"audit","text":"kick  everybody"}"##,
            r##"{"seq":11,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"account":"A","guise":"minsu@ab.cd bot 김 민수","event":"join","text":"operator"}"##,
            r##"{"seq":12,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"notice","text":"둘\n셋","tags":"+a=b\\:;+example/c"}"##,
            r##"{"seq":13,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"tags","tags":"+draft/react=👋"}"##,
            r##"{"seq":14,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"redact","text":"시끄럽다","target":12}"##,
            r##"{"seq":15,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"part","text":"안녕히"}"##,
            r##"{"seq":16,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"away","text":"점심"}"##,
            r##"{"seq":17,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"away"}"##,
            r##"{"seq":18,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"guise","text":"* ~@ab.cd - 김 민수"}"##,
            r##"{"seq":19,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"guise","text":"Minsu m@ab.cd bot "}"##,
            r##"{"seq":20,"at":"2026-11-25T12:00:00.000Z","in":["#b"],"nick":"a","person":1,"session":2,"event":"rename","text":"#a #b 새  이름"}"##,
            r##"{"seq":21,"at":"2026-11-25T12:00:00.000Z","in":["#b"],"nick":"a","person":1,"session":2,"event":"rename","text":"#b #B "}"##,
            r##"{"seq":20,"at":"2026-11-25T12:00:00.000Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"noted","text":"url https://example.com/\ndisplay-name"}"##,
        ] {
            assert_eq!(of_entry(&entry(line).unwrap_or_else(|why| panic!("{line}: {why:?}"))), line);
        }
    }

    #[test]
    fn exports_of_both_versions_are_read() {
        let of = |version: u64| header(&format!(r#"{{"maru":{version},"hall":"{}","head":9}}"#, "0".repeat(32)));
        assert!(of(1).is_ok() && of(2).is_ok());
        assert_eq!((of(0), of(3)), (Err(Why::Version(0)), Err(Why::Version(3))));
    }

    #[test]
    fn names_of_an_older_export_are_taken() {
        let line = r##"{"seq":1,"at":"2026-11-25T12:00:00Z","in":["#ａ","#a"],"nick":"aאב","person":1,"session":2,"event":"nick","text":"a：b"}"##;
        let entry = entry(line).expect("an entry");
        assert_eq!(entry.logs.len(), 1, "two rooms are one now");
        assert_eq!(entry.author.nick.as_str(), "aאב");
    }

    #[test]
    fn what_is_no_entry_is_refused_with_the_reason() {
        let good = r##"{"seq":1,"at":"2026-11-25T12:00:00Z","in":["#a"],"nick":"a","person":1,"session":2,"event":"say","text":"x"}"##;
        let with = |a: &str, b: &str| {
            assert!(good.contains(a), "{a}");
            refused(&good.replacen(a, b, 1))
        };
        assert!(matches!(with("{", "["), Why::Json(_)));
        assert!(matches!(with("\"text\"", "\"more\":1,\"text\""), Why::Json(_)));
        assert!(matches!(with("say", "shout"), Why::Json(_)));
        assert_eq!(with("\"seq\":1", "\"seq\":0"), Why::Number("seq", 0));
        assert_eq!(with("\"person\":1", "\"person\":9007199254740992"), Why::Number("person", 1 << 53));
        assert!(matches!(with("2026-11", "2026-13"), Why::Time(_)));
        assert!(matches!(with("2026-11-25", "1869-11-25"), Why::Time(_)));
        assert_eq!(with("#a", "a"), Why::Name("a".into()));
        assert_eq!(with("\"nick\":\"a\"", "\"nick\":\"a b\""), Why::Name("a b".into()));
        assert_eq!(with("[\"#a\"]", "[]"), Why::NoPlace);
        assert_eq!(with("[\"#a\"]", "[\"#a\",\"#A\"]"), Why::NoPlace);
        assert_eq!(with("[\"#a\"]", "[\"#ａ\",\"#b\",\"#Ａ\"]"), Why::NoPlace);
        assert_eq!(with("\"in\":[\"#a\"]", "\"between\":[2,1]"), Why::NoPlace);
        assert_eq!(with("\"text\":\"x\"", "\"text\":\"a\\rb\""), Why::Event);
        assert_eq!(with("say\",\"text\":\"x", "topic\",\"text\":\"a\\nb"), Why::Event);
        assert_eq!(with("\"text\":\"x\"", "\"target\":0"), Why::Event);
        assert_eq!(with("say", "join"), Why::Event);
        assert_eq!(with("say\",\"text\":\"x", "join\",\"text\":\"none"), Why::Event);
        for words in ["#a", "#a #b", "a #b ", "#a  #b"] {
            assert_eq!(with("say\",\"text\":\"x", &format!("rename\",\"text\":\"{words}")), Why::Event, "{words}");
        }
        assert_eq!(with("say", "guise"), Why::Event);
        assert_eq!(with("say\",\"text\":\"x", "guise\",\"text\":\"* nobody"), Why::Event);
        assert_eq!(with("say\",\"text\":\"x", "guise\",\"text\":\"a! m@h - "), Why::Name("a!".into()));
        assert_eq!(with("say\",\"text\":\"x\"", "tags\""), Why::Event);
        for tags in ["", "+", "time=1", "+a;time=1", "+a b", "+a\\nb"] {
            assert_eq!(with("\"x\"", &format!("\"x\",\"tags\":\"{tags}\"")), Why::Event, "{tags}");
        }
        assert_eq!(with("say\",\"text\":\"x\"", "redacted\",\"tags\":\"+a\""), Why::Event);
        assert_eq!(with("\"event\"", "\"guise\":\"a  b\",\"event\""), Why::Event);
        assert_eq!(with("say", "rule"), Why::Event);
        assert_eq!(with("say\",\"text\":\"x", "noted\",\"text\":\"Key x"), Why::Event);
        assert_eq!(with("say\",\"text\":\"x", "account\",\"text\":\"registered a\\nb"), Why::Event);
        assert_eq!(with("say", "kick"), Why::Event);
        assert_eq!(with("\"x\"", "\"x\",\"target_nick\":\"b\""), Why::Event);
        let kick = with("say\"", "kick\",\"target\":9007199254740992,\"target_nick\":\"b\"");
        assert_eq!(kick, Why::Number("target", 1 << 53));
        assert_eq!(with("say", "invite"), Why::Name("x".into()));
        assert_eq!(with("\"event\"", "\"account\":\"a b\",\"event\""), Why::Name("a b".into()));
        assert_eq!(with("\"event\"", "\"to\":\"\",\"event\""), Why::Name(String::new()));
    }
}
