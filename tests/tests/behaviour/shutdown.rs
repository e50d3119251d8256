//! The end of a worker: what was received is in Kafka, the offsets are
//! stored for whoever comes next, and the exit code says how it ended.

use std::path::Path;
use std::time::{Duration, Instant};

use end_to_end::kafka::{Kafka, Version, java, succeeded};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker, received};
use end_to_end::{rest, tools};
use regex::Regex;
use serde_json::Value;

against_each_kafka!(
    a_sigterm_in_mid_stream_loses_nothing_that_was_received,
    offsets_go_to_the_jvm_and_back,
);

/// Received, delivered, dropped and lost as the last line of a task says.
fn last_words(worker: &Worker) -> [u64; 4] {
    let rule =
        Regex::new(r"Stopped - Received: (\d+), Delivered: (\d+), Dropped: (\d+), Lost: (\d+)")
            .expect("a valid rule");
    let line = worker.line("Stopped - ").expect("a last line");
    let found = rule.captures(&line).unwrap_or_else(|| panic!("{line}"));
    found
        .extract()
        .1
        .map(|count| count.parse().expect("a count"))
}

fn a_sigterm_in_mid_stream_loses_nothing_that_was_received(version: Version) {
    let server = Script::new(Library::Npm)
        .endless()
        .rate(5_000)
        .padding_bytes(200)
        .start();
    let kafka = Kafka::shared(version);
    kafka.create_topic("terminated", 1);
    let mut worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "terminated"))
        .start();
    worker.wait_for_received("numbers", 3_000);
    let seen = received(&worker.session("numbers"));

    assert_eq!(worker.terminate(), 143);
    let [received, delivered, dropped, lost] = last_words(&worker);
    assert!(received >= seen, "{received} {seen}");
    assert_eq!([delivered, dropped, lost], [received, 0, 0]);
    assert_complete(&kafka.read_all("terminated"), 0..received);
    let closed = server.wait_for("closed", 1);
    assert!(
        matches!(closed["code"].as_u64(), Some(1000 | 1001)),
        "{closed}"
    );
}

/// The offsets file as Kafka Connect's own class reads it; the file is
/// written again by that class.
fn offsets(version: Version, file: &Path) -> Vec<(Value, Value)> {
    let program = tools::repository().join("tests/kafka/OffsetsFile.java");
    let output = java(version, 128)
        .arg(program)
        .arg(file)
        .output()
        .expect("java runs");
    let output = succeeded(&output);
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let pairs = output.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(key, value)| (json(key), json(value))).collect()
}

fn offsets_go_to_the_jvm_and_back(version: Version) {
    let mut server = Script::new(Library::Python).count(1_000).start();
    let kafka = Kafka::shared(version);
    let mut worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "offsets"))
        .start();
    worker.wait_for_acknowledged("numbers", 1_000);
    assert_eq!(worker.terminate(), 143);

    let expected = serde_json::json!(["numbers", {"websocket_url": server.url()}]);
    let first = offsets(version, &worker.offsets_file());
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(first[0].0, expected);
    assert_eq!(first[0].1["sequence"], 1_000);
    assert!(
        first[0].1["session_id"]
            .as_str()
            .is_some_and(|id| id.len() == 36)
    );

    server.restart_at(1_000, 500);
    let mut worker = worker.start_again();
    worker.wait_for_acknowledged("numbers", 500);
    assert_eq!(worker.terminate(), 143);
    let second = offsets(version, &worker.offsets_file());
    assert_eq!(second.len(), 1, "{second:?}");
    assert_eq!(second[0].0, expected);
    assert_eq!(second[0].1["sequence"], 1_500);
    assert_complete(&kafka.read_all("offsets"), 0..1_500);
}

#[test]
fn an_interrupt_ends_the_worker_with_130() {
    let server = Script::new(Library::Npm).count(10).start();
    let kafka = Kafka::shared(Version::V4_1);
    let mut worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "interrupted"))
        .start();
    worker.wait_for_received("numbers", 10);

    worker.signal("INT");
    assert_eq!(worker.exit_code(), 130);
    assert_eq!(last_words(&worker), [10, 10, 0, 0]);
}

/// A worker whose Kafka is not there, with 100 messages received.
fn without_kafka(timeout_ms: &str) -> Worker {
    let server = Script::new(Library::Npm).count(100).start();
    let worker = Worker::builder_without_kafka()
        .set("task.shutdown.graceful.timeout.ms", timeout_ms)
        .connector(Connector::new("numbers", &server, "nowhere"))
        .start();
    worker.wait_for_received("numbers", 100);
    worker
}

#[test]
fn what_cannot_be_delivered_in_time_is_counted_as_lost() {
    let mut worker = without_kafka("1000");
    assert_eq!(worker.terminate(), 143);
    assert_eq!(last_words(&worker), [100, 0, 0, 100]);
    let line = worker.line("Stopped - ").expect("a last line");
    assert!(line.contains(" ERROR "), "{line}");
}

#[test]
fn connectors_that_cannot_deliver_end_within_one_graceful_timeout_together() {
    const TIMEOUT: Duration = Duration::from_secs(3);
    let names = ["first", "second", "third"];
    let server = || Script::new(Library::Npm).count(10).start();
    let servers = [server(), server(), server()];
    let mut worker = Worker::builder_without_kafka().set(
        "task.shutdown.graceful.timeout.ms",
        &TIMEOUT.as_millis().to_string(),
    );
    for (name, server) in names.iter().zip(&servers) {
        worker = worker.connector(Connector::new(name, server, "nowhere"));
    }
    let mut worker = worker.start();
    for name in names {
        worker.wait_for_received(name, 10);
    }
    // A connector whose removal is under way counts too.
    let port = worker.port();
    let removal =
        std::thread::spawn(move || rest::request(port, "DELETE", "/connectors/first", None));
    worker.wait_for_line(" buffered messages (connector=first, task=0)");
    let begun = Instant::now();
    assert_eq!(worker.terminate(), 143);
    let took = begun.elapsed();
    // Neither one after another, nor after the removal, nor within the default of 5 s.
    assert!(TIMEOUT * 2 / 3 < took && took < TIMEOUT * 3 / 2, "{took:?}");
    for name in names {
        let stopped = "Stopped - Received: 10, Delivered: 0, Dropped: 0, Lost: 10, ";
        let log = worker.log();
        let mut lines = log.lines().filter(|line| line.contains(stopped));
        let ours = format!("(connector={name}, task=0)");
        assert!(lines.any(|line| line.ends_with(&ours)), "{name}: {log}");
    }
    // Answered or cut off.
    let _ = removal.join().expect("a thread");
}

#[test]
fn messages_in_the_buffer_at_a_sigterm_are_delivered_and_committed() {
    const MESSAGES: u64 = 5_000;
    let server = Script::new(Library::Python).count(MESSAGES).start();
    let kafka = Kafka::start(Version::V3_9);
    kafka.create_topic("buffered", 1);
    kafka.stop();
    let mut worker = Worker::builder(&kafka)
        .set("task.shutdown.graceful.timeout.ms", "120000")
        .connector(Connector::new("numbers", &server, "buffered"))
        .start();
    worker.wait_for_received("numbers", MESSAGES);
    worker.wait_for_session("numbers", "messages in the buffer", |session| {
        session["queue_messages"].as_u64() > Some(0)
    });

    worker.signal("TERM");
    let line = worker.wait_for_line("Connection closed, delivering ");
    assert!(!line.contains("delivering 0 "), "{line}");
    server.wait_for("closed", 1);
    kafka.start_again();
    assert_eq!(worker.exit_code(), 143);
    assert_eq!(last_words(&worker), [MESSAGES, MESSAGES, 0, 0]);
    assert_complete(&kafka.read_all("buffered"), 0..MESSAGES);
    let stored = offsets(Version::V3_9, &worker.offsets_file());
    assert_eq!(stored[0].1["sequence"], MESSAGES, "{stored:?}");
}

#[test]
fn a_second_signal_ends_the_worker_at_once() {
    let mut worker = without_kafka("600000");
    worker.signal("TERM");
    worker.wait_for_line("Kafka Connect stopping");
    assert!(
        !worker.ended_within(Duration::from_millis(200)),
        "there are messages to deliver"
    );
    worker.signal("TERM");
    assert_eq!(worker.exit_code(), 143);
}
