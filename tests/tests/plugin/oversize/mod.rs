//! A message that is larger than the task's producer may send.

mod converted;
mod letters;

use std::path::Path;

use end_to_end::connect::{Api, Builder, Cluster, RealWorker};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;
use serde_json::Value;

use crate::shared::{standalone, with_commits};

const VERSION: Version = Version::V4_1;
const MESSAGES: u64 = 500;
const LARGE: u64 = 200;
const LARGE_BYTES: usize = 30_000;
const LIMIT: &str = "producer.override.max.request.size";
const LIMIT_BYTES: usize = 10_000;
const LETTERS: &str = "errors.deadletterqueue.topic.name";

fn server() -> Server {
    let script = Script::new(Library::Python).count(MESSAGES);
    script.large(LARGE, LARGE_BYTES as u64).start()
}

fn connector(name: &str, server: &Server) -> Connector {
    Connector::new(name, server, name).set(LIMIT, &LIMIT_BYTES.to_string())
}

/// Keeps all it receives.
fn spooling(connector: Connector, folder: &Path) -> Connector {
    connector
        .set("websocket.buffer.overflow", "block")
        .set("websocket.spool.mode", "durable")
        .set("websocket.spool.dir", folder.to_str().expect("UTF-8"))
}

fn others() -> Vec<u64> {
    (0..MESSAGES).filter(|number| *number != LARGE).collect()
}

/// A task's account, which its last line has.
fn ledger(worker: &RealWorker, name: &str) -> Value {
    ledger_of(&worker.wait_for_line(name, "Stopped - "))
}

fn ledger_of(line: &str) -> Value {
    let (start, end) = (line.find('{').unwrap(), line.rfind('}').unwrap());
    serde_json::from_str(&line[start..=end]).expect("JSON")
}

#[test]
fn what_the_connector_s_own_producer_would_refuse_is_dropped_and_costs_no_other() {
    const NAME: &str = "plugin-oversize-drop";
    let (kafka, worker) = (Kafka::shared(VERSION), standalone(VERSION));
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    worker.put(201, &spooling(connector(NAME, &server), folder.path()));
    // Its number is used up.
    worker.wait_for_sequence(NAME, MESSAGES);
    worker.wait_for_line(
        NAME,
        "Dropped 1 messages that are too large (websocket.oversize=drop)",
    );
    worker.wait_for_task(NAME, "RUNNING");
    worker.delete(NAME);
    let ledger = ledger(worker, NAME);
    assert_eq!(ledger["received"], MESSAGES, "{ledger}");
    assert_eq!(ledger["acknowledged"], MESSAGES - 1, "{ledger}");
    assert_eq!(ledger["dropped"]["oversize"], 1, "{ledger}");
    assert_eq!(numbers(&kafka.read_all(NAME)), others());
}

#[test]
fn a_task_that_is_to_fail_fails_by_connect_s_own_producer() {
    const NAME: &str = "plugin-oversize-fail";
    let worker = standalone(VERSION);
    let server = server();
    worker.put(
        201,
        &connector(NAME, &server).set("websocket.oversize", "fail"),
    );
    let trace = worker.trace(NAME);
    assert!(trace.contains("RecordTooLargeException"), "{trace}");
    worker.delete(NAME);
}

/// The worker that tests share, and its Kafka.
fn shared(version: Version) -> (&'static RealWorker, &'static Kafka) {
    (standalone(version), Kafka::shared(version))
}

/// Sends messages of which one has `bytes` bytes, to a connector with these
/// settings; what Kafka has when all are done with.
fn delivered(
    (worker, kafka): (&RealWorker, &Kafka),
    name: &str,
    bytes: usize,
    settings: &[(&str, &str)],
) -> Vec<String> {
    let around = format!("{{\"seq\":{LARGE},\"pad\":\"\"}}").len();
    let script = Script::new(Library::Python).count(MESSAGES);
    let server = script.large(LARGE, (bytes - around) as u64).start();
    let connector = Connector::new(name, &server, name);
    let connector = settings.iter().fold(connector, |connector, (key, value)| {
        connector.set(key, value)
    });
    worker.put(201, &connector);
    worker.wait_for_sequence(name, MESSAGES);
    worker.wait_for_task(name, "RUNNING");
    worker.delete(name);
    kafka.read_all(name)
}

/// One message was too large for a producer with this limit.
fn assert_told(worker: &RealWorker, name: &str, limit: &str) {
    let dropped = "Dropped 1 messages that are too large (websocket.oversize=drop)";
    let line = worker.wait_for_line(name, dropped);
    let limit = format!("max.request.size={limit} ");
    assert!(line.contains(&limit), "{line}");
}

#[test]
fn without_a_limit_of_the_connector_s_own_it_is_kafka_s_default() {
    const NAME: &str = "plugin-oversize-default";
    for version in [Version::V3_9, Version::V4_1] {
        let written = delivered(shared(version), NAME, 2 << 20, &[]);
        assert_eq!(numbers(&written), others());
        assert_told(standalone(version), NAME, "1048576");
    }
}

#[test]
fn without_a_limit_of_the_connector_s_own_it_is_the_worker_s() {
    const NAME: &str = "plugin-oversize-worker";
    for version in [Version::V3_9, Version::V4_1] {
        let kafka = Kafka::shared(version);
        let builder = with_commits(Builder::distributed(kafka, NAME));
        let cluster = Cluster::start(1, &builder.set("producer.max.request.size", "20000"));
        let worker = cluster.live().next().expect("a worker");
        let written = delivered((worker, kafka), NAME, LARGE_BYTES, &[]);
        assert_eq!(numbers(&written), others());
        assert_told(worker, NAME, "20000");
    }
}

/// Its settings stand nowhere but in the worker itself.
#[test]
fn the_limit_of_a_worker_that_has_read_its_settings_from_a_pipe_counts() {
    const NAME: &str = "plugin-oversize-piped";
    for version in [Version::V3_9, Version::V4_1] {
        let kafka = Kafka::shared(version);
        let builder = with_commits(Builder::standalone(kafka));
        let worker = builder
            .set("producer.max.request.size", "20000")
            .piped()
            .start();
        let written = delivered((&worker, kafka), NAME, LARGE_BYTES, &[]);
        assert_eq!(numbers(&written), others());
        assert_told(&worker, NAME, "20000");
    }
}

#[test]
fn a_letter_that_finds_no_room_in_the_worker_s_limit_fails_the_task_with_the_cure() {
    const NAME: &str = "plugin-oversize-no-room";
    let kafka = Kafka::shared(VERSION);
    let builder = with_commits(Builder::standalone(kafka));
    let worker = builder.set("producer.max.request.size", "500").start();
    let server = server();
    let connector = Connector::new(NAME, &server, NAME)
        .set("websocket.oversize", "dlq")
        .set(LETTERS, "dead");
    worker.put(201, &connector);
    let trace = worker.trace(NAME);
    let cure = "max.request.size=500; raise it (producer.override.max.request.size)";
    assert!(trace.contains(cure), "{trace}");
}

#[test]
fn dead_letters_need_a_topic_and_room() {
    const NAME: &str = "plugin-oversize-refused";
    let worker = standalone(VERSION);
    let server = server();
    let path = format!("/connectors/{NAME}/config");
    let refused = |connector: &Connector, texts: &[&str]| {
        let answer = worker.expect(400, "PUT", &path, Some(&connector.config()));
        let message = answer.json()["message"].to_string();
        for text in texts {
            assert!(message.contains(text), "{text}: {message}");
        }
    };
    let letters = Connector::new(NAME, &server, NAME).set("websocket.oversize", "dlq");
    let no_topic = format!("it needs a topic, {LETTERS}");
    let no_room =
        "not even the headers of a dead letter fit into the producer's max.request.size=500";
    refused(&letters, &[&no_topic]);
    refused(&letters.clone().set(LIMIT, "500"), &[&no_topic, no_room]);
    refused(&letters.set(LIMIT, "500").set(LETTERS, "dead"), &[no_room]);
}
