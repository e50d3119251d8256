//! What the brokers say of themselves.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;

use super::native::Native;

/// Longest single wait for the brokers.
const WAIT: Duration = Duration::from_secs(60);

/// The id of the Kafka cluster that `properties` (librdkafka's) lead to.
/// Blocks for up to a minute; `None` if no broker answers.
pub fn cluster_id(properties: &BTreeMap<String, String>) -> Option<String> {
    let config: ClientConfig = properties.clone().into_iter().collect();
    Native::new(&config).ok()?.cluster_id(WAIT)
}
