//! What every sink has of its producer: a place among the delivery reports, a
//! sequence, turns, and its transaction if it writes in such.

use std::sync::Arc;
use std::time::{Duration, Instant};

use websocket_source::metrics::Histogram;
use websocket_source::sink::{Delivery, LeftOut, LeftOutCounts, SinkError};

use super::native::Code;
use super::slots::Slot;
use super::transactions::{Broken, Left, Transaction};
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
    visit: Option<Visit>,
}

/// One offer within a transaction.
struct Visit {
    transaction: Arc<Transaction>,
    /// What it still takes.
    left: Left,
    /// What the offer has handed over.
    bytes: u64,
    left_out: LeftOutCounts,
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
        let delivery = match &producer.transaction {
            None => Arc::new(Delivery::new(latency)),
            Some(transaction) => Arc::clone(&transaction.delivery),
        };
        let slot = slot(producer, &delivery, judge)?;
        if let Some(transaction) = &producer.transaction {
            transaction.claim();
        }
        Ok(Self {
            producer: Arc::clone(producer),
            slot,
            delivery,
            sequence: 0,
            turn: Turn::new(producer.turn),
            visit: None,
        })
    }

    /// Begins an offer; false if nothing is taken at present. Where it is true
    /// the end of the offer is told by [`Lane::leave`].
    pub(super) fn enter(&mut self) -> bool {
        let Some(transaction) = &self.producer.transaction else {
            return true;
        };
        self.visit = transaction.enter().map(|left| Visit {
            transaction: Arc::clone(transaction),
            left,
            bytes: 0,
            left_out: LeftOutCounts::default(),
        });
        self.visit.is_some()
    }

    /// Ends an offer; what it has taken is told to the delivery before.
    pub(super) fn leave(&mut self) {
        if let Some(visit) = self.visit.take() {
            let Visit {
                transaction,
                bytes,
                left_out,
                ..
            } = visit;
            transaction.leave(self.sequence, bytes, left_out);
        }
    }

    /// Of records with these `sizes`, the number that may be handed over now,
    /// from the first on.
    pub(super) fn admits(
        &mut self,
        now: Instant,
        sizes: impl Iterator<Item = usize> + Clone,
    ) -> usize {
        let count = self
            .turn
            .admits(self.slot.is_idle(), &self.slot.sizes, now, sizes.clone());
        let Some(visit) = &self.visit else {
            return count;
        };
        let mut bytes = visit.left.bytes;
        let fits = |size: &usize| {
            let fits = bytes > 0;
            bytes = bytes.saturating_sub(*size as u64);
            fits
        };
        let records = usize::try_from(visit.left.records).unwrap_or(usize::MAX);
        sizes.take(count.min(records)).take_while(fits).count()
    }

    /// Counts records that were handed over, with their bytes.
    pub(super) fn add(&mut self, records: usize, bytes: usize) {
        self.sequence += records as u64;
        self.turn.add(records, bytes);
        if let Some(visit) = &mut self.visit {
            visit.bytes += bytes as u64;
            visit.left.bytes = visit.left.bytes.saturating_sub(bytes as u64);
            visit.left.records = visit.left.records.saturating_sub(records as u64);
        }
    }

    /// Counts a message that becomes no record.
    pub(super) fn leave_out(&mut self, reason: LeftOut) {
        if let Some(visit) = &mut self.visit {
            visit.left_out.count(reason, 1);
            visit.left.records = visit.left.records.saturating_sub(1);
        } else {
            self.slot.add_taken(1);
            self.slot.leave_out(self.sequence, reason);
        }
        self.sequence += 1;
    }

    /// See [`websocket_source::sink::Sink::begins_at`].
    pub(super) fn begins_at(&self) -> Option<u64> {
        self.producer.transaction.as_ref()?.base()
    }

    /// See [`websocket_source::sink::Sink::skip`].
    pub(super) fn skip(&mut self, count: u64) -> bool {
        if !self.enter() {
            return false;
        }
        let first = self.sequence;
        self.sequence += count;
        self.delivery.taken(self.sequence, Instant::now());
        match &mut self.visit {
            Some(visit) => visit.left_out.count(LeftOut::Skipped, count),
            None => self.delivery.leave_out(first, count, LeftOut::Skipped),
        }
        self.leave();
        true
    }

    /// Whether the client's refusal to take a record is one of the transaction
    /// in its present state, which its end takes care of.
    pub(super) fn is_interrupted(&self, code: Code) -> bool {
        let Some(visit) = &self.visit else {
            return false;
        };
        let interrupted = matches!(
            code,
            Code::RD_KAFKA_RESP_ERR__STATE | Code::RD_KAFKA_RESP_ERR__FATAL
        );
        if interrupted {
            visit.transaction.spoil(Broken::Passing);
        }
        interrupted
    }

    /// Goes back to what is committed, if a transaction was aborted. Returns
    /// the sequence from which records are to come again, and whether there is
    /// another client now.
    pub(super) fn rewound(&mut self) -> Option<(u64, bool)> {
        let transaction = self.producer.transaction.as_ref()?;
        let rewound = transaction.rewound()?;
        self.sequence = rewound.to;
        let Some(producer) = rewound.replacement else {
            return Some((rewound.to, false));
        };
        self.slot.close();
        match slot(&producer, &self.delivery, Arc::clone(&self.slot.judge)) {
            Ok(slot) => self.slot = slot,
            // It has had no sink before.
            Err(error) => self
                .delivery
                .reject(SinkError::Transaction(error.to_string())),
        }
        self.turn = Turn::new(producer.turn);
        self.producer = producer;
        Some((rewound.to, true))
    }

    /// See [`websocket_source::sink::Sink::has_room`].
    pub(super) fn has_room(&self, records: usize, bytes: usize) -> bool {
        let closed = |transaction: &Arc<Transaction>| !transaction.is_open();
        if self.producer.transaction.as_ref().is_some_and(closed) {
            return false;
        }
        let idle = self.slot.is_idle();
        let known = &self.slot.sizes;
        self.turn
            .has_room(idle, known, Instant::now, records, bytes)
            && self.producer.room.has_room(records as u64, bytes as u64)
    }

    /// Sends what lingers, without waiting for it.
    pub(super) fn flush(&self, within: Duration) {
        if let Some(transaction) = &self.producer.transaction {
            // A commit sends what lingers.
            return transaction.hurry();
        }
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
        if let Some(transaction) = &self.producer.transaction {
            transaction.abandon();
        }
    }
}

/// A place among the producer's delivery reports.
fn slot(
    producer: &Producer,
    delivery: &Arc<Delivery>,
    judge: Arc<ErrorHandler>,
) -> Result<Arc<Slot>, ProducerError> {
    let slots = &producer.shared.slots;
    let slot = slots.open(delivery, judge, producer.transaction.as_ref());
    slot.ok_or_else(|| {
        ProducerError::Exhausted("too many tasks with records on their way".to_owned())
    })
}
