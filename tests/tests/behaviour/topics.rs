//! Topics that are created with the settings that a connector gives for them.

use end_to_end::kafka::{Extras, Kafka, Version};
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};

const TRANSFORMS: &str = "org.apache.kafka.connect.transforms";

/// Gives the default group, which has to be complete.
fn with_default(connector: Connector, factor: &str, partitions: &str) -> Connector {
    connector
        .set("topic.creation.default.replication.factor", factor)
        .set("topic.creation.default.partitions", partitions)
}

against_each_kafka!(
    topics_have_the_settings_of_their_groups,
    a_worker_may_leave_topics_to_the_brokers,
    a_topic_that_cannot_be_created_fails_the_task,
);

fn topics_have_the_settings_of_their_groups(version: Version) {
    // Nothing but the worker creates a topic here.
    let extras = Extras {
        settings: "auto.create.topics.enable=false\n".to_owned(),
        ..Extras::default()
    };
    let kafka = Kafka::start_with(version, &extras);
    let server = || Script::new(Library::Python).count(50).start();
    let (plain, routed, present) = (server(), server(), server());
    kafka.create_topic("present", 2);
    let plain = with_default(Connector::new("plain", &plain, "plain"), "-1", "5")
        .set("topic.creation.groups", "other, small")
        .set("topic.creation.other.include", "pla")
        .set("topic.creation.small.include", "x, pl.*")
        .set("topic.creation.small.partitions", "3")
        .set("topic.creation.small.compression.type", "lz4")
        .set("topic.creation.small.max.message.bytes", "123456");
    let routed = with_default(Connector::new("routed", &routed, "unrouted"), "1", "-1")
        .set("transforms", "route")
        .set(
            "transforms.route.type",
            &format!("{TRANSFORMS}.RegexRouter"),
        )
        .set("transforms.route.regex", "un(.*)")
        .set("transforms.route.replacement", "$1")
        .set("topic.creation.default.retention.ms", "7654321");
    let present = with_default(Connector::new("present", &present, "present"), "1", "9");
    let worker = Worker::builder(&kafka)
        .connector(plain)
        .connector(routed)
        .connector(present)
        .start();
    for (name, topic) in [
        ("plain", "plain"),
        ("routed", "routed"),
        ("present", "present"),
    ] {
        worker.wait_for_acknowledged(name, 50);
        assert_eq!(kafka.records(topic), 50);
    }

    let described = kafka.describe_topic("plain");
    let has = |part: &str| assert!(described.contains(part), "{part}: {described}");
    has("PartitionCount: 3");
    has("ReplicationFactor: 1");
    has("compression.type=lz4");
    has("max.message.bytes=123456");
    let described = kafka.describe_topic("routed");
    assert!(
        described.contains("PartitionCount: 1") && described.contains("retention.ms=7654321"),
        "{described}"
    );
    assert!(
        kafka
            .describe_topic("present")
            .contains("PartitionCount: 2")
    );
    for line in [
        "The task will send records to topic 'plain' for the first time. Checking whether topic exists",
        "Creating topic 'plain'",
        "Created topic '(name=plain, numPartitions=3, replicationFactor=-1, replicasAssignments=null, \
         configs={compression.type=lz4, max.message.bytes=123456})' using creation group \
         TopicCreationGroup{name='small', inclusionPattern=x|pl.*, exclusionPattern=, \
         numPartitions=3, replicationFactor=-1, otherConfigs={compression.type=lz4, \
         max.message.bytes=123456}}",
        "Topic 'present' already exists.",
    ] {
        worker.wait_for_line(line);
    }
    assert!(worker.line("topic 'unrouted'").is_none());
}

fn a_worker_may_leave_topics_to_the_brokers(version: Version) {
    let kafka = Kafka::shared(version);
    let server = Script::new(Library::Python).count(20).start();
    let connector = with_default(Connector::new("left", &server, "left"), "3", "7");
    let worker = Worker::builder(kafka)
        .set("topic.creation.enable", "false")
        .connector(connector)
        .start();
    worker.wait_for_acknowledged("left", 20);
    assert!(kafka.describe_topic("left").contains("PartitionCount: 1"));
    worker.wait_for_line(
        "topic.creation.* has no effect: the worker has topic.creation.enable=false",
    );
}

fn a_topic_that_cannot_be_created_fails_the_task(version: Version) {
    let kafka = Kafka::shared(version);
    let server = || Script::new(Library::Python).count(20).start();
    let (three, wrong) = (server(), server());
    let three = with_default(Connector::new("three", &three, "three"), "3", "1");
    let wrong = with_default(Connector::new("wrong", &wrong, "wrong"), "1", "1")
        .set("topic.creation.default.cleanup.policy", "burn")
        .set("transforms", "pad")
        .set("transforms.pad.type", &format!("{TRANSFORMS}.InsertHeader"))
        .set("transforms.pad.header", "h")
        .set("transforms.pad.value.literal", "v");
    let many = server();
    let many = with_default(Connector::new("many", &many, "many"), "1", "2000000000");
    let worker = Worker::builder(kafka)
        .connector(three)
        .connector(wrong)
        .connector(many)
        .start();
    let trace = |name: &str| {
        let status = worker.wait_for_task(name, "FAILED");
        assert_eq!(status["connector"]["state"], "RUNNING");
        status["tasks"][0]["trace"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let found = trace("three");
    assert!(
        found.starts_with(
            "org.apache.kafka.connect.errors.ConnectException: Error while attempting to create/find \
             topic(s) 'three'\nCaused by: org.apache.kafka.common.errors.InvalidReplicationFactorException: "
        ) && found.contains("replication factor of 3"),
        "{found}"
    );
    let found = trace("many");
    assert!(found.contains("2000000000 partitions"), "{found}");
    let found = trace("wrong");
    assert!(
        found.starts_with(
            "org.apache.kafka.connect.errors.ConnectException: Unable to create topic(s) 'wrong': "
        ) && found.contains("burn"),
        "{found}"
    );
}

#[test]
fn a_topic_is_created_once_kafka_is_there() {
    let kafka = Kafka::start(Version::V4_1);
    kafka.stop();
    let server = Script::new(Library::Python).count(20).start();
    let (one, two) = (
        Connector::new("one", &server, "late"),
        Script::new(Library::Python).count(20).start(),
    );
    let two = Connector::new("two", &two, "late");
    let worker = Worker::builder(&kafka)
        .connector(with_default(one, "1", "3"))
        .connector(with_default(two, "1", "3"))
        .start();
    worker.wait_for_received("one", 20);
    worker.wait_for_received("two", 20);
    kafka.start_again();
    worker.wait_for_acknowledged("one", 20);
    worker.wait_for_acknowledged("two", 20);
    assert!(kafka.describe_topic("late").contains("PartitionCount: 3"));
    assert_eq!(worker.states("one").1, "RUNNING");
}
