//! Changes offsets from outside, in a transaction with the task's own id: a
//! task of this name that is still running somewhere is fenced by that
//! and cannot undo the change.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::super::PartitionOffset;
use super::{OWNER, OffsetsTopic, OffsetsTopicError, key};
use crate::oauth::LoginContext;

/// Longest single wait.
const SLICE: Duration = Duration::from_secs(1);

impl OffsetsTopic {
    /// Changes offsets of a connector whose task has this `transactional_id`
    /// and does not run; a null offset takes a partition's away. Blocks, for
    /// `wait` at most.
    ///
    /// # Errors
    /// The brokers do not answer in time or do not allow it; nothing has
    /// changed then, or all of it.
    pub fn alter(
        &self,
        connector: &str,
        transactional_id: &str,
        offsets: &[PartitionOffset],
        wait: Duration,
    ) -> Result<(), OffsetsTopicError> {
        let mut config = ClientConfig::new();
        for (name, value) in self.properties.iter() {
            config.set(name, value);
        }
        config.set("transactional.id", transactional_id);
        let producer: BaseProducer<LoginContext> = config
            .create_with_context(LoginContext)
            .map_err(|error: KafkaError| OffsetsTopicError::Client(error.to_string()))?;
        let begun = Instant::now();
        let write = Write {
            topic: self,
            transactional_id,
            begun,
            wait,
        };
        write.until(|| {
            // Logins are served by it.
            producer.poll(Duration::ZERO);
            producer.init_transactions(SLICE)
        })?;
        write.until(|| producer.begin_transaction())?;
        for one in offsets {
            let key = key(connector, &one.partition);
            let value = (!one.offset.is_null()).then(|| one.offset.to_string());
            let owner = OwnedHeaders::new().insert(Header {
                key: OWNER,
                value: Some(transactional_id),
            });
            let mut record = BaseRecord::to(&self.name).key(&key).headers(owner);
            if let Some(value) = &value {
                record = record.payload(value);
            }
            let sent = producer.send::<Vec<u8>, String>(record);
            sent.map_err(|(error, _)| write.refused(&error))?;
        }
        write.until(|| {
            producer.poll(Duration::ZERO);
            producer.commit_transaction(SLICE)
        })
    }
}

/// One change.
struct Write<'a> {
    topic: &'a OffsetsTopic,
    transactional_id: &'a str,
    begun: Instant,
    wait: Duration,
}

impl Write<'_> {
    fn until(&self, call: impl Fn() -> Result<(), KafkaError>) -> Result<(), OffsetsTopicError> {
        loop {
            let error = match call() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let passes = matches!(&error, KafkaError::Transaction(error) if error.is_retriable());
            if !passes || self.begun.elapsed() >= self.wait {
                return Err(self.refused(&error));
            }
        }
    }

    fn refused(&self, error: &KafkaError) -> OffsetsTopicError {
        let topic = self.topic.name.clone();
        let id = self.transactional_id;
        let acl = match error.rdkafka_error_code() {
            Some(Code::TopicAuthorizationFailed) => format!("Write on the topic {topic}"),
            Some(Code::TransactionalIdAuthorizationFailed) => {
                format!("Write and Describe on the transactional id {id}")
            }
            _ => {
                let waited_ms = u64::try_from(self.begun.elapsed().as_millis());
                return OffsetsTopicError::Unanswered {
                    topic,
                    waited_ms: waited_ms.unwrap_or(u64::MAX),
                    last: error.to_string(),
                };
            }
        };
        OffsetsTopicError::Forbidden {
            topic,
            what: "writing to it",
            acl,
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use serde_json::json;

    use super::*;
    use crate::offsets::kafka_topic::{Offsets, topic_on};

    #[test]
    fn a_change_counts_as_one_of_the_task_s_owner() {
        let cluster = MockCluster::new(1).expect("a cluster");
        cluster.create_topic("offsets", 1, 1).expect("created");
        let topic = topic_on(&cluster.bootstrap_servers());
        let wait = Duration::from_secs(60);
        let one = PartitionOffset {
            partition: json!({"spool": "a"}),
            offset: json!({"sequence": 1}),
        };
        topic.alter("c", "g-c-0", &[one], wait).expect("altered");
        let others = |id: &str, disk: &str| {
            let read = topic.read(wait, &|| false).expect("read");
            read.others_of(id, "c", &json!({"spool": disk}))
        };
        assert_eq!(others("g-c-0", "b").of("c").len(), 1);
        assert_eq!(others("g-c-0", "a"), Offsets::default());
        assert_eq!(others("h-c-0", "b"), Offsets::default());
    }
}
