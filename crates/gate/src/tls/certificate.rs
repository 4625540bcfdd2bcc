//! A server's certificate and its key: from files of the operator, or one of the server's own, which it makes once.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};

/// The files of the server's own certificate, in its folder.
const OWN_CERTIFICATE: &str = "tls-cert.pem";
const OWN_KEY: &str = "tls-key.pem";
/// Seconds of a day.
const DAY_S: u64 = 24 * 60 * 60;
/// How long an own certificate is valid. It is known by its fingerprint, which should never have to change.
const VALID: Duration = Duration::from_secs(20 * 365 * DAY_S);
/// A clock that is behind by as much finds an own certificate valid all the same.
const CLOCK_SLACK: Duration = Duration::from_secs(DAY_S);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("can't read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server's own cannot be stored.
    #[error("can't write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate in the file for certificates.
    #[error("there is no certificate in {}", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file for the key.
    #[error("there is no private key in {}", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is another certificate's.
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// The certificate or its key is of a kind that TLS cannot use.
    #[error("{} can't be used: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The library's words.
        why: String,
    },
}

/// The certificate in one file, its issuers behind it, and its key in another, both in PEM.
pub(super) fn of_files(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    use CertificateError as E;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| E::NoCertificate { path: certificate.to_owned() })?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| E::NoKey { path: key.to_owned() })?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|error| match error {
        TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            E::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        TlsError::InvalidCertificate(_) => E::Unusable { path: certificate.to_owned(), why: error.to_string() },
        _ => E::Unusable { path: key.to_owned(), why: error.to_string() },
    })
}

/// The server's own, of this name. It is made if it is not there.
pub(super) fn own(folder: &Path, host: &str, provider: &CryptoProvider) -> Result<CertifiedKey, CertificateError> {
    let (certificate, key) = (folder.join(OWN_CERTIFICATE), folder.join(OWN_KEY));
    if !certificate.exists() {
        let unusable = |error: rcgen::Error| CertificateError::Unusable { path: key.clone(), why: error.to_string() };
        // Should the server have ended between the two, the key is there already.
        let secret = if key.exists() {
            let text = String::from_utf8(read(&key)?).map_err(|_| CertificateError::NoKey { path: key.clone() })?;
            KeyPair::from_pem(&text).map_err(unusable)?
        } else {
            let secret = KeyPair::generate().map_err(unusable)?;
            write(&key, secret.serialize_pem().as_bytes(), 0o600)?;
            secret
        };
        let made = params(host).self_signed(&secret).map_err(unusable)?;
        write(&certificate, made.pem().as_bytes(), 0o644)?;
    }
    of_files(&certificate, &key, provider)
}

fn params(host: &str) -> CertificateParams {
    // A name that no certificate can have is left out.
    let named = |names: &[&str]| CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
    let mut params = named(&[host, "localhost"]).or_else(|_| named(&["localhost"])).unwrap_or_default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Maru");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(CLOCK_SLACK);
    params.not_after = epoch + now + VALID;
    params
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CertificateError> {
    let new = path.with_extension("pem.new");
    let stored = || -> io::Result<()> {
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    stored().map_err(|source| CertificateError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::tls::provider;

    #[test]
    fn an_own_certificate_is_made_once_and_its_key_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let first = own(folder.path(), "hall.example", &provider()).unwrap();
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(OWN_KEY), 0o600);
        let again = own(folder.path(), "other.example", &provider()).unwrap();
        assert_eq!(first.cert, again.cert);
        // One whose making was broken off has the same key.
        std::fs::remove_file(folder.path().join(OWN_CERTIFICATE)).unwrap();
        let healed = own(folder.path(), "hall.example", &provider()).unwrap();
        assert_eq!(first.key.public_key(), healed.key.public_key());
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "nothing else is left there: {names:?}");
    }

    #[test]
    fn a_host_whose_name_no_certificate_can_have_is_localhost() {
        for host in ["마루", "", "a name with spaces"] {
            let folder = tempfile::tempdir().unwrap();
            own(folder.path(), host, &provider()).unwrap();
        }
    }

    #[test]
    fn files_that_will_not_do_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let make = |name: &str| {
            let secret = KeyPair::generate().unwrap();
            let made = params("hall.example").self_signed(&secret).unwrap();
            std::fs::write(path(&format!("{name}.crt")), made.pem()).unwrap();
            std::fs::write(path(&format!("{name}.key")), secret.serialize_pem()).unwrap();
        };
        make("one");
        make("other");
        std::fs::write(path("text"), "nothing of the kind").unwrap();
        let bad = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        std::fs::write(path("bad"), bad).unwrap();
        let load = |certificate: &str, key: &str| of_files(&path(certificate), &path(key), &provider());
        load("one.crt", "one.key").unwrap();
        use CertificateError as E;
        assert!(matches!(load("none", "one.key"), Err(E::Read { .. })));
        assert!(matches!(load("one.crt", "none"), Err(E::Read { .. })));
        assert!(matches!(load("text", "one.key"), Err(E::NoCertificate { .. })));
        assert!(matches!(load("one.crt", "text"), Err(E::NoKey { .. })));
        assert!(matches!(load("one.crt", "other.key"), Err(E::Mismatch { .. })));
        assert!(matches!(load("bad", "one.key"), Err(E::Unusable { .. })));
        // A chain: the certificate first, then its issuers.
        let chain = [std::fs::read(path("one.crt")).unwrap(), std::fs::read(path("other.crt")).unwrap()].concat();
        std::fs::write(path("chain"), chain).unwrap();
        assert_eq!(load("chain", "one.key").unwrap().cert.len(), 2);
    }
}
