//! Schemas (`ConnectSchema`).

use std::sync::Arc;

use super::Value;

/// The types of a schema (`Schema.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 8-bit signed number.
    Int8,
    /// 16-bit signed number.
    Int16,
    /// 32-bit signed number.
    Int32,
    /// 64-bit signed number.
    Int64,
    /// 32-bit IEEE 754 number.
    Float32,
    /// 64-bit IEEE 754 number.
    Float64,
    /// true or false.
    Boolean,
    /// Unicode text.
    String,
    /// Bytes.
    Bytes,
    /// Values of one schema in order.
    Array,
    /// Keys of one schema to values of another.
    Map,
    /// Named fields.
    Struct,
}

impl Kind {
    /// All of them, in Java's order.
    pub const ALL: [Self; 12] = [
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Float32,
        Self::Float64,
        Self::Boolean,
        Self::String,
        Self::Bytes,
        Self::Array,
        Self::Map,
        Self::Struct,
    ];

    /// The name in lower case, as JSON schemas have it (`Schema.Type.getName`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Array => "array",
            Self::Map => "map",
            Self::Struct => "struct",
        }
    }

    /// The name of the Java constant, as messages have it.
    pub const fn constant(self) -> &'static str {
        match self {
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Float32 => "FLOAT32",
            Self::Float64 => "FLOAT64",
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Bytes => "BYTES",
            Self::Array => "ARRAY",
            Self::Map => "MAP",
            Self::Struct => "STRUCT",
        }
    }

    /// Whether a value needs no other schema to be described.
    pub const fn is_primitive(self) -> bool {
        !matches!(self, Self::Array | Self::Map | Self::Struct)
    }
}

/// The names of schemas that give a primitive type a meaning of its own, and
/// what dates are in that type.
pub mod logical {
    use crate::java::DAY_MS;
    use crate::record::DataError;

    /// BYTES: a [`super::super::Decimal`]; the scale is a parameter.
    pub const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";
    /// INT32: days since the epoch.
    pub const DATE: &str = "org.apache.kafka.connect.data.Date";
    /// INT32: milliseconds since midnight.
    pub const TIME: &str = "org.apache.kafka.connect.data.Time";
    /// INT64: milliseconds since the epoch.
    pub const TIMESTAMP: &str = "org.apache.kafka.connect.data.Timestamp";
    /// The parameter with a decimal's scale.
    pub const SCALE: &str = "scale";

    /// `Date.fromLogical`, which keeps the lowest 32 bits of the days.
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    pub(crate) fn date_to_days(ms: i64) -> Result<i32, DataError> {
        if ms % DAY_MS != 0 {
            return Err(DataError::data(
                "Kafka Connect Date type should not have any time fields set to non-zero values.",
            ));
        }
        Ok((ms / DAY_MS) as i32)
    }

    /// `Time.fromLogical`, to which midnight is the end of a day as well.
    pub(crate) fn time_to_ms(ms: i64) -> Result<i32, DataError> {
        match i32::try_from(ms) {
            Ok(number) if (0..=DAY_MS).contains(&ms) => Ok(number),
            _ => Err(DataError::data(
                "Kafka Connect Time type should not have any date fields set to non-zero values.",
            )),
        }
    }
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub schema: Arc<Schema>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Its type.
    pub kind: Kind,
    /// Whether null is a value.
    pub optional: bool,
    /// What an absent value stands for.
    pub default: Option<Box<Value>>,
    /// Its name, which may be one of [`logical`].
    pub name: Option<String>,
    /// Its version.
    pub version: Option<i32>,
    /// Documentation.
    pub doc: Option<String>,
    /// Further properties, in order.
    pub parameters: Vec<(String, String)>,
    /// A struct's fields, in order.
    pub fields: Vec<Field>,
    /// A map's keys.
    pub key: Option<Arc<Schema>>,
    /// A map's values, or an array's.
    pub value: Option<Arc<Schema>>,
}

impl Schema {
    /// A required schema of a type, with nothing else to it.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            optional: false,
            default: None,
            name: None,
            version: None,
            doc: None,
            parameters: Vec::new(),
            fields: Vec::new(),
            key: None,
            value: None,
        }
    }

    /// The same, optional.
    pub const fn optional(kind: Kind) -> Self {
        let mut schema = Self::new(kind);
        schema.optional = true;
        schema
    }

    /// An array of `value`s.
    pub fn array(value: Arc<Self>) -> Self {
        Self {
            value: Some(value),
            ..Self::new(Kind::Array)
        }
    }

    /// A map from `key`s to `value`s.
    pub fn map(key: Arc<Self>, value: Arc<Self>) -> Self {
        Self {
            key: Some(key),
            value: Some(value),
            ..Self::new(Kind::Map)
        }
    }

    /// A struct with these fields.
    pub fn structure(fields: Vec<Field>) -> Self {
        Self {
            fields,
            ..Self::new(Kind::Struct)
        }
    }

    /// A field's place and the field.
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        let mut fields = self.fields.iter().enumerate();
        fields.find(|(_, field)| field.name == name)
    }

    /// A further property.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}
