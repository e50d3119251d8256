//! One of the slots of `state`: how far the records are acknowledged.
//!
//! Invariant: the slots lie in different pages and each within one sector, and
//! a slot's place follows from its counter.

use uuid::Uuid;

use super::{FORMAT_VERSION, Unreadable, array, check, u64_at};

/// Length of a slot.
pub(in crate::spool) const SLOT_BYTES: usize = 76;
/// Where the slots are in the file.
pub(in crate::spool) const SLOT_OFFSETS: [u64; 4] = [0, 4096, 8192, 12_288];
/// Length of the file.
pub(in crate::spool) const STATE_BYTES: usize = 12_288 + SLOT_BYTES;
const MAGIC: [u8; 8] = *b"CWSPSTAT";
const CRC_AT: usize = 72;

/// What a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spool) struct Slot {
    /// The spool's id.
    pub(in crate::spool) id: Uuid,
    /// Every record below this sequence is delivered.
    pub(in crate::spool) acknowledged: u64,
    /// Every sequence below this was given to a record; at least.
    pub(in crate::spool) next: u64,
    /// Not delivered, but given up for want of room and reported: from here
    pub(in crate::spool) dropped_from: u64,
    /// to below here.
    pub(in crate::spool) dropped_to: u64,
    /// Grows with every write: the slot with the greater one counts.
    pub(in crate::spool) counter: u64,
}

/// The place of the slot with this counter among [`SLOT_OFFSETS`].
#[allow(clippy::cast_possible_truncation)] // There are four.
pub(in crate::spool) fn slot_of(counter: u64) -> usize {
    (counter % SLOT_OFFSETS.len() as u64) as usize
}

impl Slot {
    /// The slot's bytes.
    pub(in crate::spool) fn encode(&self) -> [u8; SLOT_BYTES] {
        let mut out = [0; SLOT_BYTES];
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        out[16..32].copy_from_slice(self.id.as_bytes());
        out[32..40].copy_from_slice(&self.acknowledged.to_le_bytes());
        out[40..48].copy_from_slice(&self.next.to_le_bytes());
        out[48..56].copy_from_slice(&self.dropped_from.to_le_bytes());
        out[56..64].copy_from_slice(&self.dropped_to.to_le_bytes());
        out[64..72].copy_from_slice(&self.counter.to_le_bytes());
        let crc = crc32c::crc32c(&out[..CRC_AT]);
        out[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// The slot that `bytes` begin with.
    pub(in crate::spool) fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        check(bytes, MAGIC, CRC_AT)?;
        Ok(Self {
            id: Uuid::from_bytes(array(bytes, 16)),
            acknowledged: u64_at(bytes, 32),
            next: u64_at(bytes, 40),
            dropped_from: u64_at(bytes, 48),
            dropped_to: u64_at(bytes, 56),
            counter: u64_at(bytes, 64),
        })
    }
}
