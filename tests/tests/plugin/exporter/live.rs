//! With our rules a connector that runs is seen as in the native worker.

use std::collections::BTreeSet;
use std::path::Path;

use end_to_end::connect::{Api, RealWorker};
use end_to_end::dashboard;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::prometheus::Prometheus;
use end_to_end::server::{Library, Script, Server};
use end_to_end::spooled::Spooled;
use end_to_end::wait;
use end_to_end::worker::{Connector, Worker};
use serde_json::json;

const LIVE: &str = "exporter-live";
const REFUSED: &str = "exporter-refused";
const FAILED: &str = "exporter-failed";

/// What the reference's bean has, and the native worker's `/metrics` has not.
const OF_THE_PLUGIN: [&str; 6] = [
    "drop_rate",
    "lag_count",
    "millis_since_last_message",
    "produced_total",
    "queue_utilization_percent",
    "uptime_millis",
];

fn feed() -> Server {
    Script::new(Library::Npm).endless().rate(100).start()
}

/// A series' name and its labels.
type Series = (String, BTreeSet<String>);

/// The connector's own series.
fn own_series(text: &str) -> BTreeSet<Series> {
    let connector = format!("connector=\"{LIVE}\"");
    let series = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once('{')?;
        let name = name.strip_prefix("kafka_connect_websocket_")?;
        let (labels, _) = rest.rsplit_once('}')?;
        let labels = labels.split(',').filter(|label| !label.is_empty());
        let labels: BTreeSet<String> = labels.map(str::to_owned).collect();
        labels
            .contains(&connector)
            .then(|| (name.to_owned(), labels))
    });
    series.collect()
}

/// The same connector has the same series in both hosts.
pub(super) fn has_the_native_worker_s(worker: &RealWorker, version: Version) {
    let server = feed();
    let connector = Connector::new(LIVE, &server, "exporter-native");
    let native = Worker::builder(Kafka::shared(version)).connector(connector.clone());
    let native = native.start();
    let mut expected = wait::until("the native worker's series", || {
        let series = own_series(&native.request("GET", "/metrics", None).body);
        (!series.is_empty()).then_some(series)
    });
    drop(native);
    let labels = || BTreeSet::from([format!("connector=\"{LIVE}\""), "task=\"0\"".to_owned()]);
    expected.extend(OF_THE_PLUGIN.map(|name| (name.to_owned(), labels())));

    worker.create(&connector);
    let found = wait::until("the plugin's series", || {
        let series = own_series(&worker.exported());
        (!series.is_empty()).then_some(series)
    });
    assert_eq!(found, expected);
    worker.delete(LIVE);
}

/// A real Prometheus that scrapes the exporter has data for every query of the
/// dashboard, and judges by the same alerts as of the native worker.
pub(super) fn prometheus_has_data_for_every_panel_and_fires_alerts(worker: &RealWorker) {
    let server = feed();
    let refusing = (0..50).fold(Script::new(Library::Python), |script, _| {
        script.refuse(403, "Forbidden", &json!({}))
    });
    let refusing = refusing.start();
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().join("spool");
    worker.create(
        &Connector::new(LIVE, &server, LIVE)
            .set("websocket.spool.mode", "durable")
            .set("websocket.spool.dir", &spool.display().to_string()),
    );
    worker.create(&Connector::new(REFUSED, &refusing, LIVE));
    worker.create(
        &Connector::new(FAILED, &refusing, LIVE).set("websocket.reconnect.enabled", "false"),
    );
    let prometheus = Prometheus::start("prometheus-plugin.yml", worker.exporter_port());
    assert_eq!(prometheus.wait_for_targets(), 1);
    every_panel_has_data(&prometheus);
    let refused =
        format!("kafka_connect_websocket_refused_status{{connector=\"{REFUSED}\"}} == 403");
    prometheus.wait_for(&refused);
    alerts_fire(&prometheus);
    for connector in [LIVE, REFUSED, FAILED] {
        worker.delete(connector);
    }
    wait_until_free(&spool);
}

fn every_panel_has_data(prometheus: &Prometheus) {
    for query in dashboard::queries(LIVE) {
        let found = prometheus.wait_for(&query.expression);
        let numbers = found.iter().any(|sample| sample.value.is_finite());
        assert!(numbers, "{}: {found:?}", query.panel);
        if query.panel == "Unaccounted Messages" {
            assert!(found.iter().all(|sample| sample.value == 0.0), "{found:?}");
        }
    }
    for (name, series, label) in dashboard::variables(LIVE) {
        let values = prometheus.api(&format!("label/{label}/values"), &[("match[]", &series)]);
        let values = values.expect("values");
        let found = values.as_array().is_some_and(|values| !values.is_empty());
        assert!(found, "{name}: {values}");
    }
}

fn alerts_fire(prometheus: &Prometheus) {
    let expected = [("NotConnected", REFUSED), ("TaskFailed", FAILED)];
    let expected = expected.map(|(alert, connector)| (alert.to_owned(), connector.to_owned()));
    wait::until_true("the alerts fire", || {
        let firing = prometheus.firing();
        for (alert, _) in &expected {
            let live = (alert.clone(), LIVE.to_owned());
            assert!(!firing.contains(&live), "{firing:?}");
        }
        expected.iter().all(|alert| firing.contains(alert))
    });
    // That a task which has failed is not connected follows from it.
    let failed = ("NotConnected".to_owned(), FAILED.to_owned());
    let firing = prometheus.firing();
    assert!(!firing.contains(&failed), "{firing:?}");
}

/// The folder is removed when nobody writes there any more.
fn wait_until_free(spool: &Path) {
    wait::until_true("the spool has no owner", || !Spooled::is_owned(spool));
}
