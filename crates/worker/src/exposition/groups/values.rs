//! The values of each group's attributes, out of counters and windows.
//!
//! Invariant: they stand in the order of the group's attributes, which a test
//! of names and types holds together.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{SystemTime, UNIX_EPOCH};

use websocket_source::settings::bean_url;

use super::{
    APP_INFO, APP_INFO_BY_ID, CONNECTION, CONNECTOR, KAFKA_MBEAN, METRICS_COUNT, SOURCE_TASK, TASK,
    TASK_ERRORS, WORKER, WORKER_CONNECTOR,
};
use crate::exposition::AppInfo;
use crate::exposition::bean::{Bean, Value, quoted};
use crate::exposition::reading::{ConnectorReading, TaskReading, WorkerReading};
use crate::exposition::sampler::{Lately, TaskLately, WorkerLately};
use crate::validation::{CONNECTOR_CLASS, CONNECTOR_VERSION};

/// The states of [`WORKER_CONNECTOR`], in its order.
const TASK_STATES: [&str; 6] = [
    "RUNNING",
    "PAUSED",
    "FAILED",
    "UNASSIGNED",
    "DESTROYED",
    "RESTARTING",
];

/// All beans of a worker, group by group.
pub(in crate::exposition) fn beans(
    app: &AppInfo,
    lately: &Lately,
    worker: &WorkerReading,
) -> Vec<Bean> {
    let mut beans = vec![
        Bean::new(&APP_INFO, Vec::new(), app_info(app)),
        Bean::new(
            &APP_INFO_BY_ID,
            vec![("id", app.worker_id.clone())],
            app_info(app),
        ),
        Bean::new(&WORKER, Vec::new(), of_worker(worker, lately.worker)),
    ];
    let named = |connector: &ConnectorReading| vec![("connector", connector.name.clone())];
    for connector in &worker.connectors {
        let values = task_counts(connector);
        beans.push(Bean::new(&WORKER_CONNECTOR, named(connector), values));
        let values = of_connector(connector);
        beans.push(Bean::new(&CONNECTOR, named(connector), values));
    }
    for ((connector, task), lately) in worker.tasks().zip(&lately.tasks) {
        let labels = || {
            vec![
                ("connector", connector.to_owned()),
                ("task", task.task.to_string()),
            ]
        };
        beans.push(Bean::new(&TASK, labels(), of_task(task, lately)));
        let values = of_source_task(task, lately);
        beans.push(Bean::new(&SOURCE_TASK, labels(), values));
        beans.push(Bean::new(&TASK_ERRORS, labels(), errors(task)));
        beans.push(connection(connector, task));
    }
    let counted = beans.iter().filter(|bean| bean.group.class == KAFKA_MBEAN);
    let count: usize = counted.map(|bean| bean.values.len()).sum();
    // Itself included.
    let count = vec![Value::count(count as u64 + 1)];
    beans.push(Bean::new(&METRICS_COUNT, Vec::new(), count));
    beans
}

fn app_info(app: &AppInfo) -> Vec<Value> {
    vec![
        Value::Text(app.version.to_owned()),
        Value::Text(app.commit.to_owned()),
        Value::Long(app.started_at_ms),
    ]
}

fn of_worker(worker: &WorkerReading, lately: WorkerLately) -> Vec<Value> {
    let mut values = vec![
        Value::count(worker.connectors.len() as u64),
        Value::count(worker.tasks().count() as u64),
    ];
    let startups = [
        (worker.connector_startup, lately.connector_startup),
        (worker.task_startup, lately.task_startup),
    ];
    for (counts, (succeeded, failed)) in startups {
        values.extend([
            Value::count(counts.attempts),
            Value::count(counts.successes()),
            Value::count(counts.failures),
            Value::Double(succeeded),
            Value::Double(failed),
        ]);
    }
    values
}

fn task_counts(connector: &ConnectorReading) -> Vec<Value> {
    let state = connector.task.as_ref().map(|task| task.state);
    let total = u64::from(state.is_some());
    let in_state = |wanted| u64::from(state == Some(wanted));
    let counts = [total].into_iter().chain(TASK_STATES.map(in_state));
    counts.map(Value::long).collect()
}

fn of_connector(connector: &ConnectorReading) -> Vec<Value> {
    vec![
        Value::Text(CONNECTOR_CLASS.to_owned()),
        Value::Text("source".to_owned()),
        Value::Text(CONNECTOR_VERSION.to_owned()),
        Value::Text(connector.state.to_ascii_lowercase()),
    ]
}

fn of_task(task: &TaskReading, lately: &TaskLately) -> Vec<Value> {
    let numbers = [
        lately.running_ratio,
        lately.pause_ratio,
        lately.commit_time_avg,
        lately.commit_time_max,
        lately.commit_successes,
        lately.commit_failures,
        lately.batch_size_avg,
        lately.batch_size_max,
    ];
    let status = Value::Text(task.state.to_ascii_lowercase());
    [status]
        .into_iter()
        .chain(numbers.map(Value::Double))
        .collect()
}

fn of_source_task(task: &TaskReading, lately: &TaskLately) -> Vec<Value> {
    let progress = task.progress;
    let active = progress.taken.saturating_sub(progress.acknowledged);
    vec![
        Value::Double(lately.poll_rate),
        Value::count(progress.taken),
        Value::Double(lately.write_rate),
        Value::count(progress.written()),
        Value::Double(lately.poll_time_avg),
        Value::Double(lately.poll_time_max),
        Value::count(active),
        Value::Double(lately.active_avg),
        Value::Double(lately.active_max),
    ]
}

fn errors(task: &TaskReading) -> Vec<Value> {
    let errors = &task.errors;
    let failures = errors.failures.load(Relaxed);
    vec![
        Value::count(failures),
        Value::count(failures),
        Value::count(errors.skipped.load(Relaxed)),
        Value::count(0),
        Value::count(errors.logged.load(Relaxed)),
        Value::count(errors.dead_letters.load(Relaxed)),
        Value::count(0),
        Value::Long(errors.last_at_ms.load(Relaxed)),
    ]
}

fn connection(connector: &str, task: &TaskReading) -> Bean {
    let metrics = &task.metrics;
    let received = metrics.received.load(Relaxed);
    let dropped = metrics.dropped_total();
    let produced = metrics.produced.load(Relaxed);
    let queue = metrics.queue_messages.load(Relaxed);
    let capacity = metrics.queue_capacity_messages.load(Relaxed);
    let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
    let integer = |count: u64| Value::Integer(i32::try_from(count).unwrap_or(i32::MAX));
    let values = vec![
        Value::Text(connector.to_owned()),
        Value::long(received),
        Value::long(dropped),
        Value::long(produced),
        Value::long(received.saturating_sub(dropped).saturating_sub(produced)),
        integer(queue),
        integer(capacity),
        Value::Double(percent(queue, capacity)),
        Value::Double(percent(dropped, received)),
        Value::Boolean(metrics.is_connected()),
        Value::Long(since(metrics.last_message_at_ms.load(Relaxed))),
        Value::Long(since(metrics.connected_at_ms.load(Relaxed)).max(0)),
        Value::long(metrics.reconnects.load(Relaxed)),
    ];
    let mut bean = Bean::new(&CONNECTION, Vec::new(), values);
    let properties = [("name", connector.to_owned()), ("url", bean_url(&task.url))];
    bean.name.properties.extend(
        properties
            .iter()
            .map(|(key, value)| ((*key).to_owned(), quoted(value))),
    );
    bean
}

/// Milliseconds since a time that is given in those since the epoch.
fn since(at_ms: i64) -> i64 {
    if at_ms == 0 {
        return -1;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
    now_ms.saturating_sub(at_ms).max(0)
}
