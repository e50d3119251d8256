//! Batches that are too large for their topic, sent again in parts.
//!
//! A broker refuses a batch that is larger than the topic's
//! `max.message.bytes` although each of its records may be small enough.
//! Java's producer splits such a batch; librdkafka gives all its records back
//! as failed. So they are kept here and produced again. Invariants:
//!
//! * What is kept has no report: its task stays within its turn, and so hands
//!   nothing newer over, until all of it is done; its room stays reserved,
//!   which bounds what is kept.
//! * Records are produced again only when nothing else of their task is on
//!   its way, in their order, and a part only when the one before is done. One
//!   part of the producer is on its way at a time, so that the parts of tasks
//!   with the same partition do not meet in one batch for ever.
//! * Each refusal halves what its task may have in a batch, or leaves a record
//!   alone; a record that is refused alone is too large by itself. If neither
//!   helps for long, the first record is judged as if it were.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::client::Client;
use super::native::event::Report;
use super::native::{Code, Native, Returned, Topic};
use super::reports::Shared;
use super::sizes::RECORD_OVERHEAD_BYTES;
use super::slots::{Slot, split};

/// The code of what is kept here.
pub(super) const TOO_LARGE: Code = Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
/// Refusals in a row of which no record of the task got done. Halving ends
/// after 30; the rest is for batches shared with other tasks.
const MAX_FRUITLESS: u32 = 100;

/// A record that is to be produced again.
struct Kept {
    record: Returned,
    topic: Rc<Topic>,
}

impl Kept {
    fn request_bytes(&self) -> usize {
        self.record.request_bytes() + RECORD_OVERHEAD_BYTES
    }
}

/// What is kept of one task, by its opaque and so in its order.
struct Queue {
    slot: Arc<Slot>,
    records: BTreeMap<u64, Kept>,
    /// Refusals in a row since the task had this many reports.
    fruitless: u32,
    reported: u64,
}

impl Queue {
    /// Whether of `taken` records all are kept or reported.
    fn is_settled(&self, taken: u64) -> bool {
        let (_, reported) = self.slot.counts();
        reported + self.records.len() as u64 >= taken
    }

    /// Nothing of the task is with librdkafka.
    fn is_back(&self) -> bool {
        self.is_settled(self.slot.counts().0)
    }

    fn note_refusal(&mut self) {
        let (_, reported) = self.slot.counts();
        let is_fruitless = reported == self.reported;
        self.fruitless = if is_fruitless { self.fruitless + 1 } else { 0 };
        self.reported = reported;
    }
}

/// Records that were produced again and are on their way.
struct Part {
    slot: usize,
    /// Records that the task had handed over in all.
    taken: u64,
}

/// See the module's documentation. It belongs to the thread that takes in
/// delivery reports.
#[derive(Default)]
pub(super) struct Splits {
    queues: BTreeMap<usize, Queue>,
    part: Option<Part>,
    /// The slot whose turn it was last.
    last: usize,
}

impl Splits {
    /// Whether records of this slot are kept, or have been and are on their
    /// way.
    pub(super) fn concern(&self, slot: usize) -> bool {
        self.queues.contains_key(&slot)
    }

    /// Keeps the records of a batch that was refused for its size, and lowers
    /// what their tasks may have in a batch.
    ///
    /// # Errors
    /// librdkafka's words if it has no topic to produce to.
    pub(super) fn keep(
        &mut self,
        shared: &Shared,
        native: &Arc<Native>,
        batch: &[Report<'_>],
    ) -> Result<(), String> {
        let Some(first) = batch.first() else {
            return Ok(());
        };
        let name = first.topic();
        let topic = Rc::new(Topic::new(native, &name)?);
        let mut by_task: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for report in batch {
            let (number, _) = split(report.opaque);
            let Some(slot) = shared.slots.get(number) else {
                continue;
            };
            let queue = self.queues.entry(number).or_insert_with(|| Queue {
                slot,
                records: BTreeMap::new(),
                fruitless: 0,
                reported: 0,
            });
            let kept = Kept {
                record: Returned::of(report),
                topic: Rc::clone(&topic),
            };
            let (records, bytes) = by_task.entry(number).or_default();
            *records += 1;
            *bytes += kept.request_bytes();
            queue.records.insert(report.opaque, kept);
            // In this order, so that whoever looks at both misses neither.
            shared.kept.fetch_add(1, Ordering::AcqRel);
            shared.kept_in_all.fetch_add(1, Ordering::AcqRel);
        }
        let all: usize = by_task.values().map(|(_, bytes)| bytes).sum();
        for (number, (records, bytes)) in &by_task {
            let Some(queue) = self.queues.get_mut(number) else {
                continue;
            };
            queue.note_refusal();
            let sizes = &queue.slot.sizes;
            sizes.doubt();
            // Of a batch of several tasks those have to give way that have
            // most of it.
            let is_large = bytes * by_task.len() >= all;
            if *records > 1 && is_large && sizes.halve(*bytes) {
                Client::Producer.warn(&format!(
                    "Kafka takes no batch of {all} bytes for the topic {name} \
                     (max.message.bytes): it is sent in parts of {} bytes at the most, \
                     and so are those that follow",
                    sizes.limit_bytes()
                ));
            }
        }
        Ok(())
    }

    /// Produces the next part if the one before is done.
    pub(super) fn advance(&mut self, shared: &Shared) {
        while !self.queues.is_empty() {
            if let Some(part) = &self.part {
                let queue = self.queues.get(&part.slot);
                if queue.is_some_and(|queue| !queue.is_settled(part.taken)) {
                    return;
                }
                self.part = None;
                self.queues.retain(|_, queue| !queue.records.is_empty());
            }
            let after = self.queues.range(self.last + 1..);
            let next = after.chain(self.queues.range(..=self.last));
            let mut next = next.filter(|(_, queue)| queue.is_back());
            let Some((&number, _)) = next.next() else {
                return;
            };
            self.last = number;
            if !self.produce_part(number, shared) {
                return;
            }
        }
    }

    /// Produces the first records of a slot again; false if that has to wait.
    fn produce_part(&mut self, number: usize, shared: &Shared) -> bool {
        let Some(queue) = self.queues.get_mut(&number) else {
            return true;
        };
        let (limit_bytes, mut part_bytes) = (queue.slot.sizes.limit_bytes(), 0);
        let taken = queue.slot.counts().0;
        let mut has_room = true;
        while let Some(first) = queue.records.first_entry() {
            part_bytes += first.get().request_bytes();
            if part_bytes > limit_bytes && part_bytes > first.get().request_bytes() {
                break;
            }
            let kept = first.remove();
            let produced = if queue.fruitless > MAX_FRUITLESS {
                queue.fruitless = 0;
                Err(TOO_LARGE)
            } else {
                kept.topic.produce_full(&kept.record.record())
            };
            match produced {
                Ok(()) => {}
                Err(Code::RD_KAFKA_RESP_ERR__QUEUE_FULL) => {
                    queue.records.insert(kept.record.opaque(), kept);
                    has_room = false;
                    break;
                }
                Err(code) => {
                    let (slot, sequence) = split(kept.record.opaque());
                    shared.refuse(slot, sequence, code);
                    let bytes = kept.record.reported_bytes() as u64;
                    shared.room.release(1, bytes);
                }
            }
            shared.kept.fetch_sub(1, Ordering::AcqRel);
        }
        self.part = Some(Part {
            slot: number,
            taken,
        });
        has_room
    }

    /// Forgets all, as librdkafka does with what it has when its client ends.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use websocket_source::metrics::Histogram;
    use websocket_source::sink::Delivery;

    use super::*;
    use crate::producer::slots::Slots;

    #[test]
    fn refusals_are_counted_until_a_record_is_done() {
        let delivery = Arc::new(Delivery::new(Arc::new(Histogram::default())));
        let slot = Slots::default().open(&delivery, Arc::default(), None);
        let mut queue = Queue {
            slot: slot.expect("a slot"),
            records: BTreeMap::new(),
            fruitless: 0,
            reported: 0,
        };
        queue.slot.add_taken(3);
        for refusals in 1..=MAX_FRUITLESS {
            queue.note_refusal();
            assert_eq!(queue.fruitless, refusals);
        }
        queue.slot.add_reported(1);
        queue.note_refusal();
        assert_eq!(queue.fruitless, 0);
        queue.note_refusal();
        assert_eq!(queue.fruitless, 1);
        assert!(!queue.is_back() && queue.is_settled(1));
    }
}
