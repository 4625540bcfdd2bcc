//! The server: it owns the tasks. A listener's loop takes connections in, a task per connection reads commands and
//! writes what its cursors have not passed, one loop owns the hall, one thread the ledger.
//!
//! No bytes of any dialect are made here, and nothing of the hall is decided here.

mod accept;
mod config;
mod conn;
mod error;
mod fanout;
mod hub;
mod ledgerer;
mod limits;
mod listen;
mod meet;
mod plain;
mod proofs;
mod random;
mod shared;
mod timers;
mod transport;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

pub use auth::MachinePassword;
pub use config::{Config, Durability, Gateway, Gateways, IrcSettings, PORT, Settings, TlsSettings};
pub use error::Error;
pub use gate::{CertificateError, Fingerprint, Networks};
pub use limits::Limits;
pub use listen::{LOCAL_SOCKET, take_data_dir};
use shared::Shared;

/// A server that has its data directory and its listeners, and has not taken anyone in.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<tokio::net::TcpListener>,
    addresses: Vec<SocketAddr>,
    local: Option<listen::Local>,
    hub: hub::Hub,
    /// Held for as long as the data directory is ours.
    _lock: std::fs::File,
}

/// A hand on a running server, for signals.
#[derive(Debug, Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Server {
    /// Takes the data directory, starts the ledger and binds the listeners.
    ///
    /// # Errors
    /// When the data directory, a charset, a certificate or an address cannot be had.
    #[allow(clippy::unused_async)] // Listeners belong to the runtime that drives them.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        let lock = listen::take_data_dir(&config.data_dir)?;
        let listeners = listen::bind(&config.listen)?;
        let addresses: Vec<_> = listeners.iter().map(tokio::net::TcpListener::local_addr).collect::<Result<_, _>>()?;
        let port = addresses.first().map_or(PORT, SocketAddr::port);
        let (shared, hub) = Shared::new(&config.data_dir, config.settings, port)?;
        let local = if config.local_socket { Some(listen::bind_local(&config.data_dir)?) } else { None };
        Ok(Self { shared, listeners, addresses, local, hub, _lock: lock })
    }

    /// The addresses it listens on.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What the certificate that it shows in TLS is known by.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.shared.tls.load().fingerprint()
    }

    /// A hand on it, to stop it and to give it other settings.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle { shared: Arc::clone(&self.shared) }
    }

    /// Runs until it is stopped: then it takes nobody in any more, tells everybody, and waits until all have been
    /// given what waits for them or the time for that is over.
    pub async fn run(self) {
        let Self { shared, listeners, mut local, hub, .. } = self;
        let stop = Arc::clone(&shared.stop);
        let hub = tokio::spawn(hub.run());
        let mut accepting = JoinSet::new();
        for listener in listeners {
            accepting.spawn(accept::run(listener, Arc::clone(&shared)));
        }
        if let Some(listener) = local.as_mut().and_then(|local| local.listener.take()) {
            accepting.spawn(accept::run_local(listener, Arc::clone(&shared)));
        }
        stop.notified().await;
        tracing::info!(connections = shared.admission.count(), "stopping");
        accepting.shutdown().await;
        drop(local);
        shared.stopping.notify_waiters();
        let deadline = Duration::from_millis(shared.settings.load().server.stop_ms);
        let told = async {
            // The loop may be gone only if it panicked; there is nobody left to tell then.
            let _ = shared.hall.send(hub::Input::Stop).await;
            shared.admission.empty().await;
        };
        if tokio::time::timeout(deadline, told).await.is_err() {
            tracing::warn!(connections = shared.admission.count(), "some clients did not take what waited for them");
        }
        hub.abort();
        shared.ledger.close().await;
        shared.deliverers.close();
        tracing::info!("stopped");
    }
}

impl Handle {
    /// Stops the server; [`Server::run`] returns when that is done.
    pub fn stop(&self) {
        self.shared.stop.notify_one();
    }

    /// Waits until an admin asks for the configuration to be read again.
    pub async fn asked_to_reload(&self) {
        self.shared.reload.notified().await;
    }

    /// Replaces the settings and reads the certificate again. They hold for what comes from now on; the ledger, the
    /// charset and the server's name stay.
    ///
    /// # Errors
    /// When the certificate cannot be used. Then the old one stays; everything else is replaced all the same.
    pub fn reload(&self, settings: Settings) -> Result<(), Error> {
        let tls = self.shared.reload_tls(&settings);
        self.shared.settings.store(Arc::new(settings));
        if let Some(full) = self.shared.tell_hall(hub::Input::Reload)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(full);
        }
        tls
    }
}
