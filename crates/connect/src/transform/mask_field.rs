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
    replacement: Option<String>,
    replace_null: bool,
}

impl MaskField {
    pub(super) fn create(side: Side, settings: &Settings) -> Self {
        Self {
            side,
            fields: hash_set_order(settings.list("fields")),
            replacement: settings.text("replacement").map(str::to_owned),
            replace_null: settings.flag(REPLACE_NULL),
        }
    }

    fn masked(&self, value: &Value) -> Result<Value, DataError> {
        match &self.replacement {
            _ if value.is_null() => Ok(Value::Null),
            None => zero(value),
            Some(replacement) => replaced(value, replacement),
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

fn replaced(value: &Value, replacement: &str) -> Result<Value, DataError> {
    let decimal = || parse_decimal(replacement).map(Value::Decimal);
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    let made = match value {
        Value::String(_) => return Ok(Value::text(replacement)),
        Value::Int8(_) => decimal()
            .and_then(|n| narrow(&n))
            .map(|n| Value::Int8(n as i8)),
        Value::Int16(_) => decimal()
            .and_then(|n| narrow(&n))
            .map(|n| Value::Int16(n as i16)),
        Value::Int32(_) => decimal().and_then(|n| narrow(&n)).map(Value::Int32),
        Value::Int64(_) => decimal().and_then(|n| to_long(&n)).map(Value::Int64),
        Value::Float32(_) => decimal()
            .and_then(|n| to_double(&n))
            .map(|n| Value::Float32(n as f32)),
        Value::Float64(_) => decimal().and_then(|n| to_double(&n)).map(Value::Float64),
        Value::Decimal(_) => {
            return decimal().ok_or_else(|| {
                DataError::data(format!(
                    "Unable to convert {replacement} (class java.lang.String) to number"
                ))
            });
        }
        _ => {
            return Err(DataError::data(format!(
                "Cannot mask value of type {} with custom replacement.",
                class_text(value)
            )));
        }
    };
    made.ok_or_else(|| {
        DataError::data(format!(
            "Unable to convert {replacement} (class java.lang.String) to a number"
        ))
    })
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
            let mut new = Struct::empty(old.schema.clone())?;
            for (at, field) in old.schema.fields.iter().enumerate() {
                let value = old.value_at(at, self.replace_null);
                let value = if self.fields.contains(&field.name) {
                    self.masked(value)?
                } else {
                    value.clone()
                };
                new.put_at(at, value)?;
            }
            Value::Struct(new)
        };
        Ok(Some(self.side.with(record, schema, value)))
    }
}
