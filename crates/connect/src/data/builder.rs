//! Schemas that are made step by step (`SchemaBuilder`).

use std::sync::Arc;

use super::{Field, Kind, Schema, Value, validate_value};
use crate::record::DataError;

const CLASS: &str = "org.apache.kafka.connect.errors.SchemaBuilderException";

/// A schema that is being made.
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    schema: Schema,
}

impl SchemaBuilder {
    /// A required schema of a type.
    pub const fn new(kind: Kind) -> Self {
        Self {
            schema: Schema::new(kind),
        }
    }

    /// One of `kind` with another schema's name, version, documentation and
    /// further properties (`SchemaUtil.copySchemaBasics`).
    pub fn like(source: &Schema, kind: Kind) -> Self {
        Self {
            schema: Schema {
                name: source.name.clone(),
                version: source.version,
                doc: source.doc.clone(),
                parameters: source.parameters.clone(),
                ..Schema::new(kind)
            },
        }
    }

    /// Whether null is a value.
    #[must_use]
    pub const fn optional(mut self, optional: bool) -> Self {
        self.schema.optional = optional;
        self
    }

    /// What an array has.
    #[must_use]
    pub fn elements(mut self, schema: Option<Arc<Schema>>) -> Self {
        self.schema.value = schema;
        self
    }

    /// The default.
    ///
    /// # Errors
    /// It is not what the schema says so far.
    pub fn default(mut self, value: Value) -> Result<Self, DataError> {
        validate_value(None, &self.schema, &value)
            .map_err(|_| DataError::of(CLASS, "Invalid default value"))?;
        self.schema.default = Some(Box::new(value));
        Ok(self)
    }

    /// A further field.
    ///
    /// # Errors
    /// Its name is empty, or there already.
    pub fn field(&mut self, name: &str, schema: Arc<Schema>) -> Result<(), DataError> {
        if name.is_empty() {
            return Err(DataError::of(CLASS, "fieldName cannot be null."));
        }
        if self.schema.field(name).is_some() {
            return Err(DataError::of(
                CLASS,
                format!("Cannot create field because of field name duplication {name}"),
            ));
        }
        self.schema.fields.push(Field {
            name: name.to_owned(),
            schema,
        });
        Ok(())
    }

    /// What has been made so far.
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What has been made.
    pub fn build(self) -> Arc<Schema> {
        Arc::new(self.schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_defaults_are_checked() {
        let mut builder = SchemaBuilder::new(Kind::Struct);
        let text = Arc::new(Schema::new(Kind::String));
        builder.field("a", text.clone()).unwrap();
        let twice = builder.field("a", text.clone()).unwrap_err();
        assert!(twice.message.ends_with("duplication a"));
        assert!(builder.field("", text).is_err());
        let number = SchemaBuilder::new(Kind::Int8).default(Value::text("x"));
        assert_eq!(number.unwrap_err().message, "Invalid default value");
    }
}
