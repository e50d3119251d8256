//! `standalone`: connectors' files of every form, and the embedded Kafka.

use std::collections::BTreeSet;

use end_to_end::command;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};
use regex::Regex;
use serde_json::json;

/// The words after `text` in the log's lines that have it, in order.
fn after<'a>(log: &'a str, text: &str) -> Vec<&'a str> {
    let lines = log.lines().filter_map(|line| line.split_once(text));
    lines.map(|(_, words)| words).collect()
}

against_each_kafka!(connectors_of_every_form_of_file_are_created_in_order);

fn connectors_of_every_form_of_file_are_created_in_order(version: Version) {
    let server = || Script::new(Library::Npm).count(50).start();
    let servers = [server(), server(), server()];
    let [flat, request, properties] = ["files-flat", "files-request", "files-properties"];
    let mut settings = Connector::new(flat, &servers[0], flat).config();
    settings["name"] = json!("z-flat");
    let request = json!({
        "name": "request",
        "config": Connector::new("request", &servers[1], request).config(),
    });
    let stopped = json!({
        "name": "a-stopped",
        "initial_state": "STOPPED",
        "config": Connector::new("a-stopped", &servers[1], "files-none").config(),
    });
    let kafka = Kafka::shared(version);
    let worker = Worker::builder(kafka)
        .connector_file("one.json", &settings.to_string())
        // The form is found by what is in the file.
        .connector_file("two.properties", &request.to_string())
        .connector_file("three.json", &stopped.to_string())
        .connector(Connector::new("m-properties", &servers[2], properties))
        .start();

    worker.wait_for_line("Kafka Connect started");
    let created = ["z-flat", "request", "a-stopped", "m-properties"];
    assert_eq!(after(&worker.log(), "Created connector "), created);
    let sorted = BTreeSet::from(created);
    assert_eq!(worker.get("/connectors"), json!(sorted));
    assert_eq!(worker.states("a-stopped").0, "STOPPED");
    for (name, topic) in [
        ("z-flat", "files-flat"),
        ("request", "files-request"),
        ("m-properties", "files-properties"),
    ] {
        worker.wait_for_acknowledged(name, 50);
        assert_complete(&kafka.read_all(topic), 0..50);
    }
}

#[test]
fn the_first_connector_file_that_cannot_be_used_ends_the_worker() {
    let server = Script::new(Library::Npm).endless().rate(100).start();
    let connector = |name: &str| Connector::new(name, &server, "files-bad");
    for (name, text, words) in [
        (
            "broken.json",
            "{\"name\": \"broken\",".to_owned(),
            "it is not valid JSON",
        ),
        (
            "nameless.properties",
            "connector.class=WebSocketSource\n".to_owned(),
            "name",
        ),
        (
            "invalid.properties",
            connector("invalid").set("tasks.max", "0").properties(),
            "Value must be at least 1",
        ),
        (
            "other.properties",
            connector("other")
                .set("connector.class", "FileStreamSource")
                .properties(),
            "FileStreamSource",
        ),
        (
            "again.properties",
            connector("first").properties(),
            "Connector first already exists",
        ),
    ] {
        let (code, log) = Worker::builder_without_kafka()
            .set("task.shutdown.graceful.timeout.ms", "100")
            .connector(connector("first"))
            .connector_file(name, &text)
            .connector(connector("never"))
            .refused();
        assert_eq!(code, 3, "{name}: {log}");
        assert_eq!(
            after(&log, "Created connector "),
            ["first"],
            "{name}: {log}"
        );
        let errors = after(
            &log,
            " ERROR [ConnectStandalone] Stopping after connector error: ",
        );
        assert!(
            errors.len() == 1 && errors[0].contains(name) && errors[0].contains(words),
            "{name}: {log}"
        );
        // What ran was stopped in order.
        assert!(log.contains("Stopped - Received: "), "{name}: {log}");
    }
}

#[test]
fn with_an_embedded_kafka_there_need_be_no_other() {
    let server = Script::new(Library::Python).count(500).start();
    let mut worker = Worker::builder_without_kafka()
        .argument("--embedded-kafka")
        .connector(Connector::new("numbers", &server, "inside"))
        .start();
    worker.wait_for_acknowledged("numbers", 500);
    let line = worker.wait_for_line("Embedded Kafka at ");
    let rule = Regex::new("Embedded Kafka at (127[0-9.]+:[0-9]+): it keeps the newest 5 MiB")
        .expect("a rule");
    let found = rule.captures(&line).unwrap_or_else(|| panic!("{line}"));
    let consume = [
        "consume",
        "--bootstrap-server",
        &found[1],
        "--topic",
        "inside",
    ];
    let whole = [
        "--from-beginning",
        "--max-messages",
        "500",
        "--timeout-ms",
        "30000",
    ];
    let out = command::run(&[&consume[..], &whole[..]].concat()).succeeded();
    let mut records: Vec<String> = out.lines().map(str::to_owned).collect();
    // Over four partitions.
    records.sort_by_key(|record| end_to_end::sequence::numbers(std::slice::from_ref(record)));
    assert_complete(&records, 0..500);
    assert_eq!(worker.terminate(), 143);
    worker.wait_for_line("Stopped - Received: 500, Delivered: 500, Dropped: 0, Lost: 0");
}
