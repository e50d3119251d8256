//! Gives the schema of the key or value another name or version
//! (`org.apache.kafka.connect.transforms.SetSchemaMetadata`).
//!
//! As in Kafka 3.9 this is for structs only: for another schema Java throws
//! when it asks for its fields.

use std::sync::Arc;

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null};
use super::side::Side;
use crate::config::{ConfigDef, ConfigKey, Default, Importance, Settings, Type};
use crate::data::{Schema, Struct, Value};
use crate::record::{DataError, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    let key = |name: &str, kind, doc: &str| {
        ConfigKey::new(name, kind, Default::Null, Importance::High, doc)
    };
    ConfigDef::default()
        .define(key("schema.name", Type::String, "The schema's new name."))
        .define(key(
            "schema.version",
            Type::Int,
            "The schema's new version.",
        ))
        .define(replace_null())
}

/// See the module.
#[derive(Debug)]
pub(super) struct SetSchemaMetadata {
    side: Side,
    name: Option<String>,
    version: Option<i32>,
    replace_null: bool,
    cache: SchemaCache,
}

impl SetSchemaMetadata {
    pub(super) fn create(side: Side, settings: &Settings) -> Result<Self, String> {
        let name = settings.text("schema.name").map(str::to_owned);
        let version = settings.int("schema.version");
        if name.is_none() && version.is_none() {
            return Err("Neither schema name nor version configured".to_owned());
        }
        Ok(Self {
            side,
            name,
            version,
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        })
    }

    fn schema(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        schema.struct_fields()?;
        Ok(Arc::new(Schema {
            name: self.name.clone().or_else(|| schema.name.clone()),
            version: self.version.or(schema.version),
            ..schema.clone()
        }))
    }
}

impl Transform for SetSchemaMetadata {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        let Some(schema) = self.side.schema(&record) else {
            if self.side.value(&record).is_null() {
                return Ok(Some(record));
            }
            return Err(DataError::data(
                "Schema required for [updating schema metadata]",
            ));
        };
        // Java makes one for each record. Records of one source go on sharing
        // one here, by which the next transform knows it at once.
        let updated = self.cache.get(schema, |schema| self.schema(schema))?;
        let value = match self.side.take(&mut record) {
            Value::Struct(old) => Value::Struct(Struct::of(&updated, |_, field| {
                old.value_of(&field.name, self.replace_null).cloned()
            })?),
            other => other,
        };
        Ok(Some(self.side.with(record, Some(updated), value)))
    }
}
