//! Gives fields, or a whole key or value, another primitive type
//! (`org.apache.kafka.connect.transforms.Cast`).

use std::sync::Arc;

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null};
use super::side::{Side, java_split, put, require_map, require_struct};
use crate::config::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Settings, Type};
use crate::data::{Kind, Schema, SchemaBuilder, Struct, Value};
use crate::java::{hash_map_order, trim};
use crate::record::{DataError, Record, Transform};

use super::cast_value::{OUTPUTS, cast, names};

const PURPOSE: &str = "cast types";

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default()
        .define(
            ConfigKey::new(
                "spec",
                Type::List,
                Default::Required,
                Importance::High,
                "What becomes what: field:type for fields, separated by commas, or one type for the whole key or value. Types: int8, int16, int32, int64, float32, float64, boolean, string.",
            )
            .checked(|value| match value {
                ConfigValue::List(spec) if !spec.is_empty() => Spec::parse(spec).map(|_| ()),
                _ => Err("Must specify at least one field to cast.".to_owned()),
            }),
        )
        .define(replace_null())
}

/// What is cast.
#[derive(Clone, Debug)]
enum Spec {
    Whole(Kind),
    /// In the order in which Java casts them.
    Fields(Vec<(String, Kind)>),
}

impl Spec {
    /// `Cast.parseFieldTypes`.
    fn parse(spec: &[String]) -> Result<Self, String> {
        let mut whole = None;
        let mut fields: Vec<(String, Kind)> = Vec::new();
        for mapping in spec {
            match java_split(mapping, ':').as_slice() {
                [] => return Err("Index 1 out of bounds for length 0".to_owned()),
                [kind] => whole = Some(output(trim(kind))?),
                [name, kind] => fields.push((trim(name).to_owned(), output(trim(kind))?)),
                _ => {
                    let shown = spec.join(", ");
                    return Err(format!(
                        "Invalid value [{shown}] for configuration renames: Invalid rename mapping: {mapping}"
                    ));
                }
            }
        }
        if let Some(kind) = whole {
            return if spec.len() > 1 {
                Err("Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec".to_owned())
            } else {
                Ok(Self::Whole(kind))
            };
        }
        Ok(Self::Fields(hash_map_order(fields)))
    }

    fn of(&self, field: &str) -> Option<Kind> {
        match self {
            Self::Whole(_) => None,
            Self::Fields(fields) => {
                let found = fields.iter().find(|(name, _)| name == field);
                found.map(|(_, kind)| *kind)
            }
        }
    }
}

fn output(name: &str) -> Result<Kind, String> {
    let upper = name.to_uppercase();
    match Kind::ALL.into_iter().find(|kind| kind.constant() == upper) {
        Some(kind) if OUTPUTS.contains(&kind) => Ok(kind),
        Some(_) => Err(format!(
            "Cast transformation does not support casting to {upper}; supported types are {}",
            names(OUTPUTS)
        )),
        // Kafka takes its own message for a setting's name here.
        None => Err(format!(
            "Invalid value java.lang.IllegalArgumentException: No enum constant org.apache.kafka.connect.data.Schema.Type.{upper} for configuration Invalid type found in casting spec: {name}"
        )),
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Cast {
    side: Side,
    spec: Spec,
    replace_null: bool,
    cache: SchemaCache,
}

impl Cast {
    pub(super) fn create(side: Side, settings: &Settings) -> Result<Self, String> {
        Ok(Self {
            side,
            spec: Spec::parse(settings.list("spec"))?,
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        })
    }

    fn without_schema(&self, value: Value) -> Result<Value, DataError> {
        let fields = match &self.spec {
            Spec::Whole(kind) => return cast(None, &value, *kind),
            Spec::Fields(fields) => fields,
        };
        let mut entries = require_map(value, PURPOSE)?;
        for (name, kind) in fields {
            let value = cast(None, super::side::entry(&entries, name), *kind)?;
            put(&mut entries, name, value);
        }
        Ok(Value::Map(entries))
    }

    fn with_schema(
        &self,
        schema: &Arc<Schema>,
        value: &Value,
    ) -> Result<(Arc<Schema>, Value), DataError> {
        let updated = self.cache.get(schema, |schema| self.schema(schema))?;
        if let Spec::Whole(kind) = &self.spec {
            return Ok((updated, cast(Some(schema), value, *kind)?));
        }
        let content = require_struct(value, PURPOSE)?;
        let mut changed = Struct::empty(updated.clone())?;
        for (at, field) in content.schema.fields.iter().enumerate() {
            let value = content.value_at(at, self.replace_null);
            let value = match self.spec.of(&field.name) {
                Some(kind) => cast(Some(&field.schema), value, kind)?,
                None => value.clone(),
            };
            changed.put(&field.name, value)?;
        }
        Ok((updated, Value::Struct(changed)))
    }

    fn schema(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        let mut builder = match &self.spec {
            Spec::Whole(kind) => SchemaBuilder::like(schema, *kind),
            Spec::Fields(_) => {
                let mut builder = SchemaBuilder::like(schema, Kind::Struct);
                for field in schema.struct_fields()? {
                    let changed = match self.spec.of(&field.name) {
                        Some(kind) => with_default(
                            SchemaBuilder::new(kind).optional(field.schema.optional),
                            &field.schema,
                        )?,
                        None => field.schema.clone(),
                    };
                    builder.field(&field.name, changed)?;
                }
                builder
            }
        };
        builder = builder.optional(schema.optional);
        with_default(builder, schema)
    }
}

/// Builds a schema with the default of the one that it is made of, cast.
fn with_default(builder: SchemaBuilder, source: &Schema) -> Result<Arc<Schema>, DataError> {
    let Some(default) = &source.default else {
        return Ok(builder.build());
    };
    let kind = builder.schema().kind;
    Ok(builder.default(cast(Some(source), default, kind)?)?.build())
}

impl Transform for Cast {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        if self.side.value(&record).is_null() {
            return Ok(Some(record));
        }
        let schema = self.side.schema(&record).cloned();
        let value = self.side.take(&mut record);
        let (schema, value) = match schema {
            None => (None, self.without_schema(value)?),
            Some(schema) => {
                let (schema, value) = self.with_schema(&schema, &value)?;
                (Some(schema), value)
            }
        };
        Ok(Some(self.side.with(record, schema, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_are_trimmed_as_java_does() {
        let parse = |spec: &str| match Spec::parse(&[spec.to_owned()]) {
            Ok(Spec::Fields(fields)) => Ok(fields),
            Ok(Spec::Whole(kind)) => Ok(vec![(String::new(), kind)]),
            Err(why) => Err(why),
        };
        let fields = |name: &str| Ok(vec![(name.to_owned(), Kind::Int8)]);
        assert_eq!(parse("\u{1}a\t:\u{0}int8 "), fields("a"));
        assert_eq!(parse("\u{a0}a:int8"), fields("\u{a0}a"));
        assert_eq!(parse("\u{1}int8"), fields(""));
        assert!(parse("int8\u{2003}").is_err());
    }
}
