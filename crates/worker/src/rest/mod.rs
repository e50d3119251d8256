//! Kafka Connect's REST API over the herder, plus the session's own state and
//! the metrics.
//!
//! Invariants: errors are `{"error_code","message"}` as Connect gives them;
//! a body that is not JSON is refused before anything is done; `state` takes
//! Connect's values only.

mod connectors;
mod payload;
mod session;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::json;
use tokio::net::TcpListener;

use crate::exposition::{self, Exposition, TaskReading, WorkerReading};
use crate::files::{Listener, WorkerConfig};
use crate::herder::{Herder, HerderError};
use payload::RestError;

/// What every handler needs.
pub struct Rest {
    /// Keeps the connectors.
    pub herder: Arc<Herder>,
    /// `host:port` by which this worker is known.
    pub worker_id: String,
    /// The Kafka cluster's id, once it is known.
    pub cluster_id: OnceLock<String>,
    /// Renders the metrics.
    pub exposition: Mutex<Exposition>,
}

type Shared = State<Arc<Rest>>;

/// The Connect version whose API this is; clients choose their calls by it.
pub const API_VERSION: &str = "3.9.1";

/// All resources.
pub fn router(rest: Arc<Rest>) -> Router {
    let connector = Router::new()
        .route("/", get(connectors::show).delete(connectors::delete))
        .route(
            "/config",
            get(connectors::config).put(connectors::put_config),
        )
        .route("/status", get(connectors::status))
        .route("/tasks", get(connectors::tasks))
        .route("/pause", put(connectors::pause))
        .route("/resume", put(connectors::resume))
        .route("/stop", put(connectors::stop))
        .route("/restart", post(connectors::restart))
        .route("/session", get(session::show));
    Router::new()
        .route("/", get(root))
        .route(
            "/connectors",
            get(connectors::list).post(connectors::create),
        )
        .nest("/connectors/{connector}", connector)
        .route("/connector-plugins", get(connectors::plugins))
        .route("/metrics", get(metrics))
        .fallback(|| async { router_error(StatusCode::NOT_FOUND, "HTTP 404 Not Found") })
        .method_not_allowed_fallback(|| async {
            router_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "HTTP 405 Method Not Allowed",
            )
        })
        .layer(middleware::from_fn(require_json))
        .with_state(rest)
}

/// Any body must be JSON, also where none is needed; that is what Connect's
/// clients know.
async fn require_json(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_json = |value: &header::HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    };
    let has_body = headers
        .get(header::CONTENT_LENGTH)
        .is_some_and(|length| length.as_bytes() != b"0")
        || headers.contains_key(header::TRANSFER_ENCODING);
    let refused = match headers.get(header::CONTENT_TYPE) {
        Some(value) => !is_json(value),
        None => has_body && matches!(*request.method(), Method::POST | Method::PUT),
    };
    if refused {
        let message = "HTTP 415 Unsupported Media Type";
        return router_error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
    }
    next.run(request).await
}

/// An error of the router itself: the body has no content type, as the real
/// worker has it.
fn router_error(status: StatusCode, message: &str) -> Response {
    let body = json!({"error_code": status.as_u16(), "message": message}).to_string();
    let mut response = (status, body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

async fn root(State(rest): Shared) -> Response {
    payload::ok(&json!({
        "version": API_VERSION,
        "commit": env!("CARGO_PKG_VERSION"),
        "kafka_cluster_id": rest.cluster_id.get(),
    }))
}

async fn metrics(State(rest): Shared) -> Response {
    let views = rest.herder.views();
    let connectors: Vec<&str> = views.iter().map(|(name, _)| name.as_str()).collect();
    let tasks: Vec<TaskReading<'_>> = views
        .iter()
        .filter_map(|(name, view)| {
            let task = view.task.as_ref()?;
            Some(TaskReading {
                connector: name,
                task: 0,
                state: task.state,
                metrics: task.metrics.as_deref()?,
                progress: task.progress,
            })
        })
        .collect();
    let (connector_startup, task_startup) = rest.herder.startup_counts();
    let worker = WorkerReading {
        version: env!("CARGO_PKG_VERSION"),
        connectors: &connectors,
        connector_startup,
        task_startup,
    };
    let mut exposition = rest
        .exposition
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let text = exposition.render(Instant::now(), &worker, &tasks);
    ([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response()
}

/// Binds a listener of the worker's properties.
///
/// # Errors
/// The address cannot be used; the text names the setting.
pub async fn bind(listener: &Listener) -> Result<TcpListener, String> {
    let address = (listener.host.as_str(), listener.port);
    TcpListener::bind(address).await.map_err(|error| {
        format!("the REST API cannot listen on {listener}: {error}; choose another address with listeners=http://HOST:PORT")
    })
}

/// Serves until `until` resolves.
///
/// # Errors
/// The system's.
pub async fn serve(
    listener: TcpListener,
    rest: Arc<Rest>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(rest))
        .with_graceful_shutdown(until)
        .await
}

/// `host:port` that goes into `worker_id`: `rest.advertised.*` where they are
/// set, else the first listener's.
pub fn advertised(config: &WorkerConfig, bound: &[TcpListener]) -> String {
    let listener = config.listeners.first();
    let bound_port = bound
        .first()
        .and_then(|b| b.local_addr().ok())
        .map(|at| at.port());
    let port = config.advertised.port.or(bound_port).unwrap_or_default();
    let any = |host: &&str| !matches!(*host, "0.0.0.0" | "::" | "");
    let host = config
        .advertised
        .host
        .as_deref()
        .or_else(|| listener.map(|l| l.host.as_str()).filter(any))
        .unwrap_or("127.0.0.1");
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

impl From<HerderError> for RestError {
    fn from(error: HerderError) -> Self {
        let status = match &error {
            HerderError::NotFound(_) => StatusCode::NOT_FOUND,
            HerderError::Conflict(_) => StatusCode::CONFLICT,
            HerderError::Invalid(_) | HerderError::BadRequest(_) => StatusCode::BAD_REQUEST,
            HerderError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            message: error.to_string(),
        }
    }
}
