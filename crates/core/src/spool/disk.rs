//! The few things that a spool asks of a file system, so that tests can put
//! one under it that crashes, tears writes, fills up and fails.
//!
//! Invariants: nothing here decides anything; what is made is readable by the
//! user that runs the process only (0700, 0600), since payloads may be
//! confidential.

use std::any::Any;
use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use super::owner::owner_s_name;

/// How often a read is tried.
const READ_TRIES: u32 = 3;

/// A lock, until it is dropped.
pub(super) type Lock = Box<dyn Any + Send + Sync>;

/// A file of a spool.
pub(super) trait DiskFile: Debug + Send + Sync {
    /// Reads into `out` from `offset` on; 0 at the end of the file.
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes some of `bytes` at `offset`, in one call of the system.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Waits until what was written, and the length, are on the disk.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file off.
    fn truncate(&self, bytes: u64) -> io::Result<()>;
}

/// A file system.
pub(super) trait Disk: Debug + Send + Sync {
    /// Makes a folder and those above it, unless it is there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes an empty file, or empties the one that is there.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file that is there, for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Names and lengths of the regular files in a folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<(String, u64)>>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Gives a file another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Waits until a folder's entries are on the disk.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Takes the lock of this file until what is returned is dropped, and
    /// writes the owner's name into it; who has it, if somebody has.
    fn try_lock(&self, path: &Path, owner: &str) -> io::Result<Result<Lock, Option<String>>>;
}

/// Writes all of `bytes`: one call, unless the system takes only a part.
pub(super) fn write_all(file: &dyn DiskFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written.min(bytes.len())..];
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads until `out` is full or the file ends.
pub(super) fn read_full(file: &dyn DiskFile, out: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match file.read_at(&mut out[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Tries a read again that the system has refused: what fails once may be a
/// matter of the moment, and nothing is given up for that.
pub(super) fn persistently<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..READ_TRIES {
        match read() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    read()
}

/// The file system of this machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct System;

impl DiskFile for File {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, out, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }
}

impl Disk for System {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        path.parent().map_or(Ok(()), |above| {
            let above = if above.as_os_str().is_empty() {
                Path::new(".")
            } else {
                above
            };
            self.sync_folder(above)
        })
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(options.mode(0o600).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Arc::new(file))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            match entry.metadata() {
                Ok(metadata) if metadata.is_file() => files.push((name, metadata.len())),
                Ok(_) => {}
                // Removed since.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(files)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn try_lock(&self, path: &Path, owner: &str) -> io::Result<Result<Lock, Option<String>>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                // Also on a full disk the lock is what counts.
                let _ = file
                    .set_len(0)
                    .and_then(|()| write_all(&file, owner.as_bytes(), 0));
                Ok(Ok(Box::new(file)))
            }
            Err(TryLockError::WouldBlock) => Ok(Err(owner_s_name(&file))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
