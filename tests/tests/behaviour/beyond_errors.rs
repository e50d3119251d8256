//! What becomes of records that cannot be written, and what is told of them
//! where no request shows it: by the real worker, and by ours.

use std::collections::BTreeSet;

use end_to_end::connect::{Api, Builder, Plugin, RealWorker, SINK_CLASS};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker, transform};
use regex::Regex;

const NUMBERS: &str = "org.apache.kafka.connect.converters.IntegerConverter";

fn server(messages: u64) -> Server {
    Script::new(Library::Npm).count(messages).start()
}

/// One whose records are no numbers, and are to be tried for ever.
fn strict(server: &Server, topic: &str) -> Connector {
    Connector::new("strict", server, topic)
        .set("transforms", "cast")
        .set("transforms.cast.type", &transform("Cast$Value"))
        .set("transforms.cast.spec", "int32")
        .set("errors.retry.timeout", "-1")
        .set("errors.retry.delay.max.ms", "1")
        .set("errors.log.enable", "true")
        .set("errors.log.include.messages", "true")
}

#[test]
fn what_kafka_s_transforms_refuse_is_not_tried_again_and_is_told_of() {
    let kafka = Kafka::shared(Version::V3_9);
    let server = server(1);
    let real = Builder::standalone(kafka).start();
    let ours = Worker::builder(kafka).start();
    let put = |connector: &Connector| {
        let path = format!("/connectors/{}/config", connector.name());
        let config = connector.config();
        [
            real.request("PUT", &path, Some(&config)),
            ours.request("PUT", &path, Some(&config)),
        ]
    };
    let wrong = strict(&server, "retries").set("errors.retry.timeout", "soon");
    for refused in put(&wrong) {
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert!(refused.body.contains("errors.retry.timeout"));
    }
    for created in put(&strict(&server, "retries")) {
        assert_eq!(created.status, 201, "{}", created.body);
    }
    real.wait_for_task("strict", "FAILED");
    ours.wait_for_task("strict", "FAILED");
    let retries = "kafka_connect_task_error_metrics_total_retries";
    assert_eq!(ours.metric(retries, "strict"), Some(0.0));

    let told = "Error encountered in task strict-0. Executing stage 'TRANSFORMATION'";
    let log = real.log();
    let line = log
        .lines()
        .find(|line| line.contains(told))
        .expect("a line");
    for part in ["value=record 1", "key=", "headers=", "topic='retries'"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    let line = ours.wait_for_line(told);
    assert!(line.contains("{topic='retries', timestamp="), "{line}");
    assert!(!line.contains("seq"), "the message is not in it: {line}");
}

/// One whose topic takes batches of so many bytes.
fn limited(name: &str, server: &Server, bytes: &str) -> Connector {
    Connector::new(name, server, &format!("limited-{name}"))
        .set("topic.creation.default.partitions", "1")
        .set("topic.creation.default.replication.factor", "1")
        .set("topic.creation.default.max.message.bytes", bytes)
        .set("errors.tolerance", "all")
        .set("errors.log.enable", "true")
}

/// Gives each of a few records a partition of its own, and so a batch.
fn spread(connector: Connector) -> Connector {
    connector
        .set("topic.creation.default.partitions", "97")
        .set("transforms", "hoist,key")
        .set("transforms.hoist.type", &transform("HoistField$Value"))
        .set("transforms.hoist.field", "f")
        .set("transforms.key.type", &transform("ValueToKey"))
        .set("transforms.key.fields", "f")
}

/// The stub's three records are one batch of 106 bytes.
#[test]
fn a_batch_that_is_too_large_arrives_in_parts_here_and_is_tried_for_ever_there() {
    let kafka = Kafka::shared(Version::V3_9);
    let padded = |bytes: u64| {
        let script = Script::new(Library::Npm).count(100);
        script.padding_bytes(bytes).start()
    };
    let servers = [padded(200), padded(200), padded(2_000)];
    let real = Builder::standalone(kafka)
        .set("task.shutdown.graceful.timeout.ms", "1")
        .start();
    real.create(&spread(limited("single", &servers[0], "60")));
    until_true("what is too large by itself is left out", || {
        let told = "Error encountered in task single-0. Executing stage 'KAFKA_PRODUCE'";
        real.log().matches(told).count() == 3
    });
    assert_eq!(
        real.status("single").expect("there")["tasks"][0]["state"],
        "RUNNING"
    );
    // Records that a busy machine hands over one by one are one batch as well.
    let split = limited("split", &servers[0], "90").set("producer.override.linger.ms", "1000");
    real.create(&split);
    until_true("it is split again and again", || {
        let told = "on topic-partition limited-split-0, splitting and retrying";
        real.log().matches(told).count() > 100
    });
    real.delete("split");
    for topic in ["limited-single", "limited-split"] {
        assert_eq!(kafka.records(topic), 0, "{topic}");
    }

    let size = |connector: Connector| connector.set("producer.override.max.request.size", "1000");
    let ours = Worker::builder(kafka)
        .connector(limited("batch", &servers[0], "1000"))
        .connector(size(limited("fitting", &servers[1], "1000")))
        .connector(size(limited("large", &servers[2], "1000")))
        .start();
    for name in ["batch", "fitting"] {
        ours.wait_for_acknowledged(name, 100);
        assert_eq!(kafka.records(&format!("limited-{name}")), 100);
    }
    let failures = "kafka_connect_task_error_metrics_total_record_failures";
    until_true("100 failures", || {
        ours.metric(failures, "large") == Some(100.0)
    });
    assert_eq!(ours.states("large").1, "RUNNING");
    assert_eq!(kafka.records("limited-large"), 0);
}

/// Names of the headers of a dead letter, and the rest of it.
fn dead_letter(kafka: &Kafka, topic: &str) -> (BTreeSet<String>, String) {
    until_true("a dead letter", || kafka.records(topic) == 1);
    let shown = kafka
        .read_all_with(topic, &["print.headers=true"])
        .join("\n");
    let name = Regex::new(r"__connect\.errors\.([a-z.]+):").expect("a pattern");
    let names = name.captures_iter(&shown).map(|found| found[1].to_owned());
    (names.collect(), shown)
}

#[test]
fn a_dead_letter_has_the_headers_of_a_real_sink_s_but_for_java_s_frames_and_the_offset() {
    let kafka = Kafka::shared(Version::V3_9);
    let servers = [server(1), server(1)];
    let failing = |name: &str, server: &Server| {
        Connector::new(name, server, &format!("letters-{name}"))
            .set("value.converter", NUMBERS)
            .set("errors.tolerance", "all")
            .set("errors.deadletterqueue.topic.name", &format!("dead-{name}"))
            .set("errors.deadletterqueue.topic.replication.factor", "1")
            .set("errors.deadletterqueue.context.headers.enable", "true")
    };
    let texts = Connector::new("texts", &servers[0], "letters-texts");
    let ours = Worker::builder(kafka)
        .connector(texts)
        .connector(failing("ours", &servers[1]))
        .start();
    ours.wait_for_acknowledged("texts", 1);
    let real: RealWorker = Builder::standalone(kafka)
        .plugin(Plugin::StubAndSink)
        .start();
    let sink = failing("real", &servers[0])
        .set("connector.class", SINK_CLASS)
        .set("topics", "letters-texts");
    real.create(&sink);

    let (mut theirs, text) = dead_letter(kafka, "dead-real");
    let frame = "\tat org.apache.kafka.connect.";
    assert!(text.contains(frame), "{text}");
    let (names, text) = dead_letter(kafka, "dead-ours");
    assert!(!text.contains(frame), "{text}");
    for of_a_topic in ["offset", "partition"] {
        assert!(theirs.remove(of_a_topic), "{of_a_topic}");
    }
    assert_eq!(names, theirs);
}
