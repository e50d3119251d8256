//! Exit codes of `connect-standalone`, which people's scripts and units know.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use end_to_end::{ports, process, tools};

const CONVERTERS: &str = "key.converter=org.apache.kafka.connect.storage.StringConverter\n\
                          value.converter=org.apache.kafka.connect.storage.StringConverter\n";

fn run(arguments: &[&Path]) -> (Option<i32>, String) {
    let output: Output = process::command(tools::worker_binary())
        .arg("standalone")
        .args(arguments)
        .output()
        .expect("the worker runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
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
    assert_eq!(code, Some(1), "{text}");
    assert!(text.to_lowercase().contains("usage"), "{text}");
}

#[test]
fn a_worker_file_that_cannot_be_used_is_status_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = run(&[&folder.path().join("none.properties")]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("none.properties"), "{text}");

    let incomplete = file(
        folder.path(),
        "incomplete.properties",
        "bootstrap.servers=localhost:9092\n",
    );
    let (code, text) = run(&[&incomplete]);
    assert_eq!(code, Some(2), "{text}");
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
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("Stopping after connector error"), "{text}");

    let without_url = file(
        folder.path(),
        "without-url.properties",
        "name=a\nconnector.class=WebSocketSource\nkafka.topic=t\n",
    );
    let (code, text) = run(&[&worker, &without_url]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("websocket.url"), "{text}");
}
