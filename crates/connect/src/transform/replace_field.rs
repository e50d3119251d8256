//! Leaves fields out, or gives them other names
//! (`org.apache.kafka.connect.transforms.ReplaceField`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null};
use super::side::{Side, class_cast, java_split, put, require_map, require_struct};
use crate::config::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Settings, Type};
use crate::data::{Kind, Schema, SchemaBuilder, Struct, Value};
use crate::java::hash_map_order;
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "field replacement";

pub(super) fn config_def() -> ConfigDef {
    let list = |name: &str, default, importance, doc: &str| {
        ConfigKey::new(name, Type::List, default, importance, doc)
    };
    let none = || Default::Text(String::new());
    ConfigDef::default()
        .define(list(
            "exclude",
            none(),
            Importance::Medium,
            "Fields to leave out, even if they are included.",
        ))
        .define(list(
            "blacklist",
            Default::Null,
            Importance::Low,
            "The old name of exclude.",
        ))
        .define(list(
            "include",
            none(),
            Importance::Medium,
            "The only fields to keep; empty for all.",
        ))
        .define(list(
            "whitelist",
            Default::Null,
            Importance::Low,
            "The old name of include.",
        ))
        .define(
            list(
                "renames",
                none(),
                Importance::Medium,
                "New names for fields: old:new, separated by commas.",
            )
            .checked(|value| match value {
                ConfigValue::List(mappings) => renames(mappings).map(|_| ()),
                _ => Ok(()),
            }),
        )
        .define(replace_null())
}

/// Pairs of an old and a new name, in the order of Java's map.
fn renames(mappings: &[String]) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for mapping in mappings {
        let parts = java_split(mapping, ':');
        let [old, new] = parts.as_slice() else {
            let shown = mappings.join(", ");
            return Err(format!(
                "Invalid value [{shown}] for configuration renames: Invalid rename mapping: {mapping}"
            ));
        };
        pairs.push(((*old).to_owned(), (*new).to_owned()));
    }
    Ok(hash_map_order(pairs))
}

/// See the module.
#[derive(Debug)]
pub(super) struct ReplaceField {
    side: Side,
    exclude: Vec<String>,
    include: Vec<String>,
    renames: Vec<(String, String)>,
    replace_null: bool,
    cache: SchemaCache,
}

impl ReplaceField {
    /// `raw` says which settings were given at all, since the old names count
    /// only if the new ones were not.
    pub(super) fn create(
        side: Side,
        settings: &Settings,
        raw: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let list = |name: &str, old: &str| {
            let name = if raw.contains_key(name) { name } else { old };
            settings.list(name).to_vec()
        };
        Ok(Self {
            side,
            exclude: list("exclude", "blacklist"),
            include: list("include", "whitelist"),
            renames: renames(settings.list("renames"))?,
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        })
    }

    fn keeps(&self, field: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| name == field);
        !named(&self.exclude) && (self.include.is_empty() || named(&self.include))
    }

    fn renamed<'n>(&'n self, field: &'n str) -> &'n str {
        let found = self.renames.iter().find(|(old, _)| old == field);
        found.map_or(field, |(_, new)| new)
    }

    /// The old name of a field; of several that are renamed to it Java
    /// remembers the last.
    fn original<'n>(&'n self, field: &'n str) -> &'n str {
        let found = self.renames.iter().rev().find(|(_, new)| new == field);
        found.map_or(field, |(old, _)| old)
    }

    fn schema(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        let mut builder = SchemaBuilder::like(schema, Kind::Struct);
        for field in schema.fields.iter().filter(|field| self.keeps(&field.name)) {
            builder.field(self.renamed(&field.name), field.schema.clone())?;
        }
        Ok(builder.build())
    }
}

impl Transform for ReplaceField {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        if self.side.value(&record).is_null() {
            return Ok(Some(record));
        }
        if self.side.schema(&record).is_none() {
            let entries = require_map(self.side.take(&mut record), PURPOSE)?;
            let mut kept = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                match &key {
                    Value::String(name) if self.keeps(name) => {
                        put(&mut kept, self.renamed(name), value);
                    }
                    Value::String(_) => {}
                    other => return Err(class_cast(other, "java.lang.String")),
                }
            }
            return Ok(Some(self.side.with(record, None, Value::Map(kept))));
        }
        let old = require_struct(self.side.value(&record), PURPOSE)?;
        let updated = self.cache.get(&old.schema, |schema| self.schema(schema))?;
        let new = Struct::of(&updated, |_, field| {
            let name = self.original(&field.name);
            old.value_of(name, self.replace_null).cloned()
        })?;
        Ok(Some(self.side.with(
            record,
            Some(updated),
            Value::Struct(new),
        )))
    }
}
