//! A task's way into a producer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use websocket_source::buffer::Batch;
use websocket_source::sink::{Delivery, Sink, SinkError};

use super::lane::Lane;
use super::native::{Code, FullRecord, Record, Topic};
use super::refusal;
use crate::mapping::Verdict;

/// Bytes that Kafka's record batch adds to a single record at most
/// (`AbstractRecords.estimateSizeInBytesUpperBound`).
pub(super) const BATCH_OVERHEAD_BYTES: usize = 61 + 21;
/// Once a record has waited longer than this, it and those behind it have the
/// time of their receipt; else they get the time at which they are produced. Only
/// librdkafka's call for single records takes a time, and costs a third more than
/// its call for batches: what a burst leaves for some seconds is not worth that,
/// what waited for Kafka or for a restart is.
const OLD: Duration = Duration::from_secs(10);
/// A record that has waited less than this ends that. It is far below the other,
/// so that times do not go back and forth where records wait about that long.
const RECENT: Duration = Duration::from_secs(1);

/// See the module's documentation.
pub(super) struct ProducerSink {
    lane: Lane,
    topic: Topic,
    /// Records have the time of their receipt.
    is_late: bool,
}

fn sizes<'a>(batch: &'a Batch<'_>) -> impl Iterator<Item = usize> + Clone + 'a {
    (0..batch.len()).map(|row| batch.value(row).len() + batch.key(row).map_or(0, <[u8]>::len))
}

impl ProducerSink {
    /// The way of a lane's records into this topic.
    pub(super) fn new(lane: Lane, topic: Topic) -> Self {
        Self {
            lane,
            topic,
            is_late: false,
        }
    }

    /// The number of records before the first that is too large.
    fn sendable(&self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let limit = self.lane.producer.max_request_size_bytes;
        let too_large = sizes(batch).position(|size| size + BATCH_OVERHEAD_BYTES > limit);
        match too_large {
            Some(0) => Err(SinkError::TooLarge {
                bytes: batch.value(0).len(),
                limit,
            }),
            Some(count) => Ok(count),
            None => Ok(batch.len()),
        }
    }

    /// Hands over as many of the first `sendable` records as there is room
    /// for; returns their number.
    fn take(&mut self, batch: &Batch<'_>, sendable: usize) -> usize {
        let sizes = sizes(batch);
        let admitted = self
            .lane
            .admits(Instant::now(), sizes.clone().take(sendable));
        let count = self
            .lane
            .producer
            .room
            .reserve(&sizes.clone().take(admitted));
        if count == 0 {
            return 0;
        }
        // Reports may come before the call returns, so the slot counts first.
        self.lane.slot.add_taken(count as u64);
        let (taken, refused) = self.hand_over(batch, count);
        if taken < count {
            let bytes: usize = sizes.clone().take(count).skip(taken).sum();
            self.lane
                .producer
                .room
                .release((count - taken) as u64, bytes as u64);
            self.lane.slot.add_reported((count - taken) as u64);
        }
        self.lane.add(taken, sizes.take(taken).sum());
        let refused = refused.filter(|code| *code != Code::RD_KAFKA_RESP_ERR__QUEUE_FULL);
        if let Some(code) = refused.filter(|code| !self.lane.is_interrupted(*code)) {
            self.lane.delivery.reject(refusal::of_record(code));
        }
        taken
    }

    fn hand_over(&mut self, batch: &Batch<'_>, count: usize) -> (usize, Option<Code>) {
        let received = batch.received();
        let limit = if self.is_late { RECENT } else { OLD };
        self.is_late = received.at.elapsed() >= limit;
        if !self.is_late {
            let (slot, first) = (Arc::clone(&self.lane.slot), self.lane.sequence);
            let records = (0..count).map(|row| Record {
                value: batch.value(row),
                key: batch.key(row),
                opaque: slot.opaque(first + row as u64),
            });
            return self.topic.produce(records);
        }
        for row in 0..count {
            let record = FullRecord {
                partition: None,
                value: Some(batch.value(row)),
                key: batch.key(row),
                opaque: self.lane.slot.opaque(self.lane.sequence + row as u64),
                timestamp_ms: Some(received.at_ms),
                headers: &[],
            };
            if let Err(code) = self.topic.produce_full(&record) {
                return (row, Some(code));
            }
        }
        (count, None)
    }
}

impl Sink for ProducerSink {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        if let Some(rejection) = self.lane.delivery.rejection() {
            return Err(rejection);
        }
        if !self.lane.enter() {
            return Ok(0);
        }
        let taken = self.take_front(batch);
        self.lane.leave();
        taken
    }

    fn has_room(&self, records: usize, bytes: usize) -> bool {
        self.lane.has_room(records, bytes)
    }

    fn flush(&mut self, within: Duration) {
        self.lane.flush(within);
    }

    fn delivery(&self) -> &Arc<Delivery> {
        &self.lane.delivery
    }

    fn begins_at(&mut self) -> Option<u64> {
        self.lane.begins_at()
    }

    fn skip(&mut self, count: u64) -> bool {
        self.lane.skip(count)
    }

    fn rewound(&mut self) -> Option<u64> {
        let (to, is_another) = self.lane.rewound()?;
        if is_another {
            match Topic::new(&self.lane.producer.native, &self.topic.name()) {
                Ok(topic) => self.topic = topic,
                Err(text) => self.lane.delivery.reject(SinkError::NoTopic(text)),
            }
        }
        Some(to)
    }
}

impl ProducerSink {
    /// Takes as many records from the front as there is room for.
    fn take_front(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let mut taken = 0;
        while taken < batch.len() {
            let rest = batch.tail(taken);
            match self.sendable(&rest) {
                Ok(sendable) => {
                    let more = self.take(&rest, sendable);
                    taken += more;
                    if more < sendable {
                        break;
                    }
                }
                Err(error) => match self.lane.slot.judge.oversized(&error) {
                    Verdict::LeaveOut(reason) => {
                        self.lane.leave_out(reason);
                        taken += 1;
                    }
                    // A plan with dead letters goes through a mapping.
                    Verdict::Fail | Verdict::DeadLetter if taken == 0 => return Err(error),
                    // Those before it are on their way.
                    Verdict::Fail | Verdict::DeadLetter => break,
                },
            }
        }
        if taken > 0 {
            let received = batch.received().at;
            self.lane.delivery.taken(self.lane.sequence, received);
        }
        Ok(taken)
    }
}
