//! `org.apache.kafka.connect.storage.SimpleHeaderConverter`, the default of
//! headers, and the texts of `org.apache.kafka.connect.data.Values` that it
//! writes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::HeaderConverter;
use crate::data::{Schema, Struct, Value};
use crate::java::{iso_date_text, value_text};
use crate::record::DataError;

#[derive(Debug)]
pub(super) struct SimpleHeaderConverter;

impl HeaderConverter for SimpleHeaderConverter {
    fn from_connect_header(
        &self,
        _topic: &str,
        _header: &str,
        _schema: Option<&Schema>,
        value: &Value,
    ) -> Result<Option<Vec<u8>>, DataError> {
        Ok(match value {
            Value::Null => None,
            value => Some(values_text(value).into_bytes()),
        })
    }
}

/// The text of a value that is not null (`Values.convertToString`): JSON-like,
/// but only inside of arrays, maps and structs are texts in quotes.
fn values_text(value: &Value) -> String {
    let mut out = String::new();
    append(value, false, &mut out);
    out
}

fn append(value: &Value, embedded: bool, out: &mut String) {
    match value {
        Value::String(text) if embedded => append_quoted(text, out),
        Value::String(text) => out.push_str(text),
        Value::Bytes(bytes) if embedded => append_quoted(&STANDARD.encode(bytes), out),
        Value::Bytes(bytes) => STANDARD.encode_string(bytes, out),
        Value::Array(values) => {
            append_list(values, ['[', ']'], out, |value, out| {
                append(value, true, out);
            });
        }
        Value::Map(entries) => append_list(entries, ['{', '}'], out, |(key, value), out| {
            append(key, true, out);
            out.push(':');
            append(value, true, out);
        }),
        Value::Struct(content) => append_struct(content, out),
        Value::Date(ms) => out.push_str(&iso_date_text(*ms)),
        value => out.push_str(&value_text(value)),
    }
}

fn append_list<T>(
    items: &[T],
    [open, close]: [char; 2],
    out: &mut String,
    mut append: impl FnMut(&T, &mut String),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        append(item, out);
    }
    out.push(close);
}

/// Unlike in [`Value`]'s other texts, a field's default stands for null.
fn append_struct(content: &Struct, out: &mut String) {
    let fields: Vec<_> = content.schema.fields.iter().zip(&content.values).collect();
    append_list(&fields, ['{', '}'], out, |(field, value), out| {
        append_quoted(&field.name, out);
        out.push(':');
        match &field.schema.default {
            Some(default) if value.is_null() => append(default, true, out),
            _ => append(value, true, out),
        }
    });
}

fn append_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_inside_of_others_is_quoted() {
        let text = Value::text("a\"b\\");
        assert_eq!(values_text(&text), "a\"b\\");
        let map = Value::Map(vec![(
            text,
            Value::Array(vec![Value::Bytes(vec![1]), Value::Null]),
        )]);
        assert_eq!(values_text(&map), r#"{"a\"b\\":["AQ==",null]}"#);
    }

    #[test]
    fn dates_show_what_they_have() {
        assert_eq!(values_text(&Value::Date(5)), "00:00:00.005Z");
        assert_eq!(values_text(&Value::Date(86_400_000)), "1970-01-02");
        assert_eq!(
            values_text(&Value::Date(86_400_001)),
            "1970-01-02T00:00:00.001Z"
        );
    }
}
