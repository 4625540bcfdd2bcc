//! The local socket: whose it is, who speaks there, and that it is gone with the server.

#![allow(clippy::unwrap_used)] // Everything here is a test.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use server::{Config, LOCAL_SOCKET, Server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// How long what must come may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn config(data_dir: &Path) -> Config {
    let listen = vec![([127, 0, 0, 1], 0).into()];
    Config { listen, local_socket: true, ..Config::new(data_dir.to_owned()) }
}

/// Asks something at the socket and reads up to the answer.
async fn ask(socket: &Path) -> (UnixStream, String) {
    let mut stream = BufReader::new(UnixStream::connect(socket).await.unwrap());
    stream.write_all(b"/ping local\n").await.unwrap();
    let mut line = String::new();
    while !line.contains("* pong local") {
        line.clear();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "closed before the answer");
    }
    (stream.into_inner(), line)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_lines_are_spoken_at_the_local_socket_even_when_the_hall_is_full() {
    let data = tempfile::tempdir().unwrap();
    let socket = data.path().join(LOCAL_SOCKET);
    // What an earlier server has left there is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let mut config = config(data.path());
    config.settings.gate.connections = Some(0);
    config.settings.gate.local_connections = 1;
    let server = Server::bind(config).await.unwrap();
    let handle = server.handle();
    let running = tokio::spawn(server.run());

    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let served = async {
        let (stream, _) = ask(&socket).await;
        let mut second = BufReader::new(UnixStream::connect(&socket).await.unwrap());
        let mut word = String::new();
        assert_eq!(second.read_line(&mut word).await.unwrap(), 0, "there is one place, not two: {word}");
        handle.stop();
        let mut rest = BufReader::new(stream);
        let mut last = String::new();
        while rest.read_line(&mut word).await.unwrap() > 0 {
            last = std::mem::take(&mut word);
        }
        assert_eq!(last, "* the hall is closing\n");
        running.await.unwrap();
    };
    tokio::time::timeout(PATIENCE, served).await.unwrap();
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_file_of_that_name_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join(LOCAL_SOCKET), "somebody's").unwrap();
    let error = Server::bind(config(data.path())).await.unwrap_err();
    assert!(matches!(error, server::Error::LocalSocket { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(data.path().join(LOCAL_SOCKET)).unwrap(), "somebody's");
}
