//! What a stop does to messages that are on their way, and what is said of it.

use end_to_end::connect::{Api, Builder, CLASS, Cluster, lines_of};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;
use serde_json::json;

use crate::shared::with_commits;
use crate::wire::{TEXT, frame, serve_and_answer_the_first_close};

/// The numbers of the last line of a task.
#[derive(Debug)]
pub(crate) struct LastLine {
    pub(crate) received: u64,
    pub(crate) delivered: u64,
    pub(crate) lost: u64,
}

impl LastLine {
    pub(crate) fn parse(line: &str) -> Self {
        let number = |name: &str| -> u64 {
            let (_, rest) = line.split_once(name).unwrap_or_else(|| panic!("{line}"));
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
            digits
                .and_then(|digits| digits.parse().ok())
                .unwrap_or_else(|| panic!("no number {name}: {line}"))
        };
        assert_eq!(number("Dropped: "), 0, "{line}");
        Self {
            received: number("Received: "),
            delivered: number("Delivered: "),
            lost: number("Lost: "),
        }
    }

    /// The one of a connector of which no task has ended before in this log.
    pub(crate) fn of(log: &str, connector: &str) -> Self {
        let lines = lines_of(log, connector, "Stopped - ");
        let [line] = &lines[..] else {
            panic!("not one last line of {connector}: {lines:?} in\n{log}")
        };
        Self::parse(line)
    }

    /// What Kafka has is what was delivered, and all that was received besides
    /// is lost.
    pub(crate) fn assert_true(&self, connector: &str, read: u64) {
        assert_eq!(self.delivered, read, "{connector}: {read} read, {self:?}");
        let accounted = read + self.lost;
        assert_eq!(
            self.received, accounted,
            "{connector}: {read} read, {self:?}"
        );
    }
}

/// Connect polls no more, waits for Kafka to have what was polled, and only
/// then stops the task: what comes meanwhile nobody asks for.
#[test]
fn the_last_line_of_a_task_says_what_was_delivered_and_what_was_lost() {
    const NAME: &str = "stop";
    let kafka = Kafka::shared(Version::V3_9);
    let worker = with_commits(Builder::standalone(kafka)).start();
    let server = Script::new(Library::Npm).endless().rate(2_000).start();
    // What makes that wait long.
    let connector = Connector::new(NAME, &server, NAME)
        .set("producer.override.linger.ms", "1000")
        .set("producer.override.batch.size", "1000000");
    worker.create(&connector);
    worker.wait_for_sequence(NAME, 2_000);
    worker.delete(NAME);

    let line = LastLine::parse(&worker.wait_for_line(NAME, "Stopped - "));
    let records = kafka.read_all(NAME);
    let read = records.len() as u64;
    assert_complete(&records, 0..read);
    line.assert_true(NAME, read);
    assert!(line.lost > 0, "nothing came in that time: {line:?}");
}

/// How many tasks a worker ends with.
const TASKS: usize = 5;

/// What each has delivered before.
const MESSAGES: usize = 20;

against_each_kafka!(a_worker_that_ends_with_many_tasks_says_the_last_line_of_each);

/// A distributed worker stops its tasks together. One has its close frame when
/// all have sent theirs, and the others wait as long as they may: the server
/// sends them none.
fn a_worker_that_ends_with_many_tasks_says_the_last_line_of_each(version: Version) {
    let kafka = Kafka::shared(version);
    let builder = with_commits(Builder::distributed(kafka, "stop"));
    let mut cluster = Cluster::start(1, &builder);
    let message = |number: usize| frame(true, TEXT, format!("{{\"seq\":{number}}}").as_bytes());
    let messages: Vec<u8> = (0..MESSAGES).flat_map(message).collect();
    let port = serve_and_answer_the_first_close(vec![messages; TASKS]);
    let names: Vec<String> = (0..TASKS).map(|task| format!("stop-{task}")).collect();
    for (task, name) in names.iter().enumerate() {
        let config = json!({
            "connector.class": CLASS,
            "websocket.url": format!("ws://127.0.0.1:{port}/{task}"),
            "kafka.topic": name,
            // The server reads nothing but the close frame.
            "websocket.ping.interval.ms": "0",
        });
        let path = format!("/connectors/{name}/config");
        cluster.expect(201, "PUT", &path, Some(&config));
    }
    for name in &names {
        cluster.wait_for_sequence(name, MESSAGES as u64);
    }
    let worker = cluster.live().next().expect("a worker").id();
    cluster.terminate(&worker);
    let log = cluster.log(&worker);
    for name in &names {
        assert_complete(&kafka.read_all(name), 0..MESSAGES as u64);
        LastLine::of(&log, name).assert_true(name, MESSAGES as u64);
    }
}
