//! A connection's few moments to come, on one timer, which exists only while there is one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::Sleep;

use crate::shared::Shared;

/// What a moment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// The sender has paused.
    Pause,
    /// The sender may go on.
    Rate,
    /// The next paced write may be made.
    Pace,
}

const ALL: [Due; 3] = [Due::Pause, Due::Rate, Due::Pace];

/// The moments, in milliseconds on the server's clock; `u64::MAX` for none.
#[derive(Debug)]
pub(crate) struct Timers {
    at_ms: [u64; ALL.len()],
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self { at_ms: [u64::MAX; ALL.len()], sleep: None }
    }

    pub(crate) fn set(&mut self, due: Due, at_ms: u64) {
        self.at_ms[due as usize] = at_ms;
    }

    pub(crate) fn clear(&mut self, due: Due) {
        self.set(due, u64::MAX);
    }

    /// Waits for the next moment, which is then over.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, shared: &Shared) -> Poll<Due> {
        let Some(next) = ALL.into_iter().min_by_key(|due| self.at_ms[*due as usize]) else { return Poll::Pending };
        let at_ms = self.at_ms[next as usize];
        if at_ms == u64::MAX {
            self.sleep = None;
            return Poll::Pending;
        }
        let at = shared.instant(at_ms);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.clear(next);
        Poll::Ready(next)
    }
}
