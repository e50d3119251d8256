//! A record has the time when its message was received.

use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use end_to_end::connect::{Api, RealWorker};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::wait;
use end_to_end::worker::Connector;

use crate::shared::standalone;

against_each_kafka!(a_record_has_the_time_at_which_its_message_came);

const MESSAGES: u64 = 60;

fn now_ms() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("a time after 1970").as_millis()
}

/// Also of what comes while Connect polls nothing: not when it was polled, and
/// not when it was written.
fn a_record_has_the_time_at_which_its_message_came(version: Version) {
    const NAME: &str = "timestamps";
    let worker = standalone(version);
    let server = Script::new(Library::Npm).count(MESSAGES).rate(20).start();
    let begun = now_ms();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, 5);
    server.signal("STOP");
    let path = format!("/connectors/{NAME}/pause");
    worker.expect(202, "PUT", &path, None);
    worker.wait_for_task(NAME, "PAUSED");
    let paused = now_ms();
    server.signal("CONT");
    wait::until_true("all have come", || received(worker, NAME) == MESSAGES);
    let come = now_ms();
    let delivered = worker.sequence(NAME);
    let path = format!("/connectors/{NAME}/resume");
    worker.expect(202, "PUT", &path, None);
    worker.wait_for_sequence(NAME, MESSAGES);

    let times = timestamps(version, NAME);
    assert_eq!(times.len() as u64, MESSAGES);
    assert!(times.is_sorted(), "{times:?}");
    let early = usize::try_from(delivered).expect("few");
    assert_within(&times[..early], begun..=paused);
    assert_within(&times[early..], begun..=come);
    // The server sends no faster than its rate.
    let last = times.last().expect("messages");
    assert!(*last >= paused, "{times:?} and a pause at {paused}");
    worker.delete(NAME);
}

fn assert_within(times: &[u128], range: RangeInclusive<u128>) {
    let within = times.iter().all(|time| range.contains(time));
    assert!(within, "{times:?} not in {range:?}");
}

fn received(worker: &RealWorker, connector: &str) -> u64 {
    let package = "io.conduktor.connect.websocket";
    let pattern = format!("{package}:type=WebSocketConnector,name=\"{connector}\",*");
    let beans = worker.mbeans(&pattern);
    let mut counts = beans.values().map(|bean| &bean["MessagesReceived"].1);
    let count = counts.next().and_then(|count| count.parse().ok());
    count.unwrap_or_default()
}

/// The records' times, which must be those that the producer has given them.
fn timestamps(version: Version, topic: &str) -> Vec<u128> {
    let records = Kafka::shared(version).read_all_with(topic, &["print.timestamp=true"]);
    let time = |record: &String| {
        let time = record.strip_prefix("CreateTime:")?.split('\t').next()?;
        time.parse().ok()
    };
    let times: Option<Vec<u128>> = records.iter().map(time).collect();
    times.unwrap_or_else(|| panic!("{records:?}"))
}
