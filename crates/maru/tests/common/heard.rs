//! What a program has written so far: a thread reads it, tests wait for what must appear in it.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// A stream of bytes that is being read. Clones hear the same.
#[derive(Clone)]
pub(crate) struct Heard {
    name: Arc<str>,
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    ended: bool,
}

impl Heard {
    /// Begins to read. `name` is for the messages of tests that fail.
    pub(crate) fn new(name: &str, mut from: impl Read + Send + 'static) -> Self {
        let heard = Self { name: name.into(), shared: Arc::default() };
        let reader = heard.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A pseudo-terminal whose program has gone gives an error, which is an end like any other.
            while let Ok(n @ 1..) = from.read(&mut buffer) {
                reader.lock().bytes.extend_from_slice(&buffer[..n]);
                reader.shared.1.notify_all();
            }
            reader.lock().ended = true;
            reader.shared.1.notify_all();
        });
        heard
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        self.shared.1.wait_timeout(state, most).unwrap_or_else(PoisonError::into_inner).0
    }

    /// All text so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// Waits until `enough` of the bytes so far gives something.
    #[track_caller]
    pub(crate) fn expect<T>(&self, what: &str, enough: impl Fn(&[u8]) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            if let Some(found) = enough(&state.bytes) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let so_far = || String::from_utf8_lossy(&state.bytes).into_owned();
            assert!(!state.ended, "{} ended without {what}:\n{}", self.name, so_far());
            assert!(!left.is_zero(), "{} has no {what} in time:\n{}", self.name, so_far());
            state = self.wait(state, left);
        }
    }

    /// Waits until this text stands there, and returns all of it so far.
    #[track_caller]
    pub(crate) fn until(&self, needle: &str) -> String {
        self.expect(&format!("{needle:?}"), |bytes| {
            let text = String::from_utf8_lossy(bytes);
            text.contains(needle).then(|| text.into_owned())
        })
    }

    /// Waits for the end, and returns all there was.
    #[track_caller]
    pub(crate) fn to_end(&self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            let so_far = || String::from_utf8_lossy(&state.bytes).into_owned();
            assert!(!left.is_zero(), "{} does not end:\n{}", self.name, so_far());
            state = self.wait(state, left);
        }
        String::from_utf8_lossy(&state.bytes).into_owned()
    }
}
