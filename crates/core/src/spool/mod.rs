//! The disk spool: what a task has received survives a crash until Kafka has
//! acknowledged it.
//!
//! A WebSocket server sends nothing twice, so what is only in memory is gone
//! with the process. A task appends each socket read here, in its own thread
//! and with one write, and hands it to its sink as before; what the sink does
//! not take is read back later at the cursor, and acknowledgements move the
//! head. The bytes are documented in `docs/spool-format.md`.
//!
//! Invariants: sequences count the records of the spool's life; an append
//! that fails leaves nothing to be seen; what is acknowledged, and written so
//! or told by [`Spool::delivered_to`], never comes back; order is kept; all
//! that is missing is reported as [`Read::Gap`] or [`Dropped`], once; damage
//! never keeps a spool from being opened. One process owns a spool at a time,
//! and one task: nothing here is shared but the flushing.

mod account;
mod acknowledge;
mod append;
mod disk;
mod error;
mod format;
mod inspect;
mod missing;
mod owner;
mod quarantine;
mod read;
mod recovery;
mod reuse;
mod scan;
mod segments;
mod state;
mod syncing;

pub use append::{Appended, Dropped};
pub use error::{AppendError, SpoolError};
pub use format::FORMAT_VERSION;
pub use inspect::{Damage, Inspection, Message, SegmentReport, inspect};
pub use owner::{real_folder, shared_folder, spool_folder, spool_owner};
pub use read::{Read, SpooledBatch};
pub use recovery::Recovery;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use disk::{Disk, DiskFile, Lock};
use missing::Missing;
use quarantine::Quarantine;
use read::Reader;
use segments::Segments;
use state::StateFile;
use syncing::Flusher;

/// When what was written is flushed to the disk. A crash of the process
/// costs nothing in any mode; this is for a crash of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// When the system likes.
    None,
    /// By a thread, so often.
    Interval(Duration),
    /// Before an append returns.
    Always,
}

/// Where a spool is, and its bounds.
#[derive(Clone, Debug)]
pub struct SpoolOptions {
    /// The folder; it is made if it is not there.
    pub dir: PathBuf,
    /// What all segments together may take.
    pub max_bytes: u64,
    /// Where the next segment begins; at most a quarter of `max_bytes` counts,
    /// so that room is made while there is still some.
    pub segment_bytes: u64,
    /// When to flush.
    pub sync: SyncMode,
    /// The connector whose task opens it, for others to be told.
    pub owner: String,
}

/// Readings of a spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records not yet acknowledged; missing ones count until the head has
    /// passed them.
    pub messages: u64,
    /// Their length on the disk in bytes, exact to 64 KiB.
    pub bytes: u64,
    /// Length of all segments' files in bytes, those included that wait to be
    /// removed or used again.
    pub disk_bytes: u64,
    /// Failed writes, reads, flushes and removals.
    pub errors: u64,
    /// Records found missing for damage.
    pub corrupt_records: u64,
}

/// A spool; see the module's documentation.
#[derive(Debug)]
pub struct Spool {
    disk: Arc<dyn Disk>,
    options: SpoolOptions,
    id: Uuid,
    segments: Segments,
    /// The file of the newest segment; without it the next append makes one.
    active: Option<Arc<dyn DiskFile>>,
    /// An append has failed and its bytes may still be in the file.
    untidy: bool,
    /// The sequence of the next record.
    next: u64,
    /// All below this are delivered.
    acknowledged: u64,
    /// The newest range that was given up for want of room.
    dropped: (u64, u64),
    reader: Reader,
    missing: Missing,
    state: StateFile,
    flusher: Arc<Flusher>,
    quarantine: Quarantine,
    corrupt_records: u64,
    /// The bytes of an append, reused.
    encoded: Vec<u8>,
    _lock: Lock,
}

impl Spool {
    /// Opens the spool in a folder, or makes it, whatever state it is in.
    /// [`Spool::delivered_to`] comes next.
    ///
    /// # Errors
    /// [`SpoolError::Owned`] while somebody else has it; the system does not
    /// let the folder be used at all.
    pub fn open(options: SpoolOptions) -> Result<(Self, Recovery), SpoolError> {
        let sync = options.sync;
        let (spool, recovery) = recovery::open(Arc::new(disk::System), options)?;
        if let SyncMode::Interval(interval) = sync {
            syncing::serve(&spool.flusher, interval);
        }
        Ok((spool, recovery))
    }

    /// The spool's id; it is a new one when nothing readable was found.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The sequence that the next record gets.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Every record below this is delivered.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// The sequence at which [`Spool::read`] goes on.
    pub fn cursor(&self) -> u64 {
        self.reader.cursor
    }

    /// Readings of now.
    pub fn counters(&self) -> Counters {
        let (messages, bytes) = self.segments.left(self.acknowledged);
        Counters {
            messages,
            bytes,
            disk_bytes: self.segments.disk_bytes(),
            errors: self.flusher.errors() + self.quarantine.errors,
            corrupt_records: self.corrupt_records,
        }
    }

    /// Why what was written cannot be flushed to the disk at present, in words;
    /// `None` if it can.
    pub fn flush_fault(&self) -> Option<String> {
        self.flusher.fault()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
