//! Kafka Connect's REST API over the herder, plus the session's own state and
//! the metrics.
//!
//! [`routes`] has the resources, each under the general rules of [`resource`];
//! [`server`] has the listeners. Invariants: errors are
//! `{"error_code","message"}` as Connect gives them; what is not allowed is
//! refused before anything is done; `state` takes Connect's values only.

mod advertised;
mod connectors;
mod console;
mod health;
mod internal;
mod jaas_file;
mod ledger;
mod loggers;
mod login;
mod media;
mod metrics;
mod offsets;
mod origin;
mod path;
mod patience;
mod payload;
mod plugins;
mod resource;
mod routes;
mod server;
mod session;
mod site;
mod tasks;
mod tls;
mod topics;

use std::sync::{Arc, Mutex, OnceLock};

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::Semaphore;

pub use advertised::{Address, advertised};
pub use console::{History, look_at_history};
pub use login::Login;
pub use metrics::look_at_metrics;
pub use server::{Bound, bind, serve};
pub use site::Site;
pub use tls::acceptor;

use crate::exposition::Exposition;
use crate::herder::{Herder, HerderError};
use crate::log::Loggers;
use payload::RestError;

/// What every handler needs.
pub struct Rest {
    /// Keeps the connectors.
    pub herder: Arc<Herder>,
    /// `host:port` by which this worker is known.
    pub worker_id: String,
    /// The Kafka cluster's id, once it is known.
    pub cluster_id: OnceLock<String>,
    /// What is measured.
    pub exposition: Mutex<Exposition>,
    /// Who may show it: one answer has megabytes if there are many connectors.
    pub showing: Arc<Semaphore>,
    /// Who may use the main listeners, if that is asked.
    pub login: Option<Login>,
    /// The loggers of this process.
    pub loggers: Arc<Loggers>,
    /// Who may preview messages or sample a topic: each keeps a connection.
    pub trying: Arc<Semaphore>,
    /// What the console's charts begin with.
    pub history: History,
}

type Shared = State<Arc<Rest>>;

/// Answers with what is measured that are made at the same time, each on a
/// thread of its own.
pub const MAX_SHOWING: usize = 2;
/// Previews and samples of messages at the same time; further ones are refused.
pub const MAX_TRYING: usize = 2;
/// The Connect version whose API this is; clients choose their calls by it.
pub const API_VERSION: &str = "3.9.1";
/// What stands for the commit that a worker was built from: this program's
/// version.
pub const COMMIT: &str = env!("CARGO_PKG_VERSION");

/// What the main listeners serve.
pub fn main_site(rest: &Arc<Rest>) -> Site {
    let settings = &rest.herder.worker().rest;
    Site::new(routes::main(rest))
        .with_headers(settings.cors.clone(), settings.response_headers.clone())
}

/// What the admin listeners serve.
pub fn admin_site(rest: &Arc<Rest>) -> Site {
    Site::new(routes::admin(rest))
}

/// An error of the router itself: the body has no content type, as the real
/// worker has it.
fn router_error(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let message = format!("HTTP {} {reason}", status.as_u16());
    let body = json!({"error_code": status.as_u16(), "message": message}).to_string();
    let mut response = (status, body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

/// What Jetty says to a request that it cannot make sense of.
fn malformed() -> Response {
    let content_type = HeaderValue::from_static("text/html;charset=iso-8859-1");
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONNECTION, HeaderValue::from_static("close")),
    ];
    let body = "<h1>Bad Message 400</h1><pre>reason: Bad Request</pre>";
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}

async fn root(State(rest): Shared) -> Response {
    payload::ok(&json!({
        "version": API_VERSION,
        "commit": COMMIT,
        "kafka_cluster_id": rest.cluster_id.get(),
    }))
}

impl From<HerderError> for RestError {
    fn from(error: HerderError) -> Self {
        let status = match &error {
            HerderError::NotFound(_) => StatusCode::NOT_FOUND,
            HerderError::Conflict(_) => StatusCode::CONFLICT,
            HerderError::Invalid(_) | HerderError::BadRequest(_) => StatusCode::BAD_REQUEST,
            HerderError::Unresolved(_) | HerderError::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self {
            status,
            message: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
