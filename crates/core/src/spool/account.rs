//! How many records there are, for the ledger: what is missing and was counted
//! as lost counts nowhere else.
//!
//! Invariants: a record that is found to be there after all is taken back by
//! [`Spool::found`] and counts as one that has come in again; what a spool
//! knows when it is closed the next one knows; a file that cannot be read or
//! written costs no more than losses that are counted anew.

use std::io;
use std::ops::Range;
use std::path::Path;

use uuid::Uuid;

use super::Spool;
use super::disk::{Disk, persistently, read_full, write_all};
use super::format::{decode_missing, encode_missing, missing_bytes};
use super::missing::MAX_RANGES;

/// The name of the file with what is missing.
const NAME: &str = "missing";

/// What the owner before has told as lost.
pub(super) fn remembered(disk: &dyn Disk, dir: &Path, id: Uuid) -> Vec<Range<u64>> {
    let mut bytes = vec![0; missing_bytes(MAX_RANGES) + 1];
    let read = persistently(|| disk.open(&dir.join(NAME)))
        .and_then(|file| persistently(|| read_full(file.as_ref(), &mut bytes, 0)));
    let read = read.unwrap_or_default();
    decode_missing(id, &bytes[..read])
}

impl Spool {
    /// Records from the cursor on, without those that are known to be missing.
    pub fn waiting(&self) -> u64 {
        self.known_from(self.reader.cursor)
    }

    /// Records that are not acknowledged and that a restart finds again, as far
    /// as is known.
    pub fn kept(&self) -> u64 {
        self.known_from(self.acknowledged.max(self.gone_to()))
    }

    /// What was read and is below this has gone from the disk since.
    fn gone_to(&self) -> u64 {
        self.begins_at().min(self.reader.cursor)
    }

    /// Where the oldest segment begins that is there.
    pub fn begins_at(&self) -> u64 {
        let oldest = self.segments.oldest();
        oldest.map_or(self.next, |oldest| oldest.base)
    }

    fn known_from(&self, from: u64) -> u64 {
        let all = self.next.saturating_sub(from);
        all - self.missing.known(from, self.next)
    }

    /// States that the records from `from` to below `to` are there; how many of
    /// them were told as lost before.
    pub fn found(&mut self, from: u64, to: u64) -> u64 {
        self.missing.found(from, to)
    }

    /// Leaves what is missing to the next owner, also what was given up for
    /// want of room while it was on its way.
    pub(super) fn remember_missing(&mut self) {
        self.missing.report(self.acknowledged, self.gone_to());
        let path = self.options.dir.join(NAME);
        let ranges = self.missing.ranges();
        let done = if ranges.is_empty() {
            match self.disk.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        } else {
            let file = self.disk.create(&path);
            file.and_then(|file| write_all(file.as_ref(), &encode_missing(self.id, ranges), 0))
        };
        if let Err(error) = done {
            let what = "What is missing in the spool cannot be written";
            self.flusher.count_error(what, &error);
        }
    }
}
