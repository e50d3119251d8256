//! `GET /health` (KIP-1017): whether the worker can do its work; `GET /live` and
//! `GET /ready`, the same question in the two halves that probes have.
//!
//! Invariant: the two probes ask nobody for a login, so they tell nothing but
//! what stage the worker's life is in, and nothing that they do can block.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{Shared, payload};

/// Connect's `DEFAULT_HEALTH_CHECK_TIMEOUT_MS`.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn show(State(rest): Shared) -> Response {
    let herder = Arc::clone(&rest.herder);
    let asked = async move {
        herder.healthy().await;
        // Whoever holds the connectors' lock for ever must not hold us as well.
        tokio::task::spawn_blocking(move || herder.names().len()).await
    };
    let (status, name, message) = match tokio::time::timeout(TIMEOUT, asked).await {
        Ok(Ok(_)) => (
            StatusCode::OK,
            "healthy",
            "Worker has completed startup and is ready to handle requests.",
        ),
        Err(_) if !rest.herder.is_ready() => (
            StatusCode::SERVICE_UNAVAILABLE,
            "starting",
            "Worker is still starting up.",
        ),
        Ok(Err(_)) | Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "unhealthy",
            "Worker was unable to handle this request and may be unable to handle other requests.",
        ),
    };
    payload::answer(status, &json!({"status": name, "message": message}))
}

/// Whether the process serves: that there is an answer says it.
pub(super) async fn live() -> Response {
    let message = "Worker is serving requests.";
    payload::ok(&json!({"status": "live", "message": message}))
}

/// Whether the start is done and the end has not begun.
pub(super) async fn ready(State(rest): Shared) -> Response {
    let (status, name, message) = if rest.herder.is_stopping() {
        let message = "Worker is shutting down.";
        (StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
    } else if rest.herder.is_ready() {
        (StatusCode::OK, "ready", "Worker has completed startup.")
    } else {
        let message = "Worker is still starting up.";
        (StatusCode::SERVICE_UNAVAILABLE, "starting", message)
    };
    payload::answer(status, &json!({"status": name, "message": message}))
}
