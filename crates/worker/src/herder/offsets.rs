//! Reading and changing a connector's offsets from outside (KIP-875).

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Herder, HerderError, Target};
use crate::offsets::kafka_topic::OffsetsTopicError;
use crate::offsets::{OffsetStore, PartitionOffset};
use crate::producer::TopicCreator;
use crate::validation::ExactlyOncePlan;

impl Herder {
    pub(super) fn offset_store(&self) -> MutexGuard<'_, OffsetStore> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stored offsets of a connector.
    ///
    /// # Errors
    /// There is none of this name, or its offsets are in a topic that cannot be
    /// read.
    pub async fn offsets(&self, name: &str) -> Result<Vec<PartitionOffset>, HerderError> {
        match self.offsets_topic(name)? {
            None => Ok(self.offset_store().list(name)),
            Some(topic) => topic.list(name.to_owned()).await,
        }
    }

    /// Changes offsets of a connector that is stopped.
    ///
    /// # Errors
    /// There is none of this name, it is not stopped, or its offsets are in a
    /// topic that cannot be written.
    pub async fn alter_offsets(
        &self,
        name: &str,
        offsets: &[PartitionOffset],
    ) -> Result<(), HerderError> {
        let changing = self.change(name).await?;
        self.check_stopped(name)?;
        if let Some(topic) = self.offsets_topic(name)? {
            // Brokers that are away are nothing that others should wait for.
            let _held = changing.narrow();
            let creator = self.creator_for(&topic, name)?;
            return topic.alter(name, offsets.to_vec(), Some(creator)).await;
        }
        self.offset_store().alter(name, offsets);
        self.flush_offsets().await;
        Ok(())
    }

    /// Takes all offsets of a connector away that is stopped.
    ///
    /// # Errors
    /// As [`Herder::alter_offsets`].
    pub async fn reset_offsets(&self, name: &str) -> Result<(), HerderError> {
        let changing = self.change(name).await?;
        self.check_stopped(name)?;
        if let Some(topic) = self.offsets_topic(name)? {
            let _held = changing.narrow();
            let mut offsets = topic.list(name.to_owned()).await?;
            for one in &mut offsets {
                one.offset = Value::Null;
            }
            let creator = self.creator_for(&topic, name)?;
            return topic.alter(name, offsets, Some(creator)).await;
        }
        self.offset_store().reset(name);
        self.flush_offsets().await;
        Ok(())
    }

    /// Where the offsets of a connector are that is written exactly once.
    ///
    /// # Errors
    /// There is none of this name.
    fn offsets_topic(&self, name: &str) -> Result<Option<TopicOfConnector>, HerderError> {
        let config = match self.connectors().get(name) {
            None => return Err(HerderError::not_found(name)),
            Some(connector) => connector.config.clone(),
        };
        match self.check(&config) {
            Ok(plan) => Ok(plan.exactly_once.map(TopicOfConnector)),
            // Where its offsets are is not to be guessed.
            Err(error) if may_be_exactly_once(&config) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn creator_for(
        &self,
        topic: &TopicOfConnector,
        connector: &str,
    ) -> Result<Arc<TopicCreator>, HerderError> {
        let creator = self.offsets_creator(&topic.0.offsets, connector);
        creator.map_err(HerderError::Internal)
    }

    fn check_stopped(&self, name: &str) -> Result<(), HerderError> {
        match self.connectors().get(name) {
            None => Err(HerderError::not_found(name)),
            Some(connector) if connector.target == Target::Stopped => Ok(()),
            Some(_) => Err(HerderError::BadRequest(format!(
                "Connectors must be in the STOPPED state before their offsets can be modified. This can \
                 be done for the specified connector by issuing a 'PUT' request to the \
                 '/connectors/{name}/stop' endpoint"
            ))),
        }
    }
}

/// Whether a configuration that is not valid at present may have been written
/// exactly once: it says so, or a variable may.
fn may_be_exactly_once(config: &BTreeMap<String, String>) -> bool {
    let support = config.get("exactly.once.support");
    support
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("required") || value.contains("${"))
}

/// The offsets of one connector in a topic. Calls block threads of their own.
struct TopicOfConnector(ExactlyOncePlan);

/// Longest wait for the brokers, well below what clients of the REST API wait.
const TOPIC_WAIT: Duration = Duration::from_secs(30);

async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, OffsetsTopicError> + Send + 'static,
) -> Result<T, HerderError> {
    let done = tokio::task::spawn_blocking(call).await;
    let done = done.map_err(|error| HerderError::Internal(error.to_string()))?;
    done.map_err(|error| HerderError::Internal(error.to_string()))
}

impl TopicOfConnector {
    async fn list(&self, connector: String) -> Result<Vec<PartitionOffset>, HerderError> {
        let topic = self.0.offsets.clone();
        blocking(move || match topic.read(TOPIC_WAIT, &|| false) {
            Ok(offsets) => Ok(offsets.of(&connector)),
            // The first task creates it.
            Err(OffsetsTopicError::Missing(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        })
        .await
    }

    async fn alter(
        &self,
        connector: &str,
        offsets: Vec<PartitionOffset>,
        creator: Option<Arc<TopicCreator>>,
    ) -> Result<(), HerderError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let topic = self.0.offsets.clone();
        let id = self.0.transactional_id.clone();
        let connector = connector.to_owned();
        blocking(move || {
            let begun = Instant::now();
            // Whoever writes first creates it, and brokers would without compaction.
            if let Some(creator) = creator {
                topic.create(&creator, TOPIC_WAIT)?;
            }
            let left = TOPIC_WAIT.saturating_sub(begun.elapsed());
            topic.alter(&connector, &id, &offsets, left)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use serde_json::json;

    use super::*;
    use crate::offsets::kafka_topic::OffsetsTopic;
    use crate::producer::Boundary;
    use crate::test_map::map;

    #[tokio::test]
    async fn offsets_in_a_topic_are_changed_listed_and_taken_away() {
        let cluster = MockCluster::new(1).expect("a cluster");
        let servers = cluster.bootstrap_servers();
        let topic = TopicOfConnector(ExactlyOncePlan {
            boundary: Boundary::POLL,
            offsets: OffsetsTopic {
                name: "offsets".to_owned(),
                properties: map(&[("bootstrap.servers", &servers)]).into(),
            },
            transactional_id: "t".to_owned(),
        });
        let list = || topic.list("c".to_owned());
        let none = list().await.expect("no topic is no error");
        assert_eq!(none, []);
        cluster.create_topic("offsets", 3, 1).expect("created");
        let of = |host: &str, offset: Value| PartitionOffset {
            partition: json!({"websocket_url": host}),
            offset,
        };
        let both = [of("a", json!({"sequence": 1})), of("b", json!({"x": "y"}))];
        for offsets in [&both[..], &[]] {
            let altered = topic.alter("c", offsets.to_vec(), None);
            altered.await.expect("altered");
            assert_eq!(list().await, Ok(both.to_vec()));
        }
        let gone = topic.alter("c", vec![of("a", Value::Null)], None);
        gone.await.expect("altered");
        assert_eq!(list().await, Ok(both[1..].to_vec()));
    }
}
