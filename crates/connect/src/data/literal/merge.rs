//! What the elements of a list, or the keys or values of a map, have in common
//! (`Values.SchemaMerger`), and making them that.

use std::sync::Arc;

use super::Parsed;
use crate::data::{Kind, Schema, Value, logical};
use crate::java::{DAY_MS, narrow, to_double, to_long};
use crate::record::DataError;

/// The schema that fits all values so far, if there is one.
#[derive(Default)]
pub(super) struct Merger {
    common: Option<Arc<Schema>>,
    incompatible: bool,
}

impl Merger {
    /// Counts a value in and gives it back.
    pub(super) fn take(&mut self, parsed: Parsed) -> Value {
        let Some((schema, value)) = parsed else {
            return Value::Null;
        };
        if !self.incompatible {
            self.common = match &self.common {
                None => Some(schema),
                Some(common) => merged(common, schema),
            };
            self.incompatible = self.common.is_none();
        }
        value
    }

    pub(super) fn common(&self) -> Option<Arc<Schema>> {
        self.common.clone()
    }
}

/// Numbers widen; what else has two types has nothing in common.
fn merged(previous: &Arc<Schema>, new: Arc<Schema>) -> Option<Arc<Schema>> {
    if previous.kind == new.kind {
        return Some(new);
    }
    let numeric = |kind: Kind| kind <= Kind::Float64;
    if !numeric(previous.kind) || !numeric(new.kind) {
        return None;
    }
    // The order of the types is that of their widths.
    Some(if previous.kind > new.kind {
        previous.clone()
    } else {
        new
    })
}

/// `Values.convertTo`, as far as literals need it.
pub(super) fn align(schema: &Schema, value: Value) -> Result<Value, DataError> {
    if value.is_null() {
        return Err(DataError::data(
            "Unable to convert a null value to a schema that requires a value",
        ));
    }
    if !matches!(schema.kind, Kind::Float32 | Kind::Float64) && schema.kind > Kind::Int64 {
        return Ok(value);
    }
    let refused = || DataError::data("Unable to convert to a number");
    let name = schema.name.as_deref();
    let is_date = matches!(
        name,
        Some(logical::DATE | logical::TIME | logical::TIMESTAMP)
    );
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    let aligned = match (schema.kind, &value) {
        (_, Value::Date(_)) if is_date => return Ok(value),
        (Kind::Int8, number) => narrow(number).map(|number| Value::Int8(number as i8)),
        (Kind::Int16, number) => narrow(number).map(|number| Value::Int16(number as i16)),
        (Kind::Int32, number) => {
            let number = narrow(number).ok_or_else(refused)?;
            Some(match name {
                Some(logical::DATE) => Value::Date(i64::from(number) * DAY_MS),
                Some(logical::TIME) if !(0..=DAY_MS).contains(&i64::from(number)) => {
                    return Err(DataError::data("Time values must lie within a day"));
                }
                Some(logical::TIME) => Value::Date(i64::from(number)),
                _ => Value::Int32(number),
            })
        }
        (Kind::Int64, number) => {
            let number = to_long(number).ok_or_else(refused)?;
            Some(match name {
                Some(logical::TIMESTAMP) => Value::Date(number),
                _ => Value::Int64(number),
            })
        }
        (Kind::Float32, number) => to_double(number).map(|number| Value::Float32(number as f32)),
        (_, number) => to_double(number).map(Value::Float64),
    };
    aligned.ok_or_else(refused)
}
