//! `GET /connectors/{connector}/ledger`: where every message is, of each task.

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::connectors::{Answer, find};
use super::{Shared, payload};
use crate::herder::TaskView;

pub(super) async fn show(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = find(&rest, &name)?;
    let tasks: Vec<Value> = view.task.iter().map(task).collect();
    Ok(payload::ok(&json!({"name": name, "tasks": tasks})))
}

fn counts(counts: &[(&str, u64)]) -> Map<String, Value> {
    let named = |(name, count): &(&str, u64)| ((*name).to_owned(), json!(count));
    counts.iter().map(named).collect()
}

pub(super) fn task(view: &TaskView) -> Value {
    let ledger = &view.ledger;
    json!({
        "id": 0,
        "received": ledger.received,
        "replayed": ledger.replayed,
        "acknowledged": ledger.acknowledged,
        "in_flight": ledger.in_flight,
        "spooled": ledger.spooled,
        "dropped": counts(&ledger.dropped),
        "removed": counts(&ledger.removed),
    })
}
