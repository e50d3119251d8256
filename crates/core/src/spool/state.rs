//! The file `state`: what a restart has to know besides the records.
//!
//! Invariants: a write takes a slot that is neither the newest nor the one that
//! is known to be on the disk, nor the one that a flush is about, so that
//! whatever interrupts it, and a crash of the machine after it, leave one; a
//! state that cannot be written is counted by the caller and written anew the
//! next time; the file has its whole length from the start, so that a full disk
//! takes further states.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::disk::{Disk, DiskFile, persistently, read_full, write_all};
use super::format::{SLOT_BYTES, SLOT_OFFSETS, STATE_BYTES, Slot, Unreadable, slot_of};

/// How far apart acknowledgements are written.
const WRITE_EVERY: Duration = Duration::from_millis(100);

/// What reading the file has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// There is none.
    Nothing,
    /// The newest readable slot.
    Slot(Slot),
    /// No slot is readable.
    Damaged,
    /// Written by a newer program.
    Newer(u32),
}

/// Reads all slots; the newest counts.
///
/// # Errors
/// The file is there and cannot be read.
pub(super) fn read_state(file: &dyn DiskFile) -> io::Result<Kept> {
    let mut newest: Option<Slot> = None;
    let mut kept = Kept::Nothing;
    for offset in SLOT_OFFSETS {
        let mut bytes = [0; SLOT_BYTES];
        let read = persistently(|| read_full(file, &mut bytes, offset))?;
        if bytes[..read].iter().all(|byte| *byte == 0) {
            continue;
        }
        match Slot::decode(&bytes[..read]) {
            Ok(slot) if newest.is_none_or(|newest| newest.counter < slot.counter) => {
                newest = Some(slot);
            }
            Ok(_) => {}
            Err(Unreadable::Newer(version)) => return Ok(Kept::Newer(version)),
            Err(Unreadable::Damaged) => kept = Kept::Damaged,
        }
    }
    Ok(newest.map_or(kept, Kept::Slot))
}

/// The file while a spool is open.
#[derive(Debug)]
pub(super) struct StateFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Option<Arc<dyn DiskFile>>,
    /// What the file holds is not to be read again: a slot that could not be
    /// read this time, but can be the next, would count then.
    anew: bool,
    /// The last one written.
    last: Slot,
    /// The last counter that was used: what has failed may be there all the
    /// same, and is older than what comes.
    counter: u64,
    written_at: Option<Instant>,
}

impl StateFile {
    /// The file in `dir`; `last` is what it says, or is to say if it is to be
    /// made `anew`.
    pub(super) fn new(disk: Arc<dyn Disk>, dir: &Path, last: Slot, anew: bool) -> Self {
        Self {
            disk,
            path: dir.join("state"),
            file: None,
            anew,
            last,
            counter: last.counter,
            written_at: None,
        }
    }

    /// What was written last.
    pub(super) fn last(&self) -> &Slot {
        &self.last
    }

    /// The file, once it could be opened.
    pub(super) fn file(&self) -> Option<&Arc<dyn DiskFile>> {
        self.file.as_ref()
    }

    /// Whether an acknowledgement at `now` is to be written.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.written_at
            .is_none_or(|at| now.saturating_duration_since(at) >= WRITE_EVERY)
    }

    /// States when the last attempt was.
    pub(super) fn tried(&mut self, now: Instant) {
        self.written_at = Some(now);
    }

    /// Writes these sequences, and over no state with one of the counters in
    /// `needed`.
    ///
    /// # Errors
    /// What was written before still holds.
    pub(super) fn write(
        &mut self,
        acknowledged: u64,
        next: u64,
        dropped: (u64, u64),
        needed: [u64; 2],
    ) -> io::Result<()> {
        let [settled, flushed] = needed;
        let slot = Slot {
            acknowledged,
            next,
            dropped_from: dropped.0,
            dropped_to: dropped.1,
            counter: counter_after(self.counter, [self.last.counter, settled, flushed]),
            ..self.last
        };
        self.counter = slot.counter;
        let file = if let Some(file) = &self.file {
            file
        } else {
            let opened = match self.disk.open(&self.path) {
                Ok(file) if !self.anew => Ok(file),
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => self.disk.create(&self.path).and_then(|file| {
                    // Until it has its length.
                    self.anew = true;
                    write_all(file.as_ref(), &[0; STATE_BYTES], 0)?;
                    Ok(file)
                }),
            };
            self.file.insert(opened?)
        };
        let offset = SLOT_OFFSETS[slot_of(slot.counter)];
        write_all(file.as_ref(), &slot.encode(), offset)?;
        self.last = slot;
        Ok(())
    }
}

/// The next counter after `used` whose slot is none of those.
fn counter_after(used: u64, needed: [u64; 3]) -> u64 {
    let taken = needed.map(slot_of);
    let mut next = used + 1;
    // At most three of the four slots are taken.
    while taken.contains(&slot_of(next)) {
        next += 1;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_written_over_none_that_is_needed() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let needed = [0; 3].map(|_| random.u64(..8));
            let used = random.u64(..8);
            let next = counter_after(used, needed);
            assert!(next > used && next <= used + 4);
            assert!(
                needed
                    .iter()
                    .all(|needed| slot_of(*needed) != slot_of(next))
            );
        }
    }
}
