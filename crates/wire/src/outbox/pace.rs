//! Writing to a client that sends no newlines, and so does not look for any: it takes whatever one `recv(1024)` returns for
//! one message. Lines are separated for it rather than ended, no write is longer than what it takes or cuts a
//! character, and what it could not take together is written after a pause.

use super::{Gathered, Next, Outbox, Piece};
use crate::lines::Codec;
use crate::text::whole_chars;

/// What such a client takes in one go, in bytes.
const RECV_BYTES: usize = 1024;
/// How long it has to take it, in milliseconds, before more is written than it takes in one go.
const RECV_MS: u64 = 50;
/// Lines written within this time of each other (milliseconds) may be taken together, so they are separated.
const TOGETHER_MS: u64 = 300;

/// What was written lately.
#[derive(Debug, Default)]
pub(super) struct Pace {
    written: usize,
    last_ms: u64,
}

impl Outbox {
    pub(super) fn next_paced(&mut self, now_ms: u64, codec: &Codec) -> Next {
        if let Some(page) = self.pick_up(codec) {
            return page;
        }
        let legacy = self.style.as_lines().legacy;
        let Some(pace) = self.pace.as_deref_mut() else { return Next::Idle };
        // A newline at the front separates from the line before it; one at the end waits for a line to come.
        if self.rest.first() == Some(&b'\n') && now_ms >= pace.last_ms + TOGETHER_MS && self.rest.len() > 1 {
            self.rest.remove(0);
        }
        let body = self.rest.strip_suffix(b"\n").unwrap_or(&self.rest);
        if body.is_empty() {
            return Next::Idle;
        }
        // Only after a pause has the client surely taken all that was written before.
        if now_ms >= pace.last_ms + RECV_MS {
            pace.written = 0;
        }
        let room = RECV_BYTES - pace.written;
        let chunk = if legacy { whole_pairs(body, room) } else { whole_chars(body, room) };
        if chunk.is_empty() {
            return Next::Wait(pace.last_ms + RECV_MS);
        }
        pace.written += chunk.len();
        pace.last_ms = now_ms;
        let mut gathered = Gathered::default();
        gathered.push(Piece::Rest(chunk.len()), chunk.len());
        Next::Write(gathered)
    }

    /// Picks up lines until there is enough for one write.
    fn pick_up(&mut self, codec: &Codec) -> Option<Next> {
        while self.rest.len() <= RECV_BYTES {
            let mut rest = std::mem::take(&mut self.rest);
            match self.gather(RECV_BYTES, codec) {
                Next::Write(gathered) => {
                    for slice in self.slices(&gathered) {
                        rest.extend_from_slice(&slice);
                    }
                    let bytes = gathered.bytes();
                    self.wrote(gathered, bytes);
                    self.rest = rest;
                }
                page @ Next::Page(..) => {
                    self.rest = rest;
                    // What is left of a line that was written is only the newline behind it.
                    return matches!(&self.rest[..], b"" | b"\n").then_some(page);
                }
                Next::Idle | Next::Wait(_) => {
                    self.rest = rest;
                    return None;
                }
            }
        }
        None
    }
}

/// The longest beginning of a text in a double-byte charset (EUC-KR and its kind) that is at most `most` bytes long and
/// cuts no pair.
fn whole_pairs(bytes: &[u8], most: usize) -> &[u8] {
    let mut end = 0;
    while end < bytes.len() {
        let step = if bytes[end] >= 0x81 && end + 1 < bytes.len() { 2 } else { 1 };
        if end + step > most {
            break;
        }
        end += step;
    }
    &bytes[..end]
}
