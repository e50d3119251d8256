//! `toString` of Connect's values and `Class.toString` of their classes, as
//! they appear in errors and where values become text, and `String.trim`.

use std::sync::LazyLock;

use super::number::{decimal_text, float_text};
use super::{DateFormat, calendar};
use crate::data::{Struct, Value};

/// `String.trim`: without what is at both ends up to the blank, which control
/// characters are, but none of Unicode's other white space.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// What Java prints for a value. For bytes, where Java shows an address that
/// means nothing, only the class is given.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Int8(value) => value.to_string(),
        Value::Int16(value) => value.to_string(),
        Value::Int32(value) => value.to_string(),
        Value::Int64(value) => value.to_string(),
        Value::Float32(value) => float_text(*value),
        Value::Float64(value) => float_text(*value),
        Value::Boolean(value) => value.to_string(),
        Value::String(value) => value.clone(),
        Value::Bytes(_) => "[B".to_owned(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(value_text).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Map(entries) => {
            let shown = |(key, value): &(Value, Value)| {
                format!("{}={}", value_text(key), value_text(value))
            };
            let entries: Vec<String> = entries.iter().map(shown).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Struct(value) => struct_text(value),
        Value::Decimal(value) => decimal_text(value),
        // `java.util.Date.toString`.
        Value::Date(ms) => formatted(&DATE_TO_STRING, *ms),
    }
}

/// `Struct.toString`: fields that are null are left out.
fn struct_text(value: &Struct) -> String {
    let fields = value.schema.fields.iter().zip(&value.values);
    let shown: Vec<String> = fields
        .filter(|(_, value)| !value.is_null())
        .map(|(field, value)| format!("{}={}", field.name, value_text(value)))
        .collect();
    format!("Struct{{{}}}", shown.join(","))
}

/// A format of these, compiled at its first use: dates are shown value by
/// value.
type Format = LazyLock<Result<DateFormat, String>>;

static DATE_TO_STRING: Format = LazyLock::new(|| DateFormat::new("EEE MMM dd HH:mm:ss z y"));
static TIME: Format = LazyLock::new(|| DateFormat::new("HH:mm:ss.SSS'Z'"));
static DATE: Format = LazyLock::new(|| DateFormat::new("yyyy-MM-dd"));
static BOTH: Format = LazyLock::new(|| DateFormat::new("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"));

/// The patterns above are right, so there is always a text.
fn formatted(format: &Format, ms: i64) -> String {
    let format = format.as_ref();
    format.map_or_else(|_| ms.to_string(), |format| format.format(ms))
}

/// A date as Connect makes text of it (`Values.dateFormatFor`): a time before
/// the second day of 1970, a date at midnight, else both.
pub fn iso_date_text(ms: i64) -> String {
    let format = if ms < calendar::DAY_MS {
        &TIME
    } else if ms % calendar::DAY_MS == 0 {
        &DATE
    } else {
        &BOTH
    };
    formatted(format, ms)
}

/// What Java prints for a value's class, as in `class java.lang.String`.
pub fn class_text(value: &Value) -> String {
    format!("class {}", value.java_class())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_java_s_blanks_are_trimmed() {
        assert_eq!(trim(" \u{0}\ta b\u{1f}\n"), "a b");
        assert_eq!(trim("\u{a0}a\u{3000}"), "\u{a0}a\u{3000}");
        assert_eq!(trim("\u{b} "), "");
    }

    #[test]
    fn values_are_printed_as_java_does() {
        let map = Value::Map(vec![(Value::text("a"), Value::Array(vec![Value::Null]))]);
        assert_eq!(value_text(&map), "{a=[null]}");
        assert_eq!(value_text(&Value::Float32(0.1)), "0.1");
        assert_eq!(value_text(&Value::Date(0)), "Thu Jan 01 00:00:00 UTC 1970");
        assert_eq!(class_text(&Value::Bytes(vec![])), "class [B");
    }
}
