//! One segment's file for another: a steady stream writes over pages and blocks
//! that are there, which costs about half of what new ones do, and where the
//! host of a virtual machine charges the first touch of a page, much less.
//!
//! Invariants: a file is used again when it could be removed as well; what is
//! left of the older segment has lower sequences than the newer one's own, so
//! that nothing takes it for a record; one file is kept at the most, it counts
//! as room that is taken, and makes way for new records.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Spool;
use super::disk::DiskFile;
use super::segments::segment_path;

impl Spool {
    /// What the spool takes of the disk but for the file that is to be used
    /// again, which makes way for new records.
    pub(crate) fn needed_bytes(&self) -> u64 {
        self.segments.used_bytes() - self.segments.spare_bytes()
    }

    /// Gives up what no record needs while the files are longer together than
    /// this: what was appended at last may have passed the limit.
    pub(super) fn keep_within(&mut self, limit: u64) {
        if self.segments.disk_bytes() > limit {
            if !self.cut_slack() {
                self.seal();
            }
            // What cannot be removed is counted.
            let _ = self.remove_spare();
        }
    }

    /// Cuts off what another segment has left behind the newest one's records;
    /// false if that fails: then it has to grow no more.
    pub(super) fn cut_slack(&mut self) -> bool {
        let has_slack = self.segments.slack_bytes() > 0;
        self.segments.set_slack(0);
        if let (true, Some(file), Some(segment)) = (has_slack, &self.active, self.segments.newest())
            && file.truncate(segment.bytes).is_err()
        {
            // What stays there does not count.
            self.segments.taint_newest();
            return false;
        }
        true
    }

    /// The file of the spare segment under this name, and its length, if there
    /// is one.
    ///
    /// # Errors
    /// It cannot have that name; it is removed if that can be done.
    pub(super) fn reuse_spare(
        &mut self,
        path: &Path,
    ) -> io::Result<Option<(Arc<dyn DiskFile>, u64)>> {
        let Some(spare) = self.segments.spare() else {
            return Ok(None);
        };
        let bytes = spare.bytes;
        let before = segment_path(&self.options.dir, spare.base);
        if let Err(error) = self.disk.rename(&before, path) {
            let _ = self.remove_spare();
            return Err(error);
        }
        self.segments.drop_spare();
        Ok(Some((self.disk.open(path)?, bytes)))
    }

    /// Removes the segment that is kept for its file; its length, 0 if there is
    /// none.
    pub(super) fn remove_spare(&mut self) -> io::Result<u64> {
        if let Some(base) = self.segments.spare().map(|spare| spare.base) {
            self.remove_segment(base)?;
        }
        Ok(self.segments.drop_spare().map_or(0, |spare| spare.bytes))
    }
}
