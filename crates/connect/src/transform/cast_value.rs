//! How `Cast` makes one primitive value of another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::side::class_cast;
use crate::data::{Kind, Schema, Value, logical};
use crate::java::{
    class_text, iso_date_text, narrow, parse_double, parse_float, to_double, to_float, to_long,
    value_text,
};
use crate::record::DataError;

/// The types whose values may be cast: the primitive ones.
const INPUTS: &[Kind] = Kind::ALL.split_at(9).0;
/// The types that they may be cast to: not to bytes.
pub(super) const OUTPUTS: &[Kind] = INPUTS.split_at(8).0;

/// Types as Java prints a set of them.
pub(super) fn names(kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.constant()).collect();
    format!("[{}]", names.join(", "))
}

/// `Cast.castValueToType`.
pub(super) fn cast(schema: Option<&Schema>, value: &Value, to: Kind) -> Result<Value, DataError> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let Some(from) = schema.map_or_else(|| value.kind(), |schema| Some(schema.kind)) else {
        return Err(DataError::data(format!(
            "Cast transformation was passed a value of type {} which is not supported by Connect's data API",
            class_text(value)
        )));
    };
    if !from.is_primitive() {
        return Err(DataError::data(format!(
            "Cast transformation does not support casting from {}; supported types are {}",
            from.constant(),
            names(INPUTS)
        )));
    }
    if to == Kind::String {
        return Ok(Value::String(text(value)));
    }
    match schema.and_then(|schema| schema.name.as_deref()) {
        Some(name @ (logical::DATE | logical::TIME | logical::TIMESTAMP)) => {
            number(&encoded(name, value)?, to)
        }
        _ => number(value, to),
    }
}

/// `Cast.castToString`.
fn text(value: &Value) -> String {
    match value {
        Value::Date(ms) => iso_date_text(*ms),
        Value::Bytes(bytes) => STANDARD.encode(bytes),
        value => value_text(value),
    }
}

/// `Cast.encodeLogicalType`.
fn encoded(name: &str, value: &Value) -> Result<Value, DataError> {
    let Value::Date(ms) = value else {
        return Err(class_cast(value, "java.util.Date"));
    };
    Ok(match name {
        logical::DATE => Value::Int32(logical::date_to_days(*ms)?),
        logical::TIME => Value::Int32(logical::time_to_ms(*ms)?),
        _ => Value::Int64(*ms),
    })
}

fn number(value: &Value, to: Kind) -> Result<Value, DataError> {
    let made = match value {
        Value::String(text) => parsed(text, to),
        Value::Boolean(flag) => converted(&Value::Int8(i8::from(*flag)), to),
        value => match converted(value, to) {
            None => {
                return Err(DataError::data(format!(
                    "Unexpected type in Cast transformation: {}",
                    class_text(value)
                )));
            }
            made => made,
        },
    };
    made.ok_or_else(|| {
        DataError::data(format!(
            "Value ({}) was out of range for requested data type",
            value_text(value)
        ))
    })
}

/// A number as another; `None` for what is no number.
fn converted(value: &Value, to: Kind) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    Some(match to {
        Kind::Int8 => Value::Int8(narrow(value)? as i8),
        Kind::Int16 => Value::Int16(narrow(value)? as i16),
        Kind::Int32 => Value::Int32(narrow(value)?),
        Kind::Int64 => Value::Int64(to_long(value)?),
        Kind::Float32 => Value::Float32(to_float(value)?),
        Kind::Float64 => Value::Float64(to_double(value)?),
        _ => Value::Boolean(to_long(value)? != 0),
    })
}

/// A text as a number; `None` if it is none.
fn parsed(text: &str, to: Kind) -> Option<Value> {
    Some(match to {
        Kind::Int8 => Value::Int8(text.parse().ok()?),
        Kind::Int16 => Value::Int16(text.parse().ok()?),
        Kind::Int32 => Value::Int32(text.parse().ok()?),
        Kind::Int64 => Value::Int64(text.parse().ok()?),
        Kind::Float32 => Value::Float32(parse_float(text)?),
        Kind::Float64 => Value::Float64(parse_double(text)?),
        _ => Value::Boolean(text.eq_ignore_ascii_case("true")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_and_saturate_as_in_java() {
        let cast = |value: Value, to| cast(None, &value, to).unwrap();
        assert_eq!(cast(Value::Int32(300), Kind::Int8), Value::Int8(44));
        assert_eq!(
            cast(Value::Float64(1e20), Kind::Int64),
            Value::Int64(i64::MAX)
        );
        assert_eq!(cast(Value::Float64(1e20), Kind::Int8), Value::Int8(-1));
        assert_eq!(
            cast(Value::Float32(0.5), Kind::Boolean),
            Value::Boolean(false)
        );
        assert_eq!(
            cast(Value::Boolean(true), Kind::Float64),
            Value::Float64(1.0)
        );
        assert_eq!(
            cast(Value::text("TRUE"), Kind::Boolean),
            Value::Boolean(true)
        );
        assert_eq!(
            cast(Value::Bytes(vec![1]), Kind::String),
            Value::text("AQ==")
        );
        assert_eq!(cast(Value::Float64(1.0), Kind::String), Value::text("1.0"));
    }

    #[test]
    fn what_cannot_be_cast_says_why() {
        let error = |value: Value, to| cast(None, &value, to).unwrap_err().message;
        assert_eq!(
            error(Value::text("300"), Kind::Int8),
            "Value (300) was out of range for requested data type"
        );
        assert_eq!(
            error(Value::Bytes(vec![]), Kind::Int8),
            "Unexpected type in Cast transformation: class [B"
        );
        assert!(error(Value::Map(vec![]), Kind::Int8).contains("casting from MAP; supported"));
        assert!(error(Value::Date(0), Kind::Int8).contains("of type class java.util.Date which"));
    }
}
