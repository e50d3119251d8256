//! A message that is larger than the connector's own producer may send.

use end_to_end::connect::Api;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::numbers;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;

use crate::shared::standalone;

const VERSION: Version = Version::V4_1;
const MESSAGES: u64 = 500;
const LARGE: u64 = 200;
const LIMIT: &str = "producer.override.max.request.size";

fn server() -> Server {
    let script = Script::new(Library::Python).count(MESSAGES);
    script.large(LARGE, 30_000).start()
}

fn connector(name: &str, server: &Server) -> Connector {
    Connector::new(name, server, name).set(LIMIT, "10000")
}

#[test]
fn what_the_connector_s_own_producer_would_refuse_is_dropped_and_costs_no_other() {
    const NAME: &str = "plugin-oversize-drop";
    let (kafka, worker) = (Kafka::shared(VERSION), standalone(VERSION));
    let server = server();
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().to_str().expect("UTF-8");
    let connector = connector(NAME, &server)
        .set("websocket.buffer.overflow", "block")
        .set("websocket.spool.mode", "durable")
        .set("websocket.spool.dir", spool);
    worker.put(201, &connector);
    // Its number is used up.
    worker.wait_for_sequence(NAME, MESSAGES);
    worker.wait_for_line(
        NAME,
        "Dropped 1 messages that are too large (websocket.oversize=drop)",
    );
    worker.wait_for_task(NAME, "RUNNING");
    worker.delete(NAME);
    let line = worker.wait_for_line(NAME, "Stopped - ");
    let (start, end) = (line.find('{').unwrap(), line.rfind('}').unwrap());
    let ledger = &line[start..=end];
    let ledger: serde_json::Value = serde_json::from_str(ledger).expect("JSON");
    assert_eq!(ledger["received"], MESSAGES, "{line}");
    assert_eq!(ledger["acknowledged"], MESSAGES - 1, "{line}");
    assert_eq!(ledger["dropped"]["oversize"], 1, "{line}");
    let others = (0..MESSAGES).filter(|number| *number != LARGE);
    assert_eq!(numbers(&kafka.read_all(NAME)), others.collect::<Vec<_>>());
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
fn dead_letters_are_refused_and_a_limit_that_is_not_known_is_told_of() {
    const NAME: &str = "plugin-oversize-letters";
    let worker = standalone(VERSION);
    let server = server();
    let letters = connector(NAME, &server).set("websocket.oversize", "dlq");
    let path = format!("/connectors/{NAME}/config");
    let answer = worker.expect(400, "PUT", &path, Some(&letters.config()));
    let message = answer.json()["message"].to_string();
    assert!(
        message.contains("websocket.oversize") && message.contains(LIMIT),
        "{message}"
    );
    let unknown = Connector::new(NAME, &server, NAME).set("websocket.oversize", "drop");
    worker.put(201, &unknown);
    worker.wait_for_line(
        NAME,
        &format!("websocket.oversize has no effect without {LIMIT}"),
    );
    worker.delete(NAME);
}
