//! A Kafka in this process, for the demo, for trying things and for tests:
//! librdkafka's mock cluster.
//!
//! It keeps the newest 5 MiB of each partition in memory and ends with the
//! process. Clients made of librdkafka can use it; Java's cannot.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

/// Why the embedded Kafka cannot do what is asked.
#[derive(Debug, thiserror::Error)]
#[error("embedded Kafka: {0}")]
pub struct EmbeddedError(rdkafka::error::KafkaError);

/// A running cluster; it ends on drop.
pub struct EmbeddedKafka(MockCluster<'static, DefaultProducerContext>);

impl EmbeddedKafka {
    /// Starts a cluster of so many brokers on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// The system has no port or thread for it.
    pub fn start(brokers: i32) -> Result<Self, EmbeddedError> {
        MockCluster::new(brokers).map(Self).map_err(EmbeddedError)
    }

    /// Where it listens, as for `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> String {
        self.0.bootstrap_servers()
    }

    /// Creates a topic. Topics that are not created so get four partitions
    /// when they are first used.
    ///
    /// # Errors
    /// The topic exists already.
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<(), EmbeddedError> {
        self.0
            .create_topic(name, partitions, 1)
            .map_err(EmbeddedError)
    }
}
