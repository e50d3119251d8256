//! Adds a header with a fixed value
//! (`org.apache.kafka.connect.transforms.InsertHeader`, KIP-145).

use std::sync::Arc;

use crate::config::{ConfigDef, Importance, Settings, required_text, validators};
use crate::data::{Schema, Value, parse_string};
use crate::record::{DataError, Header, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    let text = |name: &str, doc: &str| {
        required_text(name, Importance::High, doc).valid(validators::non_null)
    };
    ConfigDef::default()
        .define(text("header", "The header's name."))
        .define(text(
            "value.literal",
            "The header's value: what looks like a number, a date, a list or a map becomes one.",
        ))
}

/// See the module.
#[derive(Debug)]
pub(super) struct InsertHeader {
    header: String,
    schema: Option<Arc<Schema>>,
    value: Value,
}

impl InsertHeader {
    pub(super) fn create(settings: &Settings) -> Self {
        let (schema, value) = parse_string(settings.required("value.literal"));
        Self {
            header: settings.required("header").to_owned(),
            schema,
            value,
        }
    }
}

impl Transform for InsertHeader {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        record.headers.push(Header {
            key: self.header.clone(),
            schema: self.schema.clone(),
            value: self.value.clone(),
        });
        Ok(Some(record))
    }
}
