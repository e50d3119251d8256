//! Which families there are.

use std::sync::atomic::Ordering::Relaxed;

use super::{Family, Kind, Values};
use crate::metrics::DropReason;
use crate::task::Phase;

impl Family {
    const fn new(name: &'static str, kind: Kind, help: &'static str, values: Values) -> Self {
        Self {
            name,
            kind,
            help,
            values,
        }
    }

    const fn gauge(name: &'static str, help: &'static str, values: Values) -> Self {
        Self::new(name, Kind::Gauge, help, values)
    }

    const fn counter(name: &'static str, help: &'static str, values: Values) -> Self {
        Self::new(name, Kind::Counter, help, values)
    }
}

/// All families of a task.
pub const FAMILIES: [Family; 16] = [
    Family::gauge(
        "queue_messages",
        "Messages waiting in the task's buffer.",
        Values::One(|task| task.metrics.queue_messages.load(Relaxed) as f64),
    ),
    Family::gauge(
        "queue_capacity_messages",
        "Messages the buffer takes: websocket.message.queue.size.",
        Values::One(|task| task.metrics.queue_capacity_messages.load(Relaxed) as f64),
    ),
    Family::gauge(
        "queue_bytes",
        "Payload bytes waiting in the task's buffer.",
        Values::One(|task| task.metrics.queue_bytes.load(Relaxed) as f64),
    ),
    Family::counter(
        "received_total",
        "Data messages read from the WebSocket.",
        Values::One(|task| task.metrics.received.load(Relaxed) as f64),
    ),
    Family::counter(
        "received_bytes_total",
        "Payload bytes of the data messages read.",
        Values::One(|task| task.metrics.received_bytes.load(Relaxed) as f64),
    ),
    Family::counter(
        "reconnects_total",
        "Reconnection attempts after the first connect.",
        Values::One(|task| task.metrics.reconnects.load(Relaxed) as f64),
    ),
    Family::gauge(
        "connected",
        "1 while the WebSocket session is live, else 0.",
        Values::One(|task| f64::from(u8::from(task.metrics.is_connected()))),
    ),
    Family::gauge(
        "spool_messages",
        "Messages in the task's spool that Kafka has not acknowledged.",
        Values::One(|task| task.metrics.spool_messages.load(Relaxed) as f64),
    ),
    Family::gauge(
        "spool_bytes",
        "What the task's spool takes of the disk.",
        Values::One(|task| task.metrics.spool_bytes.load(Relaxed) as f64),
    ),
    Family::counter(
        "spool_errors_total",
        "Writes, reads and flushes of the task's spool that have failed.",
        Values::One(|task| task.metrics.spool_errors.load(Relaxed) as f64),
    ),
    Family::gauge(
        "refused_status",
        "The HTTP status with which the server has refused the connection, while it does; else 0.",
        Values::One(|task| f64::from(task.refused_status.unwrap_or_default())),
    ),
    // Each state has a sample, so that a query for a state finds its tasks and
    // a graph of them all is one of stacked ones.
    Family::gauge(
        "session_state",
        "1 for the state that the session is in, 0 for the others.",
        Values::Each("state", |task| {
            let states = Phase::ALL.map(|phase| (phase.name(), phase == task.session));
            let value = |(state, is): (&str, bool)| (state.to_owned(), f64::from(u8::from(is)));
            states.map(value).into()
        }),
    ),
    Family::counter(
        "dropped_total",
        "Messages received and not passed on, by reason.",
        Values::Each("reason", |task| {
            let dropped = |reason: DropReason| task.metrics.dropped(reason) as f64;
            DropReason::ALL
                .map(|reason| (reason.label().to_owned(), dropped(reason)))
                .into()
        }),
    ),
    // So that the sum over all places but the inputs is what came in.
    Family::gauge(
        "ledger_messages",
        "Where every message is: received and replayed are all of acknowledged, in_flight, spooled, dropped_* and removed_*.",
        Values::Each("place", |task| {
            let places = task.ledger.places();
            places.map(|(place, count)| (place, count as f64)).collect()
        }),
    ),
    Family::gauge(
        "last_message_timestamp_seconds",
        "When the last data message came, seconds since the epoch; 0 before the first.",
        Values::One(|task| task.metrics.last_message_at_ms.load(Relaxed) as f64 / 1e3),
    ),
    Family::new(
        "receive_to_ack_seconds",
        Kind::Histogram,
        "Time from the socket read to Kafka's acknowledgement.",
        Values::Times(|task| task.metrics.receive_to_ack.snapshot()),
    ),
];
