//! A connector's file, in the three forms that `connect-standalone` tries one
//! after another whatever the file is called (KIP-980): a JSON object of
//! settings, a JSON request with "name" and "config", Java properties.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::{FileError, MAX_FILE_BYTES, Properties, read_bounded};

/// Connect's `initial_state` (KIP-980).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialState {
    /// The task runs.
    Running,
    /// There is no task until the connector is resumed.
    Paused,
    /// There is no task.
    Stopped,
}

impl InitialState {
    const ALL: [Self; 3] = [Self::Running, Self::Paused, Self::Stopped];

    /// Connect's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Stopped => "STOPPED",
        }
    }
}

impl FromStr for InitialState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |state: &Self| state.name().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or_else(|| {
            let states = Self::ALL.map(Self::name).join(", ");
            format!("initial_state '{text}' is not one of {states}")
        })
    }
}

/// A connector as its file describes it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectorFile {
    /// The connector's name.
    pub name: String,
    /// Its configuration, with its name; may hold secrets.
    pub config: BTreeMap<String, String>,
    /// The state in which it is to start, if the file says so.
    pub initial_state: Option<InitialState>,
    /// What is worth telling but no error.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for ConnectorFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectorFile")
            .field("name", &self.name)
            .field("config", &self.config.keys())
            .field("initial_state", &self.initial_state)
            .finish_non_exhaustive()
    }
}

impl ConnectorFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is none of the three forms; the text says what
    /// is wrong, without values.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = read_bounded(path, MAX_FILE_BYTES)?;
        Self::parse(&bytes).map_err(FileError::Content)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// As [`ConnectorFile::read`].
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let looks_like_json = bytes.trim_ascii_start().first() == Some(&b'{');
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => from_json(fields),
            // Java's properties could begin with a brace; nobody's do.
            Err(error) if looks_like_json => Err(format!("it is not valid JSON: {error}")),
            _ => {
                let properties = Properties::parse(bytes).map_err(|error| error.to_string())?;
                named(properties.into_map(), None, Vec::new())
            }
        }
    }
}

fn from_json(fields: Map<String, Value>) -> Result<ConnectorFile, String> {
    if !fields.get("config").is_some_and(Value::is_object) {
        let config = strings(fields).map_err(|key| {
            format!(
                "the value of \"{key}\" is not a string: a connector's JSON file is an object of \
                 strings with \"name\" among them, or {{\"name\": ..., \"config\": {{...}}}}"
            )
        })?;
        return named(config, None, Vec::new());
    }
    let mut fields = fields;
    let Some(Value::Object(config)) = fields.remove("config") else {
        return Err("\"config\" is not an object".to_owned());
    };
    let mut config = strings(config)
        .map_err(|key| format!("the value of \"{key}\" in \"config\" is not a string"))?;
    let Some(Value::String(name)) = fields.remove("name") else {
        return Err("\"name\" is missing beside \"config\"".to_owned());
    };
    let initial_state = match fields.remove("initial_state") {
        None | Some(Value::Null) => None,
        Some(Value::String(state)) => Some(state.parse()?),
        Some(_) => return Err("\"initial_state\" is not a string".to_owned()),
    };
    let named_inside = config
        .entry("name".to_owned())
        .or_insert_with(|| name.clone());
    if *named_inside != name {
        return Err(format!(
            "\"config\" has the name {named_inside}, which is not the file's name {name}"
        ));
    }
    let warnings = fields
        .keys()
        .map(|key| format!("\"{key}\" is unknown and has no effect"));
    named(config, initial_state, warnings.collect())
}

/// Scalars become the text that was written; Jackson does the same.
fn strings(fields: Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let text = |(key, value): (String, Value)| match value {
        Value::String(text) => Ok((key, text)),
        Value::Number(number) => Ok((key, number.to_string())),
        Value::Bool(flag) => Ok((key, flag.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(key),
    };
    fields.into_iter().map(text).collect()
}

fn named(
    config: BTreeMap<String, String>,
    initial_state: Option<InitialState>,
    warnings: Vec<String>,
) -> Result<ConnectorFile, String> {
    let Some(name) = config
        .get("name")
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
    else {
        return Err("the connector has no name: add name=... (in JSON \"name\")".to_owned());
    };
    Ok(ConnectorFile {
        name: name.to_owned(),
        config,
        initial_state,
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ConnectorFile, String> {
        ConnectorFile::parse(text.as_bytes())
    }

    #[test]
    fn the_three_forms_give_the_same_connector() {
        let forms = [
            "name=a\nkafka.topic=t\n",
            r#"{"name":"a","kafka.topic":"t"}"#,
            r#"{"name":"a","config":{"kafka.topic":"t"}}"#,
            r#"{"name":"a","config":{"kafka.topic":"t","name":"a"},"initial_state":null}"#,
        ];
        for form in forms {
            let file = parse(form).expect("readable");
            assert_eq!(file.name, "a");
            assert_eq!(file.config["kafka.topic"], "t");
            assert_eq!(file.config["name"], "a");
            assert_eq!((file.initial_state, file.warnings.len()), (None, 0));
        }
    }

    #[test]
    fn the_initial_state_is_read_in_any_case_and_unknown_fields_are_told_of() {
        let file = parse(r#"{"name":"a","config":{},"initial_state":"stopped","x":1}"#);
        let file = file.expect("readable");
        assert_eq!(file.initial_state, Some(InitialState::Stopped));
        assert_eq!(file.warnings, ["\"x\" is unknown and has no effect"]);
        let error = parse(r#"{"name":"a","config":{},"initial_state":"gone"}"#).expect_err("bad");
        assert!(error.contains("RUNNING, PAUSED, STOPPED"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named_without_values() {
        for (text, part) in [
            (
                r#"{"name":"a","secret":["hunter2"]}"#,
                "\"secret\" is not a string",
            ),
            (
                r#"{"name":"a","config":{"t":{"hunter2":1}}}"#,
                "\"t\" in \"config\"",
            ),
            (r#"{"config":{}}"#, "\"name\" is missing"),
            (
                r#"{"name":"a","config":{"name":"b"}}"#,
                "not the file's name",
            ),
            ("kafka.topic=t", "no name"),
            ("", "no name"),
            (r#"{"name":"a""#, "not valid JSON"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(
                error.contains(part) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ConnectorFile::parse(&bytes);
        }
    }
}
