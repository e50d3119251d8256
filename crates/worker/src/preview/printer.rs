//! The sink of a preview: maps messages as the worker does, and prints the
//! records.
//!
//! Invariants: a record that is its value alone is printed as that; another
//! is printed as `consume` prints it with the flags for what it has, its topic
//! before all. What becomes of a message that is no record is told on the
//! standard error.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Timestamp;
use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};
use tokio::sync::mpsc;
use websocket_source::buffer::{Batch, Received};
use websocket_source::frames::Kind;
use websocket_source::metrics::Histogram;
use websocket_source::sink::{Delivery, LeftOut, Sink, SinkError};

use crate::consume::Print;
use crate::mapping::{Mapped, Mapping, MappingError, Tolerance};
use crate::validation::Plan;

/// Writes records to the standard output.
pub(super) struct Printer {
    mapping: Option<Arc<Mapping>>,
    tolerance: Tolerance,
    /// The connector's file, which messages about it begin with.
    file: String,
    /// Records that are still wanted.
    left: u64,
    /// Messages taken.
    taken: u64,
    full: mpsc::Sender<()>,
    delivery: Arc<Delivery>,
}

impl Printer {
    /// Prints up to `max_messages` records, and tells `full` when no more are
    /// wanted.
    pub(super) fn new(
        plan: &Plan,
        file: &Path,
        max_messages: Option<u64>,
        full: mpsc::Sender<()>,
    ) -> Self {
        Self {
            mapping: plan.mapping.clone(),
            tolerance: plan.tolerance.clone(),
            file: file.display().to_string(),
            left: max_messages.unwrap_or(u64::MAX),
            taken: 0,
            full,
            delivery: Arc::new(Delivery::new(Arc::new(Histogram::default()))),
        }
    }

    /// Prints what a message becomes; whether that is a record.
    fn print(
        &self,
        out: &mut dyn Write,
        (kind, message): (Kind, &[u8]),
        received: Received,
    ) -> Result<io::Result<bool>, SinkError> {
        let Some(mapping) = &self.mapping else {
            let written = out.write_all(message).and_then(|()| out.write_all(b"\n"));
            return Ok(written.map(|()| true));
        };
        match mapping.apply(kind, message, received.at_ms) {
            Ok(Some(mapped)) => {
                Ok(write(out, &mapped, &mapping.topic, received.at_ms).map(|()| true))
            }
            Ok(None) => Ok(Ok(false)),
            Err(error) if self.tolerance.all => {
                let topic = self.tolerance.dead_letter_topic.as_deref();
                eprintln!("{}: {}", self.file, fate(&error, topic));
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

/// Writes a record of a connector whose plain records go to `topic` with the
/// time of their receipt.
fn write(out: &mut dyn Write, mapped: &Mapped, topic: &str, received_ms: i64) -> io::Result<()> {
    if mapped.topic != topic {
        write!(out, "Topic:{}\t", mapped.topic)?;
    }
    // Headers and key have no names in front, so either would pass for the other.
    let has_more = mapped.key.is_some() || !mapped.headers.is_empty();
    let print = Print {
        timestamp: mapped.timestamp_ms != Some(received_ms),
        partition: mapped.partition.is_some(),
        headers: has_more,
        key: has_more,
        ..Print::default()
    };
    let mut headers = OwnedHeaders::new();
    for (key, value) in &mapped.headers {
        let value = value.as_ref();
        headers = headers.insert(Header { key, value });
    }
    let message = OwnedMessage::new(
        mapped.value.clone(),
        mapped.key.clone(),
        mapped.topic.clone(),
        mapped
            .timestamp_ms
            .map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
        mapped.partition.unwrap_or_default(),
        0,
        Some(headers),
    );
    print.write(out, &message)
}

impl Sink for Printer {
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError> {
        let mut out = io::stdout().lock();
        for message in batch.messages() {
            // What comes after the last record wanted is let go, or the end
            // would wait for it to be delivered.
            if self.left == 0 {
                break;
            }
            self.left = match self.print(&mut out, message, batch.received())? {
                Ok(is_record) => self.left - u64::from(is_record),
                // A reader that has gone away wants no more.
                Err(_) => 0,
            };
        }
        let (first, count) = (self.taken, batch.len() as u64);
        self.taken += count;
        self.delivery.taken(self.taken, batch.received().at);
        self.delivery.acknowledge(first, count);
        if self.left == 0 || out.flush().is_err() {
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

    // Everything is written at once.
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

    fn record() -> Mapped {
        Mapped {
            topic: "t".to_owned(),
            partition: None,
            key: None,
            value: Some(b"v".to_vec()),
            timestamp_ms: Some(5),
            headers: Vec::new(),
        }
    }

    fn printed(mapped: &Mapped) -> String {
        let mut out = Vec::new();
        write(&mut out, mapped, "t", 5).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn only_what_is_not_plain_is_printed_beside_the_value() {
        assert_eq!(printed(&record()), "v\n");
        let tombstone = Mapped {
            value: None,
            ..record()
        };
        assert_eq!(printed(&tombstone), "null\n");
        let keyed = Mapped {
            key: Some(b"k".to_vec()),
            ..record()
        };
        assert_eq!(printed(&keyed), "NO_HEADERS\tk\tv\n");
        let all = Mapped {
            topic: "u".to_owned(),
            partition: Some(3),
            timestamp_ms: Some(6),
            headers: vec![
                ("a".to_owned(), Some(b"1".to_vec())),
                ("b".to_owned(), None),
            ],
            ..record()
        };
        assert_eq!(
            printed(&all),
            "Topic:u\tCreateTime:6\tPartition:3\ta:1,b:null\tnull\tv\n"
        );
    }

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
