//! Making a connection: whether it is encrypted, and to whom.
//!
//! What was asked for by `tls://` or `tcp://` is done and nothing else. Else this machine is spoken to in plain TCP,
//! and a server that is known by a certificate in TLS alone. Of one of which nothing is known it is tried whether it
//! speaks TLS, unless it may be one that passes on to everybody whatever it gets (`--lines`): there, that would be rude.
//! Once a conversation is in plain TCP or in TLS, it stays so, whatever the next connection meets.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rustls::CertificateError;
use wire::Lang;

use crate::address::{Address, Transport};
use crate::fingerprint::Fingerprint;
use crate::known_hosts::{self, Known};
use crate::limits::{TLS_HANDSHAKE, TLS_SILENCE};
use crate::tls::{self, Failed, NotTls, Policy, Tls, Verdict};
use crate::{Error, Options, link, texts};

/// A connection that was made.
#[derive(Debug)]
pub(crate) struct Dialed {
    pub(crate) stream: TcpStream,
    /// Its encryption, if it has one.
    pub(crate) tls: Option<Tls>,
    /// What the person has to know.
    pub(crate) notices: Vec<String>,
}

impl Dialed {
    /// Writes before there are threads for it.
    pub(crate) fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            None => self.stream.write_all(text),
            Some(tls) => self.stream.write_all(&tls.seal(text)?),
        }
    }
}

/// Makes the connections of one conversation.
pub(crate) struct Dialer {
    address: Address,
    known_hosts: Option<PathBuf>,
    /// The only certificate that is accepted, if one was named.
    accept: Option<Fingerprint>,
    lines: bool,
    pub(crate) lang: Lang,
    settled: Mutex<Option<Settled>>,
}

/// What holds for all further connections.
#[derive(Debug, Clone, Copy)]
enum Settled {
    Plain,
    Tls(Fingerprint),
}

/// How a connection is to be made.
enum Way {
    Plain,
    Tls {
        policy: Policy,
        /// Whether plain TCP will do if the server speaks no TLS.
        optional: bool,
    },
}

impl Dialer {
    pub(crate) fn new(address: Address, options: &Options) -> Result<Self, Error> {
        let parse = |text: &String| text.trim().parse().map_err(|_| Error::Fingerprint(text.clone()));
        let accept = options.accept_fingerprint.as_ref().map(parse).transpose()?;
        if accept.is_some() && address.transport == Transport::Plain {
            return Err(Error::FingerprintOfPlain(address));
        }
        Ok(Self {
            address,
            known_hosts: options.known_hosts.clone(),
            accept,
            lines: options.lines,
            lang: options.lang,
            settled: Mutex::default(),
        })
    }

    /// Makes a connection. It waits for the network, for as long as the limits say.
    pub(crate) fn dial(&self) -> Result<Dialed, Error> {
        let mut notices = Vec::new();
        let settled = *self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let (way, known) = match settled {
            Some(Settled::Plain) => (Way::Plain, Known::default()),
            Some(Settled::Tls(pin)) => {
                let policy = self.accept.map_or_else(|| Policy::Known(vec![pin]), Policy::Only);
                (Way::Tls { policy, optional: false }, Known { pins: vec![pin], broken: Vec::new() })
            }
            None => self.first(&mut notices)?,
        };
        let Way::Tls { policy, optional } = way else { return self.plain(notices) };
        let mut stream = link::connect(&self.address)?;
        let silence = if optional { TLS_SILENCE } else { TLS_HANDSHAKE };
        match tls::handshake(&mut stream, &self.address.host, policy, silence) {
            Ok((tls, shown, verdict)) => {
                self.welcome(shown, verdict, &known.pins, &mut notices);
                Ok(Dialed { stream, tls: Some(tls), notices })
            }
            Err(Failed::NotTls(_)) if optional => {
                drop(stream);
                notices.push(texts::unencrypted(&self.address.to_string(), self.lang));
                self.plain(notices)
            }
            Err(why) => Err(self.failed(why, known)),
        }
    }

    /// How the first connection is to be made, and what is known of the server.
    fn first(&self, notices: &mut Vec<String>) -> Result<(Way, Known), Error> {
        let asked = self.address.transport == Transport::Tls || self.accept.is_some();
        if !asked && (self.address.transport == Transport::Plain || self.address.is_loopback()) {
            return Ok((Way::Plain, Known::default()));
        }
        let known = self.known(notices)?;
        let optional = !asked && known.pins.is_empty();
        if optional && self.lines {
            notices.push(texts::unencrypted_unasked(&self.address.to_string(), self.lang));
            return Ok((Way::Plain, known));
        }
        let policy = self.accept.map_or_else(|| Policy::Known(known.pins.clone()), Policy::Only);
        Ok((Way::Tls { policy, optional }, known))
    }

    fn known(&self, notices: &mut Vec<String>) -> Result<Known, Error> {
        let Some(path) = &self.known_hosts else { return Ok(Known::default()) };
        let known = known_hosts::look_up(path, &self.name()).map_err(|why| Error::KnownHosts(path.clone(), why))?;
        if !known.broken.is_empty() {
            notices.push(texts::broken_known_hosts(path, &known.broken, self.lang));
        }
        Ok(known)
    }

    /// The server's name in the file of those that are known.
    fn name(&self) -> String {
        self.address.to_string().to_lowercase()
    }

    fn plain(&self, notices: Vec<String>) -> Result<Dialed, Error> {
        let stream = link::connect(&self.address)?;
        self.settle(Settled::Plain);
        Ok(Dialed { stream, tls: None, notices })
    }

    fn settle(&self, how: Settled) {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    }

    /// Remembers an accepted certificate, and says so where a person has to know.
    fn welcome(&self, shown: Fingerprint, verdict: Verdict, known: &[Fingerprint], notices: &mut Vec<String>) {
        self.settle(Settled::Tls(shown));
        if verdict == Verdict::New {
            notices.push(texts::new_fingerprint(&self.address.to_string(), &shown, self.lang));
        }
        if known.contains(&shown) && (verdict == Verdict::Known && (self.accept.is_none() || known.len() == 1)) {
            return;
        }
        let written = match &self.known_hosts {
            Some(path) => known_hosts::remember(path, &self.name(), shown),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        notices.extend(match (written, verdict) {
            (Ok(()), Verdict::Vouched) => None,
            (Ok(()), Verdict::New) => Some(texts::remembered(self.lang).to_owned()),
            (Ok(()), _) => Some(texts::accepted(&self.address.to_string(), &shown, self.lang)),
            (Err(why), _) => Some(texts::not_remembered(self.known_hosts.as_deref(), &why, self.lang)),
        });
    }

    fn failed(&self, why: Failed, known: Known) -> Error {
        let address = self.address.clone();
        match why {
            Failed::NotTls(how) => Error::NotTls { address, how, known: !known.pins.is_empty() },
            Failed::Refused(shown) => match self.accept {
                Some(accepted) => Error::OtherFingerprint { address, accepted, shown },
                None => Error::ChangedFingerprint { address, known: known.pins, shown, lines: self.lines },
            },
            Failed::Io(why) => Error::Handshake(address, why),
            Failed::Tls(rustls::Error::InvalidCertificate(CertificateError::BadSignature)) => Error::NoKey(address),
            Failed::Tls(why) => Error::Tls(address, why.to_string()),
        }
    }
}

impl Error {
    /// Whether connecting again later cannot help, and must not be tried: somebody has to look.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::ChangedFingerprint { .. }
                | Self::OtherFingerprint { .. }
                | Self::NoKey(_)
                | Self::NotTls { how: NotTls::Answer | NotTls::Refusal, .. }
        )
    }
}
