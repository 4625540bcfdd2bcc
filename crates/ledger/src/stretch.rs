//! A part of a log that somebody asks for, and where it lies among the numbers of the hall.

use hall::{LogId, Mark, Seq, Span, Time};

use crate::{Error, Reader};

/// A part of a log: what lies between two marks, neither of which is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Behind this.
    pub after: Mark,
    /// Before this.
    pub before: Mark,
    /// Whether its newest entries are meant when there are more than are asked for; its oldest otherwise.
    pub newest: bool,
    /// Whether it is all that happened, or messages alone.
    pub events: bool,
}

impl Stretch {
    /// The stretch that a span is.
    #[must_use]
    pub fn of(span: Span, events: bool) -> Self {
        let whole = Self { after: Mark::Beginning, before: Mark::End, newest: false, events };
        match span {
            Span::Last(_) => Self { newest: true, ..whole },
            // From a time on is behind the millisecond before.
            Span::Since(Time(0)) => whole,
            Span::Since(Time(ms)) => Self { after: Mark::Time(Time(ms - 1)), ..whole },
            Span::After(seq) => Self { after: Mark::Seq(seq), ..whole },
            Span::Between { after, before, newest } => Self { after, before, newest, events },
            // From the mark on; what stands before it is a stretch of its own.
            Span::Around(mark) => Self { after: just_before(mark), ..whole },
        }
    }

    /// The first and the last number that can be in it: it is empty if the first is larger. `first_at` is the number of an
    /// entry of a time or later whose predecessor was earlier, or one more than the last.
    pub(crate) fn numbers(&self, first_at: impl Fn(Time) -> Result<u64, Error>) -> Result<(u64, u64), Error> {
        let first = match self.after {
            Mark::Beginning => 0,
            Mark::End => u64::MAX,
            Mark::Seq(seq) => seq.0.saturating_add(1),
            Mark::Time(time) => first_at(Time(time.0.saturating_add(1)))?,
        };
        let last = match self.before {
            Mark::Beginning => 0,
            Mark::End => u64::MAX,
            Mark::Seq(seq) => seq.0.saturating_sub(1),
            Mark::Time(time) => first_at(time)?.saturating_sub(1),
        };
        Ok((first, last))
    }
}

/// The mark behind which a mark stands itself.
fn just_before(mark: Mark) -> Mark {
    match mark {
        Mark::Seq(Seq(seq)) => Mark::Seq(Seq(seq.saturating_sub(1))),
        Mark::Time(Time(0)) => Mark::Beginning,
        Mark::Time(Time(ms)) => Mark::Time(Time(ms - 1)),
        end => end,
    }
}

/// Whether an entry stands behind a mark.
fn is_behind(mark: Mark, seq: Seq, at: Time) -> bool {
    match mark {
        Mark::Beginning => true,
        Mark::End => false,
        Mark::Seq(mark) => seq > mark,
        Mark::Time(mark) => at > mark,
    }
}

/// Whether an entry stands before a mark.
fn is_before(mark: Mark, seq: Seq, at: Time) -> bool {
    match mark {
        Mark::Beginning => false,
        Mark::End => true,
        Mark::Seq(mark) => seq < mark,
        Mark::Time(mark) => at < mark,
    }
}

/// The logs whose last message lies between two marks, and when that was: the longest ago first, at most `most`.
pub(crate) fn targets(
    reader: &dyn Reader,
    logs: &[LogId],
    after: Mark,
    before: Mark,
    most: usize,
) -> Result<Vec<(LogId, Time)>, Error> {
    let mut found = Vec::new();
    for log in logs {
        let last = reader.last_messages(log, Seq(u64::MAX), 1)?.entries.pop();
        found.extend(last.map(|entry| (entry.seq, entry.at, log)));
    }
    found.retain(|(seq, at, _)| is_behind(after, *seq, *at) && is_before(before, *seq, *at));
    found.sort_by_key(|(seq, at, _)| (*at, *seq));
    found.truncate(most);
    Ok(found.into_iter().map(|(_, at, log)| (log.clone(), at)).collect())
}
