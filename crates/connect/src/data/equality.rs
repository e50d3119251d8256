//! When values and schemas are equal: as Java's `equals` has it
//! (`ConnectSchema.equals`, `Struct.equals`), which decides whether a struct
//! has the schema that it comes with.
//!
//! A float is equal to itself, also if it is no number, and zeros differ by
//! their sign; maps and parameters are equal in any order.

use super::{Schema, Value};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Int8(a), Self::Int8(b)) => a == b,
            (Self::Int16(a), Self::Int16(b)) => a == b,
            (Self::Int32(a), Self::Int32(b)) => a == b,
            (Self::Int64(a), Self::Int64(b)) | (Self::Date(a), Self::Date(b)) => a == b,
            // `Double.equals` sees one NaN.
            (Self::Float32(a), Self::Float32(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Self::Float64(a), Self::Float64(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
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
    /// Records of one source share a schema, so contents are rarely compared.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || same_contents(self, other)
    }
}

fn same_contents(a: &Schema, b: &Schema) -> bool {
    a.kind == b.kind
        && a.optional == b.optional
        && a.name == b.name
        && a.version == b.version
        && a.doc == b.doc
        && same_entries(&a.parameters, &b.parameters)
        && a.fields == b.fields
        && a.key == b.key
        && a.value == b.value
        && a.default == b.default
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
