//! Values.

use std::sync::Arc;

use num_bigint::BigInt;

use super::{Kind, Schema};

/// Java's `BigDecimal`: `unscaled` times ten to the power of minus `scale`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits.
    pub unscaled: BigInt,
    /// How many of them are after the point; may be negative.
    pub scale: i32,
}

/// Fields with a schema (`Struct`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// Of type [`Kind::Struct`].
    pub schema: Arc<Schema>,
    /// One value for each field of the schema, in its order.
    pub values: Vec<Value>,
}

/// A value of Connect's data model, with or without a schema beside it.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// Java's `Byte`.
    Int8(i8),
    /// Java's `Short`.
    Int16(i16),
    /// Java's `Integer`.
    Int32(i32),
    /// Java's `Long`.
    Int64(i64),
    /// Java's `Float`.
    Float32(f32),
    /// Java's `Double`.
    Float64(f64),
    /// Java's `Boolean`.
    Boolean(bool),
    /// Java's `String`.
    String(String),
    /// Java's `byte[]` or `ByteBuffer`.
    Bytes(Vec<u8>),
    /// Java's `List`.
    Array(Vec<Value>),
    /// Java's `Map`, its entries in the order in which they were put.
    Map(Vec<(Value, Value)>),
    /// Java's `Struct`.
    Struct(Struct),
    /// Java's `BigDecimal`.
    Decimal(Decimal),
    /// Java's `java.util.Date`: milliseconds since the epoch.
    Date(i64),
}

impl Value {
    /// Whether it is nothing.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// The type that fits a value without a schema (`ConnectSchema.schemaType`);
    /// `None` for null and for the logical types.
    pub const fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Null | Self::Decimal(_) | Self::Date(_) => return None,
            Self::Int8(_) => Kind::Int8,
            Self::Int16(_) => Kind::Int16,
            Self::Int32(_) => Kind::Int32,
            Self::Int64(_) => Kind::Int64,
            Self::Float32(_) => Kind::Float32,
            Self::Float64(_) => Kind::Float64,
            Self::Boolean(_) => Kind::Boolean,
            Self::String(_) => Kind::String,
            Self::Bytes(_) => Kind::Bytes,
            Self::Array(_) => Kind::Array,
            Self::Map(_) => Kind::Map,
            Self::Struct(_) => Kind::Struct,
        })
    }

    /// The name of the Java class that the value would have, for messages.
    pub const fn java_class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int8(_) => "java.lang.Byte",
            Self::Int16(_) => "java.lang.Short",
            Self::Int32(_) => "java.lang.Integer",
            Self::Int64(_) => "java.lang.Long",
            Self::Float32(_) => "java.lang.Float",
            Self::Float64(_) => "java.lang.Double",
            Self::Boolean(_) => "java.lang.Boolean",
            Self::String(_) => "java.lang.String",
            Self::Bytes(_) => "[B",
            Self::Array(_) => "java.util.ArrayList",
            Self::Map(_) => "java.util.HashMap",
            Self::Struct(_) => "org.apache.kafka.connect.data.Struct",
            Self::Decimal(_) => "java.math.BigDecimal",
            Self::Date(_) => "java.util.Date",
        }
    }
}
