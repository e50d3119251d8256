//! The settings of one plugin, parsed (`SimpleConfig`): a transform, predicate
//! or converter.

use std::collections::BTreeMap;

use super::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Type};

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

/// A STRING without a default.
pub(crate) fn required_text(name: &str, importance: Importance, doc: &str) -> ConfigKey {
    ConfigKey::new(name, Type::String, Default::Required, importance, doc)
}
