//! What librdkafka has in the end of the settings of a connector.

use super::*;
use crate::kafka_settings::{OverridePolicy, ProducerInputs, SystemTrust, translate};

/// A producer of a connector with these `producer.override.*`.
fn producer(overrides: &[(&str, &str)]) -> Producer {
    let config = overrides.iter();
    let config = config.map(|(k, v)| (format!("producer.override.{k}"), (*v).to_owned()));
    let settings = translate(&ProducerInputs {
        bootstrap_servers: "127.0.0.1:9",
        worker_client_id: "",
        worker_producer: &BTreeMap::new(),
        connector_config: &config.collect(),
        override_policy: &OverridePolicy::All,
        system_trust: &SystemTrust::default(),
        has_spool: false,
    })
    .unwrap();
    Producer::new(&ProducerOptions {
        properties: settings.properties,
        max_request_size_bytes: settings.max_request_size_bytes,
        buffer_memory_bytes: settings.buffer_memory_bytes,
    })
    .unwrap()
}

fn assert_has(producer: &Producer, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let found = producer.native.setting(name);
        assert_eq!(found.as_deref(), Some(*value), "{name}");
    }
}

#[test]
fn the_defaults_are_connect_s_down_to_librdkafka() {
    let producer = producer(&[]);
    let expected = [
        // Connect's: every replica's acknowledgement, tried again without end.
        ("acks", "-1"),
        ("retries", "2147483647"),
        ("message.timeout.ms", "0"),
        // One in flight is what turns see to; idempotence is what Kafka's own
        // producer has, and it allows five.
        ("enable.idempotence", "true"),
        ("max.in.flight.requests.per.connection", "5"),
        // Kafka's.
        ("message.max.bytes", "1048576"),
        ("compression.type", "none"),
        ("request.timeout.ms", "30000"),
        ("retry.backoff.ms", "100"),
        // Ours: a request takes what is waiting.
        ("linger.ms", "1"),
        ("batch.size", "1000000"),
        ("batch.num.messages", "10000"),
        ("client.id", "connect-websocket"),
        // Nothing is refused that our own counting has room for.
        ("queue.buffering.max.messages", "0"),
        ("queue.buffering.max.kbytes", "8002"),
        ("sticky.partitioning.linger.ms", "0"),
    ];
    assert_has(&producer, &expected);
    assert_eq!(producer.max_request_size_bytes, 1_048_576);
    assert_eq!(producer.room.limit_bytes(), 4_096_000);
}

#[test]
fn without_idempotence_one_request_is_in_flight_and_tries_have_no_end() {
    let producer = producer(&[("enable.idempotence", "false")]);
    let expected = [
        ("acks", "-1"),
        ("retries", "2147483647"),
        ("message.timeout.ms", "0"),
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
    ];
    assert_has(&producer, &expected);
}

#[test]
fn overrides_in_java_s_names_arrive_at_librdkafka() {
    let producer = producer(&[
        ("acks", "1"),
        ("retries", "7"),
        ("delivery.timeout.ms", "120000"),
        ("max.request.size", "2000000"),
        ("compression.type", "lz4"),
        ("linger.ms", "20"),
        ("batch.size", "3000000"),
        ("client.id", "mine"),
        ("request.timeout.ms", "10000"),
    ]);
    let expected = [
        ("acks", "1"),
        ("retries", "7"),
        ("message.timeout.ms", "120000"),
        ("message.max.bytes", "2000000"),
        ("compression.type", "lz4"),
        ("linger.ms", "20"),
        ("batch.size", "3000000"),
        ("client.id", "mine"),
        ("request.timeout.ms", "10000"),
        ("enable.idempotence", "false"),
        ("max.in.flight.requests.per.connection", "1"),
    ];
    assert_has(&producer, &expected);
}
