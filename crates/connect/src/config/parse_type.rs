//! Texts as values of a type (`ConfigDef.parseType`).
//!
//! What is blank is decided by Java, to whose `String.trim` it is any of the
//! first 33 characters and no other. Numbers follow Java's syntax too, except
//! that digits of other scripts and hexadecimal floats are refused.

use super::{ConfigValue, Type};
use crate::java::{parse_double, trim};

/// The value, or why there is none: the last part of Kafka's `Invalid value V
/// for configuration K: WHY`.
///
/// Whether a class exists is for its setting's validator to say.
pub(super) fn parse_type(kind: Type, text: &str) -> Result<ConfigValue, String> {
    let text = trim(text);
    let number = |value: Option<i64>| {
        let value = value.map(ConfigValue::Number);
        value.ok_or_else(|| format!("Not a number of type {}", kind.name()))
    };
    match kind {
        Type::Boolean if text.eq_ignore_ascii_case("true") => Ok(ConfigValue::Boolean(true)),
        Type::Boolean if text.eq_ignore_ascii_case("false") => Ok(ConfigValue::Boolean(false)),
        Type::Boolean => Err("Expected value to be either true or false".to_owned()),
        Type::String | Type::Class | Type::Password => Ok(ConfigValue::Text(text.to_owned())),
        Type::Int => number(text.parse::<i32>().ok().map(i64::from)),
        Type::Short => number(text.parse::<i16>().ok().map(i64::from)),
        Type::Long => number(text.parse().ok()),
        Type::Double => parse_double(text)
            .map(ConfigValue::Double)
            .ok_or_else(|| "Not a number of type DOUBLE".to_owned()),
        Type::List => Ok(ConfigValue::List(entries(text))),
    }
}

/// What is between commas, without the blanks around those; a text of nothing
/// is no entry, but between two commas is one.
fn entries(text: &str) -> Vec<String> {
    let blank = |c| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    if text.is_empty() {
        return Vec::new();
    }
    let entries = text.split(',').map(|entry| entry.trim_matches(blank));
    entries.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_javas_blanks_are_trimmed() {
        let text = |text: &str| parse_type(Type::String, text).unwrap();
        assert_eq!(text(" \u{0}x\u{1f}\n"), ConfigValue::Text("x".to_owned()));
        assert_eq!(text("\u{a0}x"), ConfigValue::Text("\u{a0}x".to_owned()));
        assert!(parse_type(Type::Int, "\u{2003}1").is_err());
        assert_eq!(parse_type(Type::Int, "+1 "), Ok(ConfigValue::Number(1)));
    }

    #[test]
    fn lists_keep_empty_entries() {
        let list = |text: &str| match parse_type(Type::List, text) {
            Ok(ConfigValue::List(entries)) => entries,
            other => panic!("{other:?}"),
        };
        assert_eq!(list(" a\t,\nb c ,"), ["a", "b c", ""]);
        assert_eq!(list(" "), Vec::<String>::new());
        assert_eq!(list("a\u{1},b"), ["a\u{1}", "b"]);
    }

    #[test]
    fn floats_are_written_as_in_java() {
        let ok = |text: &str| parse_type(Type::Double, text).is_ok();
        assert!(ok("1e3") && ok("NaN") && ok("-Infinity") && ok("1f") && ok(".5"));
        assert!(!ok("inf") && !ok("nan") && !ok("") && !ok("1e"));
    }
}
