//! Makes nested fields fields of the top, with names joined of theirs and
//! their parents' (`org.apache.kafka.connect.transforms.Flatten`).

use std::sync::Arc;

use super::cache::SchemaCache;
use super::side::{Entries, Side, class_cast, put, require_map, require_struct};
use crate::config::{ConfigDef, ConfigKey, Default, Importance, Settings, Type};
use crate::data::{Kind, Schema, SchemaBuilder, Struct, Value};
use crate::java::class_text;
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "flattening";

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default().define(ConfigKey::new(
        "delimiter",
        Type::String,
        Default::Text(".".to_owned()),
        Importance::Medium,
        "What is put between the names of a field and its parents.",
    ))
}

/// See the module.
#[derive(Debug)]
pub(super) struct Flatten {
    side: Side,
    delimiter: String,
    cache: SchemaCache,
}

impl Flatten {
    pub(super) fn create(side: Side, settings: &Settings) -> Self {
        Self {
            side,
            delimiter: settings.required("delimiter").to_owned(),
            cache: SchemaCache::default(),
        }
    }

    fn name(&self, prefix: &str, name: &str) -> String {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}{}{name}", self.delimiter)
        }
    }

    fn map(&self, entries: Entries, prefix: &str, flat: &mut Entries) -> Result<(), DataError> {
        for (key, value) in entries {
            let name = match &key {
                Value::String(name) => self.name(prefix, name),
                Value::Null if prefix.is_empty() => "null".to_owned(),
                Value::Null => self.name(prefix, "null"),
                other => return Err(class_cast(other, "java.lang.String")),
            };
            match (value.kind(), value) {
                (_, Value::Map(nested)) => self.map(nested, &name, flat)?,
                (Some(Kind::Struct), value) => {
                    let class = class_text(&value);
                    return Err(DataError::data(format!(
                        "Flatten transformation does not support {class} for record without schemas (for field {name})."
                    )));
                }
                (None, value) if !value.is_null() => {
                    let class = class_text(&value);
                    return Err(DataError::data(format!(
                        "Flatten transformation was passed a value of type {class} which is not supported by Connect's data API"
                    )));
                }
                (_, value) if prefix.is_empty() && key.is_null() => flat.push((key, value)),
                (_, value) => put(flat, &name, value),
            }
        }
        Ok(())
    }

    fn schema(
        &self,
        schema: &Schema,
        prefix: &str,
        (optional, default): (bool, Option<&Struct>),
        builder: &mut SchemaBuilder,
    ) -> Result<(), DataError> {
        for (at, field) in schema.struct_fields()?.iter().enumerate() {
            let name = self.name(prefix, &field.name);
            let optional = optional || field.schema.optional;
            let inherited = || default.map(|default| default.value_at(at, true));
            let own = field.schema.default.as_deref();
            let default = own.or_else(inherited).filter(|value| !value.is_null());
            match (field.schema.kind, default) {
                (Kind::Map, _) => return Err(no_map(&name)),
                (Kind::Struct, Some(Value::Struct(default))) => {
                    self.schema(&field.schema, &name, (optional, Some(default)), builder)?;
                }
                (Kind::Struct, _) => {
                    self.schema(&field.schema, &name, (optional, None), builder)?;
                }
                (kind, default) => {
                    let elements = field.schema.value.clone();
                    let mut flat = SchemaBuilder::like(&field.schema, kind)
                        .elements(elements)
                        .optional(optional);
                    if let Some(default) = default {
                        flat = flat.default(default.clone())?;
                    }
                    builder.field(&name, flat.build())?;
                }
            }
        }
        Ok(())
    }

    fn fields(&self, content: &Struct, prefix: &str, flat: &mut Struct) -> Result<(), DataError> {
        for (at, field) in content.schema.fields.iter().enumerate() {
            let name = self.name(prefix, &field.name);
            match (field.schema.kind, content.value_at(at, false)) {
                (Kind::Map, _) => return Err(no_map(&name)),
                (Kind::Struct, Value::Struct(nested)) => self.fields(nested, &name, flat)?,
                (Kind::Struct, _) => {}
                _ => flat.put(&name, content.value_at(at, true).clone())?,
            }
        }
        Ok(())
    }

    fn flat_schema(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        let mut builder = SchemaBuilder::like(schema, Kind::Struct);
        let default = match schema.default.as_deref() {
            Some(Value::Struct(default)) => Some(default),
            _ => None,
        };
        self.schema(schema, "", (schema.optional, default), &mut builder)?;
        Ok(builder.build())
    }
}

fn no_map(name: &str) -> DataError {
    DataError::data(format!(
        "Flatten transformation does not support MAP for record with schemas (for field {name})."
    ))
}

impl Transform for Flatten {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        if self.side.value(&record).is_null() {
            return Ok(Some(record));
        }
        let Some(schema) = self.side.schema(&record).cloned() else {
            let entries = require_map(self.side.take(&mut record), PURPOSE)?;
            let mut flat = Vec::with_capacity(entries.len());
            self.map(entries, "", &mut flat)?;
            return Ok(Some(self.side.with(record, None, Value::Map(flat))));
        };
        let content = require_struct(self.side.value(&record), PURPOSE)?;
        let updated = self.cache.get(&schema, |schema| self.flat_schema(schema))?;
        let mut flat = Struct::empty(updated.clone())?;
        self.fields(content, "", &mut flat)?;
        Ok(Some(self.side.with(
            record,
            Some(updated),
            Value::Struct(flat),
        )))
    }
}
