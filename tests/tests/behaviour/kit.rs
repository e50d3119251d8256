//! The harness itself: what the other tests conclude from it must hold.

use end_to_end::kafka::{Kafka, Version};

against_each_kafka!(the_broker_answers);

fn the_broker_answers(version: Version) {
    let kafka = Kafka::shared(version);
    kafka.create_topic("empty", 3);
    assert_eq!(kafka.records("empty"), 0);
    assert!(kafka.read_all("empty").is_empty());
}
