//! Connectors of one worker, and runs of one worker, do not disturb each other.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{assert_complete, numbers};
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker};
use serde_json::json;

#[test]
fn a_connector_that_fails_leaves_the_others_alone() {
    let refusing = Script::new(Library::Npm)
        .refuse(403, "Forbidden", &json!({}))
        .start();
    let streaming = Script::new(Library::Python)
        .count(5_000)
        .rate(2_000)
        .start();
    let kafka = Kafka::shared(Version::V3_9);
    let failing = Connector::new("failing", &refusing, "isolation-none")
        .set("websocket.reconnect.enabled", "false");
    let worker = Worker::builder(kafka)
        .connector(failing)
        .connector(Connector::new("streaming", &streaming, "isolation"))
        .start();

    worker.wait_for_task("failing", "FAILED");
    assert_eq!(worker.session("failing")["session"], "failed");
    worker.wait_for_acknowledged("streaming", 5_000);
    assert_eq!(worker.states("streaming").1, "RUNNING");
    assert_complete(&kafka.read_all("isolation"), 0..5_000);
}

#[test]
fn a_worker_that_was_killed_starts_again_with_its_files() {
    let mut server = Script::new(Library::Npm).count(1_000).start();
    let kafka = Kafka::shared(Version::V4_1);
    let mut worker = Worker::builder(kafka)
        .set("offset.flush.interval.ms", "100")
        .connector(Connector::new("numbers", &server, "killed-worker"))
        .start();
    worker.wait_for_acknowledged("numbers", 1_000);
    let file = worker.offsets_file();
    until_true("the offsets are stored", || {
        file.metadata().is_ok_and(|found| found.len() > 0)
    });
    worker.kill();

    server.restart_at(1_000, 500);
    let worker = worker.start_again();
    worker.wait_for_acknowledged("numbers", 500);
    assert_complete(&kafka.read_all("killed-worker"), 0..1_500);
}

#[test]
fn records_go_to_every_partition_of_a_topic_and_none_is_missing() {
    let server = Script::new(Library::Npm)
        .count(10_000)
        .padding_bytes(200)
        .start();
    let kafka = Kafka::shared(Version::V4_1);
    kafka.create_topic("partitions", 3);
    let connector = Connector::new("numbers", &server, "partitions")
        .set("websocket.buffer.overflow", "block")
        .set("producer.override.compression.type", "lz4");
    let worker = Worker::builder(kafka).connector(connector).start();

    worker.wait_for_acknowledged("numbers", 10_000);
    let mut numbers = numbers(&kafka.read_all("partitions"));
    numbers.sort_unstable();
    assert!(
        numbers.iter().copied().eq(0..10_000),
        "{} records",
        numbers.len()
    );
}
