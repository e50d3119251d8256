//! Messages that go through transforms and converters on their way to Kafka.

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::wait::until_true;
use end_to_end::worker::{Connector, Worker, transform};
use regex::Regex;
use serde_json::{Value, json};

const JSON: &str = "org.apache.kafka.connect.json.JsonConverter";
const WRITTEN: &str = "kafka_connect_source_task_metrics_source_record_write_total";
const DATA_EXCEPTION: &str = "org.apache.kafka.connect.errors.DataException";

against_each_kafka!(
    fields_become_keys_headers_and_topics,
    what_kafka_refuses_is_left_out_only_if_errors_are_tolerated
);

fn fields_become_keys_headers_and_topics(version: Version) {
    let server = Script::new(Library::Python).count(300).start();
    let kafka = Kafka::shared(version);
    let connector = Connector::new("mapped", &server, "unmapped")
        .with_keys_and_headers()
        .set("transforms", "key,number,header,pad,route")
        .set("transforms.pad.type", &transform("ReplaceField$Value"))
        .set("transforms.pad.exclude", "pad")
        .set("transforms.route.type", &transform("RegexRouter"))
        .set("transforms.route.regex", "un(.*)")
        .set("transforms.route.replacement", "$1");
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("mapped", 300);

    let shown = kafka.read_all_with("mapped", &["print.key=true", "print.headers=true"]);
    let expected = (0..300).map(|n| format!("origin:exchange\t{n}\t{{\"seq\":{n}}}"));
    assert_eq!(shown, expected.collect::<Vec<_>>());
    let topics = worker.get("/connectors/mapped/topics");
    assert_eq!(topics, json!({"mapped": {"topics": ["mapped"]}}));
}

#[test]
fn json_with_a_schema_is_what_connect_s_converter_writes() {
    let server = Script::new(Library::Npm).count(1).start();
    let kafka = Kafka::shared(Version::V4_1);
    let connector = Connector::new("schema", &server, "json-schema").set("value.converter", JSON);
    let worker = Worker::builder(kafka).connector(connector).start();
    worker.wait_for_acknowledged("schema", 1);
    let record: Value = serde_json::from_str(&kafka.read_all("json-schema")[0]).expect("JSON");
    let schema = json!({"type": "string", "optional": false});
    assert_eq!(
        record,
        json!({"schema": schema, "payload": "{\"seq\":0,\"pad\":\"\"}"})
    );
}

#[test]
fn converters_are_the_worker_s_unless_a_connector_has_its_own() {
    let server = || Script::new(Library::Npm).count(1).start();
    let (theirs, own) = (server(), server());
    let with_header = |connector: Connector| {
        connector
            .set("transforms", "header")
            .set("transforms.header.type", &transform("InsertHeader"))
            .set("transforms.header.header", "origin")
            .set("transforms.header.value.literal", "exchange")
    };
    let string = "org.apache.kafka.connect.storage.StringConverter";
    let theirs = with_header(Connector::new("theirs", &theirs, "converters-theirs"));
    let own = with_header(Connector::new("own", &own, "converters-own"))
        .set("value.converter", string)
        .set("header.converter", string);
    let kafka = Kafka::shared(Version::V3_9);
    let worker = Worker::builder(kafka)
        .set("value.converter", JSON)
        .set("value.converter.schemas.enable", "false")
        .set("header.converter", JSON)
        .set("header.converter.schemas.enable", "false")
        .connector(theirs)
        .connector(own)
        .start();
    let shown = |name: &str| {
        worker.wait_for_acknowledged(name, 1);
        kafka.read_all_with(&format!("converters-{name}"), &["print.headers=true"])
    };
    let json = r#"origin:"exchange"	"{\"seq\":0,\"pad\":\"\"}""#;
    assert_eq!(shown("theirs"), [json]);
    assert_eq!(shown("own"), [r#"origin:exchange	{"seq":0,"pad":""}"#]);
}

#[test]
fn what_cannot_be_converted_fails_the_task_or_goes_to_the_dead_letter_topic() {
    let kafka = Kafka::shared(Version::V4_1);
    let server = || Script::new(Library::Npm).count(50).start();
    let (strict, tolerant) = (server(), server());
    let numbers = "org.apache.kafka.connect.converters.IntegerConverter";
    let strict = Connector::new("strict", &strict, "strict").set("value.converter", numbers);
    let tolerant = Connector::new("tolerant", &tolerant, "tolerant")
        .set("value.converter", numbers)
        .set("errors.tolerance", "all")
        .set("errors.log.enable", "true")
        .set("errors.log.include.messages", "true")
        .set("errors.deadletterqueue.topic.name", "dead-letters")
        .set("errors.deadletterqueue.context.headers.enable", "true");
    let worker = Worker::builder(kafka)
        .connector(strict)
        .connector(tolerant)
        .start();

    let status = worker.wait_for_task("strict", "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    assert!(
        trace.contains("Tolerance exceeded in error handler"),
        "{trace}"
    );
    assert!(trace.contains(DATA_EXCEPTION), "{trace}");

    worker.wait_for_acknowledged("tolerant", 50);
    let shown = kafka.read_all_with("dead-letters", &["print.headers=true"]);
    let split = |record: &String| {
        let (headers, value) = record.split_once('\t').expect("headers");
        (headers.to_owned(), value.to_owned())
    };
    let (headers, values): (Vec<String>, Vec<String>) = shown.iter().map(split).unzip();
    assert_complete(&values, 0..50);
    for headers in headers {
        let expected = [
            ("topic", "tolerant"),
            ("connector.name", "tolerant"),
            ("task.id", "0"),
            ("stage", "VALUE_CONVERTER"),
            ("class.name", numbers),
            ("exception.class.name", DATA_EXCEPTION),
            (
                "exception.message",
                // Java's words, which end so.
                "Failed to serialize to integer (was class java.lang.String): ",
            ),
            (
                "exception.stacktrace",
                &format!(
                    "{DATA_EXCEPTION}: Failed to serialize to integer (was class java.lang.String): "
                ),
            ),
        ];
        let expected = expected.map(|(name, value)| format!("__connect.errors.{name}:{value}"));
        assert_eq!(headers, expected.join(","));
    }
    let line = worker.wait_for_line("Error encountered in task tolerant-0");
    let rule = format!(
        r" ERROR \[LogReporter\] Error encountered in task tolerant-0\. Executing stage 'VALUE_CONVERTER' with class '{}', where source record is = \{{topic='tolerant', timestamp=\d{{13}}\}}\. {}",
        regex::escape(numbers),
        regex::escape(DATA_EXCEPTION),
    );
    assert!(Regex::new(&rule).expect("a rule").is_match(&line), "{line}");
    assert_eq!(worker.states("tolerant").1, "RUNNING");
}

/// A compacted topic takes no record without a key.
fn what_kafka_refuses_is_left_out_only_if_errors_are_tolerated(version: Version) {
    let server = || Script::new(Library::Python).count(20).start();
    let (strict, tolerant) = (server(), server());
    let kafka = Kafka::shared(version);
    let compacted = |name: &str, server| {
        Connector::new(name, server, &format!("compacted-{name}"))
            .set("topic.creation.default.partitions", "1")
            .set("topic.creation.default.replication.factor", "1")
            .set("topic.creation.default.cleanup.policy", "compact")
            .set("errors.log.enable", "true")
    };
    let worker = Worker::builder(kafka)
        .connector(compacted("strict", &strict))
        .connector(compacted("tolerant", &tolerant).set("errors.tolerance", "all"))
        .start();

    let status = worker.wait_for_task("strict", "FAILED");
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    assert!(trace.contains("INVALID_RECORD"), "{trace}");

    let failures = "kafka_connect_task_error_metrics_total_record_failures";
    until_true("20 failures", || {
        worker.metric(failures, "tolerant") == Some(20.0)
    });
    worker.wait_for_line("Executing stage 'KAFKA_PRODUCE'");
    assert_eq!(worker.states("tolerant").1, "RUNNING");
    assert_eq!(worker.metric(WRITTEN, "tolerant"), Some(0.0));
    assert_eq!(kafka.records("compacted-tolerant"), 0);
}
