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
type Create = fn(&Settings, &Config) -> Result<Box<dyn Transform>, String>;

macro_rules! classes {
    (|$s:ident, $raw:ident| $($name:literal $module:ident::$class:ident => $create:expr;)*) => {
        static CLASSES: &[Plugin<Create>] = &[$(Plugin {
            class: concat!("org.apache.kafka.connect.transforms.", $name),
            def: $module::config_def,
            create: |$s, $raw| {
                use $module::$class;
                // Few need all of it.
                let _ = ($s, $raw);
                Ok(Box::new($create))
            },
        }),*];
    };
}

// In the order in which a worker lists them.
classes! { |s, raw|
    "Cast$Key" cast::Cast => Cast::create(Side::Key, s)?;
    "Cast$Value" cast::Cast => Cast::create(Side::Value, s)?;
    "DropHeaders" drop_headers::DropHeaders => DropHeaders::create(s);
    "ExtractField$Key" extract_field::ExtractField => ExtractField::create(Side::Key, s)?;
    "ExtractField$Value" extract_field::ExtractField => ExtractField::create(Side::Value, s)?;
    "Filter" filter::Filter => Filter;
    "Flatten$Key" flatten::Flatten => Flatten::create(Side::Key, s);
    "Flatten$Value" flatten::Flatten => Flatten::create(Side::Value, s);
    "HeaderFrom$Key" header_from::HeaderFrom => HeaderFrom::create(Side::Key, s)?;
    "HeaderFrom$Value" header_from::HeaderFrom => HeaderFrom::create(Side::Value, s)?;
    "HoistField$Key" hoist_field::HoistField => HoistField::create(Side::Key, s);
    "HoistField$Value" hoist_field::HoistField => HoistField::create(Side::Value, s);
    "InsertField$Key" insert_field::InsertField => InsertField::create(Side::Key, s)?;
    "InsertField$Value" insert_field::InsertField => InsertField::create(Side::Value, s)?;
    "InsertHeader" insert_header::InsertHeader => InsertHeader::create(s);
    "MaskField$Key" mask_field::MaskField => MaskField::create(Side::Key, s);
    "MaskField$Value" mask_field::MaskField => MaskField::create(Side::Value, s);
    "RegexRouter" regex_router::RegexRouter => RegexRouter::create(s)?;
    "ReplaceField$Key" replace_field::ReplaceField => ReplaceField::create(Side::Key, s, raw)?;
    "ReplaceField$Value" replace_field::ReplaceField => ReplaceField::create(Side::Value, s, raw)?;
    "SetSchemaMetadata$Key" set_schema_metadata::SetSchemaMetadata => SetSchemaMetadata::create(Side::Key, s)?;
    "SetSchemaMetadata$Value" set_schema_metadata::SetSchemaMetadata => SetSchemaMetadata::create(Side::Value, s)?;
    "TimestampConverter$Key" timestamp_converter::TimestampConverter => TimestampConverter::create(Side::Key, s)?;
    "TimestampConverter$Value" timestamp_converter::TimestampConverter => TimestampConverter::create(Side::Value, s)?;
    "TimestampRouter" timestamp_router::TimestampRouter => TimestampRouter::create(s);
    "ValueToKey" value_to_key::ValueToKey => ValueToKey::create(s);
}

/// The full names of all transforms, in the order in which a worker lists
/// them.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|plugin| plugin.class)
}

/// The full name of a class that is given by it or by its alias
/// (`RegexRouter`; classes with the forms `$Key` and `$Value` have none).
pub fn resolve(class: &str) -> Option<&'static str> {
    plugin::find(CLASSES, class).map(|plugin| plugin.class)
}

/// The settings of a class, which may be given by its alias.
pub fn config_def(class: &str) -> Option<ConfigDef> {
    plugin::find(CLASSES, class).map(|plugin| (plugin.def)())
}

/// Makes a transform of a class, by its name or alias, and its settings
/// without prefix.
///
/// # Errors
/// All that is wrong with the settings, in Kafka's words.
pub fn create(class: &str, config: &Config) -> Result<Box<dyn Transform>, Vec<String>> {
    let plugin = plugin::find(CLASSES, class).ok_or_else(|| vec![plugin::not_found(class)])?;
    let settings = Settings::parse(&(plugin.def)(), config)?;
    (plugin.create)(&settings, config).map_err(|error| vec![error])
}
