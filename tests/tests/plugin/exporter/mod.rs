//! Prometheus by the JMX exporter: with the reference's rules its queries go
//! on working, with ours the labels are right as well, and the connector's own
//! series are the native worker's.

mod live;

use std::collections::BTreeSet;

use end_to_end::connect::{Api, RealWorker};
use end_to_end::kafka::Version;
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;
use end_to_end::{tools, wait};

use crate::shared::standalone;

const NAME: &str = "exporter";

/// It is in quotes in the names of beans.
const QUOTED: &str = "exporter:2";

against_each_kafka!(rules_of_the_jmx_exporter_give_the_series_they_promise);

fn rules_of_the_jmx_exporter_give_the_series_they_promise(version: Version) {
    let worker = standalone(version);
    let server = Script::new(Library::Npm).count(100).start();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, 100);
    worker.create(&Connector::new(QUOTED, &server, NAME));

    let exported = Exported(worker.exported());
    has_the_reference_s(&exported);
    has_exactly_the_reference_s(&exported, worker);
    worker.set_exporter_rules(&tools::repository().join("monitor/jmx-exporter.yml"));
    let text = wait::until("the exporter has the other rules", || {
        let text = worker.exported();
        (!text.contains(", task=0")).then_some(text)
    });
    has_ours(&Exported(text));
    worker.delete(NAME);
    worker.delete(QUOTED);
    live::has_the_native_worker_s(worker, version);
    live::prometheus_has_data_for_every_panel_and_fires_alerts(worker);
}

/// What the exporter shows.
struct Exported(String);

impl Exported {
    /// A sample's value, by what is before it on its line.
    fn value(&self, series: &str) -> f64 {
        let value = |line: &str| line.strip_prefix(series)?.trim().parse().ok();
        let found = self.0.lines().find_map(value);
        found.unwrap_or_else(|| panic!("no {series} in:\n{}", self.0))
    }

    /// The names and the labels of the series `kafka_connect_…` that have a
    /// connector's name in them.
    fn series_of(&self, connector: &str) -> Vec<(String, String)> {
        let series = self.0.lines().filter_map(|line| {
            let (name, rest) = line.split_once('{')?;
            let (labels, _) = rest.rsplit_once('}')?;
            let named = labels.split(['"', ',', '\\']).any(|part| part == connector);
            (name.starts_with("kafka_connect_") && named)
                .then(|| (name.to_owned(), labels.to_owned()))
        });
        series.collect()
    }

    fn assert(&self, series: &str, value: u32) {
        let found = self.value(series);
        let right = (found - f64::from(value)).abs() < 0.001;
        assert!(right, "{series} {found} and not {value}:\n{}", self.0);
    }
}

/// Their first rule takes the task for a part of the connector's name.
fn has_the_reference_s(exported: &Exported) {
    let series = |attribute: &str| {
        let metrics = "kafka_connect_source_task_metrics";
        format!("{metrics}_{attribute}{{connector=\"{NAME}, task=0\",}}")
    };
    exported.assert(&series("source_record_poll_total"), 100);
    exported.assert(&series("source_record_write_total"), 100);
    exported.value(&series("poll_batch_avg_time_ms"));
}

/// Every number of every bean that the reference's rules take in is a series,
/// and nothing else is; the rule for tasks takes nothing, for the one before
/// it has taken all.
fn has_exactly_the_reference_s(exported: &Exported, worker: &RealWorker) {
    for (name, label) in [
        (NAME, format!("{NAME}, task=0")),
        // As in the name of a bean, and then as in a label.
        (QUOTED, format!("\\\"{QUOTED}\\\", task=0")),
    ] {
        let series = exported.series_of(name);
        let labels: BTreeSet<&str> = series.iter().map(|(_, labels)| labels.as_str()).collect();
        assert_eq!(labels, [format!("connector=\"{label}\",").as_str()].into());
        let names: BTreeSet<String> = series.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, numbers_of_beans(worker, name));
    }
}

/// The series that these rules make of the beans of a connector, as a JMX
/// client sees them: of attributes that are numbers or truth values.
fn numbers_of_beans(worker: &RealWorker, connector: &str) -> BTreeSet<String> {
    let quoted = if connector == QUOTED { "\"" } else { "" };
    let connector = format!("{quoted}{connector}{quoted}");
    let mut names = BTreeSet::new();
    for (kind, task) in [
        ("connector-metrics", ""),
        ("source-task-metrics", ",task=*"),
    ] {
        let pattern = format!("kafka.connect:type={kind},connector={connector}{task}");
        let beans = worker.mbeans(&pattern);
        assert_eq!(beans.len(), 1, "{pattern}");
        let attributes = beans.values().flatten();
        let numbers = attributes.filter(|(_, (class, _))| class != "String");
        names.extend(numbers.map(|(attribute, _)| {
            format!("kafka_connect_{kind}_{attribute}")
                .replace('-', "_")
                .to_lowercase()
        }));
    }
    names
}

fn has_ours(exported: &Exported) {
    let of_task = |name: &str| format!("kafka_connect_{name}{{connector=\"{NAME}\",task=\"0\",}}");
    for (name, value) in [
        ("source_task_metrics_source_record_poll_total", 100),
        ("source_task_metrics_source_record_write_total", 100),
        ("task_error_metrics_total_record_failures", 0),
        ("websocket_received_total", 100),
        ("websocket_produced_total", 100),
        ("websocket_reconnects_total", 0),
        ("websocket_queue_messages", 0),
        ("websocket_queue_capacity_messages", 10_000),
        ("websocket_spool_messages", 0),
        ("websocket_refused_status", 0),
        ("websocket_queue_utilization_percent", 0),
        ("websocket_drop_rate", 0),
        ("websocket_lag_count", 0),
        ("websocket_connected", 1),
    ] {
        exported.assert(&of_task(name), value);
    }
    for (name, label, value) in [
        ("dropped_total", "reason=\"overflow\"", 0),
        ("session_state", "state=\"live\"", 1),
        ("session_state", "state=\"refused\"", 0),
        ("ledger_messages", "place=\"received\"", 100),
        ("ledger_messages", "place=\"dropped_oversize\"", 0),
        ("receive_to_ack_seconds_bucket", "le=\"+Inf\"", 100),
    ] {
        let labels = format!("{label},connector=\"{NAME}\",task=\"0\",");
        exported.assert(
            &format!("kafka_connect_websocket_{name}{{{labels}}}"),
            value,
        );
    }
    exported.value(&of_task("websocket_millis_since_last_message"));
    exported.value(&of_task("websocket_uptime_millis"));
    for name in [NAME, QUOTED] {
        for (series, labels) in [
            ("websocket_connected", ",task=\"0\""),
            ("connector_metrics_status", ",status=\"running\""),
            (
                "connector_task_metrics_status",
                ",status=\"running\",task=\"0\"",
            ),
        ] {
            let labels = format!("connector=\"{name}\"{labels},");
            exported.assert(&format!("kafka_connect_{series}{{{labels}}}"), 1);
        }
    }
    let client = format!("{{client_id=\"connector-producer-{NAME}-0\",}}");
    exported.assert(
        &format!("kafka_producer_producer_metrics_record_send_total{client}"),
        100,
    );
    let connectors = exported.value("kafka_connect_connect_worker_metrics_connector_count ");
    assert!(connectors >= 2.0, "{connectors}");
}
