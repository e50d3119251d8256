//! What cannot be promised is refused where it is asked for.

use end_to_end::connect::{Api, CLASS, Cluster};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use serde_json::Value;

use super::stage::{NAME, once, spooling_once, text};

const TOPIC: &str = "delivery-refused";

#[test]
fn exactly_once_is_refused_by_its_name_without_a_spool_of_everything() {
    let kafka = Kafka::shared(Version::V4_1);
    let cluster = Cluster::start(1, &once(kafka, TOPIC));
    let server = Script::new(Library::Npm).start();
    let spool = tempfile::tempdir().expect("a folder");
    let whole = || spooling_once(&server, TOPIC, text(spool.path()));
    let lacking = [
        whole().set("websocket.spool.mode", "off"),
        whole().set("websocket.spool.mode", "overflow"),
        whole().set("websocket.buffer.overflow", "drop_oldest"),
    ];
    for connector in lacking {
        let path = format!("/connectors/{NAME}/config");
        let answer = cluster.expect(400, "PUT", &path, Some(&connector.config()));
        let message = answer.json()["message"].to_string();
        // Connect's words, without the setting's name; the validation has it.
        assert!(message.contains("exactly-once semantics"), "{message}");
        assert_eq!(
            wrong(&cluster, connector.config()),
            ["exactly.once.support"]
        );
    }
    assert!(cluster.status(NAME).is_none());
    assert_eq!(wrong(&cluster, whole().config()), [""; 0]);
}

/// The settings that a validation finds fault with.
fn wrong(cluster: &Cluster, mut config: Value) -> Vec<String> {
    config["name"] = NAME.into();
    let path = format!("/connector-plugins/{CLASS}/config/validate");
    let answer = cluster.expect(200, "PUT", &path, Some(&config)).json();
    let configs = answer["configs"].as_array().expect("settings").iter();
    let wrong = configs.filter(|entry| entry["value"]["errors"] != serde_json::json!([]));
    let names = wrong.map(|entry| entry["value"]["name"].as_str().expect("a name"));
    names.map(str::to_owned).collect()
}
