//! What comes from the person: bytes of a terminal in raw mode, or lines of a pipe, and signals.

use std::io::{self, BufRead, Read as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::drive::Event;

/// The most that is taken as one line of a pipe. It is far more than a hall takes, which is what says so.
const PIECE_BYTES: u64 = 64 * 1024;

/// Brings signals to the loop.
pub(crate) fn signals(events: SyncSender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if events.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// Brings what the terminal sends to the loop.
pub(crate) fn keys(events: SyncSender<Event>) -> io::Result<()> {
    thread::Builder::new().name("keys".into()).spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let event = match io::stdin().lock().read(&mut buffer) {
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                Ok(n) if n > 0 => Event::Keys(buffer[..n].to_vec()),
                _ => Event::InputEnded,
            };
            let ended = matches!(event, Event::InputEnded);
            if events.send(event).is_err() || ended {
                return;
            }
        }
    })?;
    Ok(())
}

/// Brings lines of standard input to the loop, each only when it is asked for by the sender that is returned: what
/// cannot be sent yet stays in the pipe.
pub(crate) fn lines(events: SyncSender<Event>) -> io::Result<SyncSender<()>> {
    let (ask, asked): (_, Receiver<()>) = sync_channel(1);
    thread::Builder::new().name("lines".into()).spawn(move || {
        let mut bytes = Vec::new();
        while asked.recv().is_ok() {
            bytes.clear();
            let event = match io::stdin().lock().take(PIECE_BYTES).read_until(b'\n', &mut bytes) {
                Ok(n) if n > 0 => {
                    let text = String::from_utf8_lossy(&bytes);
                    Event::Line(text.trim_end_matches(['\n', '\r']).to_owned())
                }
                _ => Event::InputEnded,
            };
            let ended = matches!(event, Event::InputEnded);
            if events.send(event).is_err() || ended {
                return;
            }
        }
    })?;
    Ok(ask)
}
