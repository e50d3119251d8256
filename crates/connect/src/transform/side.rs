//! The key or the value of a record: what a transform with the forms `$Key`
//! and `$Value` works on.

use std::sync::Arc;

use crate::data::{Schema, Struct, Value};
use crate::record::{DataError, Record};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// `$Key`.
    Key,
    /// `$Value`.
    Value,
}

impl Side {
    pub(super) const fn schema(self, record: &Record) -> Option<&Arc<Schema>> {
        match self {
            Self::Key => record.key_schema.as_ref(),
            Self::Value => record.value_schema.as_ref(),
        }
    }

    pub(super) const fn value(self, record: &Record) -> &Value {
        match self {
            Self::Key => &record.key,
            Self::Value => &record.value,
        }
    }

    /// Takes the value out of the record.
    pub(super) const fn take(self, record: &mut Record) -> Value {
        let value = match self {
            Self::Key => &mut record.key,
            Self::Value => &mut record.value,
        };
        std::mem::replace(value, Value::Null)
    }

    /// The record with another schema and value.
    pub(super) fn with(
        self,
        mut record: Record,
        schema: Option<Arc<Schema>>,
        value: Value,
    ) -> Record {
        match self {
            Self::Key => (record.key_schema, record.key) = (schema, value),
            Self::Value => (record.value_schema, record.value) = (schema, value),
        }
        record
    }
}

/// The entries of a value without a schema.
pub(super) type Entries = Vec<(Value, Value)>;

/// `Requirements.requireMap`.
pub(super) fn require_map(value: Value, purpose: &str) -> Result<Entries, DataError> {
    match value {
        Value::Map(entries) => Ok(entries),
        other => Err(no_map(&other, purpose)),
    }
}

/// The same without taking the value.
pub(super) fn require_map_ref<'v>(
    value: &'v Value,
    purpose: &str,
) -> Result<&'v Entries, DataError> {
    match value {
        Value::Map(entries) => Ok(entries),
        other => Err(no_map(other, purpose)),
    }
}

fn no_map(value: &Value, purpose: &str) -> DataError {
    DataError::data(format!(
        "Only Map objects supported in absence of schema for [{purpose}], found: {}",
        value.java_class()
    ))
}

/// `Requirements.requireStruct`.
pub(super) fn require_struct<'v>(value: &'v Value, purpose: &str) -> Result<&'v Struct, DataError> {
    match value {
        Value::Struct(content) => Ok(content),
        other => Err(DataError::data(format!(
            "Only Struct objects supported for [{purpose}], found: {}",
            other.java_class()
        ))),
    }
}

/// `Map.get` with a text for key; null if there is none.
pub(super) fn entry<'v>(entries: &'v [(Value, Value)], name: &str) -> &'v Value {
    let found = entries.iter().find(|(key, _)| is(key, name));
    found.map_or(&Value::Null, |(_, value)| value)
}

/// The same value, out of entries that nobody needs any more.
pub(super) fn take_entry(entries: Entries, name: &str) -> Value {
    let mut entries = entries.into_iter();
    let found = entries.find(|(key, _)| is(key, name));
    found.map_or(Value::Null, |(_, value)| value)
}

/// `Map.put` with a text for key.
pub(super) fn put(entries: &mut Entries, name: &str, value: Value) {
    match entries.iter_mut().find(|(key, _)| is(key, name)) {
        Some((_, old)) => *old = value,
        None => entries.push((Value::text(name), value)),
    }
}

/// Whether a key is this text.
pub(super) fn is(key: &Value, name: &str) -> bool {
    matches!(key, Value::String(key) if key == name)
}

/// `String.split`: trailing parts that are empty are left out.
pub(super) fn java_split(text: &str, separator: char) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(separator).collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    if parts == [""] && !text.is_empty() {
        parts.clear();
    }
    parts
}

/// The `ClassCastException` for a value that is no `target`, one of Java's own
/// classes.
pub(super) fn class_cast(value: &Value, target: &str) -> DataError {
    let class = value.java_class();
    let from = match value {
        Value::Struct(_) => format!("{class} is in unnamed module of loader 'app'; {target} is"),
        _ => format!("{class} and {target} are"),
    };
    DataError::of(
        "java.lang.ClassCastException",
        format!(
            "class {class} cannot be cast to class {target} ({from} in module java.base of loader 'bootstrap')"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_as_java_does() {
        for (text, parts) in [
            ("a:b", vec!["a", "b"]),
            ("a:", vec!["a"]),
            (":a", vec!["", "a"]),
            (":", vec![]),
            ("", vec![""]),
            ("a::b::", vec!["a", "", "b"]),
        ] {
            assert_eq!(java_split(text, ':'), parts, "{text}");
        }
    }
}
