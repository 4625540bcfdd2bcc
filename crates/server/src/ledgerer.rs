//! The ledger's thread: it takes all proposals that wait, commits them as one group, and gives back what came of them,
//! in the order in which it was asked.
//!
//! What waits for it is bounded by the sessions: each has at most one batch of commands under way.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::{SystemTime, UNIX_EPOCH};

use hall::{Entry, LogId, Proposal, Query, Seq, SessionId, Time};
use ledger::{Error, Ledger, Page};
use tokio::sync::{mpsc, oneshot};

/// Results that wait for the hall's loop.
const RESULTS: usize = 1_024;

/// What the ledger is asked to do.
enum Request {
    Commit(Vec<Proposal>),
    Ask(SessionId, Query),
    Read(LogId, Seq, usize, oneshot::Sender<Result<Page, Error>>),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A group is on the ledger.
    Committed(Vec<Arc<Entry>>),
    /// A group is not.
    Failed(Vec<Proposal>),
    /// A session's question is answered.
    Answered(SessionId, Query, Vec<Arc<Entry>>),
    /// A session's question could not be answered.
    Unanswered(SessionId),
}

/// A line to the ledger's thread.
#[derive(Debug, Clone)]
pub(crate) struct Ledgerer {
    requests: std_mpsc::Sender<Request>,
}

impl Ledgerer {
    /// Starts the thread. It ends when nobody can ask it any more.
    pub(crate) fn start(ledger: Box<dyn Ledger>) -> io::Result<(Self, mpsc::Receiver<Outcome>)> {
        let (requests, asked) = std_mpsc::channel();
        let (outcomes, results) = mpsc::channel(RESULTS);
        std::thread::Builder::new().name("ledger".to_owned()).spawn(move || run(ledger, &asked, &outcomes))?;
        Ok((Self { requests }, results))
    }

    pub(crate) fn commit(&self, group: Vec<Proposal>) {
        self.send(Request::Commit(group));
    }

    pub(crate) fn ask(&self, session: SessionId, query: Query) {
        self.send(Request::Ask(session, query));
    }

    /// Reads a stretch of a log.
    pub(crate) async fn read(&self, log: LogId, after: Seq, most: usize) -> Result<Page, Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Request::Read(log, after, most, answer));
        answered.await.unwrap_or_else(|_| Err(Error::Io(io::ErrorKind::BrokenPipe.into())))
    }

    fn send(&self, request: Request) {
        if self.requests.send(request).is_err() {
            tracing::error!("the ledger's thread is gone");
        }
    }
}

fn run(mut ledger: Box<dyn Ledger>, asked: &std_mpsc::Receiver<Request>, outcomes: &mpsc::Sender<Outcome>) {
    // Questions wait for proposals, and not the other way round: what is said never waits behind a crowd of searches, only
    // for the one that is under way. Nobody's order is changed by that: who has asked proposes nothing until answered.
    let mut questions = VecDeque::new();
    loop {
        let mut group = Vec::new();
        let first = if questions.is_empty() { asked.recv().ok() } else { asked.try_recv().ok() };
        if first.is_none() && questions.is_empty() {
            return;
        }
        // Everything that waits and is to be committed makes one group.
        for request in first.into_iter().chain(asked.try_iter()) {
            match request {
                Request::Commit(more) => group.extend(more),
                question => questions.push_back(question),
            }
        }
        if !group.is_empty() && outcomes.blocking_send(commit(&mut *ledger, group)).is_err() {
            return;
        }
        let outcome = match questions.pop_front() {
            Some(Request::Ask(session, query)) => answer(&*ledger, session, query),
            Some(Request::Read(log, after, most, answer)) => {
                // The reader may have gone meanwhile.
                let _ = answer.send(ledger.read(&log, after, most));
                continue;
            }
            Some(Request::Commit(_)) | None => continue,
        };
        if outcomes.blocking_send(outcome).is_err() {
            return;
        }
    }
}

fn commit(ledger: &mut dyn Ledger, group: Vec<Proposal>) -> Outcome {
    match ledger.commit(now(), group) {
        Ok(entries) => Outcome::Committed(entries),
        Err(rejected) => {
            tracing::error!(error = %rejected.error, entries = rejected.group.len(), "not recorded");
            Outcome::Failed(rejected.group)
        }
    }
}

fn answer(ledger: &dyn Ledger, session: SessionId, query: Query) -> Outcome {
    let found = match &query {
        Query::History { log, last } => ledger.last_messages(log, *last).map(|page| page.entries),
        Query::Search { logs, words, most } => ledger.search(logs, words, *most),
    };
    match found {
        Ok(entries) => Outcome::Answered(session, query, entries),
        Err(error) => {
            tracing::error!(%error, "the ledger could not be read");
            Outcome::Unanswered(session)
        }
    }
}

/// The time of day.
fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
