//! What restarts a connector's task and what does not, and what a pause keeps.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::{assert_complete, numbers};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker, received};
use serde_json::{Value, json};

/// What no task has in common with the one before it.
fn task(worker: &Worker) -> [Value; 3] {
    let session = worker.session("numbers");
    ["since", "connections", "received_messages"].map(|field| session[field].clone())
}

#[test]
fn what_changes_nothing_of_a_task_does_not_restart_it() {
    let server = Script::new(Library::Npm).count(100).start();
    let kafka = Kafka::shared(Version::V3_9);
    let connector = Connector::new("numbers", &server, "life-same");
    let worker = Worker::builder(kafka).start();
    let put = |status: u16| {
        let path = "/connectors/numbers/config";
        let answer = worker.request("PUT", path, Some(&connector.config()));
        assert_eq!(answer.status, status, "{}", answer.body);
    };
    put(201);
    worker.wait_for_acknowledged("numbers", 100);
    let before = task(&worker);
    assert_eq!(before[1..], [json!(1), json!(100)]);

    // Only the connector, which has nothing to restart.
    let restart = "/connectors/numbers/restart";
    worker.expect(204, "POST", restart);
    assert_eq!(task(&worker), before, "a plain restart");
    // Its task has not failed.
    let failed = format!("{restart}?includeTasks=true&onlyFailed=true");
    worker.expect(202, "POST", &failed);
    assert_eq!(task(&worker), before, "a restart of what has failed");
    put(200);
    assert_eq!(task(&worker), before, "the same configuration");
    assert_eq!(server.events("attempt").len(), 1);

    worker.expect(202, "POST", &format!("{restart}?includeTasks=true"));
    server.wait_for("subscription", 2);
    assert_eq!(server.events("attempt").len(), 2);
    worker.expect(204, "POST", "/connectors/numbers/tasks/0/restart");
    server.wait_for("subscription", 3);
    assert_eq!(server.events("attempt").len(), 3);
}

#[test]
fn a_paused_connector_that_is_restarted_stays_paused() {
    let mut server = Script::new(Library::Python).count(10).start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector = Connector::new("numbers", &server, "life-paused");
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("numbers", 10);
    worker.expect(202, "PUT", "/connectors/numbers/pause");
    let paused = ("PAUSED".to_owned(), "PAUSED".to_owned());
    assert_eq!(worker.states("numbers"), paused);

    worker.expect(204, "POST", "/connectors/numbers/restart");
    assert_eq!(worker.states("numbers"), paused);
    worker.expect(202, "POST", "/connectors/numbers/restart?includeTasks=true");
    assert_eq!(worker.states("numbers"), paused);
    server.wait_for("subscription", 2);
    server.restart_at(10, 90);
    // The new task counts from zero.
    worker.wait_for_received("numbers", 90);
    worker.wait_for_queued("numbers", 90);
    assert_eq!(worker.states("numbers"), paused);
    assert_eq!(kafka.records("life-paused"), 10);

    worker.expect(202, "PUT", "/connectors/numbers/resume");
    worker.wait_for_acknowledged("numbers", 90);
    assert_complete(&kafka.read_all("life-paused"), 0..100);
}

#[test]
fn what_arrives_in_a_pause_goes_to_the_topic_that_it_was_received_for() {
    let mut server = Script::new(Library::Python).count(10).start();
    let kafka = Kafka::shared(Version::V3_9);
    let connector = Connector::new("numbers", &server, "life-before");
    let worker = Worker::builder(kafka).connector(connector.clone()).start();
    worker.wait_for_acknowledged("numbers", 10);
    worker.expect(202, "PUT", "/connectors/numbers/pause");
    server.restart_at(10, 90);
    worker.wait_for_received("numbers", 100);
    worker.wait_for_queued("numbers", 90);

    let other = connector.set("kafka.topic", "life-after").config();
    let answer = worker.request("PUT", "/connectors/numbers/config", Some(&other));
    assert_eq!(answer.status, 200, "{}", answer.body);
    worker.wait_for_queued("numbers", 90);
    assert_eq!(received(&worker.session("numbers")), 100, "the same task");

    worker.expect(202, "PUT", "/connectors/numbers/resume");
    let tasks = worker.get("/connectors/numbers/tasks");
    assert_eq!(tasks[0]["config"]["kafka.topic"], "life-after");
    assert_complete(&kafka.read_all("life-before"), 0..100);
    server.wait_for("subscription", 2);
}

/// A connector with room for 100 messages that is paused after the first ten.
fn paused(topic: &str, overflow: &str) -> (end_to_end::server::Server, Worker) {
    let server = Script::new(Library::Npm)
        .count(10)
        .padding_bytes(1_000)
        .start();
    let connector = Connector::new("numbers", &server, topic)
        .set("websocket.message.queue.size", "100")
        .set("websocket.buffer.overflow", overflow);
    let kafka = Kafka::shared(Version::V3_9);
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("numbers", 10);
    worker.expect(202, "PUT", "/connectors/numbers/pause");
    (server, worker)
}

#[test]
fn a_pause_that_outlasts_the_buffer_drops_the_oldest() {
    let (mut server, worker) = paused("life-drop", "drop_oldest");
    server.restart_at(10, 990);
    worker.wait_for_received("numbers", 1_000);
    worker.wait_for_queued("numbers", 100);
    worker.wait_for_session("numbers", "890 dropped messages", |session| {
        session["dropped_messages"]["overflow"] == 890
    });
    worker.expect(202, "PUT", "/connectors/numbers/resume");
    worker.wait_for_acknowledged("numbers", 110);
    let records = numbers(&Kafka::shared(Version::V3_9).read_all("life-drop"));
    assert!(
        records.iter().copied().eq((0..10).chain(900..1_000)),
        "{records:?}"
    );
}

#[test]
fn a_pause_that_outlasts_a_buffer_that_blocks_holds_the_server() {
    const MESSAGES: u64 = 30_000;
    let (mut server, worker) = paused("life-block", "block");
    server.restart_at(10, MESSAGES - 10);
    let session = worker.wait_for_session("numbers", "a full buffer", |session| {
        session["queue_messages"].as_u64() >= Some(100)
    });
    assert!(received(&session) < MESSAGES, "{session}");
    let kafka = Kafka::shared(Version::V3_9);
    assert_eq!(kafka.records("life-block"), 10);
    assert_eq!(server.events("sent").len(), 1, "the first ten");

    worker.expect(202, "PUT", "/connectors/numbers/resume");
    worker.wait_for_acknowledged("numbers", MESSAGES);
    assert_complete(&kafka.read_all("life-block"), 0..MESSAGES);
    assert_eq!(worker.session("numbers")["dropped_messages"]["overflow"], 0);
}
