//! The offsets file goes from a real worker to ours and back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::connect::RealWorker;
use end_to_end::kafka::{Kafka, Version, java, succeeded};
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker};
use end_to_end::{rest, tools};
use serde_json::{Value, json};

against_each_kafka!(a_sequence_goes_on_from_a_real_worker_to_ours_and_back);

/// The one entry of an offsets file, as the bytes of its key and its value,
/// read by Kafka Connect's own class from a copy.
fn entry(version: Version, file: &Path) -> (String, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("offsets");
    fs::copy(file, &copy).expect("a copy");
    let program = tools::repository().join("tests/kafka/OffsetsFile.java");
    let output = java(version, 128).arg(program).arg(copy).output();
    let text = succeeded(&output.expect("java runs"));
    let lines: Vec<&str> = text.lines().collect();
    let [line] = lines[..] else {
        panic!("not one entry: {text}");
    };
    let (key, value) = line.split_once('\t').expect("a key and a value");
    (key.to_owned(), serde_json::from_str(value).expect("JSON"))
}

/// Lets the stub, which makes three records of each task, go on from `file` to
/// `sequence` in a real worker.
fn in_a_real_worker(kafka: &Kafka, file: &Path, connector: &Connector, sequence: u64) {
    let path = file.to_str().expect("UTF-8");
    let settings = [
        ("offset.storage.file.filename", path),
        ("offset.flush.interval.ms", "200"),
    ];
    let worker = RealWorker::start(kafka, &settings);
    let body = json!({"name": "numbers", "config": connector.config()});
    let created = rest::request(worker.port(), "POST", "/connectors", Some(&body));
    assert_eq!(created.expect("an answer").status, 201);
    until_true("the real worker's offset", || {
        let answer = rest::request(worker.port(), "GET", "/connectors/numbers/offsets", None);
        answer.is_ok_and(|answer| answer.json()["offsets"][0]["offset"]["sequence"] == sequence)
    });
    worker.terminate();
}

fn a_sequence_goes_on_from_a_real_worker_to_ours_and_back(version: Version) {
    let server = Script::new(Library::Npm).count(500).start();
    let kafka = Kafka::shared(version);
    let folder = tempfile::tempdir().expect("a folder");
    let file: PathBuf = folder.path().join("connect.offsets");
    // With what a JSON writer might escape.
    let url = format!("{}?a=1&b='%22/'", server.url());
    let connector = Connector::new("numbers", &server, "offsets-both").set("websocket.url", &url);

    in_a_real_worker(kafka, &file, &connector, 3);
    let (key, first) = entry(version, &file);
    assert_eq!(first["sequence"], 3);

    let mut worker = Worker::builder(kafka)
        .set(
            "offset.storage.file.filename",
            file.to_str().expect("UTF-8"),
        )
        .connector(connector.clone())
        .start();
    worker.wait_for_acknowledged("numbers", 500);
    assert_eq!(worker.terminate(), 143);
    let (ours, second) = entry(version, &file);
    assert_eq!(ours, key);
    assert_eq!(second["sequence"], 503);
    assert_ne!(second["session_id"], first["session_id"]);
    let members = |value: &Value| {
        value
            .as_object()
            // In no order: Java's maps have another one in each process.
            .map(|o| o.keys().cloned().collect::<BTreeSet<_>>())
    };
    assert_eq!(members(&second), members(&first));

    in_a_real_worker(kafka, &file, &connector, 506);
    let (theirs, third) = entry(version, &file);
    assert_eq!(theirs, key);
    assert_eq!(third["sequence"], 506);
}
