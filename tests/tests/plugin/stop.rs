//! What a stop does to messages that are on their way, and what is said of it.

use end_to_end::connect::{Api, Builder};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::wait;
use end_to_end::worker::Connector;
use serde_json::json;

use crate::shared::with_commits;

/// Connect polls no more, waits for Kafka to have what was polled, and only
/// then stops the task: what comes meanwhile nobody asks for.
#[test]
fn the_last_line_of_a_task_says_what_was_delivered_and_what_was_lost() {
    const NAME: &str = "stop";
    let kafka = Kafka::shared(Version::V3_9);
    let worker = with_commits(Builder::standalone(kafka)).start();
    let level = json!({"level": "INFO"});
    let logger = "/admin/loggers/io.conduktor.connect.websocket";
    worker.expect(200, "PUT", logger, Some(&level));
    let server = Script::new(Library::Npm).endless().rate(2_000).start();
    // What makes that wait long.
    let connector = Connector::new(NAME, &server, NAME)
        .set("producer.override.linger.ms", "1000")
        .set("producer.override.batch.size", "1000000");
    worker.create(&connector);
    worker.wait_for_sequence(NAME, 2_000);
    worker.delete(NAME);

    let line = wait::until("the last line", || {
        let log = worker.log();
        log.lines()
            .find(|line| line.contains("Stopped - "))
            .map(str::to_owned)
    });
    let number = |name: &str| -> u64 {
        let (_, rest) = line.split_once(name).unwrap_or_else(|| panic!("{line}"));
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
        digits
            .and_then(|digits| digits.parse().ok())
            .expect("a number")
    };
    let records = kafka.read_all(NAME);
    let read = records.len() as u64;
    assert_complete(&records, 0..read);
    assert_eq!(
        number("Received: "),
        read + number("Lost: "),
        "{read} read, but: {line}"
    );
    assert_eq!(number("Delivered: "), read, "{line}");
    assert!(number("Lost: ") > 0, "nothing came in that time: {line}");
}
