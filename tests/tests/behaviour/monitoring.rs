//! The files of `monitor/` do what they promise: Prometheus takes the rules,
//! scrapes a worker, and its alerts fire; every query of the dashboard has
//! data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use end_to_end::dashboard;
use end_to_end::kafka::{Kafka, Version, succeeded};
use end_to_end::prometheus::{Prometheus, promtool};
use end_to_end::server::{Library, Script};
use end_to_end::tools;
use end_to_end::wait;
use end_to_end::worker::{Connector, Worker};
use serde_json::json;

/// The expressions of the reference's alerts, without their bounds.
const REFERENCE: [&str; 6] = [
    r#"up{job="kafka-connect"}"#,
    "rate(kafka_connect_source_task_metrics_source_record_poll_total[5m])",
    "rate(kafka_connect_source_task_metrics_source_record_poll_total[10m])",
    "rate(kafka_connect_source_task_metrics_source_record_poll_total[5m]) -
     rate(kafka_connect_source_task_metrics_source_record_write_total[5m])",
    "rate(kafka_connect_source_task_metrics_source_record_write_total[5m])",
    "kafka_connect_source_task_metrics_poll_batch_avg_time_ms",
];

#[test]
fn promtool_takes_the_configurations_and_the_rules_and_every_alert_fires_when_it_should() {
    for arguments in [
        &["check", "config", "prometheus.yml", "prometheus-plugin.yml"][..],
        &["check", "rules", "alerts.yml"],
        &["test", "rules", "alerts_test.yml"],
    ] {
        succeeded(&promtool(arguments));
    }
}

/// How often an alert is named in a list that begins with this.
fn named(text: &str, start: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        if let Some(name) = line.trim().strip_prefix(start) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn every_alert_is_tested_to_fire_and_not_to_fire() {
    let read = |name| {
        let file = end_to_end::prometheus::folder().join(name);
        fs::read_to_string(file).expect("a file")
    };
    let alerts = named(&read("alerts.yml"), "- alert: ");
    assert_eq!(alerts.len(), 12);
    let tests = read("alerts_test.yml");
    for alert in alerts.keys() {
        let tested = tests.split("- eval_time: ").skip(1);
        let tested = tested.filter(|case| case.contains(&format!("alertname: {alert}\n")));
        let (none, some): (Vec<_>, Vec<_>) =
            tested.partition(|case| case.contains("exp_alerts: []"));
        assert!(!none.is_empty() && !some.is_empty(), "{alert}");
    }
}

#[test]
fn a_real_prometheus_has_data_for_every_panel_and_fires_the_worker_s_alerts() {
    let server = Script::new(Library::Npm).endless().rate(200).start();
    let refusing = Script::new(Library::Python).refuse(403, "Forbidden", &json!({}));
    let refusing = refusing.start();
    let gone = Script::new(Library::Npm).start();
    gone.kill();
    let worker = Worker::builder(Kafka::shared(Version::V4_1));
    let spool = worker.folder().join("spool").display().to_string();
    let worker = worker
        .connector(
            Connector::new("numbers", &server, "monitored")
                .set("websocket.spool.mode", "durable")
                .set("websocket.spool.dir", &spool),
        )
        .connector(
            Connector::new("refused", &refusing, "monitored")
                .set("websocket.reconnect.enabled", "false"),
        )
        .connector(Connector::new("gone", &gone, "monitored"))
        .start();
    worker.wait_for_acknowledged("numbers", 100);

    let prometheus = Prometheus::start("prometheus.yml", worker.port());
    assert_eq!(prometheus.wait_for_targets(), 1);
    for expression in REFERENCE {
        prometheus.wait_for(expression);
    }
    for query in dashboard::queries("numbers") {
        let found = prometheus.wait_for(&query.expression);
        let numbers = found.iter().any(|sample| sample.value.is_finite());
        assert!(numbers, "{}: {found:?}", query.panel);
    }
    for (name, series, label) in dashboard::variables("numbers") {
        let values = prometheus.api(&format!("label/{label}/values"), &[("match[]", &series)]);
        let values = values.expect("values");
        let expected = if name == "task" {
            json!(["0"])
        } else {
            json!(["gone", "numbers", "refused"])
        };
        assert_eq!(values, expected, "{name}");
    }
    // What counts goes on counting.
    prometheus
        .wait_for(r#"rate(kafka_connect_websocket_received_total{connector="numbers"}[10s]) > 0"#);

    let expected = [("NotConnected", "gone"), ("TaskFailed", "refused")];
    let expected = expected.map(|(alert, connector)| (alert.to_owned(), connector.to_owned()));
    wait::until_true("the alerts fire", || {
        let firing = prometheus.firing();
        for (alert, _) in &expected {
            assert!(
                !firing.contains(&(alert.clone(), "numbers".to_owned())),
                "{firing:?}"
            );
        }
        expected.iter().all(|alert| firing.contains(alert))
    });
    // The task has failed: that it is not connected follows from it.
    let firing = prometheus.firing();
    let refused = ("NotConnected".to_owned(), "refused".to_owned());
    assert!(!firing.contains(&refused), "{firing:?}");

    drop(worker);
    wait::until_true("the worker's end is noticed", || {
        let down = ("ConnectorDown".to_owned(), String::new());
        prometheus.firing().contains(&down)
    });
}

#[test]
fn the_dashboard_is_what_grafana_takes() {
    let dashboard = dashboard::read();
    let titles = dashboard::titles(&dashboard);
    for panel in [
        "Connection Status",
        "Message Throughput",
        "Queue Utilization",
        "Kafka Write Rate",
        "Reconnection Events",
        "Processing Latency",
    ] {
        assert!(titles.contains(panel), "{panel}");
    }
    let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard::panels(&dashboard) {
        let title = &panel["title"];
        assert!(
            ids.insert(panel["id"].as_u64().expect("a number")),
            "{title}"
        );
        let place = |name: &str| panel["gridPos"][name].as_u64().expect("a number");
        let (x, y) = (place("x"), place("y"));
        assert!(x + place("w") <= 24, "{title}");
        for cell in (x..x + place("w")).flat_map(|x| (y..y + place("h")).map(move |y| (x, y))) {
            assert!(cells.insert(cell), "{title} lies over another");
        }
        let targets = panel["targets"].as_array().into_iter().flatten();
        let letters: BTreeSet<&str> = targets
            .filter_map(|target| target["refId"].as_str())
            .collect();
        assert_eq!(
            letters.len(),
            panel["targets"].as_array().map_or(0, Vec::len),
            "{title}"
        );
        for part in panel["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .chain([panel])
        {
            let source = &part["datasource"];
            assert!(
                panel["type"] == "row" || source["uid"] == "${datasource}",
                "{title}"
            );
        }
    }
    let provisioned = tools::repository().join("monitor/grafana/provisioning");
    for (name, key) in [
        ("datasources/prometheus.yml", "datasources"),
        ("dashboards/kafka-connect-websocket.yml", "providers"),
    ] {
        let value = tools::read_yaml(&provisioned.join(name));
        assert_eq!(value["apiVersion"], 1, "{name}");
        assert!(
            value[key].as_array().is_some_and(|list| list.len() == 1),
            "{name}"
        );
    }
    // No number is shown twice for one setting of the scrape.
    let source = tools::read_yaml(&provisioned.join("datasources/prometheus.yml"));
    assert_eq!(source["datasources"][0]["jsonData"]["timeInterval"], "15s");
}
