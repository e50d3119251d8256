//! Exit codes of `connect-standalone`, which people's scripts and units know.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::kafka::{Kafka, Version};
use end_to_end::{command, connect, ports};

const CONVERTERS: &str = "key.converter=org.apache.kafka.connect.storage.StringConverter\n\
                          value.converter=org.apache.kafka.connect.storage.StringConverter\n";

/// The exit code of `standalone`, and all that it has printed.
fn run(arguments: &[&Path]) -> (i32, String) {
    let files = arguments.iter().map(|path| path.to_str().expect("UTF-8"));
    let arguments: Vec<&str> = ["standalone"].into_iter().chain(files).collect();
    let ended = command::run(&arguments);
    (ended.code, ended.out + &ended.errors)
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

fn worker_file(folder: &Path) -> PathBuf {
    let text = format!(
        "{CONVERTERS}bootstrap.servers=127.0.0.1:{}\noffset.storage.file.filename={}\nlisteners=http://127.0.0.1:{}\n",
        ports::free(),
        folder.join("offsets").display(),
        ports::free(),
    );
    file(folder, "worker.properties", &text)
}

#[test]
fn no_file_at_all_is_status_1_with_the_usage() {
    let (code, text) = run(&[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.to_lowercase().contains("usage"), "{text}");
}

#[test]
fn a_worker_file_that_cannot_be_used_is_status_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = run(&[&folder.path().join("none.properties")]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("none.properties"), "{text}");

    let incomplete = file(
        folder.path(),
        "incomplete.properties",
        "bootstrap.servers=localhost:9092\n",
    );
    let (code, text) = run(&[&incomplete]);
    assert_eq!(code, 2, "{text}");
    let words = "Missing required configuration \"key.converter\" which has no default value.";
    assert!(
        text.contains("Stopping due to error") && text.contains(words),
        "{text}"
    );
}

#[test]
fn a_connector_file_that_cannot_be_used_is_status_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let worker = worker_file(folder.path());
    let (code, text) = run(&[&worker, &folder.path().join("none.properties")]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("Stopping after connector error"), "{text}");

    let without_url = file(
        folder.path(),
        "without-url.properties",
        "name=a\nconnector.class=WebSocketSource\nkafka.topic=t\n",
    );
    let (code, text) = run(&[&worker, &without_url]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("websocket.url"), "{text}");
}

#[test]
fn the_rest_api_is_on_8083_if_nothing_else_is_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(worker_file(folder.path())).expect("a file");
    let lines = text.lines().filter(|line| !line.starts_with("listeners="));
    let lines: Vec<&str> = lines.collect();
    let worker = file(folder.path(), "default.properties", &lines.join("\n"));
    ports::occupy_connect();
    let (code, text) = run(&[&worker]);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("Stopping due to error") && text.contains(":8083"),
        "{text}"
    );
}

#[test]
fn exit_codes_are_those_of_the_real_worker() {
    let kafka = Kafka::shared(Version::V3_9);
    let folder = tempfile::tempdir().expect("a folder");
    let worker = connect::properties(kafka, folder.path(), ports::free());
    let text = fs::read_to_string(&worker).expect("a file");
    let incomplete = text.replace("key.converter=", "#");
    let incomplete = file(folder.path(), "incomplete.properties", &incomplete);
    let none = folder.path().join("none.properties");
    let good = "connector.class=WebSocketSource\nkafka.topic=t\nwebsocket.url=ws://127.0.0.1:1\n";
    let good = file(
        folder.path(),
        "good.properties",
        &format!("name=good\n{good}"),
    );
    let bad = "name=bad\nconnector.class=WebSocketSource\n";
    let bad = file(folder.path(), "bad.properties", bad);
    // Only errors: the real one's log has no others in the tests.
    let cases: [(&[&Path], i32, &[&str]); 5] = [
        (&[], 1, &[]),
        (&[&none], 2, &["Stopping due to error", "none.properties"]),
        (
            &[&incomplete],
            2,
            &["Stopping due to error", "key.converter"],
        ),
        (
            &[&worker, &good, &none],
            3,
            &["Stopping after connector error"],
        ),
        (
            &[&worker, &good, &bad, &none],
            3,
            &["Stopping after connector error", "websocket.url"],
        ),
    ];
    for (files, code, words) in cases {
        let real = connect::run(Version::V3_9, files);
        let (ours, text) = run(files);
        for (who, given, text) in [("real", real.0, real.1), ("ours", ours, text)] {
            assert_eq!(given, code, "{who} {files:?}: {text}");
            for word in words {
                assert!(text.contains(word), "{who} {files:?}, {word}: {text}");
            }
        }
    }
}
