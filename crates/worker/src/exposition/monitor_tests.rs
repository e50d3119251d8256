//! What `monitor/` asks for is there: a metric that gets another name, and is
//! still asked for by the old one, fails here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::tests::{parse, rendered};

#[test]
fn every_metric_of_the_alerts_and_the_dashboard_is_there() {
    let (_, samples) = parse(&rendered());
    let present: BTreeSet<&str> = samples.iter().map(|(name, _, _)| name.as_str()).collect();
    let monitor = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../monitor");
    let name = Regex::new(r"kafka_connect_[a-z0-9_]+").unwrap();
    for (file, at_least) in [
        ("prometheus/alerts.yml", 12),
        ("prometheus/alerts_test.yml", 12),
        ("grafana/dashboards/kafka-connect-websocket.json", 20),
    ] {
        let text = fs::read_to_string(monitor.join(file)).unwrap();
        let asked: BTreeSet<&str> = name.find_iter(&text).map(|found| found.as_str()).collect();
        let asked: Vec<&str> = asked
            .into_iter()
            .filter(|name| *name != "kafka_connect_websocket")
            .collect();
        assert!(asked.len() >= at_least, "{file}: {asked:?}");
        for name in asked {
            assert!(present.contains(name), "{file} asks for {name}");
        }
    }
}
