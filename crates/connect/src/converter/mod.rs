//! Converters: how Connect's data becomes the bytes of a Kafka record
//! (`org.apache.kafka.connect.storage.Converter` and `HeaderConverter`).
//!
//! Only the direction from Connect to Kafka is here, which is all that a source
//! needs, and [`parse_json`] for messages that are JSON. Invariants: a
//! converter has no state that a record changes; it appends to the caller's
//! buffer, so that a plain text costs no allocation of its own; after an error
//! the buffer is as it was.

mod class;
mod json;
mod primitive;
mod simple_header;
mod string;

use std::fmt::Debug;

pub use class::{
    CONVERTERS, HEADER_CONVERTERS, config_def, create, create_header, full_name, header_full_name,
};
pub use json::parse_json;

use crate::data::{Kind, Schema, Value};
use crate::record::DataError;

/// Turns keys or values into bytes (`Converter`).
pub trait Converter: Send + Sync + Debug {
    /// Appends the bytes of a value to `out`; false if the record has none,
    /// which is Kafka's null.
    ///
    /// # Errors
    /// The value or its schema is not what the converter is for. `out` is then
    /// as it was.
    fn append(
        &self,
        topic: &str,
        schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError>;

    /// Whether a value of this type, with a schema of the same, always goes
    /// through as the bytes that it is, so that nobody need call the converter.
    fn is_identity(&self, kind: Kind) -> bool {
        let _ = kind;
        false
    }

    /// The bytes of a value; `None` is Kafka's null
    /// (`Converter.fromConnectData`).
    ///
    /// # Errors
    /// As [`Converter::append`].
    #[expect(clippy::wrong_self_convention, reason = "Kafka's name")]
    fn from_connect_data(
        &self,
        topic: &str,
        schema: Option<&Schema>,
        value: &Value,
    ) -> Result<Option<Vec<u8>>, DataError> {
        let mut out = Vec::new();
        let there = self.append(topic, schema, value, &mut out)?;
        Ok(there.then_some(out))
    }
}

/// Turns the values of headers into bytes (`HeaderConverter`).
pub trait HeaderConverter: Send + Sync + Debug {
    /// The bytes of the header's value; `None` is Kafka's null
    /// (`HeaderConverter.fromConnectHeader`).
    ///
    /// # Errors
    /// The value or its schema is not what the converter is for.
    #[expect(clippy::wrong_self_convention, reason = "Kafka's name")]
    fn from_connect_header(
        &self,
        topic: &str,
        header: &str,
        schema: Option<&Schema>,
        value: &Value,
    ) -> Result<Option<Vec<u8>>, DataError>;
}

/// As in Kafka, each converter is for headers too and treats them as values.
impl<C: Converter> HeaderConverter for C {
    fn from_connect_header(
        &self,
        topic: &str,
        _header: &str,
        schema: Option<&Schema>,
        value: &Value,
    ) -> Result<Option<Vec<u8>>, DataError> {
        self.from_connect_data(topic, schema, value)
    }
}
