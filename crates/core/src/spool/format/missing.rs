//! The file `missing`: numbers whose records are gone and were counted as
//! lost, so that the next task does not count them again.
//!
//! Invariant: it says nothing that is needed; what cannot be read of it is
//! found out anew.

use std::ops::Range;

use uuid::Uuid;

use super::{FORMAT_VERSION, array, check, u32_at, u64_at};

const MAGIC: [u8; 8] = *b"CWSPMISS";
const RANGES_AT: usize = 32;
const RANGE_BYTES: usize = 16;

/// Length of the file with so many ranges.
pub(in crate::spool) const fn missing_bytes(ranges: usize) -> usize {
    RANGES_AT + ranges * RANGE_BYTES + 4
}

/// The file's bytes.
pub(in crate::spool) fn encode_missing(id: Uuid, ranges: &[Range<u64>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(missing_bytes(ranges.len()));
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    let count = u32::try_from(ranges.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(id.as_bytes());
    for range in ranges {
        out.extend_from_slice(&range.start.to_le_bytes());
        out.extend_from_slice(&range.end.to_le_bytes());
    }
    let crc = crc32c::crc32c(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

/// The ranges that the file of the spool `id` says; none if it is no such file.
pub(in crate::spool) fn decode_missing(id: Uuid, bytes: &[u8]) -> Vec<Range<u64>> {
    let crc_at = bytes.len().saturating_sub(4);
    let ours = crc_at >= RANGES_AT
        && check(bytes, MAGIC, crc_at).is_ok()
        && array(bytes, 16) == *id.as_bytes();
    let ranges = bytes.get(RANGES_AT..crc_at).filter(|_| ours);
    let ranges = ranges.unwrap_or_default().chunks_exact(RANGE_BYTES);
    let ranges = ranges.map(|range| u64_at(range, 0)..u64_at(range, 8));
    ranges.take(u32_at(bytes, 12) as usize).collect()
}
