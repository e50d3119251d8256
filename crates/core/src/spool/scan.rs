//! From a place in a segment to the next undamaged record.
//!
//! Invariants: a search ends: it only goes forward, and what it spends on
//! checksums of what merely looks like a record is bounded; a record counts
//! only if its sequence can be at its place, since records are written
//! without holes: as many can be missing as damage before it had room for.

use std::io;
use std::ops::Range;

use super::disk::{DiskFile, persistently, read_full};
use super::format::{
    END_MARK, MARKER, RECORD_HEADER_BYTES, Record, SEGMENT_HEADER_BYTES, Start, record_start,
    verified,
};

/// How much is read at a time.
const READ_BYTES: usize = 256 * 1024;
/// How much of what another segment may have left is looked at.
const LEFT_OVER_BYTES: usize = 4096;
/// Above this, memory that one large record needed is given back.
const KEEP_BYTES: usize = 1 << 20;
/// What a search may check of things that look like records and are none,
/// besides four times the segment.
const CHECK_BYTES: u64 = 64 << 20;

/// A part of a file in memory.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    at: u64,
}

impl Window {
    /// Forgets what it holds: the file is another one.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.at = 0;
    }

    /// Where in the file what is in memory begins.
    pub(super) fn begins_at(&self) -> u64 {
        self.at
    }

    /// What is in memory from `offset` on.
    pub(super) fn held(&self, offset: u64) -> &[u8] {
        offset
            .checked_sub(self.at)
            .and_then(|skip| self.bytes.get(usize::try_from(skip).ok()?..))
            .unwrap_or_default()
    }

    /// The file's bytes from `offset` on, at least `wanted` of them unless
    /// it ends, or `end` is, before.
    pub(super) fn get(
        &mut self,
        file: &dyn DiskFile,
        offset: u64,
        wanted: usize,
        end: u64,
    ) -> io::Result<&[u8]> {
        let left = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = wanted.min(left);
        if self.held(offset).len() < wanted {
            self.bytes.clear();
            let reads = wanted.max(READ_BYTES).min(left);
            if reads <= KEEP_BYTES && self.bytes.capacity() > KEEP_BYTES {
                self.bytes = Vec::new();
            }
            self.bytes.resize(reads, 0);
            self.at = offset;
            match persistently(|| read_full(file, &mut self.bytes, offset)) {
                Ok(filled) => self.bytes.truncate(filled),
                Err(error) => {
                    self.bytes.clear();
                    return Err(error);
                }
            }
        }
        Ok(self.held(offset))
    }
}

/// Where a search begins, and what bounds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The offset in the file.
    pub(super) offset: u64,
    /// The sequence that the record there has to have.
    pub(super) sequence: u64,
}

/// What a search has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// What it had to skip; empty if nothing.
    pub(super) damage: Range<u64>,
    /// The record and its offset; `None` at the segment's end.
    pub(super) record: Option<(u64, Record)>,
}

/// The next record at or after `from`, in the first `end` bytes of `file`;
/// one with the sequence `before` or a later one belongs to another segment.
/// All of the record is in `window` then.
///
/// # Errors
/// The file cannot be read.
pub(super) fn next_record(
    window: &mut Window,
    file: &dyn DiskFile,
    from: Place,
    end: u64,
    before: u64,
) -> io::Result<Found> {
    let fits = |record: &Record, skipped| can_be(record, from.sequence, skipped);
    let found = search(window, file, from.offset, end, fits)?;
    let (at, record) = found.unzip();
    let own = record.filter(|record| record.sequence < before);
    Ok(Found {
        // From `before` on it was left by an append that failed.
        damage: from.offset..at.unwrap_or(end.max(from.offset)),
        record: at.zip(own),
    })
}

/// The first undamaged record from the offset `from` on that fits there, behind
/// so many bytes that are none.
///
/// # Errors
/// The file cannot be read.
fn search(
    window: &mut Window,
    file: &dyn DiskFile,
    from: u64,
    end: u64,
    fits: impl Fn(&Record, u64) -> bool,
) -> io::Result<Option<(u64, Record)>> {
    let mut at = from;
    let mut budget = CHECK_BYTES.saturating_add(end.saturating_mul(4));
    loop {
        let left = end.saturating_sub(at);
        let bytes = window.get(file, at, RECORD_HEADER_BYTES, end)?;
        if left < RECORD_HEADER_BYTES as u64 || bytes.len() < RECORD_HEADER_BYTES || budget == 0 {
            return Ok(None);
        }
        let skipped = at - from;
        if let Start::Header(record) = record_start(bytes)
            && record.total_bytes() as u64 <= left
            && fits(&record, skipped)
        {
            let total = record.total_bytes();
            budget = budget.saturating_sub(if skipped > 0 { total as u64 } else { 0 });
            if verified(window.get(file, at, total, end)?).is_some() {
                return Ok(Some((at, record)));
            }
        }
        at += to_marker(window.held(at));
    }
}

/// Whether these bytes, which are no records, are what another segment has left
/// of the file: they begin with the end mark, and are not all zero, as a file is
/// that has its length from before a crash and not its content.
///
/// # Errors
/// The file cannot be read.
pub(super) fn is_left_over(file: &dyn DiskFile, range: &Range<u64>) -> io::Result<bool> {
    let mut bytes = [0; LEFT_OVER_BYTES];
    let there = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let bytes = &mut bytes[..there.min(LEFT_OVER_BYTES)];
    let read = persistently(|| read_full(file, bytes, range.start))?;
    let (mark, rest) = bytes[..read].split_at(read.min(END_MARK.len()));
    let marked = END_MARK.starts_with(mark);
    Ok(marked && (rest.is_empty() || rest.iter().any(|byte| *byte != 0)))
}

/// Whether nothing of a segment's file was written over but its header at the
/// most, wherever it had begun, and all of its records have lower sequences than
/// `acknowledged`.
///
/// # Errors
/// The file cannot be read.
pub(super) fn is_delivered(file: &dyn DiskFile, end: u64, acknowledged: u64) -> io::Result<bool> {
    let mut window = Window::default();
    let begin = SEGMENT_HEADER_BYTES as u64;
    let mut from = begin;
    while let Some((at, record)) = search(&mut window, file, from, end, |_, _| true)? {
        let whole = from > begin || at == begin;
        if record.sequence >= acknowledged || !whole {
            return Ok(false);
        }
        from = at + record.total_bytes() as u64;
    }
    Ok(from > begin)
}

/// Whether a record with this sequence can come after so many bytes that are
/// no records.
fn can_be(record: &Record, expected: u64, skipped: u64) -> bool {
    let missing = skipped / RECORD_HEADER_BYTES as u64;
    record.sequence >= expected && record.sequence - expected <= missing
}

/// How far the next marker is from the beginning of `bytes`, itself not
/// counted; as far as none can begin, if there is none.
fn to_marker(bytes: &[u8]) -> u64 {
    let rest = bytes.get(1..).unwrap_or_default();
    let found = rest.windows(MARKER.len()).position(|four| four == MARKER);
    let skip = found.unwrap_or_else(|| rest.len().saturating_sub(MARKER.len() - 1));
    skip as u64 + 1
}
