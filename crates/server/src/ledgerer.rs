//! The ledger's threads. One takes all proposals that wait, commits them as one group and gives back what came of them, in
//! the order in which it was asked. Questions are answered beside it, by two threads with a reader each, so that neither a
//! long search nor a crowd of them keeps anybody from speaking, coming in or catching up; a question goes to them when what
//! was proposed before it is on the ledger, so that what one said is found. A fourth thread brings the index up to date.
//!
//! What waits for them is bounded by the sessions: each has at most one batch of commands, one question and one page under
//! way.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self as std_mpsc, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hall::{Entry, LogId, Proposal, Query, Refusal, Reply, Seq, SessionId, Time};
use ledger::{Error, Indexer, Ledger, Page, Reader};
use tokio::sync::{mpsc, oneshot};

/// Results that wait for the hall's loop.
const RESULTS: usize = 1_024;
/// How often the index is brought up to date at most, while things are being said: each time costs about as much for a few
/// messages as for one, and a search looks through the latest itself.
const INDEX_EVERY: Duration = Duration::from_secs(1);
/// How often the ledger is tended at least, while proposals keep coming.
const TEND_EVERY: Duration = Duration::from_secs(1);
/// How long it is left alone between two slices of tending.
const TEND_PAUSE: Duration = Duration::from_millis(20);
/// How long the ledger is left alone, by those who tend and index it, after that has failed.
const REST: Duration = Duration::from_secs(5);

/// What the ledger is asked to do.
enum Request {
    Commit(Vec<Proposal>),
    Ask(Question),
    Close(oneshot::Sender<()>),
}

/// What a reader is asked.
enum Question {
    Query(SessionId, Query),
    Read(LogId, Seq, usize, oneshot::Sender<Result<Page, Error>>),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A group is on the ledger.
    Committed(Vec<Arc<Entry>>),
    /// A group is not, and why.
    Failed(Vec<Proposal>, Refusal),
    /// A session's question is answered, or could not be.
    Answered(SessionId, Query, Option<Reply>),
}

/// A line to the ledger's threads.
#[derive(Debug, Clone)]
pub(crate) struct Ledgerer {
    requests: std_mpsc::Sender<Request>,
    /// To the reader of those who catch up: what they ask for has been committed.
    pages: std_mpsc::Sender<Question>,
}

impl Ledgerer {
    /// Starts the threads. They end when nobody can ask them any more, or with [`close`](Self::close).
    pub(crate) fn start(ledger: Box<dyn Ledger>) -> Result<(Self, mpsc::Receiver<Outcome>), crate::Error> {
        let (requests, asked) = std_mpsc::channel();
        let (outcomes, results) = mpsc::channel(RESULTS);
        let reader = |name: &str| -> Result<_, crate::Error> {
            let (reader, outcomes) = (ledger.reader().map_err(crate::Error::Ledger)?, outcomes.clone());
            let (questions, asked) = std_mpsc::channel();
            spawn(name, move || read(&*reader, &asked, &outcomes))?;
            Ok(questions)
        };
        let (pages, searches) = (reader("pages")?, reader("searches")?);
        // One commit that was not looked at is as good as many.
        let (grown, growing) = std_mpsc::sync_channel(1);
        if let Some(indexer) = ledger.indexer().map_err(crate::Error::Ledger)? {
            spawn("indexer", move || index(indexer, &growing))?;
        }
        let keeper = Keeper { ledger, outcomes, pages: pages.clone(), searches, grown, tended: Instant::now() };
        spawn("ledger", move || keeper.run(&asked))?;
        Ok((Self { requests, pages }, results))
    }

    pub(crate) fn commit(&self, group: Vec<Proposal>) {
        self.send(Request::Commit(group));
    }

    pub(crate) fn ask(&self, session: SessionId, query: Query) {
        self.send(Request::Ask(Question::Query(session, query)));
    }

    /// Reads a stretch of a log.
    pub(crate) async fn read(&self, log: LogId, after: Seq, most: usize) -> Result<Page, Error> {
        let (answer, answered) = oneshot::channel();
        // A thread that is gone answers nobody.
        let _ = self.pages.send(Question::Read(log, after, most, answer));
        answered.await.unwrap_or_else(|_| Err(Error::Io(io::ErrorKind::BrokenPipe.into())))
    }

    /// Closes the ledger when everything asked before has been done.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        self.send(Request::Close(done));
        let _ = closed.await;
    }

    fn send(&self, request: Request) {
        if self.requests.send(request).is_err() {
            tracing::error!("the ledger's thread is gone");
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(())
}

/// The thread that owns the ledger.
struct Keeper {
    ledger: Box<dyn Ledger>,
    outcomes: mpsc::Sender<Outcome>,
    pages: std_mpsc::Sender<Question>,
    searches: std_mpsc::Sender<Question>,
    grown: std_mpsc::SyncSender<()>,
    /// When the ledger is to be tended next, or was.
    tended: Instant,
}

impl Keeper {
    fn run(mut self, asked: &std_mpsc::Receiver<Request>) {
        loop {
            let wait = TEND_EVERY.saturating_sub(self.tended.elapsed());
            let first = match asked.recv_timeout(wait) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Everything that waits and is to be committed makes one group. Nobody's order is changed by that: who has
            // asked proposes nothing until answered.
            let (mut group, mut questions) = (Vec::new(), Vec::new());
            let mut close = None;
            for request in first.into_iter().chain(asked.try_iter()) {
                match request {
                    Request::Commit(more) => group.extend(more),
                    Request::Ask(question) => questions.push(question),
                    Request::Close(done) => close = Some(done),
                }
            }
            if !group.is_empty() {
                let outcome = self.commit(group);
                if self.outcomes.blocking_send(outcome).is_err() {
                    return;
                }
            }
            for question in questions {
                let to = match &question {
                    Question::Query(_, Query::Search { .. } | Query::Targets { .. }) => &self.searches,
                    _ => &self.pages,
                };
                let _ = to.send(question);
            }
            if let Some(done) = close {
                drop(self);
                let _ = done.send(());
                return;
            }
            if self.tended.elapsed() >= TEND_EVERY {
                self.tend();
            }
        }
    }

    fn commit(&mut self, group: Vec<Proposal>) -> Outcome {
        match self.ledger.commit(now(), group) {
            Ok(entries) => {
                let _ = self.grown.try_send(());
                Outcome::Committed(entries)
            }
            Err(rejected) => {
                tracing::error!(error = %rejected.error, entries = rejected.group.len(), "not recorded");
                Outcome::Failed(rejected.group, rejected.error.refusal())
            }
        }
    }

    /// A slice of what is to be done to the ledger now and then; if there is more, the next slice comes soon.
    fn tend(&mut self) {
        self.tended = match self.ledger.tend(now()) {
            Ok(true) => {
                // The index has to forget what was let go.
                let _ = self.grown.try_send(());
                Instant::now().checked_sub(TEND_EVERY - TEND_PAUSE).unwrap_or_else(Instant::now)
            }
            Ok(false) => Instant::now(),
            Err(error) => {
                tracing::warn!(%error, "the ledger could not be tended");
                Instant::now() + REST
            }
        };
    }
}

fn index(mut indexer: Box<dyn Indexer>, grown: &std_mpsc::Receiver<()>) {
    let mut failed = false;
    loop {
        let rest = match indexer.work() {
            Ok(true) => Duration::ZERO,
            Ok(false) => {
                // Until something is said, and then a little longer, to take what comes with it.
                if grown.recv().is_err() {
                    return;
                }
                INDEX_EVERY
            }
            Err(error) => {
                if !failed {
                    tracing::error!(%error, "what is said is not indexed for searches; trying again");
                }
                failed = true;
                REST
            }
        };
        failed &= rest == REST;
        // It is not woken meanwhile: whoever speaks finds that it has been told already.
        std::thread::sleep(rest);
        if grown.try_recv() == Err(std_mpsc::TryRecvError::Disconnected) {
            return;
        }
    }
}

fn read(reader: &dyn Reader, asked: &std_mpsc::Receiver<Question>, outcomes: &mpsc::Sender<Outcome>) {
    for question in asked {
        match question {
            Question::Query(session, query) => {
                let answer = ledger::answer(reader, &query);
                if let Err(error) = &answer {
                    tracing::error!(%error, "the ledger could not be read");
                }
                if outcomes.blocking_send(Outcome::Answered(session, query, answer.ok())).is_err() {
                    return;
                }
            }
            Question::Read(log, after, most, answer) => {
                // The reader may have gone meanwhile.
                let _ = answer.send(reader.read(&log, after, most));
            }
        }
    }
}

/// The time of day.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
