//! `/connectors/{connector}/tasks` and what is below.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::Shared;
use super::connectors::{Answer, find};
use super::payload::{self, RestError};

pub(super) async fn list(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = find(&rest, &name)?;
    let tasks: Vec<Value> = view
        .task
        .iter()
        .map(|_| json!({"id": {"connector": name, "task": 0}, "config": payload::task_config(&view)}))
        .collect();
    Ok(payload::ok(&json!(tasks)))
}

/// Connect's worker knows no configurations of a connector without tasks, and
/// says so of the connector.
pub(super) async fn configs(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = find(&rest, &name)?;
    if view.task.is_none() {
        return Err(RestError::not_found(format!("Connector {name} not found")));
    }
    let config = (format!("{name}-0"), json!(payload::task_config(&view)));
    Ok(payload::ok(&Value::Object(Map::from_iter([config]))))
}

/// A task's number, which Connect reads as an `int`; another text is no path.
fn number(text: &str) -> Result<i32, RestError> {
    text.parse()
        .map_err(|_| RestError::not_found("HTTP 404 Not Found".to_owned()))
}

pub(super) async fn status(
    State(rest): Shared,
    Path((name, task)): Path<(String, String)>,
) -> Answer {
    let task = number(&task)?;
    let view = rest.herder.view(&name);
    match view.as_ref().and_then(|view| view.task.as_ref()) {
        Some(view) if task == 0 => Ok(payload::ok(&payload::task_state(view, &rest.worker_id))),
        _ => {
            let why = format!("No status found for task {name}-{task}");
            Err(RestError::not_found(why))
        }
    }
}

pub(super) async fn restart(
    State(rest): Shared,
    Path((name, task)): Path<(String, String)>,
) -> Answer {
    rest.herder.restart_one(&name, number(&task)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
