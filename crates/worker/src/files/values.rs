//! Single values, with the errors of Kafka's `ConfigDef`.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Reads values out of a map and collects what is wrong with them.
pub(super) struct Values<'a> {
    pub(super) map: &'a BTreeMap<String, String>,
    pub(super) errors: Vec<String>,
}

impl<'a> Values<'a> {
    pub(super) fn new(map: &'a BTreeMap<String, String>) -> Self {
        Self {
            map,
            errors: Vec::new(),
        }
    }

    /// The text of a setting, trimmed.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.map.get(name).map(|value| value.trim())
    }

    /// The text of a setting, trimmed; a blank one counts as none.
    pub(super) fn non_empty(&self, name: &str) -> Option<&'a str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A setting that must be there; the empty text if it is not.
    pub(super) fn required(&mut self, name: &str) -> &'a str {
        self.non_empty(name).unwrap_or_else(|| {
            self.errors.push(format!(
                "Missing required configuration \"{name}\" which has no default value."
            ));
            ""
        })
    }

    /// A number of Kafka's type LONG that is at least `min`.
    pub(super) fn long(&mut self, name: &str, default: u64, min: u64) -> u64 {
        let Some(text) = self.text(name) else {
            return default;
        };
        let why = match i64::from_str(text).map(u64::try_from) {
            Ok(Ok(number)) if number >= min => return number,
            Ok(_) => format!("Value must be at least {min}"),
            Err(_) => "Not a number of type LONG".to_owned(),
        };
        self.errors.push(format!(
            "Invalid value {text} for configuration {name}: {why}"
        ));
        default
    }

    /// A port.
    pub(super) fn port(&mut self, name: &str) -> Option<u16> {
        let text = self.text(name)?;
        let port = text.parse().ok();
        if port.is_none() {
            self.errors.push(format!(
                "Invalid value {text} for configuration {name}: Not a number of type INT from 0 to 65535"
            ));
        }
        port
    }

    /// A value of Kafka's type BOOLEAN.
    pub(super) fn boolean(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.text(name) else {
            return default;
        };
        match text.to_ascii_lowercase().as_str() {
            "true" => return true,
            "false" => return false,
            _ => {}
        }
        self.errors.push(format!(
            "Invalid value {text} for configuration {name}: Expected value to be either true or false"
        ));
        default
    }

    /// What `parse` makes of a setting; the default if it is absent or wrong.
    pub(super) fn parsed<T: Default>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        match self.text(name).map(parse) {
            None => T::default(),
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                self.errors.push(error);
                T::default()
            }
        }
    }

    /// All settings that start with `prefix`, without it.
    pub(super) fn prefixed(&self, prefix: &str) -> BTreeMap<String, String> {
        self.map
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
            })
            .collect()
    }
}
