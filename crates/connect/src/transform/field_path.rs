//! Paths to nested fields (`SingleFieldPath` and `FieldSyntaxVersion`,
//! KIP-821). Of Kafka 3.9's transforms only `ExtractField` has them.

use std::sync::Arc;

use super::side::{Entries, require_map, require_struct, take_entry};
use crate::config::{ConfigKey, Default, Importance, Settings, Type, validators};
use crate::data::{Schema, Struct, Value};
use crate::record::DataError;

const VERSION: &str = "field.syntax.version";
const PURPOSE: &str = "nested field access";

/// The setting that says how paths are written.
pub(super) fn syntax_version() -> ConfigKey {
    ConfigKey::new(
        VERSION,
        Type::String,
        Default::Text("V1".to_owned()),
        Importance::High,
        "How fields are named: V1, by the whole name of a field at the top; V2, by a path with a dot before each nested field, in which a name that has dots itself is put between backticks, as in `a.b`.c.",
    )
    .valid(validators::one_of_ignoring_case(&["V1", "V2"]))
}

/// A field's name, or the names on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath {
    steps: Vec<String>,
}

impl FieldPath {
    /// Reads a path in the syntax that the settings say.
    ///
    /// # Errors
    /// A backtick is not closed.
    pub(super) fn create(path: &str, settings: &Settings) -> Result<Self, String> {
        let steps = if settings.required(VERSION).eq_ignore_ascii_case("V2") {
            steps(path)?
        } else {
            vec![path.to_owned()]
        };
        Ok(Self { steps })
    }

    fn split(&self) -> Result<(&[String], &str), DataError> {
        match self.steps.split_last() {
            Some((last, parents)) => Ok((parents, last)),
            None => Err(DataError::of(
                "java.lang.IllegalArgumentException",
                "fromIndex(0) > toIndex(-1)",
            )),
        }
    }

    /// The schema of the field, `None` if there is no such field.
    pub(super) fn schema(&self, schema: &Schema) -> Result<Option<Arc<Schema>>, DataError> {
        let (parents, last) = self.split()?;
        let mut current = schema;
        for step in parents {
            match current.struct_field(step)? {
                Some((_, field)) => current = &field.schema,
                None => return Ok(None),
            }
        }
        let found = current.struct_field(last)?;
        Ok(found.map(|(_, field)| field.schema.clone()))
    }

    /// The value of the field, null if something on the way to it is missing.
    pub(super) fn in_struct(
        &self,
        content: &Struct,
        with_default: bool,
    ) -> Result<Value, DataError> {
        let (parents, last) = self.split()?;
        let mut current = content;
        for step in parents {
            let Some((at, _)) = current.schema.field(step) else {
                return Ok(Value::Null);
            };
            match current.value_at(at, true) {
                Value::Null => return Ok(Value::Null),
                value => current = require_struct(value, PURPOSE)?,
            }
        }
        Ok(match current.schema.field(last) {
            Some((at, _)) => current.value_at(at, with_default).clone(),
            None => Value::Null,
        })
    }

    /// The same without a schema.
    pub(super) fn in_map(&self, entries: Entries) -> Result<Value, DataError> {
        let (parents, last) = self.split()?;
        let mut current = entries;
        for step in parents {
            match take_entry(current, step) {
                Value::Null => return Ok(Value::Null),
                value => current = require_map(value, PURPOSE)?,
            }
        }
        Ok(take_entry(current, last))
    }
}

/// Splits a path at its dots, except within backticks. A backtick ends a name
/// only before a dot or at the end, and not if a backslash is before it.
fn steps(path: &str) -> Result<Vec<String>, String> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('`') {
            let start = path.len() - rest.len();
            let (step, after) = closing(quoted).ok_or_else(|| {
                let position = path[..start].encode_utf16().count();
                format!(
                    "Incomplete backtick pair in path: [{path}], consider adding a backslash before backtick at position {position} to escape it"
                )
            })?;
            steps.push(step);
            rest = after;
        } else {
            let (step, after) = rest.split_once('.').unwrap_or((rest, ""));
            steps.push(step.to_owned());
            rest = after;
        }
    }
    if path.ends_with('.') {
        steps.push(String::new());
    }
    Ok(steps)
}

/// The name up to its closing backtick, and what comes after the dot.
fn closing(quoted: &str) -> Option<(String, &str)> {
    let mut step = String::new();
    let mut start = 0;
    for (at, _) in quoted.match_indices('`') {
        let escaped = quoted[..at].ends_with('\\');
        let after = &quoted[at + 1..];
        match after.strip_prefix('.') {
            _ if after.is_empty() => {
                step.push_str(&quoted[start..at]);
                return (!escaped).then_some((step, ""));
            }
            None => {}
            Some(_) if escaped => {
                step.push_str(&quoted[start..at - 1]);
                step.push('`');
                start = at + 1;
            }
            Some(after) => {
                step.push_str(&quoted[start..at]);
                return Some((step, after));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_as_kafka_does() {
        for (path, expected) in [
            ("foo.bar.baz", vec!["foo", "bar", "baz"]),
            ("foo..bar.", vec!["foo", "", "bar", ""]),
            ("`foo.bar`.baz", vec!["foo.bar", "baz"]),
            ("foo.`bar.baz`", vec!["foo", "bar.baz"]),
            ("`a`b`.c", vec!["a`b", "c"]),
            ("`a\\`.b`.c", vec!["a`.b", "c"]),
            ("", vec![]),
            (".", vec!["", ""]),
        ] {
            assert_eq!(steps(path).unwrap(), expected, "{path}");
        }
        assert_eq!(
            steps("foo.`bar.baz").unwrap_err(),
            "Incomplete backtick pair in path: [foo.`bar.baz], consider adding a backslash before backtick at position 4 to escape it"
        );
        assert!(steps("`a\\`").is_err());
    }
}
