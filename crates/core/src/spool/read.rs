//! Reading back what the sink did not take.
//!
//! Invariants: the cursor only moves by what the caller states; what is
//! missing is a gap, once counted as lost, and never an end or an endless
//! retry; rows lie in memory that is reused, one window of the file.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::disk::{DiskFile, persistently};
use super::format::{RECORD_HEADER_BYTES, verified};
use super::scan::{Found, Place, Window, next_record};
use super::segments::{segment_name, segment_path};
use super::{Spool, SpoolError};
use crate::buffer::{Batch, Received, Row};

/// Records whose times are further apart are not read together, so that a
/// record's time stays within this of its receipt; as in the buffer.
const SPAN_MS: u64 = 100;
/// After so many failures in a row the rest of a segment counts as missing.
const MAX_FAILURES: u32 = 3;

/// Records read back: one connection's, without a hole.
#[derive(Clone, Copy, Debug)]
pub struct SpooledBatch<'a> {
    /// The sequence of the first record.
    pub first: u64,
    /// The connection that they came by.
    pub generation: u32,
    /// The records, each with its opcode, and when the first of them came.
    pub batch: Batch<'a>,
}

/// What there is at the cursor.
#[derive(Clone, Copy, Debug)]
pub enum Read<'a> {
    /// Records, from the cursor on.
    Batch(SpooledBatch<'a>),
    /// No record from the cursor to below `to`: the caller goes on there.
    Gap {
        /// The cursor.
        from: u64,
        /// The first sequence after the gap.
        to: u64,
        /// How many of these were not reported as lost before.
        lost: u64,
    },
}

/// Where the cursor is, and what is in memory around it.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) cursor: u64,
    window: Window,
    /// The segment that the window is of.
    file: Option<(u64, Arc<dyn DiskFile>)>,
    /// Where the search goes on.
    place: Option<Place>,
    rows: Vec<Row>,
    /// The sequence of the first row.
    first: u64,
    /// The offset of the rows' arena in the file.
    arena: u64,
    generation: u32,
    received_ms: i64,
    failures: u32,
}

impl Reader {
    /// A reader that begins at this sequence.
    pub(super) fn new(cursor: u64) -> Self {
        Self {
            cursor,
            ..Self::default()
        }
    }

    /// What is in memory may be gone from the disk, and reported as lost.
    pub(super) fn forget_rows(&mut self) {
        self.rows.clear();
    }

    /// The rows from the cursor on, if they are in memory.
    fn rows_at_cursor(&self) -> Option<&[Row]> {
        let skip = usize::try_from(self.cursor.checked_sub(self.first)?).ok()?;
        self.rows.get(skip..).filter(|rows| !rows.is_empty())
    }

    fn batch(&self) -> Option<SpooledBatch<'_>> {
        let rows = self.rows_at_cursor()?;
        let now = Received::now();
        let age = u64::try_from(now.at_ms.saturating_sub(self.received_ms)).unwrap_or(0);
        let received = Received {
            at: now
                .at
                .checked_sub(Duration::from_millis(age))
                .unwrap_or(now.at),
            at_ms: self.received_ms,
        };
        Some(SpooledBatch {
            first: self.cursor,
            generation: self.generation,
            batch: Batch::from_parts(rows, None, self.window.held(self.arena), received),
        })
    }

    /// Makes rows of the record at this offset, which is in memory, and of
    /// those behind it that are too and go with it.
    fn collect(&mut self, at: u64, before: u64) {
        self.arena = at;
        self.first = self.cursor;
        let held = self.window.held(at);
        let mut offset = 0;
        let mut sequence = self.cursor;
        while let Some(record) = held.get(offset..).and_then(verified) {
            if offset == 0 {
                self.generation = record.generation;
                self.received_ms = record.received_ms;
            }
            let apart = record.received_ms.abs_diff(self.received_ms);
            if record.sequence != sequence
                || sequence >= before
                || record.generation != self.generation
                || apart > SPAN_MS
            {
                break;
            }
            let start = offset + RECORD_HEADER_BYTES;
            self.rows
                .push(Row::own(start, record.payload_bytes, record.kind));
            offset += record.total_bytes();
            sequence += 1;
        }
        self.place = Some(Place {
            offset: at + offset as u64,
            sequence,
        });
    }
}

/// Where a search for the cursor's record has ended.
enum Sought {
    /// The rows are in memory.
    Rows,
    /// Every record has been read.
    End,
    /// There is none before this sequence; for damage, or because it was
    /// dropped.
    Gap { to: u64, damaged: bool },
}

impl Spool {
    /// What there is at the cursor; `None` when all was read. The cursor
    /// stays: [`Spool::advance`] moves it.
    ///
    /// # Errors
    /// The segment cannot be read; after the third time in a row what is left
    /// of it is a gap.
    pub fn read(&mut self) -> Result<Option<Read<'_>>, SpoolError> {
        if self.reader.rows_at_cursor().is_none() {
            match self.seek()? {
                Sought::Rows => {}
                Sought::End => return Ok(None),
                Sought::Gap { to, damaged } => {
                    let from = self.reader.cursor;
                    let lost = self.missing.report(from, to);
                    self.corrupt_records += if damaged { lost } else { 0 };
                    return Ok(Some(Read::Gap { from, to, lost }));
                }
            }
        }
        Ok(self.reader.batch().map(Read::Batch))
    }

    /// Moves the cursor forward: the records below `sequence` were taken,
    /// also if they never were read back.
    pub fn advance(&mut self, sequence: u64) {
        let sequence = sequence.min(self.next);
        self.reader.cursor = self.reader.cursor.max(sequence);
    }

    /// Moves the cursor back to `sequence`, at most to the head: what was
    /// taken since is to be read again.
    pub fn rewind(&mut self, sequence: u64) {
        let sequence = sequence.max(self.acknowledged);
        self.reader.cursor = self.reader.cursor.min(sequence);
    }

    fn seek(&mut self) -> Result<Sought, SpoolError> {
        self.reader.rows.clear();
        let cursor = self.reader.cursor;
        if cursor >= self.next {
            return Ok(Sought::End);
        }
        let after = |index: usize| self.segments.get(index).map_or(self.next, |next| next.base);
        let Some(index) = self.segments.holder(cursor) else {
            let damaged = false;
            return Ok(Sought::Gap {
                to: after(0),
                damaged,
            });
        };
        let before = after(index + 1);
        let gap = Sought::Gap {
            to: before,
            damaged: true,
        };
        // What lies behind its end is of an append that failed, also where the
        // segment that took its numbers has been lost since.
        let end = self.segments.get(index).map_or(0, |segment| segment.end);
        if end <= cursor {
            return Ok(gap);
        }
        match self.find(index, end) {
            Ok(sought) => {
                self.reader.failures = 0;
                Ok(sought)
            }
            Err(error) => {
                self.reader.file = None;
                self.reader.failures += 1;
                let what = "The spool cannot be read";
                self.flusher.count_error(what, &error);
                if self.reader.failures >= MAX_FAILURES || error.kind() == io::ErrorKind::NotFound {
                    self.reader.failures = 0;
                    return Ok(gap);
                }
                Err(SpoolError::io(what, error))
            }
        }
    }

    /// Finds the cursor's record in this segment, of which sequences below
    /// its end, `before`, count.
    fn find(&mut self, index: usize, before: u64) -> io::Result<Sought> {
        let damaged = true;
        let Some(segment) = self.segments.get_mut(index) else {
            let to = before;
            return Ok(Sought::Gap { to, damaged });
        };
        let reader = &mut self.reader;
        let (base, bytes) = (segment.base, segment.bytes);
        let opened = match reader.file.take() {
            Some((of, file)) if of == base => file,
            _ => {
                reader.window.clear();
                reader.place = None;
                let path = segment_path(&self.options.dir, base);
                persistently(|| self.disk.open(&path))?
            }
        };
        let file = Arc::clone(&reader.file.insert((base, opened)).1);
        let near = segment.nearest(reader.cursor);
        let mut place = reader
            .place
            .filter(|place| place.sequence <= reader.cursor && place.offset >= near.offset)
            .unwrap_or(near);
        loop {
            let found = next_record(&mut reader.window, file.as_ref(), place, bytes, before)?;
            let Found { damage, record } = found;
            if !damage.is_empty() {
                let name = format!("{}-{}.bytes", segment_name(base), damage.start);
                self.quarantine.keep_bytes(&name, file.as_ref(), damage);
            }
            let Some((at, record)) = record else {
                let to = before;
                return Ok(Sought::Gap { to, damaged });
            };
            let here = Place {
                offset: at,
                sequence: record.sequence,
            };
            segment.mark(here);
            if record.sequence == reader.cursor {
                reader.collect(at, before);
                return Ok(Sought::Rows);
            }
            if record.sequence > reader.cursor {
                reader.place = Some(here);
                let to = record.sequence;
                return Ok(Sought::Gap { to, damaged });
            }
            place = Place {
                offset: at + record.total_bytes() as u64,
                sequence: record.sequence + 1,
            };
        }
    }
}
