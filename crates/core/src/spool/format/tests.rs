//! What is written is read back; nothing else is taken for it.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::frames::Kind;

fn record(payload: &[u8]) -> (Record, Vec<u8>) {
    let record = Record {
        sequence: 7,
        generation: 3,
        received_ms: -5,
        kind: Kind::Binary,
        payload_bytes: payload.len(),
    };
    let mut bytes = Vec::new();
    encode_record(&mut bytes, payload, &record);
    (record, bytes)
}

#[test]
fn a_record_has_the_bytes_that_the_document_says() {
    let (_, bytes) = record(b"ab");
    let expected = [
        0xff, b'W', b'S', 0xfe, // marker
        0, 0, 0, 0, // CRC32C, compared below
        2, 0, 0, 0, // payload length
        3, 0, 0, 0, // generation
        7, 0, 0, 0, 0, 0, 0, 0, // sequence
        0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // received
        2, 0, 0, 0, // opcode, reserved
        b'a', b'b',
    ];
    assert_eq!(bytes[..4], expected[..4]);
    assert_eq!(bytes[8..], expected[8..]);
    assert_eq!(bytes[4..8], bitwise_crc32c(&bytes[8..]).to_le_bytes());
}

/// CRC32C by its definition, bit by bit.
fn bitwise_crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[test]
fn the_checksum_is_castagnoli_s() {
    assert_eq!(bitwise_crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
}

#[test]
fn a_header_and_a_slot_come_back_and_a_newer_version_is_told_apart() {
    let header = SegmentHeader {
        id: Uuid::from_u128(9),
        base: 77,
        created_ms: 1,
    };
    let mut bytes = Vec::new();
    encode_header(&mut bytes, &header);
    assert_eq!(bytes.len(), SEGMENT_HEADER_BYTES);
    assert_eq!(SegmentHeader::decode(&bytes), Ok(header));
    bytes[8] = 2;
    assert_eq!(SegmentHeader::decode(&bytes), Err(Unreadable::Damaged));
    let crc = crc32c::crc32c(&bytes[..44]);
    bytes[44..].copy_from_slice(&crc.to_le_bytes());
    assert_eq!(SegmentHeader::decode(&bytes), Err(Unreadable::Newer(2)));

    let slot = Slot {
        id: Uuid::from_u128(9),
        acknowledged: 5,
        next: 10,
        dropped_from: 6,
        dropped_to: 8,
        counter: 3,
    };
    assert_eq!(Slot::decode(&slot.encode()), Ok(slot));
    assert_eq!(Slot::decode(&slot.encode()[..60]), Err(Unreadable::Damaged));
}

proptest! {
    #[test]
    fn what_is_missing_comes_back_and_a_changed_byte_says_nothing(
        ranges in prop::collection::vec((any::<u64>(), any::<u64>()), 0..20),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
    ) {
        let id = Uuid::from_u128(9);
        let ranges: Vec<_> = ranges.into_iter().map(|(from, to)| from..to).collect();
        let mut bytes = encode_missing(id, &ranges);
        prop_assert_eq!(bytes.len(), missing_bytes(ranges.len()));
        prop_assert_eq!(decode_missing(id, &bytes), ranges);
        prop_assert!(decode_missing(Uuid::from_u128(8), &bytes).is_empty());
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(decode_missing(id, &bytes).is_empty());
        prop_assert!(decode_missing(id, &bytes[..at]).is_empty());
    }

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        marked in any::<bool>(),
    ) {
        let mut bytes = bytes;
        if marked && bytes.len() >= 4 {
            bytes[..4].copy_from_slice(&MARKER);
        }
        let _ = SegmentHeader::decode(&bytes);
        let _ = Slot::decode(&bytes);
        let _ = decode_missing(Uuid::nil(), &bytes);
        if let Some(record) = verified(&bytes) {
            prop_assert!(record.total_bytes() <= bytes.len());
        }
    }

    #[test]
    fn a_record_with_any_byte_changed_or_missing_is_none(
        payload in prop::collection::vec(any::<u8>(), 0..80),
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
        cut in any::<prop::sample::Index>(),
    ) {
        let (record, mut bytes) = record(&payload);
        prop_assert_eq!(verified(&bytes), Some(record));
        prop_assert_eq!(verified(&bytes[..cut.index(bytes.len())]), None);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_eq!(verified(&bytes), None);
    }
}
