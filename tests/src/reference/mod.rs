//! Kafka Connect's own classes, asked one question after another: what
//! `connect-api` is compared with.
//!
//! `tests/kafka/ConnectReference.java` has the other side: a JSON line in, a
//! JSON line out. A question is an object with `op` and what belongs to it,
//! which the functions of [`ask`] make; [`encode`] and [`decode`] say how
//! schemas, values and records are written. It is compiled with the oldest
//! version's classes, so that each version is asked by the same program, as a
//! plugin would be that was built for the oldest.
//!
//! Invariants: one JVM for each version of Kafka and run of tests, started
//! when it is first asked; answers come in the order of the questions, each
//! within [`wait::LIMIT`]; a question that Java does not understand fails the
//! test.

pub mod ask;
pub mod decode;
pub mod encode;

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, OnceLock};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::kafka::{self, Version, java};
use crate::{process, tools, wait};

/// Lines that may be read ahead of who asked.
const AHEAD: usize = 1_024;

/// What a Java class threw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its full name.
    pub class: String,
    /// Its message, `None` for null.
    pub message: Option<String>,
    /// What caused it, as a whole chain.
    pub cause: Option<Box<Exception>>,
}

/// What Java returned, in the form that the question's `op` has.
pub type Answer = Result<Json, Exception>;

/// A JVM that answers.
#[derive(Debug)]
pub struct Reference {
    pipes: Mutex<Pipes>,
}

#[derive(Debug)]
struct Pipes {
    questions: BufWriter<ChildStdin>,
    answers: Receiver<String>,
}

impl Reference {
    /// The one that all tests of this process share.
    pub fn shared(version: Version) -> &'static Self {
        static V3_9: OnceLock<Reference> = OnceLock::new();
        static V4_1: OnceLock<Reference> = OnceLock::new();
        let cell = match version {
            Version::V3_9 => &V3_9,
            Version::V4_1 => &V4_1,
        };
        cell.get_or_init(|| Self::start(version))
    }

    fn start(version: Version) -> Self {
        let (send_pipes, pipes) = sync_channel(1);
        // The JVM is killed with the thread that started it, so that must be
        // one that lasts as long as all the tests.
        std::thread::spawn(move || {
            let classes = compiled();
            let class_path = format!("{}:{}", classes.display(), version.class_path());
            let mut child = java(version, 256)
                .args(["-Duser.timezone=UTC", "-cp", &class_path])
                .arg("ConnectReference")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("java runs");
            let questions = child.stdin.take().expect("a pipe");
            let output = child.stdout.take().expect("a pipe");
            let (send_lines, answers) = sync_channel(AHEAD);
            let questions = BufWriter::new(questions);
            send_pipes
                .send(Pipes { questions, answers })
                .expect("someone waits");
            read_lines(output, |line| send_lines.send(line).is_ok());
            let _ = child.wait();
        });
        Self {
            pipes: Mutex::new(pipes.recv().expect("the JVM starts")),
        }
    }

    /// Asks one question.
    pub fn ask(&self, question: &Json) -> Answer {
        let mut answers = self.ask_all(std::slice::from_ref(question));
        answers.pop().expect("an answer for the question")
    }

    /// Asks many questions, which is much faster than one by one.
    pub fn ask_all(&self, questions: &[Json]) -> Vec<Answer> {
        let mut pipes = self.pipes.lock().expect("no test failed while asking");
        let Pipes {
            questions: input,
            answers,
        } = &mut *pipes;
        let lines: Vec<String> = std::thread::scope(|scope| {
            scope.spawn(|| {
                for question in questions {
                    writeln!(input, "{question}").expect("the JVM reads");
                }
                input.flush().expect("the JVM reads");
            });
            let next = |_| answers.recv_timeout(wait::LIMIT).expect("Java answers");
            questions.iter().map(next).collect()
        });
        drop(pipes);
        let pairs = questions.iter().zip(lines);
        pairs.map(|(asked, line)| answer(asked, &line)).collect()
    }
}

/// The folder with its classes.
fn compiled() -> &'static Path {
    static CLASSES: OnceLock<TempDir> = OnceLock::new();
    let classes = CLASSES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        kafka::remove_after_us(folder.path());
        let mut javac = process::command("javac");
        javac
            .args(["-nowarn", "-proc:none", "-cp"])
            .arg(Version::V3_9.class_path())
            .arg("-d")
            .arg(folder.path())
            .arg(tools::repository().join("tests/kafka/ConnectReference.java"));
        kafka::succeeded(&javac.output().expect("javac runs"));
        folder
    });
    classes.path()
}

fn read_lines(output: ChildStdout, mut take: impl FnMut(String) -> bool) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { return };
        if !take(line) {
            return;
        }
    }
}

fn answer(asked: &Json, line: &str) -> Answer {
    let mut answer: Json = serde_json::from_str(line).expect("an answer is JSON");
    if let Some(thrown) = answer.get("exception") {
        return Err(exception(thrown));
    }
    match answer.get_mut("ok") {
        Some(ok) => Ok(ok.take()),
        None => panic!("Java does not understand {asked}: {line}"),
    }
}

fn exception(thrown: &Json) -> Exception {
    let text = |name: &str| thrown[name].as_str().map(str::to_owned);
    let cause = Some(&thrown["cause"]).filter(|cause| !cause.is_null());
    Exception {
        class: text("class").expect("a class"),
        message: text("message"),
        cause: cause.map(|cause| Box::new(exception(cause))),
    }
}
