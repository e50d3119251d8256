//! What the brokers say of themselves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::oauth::LoginContext;

/// Longest wait for the brokers.
const WAIT: Duration = Duration::from_secs(60);
/// Longest single request; between two of them logins are served.
const SLICE: Duration = Duration::from_secs(2);

/// The id of the Kafka cluster that `properties` (librdkafka's) lead to.
/// Blocks for up to a minute; `None` if no broker answers, or one answers
/// without an id, as brokers before Kafka 0.10.1 do.
pub fn cluster_id(properties: &BTreeMap<String, String>) -> Option<String> {
    let config: ClientConfig = properties.clone().into_iter().collect();
    let consumer: BaseConsumer<LoginContext> = config.create_with_context(LoginContext).ok()?;
    let begun = Instant::now();
    while begun.elapsed() < WAIT {
        // Nothing is subscribed to, so only events come.
        drop(consumer.poll(Duration::ZERO));
        let asked = Instant::now();
        let id = consumer.client().fetch_cluster_id(SLICE);
        // Nothing before the time was up is an answer: there is no id.
        if id.is_some() || asked.elapsed() < SLICE / 2 {
            return id;
        }
    }
    None
}
