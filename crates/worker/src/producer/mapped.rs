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
use websocket_source::sink::{Delivery, Sink, SinkError};

use super::creation::{Gate, Passage, TopicCreator};
use super::lane::Lane;
use super::native::{Code, FullRecord, Native, Topic, describe};
use super::sink::BATCH_OVERHEAD_BYTES;
use super::{Producer, ProducerError};
use crate::mapping::{ErrorCounts, Mapped, Mapping, MappingError, WrittenTopics};

/// What a task's mapped sink needs besides its producer.
#[derive(Clone, Debug)]
pub struct MappedOptions {
    /// What messages go through.
    pub mapping: Arc<Mapping>,
    /// Counts of those that cannot.
    pub counts: Arc<ErrorCounts>,
    /// Where records have gone.
    pub written: Arc<WrittenTopics>,
    /// The connector's name, for log lines and headers.
    pub connector: String,
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
    /// A message that there was no room for, and what it was mapped to. The
    /// buffer may drop it before it is offered again.
    pub(super) pending: Option<(Vec<u8>, Mapped)>,
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
) -> Result<&'a mut Destination, Option<SinkError>> {
    let invalid = |text| SinkError::Rejected {
        code: "INVALID_TOPIC_EXCEPTION".to_owned(),
        text,
    };
    super::check_topic(name)
        .map_err(|why| invalid(format!("'{name}' is not a topic's name: {why}")))?;
    if gate.ask(name)? == Passage::Wait {
        return Err(None);
    }
    let topic = Topic::new(native, name).map_err(invalid)?;
    let destination = Destination {
        topic,
        noted_since: None,
    };
    let entry = destinations.entry(name.to_owned());
    Ok(entry.insert_entry(destination).into_mut())
}

impl MappedSink {
    /// Takes a message; false if there is no room for it at present.
    fn take(
        &mut self,
        message: &[u8],
        received: Received,
        now: Instant,
    ) -> Result<bool, SinkError> {
        let mapped = match self.pending.take() {
            Some((source, mapped)) if source == message => Some(mapped),
            _ => self.map(message, received)?,
        };
        let Some(mapped) = mapped else {
            self.lane.slot.add_taken(1);
            self.lane.slot.add_reported(1);
            self.lane.delivery.acknowledge(self.lane.sequence, 1);
            self.lane.sequence += 1;
            return Ok(true);
        };
        let bytes = request_bytes(&mapped);
        let limit = self.lane.producer.max_request_size_bytes;
        if bytes + BATCH_OVERHEAD_BYTES > limit {
            return Err(SinkError::TooLarge { bytes, limit });
        }
        let idle = self.lane.slot.is_idle();
        let reported = std::iter::once(reported_bytes(&mapped));
        let admitted = self.lane.turn.admits(idle, now, std::iter::once(bytes)) == 1
            && self.lane.producer.room.reserve(&reported) == 1;
        if !admitted {
            self.pending = Some((message.to_vec(), mapped));
            return Ok(false);
        }
        self.hand_over(message, mapped, bytes)
    }

    fn hand_over(
        &mut self,
        message: &[u8],
        mapped: Mapped,
        bytes: usize,
    ) -> Result<bool, SinkError> {
        let opaque = self.lane.slot.opaque(self.lane.sequence);
        self.lane.slot.add_taken(1);
        let refused = match self.produce(&mapped, opaque) {
            Ok(()) => {
                self.lane.turn.add(1, bytes);
                self.lane.sequence += 1;
                return Ok(true);
            }
            Err(refused) => refused,
        };
        self.lane.slot.add_reported(1);
        let reported = reported_bytes(&mapped) as u64;
        self.lane.producer.room.release(1, reported);
        let Some(rejected) = refused else {
            self.pending = Some((message.to_vec(), mapped));
            return Ok(false);
        };
        Err(rejected)
    }

    /// Hands a record over, and notes where it has gone if that is news; dead
    /// letters do not count. `None` is librdkafka's queue that is full, or a
    /// topic that is still to be created.
    fn produce(&mut self, mapped: &Mapped, opaque: u64) -> Result<(), Option<SinkError>> {
        let destination = match self.destinations.get_mut(&mapped.topic) {
            Some(known) => known,
            None => open(
                &mut self.destinations,
                &mut self.gate,
                &self.lane.producer.native,
                &mapped.topic,
            )?,
        };
        let record = FullRecord {
            partition: mapped.partition,
            value: mapped.value.as_deref(),
            key: mapped.key.as_deref(),
            opaque,
            timestamp_ms: mapped.timestamp_ms,
            headers: &mapped.headers,
        };
        if let Err(code) = destination.topic.produce_full(&record) {
            let (name, text) = describe(code);
            let full = code == Code::RD_KAFKA_RESP_ERR__QUEUE_FULL;
            return Err((!full).then_some(SinkError::Rejected { code: name, text }));
        }
        let resets = self.options.written.resets();
        let dead_letters = &self.options.mapping.tolerance.dead_letter_topic;
        if destination.noted_since != Some(resets) && dead_letters.as_ref() != Some(&mapped.topic) {
            self.options.written.note(&mapped.topic);
            destination.noted_since = Some(resets);
        }
        Ok(())
    }

    /// Maps a message, and judges one that cannot be mapped.
    fn map(&self, message: &[u8], received: Received) -> Result<Option<Mapped>, SinkError> {
        let mapping = &self.options.mapping;
        let error = match mapping.apply(message, received.at_ms) {
            Ok(mapped) => return Ok(mapped),
            Err(error) => error,
        };
        let (counts, tolerance) = (&self.options.counts, &mapping.tolerance);
        counts.failed();
        if tolerance.logs {
            counts.logged.fetch_add(1, Relaxed);
            self.log(&error, received);
        }
        if !tolerance.all {
            return Err(SinkError::Intolerable {
                class: error.error.class,
                text: error.error.message,
            });
        }
        counts.skipped.fetch_add(1, Relaxed);
        let dead_letter = tolerance.dead_letter_topic.as_ref().map(|topic| {
            counts.dead_letters.fetch_add(1, Relaxed);
            self.dead_letter(topic, message, received, &error)
        });
        Ok(dead_letter)
    }

    fn log(&self, error: &MappingError, received: Received) {
        let connector = &self.options.connector;
        let record = if self.options.mapping.tolerance.logs_messages {
            let topic = &self.options.mapping.topic;
            let at_ms = received.at_ms;
            format!(", where source record is = {{topic='{topic}', timestamp={at_ms}}}")
        } else {
            String::new()
        };
        tracing::error!(
            target: "LogReporter", connector = %connector, task = 0,
            "Error encountered in task {connector}-0. Executing stage '{}' with class '{}'{record}. {}",
            error.stage.name(), error.class, error.error.class
        );
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
        let headers = if self.options.mapping.tolerance.dead_letter_headers {
            // As Java prints an exception, but for the frames: there are none.
            let trace = format!("{}: {}", error.error.class, error.error.message);
            [
                ("topic", self.options.mapping.topic.as_str()),
                ("connector.name", &self.options.connector),
                ("task.id", "0"),
                ("stage", error.stage.name()),
                ("class.name", error.class),
                ("exception.class.name", error.error.class),
                ("exception.message", &error.error.message),
                ("exception.stacktrace", &trace),
            ]
            .map(|(name, value)| {
                let name = format!("__connect.errors.{name}");
                (name, Some(value.as_bytes().to_vec()))
            })
            .into()
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
        let now = Instant::now();
        let mut taken = 0;
        for value in batch.values() {
            match self.take(value, batch.received(), now) {
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
        self.lane
            .delivery
            .taken(self.lane.sequence, batch.received().at);
        Ok(taken)
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
}

impl Producer {
    /// A sink for one task's messages through a mapping; the time from receipt
    /// to acknowledgement goes to `latency`.
    ///
    /// # Errors
    /// The producer has no place left.
    pub fn mapped_sink(
        self: &Arc<Self>,
        options: MappedOptions,
        latency: Arc<websocket_source::metrics::Histogram>,
    ) -> Result<Box<dyn Sink>, ProducerError> {
        let lane = Lane::open(self, latency)?;
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
