//! Makes the key of fields of the value
//! (`org.apache.kafka.connect.transforms.ValueToKey`).

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null, required_list};
use super::side::{entry, put, require_map_ref, require_struct};
use crate::config::{ConfigDef, Settings};
use crate::data::{Kind, SchemaBuilder, Struct, Value};
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "copying fields from value to key";

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default()
        .define(required_list(
            "fields",
            "Names of the value's fields that the key is made of.",
        ))
        .define(replace_null())
}

/// See the module.
#[derive(Debug)]
pub(super) struct ValueToKey {
    fields: Vec<String>,
    replace_null: bool,
    cache: SchemaCache,
}

impl ValueToKey {
    pub(super) fn create(settings: &Settings) -> Self {
        Self {
            fields: settings.list("fields").to_vec(),
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        }
    }
}

impl Transform for ValueToKey {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        if record.value_schema.is_none() {
            let entries = require_map_ref(&record.value, PURPOSE)?;
            let mut key = Vec::with_capacity(self.fields.len());
            for field in &self.fields {
                put(&mut key, field, entry(entries, field).clone());
            }
            (record.key_schema, record.key) = (None, Value::Map(key));
            return Ok(Some(record));
        }
        let content = require_struct(&record.value, PURPOSE)?;
        let schema = self.cache.get(&content.schema, |schema| {
            let mut builder = SchemaBuilder::new(Kind::Struct);
            for name in &self.fields {
                let Some((_, field)) = schema.field(name) else {
                    return Err(DataError::data(format!("Field does not exist: {name}")));
                };
                builder.field(name, field.schema.clone())?;
            }
            Ok(builder.build())
        })?;
        let mut key = Struct::empty(schema.clone())?;
        for name in &self.fields {
            key.put(name, content.value_of(name, self.replace_null)?.clone())?;
        }
        let value_schema = content.schema.clone();
        record.value_schema = Some(value_schema);
        (record.key_schema, record.key) = (Some(schema), Value::Struct(key));
        Ok(Some(record))
    }
}
