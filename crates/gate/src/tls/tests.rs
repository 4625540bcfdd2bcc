//! Handshakes of every kind, good and hostile, over a stream in memory.

use std::io::{IoSlice, Read, Write};
use std::time::Duration;

use proptest::prelude::*;
use rcgen::KeyPair;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConnection, ResolvesClientCert};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{AlertDescription, ClientConfig, SupportedProtocolVersion};
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use wire::Dialect;

use super::*;
use crate::{Origin, Secured, sniff};

/// Bytes that a stream in memory holds in each direction.
const HOLDS: usize = 64 * 1024;

fn server() -> Tls {
    let secret = KeyPair::generate().unwrap();
    let made = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&secret).unwrap();
    let key = PrivateKeyDer::try_from(secret.serialize_der()).unwrap();
    let provider = provider();
    let certified = CertifiedKey::from_der(vec![made.der().clone()], key, &provider).unwrap();
    Tls::new(certified, provider, Path::new("memory")).unwrap()
}

/// Takes any server.
#[derive(Debug)]
struct AnyServer(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
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

/// Shows this certificate, whoever's it is.
#[derive(Debug)]
struct Shows(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// What a client has and wants.
struct Client {
    version: &'static SupportedProtocolVersion,
    alpn: Vec<&'static str>,
    shows: Option<Arc<CertifiedKey>>,
    /// Bytes that it sends in one packet.
    packet: usize,
}

impl Default for Client {
    fn default() -> Self {
        Self { version: &TLS13, alpn: Vec::new(), shows: None, packet: HOLDS }
    }
}

impl Client {
    fn connection(&self) -> ClientConnection {
        let provider = provider();
        let anybody = AnyServer(provider.signature_verification_algorithms);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[self.version])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(anybody))
            .with_client_cert_resolver(Arc::new(Shows(self.shows.clone())));
        config.alpn_protocols = self.alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap()
    }

    /// Its side of a handshake, to its end.
    async fn shake(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ) -> Result<ClientConnection, rustls::Error> {
        let mut connection = self.connection();
        let mut bytes = [0; READ_BYTES];
        loop {
            let mut out = Vec::new();
            while connection.wants_write() {
                connection.write_tls(&mut out).unwrap();
            }
            for packet in out.chunks(self.packet) {
                // The server may have hung up: it has said why.
                let _ = stream.write_all(packet).await;
            }
            if !connection.is_handshaking() {
                return Ok(connection);
            }
            let n = stream.read(&mut bytes).await.unwrap();
            let mut read = &bytes[..n];
            assert!(n > 0, "closed without a word");
            while !read.is_empty() {
                connection.read_tls(&mut read).unwrap();
                connection.process_new_packets()?;
            }
        }
    }
}

/// Both sides' handshake.
async fn shake(client: &Client) -> (io::Result<Handshake>, Result<ClientConnection, rustls::Error>) {
    let (mut near, mut far) = tokio::io::duplex(HOLDS);
    let tls = server();
    let limits = Limits::default();
    let theirs = async move {
        let shaken = client.shake(&mut far).await;
        (shaken, far)
    };
    let (ours, (theirs, _far)) = tokio::join!(tls.handshake(&mut near, &[], &limits), theirs);
    (ours, theirs)
}

/// A connection after its handshake, and the client's side of it.
async fn connected(client: &Client) -> (Secured<DuplexStream>, DuplexStream, ClientConnection) {
    let (mut near, mut far) = tokio::io::duplex(HOLDS);
    let (tls, limits) = (server(), Limits::default());
    let (ours, theirs) = tokio::join!(tls.handshake(&mut near, &[], &limits), client.shake(&mut far));
    (Secured::new(near, ours.unwrap()), far, theirs.unwrap())
}

/// What the client sends with this text.
fn sealed(client: &mut ClientConnection, text: &[u8]) -> Vec<u8> {
    client.writer().write_all(text).unwrap();
    let mut out = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut out).unwrap();
    }
    out
}

#[tokio::test]
async fn either_version_is_spoken_and_a_hello_may_come_byte_by_byte() {
    for version in [&TLS12, &TLS13] {
        for packet in [HOLDS, 1, 7] {
            let (mut ours, mut far, mut client) = connected(&Client { version, packet, ..Client::default() }).await;
            let bytes = sealed(&mut client, b"hello");
            far.write_all(&bytes).await.unwrap();
            let mut heard = [0; 5];
            ours.read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"hello");
            ours.write_all(b"welcome").await.unwrap();
            ours.shutdown().await.unwrap();
            let mut back = Vec::new();
            far.read_to_end(&mut back).await.unwrap();
            let mut back = &back[..];
            while !back.is_empty() {
                client.read_tls(&mut back).unwrap();
                client.process_new_packets().unwrap();
            }
            let mut text = String::new();
            client.reader().read_to_string(&mut text).expect("it ends with a close_notify");
            assert_eq!(text, "welcome");
        }
    }
}

#[tokio::test]
async fn what_is_agreed_on_is_what_is_spoken_here() {
    for (offered, expect) in [
        (vec![], None),
        (vec!["h2", "http/1.1"], Some(Alpn::Http)),
        (vec!["irc"], Some(Alpn::Irc)),
        (vec!["irc", "http/1.1"], Some(Alpn::Http)),
    ] {
        let (ours, theirs) = shake(&Client { alpn: offered, ..Client::default() }).await;
        assert_eq!(ours.unwrap().alpn, expect);
        assert!(theirs.is_ok());
    }
    for version in [&TLS12, &TLS13] {
        let (ours, theirs) = shake(&Client { version, alpn: vec!["h2", "ftp"], ..Client::default() }).await;
        assert!(ours.is_err());
        let refused = rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);
        assert_eq!(theirs.unwrap_err(), refused);
    }
}

/// A certificate of a client's own making, and another one's key.
fn certificate(own_key: bool) -> Arc<CertifiedKey> {
    let (secret, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let made = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&secret).unwrap();
    let key = if own_key { secret } else { other };
    let key = provider().key_provider.load_private_key(PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
    Arc::new(CertifiedKey::new(vec![made.der().clone()], key))
}

#[tokio::test]
async fn a_certificate_is_known_by_its_fingerprint_and_only_its_holder_can_show_it() {
    for version in [&TLS12, &TLS13] {
        let own = certificate(true);
        let expect = Fingerprint::of(&own.cert[0]);
        let (ours, theirs) = shake(&Client { version, shows: Some(own), ..Client::default() }).await;
        assert_eq!(ours.unwrap().certificate, Some(expect));
        assert!(theirs.is_ok());
        let (none, _) = shake(&Client { version, ..Client::default() }).await;
        assert_eq!(none.unwrap().certificate, None);
        let stolen = Client { version, shows: Some(certificate(false)), ..Client::default() };
        let (ours, _) = shake(&stolen).await;
        assert!(ours.is_err());
    }
}

/// What is made of these bytes, and what is answered to them.
async fn answered(bytes: &[u8]) -> (io::Result<Handshake>, Vec<u8>) {
    let (mut near, mut far) = tokio::io::duplex(HOLDS);
    let (tls, limits) = (server(), Limits::default());
    let (first, rest) = bytes.split_at(bytes.len().min(2));
    let ours = async {
        let shaken = tls.handshake(&mut near, first, &limits).await;
        drop(near);
        shaken
    };
    let theirs = async {
        let _ = far.write_all(rest).await;
        let _ = far.shutdown().await;
        let mut answer = Vec::new();
        let _ = far.read_to_end(&mut answer).await;
        answer
    };
    tokio::join!(ours, theirs)
}

/// The hello of an honest client.
fn hello() -> Vec<u8> {
    let mut bytes = Vec::new();
    Client::default().connection().write_tls(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn records_of_every_wrong_kind_end_it() {
    let hello = hello();
    let record =
        |kind: u8, body: &[u8]| [&[kind, 3, 1], &u16::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat();
    let wrong = [
        // No records at all, a length beyond what a record has, none.
        [&b"\x16\x03"[..], &[0xff; 64]].concat(),
        b"\x16\x03\x01\x00\x00".to_vec(),
        [&b"\x16\x03\x01\x50\x00"[..], &[0; 0x5000]].concat(),
        // Each kind of record but the one that begins, and kinds that there are not.
        record(0x14, &[1]),
        record(0x15, &[2, 40]),
        record(0x17, b"hello"),
        record(0x18, &[1, 0xff, 0xff]),
        record(0x99, &[0; 16]),
        // Handshake messages out of place, with a length beyond anything, and a hello that is none.
        record(0x16, &[2, 0, 0, 4, 0, 0, 0, 0]),
        record(0x16, &[20, 0, 0, 0]),
        record(0x16, &[1, 0xff, 0xff, 0xff, 0, 0]),
        record(0x16, &[1, 0, 0, 2, 3, 3]),
        // A hello twice, and one with something else behind it.
        [hello.clone(), hello.clone()].concat(),
        [hello.clone(), record(0x17, b"hello")].concat(),
        [hello.clone(), record(0x18, &[0; 8])].concat(),
    ];
    for bytes in wrong {
        let (shaken, answer) = answered(&bytes).await;
        let shown = format!("{}", bytes[..bytes.len().min(32)].escape_ascii());
        assert!(shaken.is_err(), "{shown}");
        // An alert, or the server's half of a handshake that was one so far, or nothing at all.
        assert!(matches!(answer.first(), None | Some(0x15 | 0x16)), "{shown}");
    }
    let (shaken, _) = answered(&hello).await;
    assert_eq!(shaken.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_handshake_without_an_end_has_one() {
    let limits = Limits::default();
    // A hello of 60,000 bytes, in records of which each is in order.
    let piece = [&[0x16, 3, 1, 0x10, 0x00][..], &[0; 0x1000]].concat();
    let head = [0x16, 3, 1, 0, 4, 1, 0, 0xea, 0x60];
    let bytes = [&head[..], &piece.repeat(14)].concat();
    assert!(bytes.len() > limits.handshake_bytes);
    let (shaken, _) = answered(&bytes).await;
    assert_eq!(shaken.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_handshake_waits_for_nothing_else() {
    let (mut near, mut far) = tokio::io::duplex(HOLDS);
    let (tls, limits) = (server(), Limits::default());
    let hello = hello();
    far.write_all(&hello[..hello.len() - 1]).await.unwrap();
    let shaken =
        tokio::time::timeout(Duration::from_millis(limits.handshake_ms), tls.handshake(&mut near, &[], &limits));
    assert!(shaken.await.is_err(), "it is over when the caller's time is");
}

#[tokio::test]
async fn tls_inside_tls_is_seen_for_what_it_is() {
    let (mut ours, mut far, mut client) = connected(&Client::default()).await;
    let bytes = sealed(&mut client, &hello());
    far.write_all(&bytes).await.unwrap();
    let sniffed = sniff(&mut ours, Vec::new(), Origin::Anybody, &Limits::default()).await.unwrap();
    assert_eq!(sniffed.dialect, Some(Dialect::Tls));
}

#[tokio::test]
async fn garbage_after_the_handshake_is_an_error_and_an_end_without_a_word_is_an_end() {
    let (mut ours, mut far, mut client) = connected(&Client::default()).await;
    let mut bytes = sealed(&mut client, b"hello");
    *bytes.last_mut().unwrap() ^= 1;
    far.write_all(&bytes).await.unwrap();
    assert_eq!(ours.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::InvalidData);

    let (mut ours, mut far, mut client) = connected(&Client::default()).await;
    let bytes = sealed(&mut client, b"bye");
    far.write_all(&bytes).await.unwrap();
    drop(far);
    let mut heard = String::new();
    ours.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "bye");
}

/// A connection over real sockets, for what is done without waiting.
async fn over_sockets() -> (Secured<TcpStream>, std::net::TcpStream, ClientConnection) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(listener.accept(), TcpStream::connect(address));
    let (mut near, mut far) = (near.unwrap().0, far.unwrap());
    let (tls, limits) = (server(), Limits::default());
    let client = Client::default();
    let (ours, theirs) = tokio::join!(tls.handshake(&mut near, &[], &limits), client.shake(&mut far));
    let far = far.into_std().unwrap();
    far.set_nonblocking(false).unwrap();
    (Secured::new(near, ours.unwrap()), far, theirs.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_arrives_whole_and_no_more_is_kept_than_may_be() {
    const LINES: usize = 200_000;
    let (ours, mut far, mut client) = over_sockets().await;
    let text: Vec<u8> = (0..LINES).flat_map(|i| format!("{i:06} 여기는 큰 마루입니다\n").into_bytes()).collect();
    let expect = text.clone();
    let (full, blocked) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        // Not a byte is read before the sender has seen its socket full.
        blocked.recv().unwrap();
        let mut heard = Vec::new();
        while heard.len() < expect.len() {
            assert!(client.read_tls(&mut far).unwrap() > 0);
            let state = client.process_new_packets().unwrap();
            let mut bytes = vec![0; state.plaintext_bytes_to_read()];
            client.reader().read_exact(&mut bytes).unwrap();
            heard.extend(bytes);
        }
        assert!(heard == expect);
    });
    let (mut at, mut waits) = (0, 0);
    while at < text.len() {
        // Cut anywhere, in several slices.
        let (one, two) = text[at..].split_at((text.len() - at).min(1 + at % 3_000));
        match ours.try_write(&[IoSlice::new(one), IoSlice::new(two)]) {
            Ok(n) => {
                assert!(n <= Limits::default().tls_buffer_bytes);
                at += n;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let _ = full.send(());
                waits += 1;
                std::future::poll_fn(|cx| ours.poll_write_ready(cx)).await.unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
    while let Err(error) = ours.flush() {
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        std::future::poll_fn(|cx| ours.poll_write_ready(cx)).await.unwrap();
    }
    assert!(waits > 0, "the socket was never full");
    tokio::task::spawn_blocking(|| reader.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn what_came_in_one_packet_can_be_read_although_the_socket_has_nothing_more() {
    let (ours, mut far, mut client) = over_sockets().await;
    let mut bytes = sealed(&mut client, b"hello");
    client.send_close_notify();
    client.write_tls(&mut bytes).unwrap();
    far.write_all(&bytes).unwrap();
    let mut heard = Vec::new();
    loop {
        std::future::poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
        let mut byte = [0];
        match ours.try_read(&mut byte) {
            Ok(0) => break,
            Ok(_) => heard.push(byte[0]),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }
    assert_eq!(heard, b"hello");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn no_bytes_are_too_much_for_it(tail in prop::collection::vec(any::<u8>(), 0..600), at in 0..600_usize, of_hello in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut bytes = if of_hello { hello() } else { b"\x16\x03".to_vec() };
        bytes.truncate(at.max(2));
        bytes.extend(tail);
        let (shaken, _) = runtime.block_on(answered(&bytes));
        prop_assert!(shaken.is_err());
    }
}
