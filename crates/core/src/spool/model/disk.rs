//! A disk that does to a spool what real ones do at worst.
//!
//! Invariants: what was flushed stays; after a crash of the machine any part
//! of the rest may be there, sector by sector and in no order, and of the
//! changes to a folder the first few; after a crash of the process all that
//! was written is there, of the write that it interrupted a part.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::spool::disk::{Disk, DiskFile, Lock};

const SECTOR_BYTES: usize = 512;

#[derive(Debug, Default)]
struct Inode {
    data: Vec<u8>,
    flushed: Vec<u8>,
    dirty: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
enum Change {
    Name(PathBuf, usize),
    Forget(PathBuf),
}

/// Which calls fail now and then.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // One for each kind of call.
pub(in crate::spool) struct Faults {
    /// Reads, but never three in a row.
    pub(in crate::spool) reads: bool,
    /// Every read.
    pub(in crate::spool) all_reads: bool,
    pub(in crate::spool) writes: bool,
    pub(in crate::spool) syncs: bool,
    pub(in crate::spool) removals: bool,
    /// Every flush.
    pub(in crate::spool) all_syncs: bool,
    /// Every cut.
    pub(in crate::spool) all_truncates: bool,
}

#[derive(Debug)]
struct Inner {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    flushed_names: BTreeMap<PathBuf, usize>,
    journal: Vec<Change>,
    locks: BTreeSet<PathBuf>,
    random: fastrand::Rng,
    /// Changes that succeed until everything stops.
    fuse: Option<u64>,
    whole_sectors: bool,
    stopped: bool,
    faults: Faults,
    /// Reads refused in a row.
    refused: u32,
    writes: u64,
    room: usize,
    /// Files that somebody has open.
    open: usize,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(in crate::spool) struct ModelDisk(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct ModelFile {
    disk: ModelDisk,
    inode: usize,
}

impl ModelFile {
    fn open(disk: &ModelDisk, inner: &mut Inner, inode: usize) -> Arc<dyn DiskFile> {
        inner.open += 1;
        let disk = disk.clone();
        Arc::new(Self { disk, inode })
    }
}

impl Drop for ModelFile {
    fn drop(&mut self) {
        self.disk.inner().open -= 1;
    }
}

struct Held(ModelDisk, PathBuf);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.inner().locks.remove(&self.1);
    }
}

fn stopped() -> io::Error {
    io::Error::other("the machine has stopped")
}

fn broken() -> io::Error {
    io::Error::other("an I/O error of the test")
}

impl Inner {
    /// Whether a change may go on; the fuse may blow at it.
    fn change(&mut self, fails: bool) -> io::Result<()> {
        if self.stopped {
            return Err(stopped());
        }
        if let Some(fuse) = &mut self.fuse {
            if *fuse == 0 {
                self.stopped = true;
                return Err(stopped());
            }
            *fuse -= 1;
        }
        if fails && self.random.u8(..4) == 0 {
            return Err(broken());
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<()> {
        if self.stopped {
            return Err(stopped());
        }
        let fails = self.faults.reads && self.refused < 2 && self.random.u8(..3) == 0;
        if fails || self.faults.all_reads {
            self.refused += 1;
            return Err(broken());
        }
        self.refused = 0;
        Ok(())
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        if self.stopped {
            return Err(stopped());
        }
        let found = self.names.get(path).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&mut self, change: Change) {
        match change.clone() {
            Change::Name(path, inode) => self.names.insert(path, inode),
            Change::Forget(path) => self.names.remove(&path),
        };
        self.journal.push(change);
    }

    fn used(&self) -> usize {
        let lengths = self
            .names
            .values()
            .map(|inode| self.inodes[*inode].data.len());
        lengths.sum()
    }

    fn put(&mut self, inode: usize, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let inode = &mut self.inodes[inode];
        let end = offset + bytes.len();
        if inode.data.len() < end {
            inode.data.resize(end, 0);
        }
        inode.data[offset..end].copy_from_slice(bytes);
        inode
            .dirty
            .extend(offset / SECTOR_BYTES..=(end - 1) / SECTOR_BYTES);
    }
}

impl ModelDisk {
    pub(in crate::spool) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            inodes: Vec::new(),
            names: BTreeMap::new(),
            flushed_names: BTreeMap::new(),
            journal: Vec::new(),
            locks: BTreeSet::new(),
            random: fastrand::Rng::with_seed(seed),
            fuse: None,
            whole_sectors: false,
            stopped: false,
            faults: Faults::default(),
            refused: 0,
            writes: 0,
            room: usize::MAX,
            open: 0,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything stops at the change after so many. What a process's end
    /// interrupts may be torn anywhere, what the machine's end does between
    /// sectors only.
    pub(in crate::spool) fn set_fuse(&self, changes: u64, machine: bool) {
        let mut inner = self.inner();
        inner.fuse = Some(changes);
        inner.whole_sectors = machine;
    }

    /// Whether flushes succeed.
    pub(in crate::spool) fn set_syncs(&self, succeed: bool) {
        self.inner().faults.all_syncs = !succeed;
    }

    /// Whether files can be cut off.
    pub(in crate::spool) fn set_truncates(&self, succeed: bool) {
        self.inner().faults.all_truncates = !succeed;
    }

    /// Writes so far.
    pub(in crate::spool) fn writes(&self) -> u64 {
        self.inner().writes
    }

    pub(in crate::spool) fn is_stopped(&self) -> bool {
        self.inner().stopped
    }

    pub(in crate::spool) fn set_faults(&self, faults: Faults) {
        self.inner().faults = faults;
    }

    /// Lets no more than so many bytes be added.
    pub(in crate::spool) fn set_room(&self, bytes: Option<usize>) {
        let mut inner = self.inner();
        let used = inner.used();
        inner.room = bytes.map_or(usize::MAX, |bytes| used + bytes);
    }

    /// The process is gone, and comes again.
    pub(in crate::spool) fn process_crash(&self) {
        let mut inner = self.inner();
        inner.fuse = None;
        inner.stopped = false;
        inner.faults = Faults::default();
        inner.room = usize::MAX;
        assert!(inner.locks.is_empty(), "whoever has a lock lives");
    }

    /// The machine is gone, with much of what was not flushed.
    pub(in crate::spool) fn machine_crash(&self) {
        self.process_crash();
        let inner = &mut *self.inner();
        let kept = inner.random.usize(..=inner.journal.len());
        for change in inner.journal.drain(..).take(kept) {
            match change {
                Change::Name(path, inode) => inner.flushed_names.insert(path, inode),
                Change::Forget(path) => inner.flushed_names.remove(&path),
            };
        }
        inner.names = inner.flushed_names.clone();
        for inode in &mut inner.inodes {
            inode.crash(&mut inner.random);
        }
    }

    /// What is in a file.
    pub(in crate::spool) fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let inner = self.inner();
        let inode = inner.names.get(path)?;
        Some(inner.inodes[*inode].data.clone())
    }

    /// Changes a file behind everybody's back, also on the disk.
    pub(in crate::spool) fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let inner = &mut *self.inner();
        if let Some(inode) = inner.names.get(path) {
            let inode = &mut inner.inodes[*inode];
            change(&mut inode.data);
            inode.flushed = inode.data.clone();
            inode.dirty.clear();
        }
    }

    /// Files that somebody has open.
    pub(in crate::spool) fn open_files(&self) -> usize {
        self.inner().open
    }

    pub(in crate::spool) fn files(&self) -> Vec<PathBuf> {
        self.inner().names.keys().cloned().collect()
    }
}

impl Inode {
    fn crash(&mut self, random: &mut fastrand::Rng) {
        let (old, new) = (self.flushed.len(), self.data.len());
        let bytes = match random.u8(..3) {
            0 => old,
            1 => new,
            _ => random.usize(old.min(new)..=old.max(new)),
        };
        let mut after = self.flushed.clone();
        after.resize(bytes, 0);
        for sector in std::mem::take(&mut self.dirty) {
            let from = sector * SECTOR_BYTES;
            let to = (from + SECTOR_BYTES).min(bytes).min(new);
            if from < to && random.bool() {
                after[from..to].copy_from_slice(&self.data[from..to]);
            }
        }
        self.data.clone_from(&after);
        self.flushed = after;
    }
}

impl DiskFile for ModelFile {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut inner = self.disk.inner();
        inner.read()?;
        let data = &inner.inodes[self.inode].data;
        let from = usize::try_from(offset).expect("small").min(data.len());
        let read = out.len().min(data.len() - from);
        out[..read].copy_from_slice(&data[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let inner = &mut *self.disk.inner();
        inner.writes += 1;
        let offset = usize::try_from(offset).expect("small");
        let was_stopped = inner.stopped;
        let fails = inner.faults.writes;
        if let Err(error) = inner.change(fails) {
            // What interrupts a write leaves a part of it.
            if !was_stopped {
                let mut part = inner.random.usize(..=bytes.len());
                if inner.whole_sectors && part < bytes.len() {
                    part = part.saturating_sub((offset + part) % SECTOR_BYTES);
                }
                inner.put(self.inode, &bytes[..part], offset);
            }
            return Err(error);
        }
        let grows = (offset + bytes.len()).saturating_sub(inner.inodes[self.inode].data.len());
        let left = inner.room.saturating_sub(inner.used());
        let fits = if grows > left {
            bytes.len().saturating_sub(grows - left)
        } else {
            bytes.len()
        };
        if fits == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        inner.put(self.inode, &bytes[..fits], offset);
        Ok(fits)
    }

    fn sync(&self) -> io::Result<()> {
        let inner = &mut *self.disk.inner();
        let fails = inner.faults.syncs;
        inner.change(fails)?;
        if inner.faults.all_syncs {
            return Err(broken());
        }
        let inode = &mut inner.inodes[self.inode];
        if !inode.dirty.is_empty() || inode.data.len() != inode.flushed.len() {
            inode.flushed.clone_from(&inode.data);
            inode.dirty.clear();
        }
        Ok(())
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        let inner = &mut *self.disk.inner();
        let fails = inner.faults.writes;
        inner.change(fails)?;
        if inner.faults.all_truncates {
            return Err(broken());
        }
        let bytes = usize::try_from(bytes).expect("small");
        inner.inodes[self.inode].data.resize(bytes, 0);
        Ok(())
    }
}

impl Disk for ModelDisk {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let inner = &mut *self.inner();
        let fails = inner.faults.writes;
        inner.change(fails)?;
        let inode = if let Some(inode) = inner.names.get(path).copied() {
            inner.inodes[inode].data.clear();
            inode
        } else {
            inner.inodes.push(Inode::default());
            let inode = inner.inodes.len() - 1;
            inner.rename(Change::Name(path.to_owned(), inode));
            inode
        };
        Ok(ModelFile::open(self, inner, inode))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut inner = self.inner();
        let inode = inner.find(path)?;
        inner.read()?;
        Ok(ModelFile::open(self, &mut inner, inode))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(String, u64)>> {
        let inner = self.inner();
        if inner.stopped {
            return Err(stopped());
        }
        let inside = inner
            .names
            .iter()
            .filter(|(path, _)| path.parent() == Some(folder));
        Ok(inside
            .map(|(path, inode)| {
                let name = path.file_name().expect("a name").to_string_lossy();
                (name.into_owned(), inner.inodes[*inode].data.len() as u64)
            })
            .collect())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let inner = &mut *self.inner();
        let fails = inner.faults.removals;
        inner.change(fails)?;
        inner.find(path)?;
        inner.rename(Change::Forget(path.to_owned()));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let inner = &mut *self.inner();
        let fails = inner.faults.removals;
        inner.change(fails)?;
        let inode = inner.find(from)?;
        inner.rename(Change::Name(to.to_owned(), inode));
        inner.rename(Change::Forget(from.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let inner = &mut *self.inner();
        let fails = inner.faults.syncs;
        inner.change(fails)?;
        inner.journal.clear();
        inner.flushed_names = inner.names.clone();
        Ok(())
    }

    fn try_lock(&self, path: &Path, _: &str) -> io::Result<Result<Lock, Option<String>>> {
        let mut inner = self.inner();
        if inner.stopped {
            return Err(stopped());
        }
        if !inner.locks.insert(path.to_owned()) {
            return Ok(Err(None));
        }
        drop(inner);
        Ok(Ok(Box::new(Held(self.clone(), path.to_owned()))))
    }
}
