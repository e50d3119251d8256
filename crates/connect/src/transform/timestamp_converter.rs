//! Gives timestamps another form: text, a number since the epoch, or Connect's
//! date, time and timestamp
//! (`org.apache.kafka.connect.transforms.TimestampConverter`).

use std::sync::Arc;

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null};
use super::side::{Side, entry, put, require_map, require_struct};
use super::timestamp_type::{Converter, Form, Precision};
use crate::config::{
    ConfigDef, ConfigKey, Default, Importance, Settings, Type, required_text, validators,
};
use crate::data::{Kind, Schema, SchemaBuilder, Struct, Value};
use crate::java::DateFormat;
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "converting timestamp formats";

pub(super) fn config_def() -> ConfigDef {
    let text = |name: &str, default: &str, importance, doc: &str| {
        let default = Default::Text(default.to_owned());
        ConfigKey::new(name, Type::String, default, importance, doc)
    };
    let target = required_text(
        "target.type",
        Importance::High,
        "The form that timestamps get: string, unix, Date, Time or Timestamp.",
    );
    ConfigDef::default()
        .define(text(
            "field",
            "",
            Importance::High,
            "The field with the timestamp; empty if it is the whole key or value.",
        ))
        .define(target.valid(validators::one_of(&[
            "string",
            "unix",
            "Date",
            "Time",
            "Timestamp",
        ])))
        .define(text(
            "format",
            "",
            Importance::Medium,
            "How timestamps are written as text, read or made: a pattern of Java's SimpleDateFormat.",
        ))
        .define(
            text(
                "unix.precision",
                "milliseconds",
                Importance::Low,
                "The unit of timestamps that are numbers, read or made: seconds, milliseconds, microseconds or nanoseconds. What is finer than a millisecond is lost.",
            )
            .valid(validators::one_of(&[
                "nanoseconds",
                "microseconds",
                "milliseconds",
                "seconds",
            ])),
        )
        .define(replace_null())
}

/// See the module.
#[derive(Debug)]
pub(super) struct TimestampConverter {
    side: Side,
    field: String,
    converter: Converter,
    /// Of what is converted: the required and the optional one.
    schemas: [Arc<Schema>; 2],
    replace_null: bool,
    cache: SchemaCache,
}

impl TimestampConverter {
    pub(super) fn create(side: Side, settings: &Settings) -> Result<Self, String> {
        let target = Form::named(settings.required("target.type"));
        // It is trimmed, so that blank is empty.
        let pattern = settings.required("format");
        if target == Form::Text && pattern.is_empty() {
            return Err("TimestampConverter requires format option to be specified when using string timestamps".to_owned());
        }
        let format = if pattern.is_empty() {
            None
        } else {
            // Kafka takes its own message for a setting's name here.
            let format = DateFormat::new(pattern).map_err(|why| {
                format!(
                    "Invalid value java.lang.IllegalArgumentException: {why} for configuration TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: {pattern}"
                )
            })?;
            Some(format)
        };
        Ok(Self {
            side,
            field: settings.required("field").to_owned(),
            converter: Converter {
                target,
                format,
                precision: Precision::named(settings.required("unix.precision")),
            },
            schemas: [false, true].map(|optional| Arc::new(target.schema(optional))),
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        })
    }

    fn target_schema(&self, source: &Schema) -> Arc<Schema> {
        self.schemas[usize::from(source.optional)].clone()
    }

    fn with_schema(
        &self,
        schema: &Arc<Schema>,
        value: &Value,
    ) -> Result<(Arc<Schema>, Value), DataError> {
        if self.field.is_empty() {
            let form = Form::of_schema(schema)?;
            let converted = self.converter.convert(value, Some(form))?;
            return Ok((self.target_schema(schema), converted));
        }
        let content = match value {
            Value::Null => None,
            value => Some(require_struct(value, PURPOSE)?),
        };
        let updated = self.cache.get(schema, |schema| self.schema(schema))?;
        let value = match content {
            Some(content) => Value::Struct(self.convert_field(content, updated.clone())?),
            None => Value::Null,
        };
        Ok((updated, value))
    }

    fn schema(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        let mut builder = SchemaBuilder::like(schema, Kind::Struct);
        for field in schema.struct_fields()? {
            let changed = if field.name == self.field {
                self.target_schema(&field.schema)
            } else {
                field.schema.clone()
            };
            builder.field(&field.name, changed)?;
        }
        builder = builder.optional(schema.optional);
        if let Some(Value::Struct(default)) = schema.default.as_deref() {
            let so_far = Arc::new(builder.schema().clone());
            builder = builder.default(Value::Struct(self.convert_field(default, so_far)?))?;
        }
        Ok(builder.build())
    }

    fn convert_field(&self, old: &Struct, schema: Arc<Schema>) -> Result<Struct, DataError> {
        let mut new = Struct::empty(schema)?;
        for (at, field) in old.schema.fields.iter().enumerate() {
            let value = old.value_at(at, self.replace_null);
            let value = if field.name == self.field {
                let form = Form::of_schema(&field.schema)?;
                self.converter.convert(value, Some(form))?
            } else {
                value.clone()
            };
            new.put(&field.name, value)?;
        }
        Ok(new)
    }
}

impl Transform for TimestampConverter {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        let schema = self.side.schema(&record).cloned();
        let value = self.side.take(&mut record);
        let (schema, value) = match schema {
            Some(schema) => {
                let (schema, value) = self.with_schema(&schema, &value)?;
                (Some(schema), value)
            }
            None if value.is_null() || self.field.is_empty() => {
                (None, self.converter.convert(&value, None)?)
            }
            None => {
                let mut entries = require_map(value, PURPOSE)?;
                let converted = self.converter.convert(entry(&entries, &self.field), None)?;
                put(&mut entries, &self.field, converted);
                (None, Value::Map(entries))
            }
        };
        Ok(Some(self.side.with(record, schema, value)))
    }
}
