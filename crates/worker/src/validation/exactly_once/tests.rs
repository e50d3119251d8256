use std::collections::BTreeMap;

use super::*;
use crate::test_map::map;
use crate::validation::{CONNECTOR_CLASS, Validation, validate};

const REQUIRED: [(&str, &str); 2] = [
    (SUPPORT, "Required"),
    ("websocket.buffer.overflow", "block"),
];

fn worker(more: &[(&str, &str)]) -> WorkerConfig {
    let string = "org.apache.kafka.connect.storage.StringConverter";
    let base = [
        ("key.converter", string),
        ("value.converter", string),
        ("offset.storage.file.filename", "f"),
    ];
    WorkerConfig::from_map(&map(&[&base[..], more].concat())).expect("valid")
}

fn validated(worker: &WorkerConfig, pairs: &[(&str, &str)]) -> Validation {
    let base = [
        ("name", "c"),
        ("connector.class", CONNECTOR_CLASS),
        ("websocket.url", "ws://h/"),
        ("kafka.topic", "t"),
    ];
    let config: BTreeMap<_, _> = map(&[&base[..], pairs].concat());
    validate(&config, worker, &SystemTrust::default())
}

/// What the parts of transactions come to, whatever else is missing.
fn plan(worker: &WorkerConfig, pairs: &[(&str, &str)]) -> Option<ExactlyOncePlan> {
    let validation = validated(worker, &[&REQUIRED[..], pairs].concat());
    validation.plan.and_then(|plan| plan.ok()?.exactly_once)
}

fn errors(pairs: &[(&str, &str)]) -> Vec<String> {
    validated(&worker(&[]), &[&REQUIRED[..], pairs].concat()).errors()
}

#[test]
fn what_is_not_durable_is_refused() {
    let errors = validated(&worker(&[]), &[(SUPPORT, "required")]).errors();
    assert!(
        errors[0].contains("needs websocket.buffer.overflow=block"),
        "{errors:?}"
    );
}

#[test]
fn a_task_has_its_own_transactional_id_topic_and_boundary() {
    let plan_of = |worker: &[(&str, &str)], pairs: &[(&str, &str)]| {
        plan(&self::worker(worker), pairs).expect("a plan")
    };
    let default = plan_of(&[], &[]);
    assert_eq!(default.transactional_id, "connect-websocket-c-0");
    assert_eq!(default.offsets.name, "connect-websocket-offsets");
    assert_eq!(
        default.offsets.properties["bootstrap.servers"],
        "localhost:9092"
    );
    assert_eq!(default.boundary, Boundary::POLL);
    let named = plan_of(
        &[("group.id", "g"), ("offset.flush.interval.ms", "7000")],
        &[(TOPIC, "o"), (BOUNDARY, "INTERVAL")],
    );
    assert_eq!(named.transactional_id, "g-c-0");
    assert_eq!(named.offsets.name, "o");
    assert_eq!(named.boundary, Boundary::interval(Duration::from_secs(7)));
    let short = plan_of(&[], &[(BOUNDARY, "interval"), (INTERVAL, "5")]);
    assert_eq!(short.boundary, Boundary::interval(Duration::from_millis(5)));
}

#[test]
fn what_rules_transactions_out_is_refused_by_name() {
    let refused = |pairs: &[(&str, &str)], words: &str| {
        let errors = errors(pairs);
        assert!(
            errors.iter().any(|error| error.contains(words)),
            "{errors:?}"
        );
    };
    refused(
        &[(BOUNDARY, "connector")],
        "does not support connector-defined",
    );
    refused(&[("producer.override.acks", "1")], "acks other than all");
    refused(
        &[("producer.override.enable.idempotence", "false")],
        "enable.idempotence=false",
    );
    refused(&[(TOPIC, "a b")], "is not a topic's name");
    refused(
        &[
            (BOUNDARY, "interval"),
            (INTERVAL, "60000"),
            ("producer.override.transaction.timeout.ms", "60000"),
        ],
        "would be ended by the brokers",
    );
    refused(
        &[("producer.override.transactional.id", "mine")],
        "has its own",
    );
}

#[test]
fn what_has_no_effect_without_it_is_told_of() {
    let given = [
        (BOUNDARY, "interval"),
        (INTERVAL, "5"),
        (TOPIC, "o"),
        ("producer.override.transaction.timeout.ms", "5000"),
    ];
    let plan = validated(&worker(&[]), &given).into_plan().expect("valid");
    let told = |(name, _): &(&str, &str)| {
        let text = format!("{name} has no effect: exactly.once.support is not required");
        plan.warnings
            .iter()
            .any(|warning| warning.starts_with(&text))
    };
    assert!(
        given.iter().all(told) && plan.warnings.len() == 4,
        "{:?}",
        plan.warnings
    );
    assert!(plan.exactly_once.is_none());
}
