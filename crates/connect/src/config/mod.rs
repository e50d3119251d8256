//! Settings as Kafka's `ConfigDef` defines, parses and validates them.
//!
//! One [`ConfigDef`] gives the parsed values, all errors in Kafka's words, and
//! the descriptions that Connect's REST API shows. Invariant: a secret's value
//! is in no error and in no description.

mod def;
mod embed;
mod parse_type;
pub mod validators;

pub use def::{
    Check, ConfigDef, ConfigKey, ConfigValue, Default, Importance, Lookup, Parsed, Type, Validator,
    Width,
};
