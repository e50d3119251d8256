//! The bytes on the disk, as `docs/spool-format.md` says: whoever has only
//! that document can read a spool.
//!
//! Invariants: all numbers are little endian; everything is covered by a
//! CRC32C (Castagnoli), so that no damage is taken for data; decoding any
//! bytes neither panics nor reads outside of them.

mod header;
mod missing;
mod record;
mod slot;

pub(super) use header::{SEGMENT_HEADER_BYTES, SegmentHeader, encode_header};
pub(super) use missing::{decode_missing, encode_missing, missing_bytes};
pub(super) use record::{
    END_MARK, MARKER, RECORD_HEADER_BYTES, Record, Start, encode_record, record_start, verified,
};
pub(super) use slot::{SLOT_BYTES, SLOT_OFFSETS, STATE_BYTES, Slot, slot_of};

/// The version of the format that is written, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;

/// Why a header or a slot is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The magic, the length or the checksum is wrong.
    Damaged,
    /// Written by a newer program, in this version of the format.
    Newer(u32),
}

/// The `N` bytes at `at`; the caller has checked that they are there.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    if let Some(from) = bytes.get(at..at + N) {
        out.copy_from_slice(from);
    }
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

/// Checks what a header and a slot begin with, and the checksum at `crc_at`.
fn check(bytes: &[u8], magic: [u8; 8], crc_at: usize) -> Result<(), Unreadable> {
    if bytes.len() < crc_at + 4
        || bytes[..8] != magic
        || u32_at(bytes, crc_at) != crc32c::crc32c(&bytes[..crc_at])
    {
        return Err(Unreadable::Damaged);
    }
    match u32_at(bytes, 8) {
        version if version > FORMAT_VERSION => Err(Unreadable::Newer(version)),
        0 => Err(Unreadable::Damaged),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
