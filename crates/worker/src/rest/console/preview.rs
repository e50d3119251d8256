//! `POST /ui/api/preview`: the first records of a configuration that is not
//! saved yet. It connects and subscribes as the connector would, and never
//! touches Kafka.
//!
//! Invariants: it ends after some records or seconds, and at the first
//! refusal; what is shown of a record has a bound.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use websocket_source::task::TaskHandle;

use super::edit::Draft;
use super::{fresh, place};
use crate::preview::{self, PreviewSink, Record, Show};
use crate::rest::Shared;
use crate::rest::connectors::Answer;
use crate::rest::payload::RestError;
use crate::validation::Plan;

/// Records that are shown.
const MAX_RECORDS: u64 = 5;
/// How long they are waited for.
const WAIT: Duration = Duration::from_secs(10);
/// How long the connection may take to close.
const STOP_WITHIN: Duration = Duration::from_secs(1);
/// Bytes of a key, a value or a header that are shown.
const MAX_SHOWN_BYTES: usize = 4096;
/// Messages that became no record, and are told of.
const MAX_LEFT_OUT: usize = 5;

pub(super) async fn run(State(rest): Shared, body: Bytes) -> Answer {
    let draft = Draft::read(&rest, &body)?;
    let plan = draft.validation(&rest).into_plan();
    let plan = plan.map_err(|refusal| RestError {
        status: StatusCode::BAD_REQUEST,
        message: refusal.into_errors().join("\n"),
    })?;
    let _place = place(&rest)?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (full, done) = mpsc::channel(1);
    let task = start(plan, &seen, full);
    let (ended, reason) = watch(task, done).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(fresh(&json!({
        "records": seen.records,
        "left_out": seen.left_out,
        "ended": ended,
        "reason": reason,
        "wait_ms": WAIT.as_millis(),
    })))
}

fn start(plan: Plan, seen: &Arc<Mutex<Seen>>, full: mpsc::Sender<()>) -> TaskHandle {
    let collector = Collector(Arc::clone(seen));
    let sink = PreviewSink::new(&plan, Box::new(collector), Some(MAX_RECORDS), full);
    let mut config = plan.source;
    // The first refusal is what its user wants to know.
    config.reconnect.enabled = false;
    config.connection_timeout = config.connection_timeout.min(WAIT);
    preview::start(format!("{} (preview)", plan.name), config, sink)
}

/// Waits for the end: `full`, `timeout` or `failed`, with a reason.
async fn watch(task: TaskHandle, mut done: mpsc::Receiver<()>) -> (&'static str, Option<String>) {
    let ended = tokio::select! {
        Some(()) = done.recv() => ("full", None),
        () = tokio::time::sleep(WAIT) => {
            let reason = task.status().reason;
            ("timeout", (!reason.is_empty()).then_some(reason))
        }
        failure = task.ended() => return ("failed", failure.map(|failure| failure.trace)),
    };
    task.stop(STOP_WITHIN).await;
    ended
}

/// What has come so far.
#[derive(Default)]
struct Seen {
    records: Vec<Value>,
    left_out: Vec<String>,
}

struct Collector(Arc<Mutex<Seen>>);

impl Show for Collector {
    fn record(&mut self, record: &Record<'_>) -> io::Result<()> {
        let shown = match record {
            Record::Plain { topic, message } => {
                json!({"topic": topic, "value": text(Some(message))})
            }
            Record::Mapped { record, .. } => {
                let headers = record.headers.iter();
                let headers: Vec<Value> = headers
                    .map(|(name, value)| json!({"name": name, "value": text(value.as_deref())}))
                    .collect();
                json!({
                    "topic": record.topic,
                    "partition": record.partition,
                    "key": text(record.key.as_deref()),
                    "value": text(record.value.as_deref()),
                    "headers": headers,
                })
            }
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.records.push(shown);
        Ok(())
    }

    fn left_out(&mut self, fate: String) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.left_out.len() < MAX_LEFT_OUT {
            seen.left_out.push(fate);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes as a text, cut if they are many; null if there are none.
fn text(bytes: Option<&[u8]>) -> Value {
    let Some(bytes) = bytes else {
        return Value::Null;
    };
    let shown = &bytes[..bytes.len().min(MAX_SHOWN_BYTES)];
    json!({
        "text": String::from_utf8_lossy(shown),
        "bytes": bytes.len(),
        "cut": bytes.len() > shown.len(),
    })
}
