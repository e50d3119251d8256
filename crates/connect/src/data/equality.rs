//! When values and schemas are equal: as Java's `equals` has it
//! (`ConnectSchema.equals`, `Struct.equals`), which decides whether a struct
//! has the schema that it comes with.
//!
//! A float is equal to itself, also if it is no number, and zeros differ by
//! their sign; maps and parameters are equal in any order.

use super::{Schema, Value};

/// `Double.equals`, which sees one NaN.
fn same_bits(a: u64, b: u64, both_nan: bool) -> bool {
    a == b || both_nan
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Int8(a), Self::Int8(b)) => a == b,
            (Self::Int16(a), Self::Int16(b)) => a == b,
            (Self::Int32(a), Self::Int32(b)) => a == b,
            (Self::Int64(a), Self::Int64(b)) | (Self::Date(a), Self::Date(b)) => a == b,
            (Self::Float32(a), Self::Float32(b)) => {
                let bits = |float: &f32| u64::from(float.to_bits());
                same_bits(bits(a), bits(b), a.is_nan() && b.is_nan())
            }
            (Self::Float64(a), Self::Float64(b)) => {
                same_bits(a.to_bits(), b.to_bits(), a.is_nan() && b.is_nan())
            }
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => same_entries(a, b),
            (Self::Struct(a), Self::Struct(b)) => a == b,
            (Self::Decimal(a), Self::Decimal(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

/// Whether each entry has an equal one, wherever that is; keys are unique. One
/// at the same place is found at once, which is where most are.
fn same_entries<K: PartialEq, V: PartialEq>(a: &[(K, V)], b: &[(K, V)]) -> bool {
    a.len() == b.len()
        && a.iter()
            .enumerate()
            .all(|(at, entry)| b[at] == *entry || b.contains(entry))
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.optional == other.optional
            && self.name == other.name
            && self.version == other.version
            && self.doc == other.doc
            && same_entries(&self.parameters, &other.parameters)
            && self.fields == other.fields
            && self.key == other.key
            && self.value == other.value
            && self.default == other.default
    }
}

impl Eq for Schema {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Kind;

    #[test]
    fn floats_are_equal_by_their_bits() {
        assert_eq!(Value::Float64(f64::NAN), Value::Float64(-f64::NAN));
        assert_eq!(Value::Float32(f32::NAN), Value::Float32(f32::NAN));
        assert_ne!(Value::Float64(0.0), Value::Float64(-0.0));
        assert_ne!(Value::Float64(1.0), Value::Float32(1.0));
        assert_ne!(Value::Int64(1), Value::Date(1));
    }

    #[test]
    fn the_order_of_maps_and_parameters_does_not_matter() {
        let entry = |key, value| (Value::Int8(key), Value::Int8(value));
        let map = |entries: [(Value, Value); 2]| Value::Map(entries.into());
        assert_eq!(
            map([entry(1, 2), entry(3, 4)]),
            map([entry(3, 4), entry(1, 2)])
        );
        assert_ne!(
            map([entry(1, 2), entry(3, 4)]),
            map([entry(1, 4), entry(3, 2)])
        );
        let pair = |text: &str| (text.to_owned(), text.to_owned());
        let schema = |names: [&str; 2]| Schema {
            parameters: names.map(pair).into(),
            ..Schema::new(Kind::Int8)
        };
        assert_eq!(schema(["a", "b"]), schema(["b", "a"]));
        assert_ne!(schema(["a", "b"]), schema(["a", "c"]));
    }
}
