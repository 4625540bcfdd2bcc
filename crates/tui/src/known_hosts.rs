//! The servers that are known by their certificates: a file of lines `HOST:PORT sha256:HEX`.
//!
//! What is not understood is told with its number and left as it is, comments too: a person may write in this file. It
//! is replaced as a whole, so that it is never found half written, and two clients that write at once take turns.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::fingerprint::Fingerprint;
use crate::limits::{KNOWN_HOSTS_BYTES, KNOWN_HOSTS_LOCK};

/// What the file says about one server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// The certificates by which it is known.
    pub(crate) pins: Vec<Fingerprint>,
    /// The numbers of the lines, of whatever server, that are not understood.
    pub(crate) broken: Vec<usize>,
}

/// Looks a server up, by its `HOST:PORT` in small letters. A file that is not there knows nobody.
pub(crate) fn look_up(path: &Path, server: &str) -> io::Result<Known> {
    let mut known = Known::default();
    for (number, line) in read(path)?.lines().enumerate() {
        match parse(line) {
            Ok(Some((host, pin))) if host.eq_ignore_ascii_case(server) => known.pins.push(pin),
            Ok(_) => {}
            Err(()) => known.broken.push(number + 1),
        }
    }
    Ok(known)
}

/// Writes down by which certificate a server is known, and by no other any more.
pub(crate) fn remember(path: &Path, server: &str, pin: Fingerprint) -> io::Result<()> {
    // A file that is a link elsewhere stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let _turn = take_turn(folder)?;
    let mut text = String::new();
    for line in read(&path)?.lines() {
        if !parse(line).is_ok_and(|line| line.is_some_and(|(host, _)| host.eq_ignore_ascii_case(server))) {
            text += line;
            text.push('\n');
        }
    }
    text += &format!("{server} {pin}\n");
    if text.len() > KNOWN_HOSTS_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = write_new(&beside, text.as_bytes()).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    // So that the name survives a power cut, too.
    File::open(folder)?.sync_all()
}

/// Whoever holds this is the only one who writes in the folder.
fn take_turn(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    let until = Instant::now() + KNOWN_HOSTS_LOCK;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(folder),
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::Error(why)) => return Err(why),
        }
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // One that is there is left over from a client that was killed: who writes now has the turn.
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn read(path: &Path) -> io::Result<String> {
    let file = match File::open(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        file => file?,
    };
    let mut text = String::new();
    file.take(KNOWN_HOSTS_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > KNOWN_HOSTS_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// A line's server and certificate; nothing for a comment.
fn parse(line: &str) -> Result<Option<(&str, Fingerprint)>, ()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (Some(host), Some(pin), None) = (words.next(), words.next(), words.next()) else { return Err(()) };
    Ok(Some((host, pin.parse().map_err(|_| ())?)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/maru/known_hosts");
        (folder, path)
    }

    #[test]
    fn what_is_remembered_is_known_and_nobody_else_may_write_it() {
        let (_folder, path) = folder();
        assert_eq!(look_up(&path, "a:1").unwrap(), Known::default());
        let (one, two) = (Fingerprint::of(b"1"), Fingerprint::of(b"2"));
        remember(&path, "a:1", one).unwrap();
        remember(&path, "[::1]:2", two).unwrap();
        assert_eq!(look_up(&path, "A:1").unwrap().pins, [one]);
        assert_eq!(look_up(&path, "[::1]:2").unwrap().pins, [two]);
        assert_eq!(look_up(&path, "a:2").unwrap().pins, []);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_a_person_wrote_stays_and_what_is_broken_is_told() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let (old, new) = (Fingerprint::of(b"old"), Fingerprint::of(b"new"));
        fs::write(&path, format!("# mine\n\na:1 {old}\nb:1 sha256:12\nc:1\na:1 {old}")).unwrap();
        let known = look_up(&path, "a:1").unwrap();
        assert_eq!(known, Known { pins: vec![old, old], broken: vec![4, 5] });
        remember(&path, "a:1", new).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("# mine\n\nb:1 sha256:12\nc:1\na:1 {new}\n"));
    }

    #[test]
    fn a_file_that_is_no_such_file_is_an_error_and_is_left_alone() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for bytes in [vec![b'#'; KNOWN_HOSTS_BYTES + 1], vec![0xff; 10]] {
            fs::write(&path, &bytes).unwrap();
            assert!(look_up(&path, "a:1").is_err());
            assert!(remember(&path, "a:1", Fingerprint::of(b"1")).is_err());
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_linked_file_stays_linked_and_a_leftover_does_not_matter() {
        let (folder, path) = folder();
        let real = folder.path().join("real");
        fs::write(&real, "").unwrap();
        fs::write(folder.path().join("real.new"), "left over").unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        remember(&path, "a:1", Fingerprint::of(b"1")).unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), format!("a:1 {}\n", Fingerprint::of(b"1")));
    }

    #[test]
    fn clients_that_write_at_once_lose_nothing() {
        let (_folder, path) = folder();
        thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || remember(path, &format!("host{n}:1"), Fingerprint::of(&[n])).unwrap());
            }
        });
        for n in 0..8 {
            assert_eq!(look_up(&path, &format!("host{n}:1")).unwrap().pins, [Fingerprint::of(&[n])]);
        }
    }
}
