//! A record: one message, with what is known of its receipt.
//!
//! Invariant: the marker cannot be a part of UTF-8 text, so that a search for
//! the next record after damage rarely stops at a payload.

use crate::frames::Kind;

use super::{array, u32_at, u64_at};

/// What every record begins with.
pub(in crate::spool) const MARKER: [u8; 4] = [0xff, b'W', b'S', 0xfe];
/// What is in a record's place where a segment ends in a file that goes on.
pub(in crate::spool) const END_MARK: [u8; 4] = [0; 4];
/// Length of what precedes the payload.
pub(in crate::spool) const RECORD_HEADER_BYTES: usize = 36;
/// Where that begins which the checksum is over.
const CHECKED_AT: usize = 8;

/// A record's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spool) struct Record {
    /// Its number in the spool's life.
    pub(in crate::spool) sequence: u64,
    /// The connection that it came by.
    pub(in crate::spool) generation: u32,
    /// When it came, in milliseconds since the epoch.
    pub(in crate::spool) received_ms: i64,
    /// What kind of message it is.
    pub(in crate::spool) kind: Kind,
    /// Length of the payload.
    pub(in crate::spool) payload_bytes: usize,
}

impl Record {
    /// Length of header and payload.
    pub(in crate::spool) fn total_bytes(&self) -> usize {
        RECORD_HEADER_BYTES + self.payload_bytes
    }
}

/// What bytes look like that may be the beginning of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spool) enum Start {
    /// A record's header, not checked yet.
    Header(Record),
    /// Anything else.
    Other,
}

/// Appends a record to `out`.
#[inline]
#[allow(clippy::cast_possible_truncation)] // An arena is far below 4 GiB.
pub(in crate::spool) fn encode_record(out: &mut Vec<u8>, payload: &[u8], record: &Record) {
    debug_assert!(u32::try_from(payload.len()).is_ok());
    let mut header = [0; RECORD_HEADER_BYTES];
    header[..4].copy_from_slice(&MARKER);
    header[8..12].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[12..16].copy_from_slice(&record.generation.to_le_bytes());
    header[16..24].copy_from_slice(&record.sequence.to_le_bytes());
    header[24..32].copy_from_slice(&record.received_ms.to_le_bytes());
    header[32] = match record.kind {
        Kind::Text => 1,
        Kind::Binary => 2,
    };
    let start = out.len();
    out.extend_from_slice(&header);
    out.extend_from_slice(payload);
    let crc = crc32c::crc32c(&out[start + CHECKED_AT..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// What `bytes` begin with, as far as it can be seen without the payload.
#[inline]
pub(in crate::spool) fn record_start(bytes: &[u8]) -> Start {
    if bytes.len() < RECORD_HEADER_BYTES || bytes[..4] != MARKER || bytes[33..36] != [0; 3] {
        return Start::Other;
    }
    let kind = match bytes[32] {
        1 => Kind::Text,
        2 => Kind::Binary,
        _ => return Start::Other,
    };
    Start::Header(Record {
        sequence: u64_at(bytes, 16),
        generation: u32_at(bytes, 12),
        received_ms: i64::from_le_bytes(array(bytes, 24)),
        kind,
        payload_bytes: u32_at(bytes, 8) as usize,
    })
}

/// The record that `bytes` begin with, if all of it is there and undamaged.
#[inline]
pub(in crate::spool) fn verified(bytes: &[u8]) -> Option<Record> {
    let Start::Header(record) = record_start(bytes) else {
        return None;
    };
    let checked = bytes.get(CHECKED_AT..record.total_bytes())?;
    (u32_at(bytes, 4) == crc32c::crc32c(checked)).then_some(record)
}
