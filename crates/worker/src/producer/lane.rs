//! What every sink has of its producer: a place among the delivery reports, a
//! sequence, and turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use websocket_source::metrics::Histogram;
use websocket_source::sink::Delivery;

use super::slots::Slot;
use super::turn::Turn;
use super::{Producer, ProducerError};
use crate::mapping::ErrorHandler;

/// See the module's documentation.
pub(super) struct Lane {
    pub(super) producer: Arc<Producer>,
    pub(super) slot: Arc<Slot>,
    pub(super) delivery: Arc<Delivery>,
    /// The number of the next message.
    pub(super) sequence: u64,
    pub(super) turn: Turn,
}

impl Lane {
    /// A lane whose times from receipt to acknowledgement go to `latency`, and
    /// refused records to `judge`.
    ///
    /// # Errors
    /// The producer has no place left.
    pub(super) fn open(
        producer: &Arc<Producer>,
        latency: Arc<Histogram>,
        judge: Arc<ErrorHandler>,
    ) -> Result<Self, ProducerError> {
        let delivery = Arc::new(Delivery::new(latency));
        let slot = producer
            .shared
            .slots
            .open(&delivery, judge)
            .ok_or_else(|| {
                ProducerError::Exhausted("too many tasks with records on their way".to_owned())
            })?;
        Ok(Self {
            producer: Arc::clone(producer),
            slot,
            delivery,
            sequence: 0,
            turn: Turn::new(producer.turn),
        })
    }

    /// Counts a message that becomes no record.
    pub(super) fn leave_out(&mut self) {
        self.slot.add_taken(1);
        self.slot.leave_out(self.sequence);
        self.sequence += 1;
    }

    /// See [`websocket_source::sink::Sink::has_room`].
    pub(super) fn has_room(&self, records: usize, bytes: usize) -> bool {
        let idle = self.slot.is_idle();
        let known = &self.slot.sizes;
        self.turn
            .has_room(idle, known, Instant::now, records, bytes)
            && self.producer.room.has_room(records as u64, bytes as u64)
    }

    /// Sends what lingers, without waiting for it.
    pub(super) fn flush(&self, within: Duration) {
        let producer = Arc::clone(&self.producer);
        let flushed = std::thread::Builder::new()
            .name("producer-flush".to_owned())
            .spawn(move || producer.flush(within));
        if let Err(error) = flushed {
            // Without it, linger.ms passes before the last records are sent.
            tracing::warn!(target: "Producer", "no thread to flush the producer: {error}");
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.slot.close();
    }
}
