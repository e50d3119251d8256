//! What Connect has no metrics for, in Prometheus' text: the series of each
//! task.

use websocket_source::series::{FAMILIES, Kind};

use super::reading::WorkerReading;
use super::text::Family;

pub(super) fn render(out: &mut String, version: &str, worker: &WorkerReading) {
    Family::new(
        out,
        "kafka_connect_websocket_build_info",
        Kind::Gauge,
        "Always 1; the worker's version is a label.",
    )
    .sample(&[("version", version.to_owned())], 1);
    for family in FAMILIES {
        let name = format!("kafka_connect_websocket_{}", family.name);
        let mut text = Family::new(out, &name, family.kind, family.help);
        for (connector, task) in worker.tasks() {
            let mut labels = vec![
                ("connector", connector.to_owned()),
                ("task", task.task.to_string()),
            ];
            for sample in family.samples(&task.series()) {
                labels.truncate(2);
                labels.extend(sample.label);
                text.part(sample.suffix, &labels, sample.value);
            }
        }
    }
}
