//! Prints the records of a preview.
//!
//! Invariants: a record that is its value alone is printed as that; another
//! is printed as `consume` prints it with the flags for what it has, its topic
//! before all. What becomes of a message that is no record is told on the
//! standard error.

use std::io::{self, Write};
use std::path::Path;

use rdkafka::Timestamp;
use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};

use super::sink::{Record, Show};
use crate::consume::Print;
use crate::mapping::Mapped;

/// Writes records to the standard output.
pub(super) struct Printer {
    /// The connector's file, which messages about it begin with.
    file: String,
}

impl Printer {
    /// A printer for the connector in `file`.
    pub(super) fn new(file: &Path) -> Self {
        let file = file.display().to_string();
        Self { file }
    }
}

impl Show for Printer {
    fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match record {
            Record::Plain { message, .. } => {
                out.write_all(message).and_then(|()| out.write_all(b"\n"))
            }
            Record::Mapped {
                record,
                topic,
                received_ms,
            } => write(&mut out, record, topic, *received_ms),
        }
    }

    fn left_out(&mut self, fate: String) {
        eprintln!("{}: {fate}", self.file);
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
