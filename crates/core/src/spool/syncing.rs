//! Flushing to the disk behind a task's back: a task never waits for it with
//! `SyncMode::Interval`.
//!
//! One thread serves all spools on a disk, one after the other, so that a
//! thousand of them cost one thread, and a disk that does not answer holds up
//! none on another; it ends with the last of them. Per append there is one
//! atomic store; the lock is taken when a segment begins.
//! A failure is counted and shown, and has the spool begin a new segment:
//! what the system says of a file after a failed flush is worth little. As long
//! as flushes go on failing that is done once, and what is to be flushed again
//! is kept by its name, so that a disk that fails for good costs neither files
//! nor descriptors.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::disk::{Disk, DiskFile};
use super::format::Slot;

/// A segment's file, and where it is.
#[derive(Clone, Debug)]
struct Segment {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
}

/// Files that have something to flush.
#[derive(Debug, Default)]
struct Pending {
    /// The segment that grows.
    active: Option<Segment>,
    /// Segments that grow no more, since the last flush.
    sealed: Vec<Segment>,
    /// Those that the last flush has failed for, and those of an earlier
    /// process, which may not have flushed them: as many as there may be
    /// segments at the most.
    named: Vec<PathBuf>,
    state: Option<Arc<dyn DiskFile>>,
    folder: bool,
    /// The state that was written last.
    written: Written,
    /// The one that the last flush was to have on the disk.
    flushed: Written,
    /// The last one that is on the disk.
    settled: Written,
}

/// A state, as far as a flush is concerned.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    acknowledged: u64,
    counter: u64,
}

impl From<&Slot> for Written {
    fn from(slot: &Slot) -> Self {
        Self {
            acknowledged: slot.acknowledged,
            counter: slot.counter,
        }
    }
}

/// What is to be flushed of one spool.
#[derive(Debug)]
pub(super) struct Flusher {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    pending: Mutex<Pending>,
    dirty: AtomicBool,
    /// The last flush has failed.
    failing: AtomicBool,
    /// The first of those that failed in a row was not told of yet.
    failed: AtomicBool,
    closed: AtomicBool,
    /// The acknowledged sequence in the last state that is on the disk.
    settled: AtomicU64,
    errors: AtomicU64,
    last_error: Mutex<Option<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each value behind these locks is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Flusher {
    /// Nothing to flush yet.
    pub(super) fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        Self {
            disk,
            dir,
            pending: Mutex::default(),
            dirty: AtomicBool::new(false),
            failing: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            settled: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            last_error: Mutex::default(),
        }
    }

    /// The segment that grows grows no more.
    pub(super) fn end(&self) {
        let mut pending = lock(&self.pending);
        let before = pending.active.take();
        pending.sealed.extend(before);
    }

    /// A segment begins: the one before it grows no more.
    pub(super) fn begin(&self, path: PathBuf, file: Arc<dyn DiskFile>) {
        self.end();
        let mut pending = lock(&self.pending);
        pending.folder = true;
        pending.active = Some(Segment { path, file });
    }

    /// Entries of the folder are not flushed.
    pub(super) fn folder_changed(&self) {
        lock(&self.pending).folder = true;
        self.dirty.store(true, Ordering::Release);
    }

    /// These segments are from before.
    pub(super) fn found(&self, paths: impl Iterator<Item = PathBuf>) {
        lock(&self.pending).named.extend(paths);
        self.dirty.store(true, Ordering::Release);
    }

    /// Something was appended.
    #[inline]
    pub(super) fn appended(&self) {
        self.dirty.store(true, Ordering::Release);
    }

    /// The state was written.
    pub(super) fn state_written(&self, file: &Arc<dyn DiskFile>, state: Written) {
        let mut pending = lock(&self.pending);
        if pending.state.is_none() {
            pending.state = Some(Arc::clone(file));
        }
        pending.written = state;
        self.dirty.store(true, Ordering::Release);
    }

    /// This state is on the disk, or counts as such.
    pub(super) fn settle(&self, state: Written) {
        lock(&self.pending).settled = state;
        self.settled.store(state.acknowledged, Ordering::Release);
    }

    /// The counters of states that may not be written over: of the last one that
    /// is on the disk, and of one that a flush is about.
    pub(super) fn needed_states(&self) -> [u64; 2] {
        let pending = lock(&self.pending);
        [pending.settled.counter, pending.flushed.counter]
    }

    /// Everything below this is acknowledged whatever happens to the machine.
    pub(super) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Acquire)
    }

    /// Counts a failure and keeps its words.
    pub(super) fn count_error(&self, what: &str, error: &io::Error) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        *lock(&self.last_error) = Some(format!("{what}: {error}"));
    }

    /// Failures so far.
    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// The last failure in words, while flushes fail.
    pub(super) fn fault(&self) -> Option<String> {
        let failing = self.failing.load(Ordering::Acquire);
        failing.then(|| lock(&self.last_error).clone())?
    }

    /// Whether flushes have begun to fail since this was last asked.
    #[inline]
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed) && self.failed.swap(false, Ordering::AcqRel)
    }

    /// Flushes what has come since the last time.
    ///
    /// # Errors
    /// The first failure; it is counted.
    pub(super) fn flush(&self) -> io::Result<()> {
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let (named, sealed, growing, folder, written) = {
            let mut pending = lock(&self.pending);
            let written = pending.written;
            pending.flushed = written;
            let named = std::mem::take(&mut pending.named);
            let sealed = std::mem::take(&mut pending.sealed);
            let active = pending.active.as_ref();
            let active = active.map(|segment| Arc::clone(&segment.file));
            let growing = [active, pending.state.clone()];
            let folder = std::mem::take(&mut pending.folder);
            (named, sealed, growing, folder, written)
        };
        let mut first = Ok(());
        for path in named {
            let synced = match self.disk.open(&path) {
                // Removed since, because all of it is delivered.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                opened => opened.and_then(|file| file.sync()),
            };
            if synced.is_err() {
                lock(&self.pending).named.push(path);
            }
            first = first.and(synced);
        }
        for Segment { path, file } in sealed {
            let synced = file.sync();
            if synced.is_err() {
                lock(&self.pending).named.push(path);
            }
            first = first.and(synced);
        }
        for file in growing.into_iter().flatten() {
            first = first.and(file.sync());
        }
        if folder {
            let synced = self.disk.sync_folder(&self.dir);
            lock(&self.pending).folder |= synced.is_err();
            first = first.and(synced);
        }
        match &first {
            Ok(()) => {
                self.settle(written);
                self.failing.store(false, Ordering::Release);
            }
            Err(error) => {
                self.count_error("The spool cannot be flushed to the disk", error);
                if !self.failing.swap(true, Ordering::AcqRel) {
                    self.failed.store(true, Ordering::Release);
                }
                self.dirty.store(true, Ordering::Release);
            }
        }
        first
    }

    /// The spool is closed: a last flush, and no more.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        WAKE.notify_all();
    }
}

#[derive(Debug)]
struct Served {
    flusher: Arc<Flusher>,
    interval: Duration,
    due: Instant,
}

/// What is served by device number; each has a thread that runs.
static SERVED: Mutex<BTreeMap<u64, Vec<Served>>> = Mutex::new(BTreeMap::new());
static WAKE: Condvar = Condvar::new();

/// Has its disk's thread flush this spool at every interval until it is
/// closed.
pub(super) fn serve(flusher: &Arc<Flusher>, interval: Duration) {
    // Where that cannot be told, one thread for all of those is good enough.
    let device = fs::metadata(&flusher.dir).map_or(0, |folder| folder.dev());
    let mut all = lock(&SERVED);
    let runs = all.contains_key(&device);
    all.entry(device).or_default().push(Served {
        flusher: Arc::clone(flusher),
        interval,
        due: Instant::now() + interval,
    });
    if !runs {
        let spawned = thread::Builder::new()
            .name("spool-sync".to_owned())
            .spawn(move || flush_all(device));
        if let Err(error) = spawned {
            all.remove(&device);
            flusher.count_error("The system gives no thread for flushing", &error);
        }
    }
    WAKE.notify_all();
}

fn flush_all(device: u64) {
    let mut all = lock(&SERVED);
    while let Some(served) = all.get_mut(&device) {
        let now = Instant::now();
        let mut due = Vec::new();
        served.retain_mut(|served| {
            let closed = served.flusher.closed.load(Ordering::Acquire);
            if closed || served.due <= now {
                due.push(Arc::clone(&served.flusher));
                served.due = now + served.interval;
            }
            !closed
        });
        if !due.is_empty() {
            drop(all);
            for flusher in due {
                // What fails is counted there.
                let _ = flusher.flush();
            }
            all = lock(&SERVED);
            continue;
        }
        let Some(next) = served.iter().map(|served| served.due).min() else {
            all.remove(&device);
            return;
        };
        let wait = next.saturating_duration_since(now);
        all = WAKE
            .wait_timeout(all, wait)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}
