//! What clients note about people and rooms: METADATA (draft/metadata-2, draft/metadata-3).
//!
//! The two drafts are about the same, and differ in how it is told: the second tells of values with a message of its own,
//! and has other words for what cannot be done.

use hall::{Command, Key, Nick, NoNote, Noted, Notes, Noting, RoomName, Target, Text};

use super::caps::{Cap, Caps};
use super::client::{Around, Asking, Client, Step};
use super::commands::shown;
use super::history::{close_batch, put_into_batch};
use super::line::{Line, trailing_bytes_max};
use super::message::Message;
use super::numeric as n;
use super::show::prefix;

/// Keys in one line of an answer: as many as the longest of them leave room for.
const KEYS: usize = 7;
/// After how many seconds a client may ask for what was too much to be told without having been asked for.
const LATER_S: &str = "3";
/// By what name a client asks about all that it sees.
const ALL: &str = "*ALL";
/// What is told of somebody who is asked about with WHOIS: what people read.
const WHOIS_KEYS: [&str; 5] = ["display-name", "homepage", "pronouns", "status", "url"];

/// What a client has asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedNotes {
    /// The subcommand.
    what: What,
    /// The target, as the client named it.
    target: String,
    /// The keys, as the client named them.
    keys: Vec<String>,
    /// What is to be noted, as the client wrote it.
    value: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Get,
    List,
    Set,
    Clear,
    Sub,
    Unsub,
    Subs,
    Sync,
    /// Nothing: the client is told what is noted about itself, having asked for the capability.
    Own,
}

impl What {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "GET" => Self::Get,
            "LIST" => Self::List,
            "SET" => Self::Set,
            "CLEAR" => Self::Clear,
            "SUB" => Self::Sub,
            "UNSUB" => Self::Unsub,
            "SUBS" => Self::Subs,
            "SYNC" => Self::Sync,
            _ => return None,
        })
    }

    /// How many parameters belong to it, at least and at most.
    fn params(self) -> (usize, usize) {
        match self {
            Self::Get | Self::Sub | Self::Unsub => (1, usize::MAX),
            Self::Set => (1, 2),
            Self::List | Self::Clear | Self::Subs | Self::Sync | Self::Own => (0, 0),
        }
    }
}

/// Which words a client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Draft {
    Second,
    Third,
}

/// What the capabilities say of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MetadataOffer {
    subscriptions: usize,
    keys: usize,
    key_bytes: usize,
    value_bytes: usize,
}

impl MetadataOffer {
    pub(crate) fn new(limits: &hall::Limits) -> Self {
        Self {
            subscriptions: limits.metadata_subscriptions,
            keys: limits.metadata_keys,
            key_bytes: limits.metadata_key_bytes,
            value_bytes: limits.metadata_value_bytes,
        }
    }

    pub(crate) fn value(self, cap: Cap) -> String {
        let Self { subscriptions, keys, key_bytes, value_bytes } = self;
        let value = format!("before-connect,max-subs={subscriptions},max-keys={keys},max-value-bytes={value_bytes}");
        if cap == Cap::Metadata3 { format!("{value},max-key-bytes={key_bytes}") } else { value }
    }
}

/// Whether a client may have asked for all of these: not for two drafts at once.
pub(crate) fn agree(caps: Caps) -> bool {
    !(caps.has(Cap::Metadata2) && caps.has(Cap::Metadata3))
}

impl Client {
    /// Whether it wants to be told what is noted, and can be.
    pub(crate) fn is_told_notes(&self) -> bool {
        let caps = self.style.caps;
        caps.has(Cap::Batch) && (caps.has(Cap::Metadata2) || caps.has(Cap::Metadata3))
    }

    fn draft(&self) -> Draft {
        if self.style.caps.has(Cap::Metadata2) { Draft::Second } else { Draft::Third }
    }

    pub(crate) fn metadata(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (target, word) = (message.param(0).unwrap_or(""), message.param(1).unwrap_or(""));
        let given: Vec<&str> = message.params().skip(2).collect();
        let Some(what) = What::of(&word.to_ascii_uppercase()) else {
            let text = self.lang().pick("There is no such subcommand", "그런 하위 명령은 없습니다");
            let code = if self.draft() == Draft::Second { "SUBCOMMAND_INVALID" } else { "INVALID_PARAMS" };
            return vec![self.fail(around, "METADATA", code, &[shown(word)], text)];
        };
        let (least, most) = what.params();
        if target.is_empty() || given.len() < least || given.len() > most {
            if self.draft() == Draft::Second {
                return vec![self.need_more(around, "METADATA")];
            }
            let text = self.lang().pick("Missing or superfluous parameters", "빠지거나 남는 것이 있습니다");
            return vec![self.fail(around, "METADATA", "INVALID_PARAMS", &[&word.to_ascii_uppercase()], text)];
        }
        let Ok(of) = self.noted_target(target, what, around) else {
            let text = self.lang().pick("There is no such target", "그런 사람이나 방은 없습니다");
            return vec![self.fail(around, "METADATA", "INVALID_TARGET", &[shown(target)], text)];
        };
        let keys = given.iter().map(|key| shown(key).to_owned()).collect();
        let value = given.get(1).filter(|_| what == What::Set).map(|value| (*value).to_owned());
        self.asking = Asking::Metadata(Box::new(AskedNotes { what, target: shown(target).to_owned(), keys, value }));
        let key = |raw: &&str| Key::new(raw, around.hall.metadata_key_bytes);
        let keys: Vec<Key> = given.iter().filter_map(key).collect();
        let noting = match what {
            What::Get => Noting::Get(keys),
            What::List | What::Own => Noting::List,
            What::Set => match key(&given[0]) {
                Some(key) if !self.has_room_for(target, &key, given.get(1).unwrap_or(&""), around) => {
                    let why = NoNote::Value(key);
                    let text = crate::lines::refused(&hall::Refusal::NotNoted(Box::new(why.clone())), self.lang());
                    let mut out = Vec::new();
                    self.put_not_noted(&why, &text, around, &mut out);
                    return vec![Step::Tell(out)];
                }
                Some(key) => Noting::Set(key, given.get(1).map(|value| Text::new(value))),
                None => return vec![self.invalid_key("FAIL", given[0], around)],
            },
            What::Clear => Noting::Clear,
            What::Sub => Noting::Subscribe(keys),
            What::Unsub => Noting::Unsubscribe(Some(keys)),
            What::Subs => Noting::Subscriptions,
            What::Sync if target == ALL => Noting::SyncAll(None),
            What::Sync => Noting::Sync(None),
        };
        vec![Step::Do(Command::Metadata(of, noting))]
    }

    /// Whether a value can be told to everybody without being cut, whatever they are called.
    fn has_room_for(&self, target: &str, key: &Key, value: &str, around: &Around<'_>) -> bool {
        let longest = "가".repeat(around.hall.nick_chars);
        let of = if target == "*" { longest.as_str() } else { shown(target) };
        let head = [longest.as_str(), of, key.as_str(), "*"];
        value.len() <= trailing_bytes_max(&around.house().server, "761", &head)
    }

    /// About whom, or which room, something is asked; nothing if it is about the client itself.
    fn noted_target(&self, raw: &str, what: What, around: &Around<'_>) -> Result<Option<Target>, ()> {
        let own = raw == "*" || (self.inside && raw == around.me.nick.as_str());
        let alone = matches!(what, What::Sub | What::Unsub | What::Subs);
        if own || (what == What::Sync && raw == ALL && self.inside) {
            Ok(None)
        } else if alone || !self.inside {
            Err(())
        } else if raw.starts_with('#') {
            RoomName::new(raw, around.hall.room_name_chars).map(|room| Some(Target::Room(room))).map_err(|_| ())
        } else {
            Nick::new(raw, around.hall.nick_chars).map(|nick| Some(Target::Person(nick))).map_err(|_| ())
        }
    }

    /// What is to be asked about those who have come, and whose coming the client is told of: or that it may ask.
    pub(crate) fn sync_monitored(
        &self,
        here: &[(Nick, hall::Guise)],
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) -> Option<Command> {
        match here {
            _ if !self.is_told_notes() => None,
            [(nick, _)] => Some(Command::Metadata(Some(Target::Person(nick.clone())), Noting::SyncSoon)),
            several => {
                several.iter().for_each(|(nick, _)| self.put_later(nick.as_str(), around, out));
                None
            }
        }
    }

    fn put_later(&self, of: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        let text = self.lang().pick("Try again later", "잠시 뒤에 다시 물어보세요");
        self.put(out, around, n::ERR_METADATASYNCLATER, &[of, LATER_S], text);
    }

    /// What follows from other capabilities: who has no use for it any more is not told, and who has asked for the second
    /// draft is told at once what is noted about itself.
    pub(crate) fn metadata_caps(&mut self, before: Caps) -> Option<Step> {
        let told = |caps: Caps| caps.has(Cap::Batch) && (caps.has(Cap::Metadata2) || caps.has(Cap::Metadata3));
        let now = self.style.caps;
        if told(before) && !told(now) {
            return Some(Step::Do(Command::Metadata(None, Noting::Unsubscribe(None))));
        }
        if self.inside && told(now) && now.has(Cap::Metadata2) && !told(before) {
            let asked = AskedNotes { what: What::Own, target: "*".to_owned(), keys: Vec::new(), value: None };
            self.asking = Asking::Metadata(Box::new(asked));
            return Some(Step::Do(Command::Metadata(None, Noting::List)));
        }
        None
    }

    fn invalid_key(&self, severity: &str, key: &str, around: &Around<'_>) -> Step {
        let mut out = Vec::new();
        self.put_invalid_key(severity, key, around, &mut out);
        Step::Tell(out)
    }

    fn put_invalid_key(&self, severity: &str, key: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        let text = self.lang().pick("There is no such key", "쓸 수 없는 키입니다");
        // The second draft knows of failures only.
        let (severity, code) =
            if self.draft() == Draft::Second { ("FAIL", "KEY_INVALID") } else { (severity, "INVALID_KEY") };
        self.put_fail(out, around, severity, "METADATA", code, &[shown(key)], text);
    }

    /// What is noted: a number, as answers have it.
    fn put_value(&self, of: &str, key: &Key, value: Option<&Text>, around: &Around<'_>, out: &mut Vec<u8>) {
        match value {
            Some(value) => {
                let line = self.begin(out, around, n::RPL_KEYVALUE).param(of).param(key.as_str()).param("*");
                line.trailing(value.as_str()).end();
            }
            None => {
                let text = self.lang().pick("Key not set", "적어 둔 것이 없습니다");
                self.put(out, around, n::RPL_KEYNOTSET, &[of, key.as_str()], text);
            }
        }
    }

    /// What is noted, told without that it was asked for.
    fn put_known(&self, of: &str, key: &Key, value: Option<&Text>, by: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        if self.draft() == Draft::Third {
            return self.put_value(of, key, value, around, out);
        }
        let line = Line::new(out).source(by).command("METADATA").param(of).param(key.as_str()).param("*");
        match value {
            Some(value) => line.trailing(value.as_str()).end(),
            None => line.end(),
        }
    }

    /// Something about what is noted, and what is to be asked next to complete it.
    pub(crate) fn put_noted(&mut self, noted: &Noted, around: &Around<'_>, out: &mut Vec<u8>) -> Option<Command> {
        let asked = if let Asking::Metadata(asked) = &self.asking { Some((**asked).clone()) } else { None };
        match noted {
            Noted::Values(of, values) => self.put_values(of, values, asked.as_ref(), around, out),
            Noted::Known { of, values, begins, more } => {
                self.put_all_known(
                    of.as_deref(),
                    values,
                    (*begins, more.is_some()),
                    asked.is_some_and(|asked| asked.what == What::Sync),
                    around,
                    out,
                );
                let target = of.as_ref().filter(|_| more.is_some()).and_then(|of| self.target(of, around).ok());
                let next = if of.is_some() { Noting::Sync(*more) } else { Noting::SyncAll(*more) };
                return more.map(|_| Command::Metadata(target, next));
            }
            Noted::Changed { of, notes, anew } => {
                if let Some(asked) = asked {
                    self.put_changed(of, notes, *anew, &asked, around, out);
                }
            }
            Noted::Told { by, of, key, value } if self.is_told_notes() => {
                self.put_known(of, key, value.as_ref(), &prefix(by), around, out);
            }
            Noted::Told { .. } => {}
            Noted::Later(of) => self.put_later(of.as_deref().unwrap_or(ALL), around, out),
            Noted::Subscribed(keys, over) => {
                let raw = asked.map(|asked| asked.keys).unwrap_or_default();
                let over_at = over.as_ref().and_then(|(key, _)| raw.iter().rposition(|raw| raw == key.as_str()));
                self.put_invalid(&raw[..over_at.unwrap_or(raw.len())], around, out);
                self.put_keys(n::RPL_METADATASUBOK, keys, around, out);
                if let Some((key, most)) = over {
                    let text = self.lang().pick("You cannot be told of more", "더는 알려 받을 수 없습니다");
                    let most = most.to_string();
                    let (code, context): (_, &[&str]) = match self.draft() {
                        Draft::Second => ("TOO_MANY_SUBS", &[key.as_str()]),
                        Draft::Third => ("LIMIT_REACHED", &["SUB", key.as_str(), &most]),
                    };
                    self.put_fail(out, around, "FAIL", "METADATA", code, context, text);
                }
            }
            Noted::Unsubscribed(keys) => {
                let raw = asked.map(|asked| asked.keys).unwrap_or_default();
                self.put_invalid(&raw, around, out);
                self.put_keys(n::RPL_METADATAUNSUBOK, keys, around, out);
            }
            Noted::Subscriptions(keys) => {
                let mut lines = Vec::new();
                self.put_keys(n::RPL_METADATASUBS, keys, around, &mut lines);
                let batch = self.open_batch("", "metadata-subs", around, out);
                put_into_batch(batch.as_deref(), &lines, around, out);
            }
        }
        None
    }

    /// Those of the keys that are none.
    fn put_invalid(&self, keys: &[String], around: &Around<'_>, out: &mut Vec<u8>) {
        for key in keys.iter().filter(|key| Key::new(key, around.hall.metadata_key_bytes).is_none()) {
            self.put_invalid_key("WARN", key, around, out);
        }
    }

    fn put_keys(&self, number: u16, keys: &[Key], around: &Around<'_>, out: &mut Vec<u8>) {
        for keys in keys.chunks(KEYS) {
            keys.iter().fold(self.begin(out, around, number), |line, key| line.param(key.as_str())).end();
        }
    }

    /// What is noted about one target, as it was asked for.
    fn put_values(
        &mut self,
        of: &str,
        values: &[(Key, Option<Text>)],
        asked: Option<&AskedNotes>,
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) {
        let mut lines = Vec::new();
        let mut values = values.iter();
        match asked {
            Some(asked) if asked.what == What::Get => {
                for raw in &asked.keys {
                    if Key::new(raw, around.hall.metadata_key_bytes).is_none() {
                        self.put_invalid_key("WARN", raw, around, &mut lines);
                    } else if let Some((key, value)) = values.next() {
                        self.put_value(of, key, value.as_ref(), around, &mut lines);
                    }
                }
            }
            Some(asked) if asked.what == What::Own => {
                let server = around.house().server.clone();
                values.for_each(|(key, value)| self.put_known(of, key, value.as_ref(), &server, around, &mut lines));
            }
            _ => values.for_each(|(key, value)| self.put_value(of, key, value.as_ref(), around, &mut lines)),
        }
        let batch = self.open_batch(of, "metadata", around, out);
        put_into_batch(batch.as_deref(), &lines, around, out);
    }

    /// What is noted about the client's own person, told to it when it is let in.
    pub(crate) fn put_own_notes(&mut self, notes: &[(Key, Text)], around: &Around<'_>, out: &mut Vec<u8>) {
        if self.is_told_notes() {
            let (me, server) = (around.me.nick.as_str(), &around.house().server);
            let mut lines = Vec::new();
            notes.iter().for_each(|(key, value)| self.put_known(me, key, Some(value), server, around, &mut lines));
            let batch = self.open_batch(me, "metadata", around, out);
            put_into_batch(batch.as_deref(), &lines, around, out);
        }
    }

    /// A part of what the client wants to know: the first one or not, and whether another one follows.
    fn put_all_known(
        &mut self,
        of: Option<&str>,
        values: &[(String, Key, Text)],
        (begins, more): (bool, bool),
        asked: bool,
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) {
        // The second draft does not ask to be told that there is nothing.
        if begins && !more && values.is_empty() && !asked && self.draft() == Draft::Second {
            return;
        }
        let target = of.unwrap_or(ALL);
        if begins {
            self.end_sync(target, around, out);
            let batch = self.open_batch(target, "metadata", around, out);
            self.syncing.push((target.to_owned(), batch));
        }
        let batch = self.syncing.iter().find(|(of, _)| of == target).and_then(|(_, batch)| batch.clone());
        let mut lines = Vec::new();
        for (of, key, value) in values {
            self.put_known(of, key, Some(value), &around.house().server, around, &mut lines);
        }
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if let Some(batch) = &batch {
                out.extend_from_slice(format!("@batch={batch} ").as_bytes());
            }
            out.extend_from_slice(line);
        }
        if !more {
            self.end_sync(target, around, out);
        }
    }

    /// What was to be told about a target is told, or cannot be any more.
    fn end_sync(&mut self, target: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        if let Some(at) = self.syncing.iter().position(|(of, _)| of == target) {
            close_batch(self.syncing.remove(at).1.as_deref(), around, out);
        }
    }

    /// What the client has noted is on the record.
    fn put_changed(
        &mut self,
        of: &str,
        notes: &Notes,
        anew: bool,
        asked: &AskedNotes,
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) {
        let second = self.draft() == Draft::Second;
        let put = |client: &Self, of: &str, key: &Key, value: Option<&Text>, out: &mut Vec<u8>| {
            if second && value.is_none() {
                // The second draft tells that a key has no value any more as it tells of values.
                client.begin(out, around, n::RPL_KEYVALUE).param(of).param(key.as_str()).param("*").end();
            } else {
                client.put_value(of, key, value, around, out);
            }
        };
        if asked.what == What::Clear {
            let mut lines = Vec::new();
            notes.iter().for_each(|(key, value)| put(self, of, key, value.as_ref(), &mut lines));
            let batch = self.open_batch(of, "metadata", around, out);
            return put_into_batch(batch.as_deref(), &lines, around, out);
        }
        for (key, value) in notes.iter() {
            if second && value.is_none() && !anew {
                let text = self.lang().pick("Key not set", "적어 둔 것이 없습니다");
                self.put_fail(out, around, "FAIL", "METADATA", "KEY_NOT_SET", &[&asked.target, key.as_str()], text);
            } else {
                put(self, &asked.target, key, value.as_ref(), out);
            }
        }
    }

    /// Why something cannot be noted or asked for, if the client has asked for it.
    pub(crate) fn put_not_noted(&mut self, why: &NoNote, text: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        if let NoNote::Target(of) = why
            && self.syncing.iter().any(|(target, _)| target == of)
        {
            // It was there when the telling began.
            return self.end_sync(of, around, out);
        }
        let Asking::Metadata(asked) = &self.asking else { return };
        let second = self.draft() == Draft::Second;
        let key = asked.keys.first().map_or("*", String::as_str);
        if let NoNote::TooOften(seconds) = why {
            let seconds = seconds.to_string();
            if second {
                let context = [asked.target.as_str(), key, seconds.as_str()];
                return self.put_fail(out, around, "FAIL", "METADATA", "RATE_LIMITED", &context, text);
            }
            // What was asked for, so that it can be asked for once more.
            let line = self.begin(out, around, n::ERR_METADATARATELIMIT).param(&seconds).param(&asked.target);
            return match (&asked.value, asked.what) {
                (_, What::Clear) => line.param("CLEAR").end(),
                (Some(value), _) => line.param("SET").param(key).trailing(value).end(),
                (None, _) => line.param("SET").param(key).end(),
            };
        }
        let mut fail =
            |code: &str, context: &[&str]| self.put_fail(out, around, "FAIL", "METADATA", code, context, text);
        match why {
            NoNote::Target(_) => fail("INVALID_TARGET", &[&asked.target]),
            NoNote::Denied(_, key) => {
                fail("KEY_NO_PERMISSION", &[&asked.target, key.as_ref().map_or("*", Key::as_str)]);
            }
            NoNote::Value(_) if second => fail("VALUE_INVALID", &[]),
            NoNote::Value(key) => fail("INVALID_VALUE", &[key.as_str()]),
            NoNote::Full(..) if second => fail("LIMIT_REACHED", &[&asked.target]),
            NoNote::TooOften(_) => {}
            NoNote::Full(_, most) => fail("LIMIT_REACHED", &["SET", &asked.target, &most.to_string()]),
        }
    }
}

/// What of all that is noted about somebody people read.
pub(crate) fn read_by_people(notes: &[(Key, Text)]) -> impl Iterator<Item = &(Key, Text)> {
    notes.iter().filter(|(key, _)| WHOIS_KEYS.contains(&key.as_str()))
}
