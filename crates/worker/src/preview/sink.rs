//! The sink of a preview: maps messages as the worker does, and shows the
//! records.
//!
//! Invariants: nothing is written to Kafka; what is taken is delivered at
//! once; after the last record that is wanted nothing is shown any more.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use websocket_source::buffer::{Batch, Received};
use websocket_source::frames::Kind;
use websocket_source::metrics::Histogram;
use websocket_source::sink::{Delivery, LeftOut, Sink, SinkError};

use crate::mapping::{Mapped, Mapping, MappingError, Tolerance};
use crate::validation::Plan;

/// What would be produced.
pub enum Record<'a> {
    /// A message as it is.
    Plain {
        /// Where it goes.
        topic: &'a str,
        /// Its bytes.
        message: &'a [u8],
    },
    /// What transforms and converters make of one.
    Mapped {
        /// The record.
        record: &'a Mapped,
        /// `kafka.topic`.
        topic: &'a str,
        /// When the message came, milliseconds since the epoch.
        received_ms: i64,
    },
}

/// Shows what would be produced.
pub trait Show: Send {
    /// Shows a record.
    ///
    /// # Errors
    /// Nobody looks any more.
    fn record(&mut self, record: &Record<'_>) -> io::Result<()>;

    /// Tells what would become of a message that is no record.
    fn left_out(&mut self, fate: String);

    /// Shows what has been held back.
    ///
    /// # Errors
    /// Nobody looks any more.
    fn flush(&mut self) -> io::Result<()>;
}

/// See the module's documentation.
pub struct PreviewSink {
    topic: String,
    mapping: Option<Arc<Mapping>>,
    tolerance: Tolerance,
    show: Box<dyn Show>,
    /// Records that are still wanted.
    left: u64,
    /// Messages taken.
    taken: u64,
    full: mpsc::Sender<()>,
    delivery: Arc<Delivery>,
}

impl PreviewSink {
    /// Shows up to `max_messages` records, and tells `full` when no more are
    /// wanted.
    pub fn new(
        plan: &Plan,
        show: Box<dyn Show>,
        max_messages: Option<u64>,
        full: mpsc::Sender<()>,
    ) -> Self {
        Self {
            topic: plan.source.topic.clone(),
            mapping: plan.mapping.clone(),
            tolerance: plan.tolerance.clone(),
            show,
            left: max_messages.unwrap_or(u64::MAX),
            taken: 0,
            full,
            delivery: Arc::new(Delivery::new(Arc::new(Histogram::default()))),
        }
    }

    /// Shows what a message becomes; whether that is a record.
    fn show(
        &mut self,
        (kind, message): (Kind, &[u8]),
        received: Received,
    ) -> Result<io::Result<bool>, SinkError> {
        let Some(mapping) = &self.mapping else {
            let topic = &self.topic;
            let shown = self.show.record(&Record::Plain { topic, message });
            return Ok(shown.map(|()| true));
        };
        match mapping.apply(kind, message, received.at_ms) {
            Ok(Some(record)) => {
                let record = Record::Mapped {
                    record: &record,
                    topic: &mapping.topic,
                    received_ms: received.at_ms,
                };
                Ok(self.show.record(&record).map(|()| true))
            }
            Ok(None) => Ok(Ok(false)),
            Err(error) if self.tolerance.all => {
                let topic = self.tolerance.dead_letter_topic.as_deref();
                self.show.left_out(fate(&error, topic));
                Ok(Ok(false))
            }
            Err(error) => Err(SinkError::Intolerable {
                class: error.error.class,
                text: error.error.message,
            }),
        }
    }
}

/// What becomes of a message that cannot be mapped and is tolerated.
fn fate(error: &MappingError, dead_letter_topic: Option<&str>) -> String {
    let fate = match dead_letter_topic {
        Some(topic) => format!("would go to the dead-letter topic {topic}"),
        None => "would be skipped".to_owned(),
    };
    let (stage, class) = (error.stage.name(), &error.class);
    let (exception, text) = (error.error.class, &error.error.message);
    format!("a message {fate}: stage {stage} with {class}: {exception}: {text}")
}

impl Sink for PreviewSink {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        for message in batch.messages() {
            // What comes after the last record wanted is let go, or the end
            // would wait for it to be delivered.
            if self.left == 0 {
                break;
            }
            self.left = match self.show(message, batch.received())? {
                Ok(is_record) => self.left - u64::from(is_record),
                // A reader that has gone away wants no more.
                Err(_) => 0,
            };
        }
        let (first, count) = (self.taken, batch.len() as u64);
        self.taken += count;
        self.delivery.taken(self.taken, batch.received().at);
        self.delivery.acknowledge(first, count);
        if self.left == 0 || self.show.flush().is_err() {
            self.left = 0;
            let _ = self.full.try_send(());
        }
        Ok(batch.len())
    }

    fn skip(&mut self, count: u64) -> bool {
        let first = self.taken;
        self.taken += count;
        self.delivery.taken(self.taken, Instant::now());
        self.delivery.leave_out(first, count, LeftOut::Skipped);
        true
    }

    fn has_room(&self, _records: usize, _bytes: usize) -> bool {
        true
    }

    // Everything is shown at once.
    fn flush(&mut self, _within: Duration) {}

    fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }
}

#[cfg(test)]
mod tests {
    use connect_api::record::DataError;

    use super::*;
    use crate::mapping::Stage;

    #[test]
    fn the_fate_of_a_message_names_where_it_failed_and_why() {
        let error = MappingError {
            stage: Stage::ValueConverter,
            class: "c.Converter",
            error: DataError::data("not so"),
        };
        let skipped = fate(&error, None);
        assert_eq!(
            skipped,
            "a message would be skipped: stage VALUE_CONVERTER with c.Converter: \
             org.apache.kafka.connect.errors.DataException: not so"
        );
        assert!(fate(&error, Some("dead")).contains("go to the dead-letter topic dead: stage"));
    }
}
