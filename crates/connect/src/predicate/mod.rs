//! Predicates, which say what records a transform is for
//! (`org.apache.kafka.connect.transforms.predicates`, KIP-585).

use std::collections::BTreeMap;

use crate::config::{ConfigDef, ConfigValue, Importance, Settings, required_text, validators};
use crate::java::Regex;
use crate::plugin::{self, Plugin};
use crate::record::{Predicate, Record};
use crate::transform::valid_regex;

type Create = fn(&Settings) -> Result<Box<dyn Predicate>, String>;

/// In the order in which a worker lists them.
static CLASSES: [Plugin<Create>; 3] = [
    Plugin {
        class: "org.apache.kafka.connect.transforms.predicates.HasHeaderKey",
        def: has_header_def,
        create: |settings| {
            Ok(Box::new(HasHeaderKey {
                name: settings.required("name").to_owned(),
            }))
        },
    },
    Plugin {
        class: "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
        def: ConfigDef::default,
        create: |_| Ok(Box::new(RecordIsTombstone)),
    },
    Plugin {
        class: "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
        def: topic_def,
        create: |settings| match Regex::new(settings.required("pattern")) {
            Ok(pattern) => Ok(Box::new(TopicNameMatches { pattern })),
            Err(error) => Err(error.to_string()),
        },
    },
];

/// The full names of all predicates, in the order in which a worker lists
/// them.
pub fn classes() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|plugin| plugin.class)
}

/// The full name of a class that is given by it or by its alias
/// (`HasHeaderKey`).
pub fn resolve(class: &str) -> Option<&'static str> {
    plugin::find(&CLASSES, class).map(|plugin| plugin.class)
}

/// The settings of a class, which may be given by its alias.
pub fn config_def(class: &str) -> Option<ConfigDef> {
    plugin::find(&CLASSES, class).map(|plugin| (plugin.def)())
}

/// Makes a predicate of a class, by its name or alias, and its settings
/// without prefix.
///
/// # Errors
/// All that is wrong with the settings, in Kafka's words.
pub fn create(
    class: &str,
    config: &BTreeMap<String, String>,
) -> Result<Box<dyn Predicate>, Vec<String>> {
    let plugin = plugin::find(&CLASSES, class).ok_or_else(|| vec![plugin::not_found(class)])?;
    let settings = Settings::parse(&(plugin.def)(), config)?;
    (plugin.create)(&settings).map_err(|error| vec![error])
}

fn has_header_def() -> ConfigDef {
    let name = required_text("name", Importance::Medium, "The header's name.");
    ConfigDef::default().define(name.valid(validators::non_empty_string))
}

fn topic_def() -> ConfigDef {
    let pattern = required_text(
        "pattern",
        Importance::Medium,
        "A Java regular expression that must match the topic's whole name.",
    );
    ConfigDef::default().define(pattern.valid(|value: &ConfigValue| {
        validators::non_empty_string(value)?;
        valid_regex(value)
    }))
}

/// `HasHeaderKey`: at least one header has the name.
#[derive(Debug)]
struct HasHeaderKey {
    name: String,
}

impl Predicate for HasHeaderKey {
    fn test(&self, record: &Record) -> bool {
        let mut headers = record.headers.iter();
        headers.any(|header| header.key == self.name)
    }
}

/// `RecordIsTombstone`: the value is null.
#[derive(Debug)]
struct RecordIsTombstone;

impl Predicate for RecordIsTombstone {
    fn test(&self, record: &Record) -> bool {
        record.value.is_null()
    }
}

/// `TopicNameMatches`: the pattern matches the whole name.
#[derive(Debug)]
struct TopicNameMatches {
    pattern: Regex,
}

impl Predicate for TopicNameMatches {
    fn test(&self, record: &Record) -> bool {
        self.pattern.matches(&record.topic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_in_kafka_s_words() {
        let config =
            |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(
            create("HasHeaderKey", &config("name", "")).unwrap_err(),
            ["Invalid value  for configuration name: String must be non-empty"]
        );
        assert_eq!(
            create("TopicNameMatches", &config("pattern", "(")).unwrap_err(),
            [
                "Invalid value ( for configuration pattern: Invalid regex: Unclosed group near index 1\n("
            ]
        );
        assert_eq!(
            create("No", &BTreeMap::new()).unwrap_err(),
            ["Class No could not be found."]
        );
        assert!(create("RecordIsTombstone", &BTreeMap::new()).is_ok());
        assert_eq!(classes().count(), 3);
    }
}
