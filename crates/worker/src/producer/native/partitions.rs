//! Which partition a record goes to: what Java's producer does.
//!
//! A key decides by its murmur2 hash. Records without a key stick to one
//! partition for a while, so that batches become large, and then go on to
//! another at random (KIP-480, KIP-794). librdkafka has both, but reads the
//! clock twice for each record without a key; here one look for each batch
//! does, and a topic of a single partition needs no partitioner at all.
//!
//! Invariant: `choose` may run on any thread, with the topic's lock held, so
//! it only touches atomics. A value that another thread has just changed
//! costs a switch at another place and nothing else.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};

use rdkafka::bindings as rdsys;

/// `RD_KAFKA_PARTITION_UA`, a macro that has no binding: the partitioner
/// decides.
pub(super) const PARTITION_UA: i32 = -1;
/// Bytes without a key that stick to a partition: Java's `batch.size`.
const STICKY_BYTES: u64 = 16_384;
/// A topic's only partition is asked for again after so many batches, since
/// it may have got others.
const ASK_EVERY_BATCHES: u64 = 256;

/// What is known of a topic's partitions.
#[derive(Debug)]
pub(super) struct Partitions {
    /// Their number when the partitioner was last asked; 0 before.
    count: AtomicI32,
    /// Where records without a key go; `PARTITION_UA` if that is to be chosen.
    sticky: AtomicI32,
    /// Bytes that have gone there.
    stuck_bytes: AtomicU64,
    /// Batches that did without the partitioner.
    unasked: AtomicU64,
}

impl Default for Partitions {
    fn default() -> Self {
        Self {
            count: AtomicI32::new(0),
            sticky: AtomicI32::new(PARTITION_UA),
            stuck_bytes: AtomicU64::new(0),
            unasked: AtomicU64::new(0),
        }
    }
}

impl Partitions {
    /// The partition of a whole batch, or `PARTITION_UA` where the partitioner
    /// has to look at each record.
    pub(super) fn for_batch(&self, bytes: usize, keyed: bool) -> i32 {
        if self.count.load(Relaxed) == 1 {
            let unasked = self.unasked.fetch_add(1, Relaxed) + 1;
            if !unasked.is_multiple_of(ASK_EVERY_BATCHES) {
                return 0;
            }
        } else if !keyed {
            let stuck = self.stuck_bytes.fetch_add(bytes as u64, Relaxed);
            if stuck >= STICKY_BYTES {
                self.stuck_bytes.store(bytes as u64, Relaxed);
                self.sticky.store(PARTITION_UA, Relaxed);
            }
        }
        PARTITION_UA
    }

    /// As the topic's opaque; the caller keeps the `Arc` alive.
    pub(super) fn opaque(self: &Arc<Self>) -> *mut c_void {
        Arc::as_ptr(self).cast_mut().cast()
    }
}

/// librdkafka's partitioner callback.
///
/// # Safety
/// `opaque` is from [`Partitions::opaque`] of one that is alive; the other
/// arguments are librdkafka's.
pub(super) unsafe extern "C" fn choose(
    topic: *const rdsys::rd_kafka_topic_t,
    key: *const c_void,
    key_bytes: usize,
    count: i32,
    opaque: *mut c_void,
    record: *mut c_void,
) -> i32 {
    // SAFETY: the caller's promise; only atomics are touched.
    let partitions = unsafe { &*opaque.cast_const().cast::<Partitions>() };
    partitions.count.store(count, Relaxed);
    if !key.is_null() {
        // SAFETY: librdkafka's own arguments.
        return unsafe {
            rdsys::rd_kafka_msg_partitioner_murmur2(topic, key, key_bytes, count, opaque, record)
        };
    }
    let sticky = partitions.sticky.load(Relaxed);
    // SAFETY: it may be asked in a partitioner.
    let stays = (0..count).contains(&sticky)
        && unsafe { rdsys::rd_kafka_topic_partition_available(topic, sticky) } != 0;
    if stays {
        return sticky;
    }
    // SAFETY: librdkafka's own arguments. It prefers available partitions.
    let chosen = unsafe {
        rdsys::rd_kafka_msg_partitioner_random(topic, key, key_bytes, count, opaque, record)
    };
    partitions.sticky.store(chosen, Relaxed);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_partition_needs_no_partitioner_but_is_asked_for_again() {
        let partitions = Partitions::default();
        assert_eq!(partitions.for_batch(10, false), PARTITION_UA);
        partitions.count.store(1, Relaxed);
        let batches = 2 * ASK_EVERY_BATCHES;
        let asked = (0..batches).filter(|_| partitions.for_batch(10, true) == PARTITION_UA);
        assert_eq!(asked.count(), 2);
    }

    #[test]
    fn records_without_a_key_stick_for_a_while() {
        let partitions = Partitions::default();
        partitions.count.store(3, Relaxed);
        partitions.sticky.store(2, Relaxed);
        partitions.for_batch(10_000, false);
        partitions.for_batch(10_000, false);
        assert_eq!(partitions.sticky.load(Relaxed), 2);
        partitions.for_batch(10_000, true);
        assert_eq!(partitions.sticky.load(Relaxed), 2);
        partitions.for_batch(10_000, false);
        assert_eq!(partitions.sticky.load(Relaxed), PARTITION_UA);
    }
}
