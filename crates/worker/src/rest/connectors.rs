//! `/connectors` and `/connector-plugins`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::payload::{self, RestError};
use super::{Rest, Shared};
use crate::files::InitialState;
use crate::herder::{ConnectorView, Put, Target};

pub(super) type Answer = Result<Response, RestError>;

/// What a connector's name must escape in a `Location`; a slash stays, as in
/// the real worker's answers.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'[')
    .add(b']')
    .add(b'\\')
    .add(b'^')
    .add(b'|');

pub(super) fn query(raw: Option<&str>) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
}

pub(super) async fn list(State(rest): Shared, RawQuery(raw): RawQuery) -> Response {
    let expands: Vec<String> = query(raw.as_deref())
        .filter(|(key, _)| key == "expand")
        .map(|(_, value)| value)
        .collect();
    if expands.is_empty() {
        return payload::ok(&json!(rest.herder.names()));
    }
    let expanded: Map<String, Value> = rest
        .herder
        .views()
        .into_iter()
        .map(|(name, view)| {
            let mut shown = Map::new();
            for expand in &expands {
                match expand.as_str() {
                    "info" => shown.insert("info".to_owned(), payload::info(&name, &view)),
                    "status" => {
                        let state = payload::state(&name, &view, &rest.worker_id);
                        shown.insert("status".to_owned(), state)
                    }
                    _ => None,
                };
            }
            (name, Value::Object(shown))
        })
        .collect();
    payload::ok(&Value::Object(expanded))
}

pub(super) async fn create(State(rest): Shared, body: Bytes) -> Answer {
    let request = payload::create_request(&body)?;
    let target = match request
        .initial_state
        .as_deref()
        .map(str::parse::<InitialState>)
    {
        None => Target::Started,
        Some(Ok(state)) => state.into(),
        Some(Err(error)) => return Err(RestError::unreadable(error)),
    };
    let mut config = request.config;
    let named = config
        .entry("name".to_owned())
        .or_insert_with(|| request.name.clone());
    if *named != request.name {
        return Err(other_name(named, &request.name));
    }
    let view = rest.herder.create(config, target).await?;
    Ok(created(&request.name, &view))
}

fn other_name(named: &str, name: &str) -> RestError {
    bad_request(format!(
        "Connector name configuration ({named}) doesn't match connector name in the URL ({name})"
    ))
}

pub(super) fn bad_request(message: String) -> RestError {
    RestError {
        status: StatusCode::BAD_REQUEST,
        message,
    }
}

fn created(name: &str, view: &ConnectorView) -> Response {
    let mut response = payload::answer(StatusCode::CREATED, &payload::info(name, view));
    // It becomes absolute on its way out.
    let location = format!("/connectors/{}", utf8_percent_encode(name, PATH));
    if let Ok(location) = location.parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

pub(super) fn find(rest: &Rest, name: &str) -> Result<ConnectorView, RestError> {
    rest.herder
        .view(name)
        .ok_or_else(|| RestError::not_found(format!("Connector {name} not found")))
}

pub(super) async fn show(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = find(&rest, &name)?;
    Ok(payload::ok(&payload::info(&name, &view)))
}

pub(super) async fn delete(State(rest): Shared, Path(name): Path<String>) -> Answer {
    rest.herder.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn config(State(rest): Shared, Path(name): Path<String>) -> Answer {
    Ok(payload::ok(&json!(find(&rest, &name)?.config)))
}

pub(super) async fn put_config(
    State(rest): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer {
    let mut config = payload::config(&body)?;
    let named = config
        .entry("name".to_owned())
        .or_insert_with(|| name.clone());
    if *named != name {
        return Err(other_name(named, &name));
    }
    let (put, view) = rest.herder.put(config).await?;
    Ok(match put {
        Put::Created => created(&name, &view),
        Put::Updated => payload::ok(&payload::info(&name, &view)),
    })
}

pub(super) async fn status(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = rest
        .herder
        .view(&name)
        .ok_or_else(|| RestError::not_found(format!("No status found for connector {name}")))?;
    Ok(payload::ok(&payload::state(&name, &view, &rest.worker_id)))
}

/// Changes some settings (KIP-477); the result is checked like any other, its
/// name as that of a configuration that is put.
pub(super) async fn patch_config(
    State(rest): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> Answer {
    let changes = payload::patch(&body)?;
    if let Some(Some(named)) = changes
        .get("name")
        .filter(|named| named.as_ref() != Some(&name))
    {
        find(&rest, &name)?;
        return Err(other_name(named, &name));
    }
    let view = rest.herder.patch(&name, changes).await?;
    Ok(payload::ok(&payload::info(&name, &view)))
}

async fn set_target(rest: Arc<Rest>, name: &str, target: Target, done: StatusCode) -> Answer {
    rest.herder.set_target(name, target).await?;
    Ok(done.into_response())
}

pub(super) async fn pause(State(rest): Shared, Path(name): Path<String>) -> Answer {
    set_target(rest, &name, Target::Paused, StatusCode::ACCEPTED).await
}

pub(super) async fn resume(State(rest): Shared, Path(name): Path<String>) -> Answer {
    set_target(rest, &name, Target::Started, StatusCode::ACCEPTED).await
}

pub(super) async fn stop(State(rest): Shared, Path(name): Path<String>) -> Answer {
    set_target(rest, &name, Target::Stopped, StatusCode::NO_CONTENT).await
}

pub(super) async fn restart(
    State(rest): Shared,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let flag = |name: &str| {
        query(raw.as_deref()).any(|(key, value)| key == name && value.eq_ignore_ascii_case("true"))
    };
    let (include_tasks, only_failed) = (flag("includeTasks"), flag("onlyFailed"));
    let before = rest
        .herder
        .restart(&name, include_tasks, only_failed)
        .await?;
    if !include_tasks && !only_failed {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // Connect answers with its plan: what is being restarted, as it was.
    let mut state = payload::state(&name, &before, &rest.worker_id);
    if !only_failed {
        state["connector"]["state"] = json!("RESTARTING");
    }
    let failed = before
        .task
        .as_ref()
        .is_some_and(|task| task.state == "FAILED");
    if before.task.is_some() && include_tasks && (!only_failed || failed) {
        state["tasks"][0]["state"] = json!("RESTARTING");
    }
    Ok(payload::answer(StatusCode::ACCEPTED, &state))
}
