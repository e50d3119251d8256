//! What the list and a connector's page show, each with one request.
//!
//! Counters are given as they stand; the page makes rates of two answers.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};
use websocket_source::metrics::{LATENCY_BOUNDS_US, TaskMetrics};
use websocket_source::timeline::Moment;

use super::{fresh, ms};
use crate::files::MessageSample;
use crate::herder::{Glance, TaskView};
use crate::rest::connectors::{Answer, query};
use crate::rest::payload::RestError;
use crate::rest::{API_VERSION, COMMIT, Rest, Shared, ledger, session};

pub(super) async fn list(State(rest): Shared) -> Response {
    let connectors: Vec<Value> = rest.herder.glances().iter().map(glance).collect();
    fresh(&json!({
        "now": ms(SystemTime::now()),
        "worker": worker(&rest),
        "connectors": connectors,
    }))
}

fn worker(rest: &Rest) -> Value {
    json!({
        "id": rest.worker_id,
        "version": COMMIT,
        "connect_version": API_VERSION,
        "cluster": rest.cluster_id.get(),
    })
}

fn glance(glance: &Glance) -> Value {
    json!({
        "name": glance.name,
        "state": glance.state,
        "start": glance.start,
        "task": glance.task.as_ref().map(task),
    })
}

/// What the charts are made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    received: u64,
    written: u64,
    queue: u64,
    /// Received and not in Kafka.
    waiting: u64,
    dropped: u64,
    reconnects: u64,
}

impl Counts {
    pub(super) fn of(view: &TaskView) -> Self {
        let ledger = &view.ledger;
        let of_task = |count: fn(&TaskMetrics) -> &AtomicU64| {
            let metrics = view.metrics.as_ref();
            metrics.map_or(0, |metrics| count(metrics).load(Relaxed))
        };
        Self {
            received: ledger.received,
            written: ledger.acknowledged,
            queue: of_task(|metrics| &metrics.queue_messages),
            waiting: ledger.in_flight + ledger.spooled,
            dropped: ledger.dropped.iter().map(|(_, count)| count).sum(),
            reconnects: of_task(|metrics| &metrics.reconnects),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "received": self.received,
            "written": self.written,
            "queue": self.queue,
            "waiting": self.waiting,
            "dropped": self.dropped,
            "reconnects": self.reconnects,
        })
    }
}

fn task(view: &TaskView) -> Value {
    let metrics = view.metrics.clone().unwrap_or_default();
    let session = view.session.as_ref();
    let mut shown = Counts::of(view).json();
    shown["state"] = json!(view.state);
    shown["session"] = json!(view.phase().name());
    shown["reason"] = json!(reason(view));
    shown["since"] = json!(session.and_then(|session| session.since).map(ms));
    shown["bytes"] = json!(metrics.received_bytes.load(Relaxed));
    shown["capacity"] = json!(metrics.queue_capacity_messages.load(Relaxed));
    shown["last_message"] = json!(metrics.last_message_at_ms.load(Relaxed));
    shown
}

/// Why the session is not live, in a line.
fn reason(view: &TaskView) -> &str {
    let failed = view.trace.as_deref().and_then(|trace| trace.lines().next());
    let session = view.session.as_ref().map(|session| session.reason.as_str());
    failed.or(session).unwrap_or_default()
}

/// With `?history=true` also the last ten minutes.
pub(super) async fn show(
    State(rest): Shared,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let found = rest.herder.glance(&name);
    let found = found.ok_or_else(|| RestError::not_found(format!("Connector {name} not found")))?;
    let mut shown = glance(&found);
    shown["now"] = json!(ms(SystemTime::now()));
    shown["worker"] = worker(&rest);
    let messages = rest.herder.worker().rest.console.messages;
    shown["messages"] = json!(messages == MessageSample::Redacted);
    let moments = rest.herder.timeline(&name);
    shown["timeline"] = moments.iter().map(moment).collect();
    shown["topics"] = json!(rest.herder.topics(&name));
    if query(raw.as_deref()).any(|(key, value)| key == "history" && value == "true") {
        shown["history"] = rest.history.of(&name);
    }
    if let Some(view) = &found.task {
        shown["session"] = session::task(view);
        shown["ledger"] = ledger::task(view);
        shown["trace"] = json!(view.trace);
        shown["latency"] = latency(view);
    }
    Ok(fresh(&shown))
}

fn moment(moment: &Moment) -> Value {
    json!({"at": ms(moment.at), "kind": moment.kind, "text": moment.text})
}

/// From the socket to Kafka's acknowledgement, as a histogram.
fn latency(view: &TaskView) -> Value {
    let metrics = view.metrics.as_ref();
    let seen = metrics.map(|metrics| metrics.receive_to_ack.snapshot());
    let seen = seen.unwrap_or_default();
    json!({
        "bounds_us": LATENCY_BOUNDS_US,
        "cumulative": seen.cumulative,
        "count": seen.count,
    })
}
