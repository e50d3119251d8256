//! A message that is larger than the connector's own producer may send.

mod letters;

use std::path::Path;

use end_to_end::connect::{Api, RealWorker};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;
use serde_json::Value;

use crate::shared::standalone;

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
    let line = worker.wait_for_line(name, "Stopped - ");
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

#[test]
fn dead_letters_need_a_topic_and_a_limit_and_without_a_limit_the_others_are_told_of() {
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
    let no_limit = format!("it needs {LIMIT}");
    refused(&letters, &[&no_topic, &no_limit]);
    refused(&letters.clone().set(LETTERS, "dead"), &[&no_limit]);
    refused(&letters.set(LIMIT, "10000"), &[&no_topic]);
    let unknown = Connector::new(NAME, &server, NAME).set("websocket.oversize", "drop");
    worker.put(201, &unknown);
    worker.wait_for_line(
        NAME,
        &format!("websocket.oversize has no effect without {LIMIT}"),
    );
    worker.delete(NAME);
}
