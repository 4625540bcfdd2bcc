//! A disk that tears and loses what was not forced onto it, under a store that does not know.
//!
//! The store's files are real ones. [`Disk::sync`] remembers them as they are: that much is on the disk for certain.
//! [`Disk::crash`] ends the machine: of every sector that was written since, either the old or the new content is there,
//! and each file is as long as it was, or as it is, or anything between. What the store holds in memory that is shared
//! between its connections is gone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::Rng;

/// What a disk writes whole or not at all, in bytes.
const SECTOR_BYTES: usize = 512;
/// The file in which connections share what they know; no crash leaves anything of it.
const SHARED: &str = "-shm";

/// The files of a directory.
type Files = BTreeMap<String, Vec<u8>>;

/// The disk.
#[derive(Debug, Default)]
pub struct Disk {
    safe: Files,
}

impl Disk {
    /// What is in a directory now is on the disk.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn sync(&mut self, dir: &Path) -> io::Result<()> {
        self.safe = files(dir)?;
        Ok(())
    }

    /// The machine ends. The directory then holds what a disk could hold. Nobody may have its files open.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn crash(&mut self, dir: &Path, rng: &mut Rng) -> io::Result<()> {
        let now = files(dir)?;
        fs::remove_dir_all(dir)?;
        fs::create_dir(dir)?;
        for (name, new) in &now {
            let old = self.safe.get(name).map_or(&[][..], Vec::as_slice);
            fs::write(dir.join(name), torn(old, new, rng))?;
        }
        // A file that was removed may be there after all.
        for (name, old) in self.safe.iter().filter(|(name, _)| !now.contains_key(*name)) {
            if rng.chance(50) {
                fs::write(dir.join(name), old)?;
            }
        }
        self.sync(dir)
    }
}

fn files(dir: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    for file in fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.ends_with(SHARED) {
            files.insert(name, fs::read(file.path())?);
        }
    }
    Ok(files)
}

fn torn(old: &[u8], new: &[u8], rng: &mut Rng) -> Vec<u8> {
    let (least, most) = (old.len().min(new.len()), old.len().max(new.len()));
    let between = least + rng.below(most - least + 1);
    let len = rng.pick(&[old.len(), new.len(), between]);
    // Now and then everything was written, or nothing.
    let written_percent = rng.pick(&[0, 10, 50, 90, 100]);
    let mut torn = Vec::with_capacity(len);
    for from in (0..len).step_by(SECTOR_BYTES) {
        let to = (from + SECTOR_BYTES).min(len);
        let whose = if rng.chance(written_percent) { new } else { old };
        torn.extend((from..to).map(|at| whose.get(at).or(new.get(at)).copied().unwrap_or(0)));
    }
    torn
}
