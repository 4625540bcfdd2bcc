//! Taking a message back by the operator's hand, in a store whose hall is not running.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use hall::{Author, Event, Nick, PersonId, Proposal, Seq, SessionId, Text, Time};

use crate::sqlite::{Access, Sqlite, SqliteSettings, Store, int};
use crate::{Error, Ledger, SqliteLimits};

/// What operators are called where they take something back.
const OPERATOR: &str = "operator";
/// Slices of tending after which text that is still in the files stays there until the hall runs.
const SLICES: usize = 1_000;

/// Takes a message back: its text is gone from the store and the index, a tombstone stands in its place, and an entry says
/// that it was the operator. Whether there was such a message.
///
/// # Errors
/// When the store cannot be written.
pub fn redact(dir: &Path, limits: &SqliteLimits, seq: Seq) -> Result<bool, Error> {
    let mut ledger = Sqlite::open(dir, SqliteSettings { limits: limits.clone(), ..SqliteSettings::default() })?;
    let store = Store::open(dir, Access::Read, limits)?;
    let Some(row) = store.row(int(seq.0))?.filter(crate::sqlite::Row::is_message) else { return Ok(false) };
    let logs = store.entry(row)?.logs.clone();
    drop(store);
    let nick = Nick::new(OPERATOR, usize::MAX).expect("a nick");
    let author = Author::guest(PersonId(0), SessionId(0), nick);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    let group = vec![Proposal::new(author, logs, Event::Redact(seq, Text::new("")))];
    ledger.commit(now, group).map_err(|rejected| rejected.error)?;
    if let Some(mut indexer) = ledger.indexer()? {
        while indexer.work()? {}
    }
    for _ in 0..SLICES {
        if !ledger.tend(now)? {
            break;
        }
    }
    Ok(true)
}
