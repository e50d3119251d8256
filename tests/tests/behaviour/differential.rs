//! Kafka Connect's clients cannot tell our worker from the real one: one
//! scenario against both.

use std::fs;

use end_to_end::connect::RealWorker;
use end_to_end::differential::{documentation, play, scenario};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::tools::repository;
use end_to_end::worker::Worker;

against_each_kafka!(every_difference_from_the_real_worker_is_known);

/// Settings that both workers have.
const SETTINGS: [(&str, &str); 6] = [
    ("offset.flush.interval.ms", "200"),
    ("rest.advertised.host.name", "127.0.0.1"),
    ("access.control.allow.origin", "http://console.example"),
    ("access.control.allow.methods", "GET,PUT"),
    ("response.http.headers.config", "set X-Frame-Options: DENY"),
    ("task.shutdown.graceful.timeout.ms", "2000"),
];

/// `DIFFERENTIAL_REPORT=FOLDER` writes the whole report there, one file for
/// each version.
fn every_difference_from_the_real_worker_is_known(version: Version) {
    let kafka = Kafka::shared(version);
    let server = Script::new(Library::Npm)
        .endless()
        .rate(5)
        .unasked()
        .start();
    let real = RealWorker::start(kafka, &SETTINGS, &[]);
    let mut builder = Worker::builder(kafka);
    for (key, value) in SETTINGS {
        builder = builder.set(key, value);
    }
    let ours = builder.start();

    let class = "io.conduktor.connect.websocket.WebSocketSourceConnector";
    let url = server.url();
    let topic = format!("differential-{version:?}");
    let valid = format!(
        r#""connector.class": "{class}", "websocket.url": "{url}", "kafka.topic": "{topic}""#
    );
    let variables = [
        ("class", class.to_owned()),
        ("url", url),
        ("topic", topic),
        ("dead", "ws://127.0.0.1:1/stream".to_owned()),
        ("valid", valid),
    ];
    let steps = scenario::read(&repository().join("tests/scenario"), &variables);
    assert!(steps.len() >= 150, "{} requests", steps.len());
    let report = play::play(version, &steps, real.port(), ours.port());
    let text = report.text();
    if let Some(folder) = std::env::var_os("DIFFERENTIAL_REPORT") {
        let file = std::path::Path::new(&folder).join(format!("differences-{version:?}.txt"));
        fs::write(file, &text).expect("the report's folder");
    }
    assert!(
        report.unknown() == 0 && report.not_shown().is_empty(),
        "{text}"
    );
}

#[test]
fn the_compatibility_list_is_current() {
    let path = repository().join("docs/compatibility.md");
    let expected = documentation::compatibility_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).expect("docs/ is writable");
    }
    let actual = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "docs/compatibility.md is not current: run UPDATE_DOCS=1 cargo test -p end-to-end compatibility"
    );
}
