//! The classes of Kafka 4.1, asked as those of 3.9 are.
//!
//! `tests/kafka/ConnectReference.java` makes one call, that for chains, which
//! 4.1 no longer has. It is compiled with 3.9's classes and then runs with
//! 4.1's: what is asked here does not come by that call.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;

use end_to_end::kafka::{Version, java};
use end_to_end::reference::{Answer, Exception, Reference};
use end_to_end::{process, tools, wait};
use serde_json::Value as Json;

/// The versions that converters are compared with.
pub(crate) const VERSIONS: [Version; 2] = [Version::V3_9, Version::V4_1];

/// Asks many questions.
pub(crate) fn ask_all(version: Version, questions: &[Json]) -> Vec<Answer> {
    match version {
        Version::V3_9 => Reference::shared(version).ask_all(questions),
        Version::V4_1 => ask_newer(questions),
    }
}

fn ask_newer(questions: &[Json]) -> Vec<Answer> {
    let folder = tempfile::tempdir().expect("a folder");
    let [asked, answered] = ["asked", "answered"].map(|name| folder.path().join(name));
    let lines: Vec<String> = questions.iter().map(Json::to_string).collect();
    fs::write(&asked, lines.join("\n")).expect("a file");
    let class_path = Version::V4_1.class_path();
    let mut child = java(Version::V4_1, 256)
        .args(["-Duser.timezone=UTC", "-cp"])
        .arg(format!("{}:{class_path}", compiled().display()))
        .arg("ConnectReference")
        .stdin(File::open(&asked).expect("a file"))
        .stdout(File::create(&answered).expect("a file"))
        .stderr(Stdio::null())
        .spawn()
        .expect("java runs");
    let status = wait::until("Java's end", || child.try_wait().expect("a child"));
    assert!(status.success(), "{status}");
    let answers = fs::read_to_string(&answered).expect("UTF-8");
    let answers: Vec<Answer> = answers.lines().map(answer).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

fn answer(line: &str) -> Answer {
    let mut answer: Json = serde_json::from_str(line).expect("an answer is JSON");
    if let Some(thrown) = answer.get("exception") {
        let text = |name: &str| thrown[name].as_str().map(str::to_owned);
        return Err(Exception {
            class: text("class").expect("a class"),
            message: text("message"),
            cause: None,
        });
    }
    Ok(answer.get_mut("ok").expect("what Java understands").take())
}

fn compiled() -> &'static PathBuf {
    static CLASSES: OnceLock<PathBuf> = OnceLock::new();
    CLASSES.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("connect-reference");
        let mut child = process::command("javac")
            .args(["-nowarn", "-cp", &Version::V3_9.class_path(), "-d"])
            .arg(&folder)
            .arg(tools::repository().join("tests/kafka/ConnectReference.java"))
            .stderr(Stdio::null())
            .spawn()
            .expect("javac runs");
        let status = wait::until("javac's end", || child.try_wait().expect("a child"));
        assert!(status.success(), "{status}");
        folder
    })
}
