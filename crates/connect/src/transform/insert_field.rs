//! Adds fields of what is known about a record, or of a fixed text
//! (`org.apache.kafka.connect.transforms.InsertField`).

use std::sync::Arc;

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null};
use super::side::{Side, put, require_map, require_struct};
use crate::config::{ConfigDef, ConfigKey, Default, Importance, Settings, Type};
use crate::data::{Kind, Schema, SchemaBuilder, Struct, Value, logical};
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "field insertion";

pub(super) fn config_def() -> ConfigDef {
    let text = |name: &str, doc: String| {
        ConfigKey::new(name, Type::String, Default::Null, Importance::Medium, doc)
    };
    let field = |name: &str, what: &str| {
        text(
            name,
            format!(
                "The field for {what}; with ! at its end it is a required field, with ? or neither an optional one."
            ),
        )
    };
    ConfigDef::default()
        .define(field("topic.field", "the topic's name"))
        .define(field("partition.field", "the partition"))
        .define(field(
            "offset.field",
            "the offset, which only records of sink connectors have",
        ))
        .define(field("timestamp.field", "the timestamp"))
        .define(field("static.field", "the text of static.value"))
        .define(text(
            "static.value",
            "The text for static.field.".to_owned(),
        ))
        .define(replace_null())
}

/// A field that is added.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    optional: bool,
}

impl Field {
    fn parse(spec: &str) -> Self {
        let name = spec.strip_suffix(['?', '!']).unwrap_or(spec);
        Self {
            name: name.to_owned(),
            optional: !spec.ends_with('!'),
        }
    }
}

/// What a field is filled with.
#[derive(Clone, Debug)]
enum Content {
    Topic,
    Partition,
    Offset,
    Timestamp,
    Static(String),
}

/// See the module.
#[derive(Debug)]
pub(super) struct InsertField {
    side: Side,
    fields: Vec<(Field, Content)>,
    replace_null: bool,
    cache: SchemaCache,
}

impl InsertField {
    pub(super) fn create(side: Side, settings: &Settings) -> Result<Self, String> {
        let mut fields = Vec::new();
        for (name, content) in [
            ("topic.field", Content::Topic),
            ("partition.field", Content::Partition),
            ("offset.field", Content::Offset),
            ("timestamp.field", Content::Timestamp),
        ] {
            if let Some(spec) = settings.text(name) {
                fields.push((Field::parse(spec), content));
            }
        }
        if let Some(spec) = settings.text("static.field") {
            let field = Field::parse(spec);
            let Some(value) = settings.text("static.value") else {
                return Err(format!(
                    "Invalid value null for configuration static.value: No value specified for static field: {}",
                    field.name
                ));
            };
            fields.push((field, Content::Static(value.to_owned())));
        }
        if fields.is_empty() {
            return Err("No field insertion configured".to_owned());
        }
        Ok(Self {
            side,
            fields,
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        })
    }

    fn schema(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        let mut builder = SchemaBuilder::like(schema, Kind::Struct);
        for field in &schema.fields {
            builder.field(&field.name, field.schema.clone())?;
        }
        for (field, content) in &self.fields {
            let mut schema = Schema::new(match content {
                Content::Topic | Content::Static(_) => Kind::String,
                Content::Partition => Kind::Int32,
                Content::Offset | Content::Timestamp => Kind::Int64,
            });
            if matches!(content, Content::Timestamp) {
                schema.name = Some(logical::TIMESTAMP.to_owned());
                schema.version = Some(1);
            }
            schema.optional = field.optional;
            builder.field(&field.name, Arc::new(schema))?;
        }
        Ok(builder.build())
    }
}

/// What the field is filled with, `None` if the record does not have it.
fn content(content: &Content, record: &Record) -> Result<Option<Value>, DataError> {
    Ok(match content {
        Content::Topic => Some(Value::text(record.topic.as_str())),
        Content::Partition => record.partition.map(Value::Int32),
        Content::Timestamp => record.timestamp_ms.map(Value::Int64),
        Content::Static(text) => Some(Value::text(text.as_str())),
        Content::Offset => {
            return Err(DataError::data(format!(
                "Only SinkRecord supported for [{PURPOSE}], found: org.apache.kafka.connect.source.SourceRecord"
            )));
        }
    })
}

impl Transform for InsertField {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        if self.side.value(&record).is_null() {
            return Ok(Some(record));
        }
        if self.side.schema(&record).is_none() {
            let mut entries = require_map(self.side.take(&mut record), PURPOSE)?;
            for (field, what) in &self.fields {
                if let Some(value) = content(what, &record)? {
                    put(&mut entries, &field.name, value);
                }
            }
            return Ok(Some(self.side.with(record, None, Value::Map(entries))));
        }
        let old = require_struct(self.side.value(&record), PURPOSE)?;
        let updated = self.cache.get(&old.schema, |schema| self.schema(schema))?;
        let mut new = Struct::empty(updated.clone())?;
        for (at, field) in old.schema.fields.iter().enumerate() {
            new.put(&field.name, old.value_at(at, self.replace_null).clone())?;
        }
        for (field, what) in &self.fields {
            match content(what, &record)? {
                Some(Value::Int64(ms)) => new.put(&field.name, Value::Date(ms))?,
                Some(value) => new.put(&field.name, value)?,
                None => {}
            }
        }
        Ok(Some(self.side.with(
            record,
            Some(updated),
            Value::Struct(new),
        )))
    }
}
