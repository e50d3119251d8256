//! The transforms that come with Apache Kafka 3.9
//! (`org.apache.kafka.connect.transforms`), each in a module of its own.
//!
//! Invariants: a transform keeps no state but schemas that it made before; it
//! changes only what it is for; what it refuses, it refuses with Java's class
//! and words. Maps keep the order of their entries, where Java's have none.

use std::collections::BTreeMap;

use crate::config::{ConfigDef, Settings};
use crate::plugin::{self, Plugin};
use crate::record::Transform;

mod cache;
mod cast;
mod cast_value;
mod drop_headers;
mod extract_field;
mod field_path;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod mask_field;
mod regex_router;
mod replace_field;
mod set_schema_metadata;
mod settings;
mod side;
mod timestamp_converter;
mod timestamp_router;
mod timestamp_type;
mod value_to_key;

#[cfg(test)]
mod tests;

pub(crate) use regex_router::valid_regex;

use side::Side;

type Config = BTreeMap<String, String>;
type Made = Result<Box<dyn Transform>, String>;
type Create = fn(&Settings, &Config) -> Made;

#[expect(clippy::unnecessary_wraps, reason = "what the table below has")]
fn boxed(transform: impl Transform + 'static) -> Made {
    Ok(Box::new(transform))
}

macro_rules! plugin {
    ($class:literal, $def:expr, $create:expr) => {
        Plugin {
            class: concat!("org.apache.kafka.connect.transforms.", $class),
            def: $def,
            create: $create,
        }
    };
}

/// In the order in which a worker lists them.
static CLASSES: [Plugin<Create>; 26] = [
    plugin!("Cast$Key", cast::config_def, |s, _| boxed(
        cast::Cast::create(Side::Key, s)?
    )),
    plugin!("Cast$Value", cast::config_def, |s, _| boxed(
        cast::Cast::create(Side::Value, s)?
    )),
    plugin!("DropHeaders", drop_headers::config_def, |s, _| boxed(
        drop_headers::DropHeaders::create(s)
    )),
    plugin!("ExtractField$Key", extract_field::config_def, |s, _| boxed(
        extract_field::ExtractField::create(Side::Key, s)?
    )),
    plugin!("ExtractField$Value", extract_field::config_def, |s, _| {
        boxed(extract_field::ExtractField::create(Side::Value, s)?)
    }),
    plugin!("Filter", ConfigDef::default, |_, _| boxed(filter::Filter)),
    plugin!("Flatten$Key", flatten::config_def, |s, _| boxed(
        flatten::Flatten::create(Side::Key, s)
    )),
    plugin!("Flatten$Value", flatten::config_def, |s, _| boxed(
        flatten::Flatten::create(Side::Value, s)
    )),
    plugin!("HeaderFrom$Key", header_from::config_def, |s, _| boxed(
        header_from::HeaderFrom::create(Side::Key, s)?
    )),
    plugin!("HeaderFrom$Value", header_from::config_def, |s, _| boxed(
        header_from::HeaderFrom::create(Side::Value, s)?
    )),
    plugin!("HoistField$Key", hoist_field::config_def, |s, _| boxed(
        hoist_field::HoistField::create(Side::Key, s)
    )),
    plugin!("HoistField$Value", hoist_field::config_def, |s, _| boxed(
        hoist_field::HoistField::create(Side::Value, s)
    )),
    plugin!("InsertField$Key", insert_field::config_def, |s, _| boxed(
        insert_field::InsertField::create(Side::Key, s)?
    )),
    plugin!("InsertField$Value", insert_field::config_def, |s, _| boxed(
        insert_field::InsertField::create(Side::Value, s)?
    )),
    plugin!("InsertHeader", insert_header::config_def, |s, _| boxed(
        insert_header::InsertHeader::create(s)
    )),
    plugin!("MaskField$Key", mask_field::config_def, |s, _| boxed(
        mask_field::MaskField::create(Side::Key, s)
    )),
    plugin!("MaskField$Value", mask_field::config_def, |s, _| boxed(
        mask_field::MaskField::create(Side::Value, s)
    )),
    plugin!("RegexRouter", regex_router::config_def, |s, _| boxed(
        regex_router::RegexRouter::create(s)?
    )),
    plugin!("ReplaceField$Key", replace_field::config_def, |s, raw| {
        boxed(replace_field::ReplaceField::create(Side::Key, s, |name| {
            raw.contains_key(name)
        })?)
    }),
    plugin!("ReplaceField$Value", replace_field::config_def, |s, raw| {
        boxed(replace_field::ReplaceField::create(
            Side::Value,
            s,
            |name| raw.contains_key(name),
        )?)
    }),
    plugin!(
        "SetSchemaMetadata$Key",
        set_schema_metadata::config_def,
        |s, _| boxed(set_schema_metadata::SetSchemaMetadata::create(
            Side::Key,
            s
        )?)
    ),
    plugin!(
        "SetSchemaMetadata$Value",
        set_schema_metadata::config_def,
        |s, _| boxed(set_schema_metadata::SetSchemaMetadata::create(
            Side::Value,
            s
        )?)
    ),
    plugin!(
        "TimestampConverter$Key",
        timestamp_converter::config_def,
        |s, _| boxed(timestamp_converter::TimestampConverter::create(
            Side::Key,
            s
        )?)
    ),
    plugin!(
        "TimestampConverter$Value",
        timestamp_converter::config_def,
        |s, _| boxed(timestamp_converter::TimestampConverter::create(
            Side::Value,
            s
        )?)
    ),
    plugin!("TimestampRouter", timestamp_router::config_def, |s, _| {
        boxed(timestamp_router::TimestampRouter::create(s))
    }),
    plugin!("ValueToKey", value_to_key::config_def, |s, _| boxed(
        value_to_key::ValueToKey::create(s)
    )),
];

/// The full names of all transforms, in the order in which a worker lists
/// them.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|plugin| plugin.class)
}

/// The full name of a class that is given by it or by its alias
/// (`RegexRouter`; classes with the forms `$Key` and `$Value` have none).
pub fn resolve(class: &str) -> Option<&'static str> {
    plugin::find(&CLASSES, class).map(|plugin| plugin.class)
}

/// The settings of a class, which may be given by its alias.
pub fn config_def(class: &str) -> Option<ConfigDef> {
    plugin::find(&CLASSES, class).map(|plugin| (plugin.def)())
}

/// Makes a transform of a class, by its name or alias, and its settings
/// without prefix.
///
/// # Errors
/// All that is wrong with the settings, in Kafka's words.
pub fn create(class: &str, config: &Config) -> Result<Box<dyn Transform>, Vec<String>> {
    let plugin = plugin::find(&CLASSES, class).ok_or_else(|| vec![plugin::not_found(class)])?;
    let settings = Settings::parse(&(plugin.def)(), config)?;
    (plugin.create)(&settings, config).map_err(|error| vec![error])
}
