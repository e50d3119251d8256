//! How much a producer may hold: counted here, before the batch call, since a
//! row refused by librdkafka in the middle of a batch would break the order.
//!
//! Invariant: what is reserved is released exactly once, by the record's
//! delivery report or by the call that could not hand it over.

use std::sync::atomic::{AtomicU64, Ordering};

/// What librdkafka spends on a record besides key and value, about.
pub(super) const RECORD_OVERHEAD_BYTES: u64 = 200;

/// Bytes in use and their bound, shared by all sinks of a producer.
#[derive(Debug)]
pub(super) struct Room {
    used: AtomicU64,
    limit: u64,
}

impl Room {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            used: AtomicU64::new(0),
            limit: limit_bytes as u64,
        }
    }

    /// Bytes in use.
    pub(super) fn used_bytes(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    /// The bound.
    #[cfg(test)]
    pub(super) fn limit_bytes(&self) -> u64 {
        self.limit
    }

    /// Reserves room for as many of `sizes` (key and value, bytes), from the
    /// first on, as fit; returns their number. An empty producer takes one
    /// record of any size, so that a large one cannot wait for ever.
    pub(super) fn reserve(&self, sizes: &(impl Iterator<Item = usize> + Clone)) -> usize {
        let mut used = self.used.load(Ordering::Acquire);
        loop {
            let (mut count, mut total) = (0, used);
            for size in sizes.clone() {
                let next = total + size as u64 + RECORD_OVERHEAD_BYTES;
                if next > self.limit && total > 0 {
                    break;
                }
                (count, total) = (count + 1, next);
            }
            if count == 0 {
                return 0;
            }
            let order = Ordering::AcqRel;
            match self
                .used
                .compare_exchange_weak(used, total, order, Ordering::Acquire)
            {
                Ok(_) => return count,
                Err(now) => used = now,
            }
        }
    }

    /// Takes the room of one record, whether or not it is there.
    pub(super) fn take(&self, bytes: u64) {
        self.used
            .fetch_add(bytes + RECORD_OVERHEAD_BYTES, Ordering::AcqRel);
    }

    /// Whether so many records with so many bytes of keys and values would fit.
    pub(super) fn has_room(&self, records: u64, bytes: u64) -> bool {
        let used = self.used_bytes();
        let all = bytes + records * RECORD_OVERHEAD_BYTES;
        used + all <= self.limit || (used == 0 && records == 1)
    }

    /// Gives back the room of `records` records with `bytes` bytes of keys
    /// and values.
    pub(super) fn release(&self, records: u64, bytes: u64) {
        let freed = bytes + records * RECORD_OVERHEAD_BYTES;
        let before = self.used.fetch_sub(freed, Ordering::AcqRel);
        debug_assert!(before >= freed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_producer_takes_a_record_of_any_size_and_a_used_one_does_not() {
        let room = Room::new(1_000);
        assert!(room.has_room(1, 5_000) && !room.has_room(2, 5_000));
        assert_eq!(room.reserve(&[5_000, 1].into_iter()), 1);
        assert!(!room.has_room(1, 1));
        assert_eq!(room.reserve(&[1].into_iter()), 0);
        room.release(1, 5_000);
        assert_eq!(room.used_bytes(), 0);
        assert!(room.has_room(3, 300) && !room.has_room(4, 400));
        assert_eq!(room.reserve(&[100; 9].into_iter()), 3);
    }

    proptest! {
        #[test]
        fn what_is_reserved_and_released_leaves_nothing(
            batches in prop::collection::vec(prop::collection::vec(0_usize..5_000, 1..20), 1..20),
        ) {
            let room = Room::new(20_000);
            for sizes in batches {
                let count = room.reserve(&sizes.iter().copied());
                prop_assert!(count == 1 || room.used_bytes() <= 20_000);
                let bytes: usize = sizes[..count].iter().sum();
                room.release(count as u64, bytes as u64);
                prop_assert_eq!(room.used_bytes(), 0);
            }
        }
    }
}
