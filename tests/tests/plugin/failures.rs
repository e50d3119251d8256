//! What goes wrong is said where Connect's users look for it.

use end_to_end::connect::Api;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;
use serde_json::{Value, json};

use crate::shared::standalone;

against_each_kafka!(
    a_configuration_that_cannot_be_used_is_refused_by_the_setting_s_name,
    without_reconnects_a_refusal_fails_the_task_until_it_is_restarted,
    without_reconnects_a_server_that_is_down_fails_the_task_until_it_is_restarted,
);

/// Settings with values that cannot be used, and words of what is said.
const REFUSED: [(&str, &str, &str); 4] = [
    ("websocket.url", "http://localhost/", "ws:// or wss://"),
    ("websocket.message.queue.size", "many", "type INT"),
    ("websocket.reconnect.interval.ms", "soon", "type LONG"),
    ("websocket.reconnect.enabled", "perhaps", "true or false"),
];

fn a_configuration_that_cannot_be_used_is_refused_by_the_setting_s_name(version: Version) {
    const NAME: &str = "failures-refused";
    let worker = standalone(version);
    let server = Script::new(Library::Npm).start();
    for (setting, value, words) in REFUSED {
        let connector = Connector::new(NAME, &server, NAME).set(setting, value);
        let path = format!("/connectors/{NAME}/config");
        let answer = worker.expect(400, "PUT", &path, Some(&connector.config()));
        let message = answer.json()["message"].to_string();
        assert!(
            message.contains(setting) && message.contains(words),
            "{setting}: {message}"
        );

        let path = "/connector-plugins/WebSocketSourceConnector/config/validate";
        let mut config = connector.config();
        config["name"] = NAME.into();
        let answer = worker.expect(200, "PUT", path, Some(&config)).json();
        assert_eq!(answer["error_count"], 1, "{setting}");
        let wrong: Vec<&Value> = answer["configs"]
            .as_array()
            .expect("settings")
            .iter()
            .filter(|entry| entry["value"]["errors"] != json!([]))
            .map(|entry| &entry["value"]["name"])
            .collect();
        assert_eq!(wrong, [setting]);
    }
    assert!(worker.status(NAME).is_none());
    assert!(server.events("attempt").is_empty());
}

fn without_reconnects_a_refusal_fails_the_task_until_it_is_restarted(version: Version) {
    const NAME: &str = "failures-refusal";
    let worker = standalone(version);
    let server = Script::new(Library::Python)
        .refuse(403, "Forbidden", &json!({}))
        .count(50)
        .start();
    let connector = Connector::new(NAME, &server, NAME).set("websocket.reconnect.enabled", "false");
    worker.put(201, &connector);
    let trace = worker.trace(NAME);
    assert!(
        trace.contains("ConnectException") && trace.contains("403"),
        "{trace}"
    );
    let status = worker.status(NAME).expect("a status");
    assert_eq!(status["connector"]["state"], "RUNNING");
    assert_eq!(server.events("attempt").len(), 1);

    restart_and_read(version, NAME, 0);
}

fn without_reconnects_a_server_that_is_down_fails_the_task_until_it_is_restarted(version: Version) {
    const NAME: &str = "failures-down";
    let worker = standalone(version);
    let mut server = Script::new(Library::Npm).count(50).start();
    server.kill();
    let connector = Connector::new(NAME, &server, NAME).set("websocket.reconnect.enabled", "false");
    worker.put(201, &connector);
    let trace = worker.trace(NAME);
    assert!(trace.contains("ConnectException"), "{trace}");

    server.restart_at(100, 50);
    restart_and_read(version, NAME, 100);
}

/// Restarts the failed task, which then brings 50 messages.
fn restart_and_read(version: Version, name: &str, first: u64) {
    let worker = standalone(version);
    let restart = format!("/connectors/{name}/tasks/0/restart");
    worker.expect(204, "POST", &restart, None);
    worker.wait_for_sequence(name, 50);
    worker.wait_for_task(name, "RUNNING");
    assert_complete(&Kafka::shared(version).read_all(name), first..first + 50);
    worker.delete(name);
}
