//! Labels (labeled-response): everything that one message has brought about is gathered, and told as one answer.

use std::sync::Arc;

use super::caps::Cap;
use super::client::{Around, Client};
use super::line::{Line, escape_tag};
use super::message::Message;

/// Longest label, in bytes.
const LABEL_BYTES: usize = 64;

/// Bytes that are gathered before a long answer begins to be told, as a batch.
const GATHERED_BYTES: usize = 32 * 1024;

/// What is gathered.
#[derive(Debug)]
pub(crate) struct Label {
    /// The label, escaped.
    label: String,
    /// Who answers.
    server: Arc<str>,
    /// Lines, whole.
    lines: Vec<u8>,
    /// The batch in which what was gathered before is told already.
    batch: Option<String>,
}

impl Client {
    /// If a message has a label, everything is gathered from now on.
    pub(crate) fn begin_label(&mut self, message: &Message, around: &Around<'_>) {
        self.label = None;
        // An answer in several lines is a batch, so that nothing has a label for a client that knows of none.
        if !self.style.caps.has(Cap::LabeledResponse) || !self.style.caps.has(Cap::Batch) {
            return;
        }
        if let Some(label) = message.tag("label").filter(|label| !label.is_empty() && label.len() <= LABEL_BYTES) {
            let mut escaped = Vec::new();
            escape_tag(&label, &mut escaped);
            let label = String::from_utf8(escaped).unwrap_or_default();
            let server = around.house().server.as_str().into();
            self.label = Some(Box::new(Label { label, server, lines: Vec::new(), batch: None }));
        }
    }

    /// An answer to what the client has asked: gathered if it is to be, or given back to be told at once. Of a long one
    /// the beginning is.
    #[must_use]
    pub fn gather(&mut self, lines: Vec<u8>) -> Vec<u8> {
        let Some(label) = &mut self.label else { return lines };
        label.lines.extend_from_slice(&lines);
        let mut out = Vec::new();
        if label.lines.len() >= GATHERED_BYTES {
            let reference = self.batch();
            if let Some(label) = &mut self.label {
                label.tell(reference, &mut out);
            }
        }
        out
    }

    /// Everything that the message asked for is done: what was gathered, as one answer.
    #[must_use]
    pub fn release(&mut self, around: &Around<'_>) -> Vec<u8> {
        let Some(mut label) = self.label.take() else { return Vec::new() };
        let server = &around.house().server;
        let tag = format!("label={}", label.label);
        let mut out = Vec::with_capacity(label.lines.len() + 64);
        let mut each = label.lines.split_inclusive(|byte| *byte == b'\n');
        match (each.next(), each.next()) {
            (None, _) if label.batch.is_none() => {
                Line::new(&mut out).raw_tags(&tag).source(server).command("ACK").end();
            }
            (Some(one), None) if label.batch.is_none() => put_tagged(&tag, one, &mut out),
            // What is one batch is one answer.
            _ if label.batch.is_none() && is_one_batch(&label.lines) => put_tagged(&tag, &label.lines, &mut out),
            _ => {
                let reference = self.batch();
                label.tell(reference, &mut out);
                let batch = label.batch.unwrap_or_default();
                Line::new(&mut out).source(server).command("BATCH").param(&format!("-{batch}")).end();
            }
        }
        out
    }
}

impl Label {
    /// Tells what has been gathered, in a batch that is begun with this reference if none has been.
    fn tell(&mut self, reference: String, out: &mut Vec<u8>) {
        if self.batch.is_none() {
            let line = Line::new(out).raw_tags(&format!("label={}", self.label)).source(&self.server);
            line.command("BATCH").param(&format!("+{reference}")).param("labeled-response").end();
        }
        let batch = &*self.batch.get_or_insert(reference);
        for line in std::mem::take(&mut self.lines).split_inclusive(|byte| *byte == b'\n') {
            // What stands in a batch of its own stands in this one with that, whose beginning and end do.
            if is_in_batch(line) {
                out.extend_from_slice(line);
            } else {
                put_tagged(&format!("batch={batch}"), line, out);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_is_begun_before_it_is_whole() {
        let label = Label { label: "x".into(), server: "maru.hall".into(), lines: Vec::new(), batch: None };
        let mut client = Client { label: Some(Box::new(label)), ..Client::default() };
        assert!(client.gather(b":maru.hall 322 a #a 1 :\r\n".to_vec()).is_empty());
        let long = b":maru.hall 322 a #b 1 :\r\n".repeat(GATHERED_BYTES / 24);
        let told = String::from_utf8(client.gather(long)).expect("UTF-8");
        let mut lines = told.lines();
        assert_eq!(lines.next(), Some("@label=x :maru.hall BATCH +b1 labeled-response"));
        assert_eq!(lines.next(), Some("@batch=b1 :maru.hall 322 a #a 1 :"));
        assert!(lines.all(|line| line == "@batch=b1 :maru.hall 322 a #b 1 :"));
        assert!(client.is_gathering() && client.gather(b":maru.hall 323 a :\r\n".to_vec()).is_empty());
    }
}
