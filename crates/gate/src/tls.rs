//! TLS on the server's side: what a server shows and takes ([`Tls`]), and the handshake with one client.
//!
//! Versions 1.2 and 1.3. Nothing is resumed, so nothing is kept of a client that has gone. A client's certificate is
//! asked for and not demanded: any will do, its holder has to prove that the key is theirs, and all that is learned is
//! its fingerprint. The names in it mean nothing here.

mod certificate;

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerConnection};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub use certificate::CertificateError;

use crate::{Fingerprint, Limits};

/// Bytes read in one go while a handshake is under way.
const READ_BYTES: usize = 4 * 1024;

/// What a client can say that it will speak inside TLS (ALPN, RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// `http/1.1`: it speaks HTTP and nothing else.
    Http,
    /// `irc`: anything but HTTP.
    Irc,
}

const HTTP: &[u8] = b"http/1.1";
const IRC: &[u8] = b"irc";

/// What a server shows its clients, and what it takes of theirs.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    fingerprint: Fingerprint,
}

/// A handshake that is over.
#[derive(Debug)]
pub struct Handshake {
    pub(crate) connection: ServerConnection,
    /// What the client will speak, if it has said so.
    pub alpn: Option<Alpn>,
    /// The client's certificate, if it has one.
    pub certificate: Option<Fingerprint>,
}

impl Tls {
    /// With the certificate in one file, its issuers behind it, and its key in another, both in PEM.
    ///
    /// # Errors
    /// When they cannot be read, are none, or do not belong together.
    pub fn of_files(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let provider = provider();
        let certified = certificate::of_files(certificate, key, &provider)?;
        Self::new(certified, provider, certificate)
    }

    /// With the server's own certificate in a folder, which is made for a host of this name if it is not there.
    ///
    /// # Errors
    /// When it cannot be stored or read, or is not what was stored.
    pub fn own(folder: &Path, host: &str) -> Result<Self, CertificateError> {
        let provider = provider();
        let certified = certificate::own(folder, host, &provider)?;
        Self::new(certified, provider, folder)
    }

    fn new(certified: CertifiedKey, provider: Arc<CryptoProvider>, path: &Path) -> Result<Self, CertificateError> {
        let unusable =
            |error: rustls::Error| CertificateError::Unusable { path: path.to_owned(), why: error.to_string() };
        let fingerprint = Fingerprint::of(certified.end_entity_cert().map_err(unusable)?);
        let anybody = AnyCertificate(provider.signature_verification_algorithms);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_client_cert_verifier(Arc::new(anybody))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![HTTP.to_vec(), IRC.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), fingerprint })
    }

    /// The fingerprint of the certificate that is shown.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The handshake with a client of which `first` has come already. It waits for as long as the client takes: the time
    /// for it is the caller's. A client that did something wrong has been told so when it fails.
    ///
    /// # Errors
    /// When the client is gone, does something wrong, offers only what is not spoken here, or sends too much.
    pub async fn handshake<S>(&self, stream: &mut S, first: &[u8], limits: &Limits) -> io::Result<Handshake>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut connection = ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        let mut left = limits.handshake_bytes.saturating_sub(first.len());
        let mut taken = take(&mut connection, first);
        loop {
            send(&mut connection, stream).await?;
            taken?;
            if !connection.is_handshaking() {
                break;
            }
            let mut bytes = [0; READ_BYTES];
            let room = left.min(READ_BYTES);
            if room == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "too long a handshake"));
            }
            let n = stream.read(&mut bytes[..room]).await?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left -= n;
            taken = take(&mut connection, &bytes[..n]);
        }
        connection.set_buffer_limit(Some(limits.tls_buffer_bytes));
        let alpn = match connection.alpn_protocol() {
            Some(HTTP) => Some(Alpn::Http),
            Some(IRC) => Some(Alpn::Irc),
            _ => None,
        };
        let certificate = connection.peer_certificates().and_then(<[_]>::first).map(|der| Fingerprint::of(der));
        Ok(Handshake { connection, alpn, certificate })
    }
}

/// Lets a connection have these bytes.
fn take(connection: &mut ServerConnection, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        connection.read_tls(&mut bytes)?;
        connection.process_new_packets().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    }
    Ok(())
}

/// Sends what a connection has to say.
async fn send<S: AsyncWrite + Unpin>(connection: &mut ServerConnection, stream: &mut S) -> io::Result<()> {
    let mut bytes = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut bytes)?;
    }
    stream.write_all(&bytes).await?;
    stream.flush().await
}

/// The one provider of the whole tree.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Takes any certificate from whoever holds its key.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
