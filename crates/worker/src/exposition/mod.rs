//! What `GET /metrics` answers: the counters of the worker and its tasks in
//! Prometheus' text format 0.0.4.
//!
//! Names that Kafka Connect's users already scrape, graph and alert on are kept:
//! they are what the JMX exporter makes of Connect's beans (type and attribute
//! joined by `_`). What Connect does not measure is under
//! `kafka_connect_websocket_`. Rates are not given; `rate()` computes them from
//! the totals.

mod text;
mod window;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use websocket_source::metrics::{DropReason, LATENCY_BOUNDS_US, TaskMetrics};
use websocket_source::sink::Progress;
use websocket_source::task::Phase;

use crate::mapping::ErrorCounts;

use text::{Family, Kind};
use window::BatchTimes;

/// Value of the `Content-Type` header for what [`Exposition::render`] returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One task as it is now.
#[derive(Clone, Copy, Debug)]
pub struct TaskReading<'a> {
    /// The connector's name.
    pub connector: &'a str,
    /// The task's number.
    pub task: u32,
    /// Its state in Connect's spelling: `RUNNING`, `PAUSED`, `FAILED`,
    /// `UNASSIGNED`, `RESTARTING`, `STOPPED`.
    pub state: &'a str,
    /// What its session is doing.
    pub session: Phase,
    /// Its counters.
    pub metrics: &'a TaskMetrics,
    /// Records handed to the producer and acknowledged, since the task started.
    pub progress: Progress,
    /// Messages that could not be mapped.
    pub errors: &'a ErrorCounts,
}

/// Starts of connectors or tasks since the worker began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartupCounts {
    /// All attempts that have ended.
    pub attempts: u64,
    /// Those that failed.
    pub failures: u64,
}

/// The worker as it is now.
#[derive(Clone, Copy, Debug)]
pub struct WorkerReading<'a> {
    /// The worker's version.
    pub version: &'a str,
    /// The names of its connectors.
    pub connectors: &'a [&'a str],
    /// Starts of connectors.
    pub connector_startup: StartupCounts,
    /// Starts of tasks.
    pub task_startup: StartupCounts,
}

/// Renders readings; keeps what the time-windowed values need between two
/// calls. Have one per worker: it takes the longest hand-over out of each
/// task's counters when it reads it.
#[derive(Debug, Default)]
pub struct Exposition {
    batch_times: BatchTimes,
}

impl Exposition {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The readings as text; `now` is when they were taken.
    pub fn render(
        &mut self,
        now: Instant,
        worker: &WorkerReading<'_>,
        tasks: &[TaskReading<'_>],
    ) -> String {
        self.batch_times.sample(now, tasks);
        let mut out = String::with_capacity(4096 + tasks.len() * 4096);
        worker_families(&mut out, worker, tasks);
        connector_families(&mut out, worker, tasks);
        task_families(&mut out, tasks);
        session_family(&mut out, tasks);
        self.batch_time_families(&mut out, tasks);
        dropped_family(&mut out, tasks);
        last_message_family(&mut out, tasks);
        latency_family(&mut out, tasks);
        out
    }

    fn batch_time_families(&self, out: &mut String, tasks: &[TaskReading<'_>]) {
        let families = [
            (
                "kafka_connect_source_task_metrics_poll_batch_avg_time_ms",
                "Average time of handing a batch to the producer over the last 30 to 60 seconds.",
            ),
            (
                "kafka_connect_source_task_metrics_poll_batch_max_time_ms",
                "Longest time of handing a batch to the producer over the last 30 to 60 seconds.",
            ),
        ];
        for (index, (name, help)) in families.into_iter().enumerate() {
            let mut family = Family::new(out, name, Kind::Gauge, help);
            for task in tasks {
                let (average_ms, max_ms) = self.batch_times.get(task.connector, task.task);
                family.number(&labels(task), [average_ms, max_ms][index]);
            }
        }
    }
}

type Labels = [(&'static str, String); 2];

fn labels(task: &TaskReading<'_>) -> Labels {
    [
        ("connector", task.connector.to_owned()),
        ("task", task.task.to_string()),
    ]
}

fn worker_families(out: &mut String, worker: &WorkerReading<'_>, tasks: &[TaskReading<'_>]) {
    Family::new(
        out,
        "kafka_connect_websocket_build_info",
        Kind::Gauge,
        "Always 1; the worker's version is a label.",
    )
    .count(&[("version", worker.version.to_owned())], 1);
    let of = |what: &str| format!("kafka_connect_connect_worker_metrics_{what}");
    let counts = [
        ("connector", "Connectors", worker.connectors.len()),
        ("task", "Tasks", tasks.len()),
    ];
    for (what, title, count) in counts {
        let help = format!("{title} in this worker.");
        let name = of(&format!("{what}_count"));
        Family::new(out, &name, Kind::Gauge, &help).count(&[], count as u64);
    }
    let startups = [
        ("connector", worker.connector_startup),
        ("task", worker.task_startup),
    ];
    for (what, counts) in startups {
        let succeeded = counts.attempts.saturating_sub(counts.failures);
        let values = [
            ("attempts", "were tried", counts.attempts),
            ("success", "succeeded", succeeded),
            ("failure", "failed", counts.failures),
        ];
        for (which, did, value) in values {
            let help = format!("Starts of a {what} that {did}.");
            let name = of(&format!("{what}_startup_{which}_total"));
            Family::new(out, &name, Kind::Counter, &help).count(&[], value);
        }
    }
}

fn connector_families(out: &mut String, worker: &WorkerReading<'_>, tasks: &[TaskReading<'_>]) {
    let states = [
        ("total", ""),
        ("running", "RUNNING"),
        ("paused", "PAUSED"),
        ("failed", "FAILED"),
        ("unassigned", "UNASSIGNED"),
        ("restarting", "RESTARTING"),
    ];
    for (name, state) in states {
        let name = format!("kafka_connect_connect_worker_metrics_connector_{name}_task_count");
        let help = if state.is_empty() {
            "Tasks of the connector.".to_owned()
        } else {
            format!("Tasks of the connector in state {state}.")
        };
        let mut family = Family::new(out, &name, Kind::Gauge, &help);
        for connector in worker.connectors {
            let matching = tasks
                .iter()
                .filter(|task| task.connector == *connector)
                .filter(|task| state.is_empty() || task.state == state);
            let label = [("connector", (*connector).to_owned())];
            family.count(&label, matching.count() as u64);
        }
    }
}

/// A family with one plain count per task: name, kind, help, reading.
type TaskFamily = (
    &'static str,
    Kind,
    &'static str,
    fn(&TaskReading<'_>) -> u64,
);

const TASK_FAMILIES: [TaskFamily; 16] = [
    (
        "source_task_metrics_source_record_poll_total",
        Kind::Counter,
        "Records handed to the producer since the task started.",
        |task| task.progress.taken,
    ),
    (
        "source_task_metrics_source_record_write_total",
        Kind::Counter,
        "Records acknowledged by Kafka since the task started.",
        |task| task.progress.acknowledged,
    ),
    (
        "source_task_metrics_source_record_active_count",
        Kind::Gauge,
        "Records handed to the producer and not yet acknowledged.",
        |task| {
            task.progress
                .taken
                .saturating_sub(task.progress.acknowledged)
        },
    ),
    // Gauges: a counter's name would end in `_total`, and Connect's do not.
    (
        "task_error_metrics_total_record_failures",
        Kind::Gauge,
        "Messages that could not be transformed or converted.",
        |task| task.errors.failures.load(Relaxed),
    ),
    (
        "task_error_metrics_total_record_errors",
        Kind::Gauge,
        "The same: nothing that fails in a mapping is tried again.",
        |task| task.errors.failures.load(Relaxed),
    ),
    (
        "task_error_metrics_total_records_skipped",
        Kind::Gauge,
        "Such messages that were left out (errors.tolerance=all).",
        |task| task.errors.skipped.load(Relaxed),
    ),
    (
        "task_error_metrics_total_errors_logged",
        Kind::Gauge,
        "Such messages that were logged (errors.log.enable).",
        |task| task.errors.logged.load(Relaxed),
    ),
    (
        "task_error_metrics_deadletterqueue_produce_requests",
        Kind::Gauge,
        "Such messages that were sent to the dead-letter topic.",
        |task| task.errors.dead_letters.load(Relaxed),
    ),
    (
        "task_error_metrics_last_error_timestamp",
        Kind::Gauge,
        "When the last such message came, milliseconds since the epoch; 0 before the first.",
        |task| u64::try_from(task.errors.last_at_ms.load(Relaxed)).unwrap_or_default(),
    ),
    (
        "websocket_queue_messages",
        Kind::Gauge,
        "Messages waiting in the task's buffer.",
        |task| task.metrics.queue_messages.load(Relaxed),
    ),
    (
        "websocket_queue_capacity_messages",
        Kind::Gauge,
        "Messages the buffer takes: websocket.message.queue.size.",
        |task| task.metrics.queue_capacity_messages.load(Relaxed),
    ),
    (
        "websocket_queue_bytes",
        Kind::Gauge,
        "Payload bytes waiting in the task's buffer.",
        |task| task.metrics.queue_bytes.load(Relaxed),
    ),
    (
        "websocket_received_total",
        Kind::Counter,
        "Data messages read from the WebSocket.",
        |task| task.metrics.received.load(Relaxed),
    ),
    (
        "websocket_received_bytes_total",
        Kind::Counter,
        "Payload bytes of the data messages read.",
        |task| task.metrics.received_bytes.load(Relaxed),
    ),
    (
        "websocket_reconnects_total",
        Kind::Counter,
        "Reconnection attempts after the first connect.",
        |task| task.metrics.reconnects.load(Relaxed),
    ),
    (
        "websocket_connected",
        Kind::Gauge,
        "1 while the WebSocket session is live, else 0.",
        |task| u64::from(task.metrics.connected.load(Relaxed)),
    ),
];

fn task_families(out: &mut String, tasks: &[TaskReading<'_>]) {
    for (name, kind, help, value) in TASK_FAMILIES {
        let mut family = Family::new(out, &format!("kafka_connect_{name}"), kind, help);
        for task in tasks {
            family.count(&labels(task), value(task));
        }
    }
}

/// One sample for each state, so that a query for a state finds its tasks and
/// a graph of them all is one of stacked ones.
fn session_family(out: &mut String, tasks: &[TaskReading<'_>]) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_session_state",
        Kind::Gauge,
        "1 for the state that GET /connectors/{connector}/session shows, 0 for the others.",
    );
    for task in tasks {
        for phase in Phase::ALL {
            let [connector, number] = labels(task);
            let all = [connector, number, ("state", phase.name().to_owned())];
            family.count(&all, u64::from(phase == task.session));
        }
    }
}

fn last_message_family(out: &mut String, tasks: &[TaskReading<'_>]) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_last_message_timestamp_seconds",
        Kind::Gauge,
        "When the last data message came, seconds since the epoch; 0 before the first.",
    );
    for task in tasks {
        let at_ms = task.metrics.last_message_at_ms.load(Relaxed);
        family.number(&labels(task), at_ms as f64 / 1e3);
    }
}

fn dropped_family(out: &mut String, tasks: &[TaskReading<'_>]) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_dropped_total",
        Kind::Counter,
        "Messages received and not passed on, by reason.",
    );
    for task in tasks {
        for reason in DropReason::ALL {
            let [connector, number] = labels(task);
            let all = [connector, number, ("reason", reason.label().to_owned())];
            family.count(&all, task.metrics.dropped(reason));
        }
    }
}

fn latency_family(out: &mut String, tasks: &[TaskReading<'_>]) {
    let mut family = Family::new(
        out,
        "kafka_connect_websocket_receive_to_ack_seconds",
        Kind::Histogram,
        "Time from the socket read to Kafka's acknowledgement.",
    );
    for task in tasks {
        let seen = task.metrics.receive_to_ack.snapshot();
        let bounds = LATENCY_BOUNDS_US.iter().map(|us| *us as f64 / 1e6);
        let buckets: Vec<_> = bounds.zip(seen.cumulative).collect();
        family.histogram(
            &labels(task),
            &buckets,
            seen.count,
            seen.sum_us as f64 / 1e6,
        );
    }
}

#[cfg(test)]
mod tests;
