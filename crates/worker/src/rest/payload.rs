//! Bodies: what comes in and what goes out, in Connect's shapes.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::herder::{ConnectorView, HerderError, TaskView};
use crate::validation::NULL_VALUE;

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct RestError {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl RestError {
    pub(super) fn not_found(message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message,
        }
    }

    /// Connect answers 500 to bodies it cannot read.
    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: message.into(),
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let body = json!({"error_code": self.status.as_u16(), "message": self.message});
        answer(self.status, &body)
    }
}

/// 200 with a JSON body.
pub(super) fn ok(body: &Value) -> Response {
    answer(StatusCode::OK, body)
}

/// Any status with a JSON body.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (status, content_type, body.to_string()).into_response()
}

/// The body of POST /connectors.
#[derive(Debug)]
pub(super) struct CreateRequest {
    pub(super) name: String,
    pub(super) config: BTreeMap<String, String>,
    pub(super) initial_state: Option<String>,
}

/// Reads the body of POST /connectors.
pub(super) fn create_request(body: &[u8]) -> Result<CreateRequest, RestError> {
    let mut fields = object(body)?;
    let name = match fields.remove("name") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(name)) => name.trim().to_owned(),
        Some(name @ (Value::Number(_) | Value::Bool(_))) => name.to_string(),
        Some(_) => return Err(RestError::unreadable("name must be a string")),
    };
    let config = match fields.remove("config") {
        Some(Value::Object(config)) => texts(config)?,
        _ => return Err(RestError::unreadable("config must be an object of strings")),
    };
    let initial_state = match fields.remove("initial_state") {
        None | Some(Value::Null) => None,
        Some(Value::String(state)) => Some(state),
        Some(_) => return Err(RestError::unreadable("initial_state must be a string")),
    };
    if let Some(unknown) = fields.keys().next() {
        return Err(RestError::unreadable(format!(
            "Unrecognized field \"{unknown}\" (known properties: \"name\", \"config\", \"initial_state\")"
        )));
    }
    Ok(CreateRequest {
        name,
        config,
        initial_state,
    })
}

/// Reads a body that is a configuration.
pub(super) fn config(body: &[u8]) -> Result<BTreeMap<String, String>, RestError> {
    texts(object(body)?)
}

pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, RestError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(RestError::unreadable("the body must be a JSON object")),
        Err(error) => Err(RestError::unreadable(format!(
            "the body is not valid JSON: {error}"
        ))),
    }
}

/// Reads a body that changes a configuration: a null takes a setting away.
pub(super) fn patch(body: &[u8]) -> Result<BTreeMap<String, Option<String>>, RestError> {
    changes(object(body)?)
}

/// Changes of a configuration.
pub(super) fn changes(
    fields: Map<String, Value>,
) -> Result<BTreeMap<String, Option<String>>, RestError> {
    let change = |(key, value): (String, Value)| match value {
        Value::Null => Ok((key, None)),
        value => text(&key, value).map(|text| (key, Some(text))),
    };
    fields.into_iter().map(change).collect()
}

/// Numbers and booleans become the texts that were written.
fn texts(fields: Map<String, Value>) -> Result<BTreeMap<String, String>, RestError> {
    let (texts, nulls) = texts_and_nulls(fields)?;
    if nulls.is_empty() {
        return Ok(texts);
    }
    let errors = vec![NULL_VALUE.to_owned(); nulls.len()];
    Err(HerderError::Invalid(errors).into())
}

/// A configuration, and the settings that were given as null.
type WithNulls = (BTreeMap<String, String>, Vec<String>);

fn texts_and_nulls(fields: Map<String, Value>) -> Result<WithNulls, RestError> {
    let (mut texts, mut nulls) = (BTreeMap::new(), Vec::new());
    for (key, value) in fields {
        if value.is_null() {
            nulls.push(key);
        } else {
            let text = text(&key, value)?;
            texts.insert(key, text);
        }
    }
    Ok((texts, nulls))
}

/// Reads a body that is a configuration to validate.
pub(super) fn config_with_nulls(body: &[u8]) -> Result<WithNulls, RestError> {
    texts_and_nulls(object(body)?)
}

fn text(key: &str, value: Value) -> Result<String, RestError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(RestError::unreadable(format!(
            "the value of {key} must be a string"
        ))),
    }
}

/// `ConnectorInfo`.
pub(super) fn info(name: &str, view: &ConnectorView) -> Value {
    let tasks: Vec<Value> = view
        .task
        .iter()
        .map(|_| json!({"connector": name, "task": 0}))
        .collect();
    json!({"name": name, "config": view.config, "tasks": tasks, "type": "source"})
}

/// `ConnectorStateInfo`.
pub(super) fn state(name: &str, view: &ConnectorView, worker_id: &str) -> Value {
    let tasks: Vec<Value> = view
        .task
        .iter()
        .map(|task| task_state(task, worker_id))
        .collect();
    json!({
        "name": name,
        "connector": {"state": view.state, "worker_id": worker_id},
        "tasks": tasks,
        "type": "source",
    })
}

/// `ConnectorStateInfo.TaskState`.
pub(super) fn task_state(task: &TaskView, worker_id: &str) -> Value {
    let mut shown = json!({"id": 0, "state": task.state, "worker_id": worker_id});
    if let Some(trace) = &task.trace {
        shown["trace"] = json!(trace);
    }
    shown
}

/// The configuration that a connector's task is given.
pub(super) fn task_config(view: &ConnectorView) -> BTreeMap<String, String> {
    let class = "io.conduktor.connect.websocket.WebSocketSourceTask";
    let mut config = view.task_config().clone();
    config.insert("task.class".to_owned(), class.to_owned());
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_become_texts_and_nothing_else_does() {
        let read = config(br#"{"a":1,"b":true,"c":"x","d":1.50}"#).expect("readable");
        let pairs: Vec<_> = read.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs[..3], [("a", "1"), ("b", "true"), ("c", "x")]);
        let null = config(b"{\"a\":null}").expect_err("refused");
        assert_eq!(null.status, StatusCode::BAD_REQUEST);
        for body in [&b"{\"a\":[]}"[..], b"[]", b"", b"{"] {
            let error = config(body).expect_err("unreadable");
            assert_eq!(error.status, StatusCode::INTERNAL_SERVER_ERROR);
        }
    }

    #[test]
    fn unknown_fields_of_a_create_request_are_refused() {
        let body = br#"{"name":" n ","config":{"a":"b"},"initial_state":"paused"}"#;
        let request = create_request(body).expect("readable");
        assert_eq!(
            (request.name.as_str(), request.initial_state.as_deref()),
            ("n", Some("paused"))
        );
        assert!(create_request(br#"{"name":"n","config":{},"x":1}"#).is_err());
        assert!(create_request(br#"{"name":"n"}"#).is_err());
    }
}
