//! Puts one field's value in the place of the whole key or value
//! (`org.apache.kafka.connect.transforms.ExtractField`).

use super::field_path::{FieldPath, syntax_version};
use super::settings::{REPLACE_NULL, replace_null};
use super::side::{Side, require_map, require_struct};
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
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        let Some(schema) = self.side.schema(&record) else {
            let value = match self.side.take(&mut record) {
                Value::Null => Value::Null,
                value => self.path.in_map(require_map(value, PURPOSE)?)?,
            };
            return Ok(Some(self.side.with(record, None, value)));
        };
        let content = match self.side.value(&record) {
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
        Ok(Some(self.side.with(record, Some(schema), value)))
    }
}
