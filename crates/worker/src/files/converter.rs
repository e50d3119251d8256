//! Which bytes a value becomes: the converters of this worker.

use std::collections::BTreeMap;

/// What this worker can convert with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConverterKind {
    /// `org.apache.kafka.connect.storage.StringConverter`: UTF-8.
    String,
    /// `org.apache.kafka.connect.converters.ByteArrayConverter`: as they are.
    ByteArray,
}

const STRING: &str = "org.apache.kafka.connect.storage.StringConverter";
const BYTE_ARRAY: &str = "org.apache.kafka.connect.converters.ByteArrayConverter";

/// Converters that Connect ships and this worker does not have.
const OTHERS: [&str; 8] = [
    "org.apache.kafka.connect.json.JsonConverter",
    "org.apache.kafka.connect.converters.BooleanConverter",
    "org.apache.kafka.connect.converters.DoubleConverter",
    "org.apache.kafka.connect.converters.FloatConverter",
    "org.apache.kafka.connect.converters.IntegerConverter",
    "org.apache.kafka.connect.converters.LongConverter",
    "org.apache.kafka.connect.converters.ShortConverter",
    "org.apache.kafka.connect.storage.SimpleHeaderConverter",
];

/// A configured converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConverterSettings {
    /// Which one.
    pub kind: ConverterKind,
}

impl ConverterSettings {
    /// The converter that `config` has under `key` (`value.converter`, …);
    /// `None` if it has none.
    ///
    /// # Errors
    /// The class is unknown, or cannot do here what is configured; in
    /// Connect's words where it has some.
    pub fn from_config(
        key: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<Option<Self>, String> {
        let Some(class) = config.get(key).map(|class| class.trim()) else {
            return Ok(None);
        };
        let simple = class.rsplit('.').next().unwrap_or(class);
        let named = |full: &str| {
            class == full || (class == simple && full.ends_with(&format!(".{simple}")))
        };
        let kind = if named(STRING) || class == "String" {
            check_encoding(key, config)?;
            ConverterKind::String
        } else if named(BYTE_ARRAY) || class == "ByteArray" {
            ConverterKind::ByteArray
        } else if OTHERS.iter().any(|other| named(other)) {
            return Err(format!(
                "Invalid value {class} for configuration {key}: this worker has the StringConverter \
                 ({STRING}) and the ByteArrayConverter ({BYTE_ARRAY}) only; set one of them, or run \
                 the connector's plugin in Kafka Connect"
            ));
        } else {
            return Err(format!(
                "Invalid value {class} for configuration {key}: Class {class} could not be found."
            ));
        };
        Ok(Some(Self { kind }))
    }
}

/// `StringConverterConfig`: other encodings than UTF-8 are not written here.
fn check_encoding(key: &str, config: &BTreeMap<String, String>) -> Result<(), String> {
    for name in [
        format!("{key}.converter.encoding"),
        format!("{key}.encoding"),
    ] {
        let Some(encoding) = config.get(&name).map(|encoding| encoding.trim()) else {
            continue;
        };
        if !encoding.eq_ignore_ascii_case("UTF-8") && !encoding.eq_ignore_ascii_case("UTF8") {
            return Err(format!(
                "Invalid value {encoding} for configuration {name}: this worker writes UTF-8 only"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<ConverterSettings>, String> {
        let config = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        ConverterSettings::from_config("value.converter", &config)
    }

    #[test]
    fn classes_are_known_in_full_and_by_their_aliases() {
        for class in [STRING, "StringConverter", "String", " StringConverter "] {
            let found = read(&[("value.converter", class)])
                .expect(class)
                .expect(class);
            assert_eq!(found.kind, ConverterKind::String);
        }
        let found = read(&[("value.converter", BYTE_ARRAY)])
            .expect("known")
            .expect("set");
        assert_eq!(found.kind, ConverterKind::ByteArray);
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn what_cannot_work_is_refused_with_the_cure() {
        let json = read(&[("value.converter", OTHERS[0])]).expect_err("not here");
        assert!(
            json.contains("StringConverter") && json.contains("value.converter"),
            "{json}"
        );
        let unknown = read(&[("value.converter", "com.example.X")]).expect_err("unknown");
        assert!(
            unknown.ends_with("Class com.example.X could not be found."),
            "{unknown}"
        );
        let latin = [
            ("value.converter", STRING),
            ("value.converter.converter.encoding", "UTF-16"),
        ];
        assert!(read(&latin).expect_err("not here").contains("UTF-8 only"));
    }
}
