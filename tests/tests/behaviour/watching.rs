//! What monitors see: metrics under the names that dashboards use, and log
//! lines that the reference's published rules take apart.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker};
use regex::Regex;

use crate::shown_logs::logs;

/// Names that the reference's JMX exporter rules give, and ours.
const METRICS: [&str; 14] = [
    "kafka_connect_source_task_metrics_source_record_poll_total",
    "kafka_connect_source_task_metrics_source_record_write_total",
    "kafka_connect_source_task_metrics_source_record_active_count",
    "kafka_connect_source_task_metrics_poll_batch_avg_time_ms",
    "kafka_connect_source_task_metrics_poll_batch_max_time_ms",
    "kafka_connect_connect_worker_metrics_connector_running_task_count",
    "kafka_connect_connect_worker_metrics_connector_failed_task_count",
    "kafka_connect_websocket_queue_messages",
    "kafka_connect_websocket_queue_capacity_messages",
    "kafka_connect_websocket_received_total",
    "kafka_connect_websocket_dropped_total",
    "kafka_connect_websocket_reconnects_total",
    "kafka_connect_websocket_connected",
    "kafka_connect_websocket_receive_to_ack_seconds_count",
];

#[test]
fn metrics_have_the_names_that_dashboards_use() {
    let server = Script::new(Library::Python).count(1_000).start();
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "metrics"))
        .start();
    worker.wait_for_acknowledged("numbers", 1_000);

    for name in METRICS {
        assert!(
            worker.metric(name, "numbers").is_some(),
            "{name} is missing"
        );
    }
    for (name, value) in [
        ("kafka_connect_websocket_received_total", 1_000.0),
        (
            "kafka_connect_source_task_metrics_source_record_poll_total",
            1_000.0,
        ),
        (
            "kafka_connect_websocket_receive_to_ack_seconds_count",
            1_000.0,
        ),
        ("kafka_connect_websocket_connected", 1.0),
        (
            "kafka_connect_connect_worker_metrics_connector_running_task_count",
            1.0,
        ),
    ] {
        // Each is counted on the thread that knows of it.
        until_true(&format!("{name} is {value}"), || {
            worker.metric(name, "numbers") == Some(value)
        });
    }
    let text = worker.request("GET", "/metrics", None);
    assert!(
        text.head.contains("text/plain; version=0.0.4"),
        "{}",
        text.head
    );
    assert!(
        text.body
            .contains("kafka_connect_connect_worker_metrics_task_count 1"),
        "{}",
        text.body
    );
}

// The definitions of Logstash's own patterns, as far as the rules use them.
const TIMESTAMP_ISO8601: &str = r"\d{4}-(?:0?[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]|[1-9])[T ](?:2[0123]|[01]?\d):?[0-5]\d(?::?(?:[0-5]?\d|60)(?:[:.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?";
const LOGLEVEL: &str = "TRACE|DEBUG|INFO|WARN|ERROR|FATAL";
const NUMBER: &str = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)";

/// The reference's grok rules for Logstash, with the patterns put in.
fn grok(rule: &str) -> Regex {
    let rule = rule
        .replace(
            "%{TIMESTAMP_ISO8601:timestamp}",
            &format!("(?P<timestamp>{TIMESTAMP_ISO8601})"),
        )
        .replace("%{LOGLEVEL:level}", &format!("(?P<level>{LOGLEVEL})"))
        .replace("%{DATA:task}", "(?P<task>.*?)")
        .replace("%{GREEDYDATA:message_text}", "(?P<message_text>.*)");
    let number = Regex::new(r"%\{NUMBER:(\w+):\w+\}").expect("a valid rule");
    let rule = number.replace_all(&rule, |name: &regex::Captures<'_>| {
        format!("(?P<{}>{NUMBER})", &name[1])
    });
    Regex::new(&rule).expect("a valid rule")
}

#[test]
fn log_lines_follow_the_published_grok_and_promtail_rules() {
    let log = &logs().text;
    let line = log
        .lines()
        .find(|line| line.contains(" messages in last 30 seconds (connector=dropping, "));
    let line = line.expect("what was dropped");
    assert!(
        line.contains("] WARN [WebSocketSourceTask] Dropped "),
        "{line}"
    );

    let line = grok(
        r"\[%{TIMESTAMP_ISO8601:timestamp}\] %{LOGLEVEL:level} \[%{DATA:task}\] %{GREEDYDATA:message_text}",
    );
    let promtail =
        Regex::new(r"\[(?P<timestamp>.*?)\] (?P<level>\w+) \[(?P<task>.*?)\] (?P<message>.*)")
            .expect("a valid rule");
    // Promtail's format 2006-01-02 15:04:05,000.
    let time = Regex::new(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}$").expect("a valid rule");
    let utilisation = grok(
        r"Queue utilization: %{NUMBER:queue_current:int}/%{NUMBER:queue_max:int} \(%{NUMBER:queue_percent:float}%\)",
    );
    let attempt = grok(r"Reconnection attempt %{NUMBER:reconnect_attempt:int}");
    let (mut utilisations, mut attempts) = (0, 0);
    for text in log.lines() {
        let by_grok = line
            .captures(text)
            .unwrap_or_else(|| panic!("no grok match: {text}"));
        let by_promtail = promtail
            .captures(text)
            .unwrap_or_else(|| panic!("no match: {text}"));
        assert!(time.is_match(&by_promtail["timestamp"]), "{text}");
        assert_eq!(by_grok["task"], by_promtail["task"], "{text}");
        let message = &by_grok["message_text"];
        if message.contains("Queue utilization") {
            let found = utilisation
                .captures(message)
                .unwrap_or_else(|| panic!("{text}"));
            let drops = text.contains("(connector=dropping, ");
            let capacity = if drops { "100" } else { "10000" };
            assert_eq!(&found["queue_max"], capacity, "{text}");
            utilisations += 1;
        }
        if message.contains("Reconnection attempt") {
            let found = attempt
                .captures(message)
                .unwrap_or_else(|| panic!("{text}"));
            assert_eq!(&found["reconnect_attempt"], "1");
            assert_eq!(&by_grok["task"], "WebSocketSourceTask");
            attempts += 1;
        }
    }
    assert!(
        utilisations > 0 && attempts > 0,
        "{utilisations} {attempts}"
    );
}
