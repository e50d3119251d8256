//! Which converters a worker or a connector is configured with.

use std::collections::BTreeMap;
use std::fmt;

use connect_api::converter::{self, Converter, HeaderConverter};

/// Whose converter a setting names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `key.converter`.
    Key,
    /// `value.converter`.
    Value,
    /// `header.converter`.
    Header,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Key, Self::Value, Self::Header];

    /// The setting's name.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Key => "key.converter",
            Self::Value => "value.converter",
            Self::Header => "header.converter",
        }
    }

    /// The value of `converter.type`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Value => "value",
            Self::Header => "header",
        }
    }

    /// The full name of a class for this side.
    ///
    /// # Errors
    /// There is none; the text says which there are.
    pub fn full_name(self, class: &str) -> Result<&'static str, String> {
        match self {
            Self::Key | Self::Value => converter::full_name(class),
            Self::Header => converter::header_full_name(class),
        }
    }
}

/// A configured converter that is known to work.
#[derive(Clone, PartialEq, Eq)]
pub struct ConverterSettings {
    /// The full name of its class.
    pub class: &'static str,
    /// Its own settings, without the prefix.
    settings: BTreeMap<String, String>,
}

// A converter's settings may be anything, a registry's password too.
impl fmt::Debug for ConverterSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class)
    }
}

impl ConverterSettings {
    /// The `SimpleHeaderConverter`, which is Connect's default for headers.
    pub fn simple_header() -> Self {
        Self {
            class: "org.apache.kafka.connect.storage.SimpleHeaderConverter",
            settings: BTreeMap::new(),
        }
    }

    /// The `StringConverter`.
    pub fn string() -> Self {
        Self {
            class: "org.apache.kafka.connect.storage.StringConverter",
            settings: BTreeMap::new(),
        }
    }

    /// The converter that `config` has for a side; `None` if it has none.
    ///
    /// # Errors
    /// The class is unknown or its settings are wrong, in Kafka's words where
    /// it has some.
    pub fn from_config(
        side: Side,
        config: &BTreeMap<String, String>,
    ) -> Result<Option<Self>, Vec<String>> {
        let setting = side.setting();
        let Some(class) = config.get(setting).map(|class| class.trim()) else {
            return Ok(None);
        };
        let class = side.full_name(class).map_err(|why| {
            vec![format!(
                "Invalid value {class} for configuration {setting}: {why}"
            )]
        })?;
        let prefix = format!("{setting}.");
        let own = config.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), value.clone()))
        });
        let found = Self {
            class,
            settings: own.collect(),
        };
        match side {
            Side::Key => drop(found.key()?),
            Side::Value => drop(found.value()?),
            Side::Header => drop(found.header()?),
        }
        Ok(Some(found))
    }

    /// Makes it, for keys.
    ///
    /// # Errors
    /// Its settings are wrong.
    pub fn key(&self) -> Result<Box<dyn Converter>, Vec<String>> {
        converter::create(self.class, true, &self.settings)
    }

    /// Makes it, for values.
    ///
    /// # Errors
    /// Its settings are wrong.
    pub fn value(&self) -> Result<Box<dyn Converter>, Vec<String>> {
        converter::create(self.class, false, &self.settings)
    }

    /// Makes it, for headers.
    ///
    /// # Errors
    /// Its settings are wrong.
    pub fn header(&self) -> Result<Box<dyn HeaderConverter>, Vec<String>> {
        converter::create_header(self.class, &self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<ConverterSettings>, Vec<String>> {
        let config = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        ConverterSettings::from_config(Side::Value, &config)
    }

    #[test]
    fn a_converter_has_its_class_and_its_own_settings() {
        let found = read(&[
            ("value.converter", " Json "),
            ("value.converter.schemas.enable", "false"),
            ("key.converter.schemas.enable", "maybe"),
        ]);
        let found = found.expect("valid").expect("set");
        assert_eq!(found.class, "org.apache.kafka.connect.json.JsonConverter");
        assert_eq!(found.settings.len(), 1);
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let unknown = read(&[("value.converter", "com.example.X")]).expect_err("unknown");
        assert!(
            unknown[0]
                .starts_with("Invalid value com.example.X for configuration value.converter: "),
            "{unknown:?}"
        );
        let wrong = [
            ("value.converter", "Json"),
            ("value.converter.schemas.enable", "maybe"),
        ];
        assert!(read(&wrong).expect_err("wrong")[0].contains("schemas.enable"));
    }
}
