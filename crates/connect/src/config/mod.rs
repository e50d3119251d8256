//! Settings as Kafka's `ConfigDef` defines, parses and validates them.
//!
//! One [`ConfigDef`] gives the parsed values, all errors in Kafka's words, and
//! the descriptions that Connect's REST API shows. Invariant: a secret's value
//! is in no error and in no description.

mod def;
mod embed;
mod parse_type;
mod settings;
pub mod validators;

use std::collections::BTreeMap;

pub use def::{
    Check, ConfigDef, ConfigKey, ConfigValue, Default, Importance, Lookup, Parsed, Type, Validator,
    Width,
};
pub(crate) use settings::{Settings, required_text};

/// The settings whose names begin with `prefix`, by their names without it
/// (`AbstractConfig.originalsWithPrefix`).
pub fn with_prefix(config: &BTreeMap<String, String>, prefix: &str) -> BTreeMap<String, String> {
    let own = config.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(prefix)?;
        Some((name.to_owned(), value.clone()))
    });
    own.collect()
}
