//! The log's file with its rotation, and its other layout.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};
use serde_json::Value;

/// The files of a rotated log that are there, the oldest first.
fn rotated(log: &Path, at_most: usize) -> Vec<PathBuf> {
    let numbered = (1..=at_most).rev();
    let older = numbered.map(|number| PathBuf::from(format!("{}.{number}", log.display())));
    let older = older.filter(|path| path.exists());
    older.chain([log.to_owned()]).collect()
}

#[test]
fn the_log_file_is_rotated_and_has_what_the_console_has() {
    let server = Script::new(Library::Npm)
        .count(400)
        .close_after(10, 1000, "again")
        .start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("connect.log");
    let mut worker = Worker::builder_without_kafka()
        .argument("--log-file")
        .argument(&file)
        .argument("--log-file-max-bytes")
        .argument("4096")
        .argument("--log-file-max-files")
        .argument("3")
        .set("task.shutdown.graceful.timeout.ms", "100")
        .connector(Connector::new("numbers", &server, "nowhere"))
        .start();
    worker.wait_for_received("numbers", 400);
    assert_eq!(worker.terminate(), 143);

    let files = rotated(&file, 10);
    assert_eq!(files.len(), 4, "{files:?}");
    let texts: Vec<String> = files
        .iter()
        .map(|path| fs::read_to_string(path).expect("a log file"))
        .collect();
    for text in &texts {
        assert!(text.len() <= 4096 && text.ends_with('\n'), "{text}");
    }
    let kept = texts.concat();
    assert!(kept.len() > 3 * 3_000, "{} bytes are kept", kept.len());
    assert!(
        worker.log().ends_with(&kept),
        "what is kept is the end of the log"
    );
}

#[test]
fn the_log_can_be_json() {
    let server = Script::new(Library::Npm).count(10).start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("connect.log");
    let mut worker = Worker::builder_without_kafka()
        .argument("--log-format=json")
        .argument(format!("--log-file={}", file.display()))
        .set("task.shutdown.graceful.timeout.ms", "100")
        .connector(Connector::new("numbers", &server, "nowhere"))
        .start();
    worker.wait_for_received("numbers", 10);
    assert_eq!(worker.terminate(), 143);

    let log = worker.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        for key in ["timestamp", "level", "component", "message"] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
    }
    let stopped = lines.iter().find(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("Stopped - Received: 10, Delivered: 0, ")
    });
    let stopped = stopped.unwrap_or_else(|| panic!("{log}"));
    assert_eq!(stopped["component"], "WebSocketSourceTask");
    assert_eq!(stopped["level"], "ERROR");
    assert_eq!(stopped["connector"], "numbers");
    assert_eq!(stopped["task"], 0);
    assert_eq!(fs::read_to_string(&file).expect("the file"), log);
}

#[test]
fn a_log_that_cannot_be_written_as_wanted_is_no_start() {
    let none = "/no/such/folder/connect.log";
    for (arguments, words) in [
        (["--log-file", none, "--log-file-max-files", "3"], none),
        (
            ["--log-file", "/tmp/x", "--log-file-max-bytes", "10"],
            "--log-file-max-bytes",
        ),
        (
            ["--log-file", "/tmp/x", "--log-file-max-files", "0"],
            "--log-file-max-files",
        ),
    ] {
        let mut worker = Worker::builder_without_kafka();
        for argument in arguments {
            worker = worker.argument(argument);
        }
        let (code, log) = worker.refused();
        assert_eq!(code, 2, "{log}");
        assert!(log.contains(words), "{log}");
    }
}
