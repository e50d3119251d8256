//! Brokers that let a client produce less than comes in.

use std::time::{Duration, Instant};

use end_to_end::guarantee::Guarantee;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::Watch;
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};

const MESSAGES: u64 = 8_000;
/// A message of these tests has about 330 bytes. Brokers take the average of ten
/// seconds: so much goes through at once.
const BYTES_PER_SECOND: u64 = 150_000;

against_each_kafka!(a_quota_slows_a_connector_down_and_costs_nothing);

fn a_quota_slows_a_connector_down_and_costs_nothing(version: Version) {
    let kafka = Kafka::shared(version);
    let spool = tempfile::tempdir().expect("a folder");
    let feed = || {
        let script = Script::new(Library::Npm);
        script.count(MESSAGES).padding_bytes(300).start()
    };
    let servers = [feed(), feed()];
    let guarantees = [
        ("quota", Guarantee::AtLeastOnce),
        ("quota-once", Guarantee::ExactlyOnce),
    ];
    let mut worker = Worker::builder(kafka);
    for ((name, guarantee), server) in guarantees.iter().zip(&servers) {
        kafka.set_quota(name, BYTES_PER_SECOND);
        let dir = spool.path().join(name);
        let connector = Connector::new(name, server, name)
            .set("producer.override.client.id", name)
            .set("websocket.buffer.overflow", "block")
            .set("websocket.spool.mode", "durable")
            .set("websocket.spool.dir", dir.to_str().expect("UTF-8"));
        worker = worker.connector(guarantee.of(connector));
    }
    let worker = worker.start();
    let begun = Instant::now();
    let watches = guarantees.map(|(name, _)| Watch::begin(worker.port(), name));
    for (name, _) in guarantees {
        worker.wait_for_acknowledged(name, MESSAGES);
    }
    // Without the quota it is done in a moment.
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(3), "not slowed down: {took:?}");
    for ((name, guarantee), watch) in guarantees.into_iter().zip(watches) {
        assert_complete(&guarantee.read(kafka, name), 0..MESSAGES);
        assert_eq!(worker.states(name).1, "RUNNING");
        let ledger = watch.end().last;
        assert_eq!(ledger.acknowledged, MESSAGES, "{ledger:?}");
    }
}
