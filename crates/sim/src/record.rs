//! What one client was to be shown, what it was told, and what was written to it: enough to check every byte afterwards.
//!
//! Which rooms a client is in is taken from the entries themselves, not from what the hall made of them; only for direct
//! conversations, and for leaving a room unseen, the hall's own word is taken.

use std::collections::VecDeque;

use hall::{Entry, Event, LogId, Renamed, Seq, SessionId};

/// A time during which a client follows a log: entries after `from`, up to `until`.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    /// What it is called now.
    pub(crate) log: LogId,
    /// What it was called, up to which entry.
    pub(crate) was: Vec<(Seq, LogId)>,
    pub(crate) from: Seq,
    pub(crate) until: Seq,
}

impl Period {
    /// What the log was called when this entry came.
    fn log_at(&self, seq: Seq) -> &LogId {
        self.was.iter().find(|(until, _)| seq <= *until).map_or(&self.log, |(_, log)| log)
    }
}

/// An answer, and the entry after which it may be given.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) after: Seq,
    pub(crate) bytes: Vec<u8>,
}

/// Bytes that were written at one time.
#[derive(Debug)]
pub(crate) struct Written {
    /// Where they begin in the stream.
    pub(crate) start: usize,
    pub(crate) at_ms: u64,
    /// The last entry on the ledger then.
    pub(crate) head: Seq,
}

/// One client's record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) session: SessionId,
    pub(crate) name: String,
    pub(crate) periods: Vec<Period>,
    pub(crate) answers: VecDeque<Answer>,
    /// Told holes: entries of the log after the first and before the second need not be shown.
    pub(crate) holes: Vec<(LogId, Seq, Seq)>,
    pub(crate) gaps: Vec<Vec<u8>>,
    pub(crate) stream: Vec<u8>,
    pub(crate) written: Vec<Written>,
    /// Whether lines are separated for it rather than ended, so that newlines say nothing.
    pub(crate) unframed: bool,
    /// Whether its connection ended before it had everything.
    pub(crate) cut_off: bool,
    /// Times during which it was shown nothing because an answer was on its way, in milliseconds; the last may go on.
    pub(crate) holds: Vec<(u64, u64)>,
}

impl Record {
    pub(crate) fn new(session: SessionId, name: &str, unframed: bool) -> Self {
        Self {
            session,
            name: name.to_owned(),
            periods: Vec::new(),
            answers: VecDeque::new(),
            holes: Vec::new(),
            gaps: Vec::new(),
            stream: Vec::new(),
            written: Vec::new(),
            unframed,
            cut_off: false,
            holds: Vec::new(),
        }
    }

    fn open(&self, log: &LogId) -> Option<usize> {
        self.periods.iter().position(|p| p.log == *log && p.until == Seq(u64::MAX))
    }

    pub(crate) fn entry_applied(&mut self, entry: &Entry) {
        if entry.author.session != self.session {
            return;
        }
        let Some(log) = entry.logs.first() else { return };
        match entry.event {
            Event::Join(_) if self.open(log).is_none() => self.begin(log, Seq(entry.seq.0 - 1)),
            Event::Part(_) => self.end(log, entry.seq),
            _ => {}
        }
    }

    /// The hall gives the session a cursor. A room is followed from an entry, or from the arrival: that in the lobby, or one
    /// that the ledger did not take.
    pub(crate) fn followed(&mut self, log: &LogId, at: Seq) {
        match self.open(log) {
            None => self.begin(log, at),
            // It has asked to begin anew: what it was not shown so far it is not shown any more.
            Some(open) if self.periods[open].from < at => self.holes.push((log.clone(), Seq(0), Seq(at.0 + 1))),
            Some(_) => {}
        }
    }

    pub(crate) fn unfollowed(&mut self, log: &LogId, until: Seq) {
        self.end(log, until);
    }

    /// A room is called otherwise, and so are its logs, whether the client follows them still or has left them.
    pub(crate) fn renamed(&mut self, renamed: &Renamed) {
        let now = |log: &LogId| renamed.log(log).or_else(|| renamed.log_apart(log));
        for period in &mut self.periods {
            if let Some(now) = now(&period.log) {
                period.was.push((renamed.seq, std::mem::replace(&mut period.log, now)));
            }
        }
        for (of, ..) in &mut self.holes {
            *of = now(of).unwrap_or_else(|| of.clone());
        }
    }

    fn begin(&mut self, log: &LogId, from: Seq) {
        self.periods.push(Period { log: log.clone(), was: Vec::new(), from, until: Seq(u64::MAX) });
    }

    fn end(&mut self, log: &LogId, until: Seq) {
        if let Some(open) = self.open(log) {
            self.periods[open].until = until;
        }
    }

    /// Whether the client is held, now.
    pub(crate) fn held(&mut self, now_ms: u64, held: bool) {
        match self.holds.last_mut().filter(|(_, until_ms)| *until_ms == u64::MAX) {
            None if held => self.holds.push((now_ms, u64::MAX)),
            Some((_, until_ms)) if !held => *until_ms = now_ms,
            _ => {}
        }
    }

    /// From when on the client can be shown what was there at a time.
    pub(crate) fn free_from(&self, at_ms: u64) -> u64 {
        self.holds.iter().fold(at_ms, |at, (from, until)| if (*from..*until).contains(&at) { *until } else { at })
    }

    pub(crate) fn answered(&mut self, after: Seq, bytes: &[u8]) {
        self.answers.push_back(Answer { after, bytes: bytes.to_vec() });
    }

    /// The client is told that entries after `after` are no longer kept, up to the one before `next` or, if there is none,
    /// up to `floor`, behind which memory begins.
    pub(crate) fn gap(&mut self, log: &LogId, after: Seq, next: Option<Seq>, floor: Seq, bytes: &[u8]) {
        // Of a room that was left, nothing at all may be kept.
        let left = self.periods.iter().find(|p| p.log == *log && p.from <= after && after < p.until);
        // What comes after somebody left is no hole, whether they came back or not.
        let end = left.filter(|left| left.until < Seq(u64::MAX)).map(|left| Seq(left.until.0 + 1));
        let next = match (next, end) {
            (Some(next), Some(end)) => next.min(end),
            (next, end) => next.or(end).unwrap_or(Seq(floor.0 + 1)),
        };
        self.holes.push((log.clone(), after, next));
        self.gaps.push(bytes.to_vec());
    }

    pub(crate) fn wrote(&mut self, at_ms: u64, head: Seq, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.written.push(Written { start: self.stream.len(), at_ms, head });
            self.stream.extend_from_slice(bytes);
        }
    }

    /// In which of its logs the client is to be shown an entry.
    pub(crate) fn logs_showing(&self, entry: &Entry) -> Vec<&Period> {
        if entry.author.session == self.session {
            return Vec::new();
        }
        let shows =
            |p: &&Period| entry.logs.contains(p.log_at(entry.seq)) && p.from < entry.seq && entry.seq <= p.until;
        self.periods.iter().filter(shows).collect()
    }

    /// Whether the client was told that it misses this entry in this log.
    pub(crate) fn misses(&self, entry: &Entry, log: &LogId) -> bool {
        self.holes.iter().any(|(of, after, next)| of == log && *after < entry.seq && entry.seq < *next)
    }
}
