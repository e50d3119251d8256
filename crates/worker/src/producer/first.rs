//! A sink whose only topic is to be created before its first record.
//!
//! The producer must not know the topic before: a handle on it has librdkafka
//! ask for it, and so the brokers create it with their own settings. Invariant:
//! from the first record taken on this is a [`ProducerSink`] and nothing more.

use std::mem;
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
    state: State,
    delivery: Arc<Delivery>,
}

enum State {
    /// The topic is looked for, or will be by the first offer.
    Closed(Closed),
    Open(ProducerSink),
    /// The producer has refused the topic; the task ends by that.
    Refused,
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
            state: State::Closed(Closed { lane, topic, gate }),
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
        Ok(ProducerSink::new(self.lane, topic))
    }
}

impl Sink for CreatingSink {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        if let State::Closed(closed) = &mut self.state {
            if closed.gate.ask(&closed.topic)? == Passage::Wait {
                return Ok(0);
            }
            if let State::Closed(closed) = mem::replace(&mut self.state, State::Refused) {
                self.state = State::Open(closed.open()?);
            }
        }
        match &mut self.state {
            State::Open(sink) => sink.offer(batch),
            State::Closed(_) | State::Refused => Ok(0),
        }
    }

    fn has_room(&self, records: usize, bytes: usize) -> bool {
        match &self.state {
            State::Open(sink) => sink.has_room(records, bytes),
            // The first offer has the topic looked for.
            State::Closed(closed) => !closed.gate.is_waiting(),
            State::Refused => false,
        }
    }

    fn begins_at(&mut self) -> Option<u64> {
        match &mut self.state {
            State::Open(sink) => sink.begins_at(),
            State::Closed(closed) => closed.lane.begins_at(),
            State::Refused => None,
        }
    }

    fn skip(&mut self, count: u64) -> bool {
        match &mut self.state {
            State::Open(sink) => sink.skip(count),
            // Nothing has been numbered before the first offer.
            State::Closed(closed) => closed.lane.skip(count),
            State::Refused => false,
        }
    }

    fn flush(&mut self, within: Duration) {
        if let State::Open(sink) = &mut self.state {
            sink.flush(within);
        }
    }

    fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }

    fn rewound(&mut self) -> Option<u64> {
        match &mut self.state {
            State::Open(sink) => sink.rewound(),
            State::Closed(closed) => closed.lane.rewound().map(|(to, _)| to),
            State::Refused => None,
        }
    }
}
