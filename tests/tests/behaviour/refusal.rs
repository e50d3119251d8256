//! Servers that do not let the connector in: the connector goes on trying,
//! says why, and is let in when the server changes its mind.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};
use serde_json::json;

/// A server that refuses twice, then streams; what is seen meanwhile.
fn refused(library: Library, status: u16, reason: &str, topic: &str) {
    let headers = json!({"X-Test": "yes"});
    let server = Script::new(library)
        .refuse(status, reason, &headers)
        .refuse(status, reason, &headers)
        .count(50)
        .start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector =
        Connector::new("numbers", &server, topic).set("websocket.reconnect.interval.ms", "1000");
    let worker = Worker::builder(kafka).connector(connector).start();

    let session = worker.wait_for_session("numbers", "a refusal", |s| s["session"] == "refused");
    assert_eq!(session["refused_status"], status);
    let words = format!("Expected HTTP 101 response but was '{status} {reason}'");
    assert!(
        session["reason"]
            .as_str()
            .unwrap_or_default()
            .contains(&words),
        "{session}"
    );
    assert_eq!(
        worker.states("numbers"),
        ("RUNNING".to_owned(), "RUNNING".to_owned())
    );
    let line = worker.wait_for_line(&words);
    assert!(line.contains(" ERROR [WebSocketSourceTask] "), "{line}");

    worker.wait_for_acknowledged("numbers", 50);
    worker.wait_for_session("numbers", "no refusal any more", |session| {
        session["session"] == "live" && session["refused_status"].is_null()
    });
    assert_complete(&kafka.read_all(topic), 0..50);
}

#[test]
fn a_401_is_shown_and_tried_again() {
    refused(Library::Npm, 401, "Unauthorized", "refused-401");
}

#[test]
fn a_403_is_shown_and_tried_again() {
    refused(Library::Python, 403, "Forbidden", "refused-403");
}

#[test]
fn a_429_is_tried_again_no_sooner_than_the_server_wants() {
    let server = Script::new(Library::Npm)
        .refuse(429, "Too Many Requests", &json!({"Retry-After": "3"}))
        .count(50)
        .start();
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "refused-429"))
        .start();

    let session = worker.wait_for_session("numbers", "a refusal", |s| s["session"] == "refused");
    assert_eq!(session["refused_status"], 429);
    assert_eq!(
        worker.states("numbers"),
        ("RUNNING".to_owned(), "RUNNING".to_owned())
    );
    let line = worker.wait_for_line("Expected HTTP 101 response but was '429 Too Many Requests'");
    assert!(line.contains("Retry-After: 3 s"), "{line}");
    let line = worker.wait_for_line("Next attempt (number 1) in ");
    let delay = line
        .split(" in ")
        .last()
        .and_then(|text| text.split(' ').next());
    let delay_ms: u64 = delay.and_then(|text| text.parse().ok()).expect("a delay");
    assert!((3_000..=3_750).contains(&delay_ms), "{line}");
    worker.wait_for_acknowledged("numbers", 50);
}

#[test]
fn a_server_that_is_not_there_is_named_and_tried_again() {
    let mut server = Script::new(Library::Npm).start();
    server.kill();
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka)
        .connector(Connector::new("numbers", &server, "not-there"))
        .start();

    let line = worker.wait_for_line(&format!("Failed to connect to {}: ", server.url()));
    assert!(
        line.contains("] ERROR [WebSocketSourceTask] ")
            && line.contains("refused")
            && line.ends_with(" (connector=numbers, task=0)"),
        "{line}"
    );
    worker.wait_for_line(&format!(
        "Reconnection attempt 2 failed: Failed to connect to {}: ",
        server.url()
    ));
    server.restart_at(0, 50);
    worker.wait_for_acknowledged("numbers", 50);
    assert_complete(&kafka.read_all("not-there"), 0..50);
}

#[test]
fn a_handshake_that_stalls_is_given_up_and_tried_again() {
    for (library, topic) in [
        (Library::Python, "stalled-python"),
        (Library::Npm, "stalled-npm"),
    ] {
        let server = Script::new(library).stall(2).count(50).start();
        let kafka = Kafka::shared(Version::V4_1);
        let connector =
            Connector::new("numbers", &server, topic).set("websocket.connection.timeout.ms", "500");
        let worker = Worker::builder(kafka).connector(connector).start();

        worker.wait_for_line("SocketTimeoutException: timeout after 500 ms");
        server.wait_for("attempt", 3);
        worker.wait_for_acknowledged("numbers", 50);
    }
}

#[test]
fn a_task_fails_with_the_reason_when_its_attempts_are_used_up() {
    let no_headers = json!({});
    let server = Script::new(Library::Python)
        .refuse(403, "Forbidden", &no_headers)
        .refuse(403, "Forbidden", &no_headers)
        .refuse(403, "Forbidden", &no_headers)
        .count(10)
        .start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector =
        Connector::new("numbers", &server, "given-up").set("websocket.reconnect.max.attempts", "2");
    let worker = Worker::builder(kafka).connector(connector).start();

    let status = worker.wait_for_task("numbers", "FAILED");
    assert_eq!(status["connector"]["state"], "RUNNING");
    let trace = status["tasks"][0]["trace"].as_str().expect("a trace");
    assert!(trace.contains("403 Forbidden"), "{trace}");

    // As an operator heals it.
    let answer = worker.request(
        "POST",
        "/connectors/numbers/restart?includeTasks=true",
        None,
    );
    assert_eq!(answer.status, 202, "{}", answer.body);
    worker.wait_for_acknowledged("numbers", 10);
}
