//! The console: pages under `/ui` for people who run connectors.
//!
//! The pages are files in `crates/worker/console`, embedded in this program
//! ([`assets`]). They use Connect's own resources for every change, and for
//! what those have no answer to the ones under `/ui/api`. Invariants: all of
//! it is behind the login of the main listeners; no answer holds a value that
//! a validate answer hides; what takes a connection (previews, samples) is
//! bounded in number and in time.

mod assets;
mod edit;
mod history;
mod loggers;
mod overview;
mod preview;
mod sample;
mod shape;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::Rest;
use super::payload::{self, RestError};
use super::resource::Resource;
use crate::files::AdminListeners;

pub use history::{History, look_at_history};

/// The console's resources.
pub(super) fn resources(rest: &Arc<Rest>) -> Vec<Resource> {
    let page = |path| Resource::new(rest, path).any_body().any_answer();
    let look = |path| Resource::new(rest, path).any_body();
    let try_out = |path| Resource::new(rest, path).with_body(&[Method::POST]);
    let mut resources = vec![
        page("/ui").get(assets::root),
        page("/ui/{*path}").get(assets::file),
        look("/ui/api/overview").get(overview::list),
        look("/ui/api/connectors/{connector}").get(overview::show),
        look("/ui/api/connectors/{connector}/config").get(edit::config),
        // No GET, so that no other page can make a browser ask for it.
        look("/ui/api/connectors/{connector}/messages").post(sample::list),
        try_out("/ui/api/validate").post(edit::validate),
        try_out("/ui/api/preview").post(preview::run),
    ];
    // Elsewhere they are no business of these listeners.
    if rest.herder.worker().rest.admin_listeners == AdminListeners::Main {
        resources.push(look("/ui/api/loggers").get(loggers::list));
    }
    resources
}

/// 200 with JSON that nobody keeps.
fn fresh(body: &Value) -> Response {
    let mut response = payload::ok(body);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// A place for something that takes a connection.
fn place(rest: &Rest) -> Result<OwnedSemaphorePermit, RestError> {
    let place = Arc::clone(&rest.trying).try_acquire_owned();
    place.map_err(|_| RestError {
        status: StatusCode::TOO_MANY_REQUESTS,
        message: "Others preview messages at the moment; try again in some seconds".to_owned(),
    })
}

/// Milliseconds since the epoch.
fn ms(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
