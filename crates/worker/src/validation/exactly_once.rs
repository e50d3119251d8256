//! What `exactly.once.support=required` comes to: the task writes its records
//! and its offset in transactions, or the connector is refused with the reason.
//!
//! Standalone Connect takes the setting and does nothing by it. Invariant: a
//! connector that is to be written exactly once never runs in another way.

use std::time::Duration;

use websocket_source::settings::SourceConfig;

use super::clients::offsets_admin;
use super::{Config, Validation};
use crate::files::WorkerConfig;
use crate::kafka_settings::{PRODUCER_OVERRIDE_PREFIX, ProducerSettings, SystemTrust};
use crate::offsets::kafka_topic::{DEFAULT_TOPIC, OffsetsTopic};
use crate::producer::{Boundary, check_topic, transactional_id};

const SUPPORT: &str = "exactly.once.support";
const BOUNDARY: &str = "transaction.boundary";
const INTERVAL: &str = "transaction.boundary.interval.ms";
const TOPIC: &str = "offsets.storage.topic";
const TIMEOUT: &str = "transaction.timeout.ms";

/// What a task needs to write exactly once.
#[derive(Clone, Debug)]
pub struct ExactlyOncePlan {
    /// Where a transaction ends.
    pub boundary: Boundary,
    /// Where the offset goes.
    pub offsets: OffsetsTopic,
    /// The task's transactional id.
    pub transactional_id: String,
}

fn text<'a>(config: &'a Config, name: &str) -> &'a str {
    config.get(name).map_or("", |value| value.trim())
}

/// `None` if exactly once is not asked for, or is refused.
pub(super) fn exactly_once(
    config: &Config,
    worker: &WorkerConfig,
    trust: &SystemTrust,
    (source, producer): (&SourceConfig, &ProducerSettings),
    validation: &mut Validation,
) -> Option<ExactlyOncePlan> {
    if !text(config, SUPPORT).eq_ignore_ascii_case("required") {
        tell_what_has_no_effect(config, worker, validation);
        return None;
    }
    for missing in source.missing_for_exactly_once() {
        validation.refuse(SUPPORT, format!("{SUPPORT}=required needs {missing}"));
    }
    if producer
        .properties
        .get("enable.idempotence")
        .map(String::as_str)
        != Some("true")
    {
        validation.refuse(
            SUPPORT,
            format!(
                "{SUPPORT}=required needs an idempotent producer, which these rule out in producer.* or \
                 {PRODUCER_OVERRIDE_PREFIX}*: enable.idempotence=false, acks other than all, retries=0, \
                 max.in.flight.requests.per.connection above 5"
            ),
        );
    }
    let name = Some(text(config, TOPIC)).filter(|name| !name.is_empty());
    let name = name.unwrap_or(DEFAULT_TOPIC);
    if let Err(why) = check_topic(name) {
        validation.refuse(
            TOPIC,
            format!("{TOPIC}: '{name}' is not a topic's name: {why}"),
        );
    }
    let boundary = boundary(config, worker, producer, validation)?;
    let properties = offsets_admin(config, worker, trust, validation);
    Some(ExactlyOncePlan {
        boundary,
        offsets: OffsetsTopic {
            name: name.to_owned(),
            properties,
        },
        transactional_id: transactional_id(worker.group_id.as_deref(), text(config, "name"), 0),
    })
}

fn boundary(
    config: &Config,
    worker: &WorkerConfig,
    producer: &ProducerSettings,
    validation: &mut Validation,
) -> Option<Boundary> {
    let boundary = text(config, BOUNDARY);
    if boundary.eq_ignore_ascii_case("connector") {
        validation.refuse(
            BOUNDARY,
            "The connector does not support connector-defined transaction boundaries with the given \
             configuration. Please reconfigure it to use a different transaction boundary definition: \
             poll, or interval"
                .to_owned(),
        );
        return None;
    }
    if !boundary.eq_ignore_ascii_case("interval") {
        return Some(Boundary::POLL);
    }
    // What is no number is told of by the definitions.
    let given = text(config, INTERVAL).parse().ok();
    let interval_ms: u64 = given.unwrap_or(worker.offset_flush_interval_ms);
    let timeout_ms = producer.properties.get(TIMEOUT);
    let timeout_ms = timeout_ms.and_then(|text| text.parse::<u64>().ok());
    if let Some(timeout_ms) = timeout_ms.filter(|timeout_ms| *timeout_ms <= interval_ms) {
        validation.refuse(
            INTERVAL,
            format!(
                "a transaction of {interval_ms} ms ({INTERVAL}, or the worker's \
                 offset.flush.interval.ms) would be ended by the brokers after the producer's \
                 {TIMEOUT} of {timeout_ms} ms: lower the one or raise the other"
            ),
        );
    }
    Some(Boundary::interval(Duration::from_millis(interval_ms)))
}

fn tell_what_has_no_effect(config: &Config, worker: &WorkerConfig, validation: &mut Validation) {
    let defaults = [(BOUNDARY, "poll"), (INTERVAL, ""), (TOPIC, "")];
    let others = defaults.iter().filter(|(name, default)| {
        let value = text(config, name);
        !value.is_empty() && !value.eq_ignore_ascii_case(default)
    });
    let mut useless: Vec<String> = others.map(|(name, _)| (*name).to_owned()).collect();
    let overriding = format!("{PRODUCER_OVERRIDE_PREFIX}{TIMEOUT}");
    if config.contains_key(&overriding) {
        useless.push(overriding);
    } else if worker.producer.contains_key(TIMEOUT) {
        useless.push(format!("producer.{TIMEOUT}"));
    }
    for name in useless {
        validation.warnings.push(format!(
            "{name} has no effect: {SUPPORT} is not required, and records are delivered at least once"
        ));
    }
}

#[cfg(test)]
mod tests;
