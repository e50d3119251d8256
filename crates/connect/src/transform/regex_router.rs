//! Makes the topic's name anew with a regular expression
//! (`org.apache.kafka.connect.transforms.RegexRouter`).
//!
//! As in Java the whole name must match, but what is replaced is the first
//! part that does, which may be shorter; and a replacement that is not valid
//! shows at the first record that matches.

use crate::config::{ConfigDef, ConfigValue, Importance, Settings, required_text};
use crate::java::{Regex, Replacement};
use crate::record::{DataError, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    let regex = required_text(
        "regex",
        Importance::High,
        "A Java regular expression; only topics whose whole name it matches are changed.",
    );
    ConfigDef::default()
        .define(regex.valid(valid_regex))
        .define(required_text(
            "replacement",
            Importance::High,
            "What replaces the match; $1 and ${name} stand for groups.",
        ))
}

/// `RegexValidator`; null is what a missing pattern is to Java.
pub(crate) fn valid_regex(value: &ConfigValue) -> Result<(), String> {
    match value {
        ConfigValue::Text(pattern) => match Regex::new(pattern) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("Invalid regex: {error}")),
        },
        _ => Err(
            "Invalid regex: Cannot invoke \"String.isEmpty()\" because \"this.pattern\" is null"
                .to_owned(),
        ),
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct RegexRouter {
    regex: Regex,
    replacement: Result<Replacement, (&'static str, String)>,
}

impl RegexRouter {
    pub(super) fn create(settings: &Settings) -> Result<Self, String> {
        let regex = Regex::new(settings.required("regex")).map_err(|error| error.to_string())?;
        let replacement = Replacement::new(settings.required("replacement"), &regex);
        Ok(Self { regex, replacement })
    }
}

impl Transform for RegexRouter {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        if self.regex.matches(&record.topic) {
            match &self.replacement {
                Ok(replacement) => record.topic = replacement.first(&self.regex, &record.topic),
                Err((class, message)) => return Err(DataError::of(class, message.as_str())),
            }
        }
        Ok(Some(record))
    }
}
