//! A connector's life over Kafka Connect's REST API.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker};
use serde_json::json;

fn wait_for_states(worker: &Worker, connector: &str, state: &str) {
    until_true(&format!("{connector} is {state}"), || {
        worker.states(connector) == (state.to_owned(), state.to_owned())
    });
}

#[test]
fn a_connector_is_created_paused_resumed_and_deleted() {
    let server = Script::new(Library::Python).count(100).start();
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka).start();
    assert_eq!(worker.get("/connectors"), json!([]));

    let connector = Connector::new("numbers", &server, "rest-created");
    let body = json!({"name": "numbers", "config": connector.config()});
    let created = worker.request("POST", "/connectors", Some(&body));
    assert_eq!(created.status, 201, "{}", created.body);
    let location = worker.url("/connectors/numbers");
    assert_eq!(created.header("location"), Some(location.as_str()));
    assert_eq!(
        created.json()["tasks"],
        json!([{"connector": "numbers", "task": 0}])
    );
    assert_eq!(
        worker.request("POST", "/connectors", Some(&body)).status,
        409
    );
    worker.wait_for_acknowledged("numbers", 100);
    wait_for_states(&worker, "numbers", "RUNNING");
    assert_complete(&kafka.read_all("rest-created"), 0..100);

    assert_eq!(
        worker
            .request("PUT", "/connectors/numbers/pause", None)
            .status,
        202
    );
    wait_for_states(&worker, "numbers", "PAUSED");
    assert_eq!(
        worker.session("numbers")["session"],
        "live",
        "the socket stays open"
    );
    assert_eq!(
        worker
            .request("PUT", "/connectors/numbers/resume", None)
            .status,
        202
    );
    wait_for_states(&worker, "numbers", "RUNNING");

    assert_eq!(
        worker.request("DELETE", "/connectors/numbers", None).status,
        204
    );
    server.wait_for("closed", 1);
    assert_eq!(worker.get("/connectors"), json!([]));
    let gone = worker.request("GET", "/connectors/numbers/status", None);
    assert_eq!(gone.status, 404);
    assert_eq!(
        gone.json()["message"],
        "No status found for connector numbers"
    );
}

#[test]
fn a_connector_takes_a_new_configuration_and_restarts() {
    let mut server = Script::new(Library::Npm).count(100).start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector = Connector::new("numbers", &server, "rest-old");
    let worker = Worker::builder(kafka).connector(connector.clone()).start();
    worker.wait_for_acknowledged("numbers", 100);

    let moved = connector.set("kafka.topic", "rest-new").config();
    let put = worker.request("PUT", "/connectors/numbers/config", Some(&moved));
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(put.json()["config"]["kafka.topic"], "rest-new");
    assert_eq!(
        worker.get("/connectors/numbers/config")["kafka.topic"],
        "rest-new"
    );
    server.wait_for("subscription", 2);
    server.restart_at(100, 100);
    worker.wait_for_acknowledged("numbers", 100);
    assert_complete(&kafka.read_all("rest-old"), 0..100);
    assert_complete(&kafka.read_all("rest-new"), 100..200);

    let connections = server.events("subscription").len();
    assert_eq!(
        worker
            .request("POST", "/connectors/numbers/restart", None)
            .status,
        204
    );
    let path = "/connectors/numbers/restart?includeTasks=true";
    assert_eq!(worker.request("POST", path, None).status, 202);
    server.wait_for("subscription", connections + 1);
    wait_for_states(&worker, "numbers", "RUNNING");
}

#[test]
fn a_stopped_connector_has_no_tasks_until_it_is_resumed() {
    let server = Script::new(Library::Npm).count(100).start();
    let kafka = Kafka::shared(Version::V3_9);
    let connector = Connector::new("numbers", &server, "rest-stop");
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("numbers", 100);

    assert_eq!(
        worker
            .request("PUT", "/connectors/numbers/stop", None)
            .status,
        204
    );
    until_true("the connector is stopped", || {
        worker.states("numbers").0 == "STOPPED"
    });
    assert_eq!(worker.get("/connectors/numbers/status")["tasks"], json!([]));
    server.wait_for("closed", 1);
    assert_eq!(
        worker
            .request("PUT", "/connectors/numbers/resume", None)
            .status,
        202
    );
    server.wait_for("subscription", 2);
    wait_for_states(&worker, "numbers", "RUNNING");
}

#[test]
fn what_arrives_during_a_pause_is_delivered_after_it() {
    let mut server = Script::new(Library::Npm).count(10).start();
    let kafka = Kafka::shared(Version::V3_9);
    let connector = Connector::new("numbers", &server, "rest-pause");
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("numbers", 10);
    assert_eq!(
        worker
            .request("PUT", "/connectors/numbers/pause", None)
            .status,
        202
    );
    wait_for_states(&worker, "numbers", "PAUSED");

    server.restart_at(10, 90);
    worker.wait_for_received("numbers", 100);
    worker.wait_for_queued("numbers", 90);
    assert_eq!(kafka.records("rest-pause"), 10);
    assert_eq!(
        worker
            .request("PUT", "/connectors/numbers/resume", None)
            .status,
        202
    );
    worker.wait_for_acknowledged("numbers", 100);
    assert_complete(&kafka.read_all("rest-pause"), 0..100);
}

#[test]
fn an_invalid_configuration_is_refused_with_all_its_errors() {
    let kafka = Kafka::shared(Version::V4_1);
    let worker = Worker::builder(kafka).start();
    let body = json!({"name": "bad", "config": {
        "connector.class": "WebSocketSource",
        "websocket.message.queue.size": "many",
    }});
    let answer = worker.request("POST", "/connectors", Some(&body));
    assert_eq!(answer.status, 400, "{}", answer.body);
    let json = answer.json();
    assert_eq!(json["error_code"], 400);
    let message = json["message"].as_str().expect("a message");
    assert!(message.starts_with("Connector configuration is invalid and contains the following "));
    for name in [
        "websocket.url",
        "kafka.topic",
        "websocket.message.queue.size",
    ] {
        assert!(message.contains(name), "{message}");
    }
    assert_eq!(worker.get("/connectors"), json!([]));
}

#[test]
fn connectors_created_through_rest_are_kept_if_wanted_and_deleted_ones_are_not() {
    let server = Script::new(Library::Npm).count(20).start();
    let kafka = Kafka::shared(Version::V4_1);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("connectors.json");
    let mut worker = Worker::builder(kafka)
        .set(
            "config.storage.file.filename",
            file.to_str().expect("UTF-8"),
        )
        .start();
    for name in ["kept", "paused", "deleted"] {
        let config = Connector::new(name, &server, "rest-kept").config();
        let body = json!({"name": name, "config": config});
        assert_eq!(
            worker.request("POST", "/connectors", Some(&body)).status,
            201
        );
    }
    worker.request("PUT", "/connectors/paused/pause", None);
    worker.request("DELETE", "/connectors/deleted", None);
    worker.terminate();

    let worker = worker.start_again();
    worker.wait_for_line("Created stored connector paused");
    assert_eq!(worker.get("/connectors"), json!(["kept", "paused"]));
    let status = worker.get("/connectors/paused/status");
    assert_eq!(status["connector"]["state"], "PAUSED");
}

#[test]
fn a_failed_task_is_restarted_by_itself_if_wanted() {
    let server = Script::new(Library::Npm)
        .refuse(403, "Forbidden", &json!({}))
        .refuse(403, "Forbidden", &json!({}))
        .count(20)
        .start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector = Connector::new("numbers", &server, "auto-restart")
        .set("websocket.reconnect.enabled", "false");
    let worker = Worker::builder(kafka)
        .set("auto.restart.enabled", "true")
        .set("auto.restart.interval.ms", "50")
        .connector(connector)
        .start();
    worker.wait_for_acknowledged("numbers", 20);
    assert_complete(&kafka.read_all("auto-restart"), 0..20);
    worker.wait_for_line("Restarting the failed task of connector numbers");
}
