//! Topics that take no batches of the size that the producer would send.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{assert_complete, numbers};
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker, transform};

const MESSAGES: u64 = 20_000;
/// What the topics take; a message of these tests has about 130 bytes.
const MAX_MESSAGE_BYTES: u64 = 10_000;

against_each_kafka!(
    a_batch_that_is_too_large_for_its_topic_arrives_in_parts_and_in_order,
    with_exactly_once_a_batch_that_is_too_large_for_its_topic_arrives_once_and_in_order,
    a_record_that_is_too_large_by_itself_is_left_out_or_fails_the_task_and_costs_no_other,
);

fn script() -> Script {
    let script = Script::new(Library::Python);
    script.count(MESSAGES).padding_bytes(100)
}

/// A connector whose topic takes only small batches.
fn connector(name: &str, server: &Server, topic: &str) -> Connector {
    Connector::new(name, server, topic)
        .set("websocket.buffer.overflow", "block")
        .set("topic.creation.default.partitions", "1")
        .set("topic.creation.default.replication.factor", "1")
        .set(
            "topic.creation.default.max.message.bytes",
            &MAX_MESSAGE_BYTES.to_string(),
        )
}

/// All numbers but one.
fn others(than: u64) -> impl Iterator<Item = u64> {
    (0..MESSAGES).filter(move |number| *number != than)
}

/// How often the worker has said that it sends smaller batches.
fn splits(worker: &Worker, topic: &str) -> usize {
    let said = format!("bytes for the topic {topic} (max.message.bytes)");
    let log = worker.log();
    log.lines().filter(|line| line.contains(&said)).count()
}

fn a_batch_that_is_too_large_for_its_topic_arrives_in_parts_and_in_order(version: Version) {
    let servers: Vec<_> = (0..3).map(|_| script().start()).collect();
    let kafka = Kafka::shared(version);
    let plain = connector("plain", &servers[0], "parts-plain");
    let without = connector("without", &servers[1], "parts-without")
        .set("producer.override.enable.idempotence", "false");
    let mapped = connector("mapped", &servers[2], "parts-mapped")
        .set("transforms", "header")
        .set("transforms.header.type", &transform("InsertHeader"))
        .set("transforms.header.header", "origin")
        .set("transforms.header.value.literal", "exchange");
    let worker = Worker::builder(kafka)
        .set("connector.client.config.override.policy", "All")
        .connector(plain)
        .connector(without)
        .connector(mapped)
        .start();

    for name in ["plain", "without", "mapped"] {
        let topic = format!("parts-{name}");
        worker.wait_for_acknowledged(name, MESSAGES);
        assert_complete(&kafka.read_all(&topic), 0..MESSAGES);
        assert_eq!(worker.states(name).1, "RUNNING");
        // The topic's bound is found once, not by each batch.
        let splits = splits(&worker, &topic);
        assert!((1..10).contains(&splits), "{name}: {splits}");
    }
    let headers = kafka.read_all_with("parts-mapped", &["print.headers=true"]);
    assert!(headers.iter().all(|it| it.starts_with("origin:exchange\t")));
}

fn with_exactly_once_a_batch_that_is_too_large_for_its_topic_arrives_once_and_in_order(
    version: Version,
) {
    const TOPIC: &str = "parts-once";
    let server = script().start();
    let kafka = Kafka::shared(version);
    let spool = tempfile::tempdir().expect("a folder");
    let once = connector("once", &server, TOPIC)
        .set("websocket.spool.mode", "durable")
        .set("websocket.spool.dir", spool.path().to_str().expect("UTF-8"))
        .set("exactly.once.support", "required");
    let worker = Worker::builder(kafka).connector(once).start();
    worker.wait_for_acknowledged("once", MESSAGES);
    assert_complete(&kafka.read_committed(TOPIC), 0..MESSAGES);
    assert_eq!(worker.states("once").1, "RUNNING");
    worker.wait_for_line("the transaction is aborted and begins anew with batches of");
    let ledger = &worker.get("/connectors/once/ledger")["tasks"][0];
    assert_eq!(ledger["acknowledged"], MESSAGES, "{ledger}");
}

fn a_record_that_is_too_large_by_itself_is_left_out_or_fails_the_task_and_costs_no_other(
    version: Version,
) {
    const LARGE: u64 = 5_000;
    let server = || script().large(LARGE, 2 * MAX_MESSAGE_BYTES).start();
    let (strict, tolerant) = (server(), server());
    let kafka = Kafka::shared(version);
    let worker = Worker::builder(kafka)
        .connector(connector("strict", &strict, "large-strict"))
        .connector(
            connector("tolerant", &tolerant, "large-tolerant").set("errors.tolerance", "all"),
        )
        .start();

    let status = worker.wait_for_task("strict", "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    assert!(
        trace.contains("MSG_SIZE_TOO_LARGE") && trace.contains("max.message.bytes"),
        "{trace}"
    );
    let written = numbers(&kafka.read_all("large-strict"));
    assert!(written.len() as u64 >= LARGE, "{} records", written.len());
    // What comes after it may have been on its way with it.
    let expected = others(LARGE).take(written.len());
    assert_eq!(written, expected.collect::<Vec<_>>());

    worker.wait_for_acknowledged("tolerant", MESSAGES - 1);
    let failures = "kafka_connect_task_error_metrics_total_record_failures";
    until_true("one failure", || {
        worker.metric(failures, "tolerant") == Some(1.0)
    });
    assert_eq!(worker.states("tolerant").1, "RUNNING");
    let written = numbers(&kafka.read_all("large-tolerant"));
    assert_eq!(written, others(LARGE).collect::<Vec<_>>());
}
