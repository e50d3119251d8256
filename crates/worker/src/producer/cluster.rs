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
/// Blocks for up to a minute; `None` if no broker answers.
pub fn cluster_id(properties: &BTreeMap<String, String>) -> Option<String> {
    let config: ClientConfig = properties.clone().into_iter().collect();
    let consumer: BaseConsumer<LoginContext> = config.create_with_context(LoginContext).ok()?;
    let begun = Instant::now();
    while begun.elapsed() < WAIT {
        // Nothing is subscribed to, so only events come.
        drop(consumer.poll(Duration::ZERO));
        if let Some(id) = consumer.client().fetch_cluster_id(SLICE) {
            return Some(id);
        }
    }
    None
}
