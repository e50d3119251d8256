//! What a segment begins with: whose it is and where its sequences begin, so
//! that a segment can be read without its name and without `state`.

use uuid::Uuid;

use super::{FORMAT_VERSION, Unreadable, array, check, u64_at};

/// Length of a segment's header.
pub(in crate::spool) const SEGMENT_HEADER_BYTES: usize = 48;
const MAGIC: [u8; 8] = *b"CWSPSEGM";
const CRC_AT: usize = 44;

/// A segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spool) struct SegmentHeader {
    /// The spool that it belongs to.
    pub(in crate::spool) id: Uuid,
    /// The sequence of its first record.
    pub(in crate::spool) base: u64,
    /// When it was made, in milliseconds since the epoch.
    pub(in crate::spool) created_ms: i64,
}

/// Appends the header to `out`.
pub(in crate::spool) fn encode_header(out: &mut Vec<u8>, header: &SegmentHeader) {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(header.id.as_bytes());
    out.extend_from_slice(&header.base.to_le_bytes());
    out.extend_from_slice(&header.created_ms.to_le_bytes());
    let crc = crc32c::crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

impl SegmentHeader {
    /// The header that `bytes` begin with.
    pub(in crate::spool) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        check(bytes, MAGIC, CRC_AT)?;
        Ok(Self {
            id: Uuid::from_bytes(array(bytes, 12)),
            base: u64_at(bytes, 28),
            created_ms: i64::from_le_bytes(array(bytes, 36)),
        })
    }
}
