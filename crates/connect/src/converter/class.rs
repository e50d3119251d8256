//! Which converters there are, by the names that Connect accepts.

use std::collections::BTreeMap;

use super::json::{self, JsonConverter};
use super::primitive::{BooleanConverter, ByteArrayConverter, NumberConverter};
use super::simple_header::SimpleHeaderConverter;
use super::string::{self, StringConverter};
use super::{Converter, HeaderConverter};
use crate::config::{ConfigDef, Importance, Settings, required_text, validators};
use crate::data::Kind;
use crate::plugin;

const STRING: &str = "org.apache.kafka.connect.storage.StringConverter";
const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";
const BYTE_ARRAY: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";
const BOOLEAN: &str = "org.apache.kafka.connect.converters.BooleanConverter";
const SHORT: &str = "org.apache.kafka.connect.converters.ShortConverter";
const INTEGER: &str = "org.apache.kafka.connect.converters.IntegerConverter";
const LONG: &str = "org.apache.kafka.connect.converters.LongConverter";
const FLOAT: &str = "org.apache.kafka.connect.converters.FloatConverter";
const DOUBLE: &str = "org.apache.kafka.connect.converters.DoubleConverter";
const SIMPLE_HEADER: &str = "org.apache.kafka.connect.storage.SimpleHeaderConverter";

/// The classes for keys and values, sorted as `GET /connector-plugins` has
/// them.
pub const CONVERTERS: [&str; 9] = [
    BOOLEAN, BYTE_ARRAY, DOUBLE, FLOAT, INTEGER, LONG, SHORT, JSON, STRING,
];

/// The classes for headers, likewise.
pub const HEADER_CONVERTERS: [&str; 10] = [
    BOOLEAN,
    BYTE_ARRAY,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    JSON,
    SIMPLE_HEADER,
    STRING,
];

/// Whether `class` is the full name of `known` or one of its aliases
/// (`PluginUtils.pluginAliases`): the name without the package, and that
/// without what its interface is called. Both lists have one set of aliases,
/// so `Simple` is what Connect calls the `SimpleHeaderConverter`.
fn is_called(known: &str, class: &str) -> bool {
    let simple = plugin::simple_name(known);
    let suffix = if known == SIMPLE_HEADER {
        "HeaderConverter"
    } else {
        "Converter"
    };
    class == known || class == simple || simple.strip_suffix(suffix) == Some(class)
}

/// The full name of a converter of keys and values, by that or an alias.
///
/// # Errors
/// There is none; the text says which there are.
pub fn full_name(class: &str) -> Result<&'static str, String> {
    find(class, &CONVERTERS)
}

/// The full name of a converter of headers, by that or an alias.
///
/// # Errors
/// There is none; the text says which there are.
pub fn header_full_name(class: &str) -> Result<&'static str, String> {
    find(class, &HEADER_CONVERTERS)
}

fn find(class: &str, known: &[&'static str]) -> Result<&'static str, String> {
    let found = known.iter().find(|known| is_called(known, class));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = known
            .iter()
            .map(|known| plugin::simple_name(known))
            .collect();
        format!(
            "{} This worker has {}; for other converters, as those of a Schema Registry, run the \
             connector's plugin in Apache Kafka Connect.",
            plugin::not_found(class),
            names.join(", ")
        )
    })
}

/// What a converter can be configured with; for `None` there is no such class.
pub fn config_def(class: &str) -> Option<ConfigDef> {
    let class = header_full_name(class).ok()?;
    if class == SIMPLE_HEADER {
        return Some(ConfigDef::default());
    }
    let def = ConfigDef::default().define(
        required_text(
            "converter.type",
            Importance::Low,
            "What is converted: key, value or header. The worker sets it.",
        )
        .valid(validators::one_of(&["key", "value", "header"])),
    );
    Some(match class {
        STRING => string::define(def),
        JSON => json::define(def),
        _ => def,
    })
}

/// Parses a converter's own settings: those of the worker or the connector
/// without the prefix.
fn configure(
    class: &str,
    kind: &str,
    config: &BTreeMap<String, String>,
) -> Result<Settings, Vec<String>> {
    let mut config = config.clone();
    config.insert("converter.type".to_owned(), kind.to_owned());
    Settings::parse(&config_def(class).unwrap_or_default(), &config)
}

/// A converter for keys (`is_key`) or values, by its class and its own
/// settings (those without the prefix `key.converter.` or `value.converter.`;
/// ones that it does not have are ignored, as in Connect).
///
/// # Errors
/// There is no such class, or settings are wrong; all that is wrong, in Kafka's
/// words where it has some.
pub fn create(
    class: &str,
    is_key: bool,
    config: &BTreeMap<String, String>,
) -> Result<Box<dyn Converter>, Vec<String>> {
    let class = full_name(class).map_err(|error| vec![error])?;
    let settings = configure(class, if is_key { "key" } else { "value" }, config)?;
    Ok(match class {
        BYTE_ARRAY => Box::new(ByteArrayConverter),
        BOOLEAN => Box::new(BooleanConverter),
        JSON => Box::new(JsonConverter::new(&settings)),
        STRING => Box::new(StringConverter),
        number => Box::new(NumberConverter {
            kind: number_kind(number),
        }),
    })
}

/// A converter for headers, by its class and its own settings (those without
/// the prefix `header.converter.`).
///
/// # Errors
/// As [`create`].
pub fn create_header(
    class: &str,
    config: &BTreeMap<String, String>,
) -> Result<Box<dyn HeaderConverter>, Vec<String>> {
    let class = header_full_name(class).map_err(|error| vec![error])?;
    let settings = configure(class, "header", config)?;
    Ok(match class {
        BYTE_ARRAY => Box::new(ByteArrayConverter),
        BOOLEAN => Box::new(BooleanConverter),
        JSON => Box::new(JsonConverter::new(&settings)),
        SIMPLE_HEADER => Box::new(SimpleHeaderConverter),
        STRING => Box::new(StringConverter),
        number => Box::new(NumberConverter {
            kind: number_kind(number),
        }),
    })
}

fn number_kind(class: &str) -> Kind {
    match class {
        SHORT => Kind::Int16,
        INTEGER => Kind::Int32,
        LONG => Kind::Int64,
        FLOAT => Kind::Float32,
        _ => Kind::Float64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(class: &str, config: &[(&str, &str)]) -> Vec<String> {
        let pairs = config
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        create(class, false, &pairs.collect())
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn classes_have_connects_aliases() {
        for name in ["Json", "JsonConverter", JSON] {
            assert_eq!(full_name(name), Ok(JSON));
        }
        assert_eq!(header_full_name("Simple"), Ok(SIMPLE_HEADER));
        assert!(header_full_name("SimpleHeader").is_err() && full_name("Simple").is_err());
        assert!(full_name("json").is_err() && full_name("").is_err());
        for class in CONVERTERS {
            assert!(HEADER_CONVERTERS.contains(&class) && errors(class, &[]).is_empty());
        }
    }

    #[test]
    fn a_class_that_is_not_here_names_those_that_are() {
        let error = &errors("io.confluent.connect.avro.AvroConverter", &[])[0];
        assert!(
            error.contains("AvroConverter could not be found"),
            "{error}"
        );
        assert!(error.contains("JsonConverter, StringConverter;"), "{error}");
        assert!(error.contains("Apache Kafka Connect"), "{error}");
    }

    #[test]
    fn all_wrong_settings_are_told() {
        assert_eq!(
            errors(
                "Json",
                &[("schemas.enable", "maybe"), ("decimal.format", "x")]
            ),
            [
                "Invalid value maybe for configuration schemas.enable: Expected value to be either true or false",
                "Invalid value x for configuration decimal.format: String must be one of (case insensitive): NUMERIC, BASE64",
            ]
        );
        assert!(errors("String", &[("converter.encoding", "utf8")]).is_empty());
        assert_eq!(
            errors("String", &[("converter.encoding", "UTF-16")]).len(),
            1
        );
    }
}
