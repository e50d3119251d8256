//! `/admin/loggers` (Connect's `LoggingResource`, KIP-495 and KIP-976).

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::connectors::{Answer, bad_request, query};
use super::payload::{self, RestError};
use super::resource::Resource;
use super::{Rest, Shared};
use crate::log::{LoggerLevel, LoggerView};

/// The resources, `configure`d as their listeners need it.
pub(super) fn mount(
    mut router: Router<Arc<Rest>>,
    rest: &Arc<Rest>,
    configure: impl Fn(Resource) -> Resource,
) -> Router<Arc<Rest>> {
    let resources = [
        Resource::new(rest, "/admin/loggers").get(list),
        Resource::new(rest, "/admin/loggers/{logger}")
            .get(show)
            .put(set)
            .with_body(&[Method::PUT]),
    ];
    for resource in resources {
        router = configure(resource).mount(router);
    }
    router
}

fn shown(view: &LoggerView) -> Value {
    json!({"level": view.level.to_string(), "last_modified": view.last_modified_ms})
}

async fn list(State(rest): Shared) -> Response {
    let all = rest.loggers.all();
    let all: Map<String, Value> = all
        .iter()
        .map(|(name, v)| (name.clone(), shown(v)))
        .collect();
    payload::ok(&Value::Object(all))
}

async fn show(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = rest.loggers.get(&name);
    let view = view.ok_or_else(|| RestError::not_found(format!("Logger {name} not found.")))?;
    Ok(payload::ok(&shown(&view)))
}

async fn set(
    State(rest): Shared,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Answer {
    let level = level(&body)?;
    let names = rest.loggers.set(&name, level);
    let names = names.map_err(|error| bad_request(error.to_string()))?;
    let scope = query(raw.as_deref())
        .find_map(|(key, value)| (key == "scope").then(|| value.to_lowercase()));
    match scope.as_deref() {
        // This worker is its whole cluster.
        Some("cluster") => return Ok(StatusCode::NO_CONTENT.into_response()),
        None | Some("worker") => {}
        Some(scope) => tracing::warn!(
            target: "LoggingResource",
            "Received invalid scope '{scope}' in request to adjust logging level; will default to worker"
        ),
    }
    Ok(payload::ok(&json!(names)))
}

/// The level that a body asks for.
fn level(body: &[u8]) -> Result<LoggerLevel, RestError> {
    let fields = payload::object(body)?;
    let level = match fields.get("level") {
        None | Some(Value::Null) => {
            let why = "Desired 'level' parameter was not specified in request.";
            return Err(bad_request(why.to_owned()));
        }
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(_) | Value::Array(_)) => {
            return Err(RestError::unreadable("the level must be a string"));
        }
        Some(scalar) => scalar.to_string(),
    };
    level
        .parse()
        .map_err(|()| RestError::not_found(format!("invalid log level '{level}'.")))
}
