//! What goes out: lines, each with a label where the server knows of labels, and what is remembered of them until they
//! are answered.

use hall::{Entry, Nick, RoomName};
use wire::Lang;
use wire::irc::{BODY_BYTES_MAX, Line, cut, trailing_bytes_max};
use wire::lines::Misuse;

use super::IrcTalk;

/// Bytes of a source that a server puts before a message when it passes it on, as long as one's own is not known.
const SOURCE_BYTES: usize = 100;
/// What stands around an action.
const ACTION_BYTES: usize = "\u{1}ACTION \u{1}".len();

/// Something typed that is not acknowledged so far.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) id: u64,
    /// As it was typed, without secrets.
    pub(super) line: String,
    /// How many answers are still to come.
    pub(super) waits: usize,
    /// Where what was said, if it was said in a room.
    pub(super) said: Option<(RoomName, String)>,
}

/// What was asked with a label.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) about: About,
    /// For which of the typed lines.
    pub(super) sent: Option<u64>,
}

/// What the answer is about.
#[derive(Debug)]
pub(super) enum About {
    /// A message to a room.
    Said,
    /// A message to somebody, why they are away if they are, and whether it has come back as an echo.
    Direct { to: Nick, away: Option<String>, echoed: bool },
    /// Something asked of the helper; whether its answer is of no interest, whether it is about whose account one has, and
    /// whether it was refused.
    Helper { quiet: bool, key: bool, refused: bool },
    /// To be called so.
    Nick(String),
    /// Whether somebody is there who is called so, because the name that the person wants is taken.
    IsOn { wanted: String, there: bool },
    /// To be spoken to in this language, and whether the server does.
    Lang { lang: Lang, done: bool },
    /// To come into a room, and whether one was led there from an old name of it.
    Join { room: RoomName, led: bool },
    /// What was said in a room, asked for by the person: up to so many entries.
    History { entries: Vec<Entry>, most: usize, all: bool },
    /// What was said last before one came, and whether it is to be shown.
    Replay { room: RoomName, entries: Vec<Entry>, empty: bool, shown: bool },
    /// What was said since, and how much has come.
    Since { room: RoomName, lines: usize },
    /// Whether the history has what was seen last, or something as old that was seen.
    Known { room: RoomName, known: bool },
    /// With whom something was said while one was away.
    Targets(Vec<String>),
    /// What was said with somebody since, how much of it has come, and the id of the last.
    Conversation { with: String, lines: usize, last: Option<String> },
    /// Whatever says by itself what came of it.
    Other,
}

impl About {
    /// The room that it is about.
    pub(super) fn room(&mut self) -> Option<&mut RoomName> {
        match self {
            Self::Join { room, .. }
            | Self::Replay { room, .. }
            | Self::Since { room, .. }
            | Self::Known { room, .. } => Some(room),
            _ => None,
        }
    }
}

impl IrcTalk {
    /// Writes a line.
    pub(super) fn line(&mut self, write: impl FnOnce(Line<'_>) -> Line<'_>) {
        write(Line::new(&mut self.out)).end();
    }

    /// Writes a line whose answer is about something, for a line that was typed or for none.
    pub(super) fn ask_about(&mut self, about: About, sent: Option<u64>, write: impl FnOnce(Line<'_>) -> Line<'_>) {
        let mut body = Vec::new();
        write(Line::new(&mut body)).end();
        // What is cut off at its end says so by the answer; what has no place for its words would have none.
        if body.len() > BODY_BYTES_MAX + "\r\n".len() {
            return self.misused(Misuse::TooLong(BODY_BYTES_MAX));
        }
        if let Some(label) = self.label(about, sent) {
            self.out.extend_from_slice(format!("@label={label} ").as_bytes());
        }
        self.out.append(&mut body);
    }

    /// A label for a question, where there are labels.
    fn label(&mut self, about: About, sent: Option<u64>) -> Option<String> {
        if let Some(sent) = self.unacked.iter_mut().find(|waiting| Some(waiting.id) == sent) {
            sent.waits += 1;
        }
        if !self.server.has_labels() {
            return None;
        }
        self.labels += 1;
        self.asked.insert(self.labels, Asked { about, sent });
        Some(format!("m{}", self.labels))
    }

    /// What was asked under this label.
    pub(super) fn about(&mut self, label: Option<u64>) -> Option<&mut About> {
        self.asked.get_mut(&label?).map(|asked| &mut asked.about)
    }

    /// An answer to a typed line is complete. When all are, the line is acknowledged.
    pub(super) fn answered(&mut self, sent: Option<u64>) {
        let Some(at) = self.unacked.iter().position(|waiting| Some(waiting.id) == sent) else { return };
        let waiting = &mut self.unacked[at];
        waiting.waits = waiting.waits.saturating_sub(1);
        if waiting.waits == 0 {
            self.unacked.remove(at);
            if self.blocked == sent {
                self.blocked = None;
            }
        }
    }

    /// Says something to a room, to somebody or to the helper: in one line if there is room in it, else in one message of
    /// several lines where the server knows of such, and else in several messages.
    pub(super) fn message(&mut self, target: &str, text: &str, sent: u64, about: impl Fn() -> About) {
        let most = self.message_bytes(target);
        if text.len() <= most {
            return self.ask_about(about(), Some(sent), |line| line.command("PRIVMSG").param(target).trailing(text));
        }
        let pieces: Vec<String> = cut(text, most).map(str::to_owned).collect();
        if self.server.multiline.is_none_or(|(_, lines)| pieces.len() > lines) {
            for piece in pieces {
                self.ask_about(about(), Some(sent), |line| line.command("PRIVMSG").param(target).trailing(&piece));
            }
            return;
        }
        let label = self.label(about(), Some(sent));
        let reference = format!("s{sent}");
        self.line(|line| {
            let line = label.iter().fold(line, |line, label| line.tag("label", label));
            line.command("BATCH").param(&format!("+{reference}")).param("draft/multiline").param(target)
        });
        for (n, piece) in pieces.iter().enumerate() {
            self.line(|line| {
                let line = line.tag("batch", &reference);
                let line = if n == 0 { line } else { line.tag("draft/multiline-concat", "") };
                line.command("PRIVMSG").param(target).trailing(piece)
            });
        }
        self.line(|line| line.command("BATCH").param(&format!("-{reference}")));
    }

    /// Says what one does. There is no action of several lines.
    pub(super) fn action(&mut self, target: &str, text: &str, sent: u64) {
        let most = self.message_bytes(target).saturating_sub(ACTION_BYTES).max(4);
        for piece in cut(text, most).map(str::to_owned).collect::<Vec<_>>() {
            let framed = format!("\u{1}ACTION {piece}\u{1}");
            self.ask_about(About::Said, Some(sent), |line| line.command("PRIVMSG").param(target).trailing(&framed));
        }
    }

    /// How much text one line to a target has room for, wherever it is passed on to.
    fn message_bytes(&self, target: &str) -> usize {
        let unknown = "x".repeat(SOURCE_BYTES);
        let source = if self.source.is_empty() { &unknown } else { &self.source };
        trailing_bytes_max(source, "PRIVMSG", &[target]).max(4)
    }
}
