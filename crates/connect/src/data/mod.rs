//! Connect's data model (`org.apache.kafka.connect.data`): values and, where
//! there are some, their schemas.
//!
//! Invariants: a [`Struct`] has one value for each field of its schema; a map
//! keeps the order in which its entries were put, where Java's has none.

mod builder;
mod equality;
mod literal;
mod schema;
mod validate;
mod value;

pub use builder::SchemaBuilder;
pub use literal::parse_string;
pub use schema::{Field, Kind, Schema, logical};
pub use validate::validate_value;
pub use value::{Decimal, Struct, Value};
