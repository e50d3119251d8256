use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use websocket_source::ledger::Ledger;
use websocket_source::metrics::{DropReason, LATENCY_BOUNDS_US, TaskMetrics};
use websocket_source::sink::{LeftOutCounts, Progress};
use websocket_source::task::Phase;

use super::*;
use crate::mapping::ErrorCounts;

pub(super) type Sample = (String, BTreeMap<String, String>, f64);

/// A strict reader of text format 0.0.4: every line must be known, every
/// family declared once and before its samples, every sample unique.
pub(super) fn parse(text: &str) -> (BTreeMap<String, String>, Vec<Sample>) {
    assert!(text.ends_with('\n'));
    let (mut kinds, mut helped, mut samples) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()) && !help.is_empty(), "{line}");
            name.clone_into(&mut family);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, family);
            assert!(["counter", "gauge", "histogram"].contains(&kind));
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none());
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        } else {
            let sample = sample(line);
            let base = match kinds[&family].as_str() {
                "histogram" => ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|suffix| sample.0.strip_suffix(suffix))
                    .unwrap(),
                _ => &sample.0,
            };
            assert_eq!(base, family, "{line}");
            samples.push(sample);
        }
    }
    let unique: BTreeSet<_> = samples
        .iter()
        .map(|(name, labels, _)| (name, labels))
        .collect();
    assert_eq!(unique.len(), samples.len());
    (kinds, samples)
}

fn is_name(name: &str) -> bool {
    let first = name.chars().next().unwrap();
    (first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn sample(line: &str) -> Sample {
    let at = line.find(['{', ' ']).unwrap();
    let (name, mut rest) = line.split_at(at);
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            assert!(is_name(label), "{line}");
            let (value, after) = quoted(after);
            assert!(labels.insert(label.to_owned(), value).is_none());
            if let Some(end) = after.strip_prefix('}') {
                rest = end;
                break;
            }
            rest = after.strip_prefix(',').unwrap();
        }
    }
    let number = rest.strip_prefix(' ').unwrap();
    (name.to_owned(), labels, number.parse().unwrap())
}

fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next().unwrap().1 {
                'n' => '\n',
                c @ ('"' | '\\') => c,
                other => panic!("escape {other}"),
            }),
            c => value.push(c),
        }
    }
    panic!("no closing quote")
}

pub(super) const ODD: &str = "odd \"name\"\\ with\nall, of {it}=";

/// A task with 100 records taken, 90 of them acknowledged, and three messages
/// that have failed, one of them tolerated.
pub(super) fn task(state: &'static str, metrics: TaskMetrics) -> TaskReading {
    let errors = ErrorCounts::default();
    errors.failures.store(3, Relaxed);
    errors.skipped.store(1, Relaxed);
    let commits = CommitCounts::default();
    commits.record(Duration::from_millis(4), true);
    TaskReading {
        task: 0,
        start: 1,
        state,
        session: if state == "FAILED" {
            Phase::Failed
        } else {
            Phase::BackingOff
        },
        refused_status: None,
        url: "ws://127.0.0.1:8080/ws".to_owned(),
        metrics: Arc::new(metrics),
        progress: Progress {
            taken: 100,
            acknowledged: 90,
            left_out: LeftOutCounts::default(),
        },
        ledger: Ledger::default(),
        errors: Arc::new(errors),
        commits: Arc::new(commits),
    }
}

pub(super) fn connector(name: &str, task: Option<TaskReading>) -> ConnectorReading {
    let state = match &task {
        None => "STOPPED",
        Some(task) if task.state == "PAUSED" => "PAUSED",
        Some(_) => "RUNNING",
    };
    ConnectorReading {
        name: name.to_owned(),
        state,
        task,
    }
}

pub(super) fn exposition() -> Exposition {
    let app = AppInfo {
        version: "3.9.1",
        commit: "1.2.3",
        worker_id: "127.0.0.1:8083".to_owned(),
        started_at_ms: 1_700_000_000_000,
    };
    Exposition::new(app, WindowConfig::default())
}

#[test]
fn messages_that_could_not_be_mapped_are_counted_under_connect_s_names() {
    let text = rendered();
    for (name, count) in [("record_failures", 3), ("records_skipped", 1)] {
        let name = format!("kafka_connect_task_error_metrics_total_{name}{{");
        let line = text.lines().find(|line| line.starts_with(&name));
        let line = line.expect("a sample");
        assert!(line.ends_with(&format!(" {count}")), "{line}");
    }
}

pub(super) fn worker() -> WorkerReading {
    let metrics = TaskMetrics::default();
    metrics.received.store(120, Relaxed);
    metrics.connected_at_ms.store(1, Relaxed);
    metrics.last_message_at_ms.store(1_700_000_000_500, Relaxed);
    metrics.queue_messages.store(7, Relaxed);
    metrics.queue_bytes.store(7_000, Relaxed);
    metrics.received_bytes.store(120_000, Relaxed);
    metrics.reconnects.store(5, Relaxed);
    metrics.queue_capacity_messages.store(10_000, Relaxed);
    metrics.batches.store(4, Relaxed);
    metrics.produced.store(100, Relaxed);
    metrics.batch_records_max.store(60, Relaxed);
    metrics.batch_time_us.store(6_000, Relaxed);
    metrics.batch_time_max_us.store(3_000, Relaxed);
    metrics.add_dropped(DropReason::Overflow, 13);
    metrics
        .receive_to_ack
        .observe(Duration::from_micros(700), 80);
    metrics.receive_to_ack.observe(Duration::from_secs(120), 10);
    WorkerReading {
        connectors: vec![
            connector("feed", Some(task("RUNNING", metrics))),
            connector("none", None),
            connector(ODD, Some(task("FAILED", TaskMetrics::default()))),
        ],
        connector_startup: StartupCounts {
            attempts: 4,
            failures: 1,
        },
        task_startup: StartupCounts {
            attempts: 2,
            failures: 0,
        },
    }
}

pub(super) fn rendered() -> String {
    exposition().measured(Instant::now(), worker()).prometheus()
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |sample: &&Sample| {
        let wanted = labels
            .iter()
            .all(|(k, v)| sample.1.get(*k).is_some_and(|x| x == v));
        sample.0 == name && sample.1.len() == labels.len() && wanted
    };
    samples
        .iter()
        .find(has)
        .unwrap_or_else(|| panic!("no {name} {labels:?}"))
        .2
}

#[test]
#[allow(clippy::float_cmp)]
fn the_documented_queries_find_their_series() {
    let (kinds, samples) = parse(&rendered());
    let task = [("connector", "feed"), ("task", "0")];
    let expected = [
        ("source_task_metrics_source_record_poll_total", 100.0),
        ("source_task_metrics_source_record_write_total", 90.0),
        ("source_task_metrics_source_record_active_count", 10.0),
        ("source_task_metrics_poll_batch_avg_time_ms", 1.5),
        ("source_task_metrics_poll_batch_max_time_ms", 3.0),
        ("websocket_received_total", 120.0),
        ("websocket_connected", 1.0),
        ("websocket_queue_messages", 7.0),
        ("websocket_queue_capacity_messages", 10_000.0),
        ("websocket_queue_bytes", 7_000.0),
        ("websocket_received_bytes_total", 120_000.0),
        ("websocket_reconnects_total", 5.0),
        ("websocket_last_message_timestamp_seconds", 1_700_000_000.5),
    ];
    for (name, number) in expected {
        let name = format!("kafka_connect_{name}");
        assert_eq!(value(&samples, &name, &task), number, "{name}");
    }
    assert_eq!(
        kinds["kafka_connect_source_task_metrics_source_record_poll_total"],
        "counter"
    );
    for (reason, number) in [("overflow", 13.0), ("binary", 0.0), ("stop", 0.0)] {
        let dropped = [task[0], task[1], ("reason", reason)];
        let name = "kafka_connect_websocket_dropped_total";
        assert_eq!(value(&samples, name, &dropped), number, "{reason}");
    }
}

/// What dashboards and alerts are built on: the names that the reference's
/// JMX exporter rules give, and ours, with the labels that are not of a task.
const CONTRACT: [(&str, &[&str]); 19] = [
    ("source_task_metrics_source_record_poll_total", &[]),
    ("source_task_metrics_source_record_write_total", &[]),
    ("source_task_metrics_source_record_active_count", &[]),
    ("source_task_metrics_poll_batch_avg_time_ms", &[]),
    ("source_task_metrics_poll_batch_max_time_ms", &[]),
    ("websocket_queue_messages", &[]),
    ("websocket_queue_capacity_messages", &[]),
    ("websocket_queue_bytes", &[]),
    ("websocket_received_total", &[]),
    ("websocket_dropped_total", &["reason"]),
    ("websocket_reconnects_total", &[]),
    ("websocket_connected", &[]),
    ("websocket_refused_status", &[]),
    ("websocket_receive_to_ack_seconds_bucket", &["le"]),
    ("websocket_receive_to_ack_seconds_count", &[]),
    ("websocket_session_state", &["state"]),
    ("connector_task_metrics_status", &["status"]),
    ("connector_task_metrics_running_ratio", &[]),
    ("task_error_metrics_total_retries", &[]),
];

#[test]
fn every_metric_of_a_task_is_there_for_each_with_connector_and_task() {
    let (_, samples) = parse(&rendered());
    for (name, others) in CONTRACT {
        let name = format!("kafka_connect_{name}");
        let of_name = samples.iter().filter(|sample| sample.0 == name);
        let labels: Vec<_> = of_name.map(|sample| &sample.1).collect();
        let mut expected = vec!["connector", "task"];
        expected.extend_from_slice(others);
        expected.sort_unstable();
        for labels in &labels {
            let given: Vec<_> = labels.keys().collect();
            assert_eq!(given, expected, "{name}");
        }
        let tasks: BTreeSet<_> = labels
            .iter()
            .map(|labels| (labels["connector"].as_str(), labels["task"].as_str()))
            .collect();
        assert_eq!(tasks, [("feed", "0"), (ODD, "0")].into(), "{name}");
    }
}

#[test]
fn a_session_is_in_one_state_of_all_there_are() {
    let (kinds, samples) = parse(&rendered());
    let name = "kafka_connect_websocket_session_state";
    assert_eq!(kinds[name], "gauge");
    for (connector, present) in [("feed", "backing_off"), (ODD, "failed")] {
        let states: Vec<_> = samples
            .iter()
            .filter(|(n, labels, _)| n == name && labels["connector"] == connector)
            .map(|(_, labels, value)| (labels["state"].as_str(), value.to_string()))
            .collect();
        let expected = Phase::ALL.map(|phase| {
            let state = phase.name();
            (state, if state == present { "1" } else { "0" }.to_owned())
        });
        assert_eq!(states, expected, "{connector}");
    }
}

#[test]
#[allow(clippy::float_cmp)]
fn the_worker_and_its_connectors_are_counted() {
    let (_, samples) = parse(&rendered());
    let of = |name: &str, labels: &[(&str, &str)]| {
        value(
            &samples,
            &format!("kafka_connect_connect_worker_metrics_{name}"),
            labels,
        )
    };
    assert_eq!(of("connector_count", &[]), 3.0);
    assert_eq!(of("task_count", &[]), 2.0);
    assert_eq!(of("connector_startup_attempts_total", &[]), 4.0);
    assert_eq!(of("connector_startup_success_total", &[]), 3.0);
    assert_eq!(of("connector_startup_failure_total", &[]), 1.0);
    assert_eq!(of("task_startup_attempts_total", &[]), 2.0);
    assert_eq!(of("task_startup_failure_total", &[]), 0.0);
    assert_eq!(of("connector_startup_failure_percentage", &[]), 0.25);
    assert_eq!(of("task_startup_success_percentage", &[]), 1.0);
    assert_eq!(
        of("connector_failed_task_count", &[("connector", ODD)]),
        1.0
    );
    assert_eq!(
        of("connector_running_task_count", &[("connector", "feed")]),
        1.0
    );
    assert_eq!(
        of("connector_total_task_count", &[("connector", "none")]),
        0.0
    );
}

#[test]
#[allow(clippy::float_cmp)]
fn the_histogram_is_cumulative_and_in_seconds() {
    let (kinds, samples) = parse(&rendered());
    let name = "kafka_connect_websocket_receive_to_ack_seconds";
    assert_eq!(kinds[name], "histogram");
    let buckets: Vec<_> = samples
        .iter()
        .filter(|(n, labels, _)| *n == format!("{name}_bucket") && labels["connector"] == "feed")
        .map(|(_, labels, value)| (labels["le"].parse::<f64>().unwrap(), *value))
        .collect();
    assert_eq!(buckets.len(), LATENCY_BOUNDS_US.len() + 1);
    assert!(buckets.is_sorted());
    assert_eq!(buckets[1..3], [(0.0005, 0.0), (0.001, 80.0)]);
    assert_eq!(buckets.last().unwrap(), &(f64::INFINITY, 90.0));
    let task = [("connector", "feed"), ("task", "0")];
    assert_eq!(value(&samples, &format!("{name}_count"), &task), 90.0);
    assert!((value(&samples, &format!("{name}_sum"), &task) - 1200.056).abs() < 1e-6);
}

#[test]
#[allow(clippy::float_cmp)]
fn texts_are_labels_of_a_series_with_the_value_one() {
    let (_, samples) = parse(&rendered());
    let one = |name: &str, labels: &[(&str, &str)]| {
        assert_eq!(
            value(&samples, &format!("kafka_connect_{name}"), labels),
            1.0
        );
    };
    one("app_info", &[("version", "3.9.1"), ("commit_id", "1.2.3")]);
    one(
        "connector_metrics_info",
        &[
            ("connector", "feed"),
            (
                "connector_class",
                "io.conduktor.connect.websocket.WebSocketSourceConnector",
            ),
            ("connector_type", "source"),
            ("connector_version", "1.0.0"),
        ],
    );
    one(
        "connector_metrics_status",
        &[("connector", "none"), ("status", "stopped")],
    );
    let failed = [("connector", ODD), ("task", "0"), ("status", "failed")];
    one("connector_task_metrics_status", &failed);
    assert_eq!(
        value(&samples, "kafka_connect_app_info_start_time_ms", &[]),
        1.7e12
    );
}
