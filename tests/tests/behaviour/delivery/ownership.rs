//! A spool has one owner.

use std::fs;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::Watch;
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::Worker;

use super::stage::spooling;

#[test]
fn a_connector_is_refused_the_spool_of_another() {
    let server = Script::new(Library::Npm).count(100).start();
    let kafka = Kafka::shared(Version::V4_1);
    let folder = tempfile::tempdir().expect("a folder");
    let first = spooling("first", &server, "spool-first", folder.path());
    let worker = Worker::builder(kafka).connector(first).start();
    worker.wait_for_acknowledged("first", 100);
    // By another name as well.
    let link = tempfile::tempdir().expect("a folder");
    let link = link.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
    for dir in [folder.path(), &link] {
        let second = spooling("second", &server, "spool-second", dir);
        let path = "/connectors/second/config";
        let answer = worker.request("PUT", path, Some(&second.config()));
        assert_eq!(answer.status, 400, "{}", answer.body);
        let told = answer.body.contains("websocket.spool.dir") && answer.body.contains("first");
        assert!(told, "{}", answer.body);
    }
    assert_eq!(worker.states("first").1, "RUNNING");
    assert_eq!(worker.get("/connectors"), serde_json::json!(["first"]));
}

#[test]
fn a_second_worker_on_a_spool_fails_and_leaves_the_first_alone() {
    const MESSAGES: u64 = 20_000;
    let server = Script::new(Library::Npm)
        .count(MESSAGES)
        .rate(4_000)
        .start();
    let kafka = Kafka::shared(Version::V4_1);
    let folder = tempfile::tempdir().expect("a folder");
    let start = || {
        let connector = spooling("numbers", &server, "spool-owned", folder.path());
        Worker::builder(kafka).connector(connector).start()
    };
    let first = start();
    let watch = Watch::begin(first.port(), "numbers");
    first.wait_for_acknowledged("numbers", 100);
    let mut second = start();
    let status = second.wait_for_task("numbers", "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    let dir = folder.path().display().to_string();
    let told = ["websocket.spool.dir", &dir, "is in use by another task"];
    assert!(told.iter().all(|text| trace.contains(text)), "{trace}");
    assert_eq!(second.terminate(), 143);

    first.wait_for_acknowledged("numbers", MESSAGES);
    assert_eq!(first.states("numbers").1, "RUNNING");
    assert_complete(&kafka.read_all("spool-owned"), 0..MESSAGES);
    assert_eq!(watch.end().last.replayed, 0);
}

#[test]
fn a_spool_that_cannot_be_made_fails_the_task_and_is_told() {
    let server = Script::new(Library::Npm).count(100).start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let dir = file.join("spool");
    let connector = spooling("numbers", &server, "spool-nowhere", &dir);
    let worker = Worker::builder_without_kafka().connector(connector).start();
    let status = worker.wait_for_task("numbers", "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    let dir = dir.display().to_string();
    let told = [
        "websocket.spool.dir",
        &dir,
        "its folder cannot be made",
        "Not a directory",
    ];
    assert!(told.iter().all(|text| trace.contains(text)), "{trace}");
    let line = worker.line("its folder cannot be made").expect("a line");
    assert!(line.contains(" ERROR "), "{line}");
    assert!(
        server.events("attempt").is_empty(),
        "nobody may have connected"
    );
}
