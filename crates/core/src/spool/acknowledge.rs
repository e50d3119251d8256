//! The head: what is delivered, and the removal of what nobody needs.
//!
//! Invariants: the head only goes forward; a segment is removed, or its file
//! becomes another's, after the state that says that it is done was written,
//! and with flushing, after that was flushed: otherwise a crash of the machine
//! would make delivered records look lost.

use std::io;
use std::time::Instant;

use super::segments::{MAX_SEQUENCE, segment_path};
use super::{Spool, SyncMode};

impl Spool {
    /// States what the host knows: every record below `sequence` is delivered,
    /// and its number is used up. To be called once after
    /// [`Spool::open`], before the first append: a crash of the machine may
    /// have lost the end of the spool whose records Kafka has.
    /// A number that no spool can reach is not believed.
    pub fn delivered_to(&mut self, sequence: u64) {
        if sequence >= MAX_SEQUENCE {
            return;
        }
        if sequence > self.next {
            self.seal();
            self.next = sequence;
        }
        self.set_acknowledged(sequence);
        let _ = self.write_state();
        self.retire();
    }

    /// Moves the head: every record below `sequence` is delivered. Writes
    /// that to the disk at most every 100 ms; [`Spool::tick`] does later what
    /// has to wait.
    pub fn acknowledge(&mut self, sequence: u64, now: Instant) {
        self.set_acknowledged(sequence.min(self.next));
        self.tick(now);
    }

    /// Writes the newest acknowledgement if it is time, and removes what is
    /// done.
    pub fn tick(&mut self, now: Instant) {
        if self.acknowledged > self.state.last().acknowledged && self.state.is_due(now) {
            self.state.tried(now);
            let _ = self.write_state();
        }
        self.retire();
    }

    /// Whether the disk knows of every acknowledgement and nothing waits to be
    /// removed: otherwise [`Spool::tick`] has something to do, if not yet.
    pub(crate) fn is_settled(&self) -> bool {
        self.acknowledged <= self.state.last().acknowledged
            && self.segments.oldest_retired().is_none()
    }

    fn set_acknowledged(&mut self, sequence: u64) {
        if sequence > self.acknowledged {
            self.acknowledged = sequence;
            self.reader.cursor = self.reader.cursor.max(sequence);
            self.missing.forget_below(sequence);
        }
    }

    /// Writes `state`.
    ///
    /// # Errors
    /// It is counted, and tried again the next time.
    pub(super) fn write_state(&mut self) -> io::Result<()> {
        let needed = self.flusher.needed_states();
        let written = self
            .state
            .write(self.acknowledged, self.next, self.dropped, needed);
        if let Err(error) = &written {
            self.flusher
                .count_error("The spool's state cannot be written", error);
        } else if let Some(file) = self.state.file() {
            let state = self.state.last().into();
            self.flusher.state_written(file, state);
            match self.options.sync {
                SyncMode::None => self.flusher.settle(state),
                SyncMode::Interval(_) => {}
                SyncMode::Always => return self.flusher.flush(),
            }
        }
        written
    }

    /// Lets go of segments that are wholly acknowledged.
    pub(super) fn retire(&mut self) {
        while let Some(oldest) = self.segments.oldest()
            && oldest.end <= self.acknowledged
            && (self.segments.len() > 1 || self.active.is_none())
        {
            self.segments.retire_oldest();
        }
        self.remove_retired();
    }

    /// Removes segments that are done, according to the state on the disk.
    pub(super) fn remove_retired(&mut self) {
        while self
            .segments
            .oldest_retired()
            .is_some_and(|segment| segment.end <= self.flusher.settled())
        {
            if self.segments.keep_spare(self.options.segment_bytes) {
                continue;
            }
            // What cannot be removed is counted, and tried again later.
            if self.remove_oldest_retired().is_err() {
                break;
            }
        }
    }

    /// Removes the oldest of the segments that are done; its length, or
    /// `None` if there is none.
    pub(super) fn remove_oldest_retired(&mut self) -> io::Result<Option<u64>> {
        let Some(segment) = self.segments.oldest_retired() else {
            return Ok(None);
        };
        let (base, bytes) = (segment.base, segment.bytes);
        self.remove_segment(base)?;
        self.segments.removed_retired();
        Ok(Some(bytes))
    }

    /// Removes a segment's file; one that is gone is no error.
    pub(super) fn remove_segment(&mut self, base: u64) -> io::Result<()> {
        match self.disk.remove(&segment_path(&self.options.dir, base)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.flusher
                    .count_error("A segment of the spool cannot be removed", &error);
                Err(error)
            }
            _ => Ok(()),
        }
    }

    /// Flushes everything to the disk and waits for it.
    #[cfg(test)]
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let written = self.write_state();
        written.and(self.flusher.flush())
    }

    /// Writes the last acknowledgement and lets go of the spool. With
    /// [`SyncMode::Interval`] the last flush is left to the thread.
    pub(super) fn finish(&mut self) {
        let last = self.state.last();
        if self.acknowledged > last.acknowledged || self.next > last.next {
            let _ = self.write_state();
        }
        self.retire();
        // What cannot be removed is the next process's to remove.
        let _ = self.remove_spare();
        let _ = self.cut_slack();
        self.remember_missing();
        self.flusher.close();
    }
}
