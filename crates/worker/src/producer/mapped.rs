//! The way into a producer for messages that go through a mapping: one by one,
//! each to the topic, partition, key and headers that it has got.
//!
//! Invariants: a message has its sequence whether or not it becomes a record,
//! so that one that is left out counts as done in its place; one that there
//! is no room for is mapped once and kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use websocket_source::buffer::{Batch, Received};
use websocket_source::dead_letter::Cause;
use websocket_source::frames::Kind;
use websocket_source::sink::{Delivery, LeftOut, Sink, SinkError};

use super::creation::{Gate, Passage, TopicCreator};
use super::lane::Lane;
use super::native::{Code, FullRecord, Native, Topic, describe};
use super::sink::BATCH_OVERHEAD_BYTES;
use super::{Producer, ProducerError};
use crate::mapping::{
    ErrorHandler, Failure, Mapped, Mapping, MappingError, Verdict, WrittenTopics, record_headers,
};

/// What a task's mapped sink needs besides its producer.
#[derive(Clone, Debug)]
pub struct MappedOptions {
    /// What messages go through.
    pub mapping: Arc<Mapping>,
    /// Where records have gone.
    pub written: Arc<WrittenTopics>,
    /// Creates topics before the first records; without it the brokers do.
    pub creator: Option<Arc<TopicCreator>>,
}

/// See the module's documentation.
pub(super) struct MappedSink {
    pub(super) lane: Lane,
    pub(super) options: MappedOptions,
    pub(super) destinations: HashMap<String, Destination>,
    /// What a topic that is not among the destinations has to pass.
    pub(super) gate: Gate,
    /// A message that has to wait, its kind, and what it was mapped to. The
    /// buffer may drop it before it is offered again.
    pub(super) pending: Option<(Kind, Vec<u8>, Mapped)>,
    /// Why no further message can be taken.
    pub(super) failure: Option<SinkError>,
}

/// A topic that records go to.
pub(super) struct Destination {
    topic: Topic,
    /// The number of the reset since which it has been noted as written to.
    noted_since: Option<u64>,
}

fn length(bytes: Option<&Vec<u8>>) -> usize {
    bytes.map_or(0, Vec::len)
}

/// Bytes that a delivery report tells of, so that they are given back: headers
/// do not count.
fn reported_bytes(mapped: &Mapped) -> usize {
    length(mapped.key.as_ref()) + length(mapped.value.as_ref())
}

/// Bytes in a request.
fn request_bytes(mapped: &Mapped) -> usize {
    let headers = mapped.headers.iter();
    let headers = headers.map(|(name, value)| name.len() + length(value.as_ref()));
    reported_bytes(mapped) + headers.sum::<usize>()
}

/// A new destination; `None` if its topic is still to be created.
fn open<'a>(
    destinations: &'a mut HashMap<String, Destination>,
    gate: &mut Gate,
    native: &Arc<Native>,
    name: &str,
) -> Result<Option<&'a mut Destination>, SinkError> {
    let invalid = |text| SinkError::Rejected {
        code: "INVALID_TOPIC_EXCEPTION".to_owned(),
        text,
    };
    super::check_topic(name)
        .map_err(|why| invalid(format!("'{name}' is not a topic's name: {why}")))?;
    if gate.ask(name)? == Passage::Wait {
        return Ok(None);
    }
    let topic = Topic::new(native, name).map_err(invalid)?;
    let destination = Destination {
        topic,
        noted_since: None,
    };
    let entry = destinations.entry(name.to_owned());
    Ok(Some(entry.insert_entry(destination).into_mut()))
}

impl Destination {
    /// Notes that a record has gone to the topic, once for each reset.
    fn note(&mut self, written: &WrittenTopics, dead_letters: Option<&str>, topic: &str) {
        let resets = written.resets();
        if self.noted_since != Some(resets) && dead_letters != Some(topic) {
            written.note(topic);
            self.noted_since = Some(resets);
        }
    }
}

impl MappedSink {
    /// Takes a message; false if there is no room for it at present, or its
    /// topic is still to be created.
    fn take(
        &mut self,
        (kind, message): (Kind, &[u8]),
        received: Received,
        now: Instant,
    ) -> Result<bool, SinkError> {
        let pending = self.pending.take();
        let same = pending.filter(|(of, source, _)| *of == kind && source == message);
        let (kept, mapped) = match same {
            Some((_, source, mapped)) => (Some(source), mapped),
            None => match self.map(kind, message, received)? {
                Ok(mapped) => (None, mapped),
                Err(reason) => {
                    self.lane.leave_out(reason);
                    return Ok(true);
                }
            },
        };
        if self.hand_over(&mapped, now)? {
            return Ok(true);
        }
        // It is copied once, however often it is offered.
        let source = kept.unwrap_or_else(|| message.to_vec());
        self.pending = Some((kind, source, mapped));
        Ok(false)
    }

    /// Hands a record over, and notes where it has gone if that is news; dead
    /// letters do not count. One that is too large has the fate of
    /// `websocket.oversize`. False if that has to wait: for its topic, its
    /// turn, room, or librdkafka's queue.
    fn hand_over(&mut self, mapped: &Mapped, now: Instant) -> Result<bool, SinkError> {
        let lane = &mut self.lane;
        let bytes = request_bytes(mapped);
        let limit = lane.producer.max_request_size_bytes;
        if bytes + BATCH_OVERHEAD_BYTES > limit {
            return self.hand_over_letter(mapped, now, (bytes, limit));
        }
        // The topic comes first: while it is looked for, nothing is reserved.
        let known = &mut self.destinations;
        let destination = if let Some(known) = known.get_mut(&mapped.topic) {
            known
        } else {
            let native = &lane.producer.native;
            match open(known, &mut self.gate, native, &mapped.topic)? {
                Some(opened) => opened,
                None => return Ok(false),
            }
        };
        let reported = reported_bytes(mapped);
        let admitted = lane.admits(now, std::iter::once(bytes)) == 1
            && lane.producer.room.reserve(&std::iter::once(reported)) == 1;
        if !admitted {
            return Ok(false);
        }
        lane.slot.add_taken(1);
        let record = FullRecord {
            partition: mapped.partition,
            value: mapped.value.as_deref(),
            key: mapped.key.as_deref(),
            opaque: lane.slot.opaque(lane.sequence),
            timestamp_ms: mapped.timestamp_ms,
            headers: &mapped.headers,
        };
        if let Err(code) = destination.topic.produce_full(&record) {
            lane.slot.add_reported(1);
            lane.producer.room.release(1, reported as u64);
            if code == Code::RD_KAFKA_RESP_ERR__QUEUE_FULL || lane.is_interrupted(code) {
                return Ok(false);
            }
            let (code, text) = describe(code);
            return Err(SinkError::Rejected { code, text });
        }
        lane.add(1, bytes);
        let dead_letters = lane.slot.judge.tolerance.dead_letter_topic.as_deref();
        destination.note(&self.options.written, dead_letters, &mapped.topic);
        Ok(true)
    }

    /// What becomes of a record that is too large: see [`MappedSink::hand_over`].
    fn hand_over_letter(
        &mut self,
        mapped: &Mapped,
        now: Instant,
        (bytes, limit): (usize, usize),
    ) -> Result<bool, SinkError> {
        let error = SinkError::TooLarge { bytes, limit };
        let judge = Arc::clone(&self.lane.slot.judge);
        let reason = match judge.oversized(&error) {
            Verdict::Fail => return Err(error),
            Verdict::LeaveOut(reason) => reason,
            Verdict::DeadLetter => {
                if let Some(letter) = judge.oversized_letter(mapped, &error, (bytes, limit)) {
                    let handed = self.hand_over(&letter, now)?;
                    if handed {
                        judge.sent_letter();
                    }
                    return Ok(handed);
                }
                LeftOut::Oversize
            }
        };
        self.lane.leave_out(reason);
        Ok(true)
    }

    /// Maps a message, and judges one that cannot be mapped; or why it becomes
    /// no record.
    fn map(
        &self,
        kind: Kind,
        message: &[u8],
        received: Received,
    ) -> Result<Result<Mapped, LeftOut>, SinkError> {
        let mapping = &self.options.mapping;
        let error = match mapping.apply(kind, message, received.at_ms) {
            Ok(mapped) => return Ok(mapped.ok_or(LeftOut::Filter)),
            Err(error) => error,
        };
        let judge = &self.lane.slot.judge;
        let failure = Failure {
            stage: error.stage.name(),
            class: error.class,
            cause: &error.error.class,
            received_ms: Some(received.at_ms),
        };
        if !judge.tolerates(&failure) {
            return Err(SinkError::Intolerable {
                class: error.error.class,
                text: error.error.message,
            });
        }
        let counts = &judge.counts;
        counts.skipped.fetch_add(1, Relaxed);
        let dead_letter = judge.tolerance.dead_letter_topic.as_ref().map(|topic| {
            counts.dead_letters.fetch_add(1, Relaxed);
            self.dead_letter(topic, message, received, &error)
        });
        Ok(dead_letter.ok_or(LeftOut::Error))
    }

    /// The message as it came, with what was wrong in its headers
    /// (`DeadLetterQueueReporter`).
    fn dead_letter(
        &self,
        topic: &str,
        message: &[u8],
        received: Received,
        error: &MappingError,
    ) -> Mapped {
        let judge = &self.lane.slot.judge;
        let headers = if judge.tolerance.dead_letter_headers {
            // As Java prints an exception, but for the frames: there are none.
            let trace = format!("{}: {}", error.error.class, error.error.message);
            let cause = Cause {
                topic: &judge.topic,
                connector: &judge.connector,
                task: 0,
                stage: error.stage.name(),
                class: error.class,
                exception: error.error.class,
                message: &error.error.message,
            };
            record_headers(cause.headers_with_trace(trace))
        } else {
            Vec::new()
        };
        Mapped {
            topic: topic.to_owned(),
            partition: None,
            key: None,
            value: Some(message.to_vec()),
            timestamp_ms: Some(received.at_ms),
            headers,
        }
    }
}

impl Sink for MappedSink {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let failure = self.failure.clone();
        if let Some(error) = failure.or_else(|| self.lane.delivery.rejection()) {
            return Err(error);
        }
        if !self.lane.enter() {
            return Ok(0);
        }
        let taken = self.take_front(batch);
        self.lane.leave();
        taken
    }

    fn has_room(&self, records: usize, bytes: usize) -> bool {
        self.pending.is_none() && self.lane.has_room(records, bytes)
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
        // What could not be taken comes again, after what was before it.
        self.pending = None;
        self.failure = None;
        if is_another {
            self.destinations.clear();
        }
        Some(to)
    }
}

impl MappedSink {
    /// Takes as many messages from the front as there is room for.
    fn take_front(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let now = Instant::now();
        let mut taken = 0;
        for message in batch.messages() {
            match self.take(message, batch.received(), now) {
                Ok(true) => taken += 1,
                Ok(false) => break,
                Err(error) => {
                    self.failure = Some(error.clone());
                    if taken == 0 {
                        return Err(error);
                    }
                    // Those before it are on their way.
                    break;
                }
            }
        }
        if taken > 0 {
            let received = batch.received().at;
            self.lane.delivery.taken(self.lane.sequence, received);
        }
        Ok(taken)
    }
}

impl Producer {
    /// A sink for one task's messages through a mapping; the time from receipt
    /// to acknowledgement goes to `latency`, and what cannot be mapped or is
    /// refused for good to `judge`.
    ///
    /// # Errors
    /// The producer has no place left.
    pub fn mapped_sink(
        self: &Arc<Self>,
        options: MappedOptions,
        latency: Arc<websocket_source::metrics::Histogram>,
        judge: Arc<ErrorHandler>,
    ) -> Result<Box<dyn Sink>, ProducerError> {
        let lane = Lane::open(self, latency, judge)?;
        Ok(Box::new(MappedSink {
            gate: Gate::new(options.creator.clone(), Arc::clone(&lane.delivery)),
            lane,
            options,
            destinations: HashMap::new(),
            pending: None,
            failure: None,
        }))
    }
}
