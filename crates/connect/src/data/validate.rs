//! Whether values are what their schemas say (`ConnectSchema.validateValue`),
//! and structs that are filled field by field (`Struct`).

use std::fmt;
use std::sync::Arc;

use super::{Field, Kind, Schema, Struct, Value, logical};
use crate::java::class_text;
use crate::record::DataError;

/// Where a value is, for messages.
#[derive(Clone, Copy)]
enum Location<'a> {
    Value,
    Field(&'a str),
    In(&'static str, &'a Location<'a>),
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => f.write_str("value"),
            Self::Field(name) => write!(f, "field: \"{name}\""),
            Self::In(part, whole) => write!(f, "{part} {whole}"),
        }
    }
}

/// Checks a value, that of a field if one is named.
///
/// # Errors
/// A `DataException`.
pub fn validate_value(
    field: Option<&str>,
    schema: &Schema,
    value: &Value,
) -> Result<(), DataError> {
    validate(
        schema,
        value,
        field.map_or(Location::Value, Location::Field),
    )
}

fn validate(schema: &Schema, value: &Value, at: Location<'_>) -> Result<(), DataError> {
    if value.is_null() {
        if schema.optional {
            return Ok(());
        }
        let kind = schema.kind.constant();
        return Err(DataError::data(format!(
            "Invalid value: null used for required {at}, schema type: {kind}"
        )));
    }
    if !fits(schema, value) {
        let name = schema.name.as_ref();
        let name = name.map_or_else(String::new, |name| format!(" \"{name}\""));
        return Err(DataError::data(format!(
            "Invalid Java object for schema{name} with type {}: {} for {at}",
            schema.kind.constant(),
            class_text(value)
        )));
    }
    match (schema.kind, value) {
        (Kind::Struct, Value::Struct(content)) => {
            if *content.schema != *schema {
                return Err(DataError::data("Struct schemas do not match."));
            }
            content.validate()
        }
        (Kind::Array, Value::Array(values)) => {
            let at = Location::In("element of array", &at);
            let element = known(schema.value.as_deref(), at)?;
            values
                .iter()
                .try_for_each(|value| validate(element, value, at))
        }
        (Kind::Map, Value::Map(entries)) => {
            let in_key = Location::In("key of map", &at);
            let in_value = Location::In("value of map", &at);
            let key_schema = known(schema.key.as_deref(), in_key)?;
            let value_schema = known(schema.value.as_deref(), in_value)?;
            entries.iter().try_for_each(|(key, value)| {
                validate(key_schema, key, in_key)?;
                validate(value_schema, value, in_value)
            })
        }
        _ => Ok(()),
    }
}

fn known<'s>(schema: Option<&'s Schema>, at: Location<'_>) -> Result<&'s Schema, DataError> {
    schema.ok_or_else(|| DataError::data(format!("No schema defined for {at}")))
}

/// Whether the value has the Java class that the schema asks for, which a
/// logical name decides whatever the type.
fn fits(schema: &Schema, value: &Value) -> bool {
    match schema.name.as_deref() {
        Some(logical::DECIMAL) => matches!(value, Value::Decimal(_)),
        Some(logical::DATE | logical::TIME | logical::TIMESTAMP) => {
            matches!(value, Value::Date(_))
        }
        _ => value.kind() == Some(schema.kind),
    }
}

impl Schema {
    /// A struct's fields (`ConnectSchema.fields`).
    ///
    /// # Errors
    /// It is no struct's.
    pub fn struct_fields(&self) -> Result<&[Field], DataError> {
        match self.kind {
            Kind::Struct => Ok(&self.fields),
            _ => Err(DataError::data("Cannot list fields on non-struct type")),
        }
    }

    /// A struct's field (`ConnectSchema.field`).
    ///
    /// # Errors
    /// It is no struct's.
    pub fn struct_field(&self, name: &str) -> Result<Option<(usize, &Field)>, DataError> {
        match self.kind {
            Kind::Struct => Ok(self.field(name)),
            _ => Err(DataError::data("Cannot look up fields on non-struct type")),
        }
    }
}

impl fmt::Display for Schema {
    /// `ConnectSchema.toString`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "Schema{{{name}:{}}}", self.kind.constant()),
            None => write!(f, "Schema{{{}}}", self.kind.constant()),
        }
    }
}

impl Struct {
    /// A struct without values.
    ///
    /// # Errors
    /// The schema is no struct's.
    pub fn empty(schema: Arc<Schema>) -> Result<Self, DataError> {
        if schema.kind != Kind::Struct {
            return Err(DataError::data(format!("Not a struct schema: {schema}")));
        }
        let values = vec![Value::Null; schema.fields.len()];
        Ok(Self { schema, values })
    }

    /// A struct with what `value` gives for each field and its place.
    ///
    /// # Errors
    /// The schema is no struct's, there is no value, or it is not what its
    /// field's schema says.
    pub fn of(
        schema: &Arc<Schema>,
        value: impl Fn(usize, &Field) -> Result<Value, DataError>,
    ) -> Result<Self, DataError> {
        let mut new = Self::empty(schema.clone())?;
        for (at, field) in schema.fields.iter().enumerate() {
            new.put_at(at, value(at, field)?)?;
        }
        Ok(new)
    }

    /// Sets a field.
    ///
    /// # Errors
    /// There is no such field, or the value is not what its schema says.
    pub fn put(&mut self, name: &str, value: Value) -> Result<(), DataError> {
        let Some((at, _)) = self.schema.field(name) else {
            return Err(no_field(name));
        };
        self.put_at(at, value)
    }

    fn put_at(&mut self, at: usize, value: Value) -> Result<(), DataError> {
        let field = &self.schema.fields[at];
        validate_value(Some(&field.name), &field.schema, &value)?;
        self.values[at] = value;
        Ok(())
    }

    /// The value of the field at a place, which must exist; what is null is
    /// the default if `with_default` (`Struct.get`, `Struct.getWithoutDefault`).
    pub fn value_at(&self, at: usize, with_default: bool) -> &Value {
        let value = &self.values[at];
        match &self.schema.fields[at].schema.default {
            Some(default) if with_default && value.is_null() => default,
            _ => value,
        }
    }

    /// The same by the field's name.
    ///
    /// # Errors
    /// There is no such field.
    pub fn value_of(&self, name: &str, with_default: bool) -> Result<&Value, DataError> {
        match self.schema.field(name) {
            Some((at, _)) => Ok(self.value_at(at, with_default)),
            None => Err(no_field(name)),
        }
    }

    /// Checks every field (`Struct.validate`).
    ///
    /// # Errors
    /// A value is missing or not what its schema says.
    pub fn validate(&self) -> Result<(), DataError> {
        let fields = self.schema.fields.iter().zip(&self.values);
        for (field, value) in fields {
            let absent = value.is_null() && field.schema.default.is_some();
            if !absent {
                validate_value(Some(&field.name), &field.schema, value)?;
            }
        }
        Ok(())
    }
}

fn no_field(name: &str) -> DataError {
    DataError::data(format!("{name} is not a valid field name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_in_kafka_s_words() {
        let text = Arc::new(Schema::new(Kind::String));
        let list = Schema::array(text.clone());
        let message = |schema: &Schema, value: &Value| {
            validate_value(Some("f"), schema, value)
                .unwrap_err()
                .message
        };
        assert_eq!(
            message(&list, &Value::Array(vec![Value::Null])),
            "Invalid value: null used for required element of array field: \"f\", schema type: STRING"
        );
        assert_eq!(
            message(&text, &Value::Int8(1)),
            "Invalid Java object for schema with type STRING: class java.lang.Byte for field: \"f\""
        );
        let mut date = Schema::new(Kind::Int32);
        date.name = Some(logical::DATE.to_owned());
        assert_eq!(
            message(&date, &Value::Int32(1)),
            "Invalid Java object for schema \"org.apache.kafka.connect.data.Date\" with type INT32: class java.lang.Integer for field: \"f\""
        );
    }

    #[test]
    fn a_struct_takes_what_fits_and_gives_defaults() {
        let field = |name: &str, default: Option<Value>| Field {
            name: name.to_owned(),
            schema: Arc::new(Schema {
                default: default.map(Box::new),
                ..Schema::optional(Kind::Int8)
            }),
        };
        let schema = Schema::structure(vec![field("a", Some(Value::Int8(7))), field("b", None)]);
        let mut content = Struct::empty(Arc::new(schema)).unwrap();
        content.put("b", Value::Int8(1)).unwrap();
        assert_eq!(content.value_of("a", true), Ok(&Value::Int8(7)));
        assert_eq!(content.value_of("a", false), Ok(&Value::Null));
        assert_eq!(
            content.put("c", Value::Null).unwrap_err().message,
            "c is not a valid field name"
        );
        assert!(content.put("a", Value::text("x")).is_err() && content.validate().is_ok());
    }
}
