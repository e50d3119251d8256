//! Which topics a connector has written to (KIP-558).

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::Shared;
use super::connectors::Answer;
use super::payload::{self, RestError};

fn forbidden(message: &str) -> RestError {
    RestError {
        status: StatusCode::FORBIDDEN,
        message: message.to_owned(),
    }
}

pub(super) async fn list(State(rest): Shared, Path(name): Path<String>) -> Answer {
    if !rest.herder.worker().topic_tracking_enable {
        return Err(forbidden("Topic tracking is disabled."));
    }
    let topics = rest.herder.topics(&name);
    let shown = (name, json!({"topics": topics}));
    Ok(payload::ok(&Value::Object(Map::from_iter([shown]))))
}

pub(super) async fn reset(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let worker = rest.herder.worker();
    if !worker.topic_tracking_enable {
        return Err(forbidden("Topic tracking is disabled."));
    }
    if !worker.topic_tracking_allow_reset {
        return Err(forbidden("Topic tracking reset is disabled."));
    }
    rest.herder.reset_topics(&name);
    Ok(StatusCode::ACCEPTED.into_response())
}
