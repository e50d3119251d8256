//! Where bytes go that cannot be used: a person may want to look at them.
//!
//! Invariants: the folder holds at most its bound, the oldest files make way;
//! the same damage is kept once, however often it is met; failing to keep
//! something is counted, and holds nothing up.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, DiskFile, read_full, write_all};

/// How much is copied at a time.
const COPY_BYTES: usize = 64 * 1024;

/// The folder `quarantine/` of a spool.
#[derive(Debug)]
pub(super) struct Quarantine {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    max_bytes: u64,
    /// Files put there by this process.
    pub(super) files: u64,
    /// Times when something could not be kept.
    pub(super) errors: u64,
}

impl Quarantine {
    /// The folder below `dir`; it is made when it is needed.
    pub(super) fn new(disk: Arc<dyn Disk>, dir: &Path, max_bytes: u64) -> Self {
        Self {
            disk,
            folder: dir.join("quarantine"),
            max_bytes,
            files: 0,
            errors: 0,
        }
    }

    /// Keeps a copy of a part of `file` under `name`.
    pub(super) fn keep_bytes(&mut self, name: &str, file: &dyn DiskFile, range: Range<u64>) {
        match self.copy(name, file, range) {
            Ok(true) => self.files += 1,
            Ok(false) => {}
            Err(_) => self.errors += 1,
        }
    }

    fn copy(&self, name: &str, file: &dyn DiskFile, range: Range<u64>) -> io::Result<bool> {
        let bytes = range.end.saturating_sub(range.start);
        if bytes == 0 || bytes > self.max_bytes || !self.make_room(name, bytes)? {
            return Ok(false);
        }
        let path = self.folder.join(name);
        let out = self.disk.create(&path)?;
        let mut buffer = vec![0; COPY_BYTES];
        let mut at = range.start;
        while at < range.end {
            let part = usize::try_from(range.end - at).map_or(COPY_BYTES, |n| n.min(COPY_BYTES));
            let read = read_full(file, &mut buffer[..part], at)?;
            if read == 0 {
                break;
            }
            if let Err(error) = write_all(out.as_ref(), &buffer[..read], at - range.start) {
                // Half of it would be taken for all of it later.
                self.disk.remove(&path)?;
                return Err(error);
            }
            at += read as u64;
        }
        Ok(true)
    }

    /// Moves a whole file there; without room it is removed.
    ///
    /// # Errors
    /// The file is still where it was.
    pub(super) fn keep_file(&mut self, path: &Path, name: &str, bytes: u64) -> io::Result<()> {
        if bytes > self.max_bytes {
            self.errors += 1;
            return self.disk.remove(path);
        }
        self.make_room("", bytes)?;
        let taken = self.names()?;
        let free = (0..1000)
            .map(|number| match number {
                0 => name.to_owned(),
                _ => format!("{name}.{number}"),
            })
            .find(|name| !taken.iter().any(|(other, _)| other == name));
        match free {
            Some(name) => {
                self.disk.rename(path, &self.folder.join(name))?;
                self.files += 1;
                Ok(())
            }
            None => self.disk.remove(path),
        }
    }

    fn names(&self) -> io::Result<Vec<(String, u64)>> {
        self.disk.list(&self.folder)
    }

    /// Removes the oldest until `bytes` fit; `false` if `name` is there.
    fn make_room(&self, name: &str, bytes: u64) -> io::Result<bool> {
        self.disk.create_folder(&self.folder)?;
        let mut files = self.names()?;
        if files.iter().any(|(other, _)| other == name) {
            return Ok(false);
        }
        // Names begin with a sequence.
        files.sort();
        let mut used: u64 = files.iter().map(|(_, bytes)| bytes).sum();
        for (oldest, size) in files {
            if used.saturating_add(bytes) <= self.max_bytes {
                break;
            }
            self.disk.remove(&self.folder.join(oldest))?;
            used -= size;
        }
        Ok(true)
    }
}
