//! Definitions of settings, and what comes of a raw configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::parse_type::parse_type;
use crate::java::float_text;

/// The type of a setting (`ConfigDef.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// true or false, in any case.
    Boolean,
    /// Text, trimmed.
    String,
    /// A 32-bit number.
    Int,
    /// A 16-bit number.
    Short,
    /// A 64-bit number.
    Long,
    /// A 64-bit IEEE 754 number.
    Double,
    /// Texts, separated by commas, each trimmed.
    List,
    /// The name of a Java class.
    Class,
    /// A text that is never shown.
    Password,
}

impl Type {
    /// The name that descriptions show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }
}

/// How much a setting matters (`ConfigDef.Importance`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Importance {
    /// Look at it first.
    High,
    /// Look at it when tuning.
    Medium,
    /// Rarely needed.
    Low,
}

impl Importance {
    /// The name that descriptions show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }
}

/// How wide a form's field should be (`ConfigDef.Width`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Not said.
    None,
    /// A few characters.
    Short,
    /// A word.
    Medium,
    /// A line.
    Long,
}

impl Width {
    /// The name that descriptions show.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Short => "SHORT",
            Self::Medium => "MEDIUM",
            Self::Long => "LONG",
        }
    }
}

/// What a setting is if it is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Default {
    /// It must be given.
    Required,
    /// Null.
    Null,
    /// This text, parsed like a given one.
    Text(String),
}

/// A setting's value, parsed by its type.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigValue {
    /// Not given and without a default.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// STRING, CLASS and PASSWORD.
    Text(String),
    /// INT, SHORT and LONG.
    Number(i64),
    /// DOUBLE.
    Double(f64),
    /// LIST.
    List(Vec<String>),
}

/// Checks a parsed value: `Err` says why not, as the last part of Kafka's
/// `Invalid value V for configuration K: WHY`. As in Kafka it is also asked
/// about `Null` if a setting is missing or cannot be parsed.
pub type Validator = Arc<dyn Fn(&ConfigValue) -> Result<(), String> + Send + Sync>;

/// As [`Validator`], but `Err` is the whole error: for the checks of Kafka that
/// throw a `ConfigException` with a text of their own.
pub type Check = Validator;

/// Finds a class by its name or alias and gives its full name; `Err` says why
/// not, as a [`Validator`] does.
pub type Lookup = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// One setting (`ConfigDef.ConfigKey`).
#[derive(Clone)]
pub struct ConfigKey {
    /// Its name.
    pub name: String,
    /// The name that its validator's errors show: that before it was embedded
    /// ([`ConfigDef::embed`]).
    pub base_name: String,
    /// Its type.
    pub kind: Type,
    /// What it is if it is not given.
    pub default: Default,
    /// What it must be besides its type.
    pub validator: Option<Validator>,
    /// Likewise, with errors of its own; asked after the validator.
    pub check: Option<Check>,
    /// What classes there are for a setting of type CLASS; without it any name
    /// is taken.
    pub lookup: Option<Lookup>,
    /// How much it matters.
    pub importance: Importance,
    /// What it does.
    pub documentation: String,
    /// The group that forms show it in.
    pub group: Option<String>,
    /// Its place in the group; -1 without one.
    pub order: i32,
    /// How wide a form's field should be.
    pub width: Width,
    /// What a form calls it.
    pub display_name: String,
    /// Settings whose recommended values depend on it.
    pub dependents: Vec<String>,
    /// Values that a form may offer.
    pub recommended: Vec<String>,
    /// Whether its value is never shown, whatever its type.
    pub secret: bool,
}

impl fmt::Debug for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigKey")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}

impl ConfigKey {
    /// A setting without group, validator and recommendations.
    pub fn new(
        name: impl Into<String>,
        kind: Type,
        default: Default,
        importance: Importance,
        documentation: impl Into<String>,
    ) -> Self {
        let name = name.into();
        Self {
            display_name: name.clone(),
            base_name: name.clone(),
            name,
            kind,
            default,
            validator: None,
            check: None,
            lookup: None,
            importance,
            documentation: documentation.into(),
            group: None,
            order: -1,
            width: Width::None,
            dependents: Vec::new(),
            recommended: Vec::new(),
            secret: matches!(kind, Type::Password),
        }
    }

    /// The same with a validator.
    #[must_use]
    pub fn valid(
        mut self,
        validator: impl Fn(&ConfigValue) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.validator = Some(Arc::new(validator));
        self
    }

    /// The same with a check whose errors are whole texts.
    #[must_use]
    pub fn checked(
        mut self,
        check: impl Fn(&ConfigValue) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// The same for classes that are found with `lookup`; its value is their
    /// full name.
    #[must_use]
    pub fn found_by(
        mut self,
        lookup: impl Fn(&str) -> Result<String, String> + Send + Sync + 'static,
    ) -> Self {
        self.lookup = Some(Arc::new(lookup));
        self
    }

    fn parse(&self, text: &str) -> Result<ConfigValue, String> {
        match (parse_type(self.kind, text)?, &self.lookup) {
            (ConfigValue::Text(class), Some(lookup)) => lookup(&class).map(ConfigValue::Text),
            (value, _) => Ok(value),
        }
    }
}

/// Settings in the order of their definition.
#[derive(Clone, Debug, std::default::Default)]
pub struct ConfigDef {
    /// In the order of their definition.
    pub keys: Vec<ConfigKey>,
}

/// What a raw configuration says of one setting (`ConfigValue` in Kafka).
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The setting.
    pub name: String,
    /// Its value, or its default; `Null` if it cannot be parsed. One that
    /// fails the validator is kept.
    pub value: ConfigValue,
    /// In Kafka's words.
    pub errors: Vec<String>,
}

impl ConfigDef {
    /// Adds a setting.
    #[must_use]
    pub fn define(mut self, key: ConfigKey) -> Self {
        self.keys.push(key);
        self
    }

    /// The setting of this name.
    pub fn key(&self, name: &str) -> Option<&ConfigKey> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Parses and checks every defined setting; others are the caller's.
    pub fn parse(&self, raw: &BTreeMap<String, String>) -> Vec<Parsed> {
        let given = |key: &ConfigKey| raw.get(&key.name).map(String::as_str);
        self.keys
            .iter()
            .map(|key| parse_key(key, given(key)))
            .collect()
    }
}

/// `ConfigDef.parseForValidate`.
fn parse_key(key: &ConfigKey, given: Option<&str>) -> Parsed {
    let mut parsed = Parsed {
        name: key.name.clone(),
        value: ConfigValue::Null,
        errors: Vec::new(),
    };
    let text = match (given, &key.default) {
        (Some(text), _) => Some(text),
        (None, Default::Text(text)) => Some(text.as_str()),
        (None, Default::Null) => None,
        (None, Default::Required) => {
            parsed.errors.push(format!(
                "Missing required configuration \"{}\" which has no default value.",
                key.name
            ));
            None
        }
    };
    match text.map(|text| (text, key.parse(text))) {
        Some((_, Ok(value))) => parsed.value = value,
        Some((text, Err(why))) => {
            let shown = if key.secret { "[hidden]" } else { text };
            parsed.errors.push(invalid(shown, &key.name, &why));
        }
        None => {}
    }
    if let Some(Err(why)) = key.validator.as_ref().map(|check| check(&parsed.value)) {
        let shown = match &parsed.value {
            ConfigValue::Null => "null".to_owned(),
            _ if key.secret => "[hidden]".to_owned(),
            ConfigValue::List(values) => format!("[{}]", values.join(", ")),
            value => value.to_string(),
        };
        parsed.errors.push(invalid(&shown, &key.base_name, &why));
    } else if let Some(Err(error)) = key.check.as_ref().map(|check| check(&parsed.value)) {
        parsed.errors.push(error);
    }
    parsed
}

fn invalid(shown: &str, name: &str, why: &str) -> String {
    format!("Invalid value {shown} for configuration {name}: {why}")
}

impl fmt::Display for ConfigValue {
    /// As a validate answer shows it (`ConfigDef.convertToString`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Number(value) => write!(f, "{value}"),
            Self::Double(value) => f.write_str(&float_text(*value)),
            Self::List(values) => f.write_str(&values.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(kind: Type, text: &str) -> Parsed {
        let key = ConfigKey::new("k", kind, Default::Required, Importance::High, "");
        parse_key(&key, Some(text))
    }

    #[test]
    fn values_are_trimmed_and_parsed_by_type() {
        assert_eq!(
            parse(Type::Boolean, " TRUE ").value,
            ConfigValue::Boolean(true)
        );
        assert_eq!(parse(Type::Int, " 7").value, ConfigValue::Number(7));
        assert_eq!(parse(Type::List, "a, b").value.to_string(), "a,b");
        assert_eq!(parse(Type::List, "").value, ConfigValue::List(Vec::new()));
        let errors = |kind, text| parse(kind, text).errors;
        assert_eq!(
            errors(Type::Int, "3000000000"),
            ["Invalid value 3000000000 for configuration k: Not a number of type INT"]
        );
        assert_eq!(
            errors(Type::Boolean, "yes"),
            ["Invalid value yes for configuration k: Expected value to be either true or false"]
        );
        assert!(!errors(Type::Long, "x").is_empty() && errors(Type::Password, "x").is_empty());
    }

    #[test]
    fn a_value_that_fails_its_validator_is_kept_and_a_secret_is_not_shown() {
        let key = ConfigKey::new("k", Type::Password, Default::Null, Importance::Low, "")
            .valid(|_| Err("no".to_owned()));
        let parsed = parse_key(&key, Some("s3cret"));
        assert_eq!(parsed.value, ConfigValue::Text("s3cret".to_owned()));
        assert_eq!(
            parsed.errors,
            ["Invalid value [hidden] for configuration k: no"]
        );
        assert_eq!(parse_key(&key, None).value, ConfigValue::Null);
    }

    #[test]
    fn a_missing_setting_is_validated_too_and_lists_are_shown_as_java_does() {
        let empty = |value: &ConfigValue| match value {
            ConfigValue::List(values) if values == &["a"] => Ok(()),
            _ => Err("Empty list".to_owned()),
        };
        let key = ConfigKey::new("k", Type::List, Default::Required, Importance::High, "");
        let key = key.valid(empty);
        assert_eq!(
            parse_key(&key, None).errors,
            [
                "Missing required configuration \"k\" which has no default value.",
                "Invalid value null for configuration k: Empty list"
            ]
        );
        assert_eq!(
            parse_key(&key, Some("a, b")).errors,
            ["Invalid value [a, b] for configuration k: Empty list"]
        );
        assert_eq!(parse_key(&key, Some("a")).errors, Vec::<String>::new());
    }
}
