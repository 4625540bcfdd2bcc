//! Work with passwords, which is slow because that is what makes guessing slow. It has threads of its own that give way to
//! all others, a queue with a limit, and a share of it for each address: who floods it makes others of that address wait, and
//! nobody who talks.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use auth::{BadPassword, Cost};
use hall::{Proof, Proven, SessionId, Unfit};
use tokio::sync::mpsc;

use crate::hub::Input;

/// How far the threads stand behind all others (`nice(2)`).
const NICENESS: i32 = 10;
/// Places in the queue; how many of them may be taken is a setting.
const QUEUE: usize = 4_096;

/// A line to the threads.
#[derive(Debug)]
pub(crate) struct Proofs {
    jobs: SyncSender<Job>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug)]
struct Job {
    session: SessionId,
    address: IpAddr,
    proof: Proof,
}

/// How many jobs wait or are under way.
#[derive(Debug, Default)]
struct Waiting {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Proofs {
    /// Starts the threads: for every other core one.
    pub(crate) fn start(hall: &mpsc::Sender<Input>, cost: Cost) -> io::Result<Self> {
        let (jobs, todo) = sync_channel(QUEUE);
        let (todo, waiting) = (Arc::new(Mutex::new(todo)), Arc::<Mutex<Waiting>>::default());
        let workers = thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
        for _ in 0..workers {
            let (todo, waiting, hall, cost) = (Arc::clone(&todo), Arc::clone(&waiting), hall.clone(), cost);
            thread::Builder::new().name("passwords".to_owned()).spawn(move || work(&todo, &waiting, &hall, &cost))?;
        }
        Ok(Self { jobs, waiting })
    }

    /// Has work done for a session; whether there is a place for it.
    pub(crate) fn ask(&self, session: SessionId, address: IpAddr, proof: Proof, limits: &crate::Limits) -> bool {
        let address = gate::site(address);
        let mut waiting = lock(&self.waiting);
        let here = waiting.by_address.get(&address).copied().unwrap_or(0);
        if waiting.all >= limits.logins_waiting || here >= limits.logins_per_address {
            return false;
        }
        match self.jobs.try_send(Job { session, address, proof }) {
            Ok(()) => {
                waiting.all += 1;
                *waiting.by_address.entry(address).or_default() += 1;
                true
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(todo: &Mutex<Receiver<Job>>, waiting: &Mutex<Waiting>, hall: &mpsc::Sender<Input>, cost: &Cost) {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "passwords are looked at with the same priority as all else");
    }
    loop {
        let Ok(Job { session, address, proof }) = lock(todo).recv() else { return };
        let proven = prove(&proof, cost);
        drop(proof);
        {
            let mut waiting = lock(waiting);
            waiting.all -= 1;
            if let Some(here) = waiting.by_address.get_mut(&address) {
                *here -= 1;
                if *here == 0 {
                    waiting.by_address.remove(&address);
                }
            }
        }
        if hall.blocking_send(Input::Proved(session, proven)).is_err() {
            return;
        }
    }
}

fn prove(proof: &Proof, cost: &Cost) -> Proven {
    match proof {
        Proof::Check { verifier, password } => {
            if auth::check(verifier.as_ref(), password.expose(), cost) {
                Proven::Right
            } else {
                Proven::Wrong
            }
        }
        Proof::Derive(password) => match auth::prepare(password.expose()) {
            Err(BadPassword::TooShort(least)) => Proven::Unfit(Unfit::TooShort(least)),
            Err(BadPassword::TooLong(most)) => Proven::Unfit(Unfit::TooLong(most)),
            Err(BadPassword::Refused) => Proven::Unfit(Unfit::Refused),
            Ok(password) => match auth::derive(&password, crate::random::bytes(), cost) {
                Ok(verifier) => Proven::Derived(verifier),
                Err(auth::NoMemory) => Proven::Busy,
            },
        },
    }
}
