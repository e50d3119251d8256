//! Appending, and making room.
//!
//! Invariants: an append is one write, of a new segment's header too; what
//! fails is taken back, or its segment is left alone from then on and ends
//! before it; what another segment has left of a file follows an end mark, and
//! is cut off when the segment grows no more; a steady stream allocates nothing.

use std::io;
use std::sync::Arc;

use super::disk::write_all;
use super::format::{
    END_MARK, RECORD_HEADER_BYTES, Record, SEGMENT_HEADER_BYTES, SegmentHeader, encode_header,
    encode_record,
};
use super::scan::Place;
use super::segments::{Segment, segment_path};
use super::{AppendError, Spool, SyncMode};
use crate::buffer::{Batch, Received};

/// Above this, memory that a large batch needed is given back.
const KEEP_BYTES: usize = 4 << 20;

/// What an append has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The sequence of the batch's first record.
    pub first: u64,
    /// The sequence after its last.
    pub end: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// What making room has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Records that will not be delivered: those that had not been read, as
    /// far as they were not reported as a gap before.
    pub lost: u64,
    /// The first sequence that is not there any more and had not been read,
    pub from: u64,
    /// and the one after the last.
    pub to: u64,
    /// What has become free on the disk; 0 if there was nothing to remove.
    pub bytes: u64,
}

/// What a batch takes on the disk.
fn encoded_bytes(batch: &Batch<'_>) -> usize {
    batch.values().map(<[u8]>::len).sum::<usize>() + batch.len() * RECORD_HEADER_BYTES
}

impl Spool {
    /// Whether so many records with so many bytes of payload fit.
    pub fn has_room(&self, records: usize, payload_bytes: usize) -> bool {
        let bytes = payload_bytes + records * RECORD_HEADER_BYTES;
        let needed = (bytes + SEGMENT_HEADER_BYTES) as u64;
        // What is left of a spool that is all done is removed for them.
        let done = self.segments.newest().filter(|_| self.is_done());
        let done = done.map_or(0, |segment| segment.bytes);
        needed
            <= self
                .options
                .max_bytes
                .saturating_sub(self.needed_bytes() - done)
    }

    /// Whether there is one segment, all of which is acknowledged.
    fn is_done(&self) -> bool {
        let newest = self.segments.newest();
        self.segments.len() == 1 && newest.is_some_and(|newest| newest.end <= self.acknowledged)
    }

    /// What is left of so many bytes.
    fn left(&self, limit: u64) -> u64 {
        limit.saturating_sub(self.segments.used_bytes())
    }

    /// Appends a batch that came by the connection `generation`.
    ///
    /// # Errors
    /// There is no room, or the system refuses; nothing was appended then.
    pub fn append(&mut self, batch: &Batch<'_>, generation: u32) -> Result<Appended, AppendError> {
        self.append_within(batch, generation, self.options.max_bytes)
    }

    /// The same for what has been read and cannot be put off: it may pass
    /// `max_bytes` by `reserve_bytes`.
    ///
    /// # Errors
    /// As those of [`Spool::append`].
    pub fn append_at_last(
        &mut self,
        batch: &Batch<'_>,
        generation: u32,
        reserve_bytes: u64,
    ) -> Result<Appended, AppendError> {
        let limit = self.options.max_bytes.saturating_add(reserve_bytes);
        self.append_within(batch, generation, limit)
    }

    fn append_within(
        &mut self,
        batch: &Batch<'_>,
        generation: u32,
        limit: u64,
    ) -> Result<Appended, AppendError> {
        if batch.is_empty() {
            return Ok(Appended {
                first: self.next,
                end: self.next,
                bytes: 0,
            });
        }
        let bytes = encoded_bytes(batch);
        self.keep_within(limit);
        if self.untidy || self.flusher.has_failed() {
            self.tidy();
        }
        self.roll_if_full(bytes);
        let header = self.active.is_none();
        let needed = (bytes + if header { SEGMENT_HEADER_BYTES } else { 0 }) as u64;
        self.check_room(needed, limit)?;
        self.encode(batch, generation, header);
        let records = batch.len() as u64;
        let written = if header {
            self.write_first(records, limit)
        } else {
            self.write_next(records)
        };
        let appended = Appended {
            first: self.next,
            end: self.next + records,
            bytes: needed,
        };
        if self.encoded.capacity() > KEEP_BYTES {
            self.encoded = Vec::new();
        }
        match written {
            Ok(()) => {
                self.next = appended.end;
                Ok(appended)
            }
            Err(error) => {
                let error = self.refused(error);
                // The room of a file that is only kept is given first.
                let retries = matches!(error, AppendError::NoSpace(_))
                    && self.remove_spare().is_ok_and(|bytes| bytes > 0);
                if retries {
                    return self.append_within(batch, generation, limit);
                }
                Err(error)
            }
        }
    }

    /// Counts a write that the system refuses.
    fn refused(&self, error: io::Error) -> AppendError {
        self.flusher
            .count_error("The spool cannot be written", &error);
        error.into()
    }

    fn check_room(&mut self, needed: u64, limit: u64) -> Result<(), AppendError> {
        if needed > limit {
            return Err(AppendError::TooLarge {
                bytes: needed,
                limit,
            });
        }
        if needed > self.left(limit) {
            self.remove_retired();
        }
        // A new segment takes the spare one's file, if that is within the limit.
        let within = self.segments.used_bytes() <= limit;
        if !within || (needed > self.left(limit) && self.active.is_some()) {
            // What cannot be removed is counted.
            let _ = self.remove_spare();
        }
        let left = if within && self.active.is_none() {
            limit - self.needed_bytes()
        } else {
            self.left(limit)
        };
        if needed > left {
            return Err(AppendError::Full {
                bytes: needed,
                left,
            });
        }
        Ok(())
    }

    /// Leaves the newest segment if the batch does not fit into it; also if
    /// all of it is acknowledged and its room is needed.
    fn roll_if_full(&mut self, bytes: usize) {
        let Some(newest) = self.segments.newest() else {
            return;
        };
        let (base, end, used) = (newest.base, newest.end, newest.bytes);
        let rolls = end > base && used + bytes as u64 > self.options.segment_bytes;
        let in_the_way = self.is_done() && bytes as u64 > self.left(self.options.max_bytes);
        if self.active.is_some() && (rolls || in_the_way) {
            self.seal();
            self.retire();
        }
    }

    /// The newest segment grows no more.
    pub(super) fn seal(&mut self) {
        let _ = self.cut_slack();
        self.active = None;
        self.untidy = false;
        if matches!(self.options.sync, SyncMode::Interval(_)) {
            self.flusher.end();
        }
    }

    fn encode(&mut self, batch: &Batch<'_>, generation: u32, header: bool) {
        self.encoded.clear();
        if header {
            let header = SegmentHeader {
                id: self.id,
                base: self.next,
                created_ms: Received::now().at_ms,
            };
            encode_header(&mut self.encoded, &header);
        }
        let received_ms = batch.received().at_ms;
        for (index, payload) in batch.values().enumerate() {
            let record = Record {
                sequence: self.next + index as u64,
                generation,
                received_ms,
                kind: batch.kind(index),
                payload_bytes: payload.len(),
            };
            encode_record(&mut self.encoded, payload, &record);
        }
        self.encoded.extend_from_slice(&END_MARK);
    }

    /// Length of what is encoded, without the mark behind it.
    fn encoded_bytes(&self) -> usize {
        self.encoded.len().saturating_sub(END_MARK.len())
    }

    /// What is to be written where the file goes on for so many bytes: the mark
    /// as far as there is something to mark off.
    fn marked(&self, slack_bytes: u64) -> &[u8] {
        let bytes = self.encoded_bytes();
        let behind = slack_bytes.saturating_sub(bytes as u64);
        let mark = usize::try_from(behind).map_or(END_MARK.len(), |it| it.min(END_MARK.len()));
        &self.encoded[..bytes + mark]
    }

    /// Writes what is encoded behind the newest segment's records.
    fn write_next(&mut self, records: u64) -> io::Result<()> {
        let (Some(file), Some(segment)) = (&self.active, self.segments.newest()) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let offset = segment.bytes;
        let bytes = self.marked(self.segments.slack_bytes());
        let written = write_all(file.as_ref(), bytes, offset);
        let written = match self.options.sync {
            SyncMode::Always => written.and_then(|()| file.sync()),
            _ => written,
        };
        if written.is_err() {
            self.untidy = true;
            self.tidy();
            // What a failed flush leaves of a file is uncertain.
            if self.options.sync == SyncMode::Always {
                self.seal();
            }
            return written;
        }
        let place = Place {
            offset,
            sequence: self.next,
        };
        let bytes = self.encoded_bytes() as u64;
        self.segments.grow(place, records, bytes);
        self.flusher.appended();
        Ok(())
    }

    /// Writes what is encoded as a new segment.
    fn write_first(&mut self, records: u64, limit: u64) -> io::Result<()> {
        let path = segment_path(&self.options.dir, self.next);
        let bytes = self.encoded_bytes() as u64;
        let (file, file_bytes) = match self.reuse_spare(&path) {
            Ok(Some(reused)) => reused,
            // The room was counted with the spare one's.
            Err(error) if bytes > self.left(limit) => return Err(error),
            Ok(None) | Err(_) => (self.disk.create(&path)?, 0),
        };
        let written = write_all(file.as_ref(), self.marked(file_bytes), 0).and_then(|()| {
            if self.options.sync == SyncMode::Always {
                file.sync()?;
                self.disk.sync_folder(&self.options.dir)?;
            }
            Ok(())
        });
        if let Err(error) = written {
            // Where that fails too, the next append makes the file anew.
            let _ = self.disk.remove(&path);
            return Err(error);
        }
        let mut segment = Segment::new(self.next, self.next + records, bytes);
        segment.reusable = true;
        segment.reserve_marks(self.options.segment_bytes);
        self.segments.push(segment);
        self.segments.set_slack(file_bytes.saturating_sub(bytes));
        if matches!(self.options.sync, SyncMode::Interval(_)) {
            self.flusher.begin(path, Arc::clone(&file));
            self.flusher.appended();
        }
        self.active = Some(file);
        Ok(())
    }

    /// Takes back what a failed append may have left, or leaves the segment
    /// alone.
    fn tidy(&mut self) {
        self.segments.taint_newest();
        if let (Some(file), Some(segment)) = (&self.active, self.segments.newest())
            && self.untidy
            && file.truncate(segment.bytes).is_ok()
        {
            self.untidy = false;
            self.segments.set_slack(0);
            return;
        }
        self.seal();
    }

    /// Removes the oldest segment, so that there is room for new records.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn drop_oldest(&mut self) -> io::Result<Dropped> {
        let written = self.state.last().acknowledged;
        let retired = self.segments.oldest_retired();
        if retired.is_some_and(|segment| segment.end > written) {
            self.write_state()?;
        }
        let bytes = match self.remove_oldest_retired()? {
            Some(bytes) => bytes,
            None => self.remove_spare()?,
        };
        if bytes > 0 {
            return Ok(Dropped {
                bytes,
                ..Dropped::default()
            });
        }
        let Some(oldest) = self.segments.oldest() else {
            return Ok(Dropped::default());
        };
        let (base, end, bytes) = (oldest.base, oldest.end, oldest.bytes);
        // Its numbers stay used up, also if nothing else says so.
        if self.state.last().next < end {
            self.write_state()?;
        }
        self.remove_segment(base)?;
        if self.segments.len() == 1 {
            self.seal();
        }
        self.segments.pop();
        self.reader.forget_rows();
        let from = self.reader.cursor.max(base).min(end);
        let lost = self.missing.report(from, end);
        if from < end {
            let adjoins = self.dropped.1 == from;
            self.dropped = (if adjoins { self.dropped.0 } else { from }, end);
        }
        if self.reader.cursor >= base {
            self.reader.cursor = self.reader.cursor.max(end);
        }
        // Without it a restart reports the gap once more.
        let _ = self.write_state();
        Ok(Dropped {
            lost,
            from,
            to: end,
            bytes,
        })
    }
}
