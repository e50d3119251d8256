//! The settings of one transform or predicate, parsed (`SimpleConfig`).

use std::collections::BTreeMap;

use crate::config::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Type};

/// Parsed values by name.
#[derive(Debug)]
pub(crate) struct Settings {
    values: BTreeMap<String, ConfigValue>,
}

impl Settings {
    /// Parses a raw configuration; what is not defined is not looked at.
    pub(crate) fn parse(
        def: &ConfigDef,
        raw: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut values = BTreeMap::new();
        for parsed in def.parse(raw) {
            errors.extend(parsed.errors);
            values.insert(parsed.name, parsed.value);
        }
        if errors.is_empty() {
            Ok(Self { values })
        } else {
            Err(errors)
        }
    }

    /// A STRING, `None` for null.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(ConfigValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A STRING that is never null.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// A BOOLEAN.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(ConfigValue::Boolean(true)))
    }

    /// A LIST, empty for null.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        match self.values.get(name) {
            Some(ConfigValue::List(list)) => list,
            _ => &[],
        }
    }

    /// An INT, `None` for null.
    pub(crate) fn int(&self, name: &str) -> Option<i32> {
        match self.values.get(name) {
            Some(ConfigValue::Number(number)) => i32::try_from(*number).ok(),
            _ => None,
        }
    }
}

/// The name of the setting that most transforms of structs have.
pub(super) const REPLACE_NULL: &str = "replace.null.with.default";

/// Whether a field that is null is read as its default.
pub(super) fn replace_null() -> ConfigKey {
    ConfigKey::new(
        REPLACE_NULL,
        Type::Boolean,
        Default::Text("true".to_owned()),
        Importance::Medium,
        "Whether a field that is null and has a default is read as that default (true) or stays null (false).",
    )
}

/// A STRING without a default.
pub(super) fn required_text(name: &str, importance: Importance, doc: &str) -> ConfigKey {
    ConfigKey::new(name, Type::String, Default::Required, importance, doc)
}

/// A LIST without a default that must have entries.
pub(super) fn required_list(name: &str, doc: &str) -> ConfigKey {
    ConfigKey::new(name, Type::List, Default::Required, Importance::High, doc)
        .valid(crate::config::validators::non_empty_list)
}
