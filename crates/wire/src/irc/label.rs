//! Labels (labeled-response): everything that one message has brought about is gathered, and told as one answer.

use super::caps::Cap;
use super::client::{Around, Client};
use super::line::{Line, escape_tag};
use super::message::Message;

/// Longest label, in bytes.
const LABEL_BYTES: usize = 64;

/// What is gathered.
#[derive(Debug)]
pub(crate) struct Label {
    /// The label, escaped.
    label: String,
    /// Lines, whole.
    lines: Vec<u8>,
}

impl Client {
    /// If a message has a label, everything is gathered from now on.
    pub(crate) fn begin_label(&mut self, message: &Message) {
        self.label = None;
        // An answer in several lines is a batch, so that nothing has a label for a client that knows of none.
        if !self.style.caps.has(Cap::LabeledResponse) || !self.style.caps.has(Cap::Batch) {
            return;
        }
        if let Some(label) = message.tag("label").filter(|label| !label.is_empty() && label.len() <= LABEL_BYTES) {
            let mut escaped = Vec::new();
            escape_tag(&label, &mut escaped);
            let label = String::from_utf8(escaped).unwrap_or_default();
            self.label = Some(Box::new(Label { label, lines: Vec::new() }));
        }
    }

    /// An answer to what the client has asked: gathered if it is to be, or given back to be told at once.
    #[must_use]
    pub fn gather(&mut self, lines: Vec<u8>) -> Vec<u8> {
        match &mut self.label {
            Some(label) => {
                label.lines.extend_from_slice(&lines);
                Vec::new()
            }
            None => lines,
        }
    }

    /// Everything that the message asked for is done: what was gathered, as one answer.
    #[must_use]
    pub fn release(&mut self, around: &Around<'_>) -> Vec<u8> {
        let Some(Label { label, lines }) = self.label.take().map(|label| *label) else { return Vec::new() };
        let server = &around.house().server;
        let mut out = Vec::with_capacity(lines.len() + 64);
        let mut each = lines.split_inclusive(|byte| *byte == b'\n');
        match (each.next(), each.next()) {
            (None, _) => Line::new(&mut out).raw_tags(&format!("label={label}")).source(server).command("ACK").end(),
            (Some(one), None) => put_tagged(&format!("label={label}"), one, &mut out),
            // What is one batch is one answer.
            _ if is_one_batch(&lines) => put_tagged(&format!("label={label}"), &lines, &mut out),
            (Some(_), Some(_)) => {
                let batch = self.batch();
                let line = Line::new(&mut out).raw_tags(&format!("label={label}")).source(server);
                line.command("BATCH").param(&format!("+{batch}")).param("labeled-response").end();
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    // What stands in a batch of its own stands in this one with that, whose beginning and end do.
                    if is_in_batch(line) {
                        out.extend_from_slice(line);
                    } else {
                        put_tagged(&format!("batch={batch}"), line, &mut out);
                    }
                }
                Line::new(&mut out).source(server).command("BATCH").param(&format!("-{batch}")).end();
            }
        }
        out
    }
}

fn is_in_batch(line: &[u8]) -> bool {
    line.starts_with(b"@batch=")
}

/// Whether these lines are one batch, from its beginning to its end.
fn is_one_batch(lines: &[u8]) -> bool {
    let Some((b'+', reference)) = lines.split_inclusive(|byte| *byte == b'\n').next().and_then(batch_of) else {
        return false;
    };
    // Where the batch ends, nothing more has come.
    let mut rest = lines.split_inclusive(|byte| *byte == b'\n').skip(1);
    rest.find(|line| batch_of(line) == Some((b'-', reference))).is_some() && rest.next().is_none()
}

/// Whether a line begins (`+`) or ends (`-`) a batch, and its reference.
fn batch_of(line: &[u8]) -> Option<(u8, &[u8])> {
    let mut words = line.trim_ascii_end().split(|byte| *byte == b' ').peekable();
    for sign in [b'@', b':'] {
        words.next_if(|word| word.first() == Some(&sign));
    }
    words.next().filter(|word| *word == b"BATCH")?;
    words.next()?.split_first().map(|(sign, reference)| (*sign, reference))
}

/// A line with one more tag.
fn put_tagged(tag: &str, line: &[u8], out: &mut Vec<u8>) {
    out.push(b'@');
    out.extend_from_slice(tag.as_bytes());
    match line.strip_prefix(b"@") {
        Some(rest) => {
            out.push(b';');
            out.extend_from_slice(rest);
        }
        None => {
            out.push(b' ');
            out.extend_from_slice(line);
        }
    }
}
