//! From a message to a Kafka record: Connect's transforms and converters.
//!
//! A connector without transforms whose converter leaves values as they are
//! has no mapping: its messages go into the producer in one call. The others
//! go through here one by one. Invariants: a record is mapped whole or not at
//! all; what is wrong with one is judged by `errors.tolerance`.

mod oversize;
mod tolerance;
mod written;

use std::sync::Arc;

use connect_api::chain::Chain;
use connect_api::converter::{Converter, HeaderConverter, parse_json};
use connect_api::data::{Kind, Schema, Value};
use connect_api::record::{DataError, Record};
use websocket_source::dead_letter::Header;
use websocket_source::frames::Kind as MessageKind;
use websocket_source::settings::ValueFormat;

pub use oversize::Verdict;
pub use tolerance::{ErrorCounts, ErrorHandler, Failure, Tolerance};
pub use written::WrittenTopics;

/// Where a record was when something went wrong (`Stage`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A transform.
    Transformation,
    /// `key.converter`.
    KeyConverter,
    /// `value.converter`, or the reading of a JSON message.
    ValueConverter,
    /// `header.converter`.
    HeaderConverter,
}

impl Stage {
    /// Connect's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transformation => "TRANSFORMATION",
            Self::KeyConverter => "KEY_CONVERTER",
            Self::ValueConverter => "VALUE_CONVERTER",
            Self::HeaderConverter => "HEADER_CONVERTER",
        }
    }
}

/// Why a message does not become a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError {
    /// Where.
    pub stage: Stage,
    /// The class that refused it.
    pub class: &'static str,
    /// Why.
    pub error: DataError,
}

/// A record as Kafka stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Where it goes.
    pub topic: String,
    /// The partition, if a transform has set one.
    pub partition: Option<i32>,
    /// Key bytes.
    pub key: Option<Vec<u8>>,
    /// Value bytes; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Milliseconds since the epoch.
    pub timestamp_ms: Option<i64>,
    /// Names and values in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A dead letter's headers as those of a record.
pub fn record_headers(headers: Vec<Header>) -> Vec<(String, Option<Vec<u8>>)> {
    let headers = headers.into_iter();
    headers
        .map(|(name, text)| (name.to_owned(), Some(text.into_bytes())))
        .collect()
}

/// What a connector's messages go through.
#[derive(Debug)]
pub struct Mapping {
    /// `kafka.topic`.
    pub topic: String,
    /// `websocket.value.format`.
    pub format: ValueFormat,
    /// `transforms`.
    pub chain: Chain,
    /// `key.converter`.
    pub key: Box<dyn Converter>,
    /// Its class, for messages and dead letters.
    pub key_class: &'static str,
    /// `value.converter`.
    pub value: Box<dyn Converter>,
    /// Its class likewise.
    pub value_class: &'static str,
    /// `header.converter`.
    pub header: Box<dyn HeaderConverter>,
    /// Its class likewise.
    pub header_class: &'static str,
}

static STRING: std::sync::LazyLock<Arc<Schema>> =
    std::sync::LazyLock::new(|| Arc::new(Schema::new(Kind::String)));
static BYTES: std::sync::LazyLock<Arc<Schema>> =
    std::sync::LazyLock::new(|| Arc::new(Schema::new(Kind::Bytes)));

impl Mapping {
    /// Whether messages become records as they are, so that nothing need be
    /// done with each.
    pub fn is_identity(&self) -> bool {
        let kind = match self.format {
            ValueFormat::String => Kind::String,
            ValueFormat::Bytes => Kind::Bytes,
            ValueFormat::Json => return false,
        };
        self.chain.is_empty() && self.value.is_identity(kind)
    }

    /// Maps a message received at `timestamp_ms`; `None` if a transform has
    /// dropped it.
    ///
    /// # Errors
    /// Where and why it cannot be mapped.
    pub fn apply(
        &self,
        kind: MessageKind,
        message: &[u8],
        timestamp_ms: i64,
    ) -> Result<Option<Mapped>, MappingError> {
        let record = self.record(kind, message, timestamp_ms)?;
        let record = match self.chain.apply(record) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            Err(refusal) => {
                return Err(MappingError {
                    stage: Stage::Transformation,
                    class: refusal.class,
                    error: refusal.error,
                });
            }
        };
        self.convert(record).map(Some)
    }

    fn value_error(&self, error: DataError) -> MappingError {
        MappingError {
            stage: Stage::ValueConverter,
            class: self.value_class,
            error,
        }
    }

    fn record(
        &self,
        kind: MessageKind,
        message: &[u8],
        timestamp_ms: i64,
    ) -> Result<Record, MappingError> {
        let text = match kind {
            // A message of this kind is UTF-8: the core has seen to it.
            MessageKind::Text => std::str::from_utf8(message).ok(),
            MessageKind::Binary => None,
        };
        let (value_schema, value) = match (self.format, text) {
            (ValueFormat::Bytes, _) | (_, None) => {
                (Some(Arc::clone(&BYTES)), Value::Bytes(message.to_vec()))
            }
            (ValueFormat::Json, Some(text)) => {
                let value = parse_json(text).map_err(|error| self.value_error(error))?;
                (None, value)
            }
            (ValueFormat::String, Some(text)) => (Some(Arc::clone(&STRING)), Value::text(text)),
        };
        Ok(Record {
            topic: self.topic.clone(),
            partition: None,
            key_schema: None,
            key: Value::Null,
            value_schema,
            value,
            timestamp_ms: Some(timestamp_ms),
            headers: Vec::new(),
        })
    }

    fn convert(&self, record: Record) -> Result<Mapped, MappingError> {
        let topic = &record.topic;
        let key = self
            .key
            .from_connect_data(topic, record.key_schema.as_deref(), &record.key)
            .map_err(|error| MappingError {
                stage: Stage::KeyConverter,
                class: self.key_class,
                error,
            })?;
        let value = self
            .value
            .from_connect_data(topic, record.value_schema.as_deref(), &record.value)
            .map_err(|error| self.value_error(error))?;
        let mut headers = Vec::with_capacity(record.headers.len());
        for header in &record.headers {
            let schema = header.schema.as_deref();
            let bytes = self
                .header
                .from_connect_header(topic, &header.key, schema, &header.value)
                .map_err(|error| MappingError {
                    stage: Stage::HeaderConverter,
                    class: self.header_class,
                    error,
                })?;
            headers.push((header.key.clone(), bytes));
        }
        Ok(Mapped {
            partition: record.partition,
            key,
            value,
            timestamp_ms: record.timestamp_ms,
            headers,
            topic: record.topic,
        })
    }
}

#[cfg(test)]
mod tests;
