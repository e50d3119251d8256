//! Puts the whole key or value into a field of a new struct or map
//! (`org.apache.kafka.connect.transforms.HoistField`).

use super::cache::SchemaCache;
use super::side::Side;
use crate::config::{ConfigDef, Importance, Settings, required_text};
use crate::data::{Kind, SchemaBuilder, Struct, Value};
use crate::record::{DataError, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default().define(required_text(
        "field",
        Importance::Medium,
        "The name of the only field of the new struct or map.",
    ))
}

/// See the module.
#[derive(Debug)]
pub(super) struct HoistField {
    side: Side,
    field: String,
    cache: SchemaCache,
}

impl HoistField {
    pub(super) fn create(side: Side, settings: &Settings) -> Self {
        Self {
            side,
            field: settings.required("field").to_owned(),
            cache: SchemaCache::default(),
        }
    }
}

impl Transform for HoistField {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        let value = self.side.take(&mut record);
        let Some(schema) = self.side.schema(&record).cloned() else {
            let entries = vec![(Value::text(self.field.as_str()), value)];
            return Ok(Some(self.side.with(record, None, Value::Map(entries))));
        };
        let updated = self.cache.get(&schema, |_| {
            let mut builder = SchemaBuilder::new(Kind::Struct);
            builder.field(&self.field, schema.clone())?;
            Ok(builder.build())
        })?;
        let mut content = Struct::empty(updated.clone())?;
        content.put(&self.field, value)?;
        Ok(Some(self.side.with(
            record,
            Some(updated),
            Value::Struct(content),
        )))
    }
}
