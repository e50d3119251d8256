//! Which task a delivery report belongs to.
//!
//! A record's opaque is 64 bits: the number of its sink's slot and its
//! sequence. Invariant: a slot is given to another sink only when every
//! record of the one before has had its report, so no report can be taken for
//! another task's.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use websocket_source::sink::{Delivery, LeftOut, SinkError};

use super::sizes::Sizes;
use super::transactions::{Broken, Transaction};
use crate::mapping::ErrorHandler;

/// Bits of the sequence: 2^48 records are nine years at a million a second.
const SEQUENCE_BITS: u32 = 48;
const MAX_SLOTS: usize = 1 << (u64::BITS - SEQUENCE_BITS);

/// One sink's place.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) number: u64,
    pub(super) delivery: Arc<Delivery>,
    /// Judges records that are refused for good.
    pub(super) judge: Arc<ErrorHandler>,
    /// How large the task's batches may be.
    pub(super) sizes: Sizes,
    /// What the records are part of; their reports acknowledge nothing then.
    transaction: Option<Arc<Transaction>>,
    /// Records handed to librdkafka.
    taken: AtomicU64,
    /// Records whose report has come.
    reported: AtomicU64,
    open: AtomicBool,
}

impl Slot {
    /// The opaque of the record with this sequence.
    pub(super) fn opaque(&self, sequence: u64) -> u64 {
        self.number << SEQUENCE_BITS | sequence
    }

    /// Counts records that librdkafka has taken.
    pub(super) fn add_taken(&self, records: u64) {
        self.taken.fetch_add(records, Ordering::AcqRel);
    }

    /// Counts records whose report has come.
    pub(super) fn add_reported(&self, records: u64) {
        self.reported.fetch_add(records, Ordering::AcqRel);
    }

    /// Takes in that records from `first` on have been delivered.
    pub(super) fn delivered(&self, first: u64, count: u64) {
        self.add_reported(count);
        if self.transaction.is_none() {
            self.delivery.acknowledge(first, count);
        }
    }

    /// The transaction whose fate a failed record decides.
    pub(super) fn transaction(&self) -> Option<&Transaction> {
        self.transaction.as_deref()
    }

    /// Whether its sink is still there.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Counts a record that was taken and will not be written, and nobody
    /// shall wait for.
    pub(super) fn leave_out(&self, sequence: u64, reason: LeftOut) {
        self.add_reported(1);
        self.delivery.leave_out(sequence, 1, reason);
    }

    /// Records that were handed over, and those of them whose report has come.
    pub(super) fn counts(&self) -> (u64, u64) {
        // What is handed over is counted before, so that the first is never
        // less than the second.
        let reported = self.reported.load(Ordering::Acquire);
        (self.taken.load(Ordering::Acquire), reported)
    }

    /// Whether every record that was handed over has had its report.
    pub(super) fn is_idle(&self) -> bool {
        self.reported.load(Ordering::Acquire) == self.taken.load(Ordering::Acquire)
    }

    /// States that the sink is gone.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    fn is_free(&self) -> bool {
        !self.open.load(Ordering::Acquire) && self.is_idle()
    }
}

/// The slot's number and the sequence in an opaque.
pub(super) fn split(opaque: u64) -> (usize, u64) {
    let number = usize::try_from(opaque >> SEQUENCE_BITS).unwrap_or(MAX_SLOTS);
    (number, opaque & ((1 << SEQUENCE_BITS) - 1))
}

/// All sinks of a producer.
#[derive(Debug, Default)]
pub(super) struct Slots(RwLock<Vec<Arc<Slot>>>);

impl Slots {
    /// A slot for a new sink; `None` if all have records on their way.
    pub(super) fn open(
        &self,
        delivery: &Arc<Delivery>,
        judge: Arc<ErrorHandler>,
        transaction: Option<&Arc<Transaction>>,
    ) -> Option<Arc<Slot>> {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let at = slots
            .iter()
            .position(|slot| slot.is_free())
            .unwrap_or(slots.len());
        if at >= MAX_SLOTS {
            return None;
        }
        let slot = Arc::new(Slot {
            number: at as u64,
            delivery: Arc::clone(delivery),
            judge,
            sizes: Sizes::default(),
            transaction: transaction.map(Arc::clone),
            taken: AtomicU64::new(0),
            reported: AtomicU64::new(0),
            open: AtomicBool::new(true),
        });
        if at == slots.len() {
            slots.push(Arc::clone(&slot));
        } else {
            slots[at] = Arc::clone(&slot);
        }
        Some(slot)
    }

    /// The slot of this number.
    pub(super) fn get(&self, number: usize) -> Option<Arc<Slot>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(number)
            .cloned()
    }

    /// States that no record on its way will be delivered. Those of a
    /// transaction may be, by another client.
    pub(super) fn reject_all(&self, error: &SinkError) {
        for slot in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            match slot.transaction() {
                None => slot.delivery.reject(error.clone()),
                Some(transaction) if slot.is_open() => transaction.spoil(Broken::Passing),
                Some(_) => {}
            }
        }
    }

    /// Wakes every sink that waits for room.
    pub(super) fn notify(&self) {
        for slot in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            slot.delivery.notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use websocket_source::metrics::Histogram;

    use super::*;

    fn delivery() -> Arc<Delivery> {
        Arc::new(Delivery::new(Arc::new(Histogram::default())))
    }

    #[test]
    fn an_opaque_gives_back_slot_and_sequence() {
        let slots = Slots::default();
        slots.open(&delivery(), Arc::default(), None);
        let second = slots
            .open(&delivery(), Arc::default(), None)
            .expect("a slot");
        let last = (1 << SEQUENCE_BITS) - 1;
        assert_eq!(split(second.opaque(last)), (1, last));
        assert_eq!(split(second.opaque(0)), (1, 0));
    }

    #[test]
    fn a_slot_is_given_again_only_after_its_last_report() {
        let slots = Slots::default();
        let first = slots
            .open(&delivery(), Arc::default(), None)
            .expect("a slot");
        first.add_taken(2);
        first.close();
        assert_eq!(
            slots
                .open(&delivery(), Arc::default(), None)
                .expect("a slot")
                .number,
            1
        );
        first.add_reported(2);
        assert_eq!(
            slots
                .open(&delivery(), Arc::default(), None)
                .expect("a slot")
                .number,
            0
        );
    }
}
