//! A server's TLS: it stands before a hall of the test and passes everything on, in both directions at once.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustix::event::{PollFd, PollFlags, poll};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};
use tui::Fingerprint;

/// So much may wait to be passed on before no more is read.
const WAITING_BYTES: usize = 64 * 1024;

/// A certificate with a key: usually its own.
#[derive(Debug, Clone)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// One that vouches for itself.
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["hall.test".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self::of(certificate.der().clone(), &key)
    }

    /// One that an authority vouches for.
    pub fn of_authority(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
        Self::of(certificate.der().clone(), &key)
    }

    /// This one's certificate, in the hands of somebody who has another key.
    pub fn impostor(&self) -> Self {
        Self::of(self.0.cert[0].clone(), &KeyPair::generate().unwrap())
    }

    fn of(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let key = ring::sign::any_supported_type(&key).unwrap();
        Self(Arc::new(CertifiedKey::new(vec![certificate], key)))
    }

    pub fn fingerprint(&self) -> String {
        Fingerprint::of(&self.0.cert[0]).to_string()
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// An authority, and its certificate in PEM.
pub fn authority() -> (CertifiedIssuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let pem = authority.pem();
    (authority, pem)
}

/// What stands before a hall.
pub struct Front {
    pub port: u16,
    config: Arc<Mutex<Arc<ServerConfig>>>,
}

impl Front {
    pub fn open(identity: &Identity, hall: &str) -> Self {
        Self::speaking(identity, hall, rustls::ALL_VERSIONS)
    }

    /// One that speaks these versions only.
    pub fn speaking(identity: &Identity, hall: &str, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(Mutex::new(configuration(identity, versions)));
        let (hall, shown): (SocketAddr, _) = (hall.parse().unwrap(), Arc::clone(&config));
        thread::spawn(move || {
            for outside in listener.incoming() {
                let tls = ServerConnection::new(Arc::clone(&shown.lock().unwrap())).unwrap();
                let outside = outside.unwrap();
                thread::spawn(move || {
                    // However it ends, both sides see an end.
                    let _ = pass_on(&outside, tls, hall);
                    let _ = outside.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, config }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Shows this certificate from the next connection on.
    pub fn show(&self, identity: &Identity) {
        *self.config.lock().unwrap() = configuration(identity, rustls::ALL_VERSIONS);
    }
}

fn configuration(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(identity.clone()));
    config.alpn_protocols = vec![b"irc".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Takes the text that has come; whether no more comes.
fn take(tls: &mut ServerConnection, text: &mut Vec<u8>) -> io::Result<bool> {
    let state = tls.process_new_packets().map_err(|why| io::Error::new(ErrorKind::InvalidData, why))?;
    let from = text.len();
    text.resize(from + state.plaintext_bytes_to_read(), 0);
    tls.reader().read_exact(&mut text[from..])?;
    Ok(state.peer_has_closed())
}

/// Passes everything on until both have said all. The hall is told of a client when its handshake is over.
fn pass_on(outside: &TcpStream, mut tls: ServerConnection, hall: SocketAddr) -> io::Result<()> {
    tls.complete_io(&mut &*outside)?;
    let inside = TcpStream::connect(hall)?;
    outside.set_nonblocking(true)?;
    inside.set_nonblocking(true)?;
    tls.set_buffer_limit(None);
    // What came together with the end of the handshake.
    let mut inwards = Vec::new();
    take(&mut tls, &mut inwards)?;
    let mut ended = (false, false);
    let mut buffer = vec![0; 16 * 1024];
    while !(ended.0 && ended.1 && inwards.is_empty() && !tls.wants_write()) {
        let mut outside_for = PollFlags::empty();
        outside_for.set(PollFlags::IN, !ended.0 && inwards.len() < WAITING_BYTES);
        outside_for.set(PollFlags::OUT, tls.wants_write());
        let mut inside_for = PollFlags::empty();
        inside_for.set(PollFlags::IN, !ended.1 && !tls.wants_write());
        inside_for.set(PollFlags::OUT, !inwards.is_empty());
        let mut both = [PollFd::new(outside, outside_for), PollFd::new(&inside, inside_for)];
        poll(&mut both, None)?;
        let (at_outside, at_inside) = (both[0].revents(), both[1].revents());
        if at_outside.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) && !ended.0 {
            ended.0 = tls.read_tls(&mut &*outside)? == 0;
            ended.0 |= take(&mut tls, &mut inwards)?;
        }
        if !inwards.is_empty() {
            match (&inside).write(&inwards) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => {}
                written => drop(inwards.drain(..written?)),
            }
        }
        if ended.0 && inwards.is_empty() {
            let _ = inside.shutdown(Shutdown::Write);
        }
        if at_inside.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) && !ended.1 {
            match (&inside).read(&mut buffer) {
                Ok(0) => {
                    ended.1 = true;
                    tls.send_close_notify();
                }
                Err(why) if why.kind() == ErrorKind::WouldBlock => {}
                n => tls.writer().write_all(&buffer[..n?])?,
            }
        }
        while tls.wants_write() {
            match tls.write_tls(&mut &*outside) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                written => drop(written?),
            }
        }
        // A hall that is gone hears nothing any more.
        ended.0 |= ended.1 && inwards.is_empty();
    }
    Ok(())
}
