//! Source records, and what is done with them on their way.

use std::sync::Arc;

use crate::data::{Schema, Value};

/// A header of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Its name; several headers may have the same.
    pub key: String,
    /// What its value is, if that is known.
    pub schema: Option<Arc<Schema>>,
    /// Its value.
    pub value: Value,
}

/// A record as a source connector makes it (`SourceRecord`), without its
/// source partition and offset, which nothing on its way changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where it goes.
    pub topic: String,
    /// The partition, if it is not the producer's to choose.
    pub partition: Option<i32>,
    /// What the key is.
    pub key_schema: Option<Arc<Schema>>,
    /// The key; null for none.
    pub key: Value,
    /// What the value is.
    pub value_schema: Option<Arc<Schema>>,
    /// The value.
    pub value: Value,
    /// Milliseconds since the epoch.
    pub timestamp_ms: Option<i64>,
    /// In order.
    pub headers: Vec<Header>,
}

/// Why a record cannot be transformed or converted (`DataException` and its
/// kin); the text is the Java class's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DataError {
    /// The full name of the Java exception: what traces and dead-letter
    /// headers show.
    pub class: &'static str,
    /// What is wrong, in Kafka's words; may show parts of the record.
    pub message: String,
}

impl DataError {
    /// Another exception of Java's.
    pub fn of(class: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    /// An `org.apache.kafka.connect.errors.DataException`.
    pub fn data(message: impl Into<String>) -> Self {
        Self {
            class: "org.apache.kafka.connect.errors.DataException",
            message: message.into(),
        }
    }
}

/// Changes records one by one (`Transformation`).
pub trait Transform: Send + Sync + std::fmt::Debug {
    /// The changed record, or `None` if it is to be dropped.
    ///
    /// # Errors
    /// The record does not have what the transform needs.
    fn apply(&self, record: Record) -> Result<Option<Record>, DataError>;
}

/// Decides which records a transform is for (`Predicate`).
pub trait Predicate: Send + Sync + std::fmt::Debug {
    /// Whether it holds for a record.
    fn test(&self, record: &Record) -> bool;
}
