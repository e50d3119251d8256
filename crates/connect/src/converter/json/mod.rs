//! `org.apache.kafka.connect.json.JsonConverter`: JSON, with the schema beside
//! the value or without any.
//!
//! Bytes are those of Java's, except that entries of maps keep their order and
//! that floats have the digits of JDK 19 and later. Java caches schemas because
//! it builds a tree of each; here they are written directly, so
//! `schemas.cache.size` is accepted and changes nothing.

mod logical;
mod parse;
mod schema;
mod text;
mod write;

pub use parse::parse_json;

use super::Converter;
use crate::config::{ConfigDef, ConfigKey, Default, Importance, Settings, Type, Width, validators};
use crate::data::{Schema, Value};
use crate::record::DataError;
use write::Writer;

#[derive(Debug)]
pub(super) struct JsonConverter {
    /// Whether a value comes in an envelope with its schema.
    schemas: bool,
    writer: Writer,
}

impl JsonConverter {
    /// By what [`define`] has defined.
    pub(super) fn new(settings: &Settings) -> Self {
        let format = settings.required("decimal.format");
        Self {
            schemas: settings.flag("schemas.enable"),
            writer: Writer {
                numeric_decimals: format.eq_ignore_ascii_case("NUMERIC"),
                replace_null: settings.flag("replace.null.with.default"),
            },
        }
    }

    fn write(
        &self,
        schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        if !self.schemas {
            return self.writer.value(schema, value, 1, out);
        }
        out.extend_from_slice(b"{\"schema\":");
        match schema {
            Some(schema) => self.writer.schema(schema, None, 2, out)?,
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"payload\":");
        self.writer.value(schema, value, 2, out)?;
        out.push(b'}');
        Ok(())
    }
}

impl Converter for JsonConverter {
    fn append(
        &self,
        _topic: &str,
        schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError> {
        if schema.is_none() && value.is_null() {
            return Ok(false);
        }
        let start = out.len();
        if let Err(error) = self.write(schema, value, out) {
            out.truncate(start);
            return Err(error);
        }
        Ok(true)
    }
}

/// `JsonConverterConfig`.
pub(super) fn define(def: ConfigDef) -> ConfigDef {
    let key = |name, kind, default: &str, importance, documentation| ConfigKey {
        width: Width::Medium,
        ..ConfigKey::new(
            name,
            kind,
            Default::Text(default.to_owned()),
            importance,
            documentation,
        )
    };
    let in_group = |key: ConfigKey, group: &str, order, display: &str| ConfigKey {
        group: Some(group.to_owned()),
        order,
        display_name: display.to_owned(),
        ..key
    };
    let schemas = key(
        "schemas.enable",
        Type::Boolean,
        "true",
        Importance::High,
        "Whether each key and value comes with its schema.",
    );
    let cache = key(
        "schemas.cache.size",
        Type::Int,
        "1000",
        Importance::High,
        "How many schemas Kafka's own converter keeps; this one needs no cache.",
    );
    let decimals = key(
        "decimal.format",
        Type::String,
        "BASE64",
        Importance::Low,
        "How decimals are written: BASE64 (their bytes) or NUMERIC (as numbers).",
    );
    let decimals = decimals.valid(validators::one_of_ignoring_case(&["NUMERIC", "BASE64"]));
    let replace = key(
        "replace.null.with.default",
        Type::Boolean,
        "true",
        Importance::Low,
        "Whether a null is written as its schema's default, where it has one.",
    );
    def.define(in_group(schemas, "Schemas", 0, "Enable Schemas"))
        .define(in_group(cache, "Schemas", 1, "Schema Cache Size"))
        .define(in_group(decimals, "Serialization", 0, "Decimal Format"))
        .define(in_group(
            replace,
            "Serialization",
            1,
            "Replace null with default",
        ))
}

#[cfg(test)]
mod tests;
