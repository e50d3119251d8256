//! Converters of one primitive type each: the `ByteArrayConverter`,
//! `BooleanConverter` and number converters of
//! `org.apache.kafka.connect.converters`.

use super::Converter;
use crate::data::{Kind, Schema, Value};
use crate::java::class_text;
use crate::record::DataError;

/// These two refuse any other schema, also beside a null.
fn check_schema(converter: &str, schema: Option<&Schema>, kind: Kind) -> Result<(), DataError> {
    match schema {
        Some(schema) if schema.kind != kind => Err(DataError::data(format!(
            "Invalid schema type for {converter}: {}",
            schema.kind.constant()
        ))),
        _ => Ok(()),
    }
}

fn incompatible(converter: &str, value: &Value) -> DataError {
    let class = class_text(value);
    DataError::data(format!(
        "{converter} is not compatible with objects of type {class}"
    ))
}

#[derive(Debug)]
pub(super) struct ByteArrayConverter;

impl Converter for ByteArrayConverter {
    fn append(
        &self,
        _topic: &str,
        schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError> {
        check_schema("ByteArrayConverter", schema, Kind::Bytes)?;
        match value {
            Value::Null => return Ok(false),
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
            value => return Err(incompatible("ByteArrayConverter", value)),
        }
        Ok(true)
    }

    fn is_identity(&self, kind: Kind) -> bool {
        kind == Kind::Bytes
    }
}

#[derive(Debug)]
pub(super) struct BooleanConverter;

impl Converter for BooleanConverter {
    fn append(
        &self,
        _topic: &str,
        schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError> {
        check_schema("BooleanConverter", schema, Kind::Boolean)?;
        match value {
            Value::Null => return Ok(false),
            Value::Boolean(value) => out.push(u8::from(*value)),
            value => return Err(incompatible("BooleanConverter", value)),
        }
        Ok(true)
    }
}

/// `NumberConverter`: the value alone decides, its schema does not. Numbers
/// are big-endian.
#[derive(Debug)]
pub(super) struct NumberConverter {
    /// One of the types of numbers, except INT8.
    pub(super) kind: Kind,
}

impl NumberConverter {
    /// Java's name of the primitive type, as the class's errors have it.
    const fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Int16 => "short",
            Kind::Int32 => "integer",
            Kind::Int64 => "long",
            Kind::Float32 => "float",
            _ => "double",
        }
    }
}

impl Converter for NumberConverter {
    fn append(
        &self,
        _topic: &str,
        _schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError> {
        if value.is_null() {
            return Ok(false);
        }
        if value.kind() != Some(self.kind) {
            let (name, class) = (self.type_name(), class_text(value));
            return Err(DataError::data(format!(
                "Failed to serialize to {name} (was {class}): "
            )));
        }
        match value {
            Value::Int16(value) => out.extend_from_slice(&value.to_be_bytes()),
            Value::Int32(value) => out.extend_from_slice(&value.to_be_bytes()),
            Value::Int64(value) => out.extend_from_slice(&value.to_be_bytes()),
            Value::Float32(value) => out.extend_from_slice(&value.to_be_bytes()),
            Value::Float64(value) => out.extend_from_slice(&value.to_be_bytes()),
            _ => {}
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_of_one_type() {
        let converter = NumberConverter { kind: Kind::Int32 };
        let convert = |value| converter.from_connect_data("t", None, &value);
        assert_eq!(convert(Value::Int32(258)), Ok(Some(vec![0, 0, 1, 2])));
        assert_eq!(convert(Value::Null), Ok(None));
        assert_eq!(
            convert(Value::Int64(1)).map_err(|error| error.message),
            Err("Failed to serialize to integer (was class java.lang.Long): ".to_owned())
        );
    }

    #[test]
    fn bytes_go_as_they_are_and_need_their_schema() {
        let bytes = Value::Bytes(vec![0, 255]);
        let convert =
            |schema: Option<&Schema>| ByteArrayConverter.from_connect_data("t", schema, &bytes);
        assert_eq!(convert(None), Ok(Some(vec![0, 255])));
        assert!(convert(Some(&Schema::new(Kind::Bytes))).is_ok());
        assert!(convert(Some(&Schema::new(Kind::String))).is_err());
    }
}
