//! Saying something: to rooms, to people, in one line or several; tags; taking back.

use hall::{Command, Kind, RoomName, Seq, Target, Text};

use super::caps::Cap;
use super::client::{About, Around, Asking, Client, Step};
use super::commands::{listed, shown};
use super::message::Message;
use super::numeric as n;
use super::register::MULTILINE_LINES;

/// Rooms or people to whom one message may go.
pub(crate) const TARGETS: usize = 4;
/// What stands around an action, and around whatever one program asks of another.
const CTCP: char = '\u{1}';

/// A message of several lines that is under way.
#[derive(Debug)]
pub(crate) struct Multiline {
    reference: String,
    target: String,
    /// PRIVMSG or NOTICE, when the first line has said which.
    command: Option<String>,
    text: String,
    lines: usize,
    tags: Option<Box<str>>,
    /// Why it will not be taken, and what belongs to that.
    refused: Option<(&'static str, Vec<String>)>,
    /// The message with which it was begun, whose label the answer has.
    label: Option<Box<super::label::Label>>,
}

impl Client {
    pub(crate) fn say(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        // Programs that send notices are told of nothing that goes wrong with them (RFC 2812, section 3.3.2).
        let notice = message.command() == "NOTICE";
        let Some(targets) = message.param(0).filter(|targets| !targets.is_empty()) else {
            let text = self.lang().pick("No recipient given", "받을 사람이 없습니다");
            return if notice { vec![] } else { vec![self.numeric(around, n::ERR_NORECIPIENT, &[], text)] };
        };
        let Some(text) = message.param(1).filter(|text| !text.is_empty()) else {
            let text = self.lang().pick("No text to send", "보낼 글이 없습니다");
            return if notice { vec![] } else { vec![self.numeric(around, n::ERR_NOTEXTTOSEND, &[], text)] };
        };
        if listed(targets).count() > TARGETS {
            let text = self.lang().pick("Too many targets", "받을 사람이 너무 많습니다");
            let told = self.numeric(around, n::ERR_TOOMANYTARGETS, &[shown(targets)], text);
            return if notice { vec![] } else { vec![told] };
        }
        let tags = self.tags_of(message);
        if tags.as_ref().is_some_and(|tags| tags.len() > around.hall.tags_bytes) {
            return vec![self.too_long(around)];
        }
        let (kind, said) = understood(notice, text);
        let mut steps = Vec::new();
        for target in listed(targets) {
            let said = self.say_to(target, kind, Text::new(said), tags.clone(), around);
            // What one of several is refused is not said of another.
            steps.push(Step::About(About(Box::new(self.asking.clone()))));
            steps.extend(said);
        }
        steps
    }

    /// Something is said to a room or to somebody.
    fn say_to(
        &mut self,
        target: &str,
        kind: Kind,
        text: Text,
        tags: Option<Box<str>>,
        around: &Around<'_>,
    ) -> Vec<Step> {
        if target == "*playback" && self.style.caps.has(Cap::Playback) {
            return self.playback(text.as_str(), around);
        }
        self.asking = if kind == Kind::Notice { Asking::Notice } else { Asking::Message(shown(target).to_owned()) };
        if let Some(service) = super::service::service(target).filter(|_| kind != Kind::Notice) {
            return self.ask_service(service, text.as_str(), around);
        }
        if let Some(room) = target.strip_prefix('@') {
            return match self.room_so(room, around) {
                Ok(room) => vec![Step::Do(Command::Council { room, kind, text, tags })],
                Err(_) if kind == Kind::Notice => vec![],
                Err(refused) => vec![refused],
            };
        }
        let step = match self.target(target, around) {
            Ok(Target::Room(room)) => Step::Do(Command::Say { room: Some(room), kind, text, tags }),
            Ok(Target::Person(to)) => Step::Do(Command::Direct { to, kind, text, tags }),
            Err(_) if kind == Kind::Notice => return vec![],
            Err(refused) => refused,
        };
        vec![step]
    }

    /// Where something goes.
    pub(crate) fn target(&self, raw: &str, around: &Around<'_>) -> Result<Target, Step> {
        if raw.starts_with('#') {
            return RoomName::new(raw, around.hall.room_name_chars)
                .map(Target::Room)
                .map_err(|_| self.no_such_nick(raw, around));
        }
        self.called_so(raw, around).map(Target::Person)
    }

    /// The tags that a client adds for others, if it may.
    fn tags_of(&self, message: &Message) -> Option<Box<str>> {
        if !self.style.caps.has(Cap::MessageTags) {
            return None;
        }
        let mut tags = String::new();
        for (key, value) in message.client_tags() {
            tags.push_str(if tags.is_empty() { "" } else { ";" });
            tags.push_str(key);
            if !value.is_empty() {
                tags.push('=');
                tags.push_str(value);
            }
        }
        (!tags.is_empty()).then(|| tags.into())
    }

    pub(crate) fn tag(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let Some(targets) = message.param(0).filter(|targets| !targets.is_empty()) else {
            let text = self.lang().pick("No recipient given", "받을 사람이 없습니다");
            return vec![self.numeric(around, n::ERR_NORECIPIENT, &[], text)];
        };
        let Some(tags) = self.tags_of(message) else { return vec![] };
        if tags.len() > around.hall.tags_bytes {
            return vec![self.too_long(around)];
        }
        // That somebody is typing is of no interest to anybody later.
        let passing = message.client_tags().all(|(key, _)| key == "+typing" || key == "+draft/typing");
        self.asking = Asking::Message(shown(targets).to_owned());
        let each = |raw| match self.target(raw, around) {
            Ok(to) => Step::Do(Command::Tags { to, tags: tags.clone(), passing }),
            Err(refused) => refused,
        };
        listed(targets).take(TARGETS).map(each).collect()
    }

    pub(crate) fn redact(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (target, id) = (message.param(0).unwrap_or(""), message.param(1).unwrap_or(""));
        let Ok(seq) = id.parse().map(Seq) else {
            let text = self.lang().pick("There is no such message here", "그런 메시지가 없습니다");
            let context = [shown(target), shown(id)];
            return vec![self.fail(around, "REDACT", "UNKNOWN_MSGID", &context, text)];
        };
        self.asking = Asking::Redact(shown(target).to_owned(), shown(id).to_owned());
        let reason = self.reason(message.param(2), around);
        match self.target(target, around) {
            Ok(to) => vec![Step::Do(Command::RedactThat { to, seq, reason })],
            Err(_) => vec![self.fail(
                around,
                "REDACT",
                "INVALID_TARGET",
                &[shown(target)],
                self.lang().pick("There is no such target", "그런 사람이나 방은 없습니다"),
            )],
        }
    }

    pub(crate) fn open_or_close_batch(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let reference = message.param(0).unwrap_or("");
        if let Some(reference) = reference.strip_prefix('+') {
            return self.open_multiline(reference, message, around);
        }
        let closed = reference.strip_prefix('-');
        let Some(done) = self.multiline.take_if(|open| Some(open.reference.as_str()) == closed) else {
            return vec![self.no_such_batch(&[], around)];
        };
        let Multiline { target, command, text, lines, tags, refused, label, .. } = *done;
        self.label = label.or(self.label.take());
        if let Some((code, context)) = refused {
            let context: Vec<&str> = context.iter().map(String::as_str).collect();
            let text = self.lang().pick("The message was not taken", "메시지를 받지 않았습니다");
            return vec![self.fail(around, "BATCH", code, &context, text)];
        }
        if lines == 0 || text.trim_matches('\n').is_empty() {
            let text = self.lang().pick("There is nothing in it", "아무것도 들어 있지 않습니다");
            return vec![self.fail(around, "BATCH", "MULTILINE_INVALID", &[], text)];
        }
        let kind = if command.as_deref() == Some("NOTICE") { Kind::Notice } else { Kind::Say };
        self.say_to(&target, kind, Text::of_lines(&text), tags, around)
    }

    /// A message of several lines begins.
    fn open_multiline(&mut self, reference: &str, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let (kind, target) = (message.param(1).unwrap_or(""), message.param(2).unwrap_or(""));
        if kind != "draft/multiline" || !self.style.caps.has(Cap::Multiline) || target.is_empty() {
            let text = self.lang().pick("There is no such batch", "그런 묶음은 없습니다");
            return vec![self.fail(around, "BATCH", "UNKNOWN_TYPE", &[shown(reference), shown(kind)], text)];
        }
        if self.multiline.is_some() {
            let text = self.lang().pick("One batch at a time", "묶음은 한 번에 하나만 보낼 수 있습니다");
            return vec![self.fail(around, "BATCH", "MULTILINE_INVALID", &[], text)];
        }
        let tags = self.tags_of(message);
        if tags.as_ref().is_some_and(|tags| tags.len() > around.hall.tags_bytes) {
            return vec![self.too_long(around)];
        }
        self.multiline = Some(Box::new(Multiline {
            reference: reference.to_owned(),
            target: target.to_owned(),
            command: None,
            text: String::new(),
            lines: 0,
            tags,
            refused: None,
            label: self.label.take(),
        }));
        vec![]
    }

    /// A batch is named that is not open.
    fn no_such_batch(&self, context: &[&str], around: &Around<'_>) -> Step {
        let text = self.lang().pick("There is no such batch", "그런 묶음은 없습니다");
        self.fail(around, "BATCH", "MULTILINE_INVALID", context, text)
    }

    /// A message in a batch: a line of one of several lines.
    pub(crate) fn line_of_batch(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let named = message.tag("batch").unwrap_or_default().into_owned();
        let Some(open) = self.multiline.as_mut().filter(|open| open.reference == named) else {
            return vec![self.no_such_batch(&[shown(&named)], around)];
        };
        if open.refused.is_some() {
            // Nothing more of it is kept.
            return vec![];
        }
        let concat = message.tag("draft/multiline-concat").is_some();
        let (command, text) = (message.command(), message.param(1).unwrap_or(""));
        let same = open.command.as_deref().is_none_or(|before| before == command);
        if !matches!(command, "PRIVMSG" | "NOTICE") || !same {
            open.refused.get_or_insert(("MULTILINE_INVALID", vec![]));
            return vec![];
        }
        let target = message.param(0).unwrap_or("");
        if target != open.target {
            let targets = [open.target.as_str(), target].map(|target| shown(target).to_owned());
            open.refused.get_or_insert(("MULTILINE_INVALID_TARGET", targets.to_vec()));
            return vec![];
        }
        open.command.get_or_insert_with(|| command.to_owned());
        if open.lines > 0 && !concat {
            open.text.push('\n');
        }
        open.lines += 1;
        if open.lines > MULTILINE_LINES {
            open.refused.get_or_insert_with(|| ("MULTILINE_MAX_LINES", vec![MULTILINE_LINES.to_string()]));
        } else if open.text.len() + text.len() > around.wire.line_bytes {
            let most = around.wire.line_bytes.to_string();
            open.refused.get_or_insert(("MULTILINE_MAX_BYTES", vec![most]));
        } else {
            open.text.push_str(text);
        }
        vec![]
    }
}

/// How a text is meant: an action is what the client-to-client protocol calls one.
fn understood(notice: bool, text: &str) -> (Kind, &str) {
    if notice {
        return (Kind::Notice, text);
    }
    let inner = text.strip_prefix(CTCP).map(|text| text.strip_suffix(CTCP).unwrap_or(text));
    match inner.and_then(|inner| inner.strip_prefix("ACTION")) {
        Some("") => (Kind::Action, ""),
        Some(done) if done.starts_with(' ') => (Kind::Action, &done[1..]),
        _ => (Kind::Say, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_told_from_what_is_said() {
        let check = |text: &str, expect| assert_eq!(understood(false, text), expect, "{text:?}");
        check("hi", (Kind::Say, "hi"));
        check("\u{1}ACTION waves\u{1}", (Kind::Action, "waves"));
        check("\u{1}ACTION waves", (Kind::Action, "waves"));
        check("\u{1}ACTIONS waves\u{1}", (Kind::Say, "\u{1}ACTIONS waves\u{1}"));
        check("\u{1}VERSION\u{1}", (Kind::Say, "\u{1}VERSION\u{1}"));
        assert_eq!(understood(true, "hi"), (Kind::Notice, "hi"));
    }
}
