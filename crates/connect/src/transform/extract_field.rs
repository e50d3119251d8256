//! Puts one field's value in the place of the whole key or value
//! (`org.apache.kafka.connect.transforms.ExtractField`).

use super::field_path::{FieldPath, syntax_version};
use super::settings::{REPLACE_NULL, replace_null};
use super::side::{Side, require_map_ref, require_struct};
use crate::config::{ConfigDef, Importance, Settings, required_text};
use crate::data::Value;
use crate::record::{DataError, Record, Transform};

const PURPOSE: &str = "field extraction";

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default()
        .define(required_text(
            "field",
            Importance::Medium,
            "The field to extract.",
        ))
        .define(replace_null())
        .define(syntax_version())
}

/// See the module.
#[derive(Debug)]
pub(super) struct ExtractField {
    side: Side,
    field: String,
    path: FieldPath,
    replace_null: bool,
}

impl ExtractField {
    pub(super) fn create(side: Side, settings: &Settings) -> Result<Self, String> {
        let field = settings.required("field");
        Ok(Self {
            side,
            field: field.to_owned(),
            path: FieldPath::create(field, settings)?,
            replace_null: settings.flag(REPLACE_NULL),
        })
    }
}

impl Transform for ExtractField {
    fn apply(&self, record: Record) -> Result<Option<Record>, DataError> {
        let value = self.side.value(&record);
        let (schema, value) = match (self.side.schema(&record), value) {
            (None, Value::Null) => (None, Value::Null),
            (None, value) => (None, self.path.in_map(require_map_ref(value, PURPOSE)?)?),
            (Some(schema), value) => {
                let content = match value {
                    Value::Null => None,
                    value => Some(require_struct(value, PURPOSE)?),
                };
                let Some(schema) = self.path.schema(schema)? else {
                    return Err(DataError::of(
                        "java.lang.IllegalArgumentException",
                        format!("Unknown field: {}", self.field),
                    ));
                };
                let extract = |content| self.path.in_struct(content, self.replace_null);
                let value = content.map_or(Ok(Value::Null), extract)?;
                (Some(schema), value)
            }
        };
        Ok(Some(self.side.with(record, schema, value)))
    }
}
