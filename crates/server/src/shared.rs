//! What all tasks of a server share.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use auth::Cost;
use encoding_rs::Encoding;
use gate::{Admission, Tls};
use hall::{Seq, SessionId};
use ledger::{Ledger, Memory, Sqlite, SqliteSettings};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};
use wire::Codec;
use wire::irc::House;

use crate::fanout::Deliverers;
use crate::hub::{Hub, Input};
use crate::ledgerer::Ledgerer;
use crate::proofs::Proofs;
use crate::{Durability, Error, Settings};

/// What all tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: ArcSwap<Settings>,
    pub(crate) tls: ArcSwap<Tls>,
    data_dir: PathBuf,
    /// With what entries are encoded. What the house says of itself may be told otherwise since: that the hall's loop knows.
    pub(crate) codec: Codec,
    /// Where clients come who come in TLS.
    port: u16,
    pub(crate) admission: Arc<Admission>,
    /// To the loop that owns the hall.
    pub(crate) hall: mpsc::Sender<Input>,
    pub(crate) ledger: Ledgerer,
    pub(crate) deliverers: Deliverers,
    /// Where passwords are looked at.
    pub(crate) proofs: Proofs,
    /// What making and checking a password costs.
    pub(crate) cost: Cost,
    /// Told when the server is to stop.
    pub(crate) stop: Arc<Notify>,
    /// Told when the configuration is to be read again.
    pub(crate) reload: Arc<Notify>,
    /// Told when the server stops, for those who are not in the hall.
    pub(crate) stopping: Notify,
    /// The last entry that was applied, for those who come: they hear what comes after it.
    head: AtomicU64,
    /// Bytes of answers that wait for all clients together.
    waiting_bytes: AtomicUsize,
    clock: Instant,
    next_session: AtomicU64,
}

impl Shared {
    /// The shared state, and the loop it leads to.
    pub(crate) fn new(data_dir: &Path, settings: Settings, port: u16) -> Result<(Arc<Self>, Hub), Error> {
        let label = &settings.legacy_charset;
        let charset = Encoding::for_label(label.as_bytes()).ok_or_else(|| Error::Charset { label: label.clone() })?;
        let (zone, clock) = (jiff::tz::TimeZone::system(), Some(crate::ledgerer::now as fn() -> hall::Time));
        let codec = Codec { charset, zone, clock, house: Arc::new(house(&settings, port)) };
        let tls = tls(data_dir, &settings)?;
        let ledger = open_ledger(data_dir, &settings)?;
        let beginning = ledger.beginning(settings.hall.rooms).map_err(Error::Ledger)?;
        let (ledger, committed) = Ledgerer::start(ledger)?;
        let (hall, inputs) = crate::hub::inputs();
        let cost = Cost::default();
        let proofs = Proofs::start(&hall, cost)?;
        let shared = Arc::new(Self {
            settings: ArcSwap::from_pointee(settings),
            tls: ArcSwap::from_pointee(tls),
            data_dir: data_dir.to_owned(),
            codec,
            port,
            admission: Arc::default(),
            hall,
            ledger,
            deliverers: Deliverers::new(),
            proofs,
            cost,
            stop: Arc::default(),
            reload: Arc::default(),
            stopping: Notify::new(),
            head: AtomicU64::new(beginning.head.0),
            waiting_bytes: AtomicUsize::new(0),
            clock: Instant::now(),
            next_session: AtomicU64::new(beginning.session + 1),
        });
        shared.deliverers.begin(&shared)?;
        let hub = Hub::new(Arc::clone(&shared), beginning, inputs, committed);
        Ok((shared, hub))
    }

    /// Reads the certificate again. Who has come in already keeps the old one.
    pub(crate) fn reload_tls(&self, settings: &Settings) -> Result<(), Error> {
        self.tls.store(Arc::new(tls(&self.data_dir, settings)?));
        Ok(())
    }

    /// What IRC tells of the hall from now on. The server is called what it was called at its start: that name stands in
    /// what has been encoded already.
    pub(crate) fn renewed(&self, before: &House, settings: &Settings) -> House {
        let now = house(settings, self.port);
        // Who has been told to come in TLS remembers it, until they are told that it is over.
        let sts = now.sts.or(before.sts.map(|(port, _)| (port, 0)));
        House { server: before.server.clone(), since: before.since, sts, ..now }
    }

    /// Tells the loop that owns the hall something. If more waits for it than may, there is something to wait for, which
    /// is boxed because it hardly ever exists. A loop that is gone is told nothing: the server is stopping.
    pub(crate) fn tell_hall(&self, input: Input) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        match self.hall.try_send(input) {
            Ok(()) | Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(input)) => {
                let hall = self.hall.clone();
                Some(Box::pin(async move { drop(hall.send(input).await) }))
            }
        }
    }

    /// The last entry that the hall's loop has applied.
    pub(crate) fn head(&self) -> Seq {
        Seq(self.head.load(Ordering::Acquire))
    }

    /// The hall's loop has applied this entry.
    pub(crate) fn set_head(&self, head: Seq) {
        self.head.store(head.0, Ordering::Release);
    }

    /// So many bytes of answers wait for a client, of which `counted` were counted before: whether more than `most` wait for
    /// all clients together.
    pub(crate) fn count_waiting(&self, counted: &mut u32, waiting: usize, most: usize) -> bool {
        recount(&self.waiting_bytes, counted, waiting) > most
    }

    /// Milliseconds since the server started.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The instant that so many milliseconds since the start are.
    pub(crate) fn instant(&self, ms: u64) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.clock + std::time::Duration::from_millis(ms))
    }

    pub(crate) fn new_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }
}

/// What IRC tells of the hall as a whole; whoever comes in TLS comes to this port.
fn house(settings: &Settings, port: u16) -> House {
    /// For how long a client is to remember that it should come in TLS, in seconds.
    const STS_S: u64 = 30 * 24 * 60 * 60;
    let irc = &settings.irc;
    House {
        server: irc.server_name.clone(),
        network: irc.network.clone(),
        since: crate::ledgerer::now(),
        motd: irc.motd.lines().map(str::to_owned).collect(),
        admin: irc.admin.clone(),
        sts: settings.tls.sts.then_some((port, STS_S)),
        ..House::default()
    }
}

/// TLS as the settings ask for it.
fn tls(data_dir: &Path, settings: &Settings) -> Result<Tls, Error> {
    match (&settings.tls.certificate, &settings.tls.key) {
        (Some(certificate), Some(key)) => Ok(Tls::of_files(certificate, key)?),
        _ => Ok(Tls::own(data_dir, &rustix::system::uname().nodename().to_string_lossy())?),
    }
}

/// What all have together when one of them, who had `counted`, has this much.
fn recount(all: &AtomicUsize, counted: &mut u32, now: usize) -> usize {
    let (had, has) = (*counted as usize, u32::try_from(now).unwrap_or(u32::MAX));
    *counted = has;
    match (has as usize).checked_sub(had) {
        Some(more) => all.fetch_add(more, Ordering::Relaxed) + more,
        None => all.fetch_sub(had - has as usize, Ordering::Relaxed) - (had - has as usize),
    }
}

/// The ledger that the settings ask for.
fn open_ledger(data_dir: &Path, settings: &Settings) -> Result<Box<dyn Ledger>, Error> {
    let durability = match settings.durability {
        Durability::Memory => return Ok(Box::new(Memory::new(settings.ledger.clone()))),
        Durability::Process => ledger::Durability::Process,
        Durability::Disk => ledger::Durability::Disk,
    };
    let settings = SqliteSettings { durability, retention: settings.retention.clone(), ..SqliteSettings::default() };
    Ok(Box::new(Sqlite::open(data_dir, settings).map_err(Error::Ledger)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_all_is_what_waits_for_each() {
        let all = AtomicUsize::new(0);
        let (mut one, mut other) = (0, 0);
        assert_eq!(recount(&all, &mut one, 70), 70);
        assert_eq!(recount(&all, &mut other, 50), 120);
        assert_eq!(recount(&all, &mut one, 20), 70);
        assert_eq!(recount(&all, &mut other, 0), 20);
        assert_eq!((recount(&all, &mut one, 0), one, other), (0, 0, 0));
    }
}
