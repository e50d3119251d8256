//! `org.apache.kafka.connect.storage.StringConverter`: whatever Java's
//! `toString` gives, in UTF-8.

use super::Converter;
use crate::config::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Type, Width};
use crate::data::{Kind, Schema, Value};
use crate::java::value_text;
use crate::record::DataError;

/// Java's names of UTF-8, in upper case.
const UTF_8: [&str; 3] = ["UTF-8", "UTF8", "UNICODE-1-1-UTF-8"];

#[derive(Debug)]
pub(super) struct StringConverter;

impl Converter for StringConverter {
    fn append(
        &self,
        _topic: &str,
        _schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError> {
        match value {
            Value::Null => return Ok(false),
            Value::String(text) => out.extend_from_slice(text.as_bytes()),
            value => out.extend_from_slice(value_text(value).as_bytes()),
        }
        Ok(true)
    }

    fn is_identity(&self, kind: Kind) -> bool {
        kind == Kind::String
    }
}

/// `StringConverterConfig`. Java has many encodings; a converter that wrote
/// another one than what was asked for would spoil a topic, so they are
/// refused.
pub(super) fn define(def: ConfigDef) -> ConfigDef {
    let encoding = ConfigKey::new(
        "converter.encoding",
        Type::String,
        Default::Text("UTF-8".to_owned()),
        Importance::High,
        "How texts are encoded. This worker has UTF-8 only.",
    );
    let encoding = encoding.valid(|value| match value {
        ConfigValue::Text(name) if UTF_8.contains(&name.to_uppercase().as_str()) => Ok(()),
        _ => Err("This worker encodes texts in UTF-8 only".to_owned()),
    });
    def.define(ConfigKey {
        width: Width::Medium,
        display_name: "Encoding".to_owned(),
        ..encoding
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_as_they_are_and_others_as_java_shows_them() {
        let bytes = |value| StringConverter.from_connect_data("t", None, &value);
        assert_eq!(bytes(Value::text("é")), Ok(Some("é".into())));
        assert_eq!(bytes(Value::Float64(1e7)), Ok(Some("1.0E7".into())));
        assert_eq!(bytes(Value::Null), Ok(None));
    }
}
