//! Replaces fields with the zero of their type, or with a fixed value
//! (`org.apache.kafka.connect.transforms.MaskField`).

use super::settings::{REPLACE_NULL, replace_null, required_list};
use super::side::{Side, entry, put, require_map, require_struct};
use crate::config::{ConfigDef, ConfigKey, Default, Importance, Settings, Type, validators};
use crate::data::{Decimal, Struct, Value};
use crate::java::{class_text, hash_set_order, narrow, parse_decimal, to_double, to_long};
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "mask fields";

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default()
        .define(required_list("fields", "Names of the fields to mask."))
        .define(
            ConfigKey::new(
                "replacement",
                Type::String,
                Default::Null,
                Importance::Low,
                "What the fields are replaced with; only for numbers and texts, and not empty.",
            )
            .valid(validators::non_empty_string),
        )
        .define(replace_null())
}

/// See the module.
#[derive(Debug)]
pub(super) struct MaskField {
    side: Side,
    /// In the order in which Java masks them.
    fields: Vec<String>,
    replacement: Option<Replacement>,
    replace_null: bool,
}

impl MaskField {
    pub(super) fn create(side: Side, settings: &Settings) -> Self {
        Self {
            side,
            fields: hash_set_order(settings.list("fields")),
            replacement: settings.text("replacement").map(Replacement::new),
            replace_null: settings.flag(REPLACE_NULL),
        }
    }

    fn masked(&self, value: &Value) -> Result<Value, DataError> {
        match &self.replacement {
            _ if value.is_null() => Ok(Value::Null),
            None => zero(value),
            Some(replacement) => replacement.instead_of(value),
        }
    }
}

fn zero(value: &Value) -> Result<Value, DataError> {
    Ok(match value {
        Value::Boolean(_) => Value::Boolean(false),
        Value::Int8(_) => Value::Int8(0),
        Value::Int16(_) => Value::Int16(0),
        Value::Int32(_) => Value::Int32(0),
        Value::Int64(_) => Value::Int64(0),
        Value::Float32(_) => Value::Float32(0.0),
        Value::Float64(_) => Value::Float64(0.0),
        Value::Decimal(_) => Value::Decimal(Decimal {
            unscaled: 0.into(),
            scale: 0,
        }),
        Value::Date(_) => Value::Date(0),
        Value::String(_) => Value::text(""),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Map(_) => Value::Map(Vec::new()),
        Value::Null | Value::Bytes(_) | Value::Struct(_) => {
            let class = class_text(value);
            return Err(DataError::data(format!(
                "Cannot mask value of type: {class}"
            )));
        }
    })
}

/// What fields are replaced with.
#[derive(Debug)]
struct Replacement {
    text: String,
    /// The same as a decimal, if it is a number.
    number: Option<Value>,
}

impl Replacement {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            number: parse_decimal(text).map(Value::Decimal),
        }
    }

    fn instead_of(&self, value: &Value) -> Result<Value, DataError> {
        let number = self.number.as_ref();
        #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
        let made = match value {
            Value::String(_) => return Ok(Value::text(self.text.as_str())),
            Value::Int8(_) => number.and_then(narrow).map(|n| Value::Int8(n as i8)),
            Value::Int16(_) => number.and_then(narrow).map(|n| Value::Int16(n as i16)),
            Value::Int32(_) => number.and_then(narrow).map(Value::Int32),
            Value::Int64(_) => number.and_then(to_long).map(Value::Int64),
            Value::Float32(_) => number.and_then(to_double).map(|n| Value::Float32(n as f32)),
            Value::Float64(_) => number.and_then(to_double).map(Value::Float64),
            Value::Decimal(_) => return number.cloned().ok_or_else(|| self.refused("number")),
            _ => {
                return Err(DataError::data(format!(
                    "Cannot mask value of type {} with custom replacement.",
                    class_text(value)
                )));
            }
        };
        made.ok_or_else(|| self.refused("a number"))
    }

    fn refused(&self, what: &str) -> DataError {
        DataError::data(format!(
            "Unable to convert {} (class java.lang.String) to {what}",
            self.text
        ))
    }
}

impl Transform for MaskField {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        let schema = self.side.schema(&record).cloned();
        let value = if schema.is_none() {
            let mut entries = require_map(self.side.take(&mut record), PURPOSE)?;
            for field in &self.fields {
                let masked = self.masked(entry(&entries, field))?;
                put(&mut entries, field, masked);
            }
            Value::Map(entries)
        } else {
            let old = require_struct(self.side.value(&record), PURPOSE)?;
            Value::Struct(Struct::of(&old.schema, |at, field| {
                let value = old.value_at(at, self.replace_null);
                if self.fields.contains(&field.name) {
                    self.masked(value)
                } else {
                    Ok(value.clone())
                }
            })?)
        };
        Ok(Some(self.side.with(record, schema, value)))
    }
}
