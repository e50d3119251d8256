//! `GET /connectors/{connector}/session`: what the session is doing and why,
//! which Connect's `state` has no words for.

use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};
use websocket_source::metrics::DropReason;

use super::connectors::{Answer, find};
use super::{Shared, payload};
use crate::herder::TaskView;

pub(super) async fn show(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = find(&rest, &name)?;
    let tasks: Vec<Value> = view.task.iter().map(task).collect();
    Ok(payload::ok(&json!({"name": name, "tasks": tasks})))
}

pub(super) fn task(view: &TaskView) -> Value {
    let (Some(session), Some(metrics)) = (&view.session, &view.metrics) else {
        return json!({"id": 0, "session": view.phase().name(), "reason": view.trace});
    };
    json!({
        "id": 0,
        "session": view.phase().name(),
        "reason": session.reason,
        "url": session.url,
        "since": session.since.map(timestamp),
        "refused_status": session.refused_status,
        "failed_attempts": session.attempt,
        "next_attempt_at": session.next_attempt_at.map(timestamp),
        "connections": session.generation,
        "paused": session.paused,
        "received_messages": metrics.received.load(Relaxed),
        "last_message_age_ms": age_ms(metrics.last_message_at_ms.load(Relaxed)),
        "received_bytes": metrics.received_bytes.load(Relaxed),
        "produced_records": metrics.produced.load(Relaxed),
        "queue_messages": metrics.queue_messages.load(Relaxed),
        "queue_bytes": metrics.queue_bytes.load(Relaxed),
        "queue_capacity_messages": metrics.queue_capacity_messages.load(Relaxed),
        "dropped_messages": DropReason::ALL
            .map(|reason| (reason.label().to_owned(), json!(metrics.dropped(reason))))
            .into_iter()
            .collect::<Map<_, _>>(),
        "spool": session.spool.as_ref().map(|spool| json!({
            "id": spool.id,
            "dir": spool.dir,
            "fault": spool.fault,
            "messages": metrics.spool_messages.load(Relaxed),
            "bytes": metrics.spool_bytes.load(Relaxed),
            "errors": metrics.spool_errors.load(Relaxed),
        })),
    })
}

/// How long ago that was, which needs no clock that agrees with ours; `None`
/// for 0, which is never.
fn age_ms(at_ms: i64) -> Option<i64> {
    let now_ms = jiff::Timestamp::now().as_millisecond();
    (at_ms > 0).then(|| now_ms.saturating_sub(at_ms).max(0))
}

/// RFC 3339 in UTC.
pub(super) fn timestamp(at: SystemTime) -> Option<String> {
    let at = jiff::Timestamp::try_from(at).ok()?;
    Some(format!("{at:.3}"))
}
