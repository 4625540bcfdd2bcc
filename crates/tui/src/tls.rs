//! TLS to a server that is known by its certificate: the handshake, and the state that two threads share afterwards.
//!
//! A certificate is accepted because it is the one that is known, because the system's authorities vouch for it under
//! the name that the person wrote, or because nothing is known yet. The signature over the handshake is verified in each
//! case, so that whoever shows a certificate also has its key.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore,
    SignatureScheme,
};

use crate::fingerprint::Fingerprint;
use crate::limits::TLS_HANDSHAKE;

/// Which certificates are accepted.
#[derive(Debug, Clone)]
pub(crate) enum Policy {
    /// This one alone.
    Only(Fingerprint),
    /// These, any that the system vouches for and, when there are none, any at all.
    Known(Vec<Fingerprint>),
}

/// What there is to say about the certificate that was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is one of those asked for.
    Known,
    /// It is another one, for which the system's authorities vouch.
    Vouched,
    /// Nothing was known.
    New,
    /// It is not what was asked for. The connection is not used.
    Refused,
}

/// How a peer shows that it speaks no TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTls {
    /// It answers with something else.
    Answer,
    /// It refuses, as halls without TLS do.
    Refusal,
    /// It closes the connection.
    Closed,
    /// It says nothing.
    Silent,
}

/// Why there is no encrypted connection.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The peer speaks no TLS.
    NotTls(NotTls),
    /// The certificate is not what was asked for.
    Refused(Fingerprint),
    /// The network failed.
    Io(io::Error),
    /// The two could not agree.
    Tls(rustls::Error),
}

/// The state of an encrypted connection, which the threads that read and write share.
#[derive(Debug)]
pub(crate) struct Tls {
    conn: Box<ClientConnection>,
    /// Whether the writing thread has been told that there is something to send.
    told: bool,
}

/// Makes an encrypted connection of a fresh one. A peer that says nothing at all for `silence` speaks no TLS.
pub(crate) fn handshake(
    stream: &mut TcpStream,
    host: &str,
    policy: Policy,
    silence: Duration,
) -> Result<(Tls, Fingerprint, Verdict), Failed> {
    let provider = Arc::new(ring::default_provider());
    let name = ServerName::try_from(host.to_owned());
    // A name that no certificate can hold is not looked for in one; the address that it stands for is no name.
    let named = name.is_ok();
    let ip = stream.peer_addr().map_err(Failed::Io)?.ip();
    let name = name.unwrap_or_else(|_| ServerName::from(ip));
    let judge = Arc::new(Judge { policy, named, provider: Arc::clone(&provider), found: Mutex::default() });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(Failed::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&judge) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    // A resumed session shows no certificate.
    config.resumption = Resumption::disabled();
    let mut conn = Box::new(ClientConnection::new(Arc::new(config), name).map_err(Failed::Tls)?);
    let agreed = agree(&mut conn, stream, silence);
    let restored = stream.set_read_timeout(None);
    let found = *judge.found.lock().unwrap_or_else(PoisonError::into_inner);
    match (agreed, found) {
        (_, Some((shown, Verdict::Refused))) => Err(Failed::Refused(shown)),
        (Err(why), _) => Err(why),
        (Ok(()), Some((shown, verdict))) => {
            restored.map_err(Failed::Io)?;
            Ok((Tls { conn, told: false }, shown, verdict))
        }
        (Ok(()), None) => Err(Failed::Tls(rustls::Error::NoCertificatesPresented)),
    }
}

/// Runs the handshake to its end.
fn agree(conn: &mut ClientConnection, stream: &mut TcpStream, silence: Duration) -> Result<(), Failed> {
    let begun = Instant::now();
    let mut first = None;
    let mut buffer = [0; 4096];
    loop {
        while conn.wants_write() {
            conn.write_tls(stream).map_err(|why| lost(why, first))?;
        }
        if !conn.is_handshaking() {
            return Ok(());
        }
        let patience = if first.is_some() { TLS_HANDSHAKE } else { silence.min(TLS_HANDSHAKE) };
        let left = patience.saturating_sub(begun.elapsed()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left)).map_err(Failed::Io)?;
        let mut came = match stream.read(&mut buffer) {
            Ok(0) => return Err(lost(io::ErrorKind::UnexpectedEof.into(), first)),
            Ok(n) => &buffer[..n],
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            Err(why) => return Err(lost(why, first)),
        };
        // RFC 8446, 5.1: an alert or a handshake record, of whatever version.
        let first = *first.get_or_insert(came[0]);
        if !matches!(first, 0x15 | 0x16) {
            return Err(Failed::NotTls(NotTls::Answer));
        }
        if begun.elapsed() > TLS_HANDSHAKE {
            return Err(Failed::Io(io::ErrorKind::TimedOut.into()));
        }
        while !came.is_empty() {
            conn.read_tls(&mut came).map_err(Failed::Io)?;
            if let Err(why) = conn.process_new_packets() {
                // The peer is told why, if it still listens.
                let _ = conn.write_tls(stream);
                let refusal = why == rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
                return Err(if refusal && first == 0x15 { Failed::NotTls(NotTls::Refusal) } else { Failed::Tls(why) });
            }
        }
    }
}

/// What a lost connection says, when nothing or something had come on it.
fn lost(why: io::Error, first: Option<u8>) -> Failed {
    use io::ErrorKind as Kind;
    match why.kind() {
        _ if first.is_some() => Failed::Io(why),
        Kind::WouldBlock | Kind::TimedOut => Failed::NotTls(NotTls::Silent),
        Kind::UnexpectedEof | Kind::ConnectionReset | Kind::BrokenPipe => Failed::NotTls(NotTls::Closed),
        _ => Failed::Io(why),
    }
}

impl Tls {
    /// The bytes by which this text goes over the network, with everything else that is to be sent.
    pub(crate) fn seal(&mut self, text: &[u8]) -> io::Result<Vec<u8>> {
        use io::Write as _;
        self.told = false;
        // What is sealed is taken out at once, so that the connection's own buffer is never full.
        self.conn.writer().write_all(text)?;
        let mut bytes = Vec::new();
        while self.conn.wants_write() {
            self.conn.write_tls(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// The bytes by which the peer is told that no more comes.
    pub(crate) fn close(&mut self) -> io::Result<Vec<u8>> {
        self.conn.send_close_notify();
        self.seal(&[])
    }

    /// The text in what came over the network; behind it, when no more comes, why.
    pub(crate) fn open(&mut self, mut came: &[u8]) -> (Vec<u8>, Option<Option<io::Error>>) {
        let mut text = Vec::new();
        loop {
            match self.open_some(&mut came, &mut text) {
                Ok(false) if came.is_empty() => return (text, None),
                Ok(false) => {}
                Ok(true) => return (text, Some(None)),
                Err(why) => return (text, Some(Some(why))),
            }
        }
    }

    /// Takes some of it; whether the peer has said that no more comes.
    fn open_some(&mut self, came: &mut &[u8], text: &mut Vec<u8>) -> io::Result<bool> {
        if !came.is_empty() && self.conn.read_tls(came)? == 0 {
            return Ok(true);
        }
        let state = self.conn.process_new_packets().map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
        let from = text.len();
        text.resize(from + state.plaintext_bytes_to_read(), 0);
        self.conn.reader().read_exact(&mut text[from..])?;
        Ok(state.peer_has_closed())
    }

    /// Whether the writing thread has to be told that there is something to send: once, until it has sent it.
    pub(crate) fn has_to_tell(&mut self) -> bool {
        self.conn.wants_write() && !std::mem::replace(&mut self.told, true)
    }
}

/// Judges certificates.
#[derive(Debug)]
struct Judge {
    policy: Policy,
    /// Whether the name is the one that the person wrote.
    named: bool,
    provider: Arc<CryptoProvider>,
    found: Mutex<Option<(Fingerprint, Verdict)>>,
}

impl Judge {
    /// Whether the system's authorities vouch for a certificate.
    fn vouched(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> bool {
        if !self.named {
            return false;
        }
        let mut roots = RootCertStore::empty();
        // What cannot be read vouches for nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider)).build();
        verifier.is_ok_and(|verifier| verifier.verify_server_cert(certificate, others, name, ocsp, now).is_ok())
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(certificate);
        let verdict = match &self.policy {
            Policy::Only(one) if *one == shown => Verdict::Known,
            Policy::Only(_) => Verdict::Refused,
            Policy::Known(known) if known.contains(&shown) => Verdict::Known,
            Policy::Known(_) if self.vouched(certificate, others, name, ocsp, now) => Verdict::Vouched,
            Policy::Known(known) if known.is_empty() => Verdict::New,
            Policy::Known(_) => Verdict::Refused,
        };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((shown, verdict));
        match verdict {
            Verdict::Refused => Err(CertificateError::ApplicationVerificationFailure.into()),
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_says_nothing_is_not_waited_for_long() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let _silent = listener.accept().unwrap();
        // A name that no certificate can hold is no obstacle.
        let failed = handshake(&mut stream, "마루.한국", Policy::Known(Vec::new()), Duration::from_millis(50));
        assert!(matches!(failed, Err(Failed::NotTls(NotTls::Silent))), "{failed:?}");
    }
}
