//! Copies or moves fields to headers
//! (`org.apache.kafka.connect.transforms.HeaderFrom`, KIP-145).

use std::sync::Arc;

use super::cache::SchemaCache;
use super::settings::{REPLACE_NULL, replace_null, required_list};
use super::side::{Side, entry, is, require_map, require_struct};
use crate::config::{ConfigDef, Importance, Settings, required_text, validators};
use crate::data::{Kind, Schema, SchemaBuilder, Struct, Value, logical};
use crate::java::value_text;
use crate::record::{DataError, Header, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    let operation = required_text(
        "operation",
        Importance::High,
        "move to take the fields out of the key or value, copy to leave them there.",
    );
    ConfigDef::default()
        .define(required_list("fields", "Names of the fields."))
        .define(required_list(
            "headers",
            "Names of the headers, one for each of the fields and in their order.",
        ))
        .define(operation.valid(validators::one_of(&["move", "copy"])))
        .define(replace_null())
}

/// See the module.
#[derive(Debug)]
pub(super) struct HeaderFrom {
    side: Side,
    fields: Vec<String>,
    headers: Vec<String>,
    moves: bool,
    replace_null: bool,
    cache: SchemaCache,
}

impl HeaderFrom {
    pub(super) fn create(side: Side, settings: &Settings) -> Result<Self, String> {
        let fields = settings.list("fields").to_vec();
        let headers = settings.list("headers").to_vec();
        if fields.len() != headers.len() {
            return Err(
                "'fields' config must have the same number of elements as 'headers' config."
                    .to_owned(),
            );
        }
        Ok(Self {
            side,
            fields,
            headers,
            moves: settings.required("operation") == "move",
            replace_null: settings.flag(REPLACE_NULL),
            cache: SchemaCache::default(),
        })
    }

    const fn purpose(&self) -> &'static str {
        if self.moves {
            "header move"
        } else {
            "header copy"
        }
    }

    fn without_schema(&self, mut record: Record) -> Result<Record, DataError> {
        let mut entries = require_map(self.side.take(&mut record), self.purpose())?;
        for (field, header) in self.fields.iter().zip(&self.headers) {
            let value = entry(&entries, field).clone();
            let schema = match &value {
                Value::Struct(content) => Some(content.schema.clone()),
                _ => None,
            };
            record.headers.push(Header {
                key: header.clone(),
                schema,
                value,
            });
        }
        // Only now, since a field may go to several headers.
        if self.moves {
            let moved = |key: &Value| self.fields.iter().any(|field| is(key, field));
            entries.retain(|(key, _)| !moved(key));
        }
        Ok(self.side.with(record, None, Value::Map(entries)))
    }

    fn with_schema(&self, mut record: Record, schema: &Arc<Schema>) -> Result<Record, DataError> {
        let content = require_struct(self.side.value(&record), self.purpose())?;
        let kept = if self.moves {
            Some(self.kept(content, schema)?)
        } else {
            None
        };
        let mut headers = Vec::with_capacity(self.fields.len());
        for (field, header) in self.fields.iter().zip(&self.headers) {
            let value = match content.schema.field(field) {
                Some((at, _)) => content.value_at(at, self.replace_null).clone(),
                None => Value::Null,
            };
            let Some((_, field)) = schema.struct_field(field)? else {
                return Err(DataError::of(
                    "java.lang.NullPointerException",
                    "Cannot invoke \"org.apache.kafka.connect.data.Field.schema()\" because the return value of \"org.apache.kafka.connect.data.Schema.field(String)\" is null",
                ));
            };
            validate_header(&field.schema, &value)?;
            headers.push(Header {
                key: header.clone(),
                schema: Some(field.schema.clone()),
                value,
            });
        }
        record.headers.extend(headers);
        Ok(match kept {
            Some(kept) => {
                let schema = kept.schema.clone();
                self.side.with(record, Some(schema), Value::Struct(kept))
            }
            None => record,
        })
    }

    /// The fields that do not move.
    fn kept(&self, content: &Struct, schema: &Arc<Schema>) -> Result<Struct, DataError> {
        let updated = self
            .cache
            .get(schema, |schema| self.without_fields(schema))?;
        Struct::of(&updated, |_, field| {
            content.value_of(&field.name, self.replace_null).cloned()
        })
    }

    fn without_fields(&self, schema: &Schema) -> Result<Arc<Schema>, DataError> {
        let mut builder = SchemaBuilder::like(schema, Kind::Struct);
        for field in schema.struct_fields()? {
            if !self.fields.contains(&field.name) {
                builder.field(&field.name, field.schema.clone())?;
            }
        }
        Ok(builder.build())
    }
}

/// `ConnectHeaders.checkSchemaMatches`: unlike a struct's a header's null needs
/// an optional schema, and its logical name must be of the right type.
fn validate_header(schema: &Schema, value: &Value) -> Result<(), DataError> {
    let name = schema.name.as_deref();
    let fits = match (schema.kind, value) {
        (_, Value::Null) if schema.optional => true,
        (_, Value::Null) => {
            return Err(DataError::data(format!(
                "A null value requires an optional schema but was {schema}"
            )));
        }
        (Kind::Bytes, Value::Decimal(_)) => name == Some(logical::DECIMAL),
        (Kind::Int32, Value::Date(_)) => matches!(name, Some(logical::DATE | logical::TIME)),
        (Kind::Int64, Value::Date(_)) => name == Some(logical::TIMESTAMP),
        (kind, value) => value.kind() == Some(kind),
    };
    if fits {
        return Ok(());
    }
    let shown = value_text(value);
    Err(DataError::data(format!(
        "The value {shown} is not compatible with the schema {schema}"
    )))
}

impl Transform for HeaderFrom {
    fn apply(&self, record: Record) -> Result<Option<Record>, DataError> {
        match self.side.schema(&record).cloned() {
            None => self.without_schema(record),
            Some(schema) => self.with_schema(record, &schema),
        }
        .map(Some)
    }
}
