//! What Connect has no metrics for: the WebSocket, the buffer in front of the
//! producer, and how long a message is on its way.

use std::sync::atomic::Ordering::Relaxed;

use websocket_source::ledger::Ledger;
use websocket_source::metrics::{DropReason, LATENCY_BOUNDS_US};
use websocket_source::task::Phase;

use super::reading::{TaskReading, WorkerReading};
use super::text::{Family, Kind};

type Labels = [(&'static str, String); 2];

fn labels(connector: &str, task: &TaskReading) -> Labels {
    [
        ("connector", connector.to_owned()),
        ("task", task.task.to_string()),
    ]
}

pub(super) fn render(out: &mut String, version: &str, worker: &WorkerReading) {
    Family::new(
        out,
        "kafka_connect_websocket_build_info",
        Kind::Gauge,
        "Always 1; the worker's version is a label.",
    )
    .sample(&[("version", version.to_owned())], 1);
    plain_families(out, worker);
    session_family(out, worker);
    dropped_family(out, worker);
    ledger_family(out, worker);
    last_message_family(out, worker);
    latency_family(out, worker);
}

/// A family with one plain count per task: name, kind, help, reading.
pub(super) type TaskFamily = (&'static str, Kind, &'static str, fn(&TaskReading) -> u64);

pub(super) const TASK_FAMILIES: [TaskFamily; 11] = [
    (
        "queue_messages",
        Kind::Gauge,
        "Messages waiting in the task's buffer.",
        |task| task.metrics.queue_messages.load(Relaxed),
    ),
    (
        "queue_capacity_messages",
        Kind::Gauge,
        "Messages the buffer takes: websocket.message.queue.size.",
        |task| task.metrics.queue_capacity_messages.load(Relaxed),
    ),
    (
        "queue_bytes",
        Kind::Gauge,
        "Payload bytes waiting in the task's buffer.",
        |task| task.metrics.queue_bytes.load(Relaxed),
    ),
    (
        "received_total",
        Kind::Counter,
        "Data messages read from the WebSocket.",
        |task| task.metrics.received.load(Relaxed),
    ),
    (
        "received_bytes_total",
        Kind::Counter,
        "Payload bytes of the data messages read.",
        |task| task.metrics.received_bytes.load(Relaxed),
    ),
    (
        "reconnects_total",
        Kind::Counter,
        "Reconnection attempts after the first connect.",
        |task| task.metrics.reconnects.load(Relaxed),
    ),
    (
        "connected",
        Kind::Gauge,
        "1 while the WebSocket session is live, else 0.",
        |task| u64::from(task.metrics.is_connected()),
    ),
    (
        "spool_messages",
        Kind::Gauge,
        "Messages in the task's spool that Kafka has not acknowledged.",
        |task| task.metrics.spool_messages.load(Relaxed),
    ),
    (
        "spool_bytes",
        Kind::Gauge,
        "What the task's spool takes of the disk.",
        |task| task.metrics.spool_bytes.load(Relaxed),
    ),
    (
        "spool_errors_total",
        Kind::Counter,
        "Writes, reads and flushes of the task's spool that have failed.",
        |task| task.metrics.spool_errors.load(Relaxed),
    ),
    (
        "refused_status",
        Kind::Gauge,
        "The HTTP status with which the server has refused the connection, while it does; else 0.",
        |task| u64::from(task.refused_status.unwrap_or_default()),
    ),
];

fn plain_families(out: &mut String, worker: &WorkerReading) {
    for (name, kind, help, value) in TASK_FAMILIES {
        let name = format!("kafka_connect_websocket_{name}");
        let mut family = Family::new(out, &name, kind, help);
        for (connector, task) in worker.tasks() {
            family.sample(&labels(connector, task), value(task));
        }
    }
}

/// One sample for each state, so that a query for a state finds its tasks and
/// a graph of them all is one of stacked ones.
fn session_family(out: &mut String, worker: &WorkerReading) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_session_state",
        Kind::Gauge,
        "1 for the state that GET /connectors/{connector}/session shows, 0 for the others.",
    );
    for (connector, task) in worker.tasks() {
        for phase in Phase::ALL {
            let [connector, number] = labels(connector, task);
            let all = [connector, number, ("state", phase.name().to_owned())];
            family.sample(&all, u64::from(phase == task.session));
        }
    }
}

fn last_message_family(out: &mut String, worker: &WorkerReading) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_last_message_timestamp_seconds",
        Kind::Gauge,
        "When the last data message came, seconds since the epoch; 0 before the first.",
    );
    for (connector, task) in worker.tasks() {
        let at_ms = task.metrics.last_message_at_ms.load(Relaxed);
        family.sample(&labels(connector, task), at_ms as f64 / 1e3);
    }
}

fn dropped_family(out: &mut String, worker: &WorkerReading) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_dropped_total",
        Kind::Counter,
        "Messages received and not passed on, by reason.",
    );
    for (connector, task) in worker.tasks() {
        for reason in DropReason::ALL {
            let [connector, number] = labels(connector, task);
            let all = [connector, number, ("reason", reason.label().to_owned())];
            family.sample(&all, task.metrics.dropped(reason));
        }
    }
}

/// One sample for each place, so that `sum by (connector, task)` over all but
/// the inputs is what came in.
fn ledger_family(out: &mut String, worker: &WorkerReading) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_ledger_messages",
        Kind::Gauge,
        "Where every message is: received and replayed are all of acknowledged, in_flight, spooled, dropped_* and removed_*.",
    );
    for (connector, task) in worker.tasks() {
        for (place, count) in ledger_places(&task.ledger) {
            let [connector, number] = labels(connector, task);
            family.sample(&[connector, number, ("place", place)], count);
        }
    }
}

/// The places of a ledger and how many messages are in each.
pub(super) fn ledger_places(ledger: &Ledger) -> impl Iterator<Item = (String, u64)> {
    let places = [
        ("received", ledger.received),
        ("replayed", ledger.replayed),
        ("acknowledged", ledger.acknowledged),
        ("in_flight", ledger.in_flight),
        ("spooled", ledger.spooled),
    ];
    let named = |kind: &'static str| {
        move |(reason, count): &(&str, u64)| (format!("{kind}_{reason}"), *count)
    };
    places
        .map(|(place, count)| (place.to_owned(), count))
        .into_iter()
        .chain(ledger.dropped.iter().map(named("dropped")))
        .chain(ledger.removed.iter().map(named("removed")))
}

fn latency_family(out: &mut String, worker: &WorkerReading) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_receive_to_ack_seconds",
        Kind::Histogram,
        "Time from the socket read to Kafka's acknowledgement.",
    );
    for (connector, task) in worker.tasks() {
        let seen = task.metrics.receive_to_ack.snapshot();
        let bounds = LATENCY_BOUNDS_US.iter().map(|us| *us as f64 / 1e6);
        let buckets: Vec<_> = bounds.zip(seen.cumulative).collect();
        family.histogram(
            &labels(connector, task),
            &buckets,
            seen.count,
            seen.sum_us as f64 / 1e6,
        );
    }
}
