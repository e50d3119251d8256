//! Values of the logical types Decimal, Date, Time and Timestamp as what they
//! are in JSON. A schema's name alone decides; its type does not.

use num_bigint::BigInt;

use crate::data::{Decimal, Schema, Value, logical};
use crate::java::{class_text, decimal_text};
use crate::record::DataError;

/// What a value of a logical type is in JSON.
#[derive(Debug)]
pub(super) enum Logical {
    /// Bytes, in base64.
    Bytes(Vec<u8>),
    /// A number with these digits.
    Decimal(String),
    /// A number.
    Integer(i64),
}

/// `None` if the schema has no logical type.
pub(super) fn convert(
    schema: &Schema,
    value: &Value,
    numeric_decimals: bool,
) -> Result<Option<Logical>, DataError> {
    let Some(name) = schema.name.as_deref() else {
        return Ok(None);
    };
    let converted = match (name, value) {
        (logical::DECIMAL, Value::Decimal(decimal)) if numeric_decimals => {
            Logical::Decimal(decimal_text(decimal))
        }
        (logical::DECIMAL, Value::Decimal(decimal)) => Logical::Bytes(unscaled(schema, decimal)?),
        (logical::DATE, Value::Date(ms)) => Logical::Integer(logical::date_to_days(*ms)?.into()),
        (logical::TIME, Value::Date(ms)) => Logical::Integer(logical::time_to_ms(*ms)?.into()),
        (logical::TIMESTAMP, Value::Date(ms)) => Logical::Integer(*ms),
        (logical::DECIMAL, value) => return Err(invalid("Decimal", "BigDecimal", value)),
        (logical::DATE, value) => return Err(invalid("Date", "Date", value)),
        (logical::TIME, value) => return Err(invalid("Time", "Date", value)),
        (logical::TIMESTAMP, value) => return Err(invalid("Timestamp", "Date", value)),
        _ => return Ok(None),
    };
    Ok(Some(converted))
}

fn invalid(logical: &str, expected: &str, value: &Value) -> DataError {
    let class = class_text(value);
    DataError::data(format!(
        "Invalid type for {logical}, expected {expected} but was {class}"
    ))
}

/// `Decimal.fromLogical`.
fn unscaled(schema: &Schema, decimal: &Decimal) -> Result<Vec<u8>, DataError> {
    let scale = schema
        .parameter(logical::SCALE)
        .ok_or_else(|| DataError::data("Invalid Decimal schema: scale parameter not found."))?;
    let scale: i32 = scale
        .parse()
        .map_err(|_| DataError::data("Invalid scale parameter found in Decimal schema: "))?;
    if decimal.scale != scale {
        return Err(DataError::data(format!(
            "Decimal value has mismatching scale for given Decimal schema. Schema has scale \
             {scale}, value has scale {}.",
            decimal.scale
        )));
    }
    Ok(BigInt::to_signed_bytes_be(&decimal.unscaled))
}
