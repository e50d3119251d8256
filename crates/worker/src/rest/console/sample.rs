//! `POST /ui/api/connectors/{connector}/messages`: what the newest records of
//! a connector's topic look like, read from Kafka, so that it costs the way of
//! a message nothing. Off unless `console.messages` says otherwise.
//!
//! The connector's own address and login of Kafka are used; its user needs to
//! be allowed to read the topic.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use rdkafka::Message;
use rdkafka::message::Headers;
use serde_json::{Value, json};

use super::shape::shape;
use super::{fresh, place};
use crate::consume::{ConsumeError, newest};
use crate::files::MessageSample;
use crate::kafka_settings::NativeProperties;
use crate::rest::Shared;
use crate::rest::connectors::{Answer, find};
use crate::rest::payload::RestError;

/// Records that are shown.
const MAX_RECORDS: usize = 10;
/// How long Kafka may take.
const WAIT: Duration = Duration::from_secs(10);

/// What of a producer's settings says where Kafka is and who is there.
const CONNECTION: [&str; 9] = [
    "bootstrap.servers",
    "client.id",
    "security.protocol",
    "sasl.",
    "ssl.",
    "enable.ssl.",
    "enable.sasl.",
    "socket.",
    "broker.address.",
];

pub(super) async fn list(State(rest): Shared, Path(name): Path<String>) -> Answer {
    let view = find(&rest, &name)?;
    if rest.herder.worker().rest.console.messages == MessageSample::Off {
        return Err(RestError {
            status: StatusCode::FORBIDDEN,
            message: "console.messages=off: no messages are shown on this worker".to_owned(),
        });
    }
    let plan = rest.herder.check(view.task_config())?;
    let properties = connection(&plan.producer.properties);
    // A transform may send records elsewhere.
    let written = rest.herder.topics(&name);
    let topic = written.into_iter().next().unwrap_or(plan.source.topic);
    let place = place(&rest)?;
    let asked = topic.clone();
    let read = tokio::task::spawn_blocking(move || {
        let _place = place;
        let mut shown = Vec::new();
        let read = newest(&properties, &asked, MAX_RECORDS, WAIT, |record| {
            let order = (record.timestamp().to_millis(), record.offset());
            shown.push((order, shown_record(record)));
        });
        read.map(|()| shown)
    });
    let read = read.await.map_err(|error| unavailable(error.to_string()))?;
    let mut shown = read.map_err(|error| refused(&error, &topic))?;
    shown.sort_by_key(|(order, _)| Reverse(*order));
    let records = shown
        .into_iter()
        .take(MAX_RECORDS)
        .map(|(_, record)| record);
    let records: Vec<Value> = records.collect();
    Ok(fresh(&json!({"topic": topic, "records": records})))
}

fn connection(producer: &NativeProperties) -> NativeProperties {
    let kept = |name: &str| {
        CONNECTION
            .iter()
            .any(|known| name == *known || (known.ends_with('.') && name.starts_with(known)))
    };
    let properties = producer.iter().filter(|(name, _)| kept(name));
    let properties = properties.map(|(name, value)| (name.clone(), value.clone()));
    properties.collect::<BTreeMap<_, _>>().into()
}

fn shown_record(record: &impl Message) -> Value {
    let headers = record.headers().map(|headers| {
        let names = headers
            .iter()
            .map(|header| json!({"name": header.key, "value": shape(header.value)}));
        names.collect::<Vec<Value>>()
    });
    json!({
        "partition": record.partition(),
        "offset": record.offset(),
        "at": record.timestamp().to_millis(),
        "key": shape(record.key()),
        "value": shape(record.payload()),
        "headers": headers.unwrap_or_default(),
    })
}

fn unavailable(message: String) -> RestError {
    RestError {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message,
    }
}

/// An error without the words for the command line.
fn refused(error: &ConsumeError, topic: &str) -> RestError {
    unavailable(match error {
        ConsumeError::NoTopic { .. } => format!("The topic {topic} does not exist yet"),
        ConsumeError::Forbidden(_) => {
            format!(
                "The connector's Kafka user may not read {topic}: grant it Read and Describe there"
            )
        }
        ConsumeError::Unreachable {
            waited_ms, source, ..
        } => {
            format!("Kafka has not answered within {waited_ms} ms: {source}")
        }
        ConsumeError::Client(error) | ConsumeError::Authentication(error) => {
            format!("Kafka cannot be read: {error}")
        }
        ConsumeError::Read { source, .. } => format!("{topic} cannot be read: {source}"),
        ConsumeError::Output(error) => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_map::map;

    #[test]
    fn of_a_producer_s_settings_the_connection_s_are_kept() {
        let producer = map(&[
            ("bootstrap.servers", "k:1"),
            ("sasl.password", "p"),
            ("enable.ssl.certificate.verification", "false"),
            ("linger.ms", "1"),
            ("bootstrap.servers.x", "y"),
            ("transactional.id", "t"),
        ]);
        let kept = connection(&producer.into());
        let names: Vec<&String> = kept.keys().collect();
        assert_eq!(
            names,
            [
                "bootstrap.servers",
                "enable.ssl.certificate.verification",
                "sasl.password"
            ]
        );
    }
}
