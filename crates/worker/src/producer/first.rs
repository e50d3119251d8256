//! A sink whose only topic is to be created before its first record.
//!
//! The producer must not know the topic before: a handle on it has librdkafka
//! ask for it, and so the brokers create it with their own settings. Invariant:
//! from the first record taken on this is a [`ProducerSink`] and nothing more.

use std::sync::Arc;
use std::time::Duration;

use websocket_source::buffer::Batch;
use websocket_source::sink::{Delivery, Sink, SinkError};

use super::creation::{Gate, Passage, TopicCreator};
use super::lane::Lane;
use super::native::Topic;
use super::sink::ProducerSink;

/// See the module's documentation.
pub(super) struct CreatingSink {
    closed: Option<Closed>,
    open: Option<ProducerSink>,
    delivery: Arc<Delivery>,
}

/// What becomes a sink once the topic is there.
struct Closed {
    lane: Lane,
    topic: String,
    gate: Gate,
}

impl CreatingSink {
    pub(super) fn new(lane: Lane, topic: &str, creator: Option<Arc<TopicCreator>>) -> Self {
        let delivery = Arc::clone(&lane.delivery);
        let gate = Gate::new(creator, Arc::clone(&delivery));
        let topic = topic.to_owned();
        Self {
            closed: Some(Closed { lane, topic, gate }),
            open: None,
            delivery,
        }
    }
}

impl Closed {
    fn open(self) -> Result<ProducerSink, SinkError> {
        let topic = Topic::new(&self.lane.producer.native, &self.topic).map_err(|text| {
            SinkError::Rejected {
                code: "INVALID_TOPIC_EXCEPTION".to_owned(),
                text,
            }
        })?;
        Ok(ProducerSink {
            lane: self.lane,
            topic,
        })
    }
}

impl Sink for CreatingSink {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        if let Some(sink) = &mut self.open {
            return sink.offer(batch);
        }
        let Some(mut closed) = self.closed.take() else {
            // A topic that the producer has refused; the task has ended by it.
            return Ok(0);
        };
        match closed.gate.ask(&closed.topic) {
            Ok(Passage::Open) => self.open.insert(closed.open()?).offer(batch),
            Ok(Passage::Wait) => {
                self.closed = Some(closed);
                Ok(0)
            }
            Err(error) => {
                self.closed = Some(closed);
                Err(error)
            }
        }
    }

    fn has_room(&self, records: usize, bytes: usize) -> bool {
        match (&self.open, &self.closed) {
            (Some(sink), _) => sink.has_room(records, bytes),
            // The first offer has the topic looked for.
            (None, Some(closed)) => !closed.gate.is_waiting(),
            (None, None) => false,
        }
    }

    fn flush(&mut self, within: Duration) {
        if let Some(sink) = &mut self.open {
            sink.flush(within);
        }
    }

    fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }
}
