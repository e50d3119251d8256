//! What a stop does to messages that are on their way, and what is said of it.

use end_to_end::connect::{Api, Builder, lines_of};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;

use crate::shared::with_commits;

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

against_each_kafka!(a_worker_that_ends_with_many_tasks_says_the_last_line_of_each);

/// One has its close frame at once, and the others wait for theirs as long as
/// they may: no server sends it.
fn a_worker_that_ends_with_many_tasks_says_the_last_line_of_each(version: Version) {
    let kafka = Kafka::shared(version);
    let worker = with_commits(Builder::standalone(kafka)).start();
    let feed = |index: usize| {
        let server = Script::new(Library::Npm).endless().rate(100).start();
        (format!("stop-{index}"), server)
    };
    let feeds: Vec<(String, Server)> = (0..TASKS).map(feed).collect();
    for (name, server) in &feeds {
        worker.create(&Connector::new(name, server, name));
    }
    for (name, _) in &feeds {
        worker.wait_for_sequence(name, 20);
    }
    for (_, server) in &feeds[1..] {
        server.signal("STOP");
    }
    let log = worker.terminate();
    for (name, _) in &feeds {
        let records = kafka.read_all(name);
        let read = records.len() as u64;
        assert_complete(&records, 0..read);
        LastLine::of(&log, name).assert_true(name, read);
    }
}
