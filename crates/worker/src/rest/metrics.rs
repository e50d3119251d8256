//! `/metrics` and `/jolokia`: what is measured, in two languages.
//!
//! Invariant: both are on the main listeners, behind their login, and change
//! nothing; the lock of the measuring is held for no more than its own work,
//! and what takes long is done on few threads that serve no requests.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::connectors::query;
use super::payload::RestError;
use super::{COMMIT, Rest, Shared};
use crate::exposition::jolokia::{Jolokia, Options};
use crate::exposition::{self, Exposition, Measured, WorkerReading};

/// Looks at the counters every [`exposition::tick`], until there is no API any
/// more.
pub async fn look_at_metrics(rest: Weak<Rest>) {
    let Some(config) = rest.upgrade().map(|rest| rest.herder.worker().metrics) else {
        return;
    };
    let mut ticks = tokio::time::interval(exposition::tick(config));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(rest) = rest.upgrade() else { return };
        rest.measured(|exposition, now, reading| exposition.look(now, &reading));
    }
}

impl Rest {
    /// Does something with the counters as they are now: no counter is read
    /// before the look that came first has ended.
    fn measured<T>(&self, ask: impl FnOnce(&mut Exposition, Instant, WorkerReading) -> T) -> T {
        let exposition = self.exposition.lock();
        let mut exposition = exposition.unwrap_or_else(PoisonError::into_inner);
        let reading = self.herder.reading();
        ask(&mut exposition, Instant::now(), reading)
    }
}

/// Makes an answer of what is measured, where it keeps nobody waiting.
async fn show(
    rest: Arc<Rest>,
    ask: impl FnOnce(&Measured) -> String + Send + 'static,
) -> Result<String, RestError> {
    let turn = Arc::clone(&rest.showing).acquire_owned().await;
    let shown = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        ask(&rest.measured(Exposition::measured))
    });
    shown.await.map_err(|error| RestError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: error.to_string(),
    })
}

/// Asks Jolokia what is measured.
async fn ask_jolokia(
    rest: Arc<Rest>,
    ask: impl FnOnce(Jolokia<'_>) -> String + Send + 'static,
) -> Result<String, RestError> {
    let asked = move |measured: &Measured| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        ask(Jolokia {
            beans: &measured.beans(),
            version: COMMIT,
            timestamp: now.map_or(0, |now| now.as_secs()),
        })
    };
    show(rest, asked).await
}

pub(super) async fn prometheus(State(rest): Shared) -> Result<Response, RestError> {
    let text = show(rest, Measured::prometheus).await?;
    Ok(([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response())
}

/// What the query of a request to `/jolokia` says.
#[derive(Debug, Default)]
struct Asked {
    options: Options,
    /// `p`: the path, for clients whose server would not let it through.
    path: Option<String>,
    json: bool,
}

impl Asked {
    fn read(raw: Option<&str>) -> Self {
        let mut asked = Self::default();
        for (name, value) in query(raw) {
            match name.as_str() {
                "p" => asked.path = Some(value),
                "mimeType" => asked.json = value == "application/json",
                name => asked.options.set(name, &value),
            }
        }
        asked
    }

    /// Jolokia 1.x answers JSON as text, unless it is asked for better.
    fn answer(&self, body: String) -> Response {
        let content_type = if self.json {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        };
        let headers = [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        (headers, body).into_response()
    }
}

pub(super) async fn jolokia_root(state: Shared, query: RawQuery) -> Result<Response, RestError> {
    jolokia_get(state, Path(String::new()), query).await
}

pub(super) async fn jolokia_get(
    State(rest): Shared,
    Path(path): Path<String>,
    RawQuery(raw): RawQuery,
) -> Result<Response, RestError> {
    let mut asked = Asked::read(raw.as_deref());
    let (path, options) = (asked.path.take().unwrap_or(path), asked.options);
    let body = ask_jolokia(rest, move |jolokia| jolokia.get(&path, options)).await?;
    Ok(asked.answer(body))
}

/// The path does not matter: some clients send their bodies to `/read`.
pub(super) async fn jolokia_post(
    State(rest): Shared,
    RawQuery(raw): RawQuery,
    body: Bytes,
) -> Result<Response, RestError> {
    let asked = Asked::read(raw.as_deref());
    let options = asked.options;
    let body = ask_jolokia(rest, move |jolokia| jolokia.post(&body, options)).await?;
    Ok(asked.answer(body))
}
