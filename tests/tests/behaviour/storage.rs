//! Connectors that are kept over restarts of the worker, and those that are not.

use std::fs;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Builder, Connector, Worker};
use serde_json::{Value, json};

#[test]
fn connectors_of_rest_are_kept_as_they_were_last_and_those_of_files_are_not() {
    let server = Script::new(Library::Npm).count(20).start();
    let kafka = Kafka::shared(Version::V4_1);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("connectors.json");
    let stored = || -> Value {
        let text = fs::read_to_string(&file).expect("the file");
        serde_json::from_str(&text).expect("JSON")
    };
    let builder = || -> Builder {
        let path = file.to_str().expect("UTF-8");
        Worker::builder(kafka).set("config.storage.file.filename", path)
    };
    let connector = |name: &str, topic: &str| Connector::new(name, &server, topic);
    let put = |worker: &Worker, name: &str, topic: &str, status: u16| {
        let path = format!("/connectors/{name}/config");
        let answer = worker.request("PUT", &path, Some(&connector(name, topic).config()));
        assert_eq!(answer.status, status, "{}", answer.body);
    };
    let topic_of = |worker: &Worker, name: &str| {
        let config = worker.get(&format!("/connectors/{name}/config"));
        config["kafka.topic"].as_str().map(str::to_owned)
    };

    let mut worker = builder()
        .connector(connector("filed", "storage-file"))
        .start();
    worker.wait_for_line("Kafka Connect started");
    for name in ["changed", "stopped", "shadowed"] {
        put(&worker, name, "storage-first", 201);
    }
    put(&worker, "changed", "storage-second", 200);
    worker.expect(204, "PUT", "/connectors/stopped/stop");
    // A change makes no stored connector of one that has its file.
    put(&worker, "filed", "storage-second", 200);
    worker.expect(202, "PUT", "/connectors/filed/pause");
    worker.terminate();
    let connectors = stored()["connectors"].clone();
    let names: Vec<_> = connectors.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["changed", "shadowed", "stopped"]);
    assert_eq!(connectors["stopped"]["state"], "STOPPED");

    let mut worker = builder()
        .connector(connector("shadowed", "storage-file"))
        .start();
    worker.wait_for_line("Kafka Connect started");
    assert_eq!(
        worker.get("/connectors"),
        json!(["changed", "shadowed", "stopped"])
    );
    assert_eq!(
        topic_of(&worker, "changed").as_deref(),
        Some("storage-second")
    );
    assert_eq!(worker.states("changed").0, "RUNNING");
    let status = worker.get("/connectors/stopped/status");
    assert_eq!(status["connector"]["state"], "STOPPED");
    assert_eq!(status["tasks"], json!([]));
    // The file wins, and is said to.
    assert_eq!(
        topic_of(&worker, "shadowed").as_deref(),
        Some("storage-file")
    );
    let line = worker
        .line("The stored connector shadowed is not started")
        .expect("a line");
    assert!(line.contains(" WARN [Herder] "), "{line}");
    worker.terminate();
    assert_eq!(stored()["connectors"], connectors, "all of it stays stored");

    // Without the file, what was stored is there again.
    let worker = builder().start();
    worker.wait_for_line("Created stored connector shadowed");
    assert_eq!(
        topic_of(&worker, "shadowed").as_deref(),
        Some("storage-first")
    );
}
