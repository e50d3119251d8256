//! Prometheus by the JMX exporter: with the reference's rules its queries go
//! on working, with ours the labels are right as well.

use end_to_end::connect::Api;
use end_to_end::kafka::Version;
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;
use end_to_end::{tools, wait};

use crate::shared::standalone;

const NAME: &str = "exporter";

against_each_kafka!(rules_of_the_jmx_exporter_give_the_series_they_promise);

/// A sample's value, by its name and its labels in order.
fn sample(text: &str, series: &str) -> Option<f64> {
    let value = |line: &str| line.strip_prefix(series)?.trim().parse().ok();
    text.lines().find_map(value)
}

fn rules_of_the_jmx_exporter_give_the_series_they_promise(version: Version) {
    let worker = standalone(version);
    let server = Script::new(Library::Npm).count(100).start();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, 100);

    let text = worker.exported();
    // The first rule takes the task for a part of the connector's name.
    let labels = format!("{{connector=\"{NAME}, task=0\",}}");
    for count in ["source_record_poll_total", "source_record_write_total"] {
        let series = format!("kafka_connect_source_task_metrics_{count}{labels}");
        assert_eq!(sample(&text, &series), Some(100.0), "{series}: {text}");
    }
    let series = format!("kafka_connect_source_task_metrics_poll_batch_avg_time_ms{labels}");
    assert!(sample(&text, &series).is_some(), "{series}: {text}");

    worker.set_exporter_rules(&tools::repository().join("monitor/jmx-exporter.yml"));
    let text = wait::until("the exporter has the other rules", || {
        let text = worker.exported();
        (!text.contains(", task=0")).then_some(text)
    });
    for (series, value) in [
        ("source_task_metrics_source_record_poll_total", 100.0),
        ("source_task_metrics_source_record_write_total", 100.0),
        ("task_error_metrics_total_record_failures", 0.0),
        ("websocket_received_total", 100.0),
        ("websocket_produced_total", 100.0),
        ("websocket_dropped_total", 0.0),
        ("websocket_reconnects_total", 0.0),
        ("websocket_queue_messages", 0.0),
        ("websocket_queue_capacity_messages", 10_000.0),
        ("websocket_queue_utilization_percent", 0.0),
        ("websocket_drop_rate", 0.0),
        ("websocket_lag_count", 0.0),
        ("websocket_connected", 1.0),
    ] {
        let series = format!("kafka_connect_{series}{{connector=\"{NAME}\",task=\"0\",}}");
        assert_eq!(sample(&text, &series), Some(value), "{series}: {text}");
    }
    for series in [
        "websocket_millis_since_last_message",
        "websocket_uptime_millis",
    ] {
        let series = format!("kafka_connect_{series}{{connector=\"{NAME}\",task=\"0\",}}");
        assert!(sample(&text, &series).is_some(), "{series}: {text}");
    }
    for series in [
        format!("connector_metrics_status{{connector=\"{NAME}\",status=\"running\",}}"),
        format!(
            "connector_task_metrics_status{{connector=\"{NAME}\",status=\"running\",task=\"0\",}}"
        ),
    ] {
        let series = format!("kafka_connect_{series}");
        assert_eq!(sample(&text, &series), Some(1.0), "{series}: {text}");
    }
    let connectors = sample(
        &text,
        "kafka_connect_connect_worker_metrics_connector_count ",
    );
    assert!(connectors >= Some(1.0), "{text}");
    worker.delete(NAME);
}
