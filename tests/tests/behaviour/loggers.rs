//! Log levels that are changed while the worker runs.

use end_to_end::worker::Worker;
use serde_json::json;

const HERDER: &str = "/admin/loggers/org.apache.kafka.connect.runtime.standalone.StandaloneHerder";

fn delete_connector(worker: &Worker, name: &str) {
    let body = json!({"name": name, "initial_state": "STOPPED", "config": {
        "connector.class": "WebSocketSource", "kafka.topic": "t", "websocket.url": "ws://127.0.0.1:1",
    }});
    assert_eq!(
        worker.request("POST", "/connectors", Some(&body)).status,
        201
    );
    let path = format!("/connectors/{name}");
    assert_eq!(worker.request("DELETE", &path, None).status, 204);
}

#[test]
fn a_logger_s_level_takes_effect_at_once() {
    let worker = Worker::builder_without_kafka().start();
    delete_connector(&worker, "first");
    assert!(worker.line("Deleted connector first").is_some());

    let off = worker.request("PUT", HERDER, Some(&json!({"level": "OFF"})));
    assert_eq!(off.status, 200, "{}", off.body);
    assert_eq!(worker.get(HERDER)["level"], "OFF");
    delete_connector(&worker, "second");
    let all = worker.request(
        "PUT",
        "/admin/loggers/root",
        Some(&json!({"level": "info"})),
    );
    assert!(
        all.json().as_array().is_some_and(|names| names.len() > 5),
        "{}",
        all.body
    );
    delete_connector(&worker, "third");
    assert!(worker.line("Deleted connector third").is_some());
    assert_eq!(worker.line("Deleted connector second"), None);
    assert!(worker.get(HERDER)["last_modified"].is_u64());
}
