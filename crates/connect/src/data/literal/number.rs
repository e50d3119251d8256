//! Numbers as text (`Values.ValueParser.parseAsNumber`): the smallest type that
//! holds one.

use std::sync::Arc;

use num_bigint::BigInt;

use super::Parsed;
use crate::data::{Decimal, Kind, Schema, Value, logical};
use crate::java::{parse_decimal, to_double, to_float};

/// The number, `None` if it is none.
pub(super) fn parse(token: &str) -> Parsed {
    let decimal = parse_decimal(token)?;
    if let Some(number) = whole(&decimal) {
        return Some(integer(number));
    }
    let scale = decimal.scale;
    let value = Value::Decimal(decimal);
    let float = to_float(&value).filter(|float| float.is_finite() && scale != 0);
    let double = to_double(&value).filter(|double| double.is_finite() && scale != 0);
    Some(match (float, double) {
        (Some(float), _) => (plain(Kind::Float32), Value::Float32(float)),
        (None, Some(double)) => (plain(Kind::Float64), Value::Float64(double)),
        (None, None) => {
            let schema = Schema {
                name: Some(logical::DECIMAL.to_owned()),
                version: Some(1),
                parameters: vec![(logical::SCALE.to_owned(), scale.to_string())],
                ..Schema::new(Kind::Bytes)
            };
            (Arc::new(schema), value)
        }
    })
}

fn plain(kind: Kind) -> Arc<Schema> {
    Arc::new(Schema::new(kind))
}

/// The number if it has no fraction and 64 bits hold it.
fn whole(decimal: &Decimal) -> Option<i64> {
    let zero = BigInt::ZERO;
    if decimal.unscaled == zero {
        return Some(0);
    }
    let scale = i64::from(decimal.scale);
    let digits = decimal.unscaled.magnitude().to_string().len();
    let digits = i64::try_from(digits).unwrap_or(i64::MAX);
    // What is below one or of more than 19 digits need not be written out.
    if !(1..=19).contains(&(digits - scale)) {
        return None;
    }
    let power = BigInt::from(10).pow(u32::try_from(scale.abs()).unwrap_or(0));
    let whole = if scale <= 0 {
        &decimal.unscaled * power
    } else {
        let whole = &decimal.unscaled / &power;
        if &whole * power != decimal.unscaled {
            return None;
        }
        whole
    };
    i64::try_from(whole).ok()
}

fn integer(number: i64) -> (Arc<Schema>, Value) {
    if let Ok(number) = i8::try_from(number) {
        (plain(Kind::Int8), Value::Int8(number))
    } else if let Ok(number) = i16::try_from(number) {
        (plain(Kind::Int16), Value::Int16(number))
    } else if let Ok(number) = i32::try_from(number) {
        (plain(Kind::Int32), Value::Int32(number))
    } else {
        (plain(Kind::Int64), Value::Int64(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_type_is_taken() {
        let value = |text: &str| parse(text).map(|(_, value)| value);
        assert_eq!(value("5.00"), Some(Value::Int8(5)));
        assert_eq!(value("1e3"), Some(Value::Int16(1000)));
        assert_eq!(value("1e30"), Some(Value::Float32(1e30)));
        assert_eq!(value("0.1"), Some(Value::Float32(0.1)));
        assert!(matches!(
            value("123456789012345678901"),
            Some(Value::Decimal(_))
        ));
        assert_eq!(value("1-2"), None);
    }
}
