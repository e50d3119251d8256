//! Dead letters of messages that are too large (`websocket.oversize=dlq`).

use end_to_end::connect::{Api, Builder, Cluster, lines_of};
use end_to_end::kafka::Kafka;
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script};
use end_to_end::wait;
use end_to_end::worker::Connector;
use serde_json::{Value, json};

use super::{
    LARGE, LARGE_BYTES, LETTERS, LIMIT, LIMIT_BYTES, MESSAGES, VERSION, connector, ledger,
    ledger_of, others, server, spooling,
};
use crate::cases::JSON;
use crate::shared::{standalone, with_commits};
use crate::wire::{TEXT, frame, serve};

/// The only letter in a topic, as the console consumer shows it.
fn letter(kafka: &Kafka, topic: &str, properties: &[&str]) -> String {
    let letters = kafka.read_all_with(topic, properties);
    assert_eq!(letters.len(), 1, "{topic}");
    letters.into_iter().next().expect("a letter")
}

/// What a connector's only letter says of itself.
fn assert_headers(headers: &str, name: &str) {
    let bytes = format!("{{\"seq\":{LARGE},\"pad\":\"\"}}").len() + LARGE_BYTES;
    for (header, text) in [
        ("__connect.errors.topic", name),
        ("__connect.errors.connector.name", name),
        ("__connect.errors.task.id", "0"),
        ("__connect.errors.stage", "KAFKA_PRODUCE"),
        (
            "__connect.errors.class.name",
            "org.apache.kafka.connect.runtime.WorkerSourceTask",
        ),
        (
            "__connect.errors.exception.class.name",
            "org.apache.kafka.common.errors.RecordTooLargeException",
        ),
        ("websocket.oversize.bytes", &bytes.to_string()),
    ] {
        let mut found = headers.split(';');
        assert!(
            found.any(|found| found == format!("{header}:{text}")),
            "{header}: {headers}"
        );
    }
    // By Kafka's formula for a batch of one record.
    let record = bytes + 61 + 21 + 1 + 3 + 1;
    let message = format!(
        "__connect.errors.exception.message:A message of {record} bytes is larger than the producer's \
         max.request.size of {LIMIT_BYTES} bytes."
    );
    assert!(headers.contains(&message), "{headers}");
}

#[test]
fn what_is_too_large_goes_to_a_topic_of_its_own_cut_and_costs_no_other() {
    const NAME: &str = "plugin-oversize-dlq";
    const DEAD: &str = "plugin-oversize-dlq-letters";
    let (kafka, worker) = (Kafka::shared(VERSION), standalone(VERSION));
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let connector = connector(NAME, &server)
        .set("websocket.oversize", "dlq")
        .set(LETTERS, DEAD);
    worker.put(201, &spooling(connector, folder.path()));
    worker.wait_for_sequence(NAME, MESSAGES);
    worker.wait_for_line(
        NAME,
        &format!(
            "Cut 1 messages that are too large, for the topic {DEAD} (websocket.oversize=dlq)"
        ),
    );
    worker.wait_for_task(NAME, "RUNNING");
    worker.delete(NAME);
    let ledger = ledger(worker, NAME);
    assert_eq!(ledger["received"], MESSAGES, "{ledger}");
    assert_eq!(ledger["acknowledged"], MESSAGES, "{ledger}");
    assert_eq!(ledger["dropped"]["oversize"], 0, "{ledger}");
    assert_eq!(numbers(&kafka.read_all(NAME)), others());
    assert!(lines_of(&worker.log(), NAME, "has no effect").is_empty());
    let letter = letter(kafka, DEAD, &["print.headers=true", "headers.separator=;"]);
    let (headers, value) = letter.split_once('\t').expect("headers and a value");
    assert_headers(headers, NAME);
    assert!(
        value.starts_with(&format!("{{\"seq\":{LARGE},")) && value.ends_with('x'),
        "{value:.100}"
    );
    // Beside its headers it fills the producer's limit.
    assert!(
        value.len() > LIMIT_BYTES - 1_500 && value.len() < LIMIT_BYTES,
        "{}",
        value.len()
    );
}

/// Control characters are six bytes each in JSON.
#[test]
fn a_letter_is_sent_whatever_its_converter_makes_of_it() {
    const NAME: &str = "plugin-oversize-escapes";
    const DEAD: &str = "plugin-oversize-escapes-letters";
    let (kafka, worker) = (Kafka::shared(VERSION), standalone(VERSION));
    let text = |text: &str| frame(true, TEXT, text.as_bytes());
    let large = "\u{1}".repeat(LARGE_BYTES);
    let port = serve(vec![
        [text(r#"{"seq":0}"#), text(&large), text(r#"{"seq":2}"#)].concat(),
    ]);
    let config = json!({
        "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
        "websocket.url": format!("ws://127.0.0.1:{port}/0"),
        "kafka.topic": NAME,
        // What is no JSON is not parsed either.
        "websocket.value.format": "json",
        "value.converter": JSON,
        // The server answers none.
        "websocket.ping.interval.ms": "0",
        "websocket.oversize": "dlq",
        LETTERS: DEAD,
        LIMIT: LIMIT_BYTES.to_string(),
    });
    let path = format!("/connectors/{NAME}/config");
    worker.expect(201, "PUT", &path, Some(&config));
    worker.wait_for_sequence(NAME, 3);
    worker.wait_for_task(NAME, "RUNNING");
    worker.delete(NAME);
    let seen = kafka.read_all(NAME);
    let seen = seen.iter().map(|record| {
        let record: Value = serde_json::from_str(record).expect("JSON");
        record["payload"]["seq"].as_u64()
    });
    assert_eq!(seen.collect::<Vec<_>>(), [Some(0), Some(2)]);
    let letter = letter(kafka, DEAD, &[]);
    let record: Value = serde_json::from_str(&letter).expect("JSON");
    let value = record["payload"].as_str().expect("a text");
    assert!(large.starts_with(value), "{letter:.200}");
    // Beside its headers it fills the producer's limit.
    assert!(
        letter.len() > LIMIT_BYTES - 1_500 && letter.len() < LIMIT_BYTES,
        "{}",
        letter.len()
    );
}

/// What is left out has no record that could carry an offset.
#[test]
fn a_task_that_writes_exactly_once_leaves_out_what_is_too_large_and_does_not_meet_it_again() {
    const NAME: &str = "plugin-oversize-once-drop";
    let kafka = Kafka::shared(VERSION);
    let builder = with_commits(Builder::distributed(kafka, NAME));
    let builder = builder
        .set("exactly.once.source.support", "enabled")
        .set("producer.max.request.size", &LIMIT_BYTES.to_string());
    let cluster = Cluster::start(1, &builder);
    let worker = cluster.live().next().expect("a worker");
    // The large one is the last.
    let script = Script::new(Library::Python).count(LARGE + 1);
    let server = script.large(LARGE, LARGE_BYTES as u64).start();
    let folder = tempfile::tempdir().expect("a folder");
    let connector = Connector::new(NAME, &server, NAME).set("exactly.once.support", "required");
    cluster.create(&spooling(connector, folder.path()));
    let dropped = "Dropped 1 messages that are too large (websocket.oversize=drop)";
    cluster.wait_for_sequence(NAME, LARGE);
    worker.wait_for_line(NAME, dropped);
    let path = format!("/connectors/{NAME}/tasks/0/restart");
    worker.expect(204, "POST", &path, None);
    let twice = |text: &str| {
        wait::until(text, || {
            let lines = lines_of(&worker.log(), NAME, text);
            (lines.len() == 2).then_some(lines)
        })
    };
    twice("Connected to ");
    cluster.delete(NAME);
    let lines = twice("Ledger: ");
    for (line, received, oversize) in [(&lines[0], LARGE + 1, 1), (&lines[1], 0, 0)] {
        let ledger: Value = ledger_of(line);
        assert_eq!(ledger["received"], received, "{ledger}");
        assert_eq!(ledger["replayed"], 0, "{ledger}");
        assert_eq!(ledger["dropped"]["oversize"], oversize, "{ledger}");
    }
    assert_eq!(lines_of(&worker.log(), NAME, dropped).len(), 1);
    let all: Vec<_> = (0..LARGE).collect();
    assert_eq!(numbers(&kafka.read_committed(NAME)), all);
}

#[test]
fn letters_are_in_the_transactions_of_a_task_that_writes_exactly_once() {
    const NAME: &str = "plugin-oversize-once";
    const DEAD: &str = "plugin-oversize-once-letters";
    let kafka = Kafka::shared(VERSION);
    let builder = with_commits(Builder::distributed(kafka, NAME));
    let cluster = Cluster::start(1, &builder.set("exactly.once.source.support", "enabled"));
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let connector = connector(NAME, &server)
        .set("websocket.oversize", "dlq")
        .set("exactly.once.support", "required")
        .set(LETTERS, DEAD);
    cluster.create(&spooling(connector, folder.path()));
    cluster.wait_for_sequence(NAME, MESSAGES);
    cluster.wait_for_task(NAME, "RUNNING");
    cluster.delete(NAME);
    assert_eq!(numbers(&kafka.read_committed(NAME)), others());
    let letters = kafka.read_committed(DEAD);
    assert!(
        letters.len() == 1 && letters[0].starts_with(&format!("{{\"seq\":{LARGE},")),
        "{letters:?}"
    );
    // Behind it is the mark of its transaction's end.
    assert_eq!(kafka.records(DEAD), 2);
}
